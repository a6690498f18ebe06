/* Join: the training graphs of several tasks as one, in which what all of them compute alike of the rows of their
 * texts is computed once, of the rows of all of them.
 *
 *     a.loss = mse(head_a(encoder(x)), y)            all.states = encoder(all)
 *     b.loss = mse(head_b(encoder(x)), y)    is      a.loss = mse(head_a(rows of a of all.states), a.y)
 *                                                    b.loss = mse(head_b(rows of b of all.states), b.y)
 *                                                    loss = a.update.weight * a.loss + b.update.weight * b.loss
 *
 * Inputs and symbols of task `a` keep their roles, with task="a", and are called as before with "a." in front, x.ids, S
 * and x.T as a.x.ids, a.S and a.x.T; but parameters and the key of random numbers are the same in all. The text `all`
 * has the sequences of all tasks, one task after the other: inputs with the roles of a text, of="all", and symbols
 * all.T and S. New inputs, and output:
 *
 *     a.update.weight   f32[]               loss_weight      what a's loss counts
 *     a.x.sequences     i32<S>[a.S]         own_sequences    a's among the sequences of `all`
 *     a.x.tokens        i32<all.T>[a.x.T]   own_tokens       and its tokens among the tokens of `all`
 *     a.loss            f32[]               loss             of a alone
 *
 * Random numbers are those of the places that the coords of `all` give. Only tasks with one text can be joined. */
#ifndef GRADC_PASSES_JOIN_H
#define GRADC_PASSES_JOIN_H

#include "passes/remark.h"

/* A canonical graph whose outputs are the loss and that of each task, and that wants what any of them wants; the caller
 * frees it. The graphs are called a.train, b.train, ..., are in no kernel and have a loss. NULL when
 * there is no product that all of them compute alike, one has not just one text, or grad(y, x) in it (pass `expand`
 * comes first), there are too many symbols, or just one graph. */
Graph *join_graphs(const Graph *const *graphs, int count, Remarks *remarks);

/* What the texts of these are called as one, in the arena: `all`, or `all_` where a task has this name, ... */
const char *join_text(const Graph *const *graphs, int count, Arena *arena);

#endif
