/* Pickles: a stack, a memo, and values that are data alone. */
#include "runtime/files/pickle.h"

#include <string.h>

enum { MOST_VALUES = 1 << 22 };

typedef enum PickleKind { NONE, BOOL, INT, TEXT, TUPLE, LIST, DICT, NAME, STORAGE, TENSOR } PickleKind;

typedef struct PickleValue PickleValue;
typedef VEC(const PickleValue *) PickleValues;

struct PickleValue {
    PickleKind kind;
    int64_t number;      /* INT, BOOL; STORAGE: numbers */
    const char *text;    /* TEXT; NAME: "torch.FloatStorage"; STORAGE: its key */
    const char *dtype;   /* STORAGE */
    PickleValues *items; /* TUPLE, LIST; DICT: keys and values in turn; shared by all who hold it */
    PickledTensor tensor;
};

typedef struct PickleMachine {
    Arena *arena;
    const unsigned char *at, *end;
    PickleValues stack, memo;
    VEC(int) marks;
    int made;
    const char *problem;
} PickleMachine;

/* The names that may occur, and what element type a storage's is. */
static const struct {
    const char *name, *dtype;
} names[] = {{"collections.OrderedDict", NULL},
             {"torch._utils._rebuild_tensor_v2", NULL},
             {"torch._utils._rebuild_parameter", NULL},
             {"torch.FloatStorage", "F32"},
             {"torch.HalfStorage", "F16"},
             {"torch.BFloat16Storage", "BF16"},
             {"torch.DoubleStorage", "F64"},
             {"torch.LongStorage", "I64"},
             {"torch.IntStorage", "I32"},
             {"torch.ShortStorage", "I16"},
             {"torch.CharStorage", "I8"},
             {"torch.ByteStorage", "U8"},
             {"torch.BoolStorage", "BOOL"}};
enum { NAMES = sizeof names / sizeof *names };

static void fail(PickleMachine *m, const char *problem) {
    if (!m->problem) m->problem = problem;
    m->at = m->end;
}

/* --- Bytes --- */

static const unsigned char *take(PickleMachine *m, size_t count) {
    if ((size_t)(m->end - m->at) < count) {
        fail(m, "the pickle ends too early");
        return NULL;
    }
    m->at += count;
    return m->at - count;
}

static uint64_t take_number(PickleMachine *m, size_t bytes) {
    const unsigned char *from = take(m, bytes);
    uint64_t number = 0;
    for (size_t i = 0; from && i < bytes; i++) number |= (uint64_t)from[i] << 8 * i;
    return number;
}

static const char *take_text(PickleMachine *m, size_t length) {
    const unsigned char *from = take(m, length);
    return from ? arena_strndup(m->arena, (const char *)from, length) : "";
}

/* Up to a line end, which is not part of it. */
static const char *take_line(PickleMachine *m) {
    const unsigned char *stop = memchr(m->at, '\n', (size_t)(m->end - m->at));
    if (!stop) return fail(m, "the pickle ends too early"), "";
    const char *line = take_text(m, (size_t)(stop - m->at));
    m->at++;
    return line;
}

/* Little-endian two's complement of up to 8 bytes. */
static int64_t take_signed(PickleMachine *m, size_t bytes) {
    uint64_t number = bytes <= 8 ? take_number(m, bytes) : 0;
    if (bytes > 8) fail(m, "a number of more than 64 bits");
    bool negative = bytes > 0 && bytes < 8 && number >> (8 * bytes - 1) & 1;
    return (int64_t)(negative ? number | ~(uint64_t)0 << 8 * bytes : number);
}

/* --- The stack --- */

static void push(PickleMachine *m, const PickleValue *value) {
    if (++m->made > MOST_VALUES) {
        fail(m, "the pickle has too many values");
        return;
    }
    vec_push(m->arena, &m->stack, value);
}

static PickleValue *make(PickleMachine *m, PickleKind kind) {
    PickleValue *value = arena_alloc(m->arena, sizeof *value);
    *value = (PickleValue){.kind = kind};
    if (kind == TUPLE || kind == LIST || kind == DICT) {
        value->items = arena_alloc(m->arena, sizeof *value->items);
        *value->items = (PickleValues){0};
    }
    return value;
}

static void push_number(PickleMachine *m, PickleKind kind, int64_t number) {
    PickleValue *value = make(m, kind);
    value->number = number;
    push(m, value);
}

static void push_text(PickleMachine *m, PickleKind kind, const char *text) {
    PickleValue *value = make(m, kind);
    value->text = text;
    push(m, value);
}

/* Below a mark nothing is taken. */
static const PickleValue *pop(PickleMachine *m) {
    static const PickleValue nothing = {0};
    int least = m->marks.count ? m->marks.items[m->marks.count - 1] : 0;
    if (m->stack.count > least) return m->stack.items[--m->stack.count];
    fail(m, "the pickle takes what it did not put there");
    return &nothing;
}

static const PickleValue *top(PickleMachine *m, PickleKind kind) {
    if (m->stack.count && m->stack.items[m->stack.count - 1]->kind == kind) return m->stack.items[m->stack.count - 1];
    fail(m, "the pickle puts something into what is no list or dictionary");
    return NULL;
}

