/* Fuzz: random graphs by the million.
 *
 *     fuzz --graphs 1000000 --compiled 50000 --seed 1 --threads 2 [--out FOLDER]
 *
 * Graphs go through the passes and the interpreter (graph_check.h), every fourth one through
 * central differences too (gradient_check.h); others are compiled (compiled_check.h). Work is given
 * out in chunks, each to a process of its own, so that a crash is one failed graph. What fails is
 * shrunk and written to FOLDER/found-SEED.gir (graph_file.h). Exit status: 0 without a failure. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/compiled_check.h"
#include "tests/gradient_check.h"
#include "tests/graph_check.h"
#include "tests/graph_file.h"
#include "tests/shrink.h"

enum { MAX_THREADS = 64, MAX_FOUND = 32, TEXT_BYTES = 400 };
enum { PASSES_CHUNK = 4000, COMPILED_CHUNK = 512 }; /* graphs */

typedef struct Options {
    int64_t graphs, compiled;
    uint64_t seed;
    int threads;
    const char *out;
} Options;

typedef struct Found {
    uint64_t seed;
    bool compiled, rounds;
    char text[TEXT_BYTES];
} Found;

/* A chunk of work and what its process says of it: shared memory. */
typedef struct Chunk {
    pid_t process; /* 0: none */
    bool compiled, rounds;
    int64_t from, at, end;   /* `at`: the graph in work */
    int64_t kernels, smooth; /* how many were compiled, checked by differences */
    int n_found;
    Found found[MAX_FOUND];
} Chunk;

typedef struct Fuzz {
    Options options;
    Chunk *chunks;             /* [threads], shared */
    int64_t given[2], done[2]; /* passes, compiled */
    int64_t kernels, smooth;
    Found found[MAX_FOUND];
    int n_found;
    time_t start, reported;
    char cache[64]; /* the folder of objects that chunks share */
} Fuzz;

/* --- One graph --- */

static uint64_t graph_seed(const Options *options, bool compiled, int64_t index) {
    return (options->seed * 2 + compiled) * 1000000007 + (uint64_t)index;
}

static RandomGraph *new_graph(uint64_t seed, bool compiled) {
    bool smooth = !compiled && seed % 4 == 0;
    unsigned features = smooth ? RANDOM_ALL & ~(RANDOM_KINKS | RANDOM_STOPS) : RANDOM_ALL | RANDOM_GRADS;
    int size = 1 + (int)(seed / 4 % (compiled ? 5 : 12));
    RandomGraph *random = random_graph_new(seed, size, features);
    if (seed % 3 == 0) random_graph_batch(random, seed, (BatchShape)(seed / 3 % BATCH_SHAPES));
    return random;
}

/* Forward and reverse, fused or not: fusion is but the last of the passes. */
static const char *passes_failure(RandomGraph *random) {
    const char *error = check_passes(random, random->seed % 8 == 1 ? "-fuse" : NULL);
    if (!error && random->seed % 4 == 0) error = check_gradients(random, false);
    return error;
}

static const char *code_failure(RandomGraph *random, bool rounds) {
    CompiledCheck *check = compiled_check_new(random->seed % 64 == 0, rounds, NULL);
    compiled_check_add(check, random);
    compiled_check_compile(check);
    const char *error = compiled_check_run(check, 0, random->seed % 8 == 0);
    compiled_check_free(check);
    return error;
}

static const char *compiled_failure(RandomGraph *random) { return code_failure(random, false); }
static const char *rounded_failure(RandomGraph *random) { return code_failure(random, true); }

static Failure *failure_of(const Found *found) {
    return !found->compiled ? passes_failure : found->rounds ? rounded_failure : compiled_failure;
}

/* --- A chunk, in its own process --- */

static void note(Chunk *chunk, uint64_t seed, const char *text) {
    if (!text || chunk->n_found == MAX_FOUND) return;
    Found *found = &chunk->found[chunk->n_found++];
    *found = (Found){.seed = seed, .compiled = chunk->compiled, .rounds = chunk->rounds};
    snprintf(found->text, sizeof found->text, "%s", text);
}

static void run_passes(const Options *options, Chunk *chunk) {
    for (; chunk->at < chunk->end; chunk->at++) {
        uint64_t seed = graph_seed(options, false, chunk->at);
        RandomGraph *random = new_graph(seed, false);
        note(chunk, seed, passes_failure(random));
        chunk->smooth += seed % 4 == 0;
        random_graph_free(random);
    }
}

