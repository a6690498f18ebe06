/* What each operator means, in words: one row for each of ops.def, and one for each shape rule. */
#include "graph/op_docs.h"

static const ShapeDoc shape_given = {"the type that is given", {"only i32 has a bound"}};

static const ShapeDoc shape_input = {
    "the type that is given",
    {"only i32 has a bound", "its role, if it has one, is one of an input, and says whose it is where it is somebody's",
     "the type is that of the role"}};

static const ShapeDoc shape_scalar = {"a scalar of the element type that is given", {"the type has no axes"}};

static const ShapeDoc shape_iota = {"i32, of the shape that is given; its bound is the extent of `axis`",
                                    {"the type is i32", "`axis` is one of its axes"}};

static const ShapeDoc shape_arithmetic = {
    "that of the operands, without a bound",
    {"operands have one element type and one shape (the language spreads them first)", "they are f32 or i32"}};

static const ShapeDoc shape_real = {
    "that of the operands",
    {"operands have one element type and one shape (the language spreads them first)", "they are f32"}};

static const ShapeDoc shape_compare = {
    "bool, of the operands' shape",
    {"operands have one element type and one shape (the language spreads them first)", "they are f32 or i32"}};

static const ShapeDoc shape_logic = {"bool, of the operands' shape",
                                     {"operands have one shape (the language spreads them first)", "they are bool"}};

static const ShapeDoc shape_select = {
    "that of the choices, without a bound",
    {"the condition is bool", "the choices have one element type and one shape", "the condition has that shape too"}};

static const ShapeDoc shape_cast = {
    "the operand's shape, the element type that is given; from bool to i32 the bound is 2, otherwise there is none",
    {NULL}};

static const ShapeDoc shape_reduce = {"the operand's, with extent 1 along `axis`",
                                      {"the operand is f32", "`axis` is one of its axes"}};

static const ShapeDoc shape_matmul = {"f32[M, N], for [M, K] and [K, N]",
                                      {"operands are f32 or bf16 with two axes", "both have one element type",
                                       "the inner dimensions, both K, are equal"}};

static const ShapeDoc shape_transpose = {"the operand's with its last two axes exchanged; the bound stays",
                                         {"the operand has two axes or more"}};

static const ShapeDoc shape_reshape = {
    "the shape that is given; element type and bound stay",
    {"both shapes have the same number of elements, whatever the extents of the symbols"}};

static const ShapeDoc shape_broadcast = {"the shape that is given; element type and bound stay",
                                         {"the operand has no more axes than the result",
                                          "aligned at the right, each of its axes is equal to the result's, or 1"}};

static const ShapeDoc shape_slice = {
    "the operand's, with the given extent along `axis`; the bound stays",
    {"the type that is given has the operand's axes, and `axis` is one of them", "`start` is not negative",
     "the extent has the operand's symbol, or neither has one", "start + extent lies inside the operand"}};

static const ShapeDoc shape_concat = {
    "the first operand's, with the sum of the extents along `axis`; the bound that all have, or none",
    {"`axis` is one of the axes", "operands have one element type, and one shape but for `axis`",
     "the sum of the extents has at most one symbol"}};

static const ShapeDoc shape_gather = {
    "[M, C], for a table [N, C] and i32<N>[M]; the bound of the table stays",
    {"the table has two axes", "the indices are i32 with one axis",
     "their bound is the number of the table's rows, or both are constants and it is not larger"}};

static const ShapeDoc shape_scatter = {
    "f32[N, C], for i32<N>[M] and f32[M, C]",
    {"the indices are i32 with one axis",
     "their bound is the number of the result's rows, or both are constants and it is not larger",
     "the rows are f32 with two axes", "there is one index for each row",
     "the result has two axes, and as many columns as the rows"}};

static const ShapeDoc shape_grad = {"that of x", {"y and x are f32", "y has one element"}};

static const ShapeDoc shape_random = {"f32[R, C], the type that is given",
                                      {"it has two axes", "the key is i32[2]", "the coordinates are i32[R, 2]"}};

#define ATTENTION_CONSTRAINTS                                                                                          \
    "q is f32[Q, heads * D], k and v are f32[K, heads * D], the number of columns being a constant",                   \
        "`heads` is 1 or more and divides the columns", "both bounds are i32[sequences + 1]",                          \
        "first and end are i32[], made of the query's position and the head alone",                                    \
        "`dropout` is 0 or more and below 1", "the key is i32[2]", "the coordinates are i32[Q, 2]",                    \
        "the score and its derivatives are f32[]",                                                                     \
        "open values are made of leaves `pair`, constants, lookups and cells by at most 8192 elementwise operators"

