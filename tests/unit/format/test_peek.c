/* links: model */
/* A model file's header is read, whatever others do to the file meanwhile; how far a loading is. */
#define _GNU_SOURCE
#include "kernels/base/os/file.h"
#include "model/engine/engine.h"
#include "tests/t.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MODEL "fixtures/tiny/tied.gguf"
enum { LOOKS = 300 };

static struct err e;
static char *bytes, path[] = "/tmp/taproom-peek-XXXXXX";
static size_t size;
static atomic_int stop;

/* Cuts the file to nothing and writes it anew, over and over. */
static void *rewrite(void *arg) {
    (void)arg;
    while (!atomic_load(&stop)) {
        int fd = open(path, O_WRONLY | O_TRUNC);
        CHECK(fd >= 0);
        for (size_t at = 0; at < size; at += size / 3)
            if (write(fd, bytes + at, size - at < size / 3 ? size - at : size / 3) < 0) break;
        close(fd);
    }
    return NULL;
}

static void rewritten(void) {
    pthread_t t;
    int good = 0;
    CHECK(pthread_create(&t, NULL, rewrite, NULL) == 0);
    for (int i = 0; i < LOOKS; i++) {
        struct arena a;
        struct engine_info m;
        arena_init(&a, 1 << 20);
        enum status st = engine_peek(path, &a, &m, &e);
        good += st == ST_OK;
        if (st == ST_OK) EQ_STR(m.architecture, "llama");
        OK(st == ST_OK || st == ST_CORRUPT);
        arena_free(&a);
    }
    atomic_store(&stop, 1);
    pthread_join(t, NULL);
    (void)good; /* how often it was whole is the scheduler's */
}

/* A name that would move the cursor, or is no UTF-8, is shown with marks. */
static void shown(void) {
    static const char key[] = "general.name";
    struct arena a;
    struct engine_info m;
    char *at = memmem(bytes, size, key, sizeof key - 1);
    CHECK(at);
    at += sizeof key - 1 + 4 + 8; /* its type and length */
    char old = *at;
    const char bad[] = {'\x1b', '\x9b', '\xff'};
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT(bad); i++) {
        *at = bad[i];
        GOOD(file_write(path, bytes, size, &e));
        GOOD(engine_peek(path, &a, &m, &e));
        EQ(m.name[0], '?');
        OK(utf8_valid(view_of(m.name)));
    }
    *at = old;
    GOOD(file_write(path, bytes, size, &e));
    arena_free(&a);
}

struct shares {
    int n, stop_at;
    double last, first;
};

static int on_loading(void *arg, double share) {
    struct shares *s = arg;
    if (s->n == 0) s->first = share;
    OK(share >= s->last && share <= 1);
    s->last = share;
    return ++s->n == s->stop_at;
}

/* The reading counts: the share has moved before the first weight is taken. */
static void loading(void) {
    struct shares s = {0};
    struct engine *en;
    struct engine_config c = {
        .model = path, .threads = 1, .backend = "cpu", .arg = &s, .loading = on_loading};
    GOOD(engine_open(&en, &c, &e));
    engine_close(en);
    OK(s.first > 0 && s.first < 0.5);
    OK(s.last > 0.5 && s.n > 3);
    for (int at = 1; at <= 2; at++) {
        s = (struct shares){.stop_at = at};
        EQ(engine_open(&en, &c, &e), ST_CANCELLED);
    }
}

int main(void) {
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    GOOD(file_read(MODEL, 1 << 24, &bytes, &size, &e));
    GOOD(file_write(path, bytes, size, &e));
    shown();
    loading();
    rewritten();
    unlink(path);
    mem_free(bytes);
    return t_end();
}