/* Where what stands above the last mark begins. */
static int pop_mark(PickleMachine *m) {
    if (m->marks.count == 0) return fail(m, "the pickle has no mark to go back to"), m->stack.count;
    return m->marks.items[--m->marks.count];
}

static void push_tuple(PickleMachine *m, int from) {
    PickleValue *tuple = make(m, TUPLE);
    for (int i = from; i < m->stack.count; i++) vec_push(m->arena, tuple->items, m->stack.items[i]);
    m->stack.count = from;
    push(m, tuple);
}

static void tuple_of(PickleMachine *m, int count) {
    int least = m->marks.count ? m->marks.items[m->marks.count - 1] : 0;
    if (m->stack.count - least < count) {
        fail(m, "the pickle takes what it did not put there");
        return;
    }
    push_tuple(m, m->stack.count - count);
}

/* What stands from `from` on goes into the list or dictionary below it. */
static void put_in(PickleMachine *m, int from, PickleKind kind) {
    int count = m->stack.count - from;
    const PickleValue **items = from ? m->stack.items + from : m->stack.items; /* of an empty stack there are none */
    m->stack.count = from;
    const PickleValue *into = top(m, kind);
    if (!into || (kind == DICT && count % 2)) {
        fail(m, "the pickle puts something into what is no list or dictionary");
        return;
    }
    for (int i = 0; i < count; i++) vec_push(m->arena, into->items, items[i]);
}

static void put_pair(PickleMachine *m) {
    const PickleValue *value = pop(m), *key = pop(m), *into = m->problem ? NULL : top(m, DICT);
    if (!into) return;
    vec_push(m->arena, into->items, key);
    vec_push(m->arena, into->items, value);
}

static void memorise(PickleMachine *m, uint64_t index) {
    if (m->stack.count == 0 || index > MOST_VALUES) {
        fail(m, "the pickle remembers what is not there");
        return;
    }
    while ((uint64_t)m->memo.count <= index) vec_push(m->arena, &m->memo, NULL);
    m->memo.items[index] = m->stack.items[m->stack.count - 1];
}

static void recall(PickleMachine *m, uint64_t index) {
    if (index >= (uint64_t)m->memo.count || !m->memo.items[index]) {
        fail(m, "the pickle recalls what it did not remember");
        return;
    }
    push(m, m->memo.items[index]);
}

/* --- Names, storages, tensors --- */

static void push_name(PickleMachine *m) {
    const char *module = take_line(m), *word = take_line(m), *name = arena_printf(m->arena, "%s.%s", module, word);
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(names[i].name, name) == 0) {
            push_text(m, NAME, names[i].name);
            return;
        }
    }
    fail(m, arena_printf(m->arena, "it asks for '%.80s', which is none of the names of tensors", name));
}

static const PickleValue *item(const PickleValue *value, int index, PickleKind kind) {
    bool holds = value->items && index < value->items->count;
    return holds && value->items->items[index]->kind == kind ? value->items->items[index] : NULL;
}

/* ("storage", torch.FloatStorage, key, place, numbers) */
static void push_storage(PickleMachine *m) {
    const PickleValue *id = pop(m), *type = item(id, 1, NAME), *key = item(id, 2, TEXT), *numbers = item(id, 4, INT);
    if (!type || !key || !numbers || numbers->number < 0) {
        fail(m, "a storage is described otherwise than torch does");
        return;
    }
    PickleValue *storage = make(m, STORAGE);
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(names[i].name, type->text) == 0) storage->dtype = names[i].dtype;
    }
    storage->text = key->text;
    storage->number = numbers->number;
    if (!storage->dtype) fail(m, "a storage is described otherwise than torch does");
    push(m, storage);
}

static bool read_numbers(const PickleValue *tuple, int64_t *numbers) {
    for (int i = 0; i < tuple->items->count; i++) {
        const PickleValue *number = item(tuple, i, INT);
        if (!number || number->number < 0) return false;
        numbers[i] = number->number;
    }
    return true;
}

/* (storage, offset, shape, strides, ...) */
static void push_tensor(PickleMachine *m, const PickleValue *arguments) {
    const PickleValue *storage = item(arguments, 0, STORAGE), *offset = item(arguments, 1, INT);
    const PickleValue *shape = item(arguments, 2, TUPLE), *strides = item(arguments, 3, TUPLE);
    PickleValue *tensor = make(m, TENSOR);
    bool good = storage && offset && offset->number >= 0 && shape && strides &&
                shape->items->count == strides->items->count && shape->items->count <= PICKLE_MAX_RANK &&
                read_numbers(shape, tensor->tensor.shape) && read_numbers(strides, tensor->tensor.strides);
    if (!good) {
        fail(m, "a tensor is described otherwise than torch does");
        return;
    }
    tensor->tensor.rank = shape->items->count;
    tensor->tensor.dtype = storage->dtype, tensor->tensor.key = storage->text, tensor->tensor.numbers = storage->number;
    tensor->tensor.offset = offset->number;
    push(m, tensor);
}

