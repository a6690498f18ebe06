/* Contract: the parts of a matmul kernel, C[M, N] = A[M, K] B[K, N] with an elementwise epilogue.
 *
 * Every element of C is one chain of fused multiply-adds in k order from +0; what is chosen here
 * only divides the elements:
 *
 *        N, in strips of `strip` columns
 *       +-----------+-----------+     A thread owns a rectangle of C. For each strip and block
 *    M  | tile tile |           |     of K it takes `rows` rows after the other: copies A's block,
 *       | tile tile |           |     which stays in the first-level cache, runs a register tile
 *       +-----------+-----------+     over each panel [K block][columns] of B's block, and, after the
 *                                     last block of K, the epilogue over these rows.
 *
 * The first rows pack the panels of B's block, each just before they use it; the panels stay in the second-level cache.
 * Between blocks of K the sums wait in a result's own memory.
 *
 * Copies of A: rows of the block, `row_stride` floats apart, or, where A is stored [K, M], a panel
 * [K block][rows]. Packing, tiles and copies are internal functions of the kernel's module, each
 * with an Emitter of its own. */
#ifndef GRADC_CODEGEN_CONTRACT_H
#define GRADC_CODEGEN_CONTRACT_H

#include "codegen/emit.h"

enum { MAX_HEIGHTS = 8 };

/* How the work is cut, known when the kernel is made. */
typedef struct Tiling {
    int lanes;                /* of the vectors that the tile is made of */
    int rows, vectors;        /* of a register tile; `rows` is also the width of A's panels */
    int columns;              /* lanes * vectors, a power of two: the width of B's panels */
    int unit;                 /* columns are given to threads and strips in multiples of this */
    int heights[MAX_HEIGHTS]; /* tiles for the last rows, ascending; the last is `rows` */
    int n_heights;
    int64_t depth;      /* most of K in one block; a multiple of 16 */
    int64_t row_stride; /* floats between copied rows of A: an odd number of cache lines */
    int64_t strip;      /* most columns in one strip; a multiple of unit */
} Tiling;

/* `columns` is N where that is known, else 0; `group` how many columns the epilogue takes at once
 * (16 or 64). */
Tiling contract_tiling(const Target *target, int64_t columns, int group);

typedef struct Contraction {
    const Node *matmul;
    bool ta, tb;
    Dim m, n, k;
    Tiling tiling;
    LLVMTypeRef vector; /* <lanes x float> */
} Contraction;

/* contract_function.c: an internal function of the module, with the kernel's attributes: an Emitter
 * that stands in its first block. Its extents and buffers are not the kernel's: everything comes as
 * parameters. `end_function` returns from it and gives the function. */
Emitter begin_function(const Emitter *kernel, const char *name, LLVMTypeRef *params, unsigned n_params);
LLVMValueRef end_function(Emitter *e);
/* A dimension inside of such a function: the constant, or else the parameter. */
LLVMValueRef dim_or(Emitter *e, Dim dim, LLVMValueRef param);
void emit_call(Emitter *e, LLVMValueRef function, unsigned n_args, LLVMValueRef *args);

/* Vectors of `lanes` floats at any address. `mask` NULL: all; other lanes read as +0 or are not
 * written. */
LLVMValueRef load_lanes(Emitter *e, LLVMTypeRef vector, LLVMValueRef address, LLVMValueRef mask);
void store_lanes(Emitter *e, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask);
/* The mask of the lanes whose number is below `count` (i64, any sign). */
LLVMValueRef lanes_below(Emitter *e, LLVMTypeRef vector, LLVMValueRef count);
void emit_prefetch(Emitter *e, LLVMValueRef address, bool write, int locality);

/* contract_tile.c: void tile(a, b, c, row stride of c, depth, first, next, s, row, step, s, row,
 * step, s, from, row stride of from): `height` rows of C over the panel b; sums start at +0 when
 * `first` (i1), else at what c holds. `next` is where the next tile's sums lie. Each s begins a
 * stream that is brought into the second-level cache meanwhile (the last has the strides of the one
 * before): during step k of `depth` one line at s + (k mod 16) * row + (k rounded down to 16) *
 * step. A tile that `packs` reads the columns of B stored [K, N] at `from` instead, and fills the
 * panel on the way, as pack_b would have. */
LLVMValueRef emit_tile(const Emitter *kernel, const Contraction *c, int height, bool packs);
/* void copy(to, row stride, from, row stride, rows, columns) */
LLVMValueRef emit_tile_copy(const Emitter *kernel);
/* void ask(address, row stride, rows): brings a tile's lines there into the first-level cache. */
LLVMValueRef emit_tile_ask(const Emitter *kernel, const Contraction *c, bool write);

/* contract_pack.c
 *
 * void pack_a(to, from, row stride, rows, depth): the block at `from`, of 1 to a tile's rows. What
 * is beyond `rows` repeats the last one, or is 0 in a panel.
 *
 * void pack_b(to, from, row stride, columns, depth): the block at `from`, to panels [depth rounded
 * up to 16][columns]. What is beyond `columns` repeats the last one, or is 0. */
LLVMValueRef emit_pack_a(const Emitter *kernel, const Contraction *c);
LLVMValueRef emit_pack_b(const Emitter *kernel, const Contraction *c);

#endif
