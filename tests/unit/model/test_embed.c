/* links: model */
/* The encoder on a small model of random weights: PyTorch's vectors, batches, cancelling, two
 * callers, turns, files that do not fit, memory that ends. */
#include "kernels/base/os/ticket_lock.h"
#include "kernels/base/os/file.h"
#include "model/embed/embed.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define TINY "fixtures/embedding/tiny"
enum { DIM = 36, TEXTS = 5, MANY = 300 };

static struct err e;
static const char *const texts[TEXTS] = {
    "a", "A slow film, about grief.", "films", "zebra",
    "the quiet sea and the winter film the quiet sea and the winter film the quiet sea and the "
    "winter film the quiet sea and the winter film"};
static float want[TEXTS][DIM];

static void test_golden(struct embedder *em) {
    struct view v[TEXTS];
    float got[TEXTS][DIM];
    for (int i = 0; i < TEXTS; i++) v[i] = view_of(texts[i]);
    GOOD(embedder_run(em, v, TEXTS, got[0], NULL, NULL, &e));
    for (int i = 0; i < TEXTS; i++)
        for (int d = 0; d < DIM; d++) NEAR((double)got[i][d], (double)want[i][d], 2e-6);
}

struct seen {
    int calls, last, stop_at;
};
static int on_batch(void *arg, int done, int total) {
    struct seen *s = arg;
    OK(done > s->last && done <= total);
    s->last = done;
    return ++s->calls == s->stop_at;
}

/* Many texts fill several batches; each vector is the one of its text alone. */
static void test_batches(struct embedder *em) {
    static struct view v[MANY];
    static float got[MANY][DIM];
    float one[TEXTS][DIM];
    struct seen s = {0, 0, 0};
    for (int i = 0; i < MANY; i++) v[i] = view_of(texts[i % 7 % TEXTS]);
    GOOD(embedder_run(em, v, MANY, got[0], &s, on_batch, &e));
    OK(s.calls > 1);
    EQ(s.last, MANY);
    for (int i = 0; i < TEXTS; i++) {
        struct view t = view_of(texts[i]);
        GOOD(embedder_run(em, &t, 1, one[i], NULL, NULL, &e));
    }
    for (int i = 0; i < MANY; i++) EQ_MEM(got[i], one[i % 7 % TEXTS], sizeof one[0]);
    s = (struct seen){0, 0, 1};
    EQ(embedder_run(em, v, MANY, got[0], &s, on_batch, &e), ST_CANCELLED);
    EQ(s.calls, 1);
    GOOD(embedder_run(em, v, 0, NULL, NULL, NULL, &e));
}

struct caller {
    struct embedder *em;
    float got[TEXTS][DIM];
    int bad;
};
static void *call(void *arg) {
    struct caller *c = arg;
    struct view v[TEXTS];
    for (int i = 0; i < TEXTS; i++) v[i] = view_of(texts[i]);
    for (int k = 0; k < 20; k++)
        c->bad += embedder_run(c->em, v, TEXTS, c->got[0], NULL, NULL, NULL) != ST_OK;
    return NULL;
}