/* What "calling" one of the names stands for. */
static void reduce(PickleMachine *m) {
    const PickleValue *arguments = pop(m), *called = pop(m);
    if (m->problem) return;
    if (called->kind != NAME || arguments->kind != TUPLE) {
        fail(m, "it calls what is no name");
        return;
    }
    if (strcmp(called->text, "collections.OrderedDict") == 0) {
        push(m, make(m, DICT));
        return;
    }
    if (strcmp(called->text, "torch._utils._rebuild_tensor_v2") == 0) {
        push_tensor(m, arguments);
        return;
    }
    const PickleValue *inner = item(arguments, 0, TENSOR); /* of a parameter */
    if (strcmp(called->text, "torch._utils._rebuild_parameter") == 0 && inner) {
        push(m, inner);
        return;
    }
    fail(m, "it calls a name otherwise than torch does");
}

/* --- Opcodes --- */

static void step(PickleMachine *m, int op) {
    switch (op) {
    case 0x80: take(m, 1); break;                                              /* PROTO */
    case 'c': push_name(m); break;                                             /* GLOBAL */
    case 'R': reduce(m); break;                                                /* REDUCE */
    case 'b': pop(m); break;                                                   /* BUILD: attributes, as _metadata */
    case 'Q': push_storage(m); break;                                          /* BINPERSID */
    case '(': vec_push(m->arena, &m->marks, m->stack.count); break;            /* MARK */
    case ')': push(m, make(m, TUPLE)); break;                                  /* EMPTY_TUPLE */
    case ']': push(m, make(m, LIST)); break;                                   /* EMPTY_LIST */
    case '}': push(m, make(m, DICT)); break;                                   /* EMPTY_DICT */
    case 't': push_tuple(m, pop_mark(m)); break;                               /* TUPLE */
    case 0x85: tuple_of(m, 1); break;                                          /* TUPLE1 */
    case 0x86: tuple_of(m, 2); break;                                          /* TUPLE2 */
    case 0x87: tuple_of(m, 3); break;                                          /* TUPLE3 */
    case 'e': put_in(m, pop_mark(m), LIST); break;                             /* APPENDS */
    case 'a': put_in(m, m->stack.count ? m->stack.count - 1 : 0, LIST); break; /* APPEND */
    case 'u': put_in(m, pop_mark(m), DICT); break;                             /* SETITEMS */
    case 's': put_pair(m); break;                                              /* SETITEM */
    case 'q': memorise(m, take_number(m, 1)); break;                           /* BINPUT */
    case 'r': memorise(m, take_number(m, 4)); break;                           /* LONG_BINPUT */
    case 'h': recall(m, take_number(m, 1)); break;                             /* BINGET */
    case 'j': recall(m, take_number(m, 4)); break;                             /* LONG_BINGET */
    case 'K': push_number(m, INT, (int64_t)take_number(m, 1)); break;          /* BININT1 */
    case 'M': push_number(m, INT, (int64_t)take_number(m, 2)); break;          /* BININT2 */
    case 'J': push_number(m, INT, take_signed(m, 4)); break;                   /* BININT */
    case 0x8a: push_number(m, INT, take_signed(m, (size_t)take_number(m, 1))); break; /* LONG1 */
    case 0x88: push_number(m, BOOL, 1); break;                                        /* NEWTRUE */
    case 0x89: push_number(m, BOOL, 0); break;                                        /* NEWFALSE */
    case 'N': push(m, make(m, NONE)); break;                                          /* NONE */
    case 'G':
        take(m, 8);
        push(m, make(m, NONE));
        break;                                                                    /* BINFLOAT: no tensor needs one */
    case 'X': push_text(m, TEXT, take_text(m, (size_t)take_number(m, 4))); break; /* BINUNICODE */
    case 'U': push_text(m, TEXT, take_text(m, (size_t)take_number(m, 1))); break; /* SHORT_BINSTRING */
    default:
        fail(m, arena_printf(m->arena, "it has the opcode 0x%02x, which no dictionary of tensors needs", (unsigned)op));
    }
}

static void list_tensors(PickleMachine *m, PickledTensors *tensors) {
    const PickleValue *result = pop(m);
    if (m->problem) return;
    if (result->kind != DICT) {
        fail(m, "it is no dictionary of tensors");
        return;
    }
    for (int i = 0; i + 1 < result->items->count; i += 2) {
        const PickleValue *key = result->items->items[i], *value = result->items->items[i + 1];
        if (key->kind != TEXT || value->kind != TENSOR) continue;
        PickledTensor tensor = value->tensor;
        tensor.name = key->text;
        vec_push(m->arena, tensors, tensor);
    }
}

const char *pickle_read(const unsigned char *bytes, size_t size, Arena *arena, PickledTensors *tensors) {
    PickleMachine m = {.arena = arena, .at = bytes, .end = bytes + size};
    bool stopped = false;
    while (!stopped && m.at < m.end) {
        int op = *m.at++;
        stopped = op == '.';
        if (!stopped) step(&m, op);
    }
    if (!stopped) fail(&m, "the pickle ends too early");
    if (!m.problem) list_tensors(&m, tensors);
    return m.problem;
}
