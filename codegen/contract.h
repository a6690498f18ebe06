/* Contract: the pieces of a matmul kernel, C[M, N] = A[M, K] B[K, N] with an elementwise epilogue.
 *
 * The order in which an element of C adds up is that of its operands' type (SumOrder of graph/element.h); what is
 * chosen here only divides the elements:
 *
 *        N, in strips of `strip` columns
 *       +-----------+-----------+     A thread owns a rectangle of C. For each strip and block
 *    M  | tile tile |           |     of K it takes `rows` rows after the other: copies A's block,
 *       | tile tile |           |     which stays in the first-level cache, runs a register tile
 *       +-----------+-----------+     over each panel [K block][columns] of B's block, and, after the
 *                                     last block of K, the epilogue over these rows.
 *
 * The first rows pack the panels of B's block, each just before they use it; the panels stay in the second-level cache.
 * Between blocks of K the sums wait in a result's own memory; where no result is of words, in the scratch, for as many
 * rows at a time as it holds.
 *
 * Operands are widened to f32 as they are copied, so that the register tile knows one type of numbers.
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
    int64_t sum_rows;   /* rows whose sums the scratch holds over a strip; a multiple of `rows` */
    int64_t sum_stride; /* floats between them: an odd number of cache lines */
} Tiling;

/* `columns` is N where that is known, else 0; `group` how many columns the epilogue takes at once (16 or 64). The road
 * is that of fused multiply-adds, which every target has: a sum of several chains runs one after the other in the same
 * registers, so that the tile is the same. */
Tiling contract_tiling(const Target *target, int64_t columns, int group);

typedef struct Contraction {
    const Node *matmul;
    bool ta, tb;
    Dim m, n, k;
    ElemType elem; /* of the operands */
    SumOrder order;
    Tiling tiling;
    LLVMTypeRef vector; /* <lanes x float> */
} Contraction;

/* What a function of the module takes: an enum names its parameters, in order, and a table gives the type of each. */
typedef enum ParamType { PARAM_ADDRESS = 1, PARAM_NUMBER, PARAM_FLAG } ParamType; /* ptr, i64, i1 */

/* contract_function.c: an internal function of the module, with the kernel's attributes: an Emitter that stands in its
 * first block, and its parameters in `params` [n_params]. Its extents and buffers are not the kernel's: everything
 * comes as parameters. `end_function` returns from it and gives the function. */
Emitter begin_function(const Emitter *kernel, const char *name, const ParamType *types, int n_params,
                       LLVMValueRef *params);
LLVMValueRef end_function(Emitter *e);
/* A dimension inside of such a function: the constant, or else the parameter. */
LLVMValueRef dim_or(Emitter *e, Dim dim, LLVMValueRef param);
void emit_call(Emitter *e, LLVMValueRef function, unsigned n_args, LLVMValueRef *args);

/* Vectors of `lanes` floats at any address. `mask` NULL: all; other lanes read as +0 or are not
 * written. */
LLVMValueRef load_lanes(Emitter *e, LLVMTypeRef vector, LLVMValueRef address, LLVMValueRef mask);
void store_lanes(Emitter *e, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask);
/* The same of an operand of the product, widened. Elements are counted in its own type. */
LLVMValueRef load_operand(Emitter *e, const Contraction *c, LLVMTypeRef vector, LLVMValueRef address,
                          LLVMValueRef mask);
LLVMValueRef operand_address(Emitter *e, const Contraction *c, LLVMValueRef base, LLVMValueRef offset);
/* The mask of the lanes whose number is below `count` (i64, any sign). */
LLVMValueRef lanes_below(Emitter *e, LLVMTypeRef vector, LLVMValueRef count);
void emit_prefetch(Emitter *e, LLVMValueRef address, bool write, int locality);

/* contract_grid.c: this thread's share of C [m, n], which may be empty. Columns are shared in multiples of `unit`. */
typedef struct Rectangle {
    LLVMValueRef row_from, row_to, column_from, column_to;
} Rectangle;
Rectangle emit_rectangle(Emitter *e, LLVMValueRef m, LLVMValueRef n, int unit);

/* contract_tile.c
 *
 * tile: `height` rows of C over the panel of B; the sums start at +0, or at what is there. Three streams are brought
 * into the second-level cache meanwhile: during step k of TILE_DEPTH one line at
 *
 *     stream + (k mod 16) * row + (k rounded down to 16) * step
 *
 * A tile that `packs` reads the columns of B, stored [K, N], at TILE_FROM instead, and fills the panel on the way, as
 * pack_b would have. */
enum {
    TILE_A,       /* the copy of A's block, from this tile's rows on */
    TILE_B,       /* the panel */
    TILE_SUMS,    /* this tile's rows of C */
    TILE_STRIDE,  /* between them, in floats */
    TILE_DEPTH,   /* steps: the depth of this block of K */
    TILE_FIRST,   /* it is the first block of K: sums start at +0 */
    TILE_NEXT,    /* the sums of the next tile */
    TILE_A_AHEAD, /* a stream of A, its row and step */
    TILE_A_ROW,
    TILE_A_STEP,
    TILE_B_AHEAD, /* a stream of B, its row and step */
    TILE_B_ROW,
    TILE_B_STEP,
    TILE_B_BESIDE,    /* the next sixteen columns of B: a stream with the same row and step */
    TILE_FROM,        /* the panel's columns where B is stored; read by tiles that pack */
    TILE_FROM_STRIDE, /* between rows of B there */
    TILE_PARAMS
};
LLVMValueRef emit_tile(const Emitter *kernel, const Contraction *c, int height, bool packs);

/* tile_copy: rows and columns of floats from one place to another. Strides are in floats. */
enum { COPY_TO, COPY_TO_STRIDE, COPY_FROM, COPY_FROM_STRIDE, COPY_ROWS, COPY_COLUMNS, COPY_PARAMS };
LLVMValueRef emit_tile_copy(const Emitter *kernel);

/* tile_ask: brings the lines of a tile's rows at an address into the first-level cache. */
enum { ASK_AT, ASK_STRIDE, ASK_ROWS, ASK_PARAMS };
LLVMValueRef emit_tile_ask(const Emitter *kernel, const Contraction *c, bool write);

/* contract_pack.c
 *
 * pack_a: the block at PACK_FROM, of 1 to a tile's rows (PACK_COUNT). What is beyond them repeats the last one, or is 0
 * in a panel.
 *
 * pack_b: the block at PACK_FROM, PACK_COUNT columns of it, to panels [depth rounded up to 16][columns]. What is beyond
 * them repeats the last one, or is 0. */
enum { PACK_TO, PACK_FROM, PACK_STRIDE, PACK_COUNT, PACK_DEPTH, PACK_PARAMS };
LLVMValueRef emit_pack_a(const Emitter *kernel, const Contraction *c);
LLVMValueRef emit_pack_b(const Emitter *kernel, const Contraction *c);

#endif
