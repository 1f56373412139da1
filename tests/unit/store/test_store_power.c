/* links: import */
/* The power goes at every change of the database's files while runs are saved, wishes stored and a
 * catalogue is replaced. Nothing acknowledged is lost, nothing is half. */
#include "tests/unit/store/power_vfs.h"
#include "tests/unit/store/store_help.h"

#include "kernels/base/buf.h"

enum { RUNS_MAX = 64, OLD = 20, NEW = 60 };

static struct buf aged, fresh;

static void make_items(struct buf *b, const char *word, int n) {
    buf_init(b, 1 << 20);
    for (int i = 0; i < n; i++)
        buf_printf(b, "{\"id\":\"%d\",\"title\":\"%s film %d\",\"text\":\"%0200d\"}\n", i, word, i,
                   i);
}

static enum status put_items(struct store *s, const struct buf *b, struct err *e) {
    struct import_result r = {0};
    struct import_config c = {
        .kind = IMPORT_ITEMS, .format = IMPORT_JSONL, .catalog = VIEW("m"), .replace = 1};
    return import_text(s, &c, buf_text(b), &r, e);
}

static long long named(struct store *s, const char *word, long long *all) {
    struct arena a;
    struct item *it;
    struct err e;
    int n = 0;
    long long total = -1;
    arena_init(&a, 16 << 20);
    GOOD(store_items(s, VIEW("m"), view_of(word), 0, 1, &a, &it, &n, &total, &e));
    GOOD(store_items(s, VIEW("m"), VIEW(""), 0, 1, &a, &it, &n, all, &e));
    arena_free(&a);
    return total;
}

/* What was acknowledged before the power went. */
struct told {
    char run[RUNS_MAX][24];
    int runs, replaced, tried;
};

static void work(const char *folder, struct told *t) {
    struct store *s;
    struct err e;
    char id[24];
    if (store_open(&s, folder, &e) != ST_OK) return;
    for (int i = 0; i < 6; i++) {
        if (store_run_save(s, VIEW(""), VIEW("m"), VIEW("t"), VIEW("{}"), id, &e) == ST_OK)
            snprintf(t->run[t->runs++], sizeof id, "%s", id);
        if (i == 2) t->tried = 1;
        if (i == 2) t->replaced = put_items(s, &fresh, &e) == ST_OK;
    }
    store_close(s);
}

static void look(const char *folder, const struct told *t) {
    struct store *s;
    struct err e;
    long long all = -1;
    GOOD(store_open(&s, folder, &e));
    long long olds = named(s, "aged", &all), news = named(s, "fresh", &all);
    OK((olds == OLD && news == 0 && all == OLD) || (news == NEW && olds == 0 && all == NEW));
    if (t->replaced) EQ(news, NEW);
    if (!t->tried) EQ(olds, OLD);
    for (int i = 0; i < t->runs; i++) {
        struct arena a;
        struct run_row r;
        struct view json;
        arena_init(&a, 1 << 20);
        GOOD(store_run(s, view_of(t->run[i]), &a, &r, &json, &e));
        arena_free(&a);
    }
    GOOD(put_items(s, &aged, &e)); /* and it goes on */
    store_close(s);
}

/* The changes of one round of work, with the power on. */
static long changes_of(const char *folder) {
    struct told t = {.runs = 0};
    long from = power.changes;
    work(folder, &t);
    CHECK(t.runs == 6 && t.replaced);
    long n = power.changes - from;
    look(folder, &t);
    return n;
}

int main(void) {
    static const uint32_t keep[] = {0, 50, 90};
    char folder[64];
    struct store *s;
    struct err e;
    int cuts = 0, lost_work = 0;
    long step = getenv("TAPROOM_EVERY_CHANGE") ? 1 : 7;
    power_begin();
    make_items(&aged, "aged", OLD);
    make_items(&fresh, "fresh", NEW);
    new_folder(folder);
    GOOD(store_open(&s, folder, &e));
    GOOD(put_items(s, &aged, &e));
    store_close(s);
    long all = changes_of(folder);
    for (long at = 1; at <= all; at += step) {
        struct told t = {.runs = 0};
        power_cut(100);
        power_off_in(at);
        work(folder, &t);
        power_cut(keep[cuts % 3]);
        lost_work += !t.replaced;
        look(folder, &t);
        cuts++;
    }
    printf("power cut at %d of %ld changes\n", cuts, all);
    OK(cuts > 10 && lost_work > 0);
    buf_free(&aged);
    buf_free(&fresh);
    drop_folder(folder);
    return t_end();
}