/* The graphs of a chunk share their kernels. One chunk in 64 is optimised as users' code is, one in 3 has bf16
 * products. */
static void run_compiled(const Fuzz *fuzz, Chunk *chunk) {
    const char *cache = fuzz->cache[0] ? fuzz->cache : NULL;
    int64_t count = chunk->end - chunk->at;
    RandomGraph **graphs = calloc((size_t)count + 1, sizeof *graphs);
    CompiledCheck *check = compiled_check_new(chunk->at / COMPILED_CHUNK % 64 == 1, chunk->rounds, cache);
    for (int64_t i = 0; i < count; i++) {
        graphs[i] = new_graph(graph_seed(&fuzz->options, true, chunk->at + i), true);
        compiled_check_add(check, graphs[i]);
    }
    compiled_check_compile(check);
    chunk->kernels = compiled_check_kernels(check);
    for (int i = 0; i < count; i++, chunk->at++)
        note(chunk, graphs[i]->seed, compiled_check_run(check, i, i % 16 == 0));
    free(graphs); /* the process ends here: so does what they hold */
}

static void start_chunk(Fuzz *fuzz, Chunk *chunk, bool compiled) {
    int64_t all = compiled ? fuzz->options.compiled : fuzz->options.graphs;
    int64_t size = compiled ? COMPILED_CHUNK : PASSES_CHUNK, from = fuzz->given[compiled];
    int64_t end = from + size < all ? from + size : all;
    *chunk = (Chunk){.compiled = compiled,
                     .rounds = compiled && from / COMPILED_CHUNK % 3 == 2,
                     .from = from,
                     .at = from,
                     .end = end};
    fuzz->given[compiled] = chunk->end;
}

static void launch(Fuzz *fuzz, Chunk *chunk) {
    fflush(stdout);
    pid_t process = fork();
    if (process == 0) {
        if (chunk->compiled)
            run_compiled(fuzz, chunk);
        else
            run_passes(&fuzz->options, chunk);
        _exit(0);
    }
    chunk->process = process;
}

/* --- The parent --- */

static void tell(Fuzz *fuzz, bool last) {
    time_t now = time(NULL);
    if (!last && now - fuzz->reported < 10) return;
    fuzz->reported = now;
    printf("%s%lld graphs through the passes (%lld with differences), %lld compiled (%lld "
           "kernels), %d failed, %lld s\n",
           last ? "result: " : "", (long long)fuzz->done[0], (long long)fuzz->smooth, (long long)fuzz->done[1],
           (long long)fuzz->kernels, fuzz->n_found, (long long)(now - fuzz->start));
    fflush(stdout);
}

static void add_found(Fuzz *fuzz, const Found *found) {
    printf("graph %llu%s: %s\n", (unsigned long long)found->seed, found->compiled ? ", compiled" : "", found->text);
    if (fuzz->n_found < MAX_FOUND) fuzz->found[fuzz->n_found] = *found;
    fuzz->n_found++;
}

/* A crash while compiling may be any graph's: then each is tried on its own. */
static void search_crash(Fuzz *fuzz, Chunk *chunk) {
    int64_t last = chunk->compiled && chunk->kernels == 0 ? chunk->end : chunk->at + 1;
    for (int64_t i = chunk->at; i < last; i++) {
        Found found = {.compiled = chunk->compiled};
        found.seed = graph_seed(&fuzz->options, chunk->compiled, i);
        RandomGraph *random = new_graph(found.seed, chunk->compiled);
        const char *text = failure_apart(random, failure_of(&found), random->arena);
        if (text) snprintf(found.text, sizeof found.text, "%s", text);
        if (text) add_found(fuzz, &found);
        random_graph_free(random);
    }
    chunk->at = last;
}

/* Takes in a chunk whose process has ended; true: it is to go on behind a crash. */
static bool take(Fuzz *fuzz, Chunk *chunk, int status) {
    for (int i = 0; i < chunk->n_found; i++) add_found(fuzz, &chunk->found[i]);
    chunk->n_found = 0;
    if (status != 0 && chunk->at < chunk->end) search_crash(fuzz, chunk);
    fuzz->done[chunk->compiled] += chunk->at - chunk->from;
    chunk->from = chunk->at;
    fuzz->kernels += chunk->kernels;
    fuzz->smooth += chunk->smooth;
    chunk->kernels = chunk->smooth = 0;
    return chunk->at < chunk->end;
}

