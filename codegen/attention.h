/* Attention: what the kernels share. All compute one (sequence, head) pair
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
#include "graph/pair.h"

enum { BLOCK = 64, ROW_STEP = 8 }; /* as many keys as Philox gives words; rows of a register tile */

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
    double scale;                /* of keys, in the score */
    bool from_start, to_end;     /* keys are seen from the first one on, up to the last */
    double dropout, kept_scale;  /* as f32: the attribute, and 1 / (1 - dropout) */
    LLVMValueRef key[2], site;   /* i32x; unset without dropout */
    Tile words;                  /* i32[4][LANES]: random words of one query and one block of keys */
    /* The pair at hand: i64. */
    LLVMValueRef sequence, head, q_first, q_count, kv_first, kv_count;
} Attention;

/* --- Pairs (attention_pair.c) --- */

/* `node` is any one of the body's attention nodes. Fourteen tiles of BLOCK x depth must fit into the
 * scratch (asserted): a depth of up to 2000. */
Attention attention_begin(Emitter *e, const Node *node);

/* The kernel's buffer of an operand, one of ATTENTION_Q ...; of what attention_grad and attention_second are given: */
int attention_buffer(const Attention *a, int operand);
enum { GIVEN_OUT, GIVEN_LSE, GIVEN_OUT_COTANGENT, GIVEN_DQ_COTANGENT, GIVEN_DK_COTANGENT, GIVEN_DV_COTANGENT };
int attention_given(const Attention *a, int given);
/* An element of an i32 operand: loaded, or computed where the operand is not an input (bounds may be iota). */
LLVMValueRef attention_element(Attention *a, int operand, LLVMValueRef row, int64_t column);

/* Calls `body` to emit the code for one pair. Pairs are dealt out to threads in order, in shares of
 * equal work. */
typedef void PairBody(Attention *a, void *context);
void emit_pairs(Attention *a, PairBody *body, void *context);

/* --- Open values (attention_open.c) --- */

/* Keys of the sequence at hand that are seen: [first, end), i64. */
typedef struct KeyRange {
    LLVMValueRef first, end; /* NULL: from the first one on; up to the last */
} KeyRange;

/* Those that query row `row` (of all rows) sees; may be empty, or reach beyond the last key. */
KeyRange emit_range(Attention *a, LLVMValueRef row);
/* All that any of `count` queries from row `first` sees, within the keys that there are: no other needs to be looked
 * at. Nothing is NULL. */
KeyRange emit_wide_range(Attention *a, LLVMValueRef first, LLVMValueRef count);
/* Of a block of `count` keys from `block` in the sequence, the ones to look at for a query that sees `range`: from a
 * multiple of LANES on, nothing NULL. The query sees none of the others, whose lanes of the tile's row
 * emit_clear_unseen sets to zero. */
KeyRange emit_lanes_seen(Attention *a, KeyRange range, LLVMValueRef block, LLVMValueRef count);
void emit_clear_unseen(Attention *a, Tile tile, LLVMValueRef row, KeyRange lanes, LLVMValueRef count);
/* `value` at keys that are seen, `other` elsewhere; the LANES keys start at `key` in the sequence. */
LLVMValueRef emit_where_seen(Attention *a, LLVMValueRef key, KeyRange range, LLVMValueRef value, double other);

/* The LANES keys from `key` in the sequence, and one query: what open values are made of. */
typedef struct PairLanes {
    LLVMValueRef row;   /* of the query, of all rows */
    LLVMValueRef key;   /* i64 */
    LLVMValueRef score; /* f32x: their products */
} PairLanes;

/* An operand of the node at hand that is an open value, f32x: ATTENTION_SCORE ... */
LLVMValueRef emit_open(Attention *a, int operand, const PairLanes *lanes);
/* The same of any open node. */
LLVMValueRef emit_open_node(Attention *a, const Node *root, const PairLanes *lanes);
/* `value` times the open value; `value` itself where that is 1. */
LLVMValueRef emit_times_open(Attention *a, LLVMValueRef value, int operand, const PairLanes *lanes);

/* --- Reads (attention_reads.c) --- */

/* The elements of a cell at its columns, i32x: f32x. */
LLVMValueRef emit_cell(Attention *a, const Node *cell, LLVMValueRef column, const PairLanes *lanes);

/* What a read of the score gets: result `READ_RESULTS + number` of attention_grad. It is a matrix [rows, heads * count]
 * of which a pair of sequence and head owns some rows of a head: one of a table, those of its queries or keys. */
typedef struct ReadSums {
    int number, buffer;
    const Node *read;
    int64_t count;
    Tile places, terms; /* i32, f32[BLOCK]: what the row of queries at hand gives, key by key */
} ReadSums;
ReadSums reads_begin(Attention *a, const Node *result, int buffer);
/* Zeros, for the pair at hand. */
void emit_clear_sums(Attention *a, const ReadSums *sums);
/* The LANES keys from `key` in the block give `slope` times the score's derivative by the read. */
void emit_note_terms(Attention *a, const ReadSums *sums, LLVMValueRef slope, const PairLanes *lanes, LLVMValueRef key);
/* Adds the terms of query row `row` (of all rows) and the keys `seen` of the block from `block`, in ascending order. */
void emit_add_terms(Attention *a, const ReadSums *sums, LLVMValueRef row, LLVMValueRef block, KeyRange seen);

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
