/* Emit: what the kernels of all kinds share. An Emitter stands inside one LLVM function being
 * built.
 *
 * All vector values are of 16 virtual lanes, <16 x float>, <16 x i32> or <16 x i1>, which LLVM
 * legalises to what the CPU has: so code differs between machines, but never the order of
 * operations. Elements in memory take 4 bytes; a bool is an i32, 0 or 1. No fast-math flag is ever
 * set, and LLVM contracts nothing: only emit_fma rounds once.
 *
 * Memory: results overlap nothing else, except that in a map kernel a result may be the very buffer
 * of an operand that is read only at the element that is written (updates in place). */
#ifndef GRADC_CODEGEN_EMIT_H
#define GRADC_CODEGEN_EMIT_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "codegen/target_machine.h"
#include "graph/kernel.h"

enum { LANES = 16, MAX_BUFFERS = 1024 };
/* Bytes of what is computed with, f32 and i32, as it lies in scratch and in operands of products and attention. What
 * elements of a tensor take in memory is elem_bytes. */
enum { WORD_BYTES = 4 };

typedef struct Emitter {
    const Kernel *kernel;
    Graph *body;
    const Target *target;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    LLVMBasicBlockRef entry; /* ends in a branch to the first block of the kernel; emit_local puts
                                variables here */
    int n_operands, n_results;
    LLVMValueRef buffers[MAX_BUFFERS]; /* ptr; operands, then results; loaded once */
    LLVMValueRef extents[MAX_SYMBOLS]; /* i64; loaded once */
    LLVMValueRef sites, scratch;       /* ptr */
    LLVMValueRef thread, threads;      /* i64 */
    LLVMTypeRef ptr, i1, i32, i64, f32;
    LLVMTypeRef i1x, i32x, i64x, f32x; /* of 16 lanes */
    bool in_place;                     /* map kernels: results may be operands, so nothing is said about aliases */
    LLVMDIBuilderRef debug;            /* NULL: nothing is said of lines (lines.c) */
    LLVMMetadataRef subprogram;        /* of the function, for it */
} Emitter;

/* --- Constants and small operations --- */

LLVMValueRef emit_i64(const Emitter *e, int64_t value);
LLVMValueRef emit_i32(const Emitter *e, int64_t value);
LLVMValueRef emit_f32(const Emitter *e, double value); /* rounded to f32 */
LLVMValueRef emit_f32x(const Emitter *e, double value);
LLVMValueRef emit_i32x(const Emitter *e, int64_t value);
LLVMValueRef emit_splat(Emitter *e, LLVMValueRef scalar);           /* to 16 lanes */
LLVMValueRef emit_lane(Emitter *e, LLVMValueRef vector, int lane);  /* one element */
LLVMValueRef emit_lane_numbers(const Emitter *e, LLVMTypeRef elem); /* <0, 1, ..., 15> of i32 or i64 */
LLVMTypeRef emit_vector_type(const Emitter *e, ElemType elem);      /* as they are computed: f32x, i32x or i1x */
LLVMValueRef emit_dim(Emitter *e, Dim dim);                         /* i64 */