#define CELL_CONSTRAINT                                                                                                \
    "behind all others come f32[Q, heads * B] and f32[K, heads * C], which cells read; without cells there may be "    \
    "none"

static const ShapeDoc shape_pair = {"f32[] of the score, i32[] of others",
                                    {"`name` is \"score\", \"query\", \"key\" or \"head\""}};

static const ShapeDoc shape_lookup = {
    "f32[]", {"the table is f32[N, C], N and C being constants, and no open value", "row and column are i32[]"}};

static const ShapeDoc shape_cell = {"f32[]", {"the row is the leaf \"query\" or \"key\"", "the column is i32[]"}};

static const ShapeDoc shape_attention = {"result 0: f32[Q, heads * D]; result 1: f32[Q, heads]",
                                         {ATTENTION_CONSTRAINTS, "`result` is 0 or 1", CELL_CONSTRAINT}};

static const ShapeDoc shape_attention_grad = {
    "that of q, k or v, by `result`; from 3 on that of the rows which a cell reads, or f32[S * heads, N * C]",
    {ATTENTION_CONSTRAINTS, "out and its cotangent have the shape of q, lse is f32[Q, heads]",
     "`result` is 0, 1 or 2, or 3 and the number of a read",
     "behind the other operands come lookups and cells, each with an f32[] that is open", CELL_CONSTRAINT}};

static const ShapeDoc shape_attention_second = {
    "that of q, k, v or q again, by `result`",
    {ATTENTION_CONSTRAINTS, "out and its cotangent have the shape of q, lse is f32[Q, heads]", "`result` is 0 to 3",
     "the cotangents of dq, dk and dv have the shapes of q, k and v", CELL_CONSTRAINT}};

const ShapeDoc *op_shape_doc(Op op) {
    static const ShapeDoc *const docs[] = {
#define OP(name, arity, attributes, kind, reads, cost, traits, shape, ...) [OP_##name] = &shape_##shape,
#include "graph/ops.def"
#undef OP
    };
    return docs[op];
}

/* The definitions around the expressions of examples. */
#define ONE(text) "def example(a: f32[R, C]) -> f32[R, C] { return " text " }"
#define TWO(text) "def example(a: f32[R, C], b: f32[R, C]) -> f32[R, C] { return " text " }"
#define TEST(text) "def example(a: f32[R, C], b: f32[R, C]) -> bool[R, C] { return " text " }"
#define ATTEND(text)                                                                                                   \
    "def example(x: tokens, h: f32[x.T, 8]) -> f32[x.T, 8] {\n  y = attention(h, 2 * h, 3 * h, x, x, heads = "         \
    "2)\n" text "}"

#define ATTEND_SCORE                                                                                                   \
    "def nearby(s, q: position, k: position, h: head) { return s - 0.1 * float(abs(q - k)) }\n\n"                      \
    "def example(x: tokens, h: f32[x.T, 8]) -> f32[x.T, 8] {\n  return attention(h, 2 * h, 3 * h, x, x, heads = 2, "   \
    "score = nearby)\n}"

