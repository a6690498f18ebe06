/* Object code: what an object that was made for perf and gdb (target_describe) says of its code. */
#ifndef GRADC_CODEGEN_OBJECT_CODE_H
#define GRADC_CODEGEN_OBJECT_CODE_H

#include "codegen/codegen.h"

/* From this byte of the code on, up to the next such line. */
typedef struct CodeLine {
    uint64_t offset;
    const char *file;
    uint32_t line; /* 0: of no line */
} CodeLine;

typedef VEC(CodeLine) CodeLines;

typedef struct ObjectCode {
    uint64_t bytes;  /* of all functions of the object, which lie one behind the other */
    uint64_t entry;  /* where the kernel's begins among them */
    CodeLines lines; /* ascending; none: the object does not say */
    /* What unwinds the code where it lies behind that, at the next multiple of 8: sections .eh_frame, .eh_frame_hdr */
    unsigned char *unwinding;
    size_t unwinding_bytes, unwinding_index_bytes; /* of both, of the second; 0: the object has none */
} ObjectCode;

/* A function of it. */
typedef struct FunctionCode {
    uint64_t offset, bytes;
} FunctionCode;

typedef VEC(FunctionCode) FunctionCodes;

/* Reads the object of the kernel `name`; in `arena`. What cannot be read is left out. */
ObjectCode object_code(Object object, const char *name, Arena *arena);

/* Parts of it. In line_table.c: the lines that a section .debug_line of DWARF 4 has for one sequence of code. */
CodeLines line_table_read(const unsigned char *section, size_t size, Arena *arena);
/* In unwinding.c: fills the last members of `code` from a section .eh_frame before linking, whose entries come in the
 * order of the functions. */
void unwinding_place(ObjectCode *code, const unsigned char *section, size_t size, const FunctionCodes *functions,
                     Arena *arena);

#endif
