/* links: task */
/* Tasks: listed while they go on, superseded, cancelled by whoever may, and with many threads at
 * once. */
#include "server/task/task.h"
#include "tests/t.h"

#include <sched.h>

static struct tasks all;

static int listed(const struct view *owner, struct task_info *first) {
    struct task_info *x;
    struct arena a;
    struct err e;
    int n;
    arena_init(&a, 1 << 20);
    OK(tasks_list(&all, owner, &a, &x, &n, &e) == ST_OK);
    if (n && first) *first = x[0];
    arena_free(&a);
    return n;
}

static struct view id_of(const struct task *t, char room[24]) {
    (void)snprintf(room, 24, "%llu", t->id);
    return view_of(room);
}

/* What is listed, in which order, for whom. */
static void check_list(void) {
    struct task a, b;
    struct task_info x;
    const struct view mona = VIEW("mona"), leo = VIEW("leo");
    task_open(&a, &all, "rank", mona, VIEW("books"));
    task_open(&b, &all, "brew", leo, VIEW(""));
    EQ(listed(NULL, &x), 2);
    OK(strcmp(x.kind, "rank") == 0 && strcmp(x.owner, "mona") == 0);
    OK(strcmp(x.subject, "books") == 0 && x.left < 0 && !x.phase && !x.ending);
    EQ(listed(&leo, &x), 1);
    OK(strcmp(x.kind, "brew") == 0);
    task_progress(&b, "train", 2, 10);
    EQ(listed(&leo, &x), 1);
    OK(x.done == 2 && x.total == 10 && strcmp(x.phase, "train") == 0);
    OK(x.left < 0); /* nothing was done since the phase began */
    task_progress(&b, NULL, 6, 10);
    EQ(listed(&leo, &x), 1);
    OK(x.left >= 0 && strcmp(x.phase, "train") == 0);
    task_close(&a);
    EQ(listed(NULL, NULL), 1);
    task_close(&b);
    EQ(listed(NULL, NULL), 0);
}

/* Only own tasks; the reason reaches who waits; a flag that comes later is set at once. */
static void check_cancel(void) {
    struct task t;
    struct err e = {.line = 0};
    char room[24];
    const struct view leo = VIEW("leo");
    atomic_int flag = 0, late = 0;
    task_open(&t, &all, "rank", VIEW("mona"), VIEW(""));
    task_stop_flag(&t, &flag);
    EQ(tasks_cancel(&all, &leo, id_of(&t, room), &e), ST_NOT_FOUND);
    EQ(tasks_cancel(&all, NULL, VIEW("999"), &e), ST_NOT_FOUND);
    OK(strstr(e.text, "999") && e.hint[0]);
    OK(!task_given_up(&t) && !atomic_load(&flag));
    EQ(task_status(&t, ST_CANCELLED, &e), ST_CANCELLED);
    EQ(tasks_cancel(&all, NULL, id_of(&t, room), &e), ST_OK);
    OK(task_given_up(&t) && atomic_load(&flag));
    task_stop_flag(&t, &late);
    OK(atomic_load(&late));
    EQ(task_status(&t, ST_OK, &e), ST_OK); /* it ended before it could be cancelled */
    EQ(task_status(&t, ST_CANCELLED, &e), ST_CANCELLED);
    OK(strstr(e.text, "DELETE /api/tasks"));
    task_give_up(&t, TASK_GONE);
    EQ(task_why(&t), TASK_CANCELLED);
    task_close(&t);
}

/* A newer one of the same kind, owner and client ends an older one, in whichever order they say so.
 */
static void check_clients(void) {
    struct task a, b, c, d;
    struct err e = {.line = 0};
    task_open(&a, &all, "rank", VIEW("mona"), VIEW(""));
    task_open(&b, &all, "rank", VIEW("mona"), VIEW(""));
    task_open(&c, &all, "rank", VIEW("leo"), VIEW(""));
    task_open(&d, &all, "explain", VIEW("mona"), VIEW(""));
    task_client(&c, VIEW("tab"));
    task_client(&d, VIEW("tab"));
    task_client(&b, VIEW("tab"));
    OK(!task_given_up(&b) && !task_given_up(&c) && !task_given_up(&d));
    task_client(&a, VIEW("tab"));
    EQ(task_why(&a), TASK_SUPERSEDED);
    OK(!task_given_up(&b) && !task_given_up(&c) && !task_given_up(&d));
    EQ(task_status(&a, ST_CANCELLED, &e), ST_CANCELLED);
    OK(strstr(e.text, "superseded"));
    task_close(&a), task_close(&b), task_close(&c), task_close(&d);
}

/* --- running */

struct job {
    struct task task;
    atomic_int seen; /* ticks of who waits */
};

static enum status until_given_up(void *arg, struct err *e) {
    struct job *j = arg;
    for (long long i = 0; !task_given_up(&j->task); i++) {
        task_progress(&j->task, i & 1 ? "one" : "two", i, i + 1);
        sched_yield();
    }
    return fail(e, ST_CANCELLED, "given up");
}

static int leave(void *arg) {
    struct job *j = arg;
    return atomic_fetch_add(&j->seen, 1) < 1;
}

static void check_gone(void) {
    struct job j = {.seen = 0};
    struct err e = {.line = 0};
    task_open(&j.task, NULL, "rank", VIEW(""), VIEW(""));
    EQ(task_run(&j.task, until_given_up, leave, &j, &e), ST_CANCELLED);
    OK(strcmp(e.text, "given up") == 0 && atomic_load(&j.seen) >= 2);
    EQ(task_why(&j.task), TASK_GONE);
    task_close(&j.task);
}

/* Many at once, listed and cancelled by another thread all the while. */
enum { THREADS = 8, ROUNDS = 20 };
static atomic_int running, wrong; /* wrong: checks are the main thread's */

static void *rounds(void *arg) {
    struct err e;
    for (int i = 0; i < ROUNDS; i++) {
        struct job j = {.seen = 0};
        task_open(&j.task, &all, "rank", view_of(arg), VIEW("x"));
        task_client(&j.task, VIEW("tab"));
        if (task_run(&j.task, until_given_up, NULL, &j, &e) != ST_CANCELLED)
            atomic_fetch_add(&wrong, 1);
        task_close(&j.task);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void check_threads(void) {
    static char *const owner[] = {"mona", "leo"};
    pthread_t t[THREADS];
    struct task_info x;
    struct err e;
    char room[24];
    atomic_store(&running, THREADS);
    for (int i = 0; i < THREADS; i++) pthread_create(&t[i], NULL, rounds, owner[i % 2]);
    while (atomic_load(&running)) {
        if (!listed(NULL, &x)) continue;
        (void)snprintf(room, sizeof room, "%llu", x.id);
        (void)!tasks_cancel(&all, NULL, view_of(room), &e);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    EQ(atomic_load(&wrong), 0);
    EQ(listed(NULL, NULL), 0);
}

int main(void) {
    tasks_init(&all);
    check_list();
    check_cancel();
    check_clients();
    check_gone();
    check_threads();
    return t_end();
}
