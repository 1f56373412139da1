/* links: import */
/* Faults: kill -9 in the middle of an import, a full disk, many threads at once. No memory:
 * test_store_memory.c. */
#include "kernels/base/os/clock.h"
#include "tests/unit/store/store_bulk.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- kill -9 */

static void import_and_wait(const char *folder, const struct buf *b, int ready) {
    struct store *s;
    struct err e;
    struct import_result r;
    if (store_open(&s, folder, &e) != ST_OK || write(ready, "r", 1) != 1) _exit(1);
    if (put_items(s, b, &r, &e) != ST_OK) _exit(1);
    for (;;) pause();
}

static void killed(void) {
    enum { OLD = 50, NEW = 1500, TRIALS = 20 };
    char folder[64], byte;
    struct buf before, after;
    struct store *s;
    struct err e;
    struct import_result r;
    int left_old = 0, left_new = 0;
    unsigned seed = 12345;
    new_folder(folder);
    make_items(&before, "aged", OLD);
    make_items(&after, "fresh", NEW);
    GOOD(store_open(&s, folder, &e));
    GOOD(put_items(s, &after, &r, &e));
    double start = clock_s();
    GOOD(put_items(s, &after, &r, &e));
    double once = clock_s() - start;
    for (int k = 0; k < TRIALS; k++) {
        int ready[2];
        GOOD(put_items(s, &before, &r, &e));
        EQ(r.kept, OLD);
        store_close(s);
        OK(pipe(ready) == 0);
        pid_t child = fork();
        if (child == 0) import_and_wait(folder, &after, ready[1]);
        EQ(read(ready[0], &byte, 1), 1);
        seed = seed * 1664525u + 1013904223u;
        double share = k == 0 ? 0 : k == TRIALS - 1 ? 6 : (double)(seed >> 8) / (1 << 24) * 1.3;
        usleep((useconds_t)(share * once * 1e6));
        EQ(kill(child, SIGKILL), 0);
        EQ(waitpid(child, NULL, 0), child);
        close(ready[0]);
        close(ready[1]);
        GOOD(store_open(&s, folder, &e));
        long long olds = whole(s, "aged"), news = whole(s, "fresh");
        OK((olds == OLD && news == 0) || (olds == 0 && news == NEW));
        left_old += olds == OLD;
        left_new += news == NEW;
    }
    printf("killed %d times (seed 12345): %d old, %d new\n", TRIALS, left_old, left_new);
    OK(left_old > 0 && left_new > 0);
    store_close(s);
    char cmd[128];
    snprintf(cmd, sizeof cmd, "ls '%s' | grep -q '^import-'", folder);
    OK(system(cmd) != 0); /* no staging file is left */
    buf_free(&before);
    buf_free(&after);
    drop_folder(folder);
}

/* --- full disk */

/* Files of imports that are left in the folder. */
static int leftovers(const char *folder) {
    DIR *dir = opendir(folder);
    int n = 0;
    CHECK(dir);
    for (struct dirent *f; (f = readdir(dir));) n += strncmp(f->d_name, "import-", 7) == 0;
    closedir(dir);
    return n;
}

static void size_limit(void) {
    static const rlim_t limits[] = {4 << 10, 40 << 10, 100 << 10, 200 << 10, 300 << 10, 400 << 10};
    char folder[64];
    struct buf before, after;
    struct store *s;
    struct err e;
    struct import_result r;
    struct rlimit old;
    int full = 0;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    new_folder(folder);
    make_items(&before, "aged", 50);
    make_items(&after, "fresh", 1500);
    GOOD(store_open(&s, folder, &e));
    GOOD(put_items(s, &before, &r, &e));
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct rlimit now = {limits[i], old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
        enum status st = put_items(s, &after, &r, &e);
        setrlimit(RLIMIT_FSIZE, &old);
        EQ(st, ST_DISK_FULL);
        OK(strstr(e.text, "full") != NULL && e.hint[0]);
        EQ(r.stored + r.kept, 0);
        EQ(leftovers(folder), 0);
        full += st == ST_DISK_FULL;
        EQ(whole(s, "aged"), 50);
        EQ(whole(s, "fresh"), 0);
    }
    /* A run under the smallest limit, then all is well again, also after reopening. */
    char id[24];
    struct rlimit tiny = {4 << 10, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tiny);
    EQ(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), buf_text(&after), id, &e), ST_DISK_FULL);
    setrlimit(RLIMIT_FSIZE, &old);
    GOOD(store_run_save(s, VIEW(""), VIEW("m"), VIEW(""), VIEW("{}"), id, &e));
    GOOD(put_items(s, &after, &r, &e));
    EQ(whole(s, "fresh"), 1500);
    store_close(s);
    GOOD(store_open(&s, folder, &e));
    EQ(whole(s, "fresh"), 1500);
    store_close(s);
    buf_free(&before);
    buf_free(&after);
    drop_folder(folder);
}

