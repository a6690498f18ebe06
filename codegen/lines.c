/* Lines: where in the graph file code comes from, as debug information for perf and gdb. Instructions are the same with
 * it and without. */
#include <string.h>

#include "codegen/emit.h"

enum { DWARF = 4 }; /* whose table of lines object_code.c reads */

static LLVMMetadataRef file_of(const Emitter *e, const Pos *pos) {
    const char *path = pos->file ? pos->file->path : "none"; /* which may not be empty */
    return LLVMDIBuilderCreateFile(e->debug, path, strlen(path), "", 0);
}

static void add_flag(Emitter *e, const char *name, unsigned value) {
    LLVMAddModuleFlag(e->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(LLVMConstInt(e->i32, value, false)));
}

void emit_lines_begin(Emitter *e) {
    static const char producer[] = "gradc";
    if (!e->target->described_in) return;
    e->debug = LLVMCreateDIBuilder(e->module);
    add_flag(e, "Debug Info Version", LLVMDebugMetadataVersion());
    add_flag(e, "Dwarf Version", DWARF);
    LLVMDIBuilderCreateCompileUnit(e->debug, LLVMDWARFSourceLanguageC, file_of(e, &e->kernel->pos), producer,
                                   strlen(producer), true, "", 0, 0, "", 0, LLVMDWARFEmissionFull, 0, false, false, "",
                                   0, "", 0);
}

void emit_lines_of_function(Emitter *e) {
    if (!e->debug) return;
    const char *name = e->kernel->label ? e->kernel->label : e->kernel->name;
    LLVMMetadataRef file = file_of(e, &e->kernel->pos);
    LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(e->debug, file, NULL, 0, LLVMDIFlagZero);
    e->subprogram = LLVMDIBuilderCreateFunction(e->debug, file, name, strlen(name), "", 0, file, e->kernel->pos.line,
                                                type, true, true, e->kernel->pos.line, LLVMDIFlagZero, true);
    LLVMSetSubprogram(e->function, e->subprogram);
    LLVMMetadataRef start = LLVMDIBuilderCreateDebugLocation(e->context, e->kernel->pos.line, 0, e->subprogram, NULL);
    LLVMSetCurrentDebugLocation2(e->builder, start);
}

LLVMMetadataRef emit_line(Emitter *e, const Node *node) {
    if (!e->debug) return NULL;
    LLVMMetadataRef before = LLVMGetCurrentDebugLocation2(e->builder), scope = e->subprogram;
    if (!node->pos.file) return before;
    if (node->pos.file != e->kernel->pos.file)
        scope = LLVMDIBuilderCreateLexicalBlockFile(e->debug, scope, file_of(e, &node->pos), 0);
    LLVMSetCurrentDebugLocation2(
        e->builder, LLVMDIBuilderCreateDebugLocation(e->context, node->pos.line, node->pos.column, scope, NULL));
    return before;
}

void emit_line_back(Emitter *e, LLVMMetadataRef before) {
    if (e->debug) LLVMSetCurrentDebugLocation2(e->builder, before);
}

void emit_lines_end(Emitter *e) {
    if (!e->debug) return;
    LLVMDIBuilderFinalize(e->debug);
    LLVMDisposeDIBuilder(e->debug);
}
