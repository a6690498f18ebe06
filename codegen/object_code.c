/* Object code: sections and symbols of an ELF object, through LLVM. */
#include "codegen/object_code.h"

#include <assert.h>
#include <llvm-c/Core.h>
#include <llvm-c/Object.h>
#include <stdlib.h>
#include <string.h>

typedef struct ObjectReader {
    LLVMBinaryRef binary;
    Arena *arena;
    ObjectCode *code;
    FunctionCodes functions; /* ascending */
    const unsigned char *unwinding;
    size_t unwinding_bytes;
} ObjectReader;

/* --- Functions ---------------------------------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b) {
    uint64_t x = ((const FunctionCode *)a)->offset, y = ((const FunctionCode *)b)->offset;
    return x < y ? -1 : x > y;
}

/* What has a size and lies in the section of code. */
static void read_functions(ObjectReader *r, LLVMSectionIteratorRef text, const char *name) {
    LLVMSymbolIteratorRef at = LLVMObjectFileCopySymbolIterator(r->binary);
    for (; !LLVMObjectFileIsSymbolIteratorAtEnd(r->binary, at); LLVMMoveToNextSymbol(at)) {
        FunctionCode function = {LLVMGetSymbolAddress(at), LLVMGetSymbolSize(at)};
        if (!function.bytes || !LLVMGetSectionContainsSymbol(text, at)) continue;
        vec_push(r->arena, &r->functions, function);
        const char *symbol = LLVMGetSymbolName(at);
        if (symbol && strcmp(symbol, name) == 0) r->code->entry = function.offset;
    }
    LLVMDisposeSymbolIterator(at);
    qsort(r->functions.items, (size_t)r->functions.count, sizeof *r->functions.items, by_offset);
}

/* --- Sections ----------------------------------------------------------------------------------------------------- */

static void read_section(ObjectReader *r, LLVMSectionIteratorRef at, const char *kernel) {
    const char *name = LLVMGetSectionName(at); /* NULL: the first one has none */
    size_t size = LLVMGetSectionSize(at);
    const unsigned char *bytes = (const unsigned char *)LLVMGetSectionContents(at);
    if (!name) return;
    if (strcmp(name, ".text") == 0) {
        r->code->bytes = size;
        read_functions(r, at, kernel);
    } else if (strcmp(name, ".debug_line") == 0) {
        r->code->lines = line_table_read(bytes, size, r->arena);
    } else if (strcmp(name, ".eh_frame") == 0) {
        r->unwinding = bytes;
        r->unwinding_bytes = size;
    }
}

ObjectCode object_code(Object object, const char *name, Arena *arena) {
    ObjectCode code = {0};
    char *error = NULL;
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(object.bytes, object.size, "kernel");
    ObjectReader reader = {.binary = LLVMCreateBinary(buffer, context, &error), .arena = arena, .code = &code};
    assert(reader.binary); /* LLVM wrote it */
    LLVMSectionIteratorRef at = LLVMObjectFileCopySectionIterator(reader.binary);
    for (; !LLVMObjectFileIsSectionIteratorAtEnd(reader.binary, at); LLVMMoveToNextSection(at))
        read_section(&reader, at, name);
    unwinding_place(&code, reader.unwinding, reader.unwinding_bytes, &reader.functions, arena);
    LLVMDisposeSectionIterator(at);
    LLVMDisposeBinary(reader.binary);
    LLVMDisposeMemoryBuffer(buffer);
    LLVMContextDispose(context);
    return code;
}
