/* Jit dump: the two files. Members of records are written one after the other, in the bytes of this machine. */
#include "runtime/engine/jit_dump.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "runtime/engine/clock.h"

enum { MAGIC = 0x4A695444, VERSION = 1, HEAD_BYTES = 40, RECORD_BYTES = 16 };
enum { CODE_LOAD = 0, CODE_LINES = 2, CODE_UNWINDING = 4 }; /* of records */

#if defined(__x86_64__)
enum { MACHINE_OF_ELF = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE_OF_ELF = EM_AARCH64 };
#else
enum { MACHINE_OF_ELF = EM_NONE };
#endif

static const char map_folder[] = "/tmp"; /* where perf looks */

typedef struct JitDump {
    FILE *dump, *map;
    const char *folder; /* of the file at hand */
    Diagnostics *diags;
    const Code *code;
} JitDump;

static bool fail(const JitDump *d, int error) {
    diag_error(d->diags, "E0708", (Pos){0}, "cannot write for perf into %s: %s", d->folder, strerror(error));
    return diag_hint(d->diags, "--perf takes a folder that is there, on a disk from which programs can be run"), false;
}

static uint64_t nanoseconds(void) { return (uint64_t)(1e9 * seconds_now()); } /* perf record -k mono */

/* --- Records ------------------------------------------------------------------------------------------------------ */

static void put32(FILE *out, uint64_t value) { fwrite(&(uint32_t){(uint32_t)value}, 4, 1, out); }
static void put64(FILE *out, uint64_t value) { fwrite(&value, 8, 1, out); }
static void put_text(FILE *out, const char *text) { fwrite(text, 1, strlen(text) + 1, out); }

/* `bytes`: of what follows the record's head. */
static void put_record(FILE *out, int kind, uint64_t bytes) {
    put32(out, (uint64_t)kind);
    put32(out, RECORD_BYTES + bytes);
    put64(out, nanoseconds());
}

static void put_head(FILE *out) {
    const uint64_t words[] = {MAGIC, VERSION, HEAD_BYTES, MACHINE_OF_ELF, 0, (uint64_t)getpid()};
    for (int i = 0; i < 6; i++) put32(out, words[i]);
    put64(out, nanoseconds());
    put64(out, 0);
}

/* A row where file or line change. */
static bool is_new_line(const CodeLines *lines, int i) {
    const CodeLine *line = &lines->items[i], *last = i ? &lines->items[i - 1] : NULL;
    return line->line && !(last && last->line == line->line && strcmp(last->file, line->file) == 0);
}

static void put_lines(FILE *out, const ObjectCode *object, uint64_t begin) {
    uint64_t count = 0, bytes = 16;
    for (int i = 0; i < object->lines.count; i++) {
        if (!is_new_line(&object->lines, i)) continue;
        count++;
        bytes += 16 + strlen(object->lines.items[i].file) + 1;
    }
    if (!count) return;
    put_record(out, CODE_LINES, bytes);
    put64(out, begin);
    put64(out, count);
    for (int i = 0; i < object->lines.count; i++) {
        if (!is_new_line(&object->lines, i)) continue;
        put64(out, begin + object->lines.items[i].offset);
        put32(out, object->lines.items[i].line);
        put32(out, 0);
        put_text(out, object->lines.items[i].file);
    }
}

static void put_unwinding(FILE *out, const ObjectCode *object) {
    if (!object->unwinding_bytes) return;
    put_record(out, CODE_UNWINDING, 24 + object->unwinding_bytes);
    put64(out, object->unwinding_bytes);
    put64(out, object->unwinding_index_bytes);
    put64(out, object->unwinding_bytes); /* perf maps it behind the code */
    fwrite(object->unwinding, 1, object->unwinding_bytes, out);
}

static void put_code(FILE *out, const ObjectCode *object, const char *name, const unsigned char *begin, int index) {
    uint64_t address = (uint64_t)(uintptr_t)begin;
    put_record(out, CODE_LOAD, 40 + strlen(name) + 1 + object->bytes);
    put32(out, (uint64_t)getpid());
    put32(out, (uint64_t)gettid());
    put64(out, address);
    put64(out, address);
    put64(out, object->bytes);
    put64(out, (uint64_t)index);
    put_text(out, name);
    fwrite(begin, 1, object->bytes, out);
}

/* The byte at which the functions of a kernel's object begin. */
static const unsigned char *begin_of(const Code *code, int kernel) {
    const unsigned char *entry;
    memcpy(&entry, &code->functions[kernel], sizeof entry);
    return entry - code->objects[kernel].entry;
}

static void put_kernel(const JitDump *d, int kernel) {
    const Kernel *k = d->code->set->kernels.items[kernel];
    const ObjectCode *object = &d->code->objects[kernel];
    const char *name = k->label ? k->label : k->name;
    const unsigned char *begin = begin_of(d->code, kernel);
    put_lines(d->dump, object, (uint64_t)(uintptr_t)begin);
    put_unwinding(d->dump, object);
    put_code(d->dump, object, name, begin, kernel);
    fprintf(d->map, "%" PRIxPTR " %" PRIx64 " %s\n", (uintptr_t)begin, object->bytes, name);
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

/* What a process of the same number left has a head from before this one began. */
static bool is_ours(int file) {
    uint64_t head[HEAD_BYTES / 8];
    double began = seconds_now() - seconds_of_process() - 1;
    return pread(file, head, sizeof head, 0) == sizeof head && (double)head[3] >= 1e9 * began;
}

/* perf learns of the file by seeing it mapped as code. */
static bool show_perf(int file) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *marker = mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    if (marker == MAP_FAILED) return false;
    munmap(marker, page);
    return true;
}

/* A file to be added to; -1: it cannot be opened. A link is not followed: one of the folders is everybody's. */
static int open_file(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool open_both(JitDump *d, int dump, int map) {
    bool begins = !is_ours(dump);
    if (begins && (ftruncate(dump, 0) != 0 || ftruncate(map, 0) != 0)) return false;
    d->dump = fdopen(dump, "a");
    d->map = fdopen(map, "a");
    if (d->dump && begins) put_head(d->dump);
    return d->dump && d->map && fflush(d->dump) == 0 && show_perf(dump);
}

static bool close_file(FILE *file) { return fflush(file) == 0 && !ferror(file) && fclose(file) == 0; }

bool jit_dump_write(const char *folder, const Code *code, Diagnostics *diags) {
    JitDump d = {.folder = folder, .diags = diags, .code = code};
    int dump = open_file(arena_printf(diags->arena, "%s/jit-%d.dump", folder, (int)getpid()));
    if (dump < 0) return fail(&d, errno);
    d.folder = map_folder;
    int map = open_file(arena_printf(diags->arena, "%s/perf-%d.map", map_folder, (int)getpid()));
    if (map < 0) return close(dump), fail(&d, errno);
    if (!open_both(&d, dump, map)) return fail(&d, errno); /* the process is about to end, and closes them */
    for (int i = 0; i < code->set->kernels.count; i++) put_kernel(&d, i);
    bool good = close_file(d.dump);
    return (close_file(d.map) && good) || fail(&d, errno);
}
