/* links: rank registry */
/* Models by name: found, loaded when asked for, held, switched, closed when others need their
 * place, broken, given up. */
#include "server/registry/registry.h"
#include "tests/t.h"

#include "kernels/base/os/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TINY "fixtures/tiny"

static struct arena arena;
static const struct registry_wait wait_for = {NULL, NULL};

static struct registry *opened(struct registry_config c) {
    struct registry *s = NULL;
    struct err e;
    c.engine.threads = 1;
    GOOD(registry_open(&s, &c, &e));
    return s;
}

static const struct registry_model *find(struct registry *s, const char *id) {
    static const struct registry_model none;
    struct registry_model *m;
    struct err e;
    int n;
    GOOD(registry_list(s, &arena, &m, &n, &e));
    for (int i = 0; i < n; i++)
        if (strcmp(m[i].file.id, id) == 0) return &m[i];
    return &none;
}

static void files(void) {
    struct registry_file *f;
    const struct registry_file *x;
    struct err e;
    int n;
    GOOD(registry_files(TINY, TINY "/wide.gguf", &arena, &f, &n, &e));
    OK(n > 5);
    EQ_STR(f[0].id, "wide");
    for (int i = 2; i < n; i++) OK(strcmp(f[i - 1].id, f[i].id) < 0);
    GOOD(registry_file_find(f, n, VIEW("split"), &x, &e));
    EQ_STR(x->path, TINY "/split-00001-of-00003.gguf");
    EQ(x->bytes, 56384 + 2 * 21952); /* all parts */
    GOOD(registry_file_find(f, n, VIEW("tied.gguf"), &x, &e));
    GOOD(registry_file_find(f, n, VIEW("ti"), &x, &e)); /* the only one that begins so */
    EQ_STR(x->id, "tied");
    EQ(registry_file_find(f, n, VIEW("qwen"), &x, &e), ST_NOT_FOUND); /* qwen2 or qwen3? */
    OK(strstr(e.text, "more than one"));
    EQ(registry_file_find(f, n, VIEW("../tiny/tied"), &x, &e), ST_NOT_FOUND);
    EQ(registry_file_find(f, n, VIEW(""), &x, &e), ST_NOT_FOUND);
    EQ(registry_file_find(f, n, VIEW("nothing"), &x, &e), ST_NOT_FOUND);
    EQ_STR(e.field, "model");
    OK(strstr(e.hint, "gemma3"));
    GOOD(registry_files("/nowhere", NULL, &arena, &f, &n, &e));
    EQ(n, 0);
}

static void headers(void) {
    struct registry *s = opened((struct registry_config){.folder = TINY});
    const struct registry_model *m = find(s, "tied");
    EQ(m->state, REGISTRY_THERE);
    EQ_STR(m->info.name, "tiny tied");
    EQ_STR(m->info.architecture, "llama");
    EQ(m->info.layers, 3);
    EQ(m->info.context, 512);
    OK(m->info.parameters > 1000);
    EQ(find(s, "split")->info.parameters, 0); /* the first file does not know */
    struct ranker *k;
    struct err e;
    EQ(registry_take(s, VIEW(""), NULL, &wait_for, &k, &e), ST_BUSY); /* no default yet */
    GOOD(registry_take(s, VIEW("tied"), NULL, &wait_for, &k, &e));
    struct engine_info x;
    engine_info(k->engine, &x);
    EQ(x.parameters, m->info.parameters);
    EQ(find(s, "tied")->users, 1);
    EQ_STR(find(s, "tied")->info.sha256, x.sha256);
    EQ_STR(k->id, "tied");
    registry_give(s, k);
    registry_close(s);
}

