/* taproom serve: opens the data folder, the port and the model, in this order, and runs until it is
 * told to stop. */
#include "server/api/app.h"
#include "server/assets/assets.h"
#include "server/api/lab.h"
#include "server/cli/cli.h"
#include "server/cli/desk.h"
#include "server/rank/vector_texts.h"

#include "kernels/base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* With the closing of what is left, a stop takes 5 s at most. */
enum { FINISH_MS = 1500, ANSWER_MS = 1500, STEP_MS = 20, HOSTS_MAX = 64 };

static void log_line(void *app, const char *line) {
    (void)app;
    fprintf(stderr, "%s\n", line); /* one call: lines of many threads stay whole */
}

static void wait_ms(int ms) {
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* Waits until no long request is left, its answer sent, or for that long. */
static void await_answers(struct http *h, int ms) {
    double until = clock_s() + ms / 1e3;
    struct http_stats s;
    for (http_stats(h, &s); s.streams > 0 && clock_s() < until; http_stats(h, &s)) wait_ms(STEP_MS);
}

/* Rankings that run get some time to finish, then they are cancelled and their clients told. The
 * edge is closed last: from then on nothing can be written. */
static void drain(struct app *app, struct http *h) {
    atomic_store(&app->closing, 1);
    vectors_stop(atomic_load(&app->vectors));
    await_answers(h, FINISH_MS);
    atomic_store(&app->closing, 2);
    shelf_stop_learning(app->shelf);
    await_answers(h, ANSWER_MS);
    struct lab *l = atomic_exchange(&app->lab, NULL);
    atomic_store(&app->http, NULL);
    http_close(h);
    lab_close(l);
    vectors_close(atomic_exchange(&app->vectors, NULL));
}

/* The names of --allow-host, of which each may be a list, one by one. They live as long as the
 * process. */
static enum status allowed_hosts(const struct options *o, const char *const **names, int *n,
                                 struct err *e) {
    static struct arena a;
    static const char *name[HOSTS_MAX];
    arena_init(&a, 1 << 20);
    *names = name;
    *n = 0;
    for (int i = 0; i < o->allow_host.n; i++) {
        struct view rest = view_of(o->allow_host.at[i]);
        while (rest.n) {
            size_t to = 0;
            while (to < rest.n && rest.p[to] != ',') to++;
            struct view one = view_trim(view_sub(rest, 0, to));
            rest = view_sub(rest, to + 1, rest.n);
            if (one.n == 0) continue;
            if (*n == HOSTS_MAX)
                return fail(e, ST_INVALID, "--allow-host takes at most %d names", HOSTS_MAX);
            name[*n] = arena_copy(&a, one.p, one.n);
            if (!name[(*n)++]) return fail(e, ST_NO_MEMORY, "no memory for the names of hosts");
        }
    }
    return ST_OK;
}

static enum status listen_at(struct app *app, const struct options *o, struct http **h,
                             struct err *e) {
    const char *const *allow;
    int n_allow;
    TRY(allowed_hosts(o, &allow, &n_allow, e));
    const struct http_config c = {.host = o->host ? o->host : "127.0.0.1",
                                  .port = (int)o->port,
                                  .token = o->token,
                                  .allow = allow,
                                  .n_allow = n_allow,
                                  .routes = app_routes,
                                  .n_routes = app_n_routes,
                                  .app = app,
                                  .log = log_line,
                                  .asset = assets_page};
    TRY(http_open(h, &c, e));
    atomic_store(&app->http, *h);
    if (strcmp(c.host, "127.0.0.1") != 0 && strcmp(c.host, "localhost") != 0)
        fprintf(stderr, "Warning: other machines can reach this server; whoever has the token can "
                        "read and change everything\n");
    return ST_OK;
}

/* Experiments are an extra: without them the page still serves. */
static void start_lab(struct app *app) {
    static struct arena a; /* for as long as the process runs */
    struct lab *l = NULL;
    struct err e;
    const char *code;
    arena_init(&a, 1 << 16);
    enum status st = desk_code(&a, &code, &e);
    if (st == ST_OK) st = lab_open(&l, app, code, &e);
    if (st == ST_OK)
        atomic_store(&app->lab, l);
    else
        fprintf(stderr, "Experiments cannot be run: %s\n", e.text);
}

static int someone_waits(void *arg) {
    struct app *app = arg;
    return atomic_load(&app->queued) > 0;
}

/* Vectors of the catalogues' items, made beside the page; without them it goes by words. */
static void start_vectors(struct app *app, struct desk *d) {
    struct err e;
    struct vectors *v;
    static struct vector_source from; /* for as long as the process runs */
    from = (struct vector_source){d->store, shelf_snapshots(d->shelf)};
    const struct vectors_config c = {.store = d->store,
                                     .embedder = d->embedder,
                                     .cores = shelf_cores(d->shelf),
                                     .texts = vector_texts(&from),
                                     .busy = someone_waits,
                                     .say = log_line,
                                     .arg = app};
    if (!d->embedder) return;
    if (vectors_open(&v, &c, &e) != ST_OK) {
        fprintf(stderr, "Vectors of items cannot be made: %s\n", e.text);
        return;
    }
    shelf_vectors(d->shelf, v);
    atomic_store(&app->vectors, v);
}

/* The port comes before the slow steps: a second start fails at once, and health can be asked. */
static enum status start(struct app *app, struct desk *d, const struct options *o, struct http **h,
                         struct err *e) {
    TRY(desk_open_store(d, o, e));
    app->store = d->store;
    TRY(desk_open_shelf(d, o, 0, e));
    app->shelf = d->shelf;
    TRY(listen_at(app, o, h, e));
    TRY(desk_import_builtin(d, o, e));
    TRY(desk_load_encoder(d, o, e));
    start_vectors(app, d);
    TRY(desk_load_model(d, o, e));
    /* Requests hold their models themselves. */
    shelf_give(d->shelf, d->ranker);
    d->ranker = NULL;
    start_lab(app);
    atomic_store(&app->ready, 1);
    return ST_OK;
}

static void run(struct app *app, struct http *h, const struct options *o, const sigset_t *stop) {
    int got = 0;
    printf("Taproom is ready: http://%s:%d\n", o->host ? o->host : "127.0.0.1", http_port(h));
    fflush(stdout);
    while (sigwait(stop, &got) != 0) continue;
    fprintf(stderr, "Stopping\n");
    /* From here on a second signal ends the process at once. */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, stop, NULL);
    drain(app, h);
}

int serve_main(const struct options *o) {
    static struct app app;
    static struct desk desk;
    struct http *h = NULL;
    struct err e = {.line = 0};
    sigset_t stop;
    if (o->n_args) return cli_usage("serve", "serve takes no arguments");
    /* Before any thread starts, so that none of them is interrupted. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    mem_give_back();
    app.version = TAPROOM_VERSION;
    pthread_mutex_init(&app.live_lock, NULL);
    relevance_memo_init(&app.relevance);
    enum status st = start(&app, &desk, o, &h, &e);
    if (st == ST_OK)
        run(&app, h, o, &stop);
    else
        http_close(h);
    vectors_close(atomic_exchange(&app.vectors, NULL));
    desk_close(&desk);
    return st == ST_OK ? EXIT_OK : cli_failed(&e);
}
