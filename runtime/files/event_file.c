/* Event files. */
#include "runtime/files/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files/atomic_file.h"
#include "runtime/files/descriptor.h"

enum { MOST_BYTES = 2048, LONGEST_TAG = 512 };

struct EventFile {
    int out;
    const char *path;
    bool failed;
};

/* --- Checksums ---------------------------------------------------------------------------------------------------- */

uint32_t crc32c(const void *bytes, size_t size) {
    const uint32_t polynomial = 0x82f63b78; /* reflected */
    const unsigned char *at = bytes;
    uint32_t crc = ~(uint32_t)0;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

/* A checksum of bytes that hold checksums is weak: TFRecords turn and shift theirs (tensorflow/core/lib/hash/crc32c.h).
 * */
uint32_t crc32c_masked(const void *bytes, size_t size) {
    uint32_t crc = crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

/* --- Protocol buffers --------------------------------------------------------------------------------------------- */

typedef struct Message {
    unsigned char bytes[MOST_BYTES];
    size_t size;
} Message;

enum { VARINT, FIXED64, DELIMITED, FIXED32 = 5 }; /* wire types */

static void put_byte(Message *m, unsigned value) { m->bytes[m->size++] = (unsigned char)value; }

static void put_little_endian(Message *m, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) put_byte(m, (unsigned)(value >> (8 * i)) & 0xff);
}

static void put_varint(Message *m, uint64_t value) {
    for (; value >= 0x80; value >>= 7) put_byte(m, (unsigned)(value & 0x7f) | 0x80);
    put_byte(m, (unsigned)value);
}

static void put_key(Message *m, unsigned field, unsigned type) { put_byte(m, field << 3 | type); }

static void put_bytes(Message *m, unsigned field, const void *bytes, size_t size) {
    put_key(m, field, DELIMITED);
    put_varint(m, size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static void put_double(Message *m, unsigned field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(m, field, FIXED64);
    put_little_endian(m, bits, 8);
}

static void put_float(Message *m, unsigned field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(m, field, FIXED32);
    put_little_endian(m, bits, 4);
}

/* --- Records ------------------------------------------------------------------------------------------------------ */

/* A record is written at once. */
static void write_record(EventFile *file, const Message *event) {
    Message record = {0};
    put_little_endian(&record, event->size, 8);
    put_little_endian(&record, crc32c_masked(record.bytes, 8), 4);
    memcpy(record.bytes + record.size, event->bytes, event->size);
    record.size += event->size;
    put_little_endian(&record, crc32c_masked(event->bytes, event->size), 4);
    if (!descriptor_write(file->out, record.bytes, record.size)) file->failed = true;
}

void event_scalar(EventFile *file, double wall_time, int64_t step, const char *tag, double value) {
    Message event = {0}, summary = {0}, one = {0};
    put_bytes(&one, 1, tag, strnlen(tag, LONGEST_TAG));
    put_float(&one, 2, (float)value);
    put_bytes(&summary, 1, one.bytes, one.size);
    put_double(&event, 1, wall_time);
    put_key(&event, 2, VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, 5, summary.bytes, summary.size);
    write_record(file, &event);
}

static void write_version(EventFile *file, double wall_time) {
    static const char version[] = "brain.Event:2";
    Message event = {0};
    put_double(&event, 1, wall_time);
    put_bytes(&event, 3, version, strlen(version));
    write_record(file, &event);
}

EventFile *event_file_open(const char *folder, double wall_time, Diagnostics *diags) {
    const char *path =
        arena_printf(diags->arena, "%s/events.out.tfevents.%.0f.gradc.%ld", folder, wall_time, (long)getpid());
    if (!folder_make(folder, diags)) return NULL;
    int out = descriptor_open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (out < 0) {
        diag_error(diags, "E0914", (Pos){0}, "cannot write %s: %s", path, strerror(errno));
        diag_hint(diags, "--tensorboard names a folder that can be written to");
        return NULL;
    }
    EventFile *file = arena_alloc(diags->arena, sizeof *file);
    *file = (EventFile){.out = out, .path = path};
    write_version(file, wall_time);
    return file;
}

bool event_file_close(EventFile *file, Diagnostics *diags) {
    if (!file) return true;
    bool failed = close(file->out) != 0 || file->failed;
    if (failed)
        diag_error(diags, "E0915", (Pos){0}, "the event file %s is not complete: is the disk full?", file->path);
    return !failed;
}
