/* Attention: what the forward and the backward kernel share. Both compute one (sequence, head) pair
 * after another, in blocks of BLOCK queries and BLOCK keys, with everything of a block in the
 * thread's scratch:
 *
 *        k rows ---pack---> keys [BLOCK][padded] ---transpose---> keys_t [depth][BLOCK]
 *                                                                   |
 *        q rows ---pack---> queries [BLOCK][padded] ---product---> scores [BLOCK][BLOCK]
 *
 * Tiles are padded, so that the loops over them have no tails: rows beyond the block's last one
 * repeat it, columns beyond `depth` are zero. What comes of repeated rows is never stored.
 *
 * Every element of a product is one chain of fused multiply-adds in ascending order of the axis
 * that is summed; register tiles and blocks of queries only divide the elements. Blocks of keys are
 * part of the meaning: see attention.c. */
#ifndef GRADC_CODEGEN_ATTENTION_H
#define GRADC_CODEGEN_ATTENTION_H

#include "codegen/emit.h"

enum { BLOCK = 64, ROW_STEP = 8 }; /* as many keys as Philox gives words; rows of a register tile */

/* Operands of both operators, in the order of ops.def. */
enum {
    ATTENTION_Q,
    ATTENTION_K,
    ATTENTION_V,
    ATTENTION_Q_BOUNDS,
    ATTENTION_KV_BOUNDS,
    ATTENTION_KEY,
    ATTENTION_COORDS,
    ATTENTION_OUT,
    ATTENTION_LSE,
    ATTENTION_OUT_COTANGENT
};

/* f32[rows][stride] in the scratch; rows start at multiples of 64 bytes. */
typedef struct Tile {
    LLVMValueRef base;
    int64_t stride; /* elements, a multiple of LANES */
} Tile;

typedef struct Attention {
    Emitter *e;
    const Node *node;
    int64_t heads, depth, width; /* width = heads * depth: columns of q, k and v */
    int64_t padded;              /* depth, rounded up to LANES */
    int64_t scratch_used;        /* elements */
    int tile_rows;               /* of a product's register tile; divides ROW_STEP */
    double scale;                /* 1 / sqrt(depth) */
    bool causal;
    double dropout, kept_scale; /* as f32: the attribute, and 1 / (1 - dropout) */
    LLVMValueRef key[2], site;  /* i32x; unset without dropout */
    Tile words;                 /* i32[4][LANES]: random words of one query and one block of keys */
    /* The pair at hand: i64. */
    LLVMValueRef head, q_first, q_count, kv_first, kv_count;
} Attention;

/* --- Pairs (attention_pair.c) --- */

/* `node` is any one of the body's attention nodes. Fourteen tiles of BLOCK x depth must fit into the
 * scratch (asserted): a depth of up to 2000. */
Attention attention_begin(Emitter *e, const Node *node);

/* The kernel's buffer of an operand, one of ATTENTION_Q ... */
int attention_buffer(const Attention *a, int operand);

/* Calls `body` to emit the code for one pair. Pairs are dealt out to threads in order, in parts of
 * equal work. */
typedef void PairBody(Attention *a, void *context);
void emit_pairs(Attention *a, PairBody *body, void *context);

/* Causal attention: how many keys of its sequence query row `row` (of all rows) sees; at most zero: none. */
LLVMValueRef emit_seen(Attention *a, LLVMValueRef row);
/* The most that any of `count` queries from row `first` sees: keys from there on need not be looked at. All when it is
 * not causal. */
LLVMValueRef emit_most_seen(Attention *a, LLVMValueRef first, LLVMValueRef count);
/* `value` at keys that are seen, `other` elsewhere; the LANES keys start at `key` in the sequence. */
LLVMValueRef emit_where_seen(Attention *a, LLVMValueRef key, LLVMValueRef seen, LLVMValueRef value, double other);

/* --- Tiles (attention_tile.c) --- */

Tile tile_new(Attention *a, int64_t rows, int64_t columns);
LLVMValueRef emit_tile_address(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef column);
LLVMValueRef emit_tile_read(Attention *a, Tile tile, LLVMValueRef row,
                            LLVMValueRef column); /* f32x; column % LANES = 0 */
void emit_tile_write(Attention *a, Tile tile, LLVMValueRef row, LLVMValueRef column, LLVMValueRef value);

/* States: one f32 for each query of a block, in a tile of one row. */
LLVMValueRef emit_state_read(Attention *a, Tile states, LLVMValueRef query);
void emit_state_write(Attention *a, Tile states, LLVMValueRef query, LLVMValueRef value);

/* How many of `total` rows from `first` are in one block. */
LLVMValueRef emit_block_count(Attention *a, LLVMValueRef first, LLVMValueRef total);
/* Rows of a tile that stand for `count` queries or keys, so that products need no tails. */
LLVMValueRef emit_query_room(Attention *a, LLVMValueRef count);
LLVMValueRef emit_key_room(Attention *a, LLVMValueRef count);

/* Sets [0, rows) x [0, columns) to a constant; columns % LANES = 0. */
void emit_tile_fill(Attention *a, Tile tile, LLVMValueRef rows, int64_t columns, double value);

/* `count` rows of this head in a buffer [rows, width], from row `first`. */
typedef struct HeadRows {
    int buffer;
    LLVMValueRef first, count;
} HeadRows;
/* tile = rows * scale, `room` rows, those from count on equal to the last. */
void emit_pack(Attention *a, Tile tile, HeadRows rows, LLVMValueRef room, double scale);
/* rows = tile * scale */
void emit_unpack(Attention *a, Tile tile, HeadRows rows, double scale);
void emit_clear_rows(Attention *a, HeadRows rows);

/* to [depth][keys] = from [keys][depth]; keys % LANES = 0. */
void emit_transpose(Attention *a, Tile to, Tile from, LLVMValueRef keys);

/* out [rows][columns] (+)= left [rows][depth] right [depth][columns]. Rows up to the next multiple
 * of ROW_STEP may be written. */
typedef struct Product {
    Tile out, left, right;
    bool left_transposed; /* left is stored [depth][rows] */
    bool adds;            /* to what `out` holds; else to zero */
    LLVMValueRef rows, depth;
    LLVMValueRef columns; /* of a key_room; NULL: the padded depth of a head */
} Product;
void emit_product(Attention *a, const Product *product);

/* --- Dropout (attention_pair.c) --- */

/* Random words of query row `row` (of all rows) and the keys from `block` (in the sequence, a
 * multiple of BLOCK). */
void emit_random_words(Attention *a, LLVMValueRef row, LLVMValueRef block);
/* i1x: which of the LANES keys from `column` (in the block) are kept, after emit_random_words. */
LLVMValueRef emit_kept(Attention *a, LLVMValueRef column);

#endif
