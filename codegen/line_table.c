/* Line table: the line number program of DWARF 4 (its section 6.2), as far as LLVM writes it for code in one section: a
 * machine with an address, a file and a line whose instructions move them and write rows. */
#include "codegen/object_code.h"

#include <string.h>

typedef struct LineMachine {
    const unsigned char *at, *end;
    Arena *arena;
    CodeLines *lines;
    VEC(const char *) files; /* from 1 */
    unsigned least_step, opcode_base, line_range;
    int line_base;
    const unsigned char *operands; /* [opcode - 1]: how many each standard instruction has */
    uint64_t address, file;
    int64_t line;
} LineMachine;

enum { /* standard instructions, then extended ones */
       COPY = 1,
       ADVANCE_PC,
       ADVANCE_LINE,
       SET_FILE,
       ADD_MOST_PC = 8,
       ADD_FIXED_PC,
       END_SEQUENCE = 1,
       SET_ADDRESS
};

static unsigned take_byte(LineMachine *m) { return m->at < m->end ? *m->at++ : 0; }

static uint64_t take_number(LineMachine *m, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)take_byte(m) << (8 * i);
    return value;
}

/* LEB128: seven bits a byte, the least first. */
static uint64_t take_leb(LineMachine *m, bool is_signed) {
    uint64_t value = 0;
    unsigned byte, shift = 0;
    do {
        byte = take_byte(m);
        if (shift < 64) value |= (uint64_t)(byte & 127) << shift;
        shift += 7;
    } while (byte & 128);
    if (is_signed && (byte & 64) && shift < 64) value |= ~(uint64_t)0 << shift;
    return value;
}

static const char *take_text(LineMachine *m) {
    const char *text = (const char *)m->at;
    size_t length = strnlen(text, (size_t)(m->end - m->at));
    m->at += length + (m->at + length < m->end);
    return arena_strndup(m->arena, text, length);
}

/* Folders, then files, each list with an empty name behind it. */
static void read_names(LineMachine *m) {
    VEC(const char *) folders = {0};
    for (const char *name; *(name = take_text(m));) vec_push(m->arena, &folders, name);
    vec_push(m->arena, &m->files, "");
    for (const char *name; *(name = take_text(m));) {
        uint64_t folder = take_leb(m, false);
        take_leb(m, false), take_leb(m, false); /* time and size */
        if (folder && folder <= (uint64_t)folders.count)
            name = arena_printf(m->arena, "%s/%s", folders.items[folder - 1], name);
        vec_push(m->arena, &m->files, name);
    }
}

static void write_row(LineMachine *m) {
    const char *file = m->file < (uint64_t)m->files.count ? m->files.items[m->file] : "";
    vec_push(m->arena, m->lines, ((CodeLine){m->address, file, (uint32_t)m->line}));
}

static void advance(LineMachine *m, unsigned steps) { m->address += (uint64_t)steps * m->least_step; }

/* Code of one section is one sequence, which begins where the section does: what the linker would fill in is 0. */
static void run_extended(LineMachine *m) {
    uint64_t size = take_leb(m, false);
    const unsigned char *next = size < (uint64_t)(m->end - m->at) ? m->at + size : m->end;
    unsigned opcode = take_byte(m);
    if (opcode == SET_ADDRESS) m->address = take_number(m, 8);
    if (opcode == END_SEQUENCE) next = m->end;
    m->at = next;
}

static void run_special(LineMachine *m, unsigned opcode) {
    unsigned adjusted = opcode - m->opcode_base;
    advance(m, adjusted / m->line_range);
    m->line += m->line_base + (int)(adjusted % m->line_range);
    write_row(m);
}

static void run_standard(LineMachine *m, unsigned opcode) {
    switch (opcode) {
    case COPY: write_row(m); break;
    case ADVANCE_PC: m->address += take_leb(m, false) * m->least_step; break;
    case ADVANCE_LINE: m->line += (int64_t)take_leb(m, true); break;
    case SET_FILE: m->file = take_leb(m, false); break;
    case ADD_MOST_PC: advance(m, (255 - m->opcode_base) / m->line_range); break;
    case ADD_FIXED_PC: m->address += take_number(m, 2); break;
    default: /* columns, views, statements: of no interest */
        for (unsigned i = 0; i < m->operands[opcode - 1]; i++) take_leb(m, false);
    }
}

/* Length, version, length of the rest of the head, steps, what a special instruction does. */
static bool read_head(LineMachine *m) {
    uint64_t length = take_number(m, 4);
    if (length < (uint64_t)(m->end - m->at)) m->end = m->at + length;
    if (take_number(m, 2) != 4) return false;
    uint64_t head = take_number(m, 4);
    const unsigned char *program = head < (uint64_t)(m->end - m->at) ? m->at + head : m->end;
    m->least_step = take_byte(m);
    take_number(m, 2); /* operations an instruction; statements by default */
    m->line_base = (int8_t)take_byte(m);
    m->line_range = take_byte(m);
    m->opcode_base = take_byte(m);
    m->operands = m->at;
    if (!m->line_range || !m->opcode_base || m->opcode_base > (unsigned)(m->end - m->at)) return false;
    m->at += m->opcode_base - 1;
    read_names(m);
    m->at = program;
    return true;
}

CodeLines line_table_read(const unsigned char *section, size_t size, Arena *arena) {
    CodeLines lines = {0};
    LineMachine m = {.at = section, .end = section + size, .arena = arena, .lines = &lines, .file = 1, .line = 1};
    if (!read_head(&m)) return lines;
    while (m.at < m.end) {
        unsigned opcode = take_byte(&m);
        if (opcode == 0)
            run_extended(&m);
        else if (opcode < m.opcode_base)
            run_standard(&m, opcode);
        else
            run_special(&m, opcode);
    }
    return lines;
}