/* The same on a small file system of its own, where this may be mounted. */
static void small_disk(void) {
    char folder[64];
    struct buf before, after;
    struct store *s;
    struct err e;
    struct import_result r;
    new_folder(folder);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1500k") != 0) {
        printf("a small tmpfs cannot be mounted here: that part is left out\n");
        drop_folder(folder);
        return;
    }
    make_items(&before, "aged", 50);
    make_items(&after, "fresh", 6000);
    GOOD(store_open(&s, folder, &e));
    GOOD(put_items(s, &before, &r, &e));
    EQ(put_items(s, &after, &r, &e), ST_DISK_FULL);
    EQ(leftovers(folder), 0);
    EQ(whole(s, "aged"), 50);
    GOOD(put_items(s, &before, &r, &e));
    store_close(s);
    GOOD(store_open(&s, folder, &e));
    EQ(whole(s, "aged"), 50);
    store_close(s);
    OK(umount(folder) == 0);
    buf_free(&before);
    buf_free(&after);
    drop_folder(folder);
}

/* --- at once */

/* While an import reads, others rank and save: the reader itself does, so a lock held around it
 * would never come free. */
struct busy_reader {
    struct text_reader text;
    struct store *s;
    int calls, good;
};
static enum status read_busy(void *arg, char *p, size_t cap, size_t *n, struct err *e) {
    struct busy_reader *b = arg;
    struct arena a;
    struct item *it;
    int k;
    long long total;
    char id[24];
    arena_init(&a, 1 << 20);
    b->calls++;
    b->good += store_items(b->s, VIEW("m"), VIEW(""), 0, 5, &a, &it, &k, &total, e) == ST_OK &&
               store_run_save(b->s, VIEW(""), VIEW("m"), VIEW("t"), VIEW("{}"), id, e) == ST_OK;
    arena_free(&a);
    return read_text(&b->text, p, cap, n, e);
}

struct job {
    struct store *s;
    const struct buf *rows;
    int number, good;
};
static void *work(void *arg) {
    struct job *j = arg;
    struct arena a;
    struct item *it;
    struct err e;
    struct import_result r;
    char id[24];
    int n;
    long long total;
    double score[20];
    arena_init(&a, 8 << 20);
    for (int i = 0; i < 20; i++) {
        int ok = store_items(j->s, VIEW("m"), VIEW(""), 0, 20, &a, &it, &n, &total, &e) == ST_OK &&
                 total == 50;
        ok &= store_bm25(j->s, VIEW("m"), VIEW("aged 7"), it, n, score, &e) == ST_OK;
        ok &= store_run_save(j->s, VIEW(""), VIEW("m"), VIEW("t"), VIEW("{}"), id, &e) == ST_OK;
        if (j->number == 0 && i % 5 == 0) ok &= put_items(j->s, j->rows, &r, &e) == ST_OK;
        j->good += ok;
        arena_reset(&a);
    }
    arena_free(&a);
    return NULL;
}

static void at_once(void) {
    enum { THREADS = 8 };
    char folder[64];
    struct store *s;
    struct err e;
    struct import_result r;
    struct buf rows;
    struct job job[THREADS];
    pthread_t id[THREADS];
    make_items(&rows, "aged", 50);
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    GOOD(put_items(s, &rows, &r, &e));
    struct import_config c = {.kind = IMPORT_ITEMS, .catalog = VIEW("n")};
    struct busy_reader b = {{buf_text(&rows), 0, 1000}, s, 0, 0};
    GOOD(import_run(s, &c, read_busy, &b, &r, &e));
    EQ(r.kept, 50);
    OK(b.calls > 5);
    EQ(b.good, b.calls);
    for (int i = 0; i < THREADS; i++) {
        job[i] = (struct job){s, &rows, i, 0};
        OK(pthread_create(&id[i], NULL, work, &job[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(id[i], NULL);
        EQ(job[i].good, 20);
    }
    EQ(whole(s, "aged"), 50);
    store_close(s);
    buf_free(&rows);
    drop_folder(folder);
}

int main(void) {
    killed();
    size_limit();
    small_disk();
    at_once();
    return t_end();
}