static void least_used_makes_room(void) {
    struct registry *s = opened((struct registry_config){.folder = TINY, .loaded_max = 3});
    struct ranker *k, *again, *held;
    struct registry_stats t;
    struct err e;
    GOOD(registry_switch(s, VIEW("tied"), &wait_for, &e));
    GOOD(registry_take(s, VIEW("wide"), NULL, &wait_for, &k, &e));
    registry_give(s, k);
    GOOD(registry_take(s, VIEW("wide"), NULL, &wait_for, &again, &e));
    EQ(again == k, 1); /* it stayed */
    registry_give(s, again);
    GOOD(registry_take(s, VIEW("qwen2"), NULL, &wait_for, &held, &e));
    GOOD(registry_take(s, VIEW("qwen3"), NULL, &wait_for, &k, &e)); /* the place of wide */
    EQ(find(s, "wide")->state, REGISTRY_THERE);
    EQ(find(s, "tied")->state, REGISTRY_LOADED);
    EQ(find(s, "qwen2")->state, REGISTRY_LOADED);
    registry_stats(s, &t);
    EQ(t.loaded, 3);
    EQ(t.loads, 4);
    EQ_STR(t.default_id, "tied");
    registry_give(s, k);
    registry_give(s, held);
    /* The old default gives way once it is none. */
    GOOD(registry_switch(s, VIEW("qwen3"), &wait_for, &e));
    GOOD(registry_take(s, VIEW("qwen2"), NULL, &wait_for, &held, &e));
    GOOD(registry_take(s, VIEW("wide"), NULL, &wait_for, &k, &e));
    EQ(find(s, "tied")->state, REGISTRY_THERE);
    OK(find(s, "qwen3")->is_default);
    registry_give(s, k);
    registry_give(s, held);
    registry_close(s);
}

struct asker {
    struct registry *s;
    const char *name;
    int first;
    atomic_int give_up, got;
    struct ranker *k;
    enum status st;
    struct err e;
};

static int ticks(void *arg, double share) {
    struct asker *x = arg;
    (void)share;
    return atomic_load(&x->give_up);
}

static void *ask(void *arg) {
    struct asker *x = arg;
    const struct registry_wait w = {x, ticks};
    x->st = registry_take(x->s, view_of(x->name), NULL, &w, &x->k, &x->e);
    atomic_store(&x->got, 1);
    return NULL;
}

/* Two places, both held: a third model waits until one is given back, or its asker has enough. */
static void full(void) {
    struct registry *s = opened((struct registry_config){.folder = TINY, .loaded_max = 2});
    struct ranker *k;
    struct err e;
    pthread_t t[2];
    struct asker x = {.s = s, .name = "qwen2"}, y = {.s = s, .name = "qwen3"};
    GOOD(registry_switch(s, VIEW("tied"), &wait_for, &e));
    GOOD(registry_take(s, VIEW("wide"), NULL, &wait_for, &k, &e));
    CHECK(pthread_create(&t[0], NULL, ask, &x) == 0 && pthread_create(&t[1], NULL, ask, &y) == 0);
    usleep(200000);
    EQ(atomic_load(&x.got), 0);
    atomic_store(&y.give_up, 1);
    pthread_join(t[1], NULL);
    EQ(y.st, ST_CANCELLED);
    registry_give(s, k);
    pthread_join(t[0], NULL);
    GOOD(x.st);
    EQ(find(s, "wide")->state, REGISTRY_THERE);
    EQ(find(s, "qwen3")->state, REGISTRY_THERE);
    registry_give(s, x.k);
    registry_close(s);
}

static void copy(const char *from, const char *to, size_t most) {
    char *p;
    size_t n;
    struct err e;
    GOOD(file_read(from, 1 << 22, &p, &n, &e));
    GOOD(file_write(to, p, n < most ? n : most, &e));
    mem_free(p);
}

static void broken(void) {
    char folder[] = "/tmp/taproom-shelf-XXXXXX", a[80], b[80];
    struct ranker *k;
    struct registry_stats t;
    struct err e;
    CHECK(mkdtemp(folder) != NULL);
    snprintf(a, sizeof a, "%s/good.gguf", folder);
    snprintf(b, sizeof b, "%s/bad.gguf", folder);
    copy(TINY "/tied.gguf", a, 1 << 22);
    copy(TINY "/wide.gguf", b, 20000);
    struct registry *s = opened((struct registry_config){.folder = folder, .model = "good"});
    GOOD(registry_switch(s, VIEW(""), &wait_for, &e));
    EQ(find(s, "bad")->state, REGISTRY_BROKEN); /* its header shows it */
    OK(find(s, "bad")->error);
    EQ(registry_switch(s, VIEW("bad"), &wait_for, &e), ST_INVALID);
    EQ_STR(e.field, "model");
    OK(strstr(e.text, "cannot be loaded"));
    EQ(registry_take(s, VIEW("bad"), NULL, &wait_for, &k, &e), ST_INVALID);
    EQ(registry_switch(s, VIEW("none"), &wait_for, &e), ST_NOT_FOUND);
    registry_stats(s, &t);
    EQ_STR(t.default_id, "good");
    EQ(t.failures, 2);
    EQ(find(s, "bad")->state, REGISTRY_BROKEN);
    /* Mended, it is another file; and what is loaded outlives its own. */
    copy(TINY "/wide.gguf", b, 1 << 22);
    EQ(unlink(a), 0);
    GOOD(registry_switch(s, VIEW("bad"), &wait_for, &e));
    registry_stats(s, &t);
    EQ_STR(t.default_id, "bad");
    unlink(b);
    GOOD(registry_take(s, VIEW(""), NULL, &wait_for, &k, &e));
    registry_give(s, k);
    rmdir(folder);
    registry_close(s);
}