static const OpDoc docs[OP_COUNT] = {
    [OP_input] = {"A value that comes with each batch: the members of a text input, a label, an argument of what "
                  "`gradc run` evaluates. `role` says what it is and whose; see [Roles](#roles). "
                  "i32 elements are checked against the bound where they enter.",
                  "none: nothing lies below it", "def example(x: tokens) -> i32<N>[x.T] { return x.ids }"},
    [OP_param] =
        {"A parameter: `name` is its scope and the name that it is declared with. It is what training changes.",
         "none: its cotangent is the result of differentiation",
         "def example(a: f32[R, 4]) -> f32[R, 4] {\n  param bias: f32[4] ~ zeros\n  return a + bias\n}"},
    [OP_const] = {"A number. Of type f32 it is the f32 nearest to what is written.", "none", ONE("a + 0.5")},
    [OP_iota] = {"y[..., i, ...] = i along `axis`: the number of each place.", "none: integers",
                 "def example(a: f32[R, C]) -> i32<C>[R, C] { return iota(a, axis = 1) }"},

    [OP_neg] = {"y = -a", "da = -dy", ONE("-a")},
    [OP_abs] = {"y = |a|", "da = dy * sign(a); 0 where a = 0", ONE("abs(a)")},
    [OP_exp] = {"y = e^a", "da = dy * y", ONE("exp(a)")},
    [OP_expm1] = {"y = e^a - 1, exact for small a too", "da = dy * (y + 1)", ONE("expm1(a)")},
    [OP_log] = {"y = ln a", "da = dy / a", ONE("log(a)")},
    [OP_log1p] = {"y = ln(1 + a), exact for small a too", "da = dy / (1 + a)", ONE("log1p(a)")},
    [OP_tanh] = {"y = tanh a", "da = dy * (1 - y * y)", ONE("tanh(a)")},
    [OP_erf] = {"y = erf a = 2 / sqrt(pi) * (the integral of e^(-t^2) from 0 to a)",
                "da = dy * 2 / sqrt(pi) * e^(-a^2)", ONE("erf(a)")},
    [OP_sin] = {"y = sin a, a in radians", "da = dy * cos(a)", ONE("sin(a)")},
    [OP_cos] = {"y = cos a, a in radians", "da = -dy * sin(a)", ONE("cos(a)")},
    [OP_sqrt] = {"y = the square root of a", "da = dy * 0.5 / y", ONE("sqrt(a)")},
    [OP_rsqrt] = {"y = 1 / sqrt(a)", "da = dy * -0.5 * y^3", ONE("rsqrt(a)")},
    [OP_add] = {"y = a + b", "da = dy; db = dy", TWO("a + b")},
    [OP_sub] = {"y = a - b", "da = dy; db = -dy", TWO("a - b")},
    [OP_mul] = {"y = a * b", "da = dy * b; db = dy * a", TWO("a * b")},
    [OP_div] = {"y = a / b", "da = dy / b; db = -dy * y / b", TWO("a / b")},
    [OP_maximum] = {"y = a where a > b, otherwise b",
                    "da = dy where a > b, otherwise 0; db = the rest: b takes all where a = b", TWO("maximum(a, b)")},
    [OP_minimum] = {"y = a where a < b, otherwise b",
                    "da = dy where a < b, otherwise 0; db = the rest: b takes all where a = b", TWO("minimum(a, b)")},
    [OP_less] = {"y = a < b. The language writes a > b as b < a.", "none: a condition", TEST("a < b")},
    [OP_less_equal] = {"y = a <= b. The language writes a >= b as b <= a.", "none: a condition", TEST("a <= b")},
    [OP_equal] = {"y = a == b", "none: a condition", TEST("a == b")},
    [OP_and] = {"y is true where a and b are", "none: a condition", TEST("a < b and 0 < a")},
    [OP_or] = {"y is true where a is, or b, or both", "none: a condition", TEST("a < b or 0 < a")},
    [OP_not] = {"y is true where a is not", "none: a condition", TEST("not a < b")},
    [OP_select] =
        {"y = b where the condition a holds, otherwise c. Of NaN in the choice that is not taken nothing is seen.",
         "da: none; db = dy where a holds, otherwise 0; dc = dy where it does not, otherwise 0",
         ONE("select(a > 0, a, 0.01 * a)")},
    [OP_cast] = {"The same value in another element type. To bool: is it not 0; to i32: towards zero, within the range "
                 "of i32, NaN to 0; "
                 "from bool: 0 or 1; to bf16: to the nearest of its values, ties to even, NaN stays NaN. The language "
                 "leaves it out where the type is right already.",
                 "da = dy between f32 and bf16, as if nothing were rounded; none otherwise", ONE("float(a > 0)")},
    [OP_stop_gradient] = {"y = a", "none: what is below gets nothing along this path", ONE("a * stop_gradient(a)")},

    [OP_sum] = {"The sum along `axis`, which stays with extent 1. The sum of nothing is 0. The order of additions is "
                "part of the "
                "meaning: the same for any number of threads and any vector width.",
                "da = dy, spread along `axis`", "def example(a: f32[R, C]) -> f32[R, 1] { return sum(a, axis = 1) }"},
    [OP_max] = {"The largest element along `axis`, which stays with extent 1. Of nothing: minus infinity.",
                "da = dy / n where a equals the maximum, n being how many do; 0 elsewhere",
                "def example(a: f32[R, C]) -> f32[R, 1] { return max(a, axis = 1) }"},
    [OP_matmul] =
        {"The product of two matrices, y[i, j] = sum over k of a[i, k] * b[k, j]. `ta` 1: the first operand "
         "is stored [K, M]; "
         "`tb` 1: the second is stored [N, K]. The language sets them for operands of the form transpose(x). "
         "Of f32: one chain of fused multiply-adds in the order of k. Of bf16: k in blocks of 32, the last one "
         "filled up with +0; in a block one such chain over the even k and one over the odd k; their sum is "
         "added to the result so far, which starts at +0; subnormal numbers count as zeros on the way.",
         "da = dy b^T; db = a^T dy; the transposed of these where an operand is stored transposed; dy is "
         "cast to bf16 where the operands are",
         "def example(a: f32[M, K], b: f32[N, K]) -> f32[M, N] { return matmul(a, transpose(b)) }"},

    [OP_transpose] = {"The last two axes exchanged.", "da = dy with its last two axes exchanged",
                      "def example(a: f32[R, C]) -> f32[C, R] { return transpose(a) }"},
    [OP_reshape] = {"The same elements in the same order (row-major) in another shape. Moves nothing.",
                    "da = dy in the shape of a",
                    "def example(a: f32[R, 8]) -> f32[R, 2, 4] { return reshape(a, R, 2, 4) }"},
    [OP_broadcast] = {"The operand repeated along new axes, and along those where it has extent 1, as NumPy does. "
                      "Elementwise operators of "
                      "the language do this with their operands by themselves.",
                      "da = the sum of dy along the axes that were spread",
                      "def example(a: f32[C], b: f32[R, C]) -> f32[R, C] { return broadcast(a, R, C) * b }"},
    [OP_slice] = {"The part of the operand from `start` on along `axis`, as far as the given extent goes. The language "
                  "gives the end instead: "
                  "slice(x, axis, start, stop).",
                  "da = dy, with zeros around it",
                  "def example(a: f32[R, 8]) -> f32[R, 3] { return slice(a, 1, 2, 5) }"},
    [OP_concat] = {"The operands, 32 at most, one after the other along `axis`.",
                   "each operand gets its part of dy, which must begin at a constant place: only the last may have a "
                   "run-time extent (E0603)",
                   "def example(a: f32[R, 2], b: f32[R, 3]) -> f32[R, 5] { return concat(1, a, b) }"},

    [OP_gather] = {"y[m, c] = table[index[m], c]. An index outside of the table cannot be: its type is bounded, and "
                   "values are checked where "
                   "they enter.",
                   "dtable = scatter_add of dy at index; dindex: none",
                   "def example(a: f32[x.T, C], x: tokens) -> f32[S, C] { return gather(a, x.first) }"},
    [OP_scatter_add] = {"y[n, c] = the sum of rows[m, c] over all m with index[m] = n, in the order of m. 0 where "
                        "there is none. Operands of the IR: "
                        "index, rows; the language writes scatter_add(rows, index).",
                        "dindex: none; drows = gather of dy at index",
                        "def example(a: f32[x.T, C], x: tokens) -> f32[S, C] { return scatter_add(a, x.sequence) }"},
    [OP_scatter_max] =
        {"y[n, c] = the largest rows[m, c] over all m with index[m] = n. Minus infinity where there is none. Operands "
         "as of "
         "scatter_add.",
         "dindex: none; drows = gather of dy / n where a row equals the maximum, n being how many do; 0 elsewhere",
         "def example(a: f32[x.T, C], x: tokens) -> f32[S, C] { return scatter_max(a, x.sequence) }"},

    [OP_grad] = {"The derivative of y for x: how y changes with the node x, whatever else uses x; zeros when y is not "
                 "computed from it. Equal "
                 "expressions are one node, so this varies every other use of an expression equal to x as well. It "
                 "stands for the nodes that "
                 "the pass `expand` puts in its place.",
                 "that of the nodes that it stands for",
                 "def example(a: f32[R, C]) -> f32[R, C] {\n  y = sum(sum(a * a * a, axis = 1), axis = 0)\n  return "
                 "grad(y, a)\n}"},

    [OP_random] = {"Uniform numbers in [0, 1), the same in every run with the same seed. By Philox4x32-10 (Salmon et "
                   "al. 2011): the number at column c "
                   "of row r is word (c / 16) % 4 of the counter (c / 64 * 16 + c % 16, position, row, XXH32 of "
                   "`site`) under the key (seed, step), "
                   "its upper 24 bits times 2^-24. Operands: key (seed, step); coordinates (row of the update, "
                   "position in it) of each row.",
                   "none: the numbers depend on no value",
                   "def example(a: f32[x.T, C], x: tokens) -> f32[x.T, C] { return select(random(a) < 0.5, 0, a) }"},

    [OP_pair] =
        {"What attention computes for one query and one key, by `name`: \"score\", the product q . (k * scale); "
         "\"query\" and \"key\", their positions in the sequence; \"head\". It is an open value, as is what "
         "elementwise operators make of it: a scalar that is evaluated within attention alone, for each pair.",
         "none by itself; the score's slope is an operand of attention_grad", ATTEND_SCORE},
    [OP_lookup] =
        {"table[row, column], for one query and one key: where one of them lies outside, the nearest that there is. "
         "It is an open value whatever row and column are made of.",
         "comes to the table by attention_grad, which adds it up over all pairs",
         "def distance(s, q: position, k: position, h: head, table: f32[N, C]) = s + gather(table, k - q + 4, h)\n\n"
         "def example(x: tokens, h: f32[x.T, 8]) -> f32[x.T, 8] {\n  param table: f32[9, 2] ~ zeros\n  return "
         "attention("
         "h, 2 * h, 3 * h, x, x, heads = 2, score = distance(table))\n}"},
    [OP_cell] =
        {"For one query and one key, the element at a column of the row that the query, or the key, has in a value "
         "which "
         "attention is given: f32[T, heads * B], of which a head has B columns beside each other. Columns count "
         "within these; outside of them it is the nearest. An open value.",
         "comes to the rows by attention_grad, which adds it up over all pairs",
         "def nearby(s, q: position, k: position, rows: f32[R, C]) = s + gather(rows, q, k - q + 2)\n\n"
         "def example(x: tokens, h: f32[x.T, 8]) -> f32[x.T, 8] {\n  return attention(h, 2 * h, 3 * h, x, x, heads = "
         "2, "
         "score = nearby(sin(h)))\n}"},
    [OP_attention] =
        {"Softmax attention within sequences. Row i of q, in sequence s and head h, sees those of rows "
         "kv_bounds[s] .. kv_bounds[s + 1] of k and v whose positions in the sequence are at least `first` "
         "and below `end`. With t the score made of q . (k * scale): "
         "p = softmax(t), out = drop(p) v, lse = log(sum(exp(t))). `result` 0 "
         "is out, 1 is lse. A query that sees no key has out 0 and lse minus infinity. The position of a "
         "query is that in its coordinates. Keys are gone through in blocks of 64 from the sequence's "
         "first; blocks that no query sees are left out. Dropout keeps p where `random`, with the key's "
         "place in its sequence as column and position * heads + h as "
         "position, is `dropout` or more, and divides by 1 - dropout. Operands: q, k, v, q_bounds, "
         "kv_bounds, key, coordinates, and the open values first, end, score; then the rows of queries and of keys "
         "that "
         "cells of the score read, if there are any.",
         "dv = drop(p)^T dy; ds = p * (drop(dy v^T) - rowsum(dy * out)) * slope * scale; dq = ds k; dk = "
         "ds^T q, by "
         "attention_grad; what the score reads, a table or rows, gets the sum over pairs of ds / (slope * scale) times "
         "the "
         "score's derivative by the read; lse has none",
         ATTEND("  return y\n")},
    [OP_attention_grad] =
        {"The cotangents of attention's q, k and v (`result` 0, 1, 2). Scores are not kept: they are "
         "computed again from q, k and lse. "
         "Operands: those of attention, the score's slope (an open value), then out, lse and the "
         "cotangent of out; behind them each lookup and cell of the score with the score's derivative by it, "
         "for which `result` 3 and so on has what each sequence and head gives the table, or what the rows get: keys "
         "ascending within queries, these within blocks of keys, one after the other. Last the rows that cells read.",
         "by attention_second, out and lse being functions of q, k and v; none where what a score reads "
         "is differentiated for (E0602)",
         ATTEND("  return grad(sum(sum(y * y, axis = 1), axis = 0), h)\n")},
    [OP_attention_second] =
        {"The derivative of <dq, u> + <dk, v'> + <dv, w> for q, k, v and the cotangent of out "
         "(`result` 0 to 3), where dq, dk and dv are "
         "what attention_grad gives and u, v', w are their cotangents. Operands: those of "
         "attention_grad, reads left out, with the slope's own slope behind the slope, and u, v', w "
         "behind the cotangent of out.",
         "none: attention has no third derivative (E0602)",
         ATTEND("  slope = grad(sum(sum(y * y, axis = 1), axis = 0), h)\n"
                "  return grad(sum(sum(slope * slope, axis = 1), axis = 0), h)\n")},
};

const OpDoc *op_doc(Op op) { return &docs[op]; }