/* i64 arithmetic without wrapping; constants fold. */
LLVMValueRef emit_add(Emitter *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_mul(Emitter *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_sub(Emitter *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_div(Emitter *e, LLVMValueRef a, LLVMValueRef b);       /* of what is not negative, rounded down */
LLVMValueRef emit_div_up_by(Emitter *e, LLVMValueRef a, LLVMValueRef b); /* rounded up */
LLVMValueRef emit_less(Emitter *e, LLVMValueRef a, LLVMValueRef b);      /* i1: signed a < b */
LLVMValueRef emit_select(Emitter *e, LLVMValueRef condition, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef emit_min(Emitter *e, LLVMValueRef a, LLVMValueRef b);       /* signed */
LLVMValueRef emit_round_down(Emitter *e, LLVMValueRef a, int64_t power); /* to a multiple of a power of two */
LLVMValueRef emit_div_up(Emitter *e, LLVMValueRef a, int64_t b);

/* f32, scalars or vectors of any width. */
LLVMValueRef emit_fma(Emitter *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c); /* a * b + c, rounded once */
LLVMValueRef emit_fmax(Emitter *e, LLVMValueRef a, LLVMValueRef b);                /* a > b ? a : b */

/* Any intrinsic, overloaded on the types given: emit_intrinsic(e, "llvm.fma", 1, &type, 3, args).
 */
LLVMValueRef emit_intrinsic(Emitter *e, const char *name, int n_types, LLVMTypeRef *types, int n_args,
                            LLVMValueRef *args);

/* fold.c: many numbers put together as `op`, a reduction or a scatter, does. */
LLVMValueRef emit_fold_identity(const Emitter *e, Op op);                              /* of none: f32x */
LLVMValueRef emit_fold_step(Emitter *e, Op op, LLVMValueRef acc, LLVMValueRef vector); /* lane by lane */
/* The fixed tree over 16 lanes: lane i takes in lane i+8, then i+4, i+2, i+1. A scalar. */
LLVMValueRef emit_fold(Emitter *e, Op op, LLVMValueRef vector);

/* math.c: 16 lanes of f32, at most 2 ulp from the true value. */
LLVMValueRef emit_exp(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_expm1(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_log(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_log1p(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_tanh(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_erf(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_sin(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_cos(Emitter *e, LLVMValueRef x);
LLVMValueRef emit_sqrt(Emitter *e, LLVMValueRef x);

/* angle.c: x = quadrant pi / 2 + r, |r| <= pi / 4, for any finite x; r is NaN for others. The
 * quadrant's low two bits count. */
LLVMValueRef emit_reduce_angle(Emitter *e, LLVMValueRef x, LLVMValueRef *quadrant);

/* random.c: Philox4x32-10. `counter` and `key` are i32x; gives the four words, i32x. */
void emit_philox(Emitter *e, const LLVMValueRef counter[4], const LLVMValueRef key[2], LLVMValueRef words[4]);
/* The upper 24 bits times 2^-24: f32x in [0, 1). */
LLVMValueRef emit_unit_interval(Emitter *e, LLVMValueRef word);
/* The run-time number of a site of the body ("0", "1", ...): i32. */
LLVMValueRef emit_site(Emitter *e, const char *site);

/* lines.c, which does nothing where the target is not described: a module's lines, to be begun when it is new and ended
 * when it is whole; a function's, whose code is of the kernel's line at first; and from here on of a node's line, which
 * gives the line that code was of before, and back to that. */
void emit_lines_begin(Emitter *e);
void emit_lines_of_function(Emitter *e);
LLVMMetadataRef emit_line(Emitter *e, const Node *node);
void emit_line_back(Emitter *e, LLVMMetadataRef before);
void emit_lines_end(Emitter *e);

/* --- Control flow --- */

/* for (i = from; i < to; i += step). Between begin and end the builder stands in the body, where
 * `loop.i` is valid. */
typedef struct Loop {
    LLVMValueRef i, to, step;
    LLVMBasicBlockRef body, exit;
} Loop;
Loop emit_for(Emitter *e, LLVMValueRef from, LLVMValueRef to, int64_t step, const char *name);
void emit_end_for(Emitter *e, Loop *loop);

/* if (condition) { ... }. The builder stands in the body until emit_end_if(e, the block that
 * emit_if gave). */
LLVMBasicBlockRef emit_if(Emitter *e, LLVMValueRef condition);
void emit_end_if(Emitter *e, LLVMBasicBlockRef after);

/* A variable (mem2reg makes it a register): for values carried around loops and out of them.
 * `initial` NULL: unset. */
LLVMValueRef emit_local(Emitter *e, LLVMTypeRef type, LLVMValueRef initial);
LLVMValueRef emit_get(Emitter *e, LLVMTypeRef type, LLVMValueRef local);
void emit_set(Emitter *e, LLVMValueRef local, LLVMValueRef value);

/* This thread's contiguous share [from, to) of `items` things. */
void emit_share(Emitter *e, LLVMValueRef items, LLVMValueRef *from, LLVMValueRef *to);

/* --- Positions --- */

/* Where 16 lanes stand along one axis: all at base + offset, at base + offset + lane, or anywhere.
 */
typedef enum CoordKind { COORD_SPLAT, COORD_LANES, COORD_VECTOR } CoordKind;
typedef struct Coord {
    CoordKind kind;
    int align;         /* LANES: the base is known to be a multiple of this power of two, at most 64 */
    int64_t offset;    /* 0 for VECTOR */
    LLVMValueRef base; /* i64; i64x for VECTOR */
} Coord;

/* A position in a tensor, one coordinate an axis, outermost first. Lanes not in the mask are not
 * loaded or stored and compute garbage. */
typedef struct Index {
    Coord at[MAX_RANK];
    LLVMValueRef mask; /* i1x; NULL: all lanes */
} Index;

Coord coord_splat(LLVMValueRef position);
Coord coord_const(const Emitter *e, int64_t position);
Coord coord_lanes(LLVMValueRef base, int64_t offset, int align);
Coord coord_vector(LLVMValueRef positions);
LLVMValueRef emit_coord(Emitter *e, Coord coord);                     /* i64x: every lane's position */
LLVMValueRef emit_coord_scalar(Emitter *e, Coord coord);              /* i64: that of lane 0 */
LLVMValueRef emit_mask(Emitter *e, Coord lanes, LLVMValueRef extent); /* i1x: base + offset + lane < extent */

/* --- Elements --- */

/* Values of nodes that are known where the builder stands, by node and position. Lookups go on to
 * the parents. A child is opened for code that does not dominate what follows (a loop body, a
 * branch) and closed at its end. */
typedef struct Memo {
    const Node *node;
    Coord at[MAX_RANK];
    int word; /* -1; or which of a random node's four words */
    LLVMValueRef value;
} Memo;
typedef struct Scope Scope;
struct Scope {
    const Scope *parent;
    Memo *memos;
    int64_t count, capacity;
};
void scope_open(Scope *scope, const Scope *parent); /* parent NULL: outermost */
void scope_close(Scope *scope);

/* Says what `node` is at `index`: an accumulator, a reduced scalar (splat), a stashed row. `value`
 * has 16 lanes. Coordinates along axes of the constant extent 1 are taken as 0, here and in all
 * functions below. */
void scope_bind(const Emitter *e, Scope *scope, const Node *node, const Index *index, LLVMValueRef value);

/* 16 elements of any node of the body: bound, remembered, or computed from its operands down to
 * loads of body inputs. Reductions, matmul, attention and scatters must be bound (asserted). The
 * same code for the same node and position is emitted once a scope. */
LLVMValueRef emit_vector(Emitter *e, Scope *scope, const Node *node, const Index *index);
/* The element at a position without lanes. */
LLVMValueRef emit_scalar(Emitter *e, Scope *scope, const Node *node, const Index *index);

/* `number`, i32x, moved within 0 .. extent - 1, as i64x; the extent is a constant. */
LLVMValueRef emit_inside(Emitter *e, LLVMValueRef number, int64_t extent);
/* Where a lookup finds the elements of its table, for rows and columns, i32x: the nearest that there are. */
Index emit_lookup_index(Emitter *e, const Node *lookup, LLVMValueRef row, LLVMValueRef column);

/* Number of the operand that a body input is; of the buffer of an output. */
int emit_operand(const Node *input);
int emit_result(const Emitter *e, int output);

/* 16 elements as they lie in memory: their type, and the way there and back from what is computed with. */
LLVMTypeRef emit_memory_type(const Emitter *e, ElemType elem);
LLVMValueRef emit_packed(Emitter *e, ElemType elem, LLVMValueRef value);
LLVMValueRef emit_unpacked(Emitter *e, ElemType elem, LLVMValueRef stored);

/* Loads 16 elements of a buffer that holds `type`, and stores them: contiguous when the axis of the
 * lanes has stride 1, one element when there are no lanes, lane by lane otherwise. */
LLVMValueRef emit_load(Emitter *e, int buffer, const Type *type, const Index *index);
void emit_store(Emitter *e, int buffer, const Type *type, const Index *index, LLVMValueRef value);
/* Stores output `output` of the body at `index`. */
void emit_output(Emitter *e, Scope *scope, int output, const Index *index);

/* Address of word or element `offset` (i64), and loads and stores of any type there. A buffer of -1: the
 * scratch. They say which buffer is touched, so that LLVM knows what cannot overlap. `align` in
 * bytes. */
LLVMValueRef emit_address(Emitter *e, LLVMValueRef base, LLVMValueRef offset);
LLVMValueRef emit_element_address(Emitter *e, ElemType elem, LLVMValueRef base, LLVMValueRef offset);
LLVMValueRef emit_read(Emitter *e, int buffer, LLVMTypeRef type, LLVMValueRef address, unsigned align);
void emit_write(Emitter *e, int buffer, LLVMValueRef value, LLVMValueRef address, unsigned align);
/* <16 x float> with a mask: other lanes read as +0 and are not written. mask NULL: all. Element
 * alignment. */
LLVMValueRef emit_read_masked(Emitter *e, int buffer, LLVMTypeRef type, LLVMValueRef address, LLVMValueRef mask);
void emit_write_masked(Emitter *e, int buffer, LLVMValueRef value, LLVMValueRef address, LLVMValueRef mask);
/* As many elements of a type at an address as `vector` has lanes, as what they are computed with. `mask` NULL: all;
 * other lanes read as +0. Nothing is said of what overlaps. */
LLVMValueRef emit_elements_there(Emitter *e, ElemType elem, LLVMTypeRef vector, LLVMValueRef address,
                                 LLVMValueRef mask);
/* Marks a load, store or call that the caller built itself as touching this buffer only. */
void emit_touches(Emitter *e, LLVMValueRef instruction, int buffer);

/* --- Walks over columns --- */

/* Calls `body` to emit the code for columns [from, to), 16 at a time in ascending order; `from` is
 * a multiple of 16 * vectors. The last mask may be partial, all others are NULL. `vectors` (1 or
 * 4): how many calls share one iteration and its scope, which pays when random numbers of 64
 * columns come from one evaluation. */
typedef void ChunkBody(Emitter *e, Scope *scope, void *context, Coord column, LLVMValueRef mask);
void emit_chunks(Emitter *e, const Scope *scope, LLVMValueRef from, LLVMValueRef to, int vectors, ChunkBody *body,
                 void *context);

/* The last axis that is not of the constant extent 1 (0 when there is none): where the lanes go. */
int type_lane_axis(const Type *type);
/* Number of rows, as the axes before `axis` span them, and the coordinates of a row by its number.
 * They are made once a row: memos know positions by the very values. */
LLVMValueRef emit_row_count(Emitter *e, const Type *type, int axis);
Index emit_row_start(Emitter *e, const Type *type, int axis, LLVMValueRef row);
/* That row with the lanes at `column` along `axis`. */
Index index_in_row(const Index *row, int axis, Coord column, LLVMValueRef mask);

/* Emits every node of the body with one element that no reduction feeds, into a scope at the
 * function's start. */
void emit_uniform_nodes(Emitter *e, Scope *scope);
/* The same for values with one element in each row of `domain`, at the row that starts at `row`,
 * into the scope of the row. `level`: [node], only those up to `at_most`; NULL: all. */
void emit_row_scalars(Emitter *e, Scope *scope, const Type *domain, const Index *row, const int *level, int at_most);
bool body_has(const Graph *body, Op op);

/* --- The kinds --- */

/* Each emits the kernel's code where the builder stands, ending in a block without terminator; the
 * frame is emit_kernel's. */
typedef void EmitKind(Emitter *e);
EmitKind emit_map, emit_row, emit_column, emit_scatter, emit_contract, emit_attention, emit_attention_grad,
    emit_attention_second;

/* peak.c: what measures the machine; multiplications and additions of one round of it. */
EmitKind emit_peak;
int64_t peak_flops(const Target *target);

/* The LLVM module with the kernel's function, in `context`; the caller disposes of it. `emit` NULL:
 * the code of the kernel's kind. */
LLVMModuleRef emit_kernel(const Kernel *kernel, const Target *target, LLVMContextRef context, EmitKind *emit);

#endif