static void test_callers(struct embedder *em) {
    static struct caller c[4];
    pthread_t t[4];
    for (int i = 0; i < 4; i++) {
        c[i].em = em;
        EQ(pthread_create(&t[i], NULL, call, &c[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    for (int i = 0; i < 4; i++) {
        EQ(c[i].bad, 0);
        EQ_MEM(c[i].got, c[0].got, sizeof c[0].got);
    }
}

/* --- files that do not fit: one text of a good file is replaced by another of the same length ---
 */

static int copy_file(const char *name, const char *folder, const char *from, const char *to) {
    char path[300], *p;
    size_t n;
    int found = from == NULL;
    (void)snprintf(path, sizeof path, TINY "/%s", name);
    if (file_read(path, 1 << 20, &p, &n, &e) != ST_OK) return 0;
    for (size_t i = 0; from && i + strlen(from) <= n; i++)
        if (memcmp(p + i, from, strlen(from)) == 0) {
            memcpy(p + i, to, strlen(to));
            found = 1;
            break;
        }
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (file_write(path, p, n, &e) != ST_OK) found = 0;
    mem_free(p);
    return found;
}

/* Between two batches of a long call others come to their turn, and one that shares the cores with
 * engines lets go of them. */
struct short_call {
    struct embedder *em;
    struct ticket_lock turns;
    atomic_int done;
    int calls, in_time;
};
static void *call_short(void *arg) {
    struct short_call *s = arg;
    struct view v = view_of(texts[1]);
    float got[DIM];
    int bad = embedder_run(s->em, &v, 1, got, NULL, NULL, NULL) != ST_OK;
    bad |= embedder_run_sharing(s->em, &v, 1, got, &s->turns, NULL) != ST_OK;
    atomic_store(&s->done, bad ? -1 : 1);
    return NULL;
}
static int between(void *arg, int done, int total) {
    struct short_call *s = arg;
    pthread_t t;
    if (s->calls++ || done == total) return 0;
    EQ(pthread_create(&t, NULL, call_short, s), 0);
    pthread_detach(t);
    for (int i = 0; i < 1000 && !atomic_load(&s->done); i++) usleep(10000);
    s->in_time = atomic_load(&s->done);
    ticket_lock_take(&s->turns);
    ticket_lock_leave(&s->turns);
    return 0;
}
static void test_turns(struct embedder *em) {
    static struct view v[MANY];
    static float got[MANY][DIM];
    static struct short_call s;
    s.em = em;
    ticket_lock_init(&s.turns);
    for (int i = 0; i < MANY; i++) v[i] = view_of(texts[i % TEXTS]);
    GOOD(embedder_run(em, v, MANY, got[0], &s, between, &e));
    OK(s.calls > 1);
    EQ(s.in_time, 1);
    while (!atomic_load(&s.done)) usleep(1000);
    ticket_lock_close(&s.turns);
}

static void test_bad_files(void) {
    static const struct {
        const char *file, *from, *to;
        enum status st;
        const char *needle;
    } bad[] = {
        {"config.json", "\"gelu\"", "\"relu\"", ST_UNSUPPORTED, "hidden_act is 'relu'"},
        {"config.json", "\"bert\"", "\"best\"", ST_UNSUPPORTED, "model_type is 'best'"},
        {"config.json", "\"absolute\"", "\"relative\"", ST_UNSUPPORTED, "'relative'"},
        {"config.json", "\"hidden_size\": 36", "\"hidden_size\": 30", ST_CORRUPT, "another shape"},
        {"config.json", "\"hidden_size\": 36", "\"hidden_size\": 35", ST_UNSUPPORTED, "3 heads"},
        {"config.json", "\"vocab_size\": 17", "\"vocab_size\": 18", ST_CORRUPT, "another shape"},
        {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", ST_CORRUPT,
         "is missing"},
        {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 0", ST_UNSUPPORTED,
         "from 1 to"},
        {"config.json", "\"layer_norm_eps\"", "\"layer_norm_epz\"", ST_CORRUPT,
         "no layer_norm_eps"},
        {"model.safetensors", "layer.1.output.dense.bias", "layer.1.output.dense.bios", ST_CORRUPT,
         "layer.1.output.dense.bias is missing"},
        {"model.safetensors", "\"F32\"", "\"I32\"", ST_CORRUPT, "holds no weights"},
        {"vocab.txt", "[CLS]", "[CLX]", ST_CORRUPT, "no token [CLS]"},
    };
    static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char folder[] = "/tmp/taproom-test-XXXXXX", command[80];
        struct embedder *em = NULL;
        if (!mkdtemp(folder)) abort();
        for (size_t f = 0; f < COUNT(names); f++) {
            int mine = strcmp(names[f], bad[i].file) == 0;
            if (!copy_file(names[f], folder, mine ? bad[i].from : NULL, bad[i].to))
                T_SAY("%s has no %s", names[f], bad[i].from);
        }
        EQ(embedder_open(&em, folder, 1, &e), bad[i].st);
        if (!strstr(e.text, bad[i].needle))
            T_SAY("case %zu: '%s' should have '%s'", i, e.text, bad[i].needle);
        embedder_close(em);
        (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
        EQ(system(command), 0);
    }
    struct embedder *em = NULL;
    EQ(embedder_open(&em, "/nowhere", 1, &e), ST_NOT_FOUND);
}

static void test_no_memory(void) {
    for (long k = 1;; k++) {
        struct embedder *em = NULL;
        mem_fail_at(k, 0);
        enum status st = embedder_open(&em, TINY, 1, &e);
        mem_fail_at(0, 0);
        embedder_close(em);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
    }
}

int main(int argc, char **argv) {
    (void)argc;
    if (!getenv("OMP_WAIT_POLICY")) { /* read at the start only; spinning takes the others' time */
        setenv("OMP_WAIT_POLICY", "passive", 1);
        execv("/proc/self/exe", argv);
    }
    struct embedder *em = NULL;
    char *p;
    size_t n;
    GOOD(file_read(TINY "/vectors.bin", sizeof want, &p, &n, &e));
    GOOD(embedder_open(&em, TINY, 2, &e));
    if (t_failed) return t_end();
    EQ(n, sizeof want);
    memcpy(want, p, n < sizeof want ? n : sizeof want);
    mem_free(p);
    test_golden(em);
    test_batches(em);
    test_callers(em);
    test_turns(em);
    embedder_close(em);
    test_bad_files();
    test_no_memory();
    return t_end();
}