static Chunk *chunk_of(Fuzz *fuzz, pid_t process) {
    for (int i = 0; i < fuzz->options.threads; i++) {
        if (fuzz->chunks[i].process == process) return &fuzz->chunks[i];
    }
    return NULL;
}

/* Keeps every free slot at work until nothing of this kind is left. */
static void run_all(Fuzz *fuzz, bool compiled) {
    int64_t all = compiled ? fuzz->options.compiled : fuzz->options.graphs;
    int running = 0;
    for (int i = 0; i < fuzz->options.threads && fuzz->given[compiled] < all; i++, running++) {
        start_chunk(fuzz, &fuzz->chunks[i], compiled);
        launch(fuzz, &fuzz->chunks[i]);
    }
    while (running) {
        int status;
        Chunk *chunk = chunk_of(fuzz, wait(&status));
        if (!chunk) continue;
        bool more = take(fuzz, chunk, status);
        if (!more && fuzz->given[compiled] < all) start_chunk(fuzz, chunk, compiled), more = true;
        if (more)
            launch(fuzz, chunk);
        else
            chunk->process = 0, running--;
        tell(fuzz, false);
    }
}

static void shrink_found(const Fuzz *fuzz) {
    for (int i = 0; i < fuzz->n_found && i < MAX_FOUND; i++) {
        const Found *found = &fuzz->found[i];
        RandomGraph *random = new_graph(found->seed, found->compiled);
        const char *text = shrink(random, failure_of(found));
        const char *path =
            arena_printf(random->arena, "%s/found-%llu.gir", fuzz->options.out, (unsigned long long)found->seed);
        if (!text)
            printf("graph %llu does not fail alone\n", (unsigned long long)found->seed);
        else if (!graph_file_write(random, text, path))
            printf("cannot write '%s'\n", path);
        else
            printf("%s: %d nodes: %s\n", path, random->graph->nodes.count, text);
        random_graph_free(random);
    }
}

static bool read_options(Options *o, int count, char **words) {
    for (int i = 1; i < count; i += 2) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (!value) return false;
        if (strcmp(words[i], "--graphs") == 0)
            o->graphs = strtoll(value, NULL, 10);
        else if (strcmp(words[i], "--compiled") == 0)
            o->compiled = strtoll(value, NULL, 10);
        else if (strcmp(words[i], "--seed") == 0)
            o->seed = strtoull(value, NULL, 10);
        else if (strcmp(words[i], "--threads") == 0)
            o->threads = atoi(value);
        else if (strcmp(words[i], "--out") == 0)
            o->out = value;
        else
            return false;
    }
    return o->graphs >= 0 && o->compiled >= 0 && o->threads >= 1 && o->threads <= MAX_THREADS;
}

/* Without a folder every chunk compiles its own kernels. */
static void make_cache(Fuzz *fuzz) {
    snprintf(fuzz->cache, sizeof fuzz->cache, "/tmp/gradc-fuzz-XXXXXX");
    if (!mkdtemp(fuzz->cache)) fuzz->cache[0] = '\0';
}

static void remove_cache(const Fuzz *fuzz) {
    DIR *folder = fuzz->cache[0] ? opendir(fuzz->cache) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder) closedir(folder);
    if (folder) rmdir(fuzz->cache);
}

int main(int count, char **words) {
    Fuzz fuzz = {.options = {1000000, 50000, (uint64_t)time(NULL), 2, "."}, .start = time(NULL)};
    if (!read_options(&fuzz.options, count, words)) {
        fprintf(stderr,
                "usage: %s [--graphs N] [--compiled N] [--seed N] [--threads 1..%d] "
                "[--out FOLDER]\n",
                words[0], MAX_THREADS);
        return 2;
    }
    size_t bytes = (size_t)fuzz.options.threads * sizeof *fuzz.chunks;
    fuzz.chunks = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fuzz.chunks == MAP_FAILED) return 2;
    make_cache(&fuzz);
    printf("--graphs %lld --compiled %lld --seed %llu\n", (long long)fuzz.options.graphs,
           (long long)fuzz.options.compiled, (unsigned long long)fuzz.options.seed);
    run_all(&fuzz, false);
    run_all(&fuzz, true);
    remove_cache(&fuzz);
    tell(&fuzz, true);
    shrink_found(&fuzz);
    return fuzz.n_found ? 1 : 0;
}
