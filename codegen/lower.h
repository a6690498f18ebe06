/* Lower: the pieces of elemental emission (elements.c) that have files of their own. */
#ifndef GRADC_CODEGEN_LOWER_H
#define GRADC_CODEGEN_LOWER_H

#include "codegen/emit.h"

/* lower.c: one vector of an elementwise operator from its operands' vectors. */
LLVMValueRef emit_lowered(Emitter *e, const Node *node, const LLVMValueRef *in);

/* reshape.c: where element `index` of a tensor of type `to` lies in the tensor of type `from` that
 * it is reshaped from. */
Index emit_reshape_index(Emitter *e, const Type *to, const Index *index, const Type *from);

/* random.c */
LLVMValueRef element_random(Emitter *e, Scope *scope, const Node *node, const Index *index);

/* Memos by canonical index; `word` -1 for values. NULL: not there. */
LLVMValueRef scope_find(const Scope *scope, const Node *node, const Index *index, int word);
void scope_add(Scope *scope, const Node *node, const Index *index, int word, LLVMValueRef value);

#endif
