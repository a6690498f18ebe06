/* Reading protocol buffers: the fields of a message, one after the other. */
#ifndef GRADC_RUNTIME_HUB_HF_PROTOBUF_H
#define GRADC_RUNTIME_HUB_HF_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ProtoMessage {
    const unsigned char *at, *end;
    bool broken; /* it does not go on as a message does */
} ProtoMessage;

typedef struct ProtoField {
    uint64_t number;
    uint64_t value;             /* of a number; of 4 or 8 bytes as they stand */
    const unsigned char *bytes; /* of text or a message, [size]; otherwise NULL */
    size_t size;
} ProtoField;

ProtoMessage proto_message(const void *bytes, size_t size);
/* The next field; false at the end, or where it is broken. */
bool proto_next(ProtoMessage *message, ProtoField *field);

/* The 4 bytes of a field as a float. */
float proto_float(const ProtoField *field);

#endif
