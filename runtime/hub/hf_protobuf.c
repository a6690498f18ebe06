/* Protocol buffers: a field is its number and kind in one varint, then its value. */
#include "runtime/hub/hf_protobuf.h"

#include <string.h>

ProtoMessage proto_message(const void *bytes, size_t size) {
    return (ProtoMessage){.at = bytes, .end = (const unsigned char *)bytes + size};
}

static bool broken(ProtoMessage *m) {
    m->broken = true;
    return false;
}

/* Seven bits a byte, the lowest first; the high bit says that there are more. */
static bool read_varint(ProtoMessage *m, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        unsigned char byte = *m->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return broken(m);
}

static bool read_fixed(ProtoMessage *m, size_t size, uint64_t *value) {
    if ((size_t)(m->end - m->at) < size) return broken(m);
    *value = 0;
    for (size_t i = 0; i < size; i++) *value |= (uint64_t)m->at[i] << 8 * i;
    m->at += size;
    return true;
}

static bool read_bytes(ProtoMessage *m, ProtoField *field) {
    uint64_t size;
    if (!read_varint(m, &size)) return false;
    if (size > (uint64_t)(m->end - m->at)) return broken(m);
    field->bytes = m->at;
    field->size = (size_t)size;
    m->at += size;
    return true;
}

bool proto_next(ProtoMessage *m, ProtoField *field) {
    enum { VARINT = 0, EIGHT = 1, BYTES = 2, FOUR = 5 };
    uint64_t key;
    *field = (ProtoField){0};
    if (m->at == m->end || !read_varint(m, &key)) return false;
    field->number = key >> 3;
    switch (key & 7) {
    case VARINT: return read_varint(m, &field->value);
    case EIGHT: return read_fixed(m, 8, &field->value);
    case BYTES: return read_bytes(m, field);
    case FOUR: return read_fixed(m, 4, &field->value);
    default: return broken(m);
    }
}

float proto_float(const ProtoField *field) {
    uint32_t bits = (uint32_t)field->value;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