static void precisions_and_paths(void) {
    struct registry *s = opened((struct registry_config){
        .folder = "/nowhere", .model = TINY "/tied.gguf", .engine = {.precision = "f32"}});
    struct ranker *k, *same;
    struct err e;
    GOOD(registry_switch(s, VIEW(""), &wait_for, &e));
    GOOD(registry_take(s, VIEW(""), NULL, &wait_for, &k, &e));
    GOOD(registry_take(s, VIEW("tied"), "f32", &wait_for, &same, &e));
    EQ(k == same, 1);
    registry_give(s, k);
    registry_give(s, same);
    EQ(registry_take(s, VIEW(""), "f7", &wait_for, &k, &e), ST_INVALID);
    EQ(registry_take(s, VIEW(TINY "/wide.gguf"), NULL, &wait_for, &k, &e), ST_NOT_FOUND);
    registry_close(s);
    s = opened((struct registry_config){.paths = 1});
    GOOD(registry_take(s, VIEW(TINY "/wide.gguf"), NULL, &wait_for, &k, &e));
    EQ_STR(k->id, "wide");
    registry_give(s, k);
    EQ(registry_take(s, VIEW("/nowhere/x.gguf"), NULL, &wait_for, &k, &e), ST_NOT_FOUND);
    registry_close(s);
}

/* Everything at once: whoever holds a model has that model. Counts what is wrong in x->first. */
static void *crowd(void *arg) {
    static const char *const name[] = {"tied", "wide", "qwen2", "qwen3"};
    struct asker *x = arg;
    int wrong = 0;
    for (int i = 0; i < 40; i++) {
        const char *want = name[(size_t)(7 * i + x->first) % COUNT(name)];
        struct ranker *k = NULL;
        struct err e;
        if (i % 5 == 4) wrong += registry_switch(x->s, view_of(want), NULL, &e) != ST_OK;
        wrong += registry_take(x->s, view_of(want), NULL, &wait_for, &k, &e) != ST_OK;
        wrong += !k || strcmp(k->id, want) != 0;
        registry_give(x->s, k);
        k = NULL;
        wrong += registry_take(x->s, VIEW(""), NULL, &wait_for, &k, &e) != ST_OK || !k;
        registry_give(x->s, k);
    }
    x->first = wrong;
    return NULL;
}

static void many(void) {
    struct registry *s = opened((struct registry_config){.folder = TINY, .loaded_max = 2});
    struct asker x[4];
    pthread_t t[COUNT(x)];
    struct registry_stats now;
    struct err e;
    GOOD(registry_switch(s, VIEW("tied"), &wait_for, &e));
    for (size_t i = 0; i < COUNT(x); i++) {
        x[i] = (struct asker){.s = s, .first = (int)i};
        CHECK(pthread_create(&t[i], NULL, crowd, &x[i]) == 0);
    }
    for (size_t i = 0; i < COUNT(x); i++) {
        pthread_join(t[i], NULL);
        EQ(x[i].first, 0);
    }
    registry_stats(s, &now);
    OK(now.loaded <= 2 && now.loads > 2);
    EQ(now.failures, 0);
    registry_close(s);
    /* Closed while it loads. */
    s = opened((struct registry_config){.folder = TINY});
    GOOD(registry_switch(s, VIEW("qwen3"), NULL, &e));
    registry_close(s);
    registry_close(NULL);
}

int main(void) {
    arena_init(&arena, 64 << 20);
    files();
    headers();
    least_used_makes_room();
    full();
    broken();
    precisions_and_paths();
    many();
    arena_free(&arena);
    return t_end();
}
