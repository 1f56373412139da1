/* taproom serve: opens the data folder, the port and the model, in this order, and runs until it is
 * told to stop. */
#include "server/api/kit/app.h"
#include "server/assets/assets.h"
#include "server/api/experiments/experiment_worker.h"
#include "server/brews/brews.h"
#include "server/cli/cli.h"
#include "server/task/worker_thread.h"
#include "server/cli/cli_session.h"
#include "server/rank/tags/vector_texts.h"
#include "server/store/sql/json_memory.h"

#include "kernels/base/os/clock.h"
#include "kernels/base/os/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* With the closing of what is left, a stop takes 2 s. */
enum { FINISH_MS = 700, ANSWER_MS = 700, STEP_MS = 20, HOSTS_MAX = 64 };

/* Lines are written from any thread; the file is opened again by the main one. */
static struct {
    pthread_mutex_t lock;
    FILE *f; /* NULL: standard error */
} log_to = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void log_line(void *app, const char *line) {
    (void)app;
    pthread_mutex_lock(&log_to.lock);
    fprintf(log_to.f ? log_to.f : stderr, "%s\n", line);
    if (log_to.f) (void)fflush(log_to.f);
    pthread_mutex_unlock(&log_to.lock);
}

/* Whoever turns logs over has moved the file away: its name is opened anew. Where that fails the
 * old file is gone on with. */
static enum status log_open(const struct options *o, struct err *e) {
    if (!o->log) return ST_OK;
    int fd = open(o->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "a"), *old;
    if (!f && fd >= 0) close(fd);
    if (!f) return fail(e, ST_IO, "cannot write the log %.200s: %s", o->log, strerror(errno));
    pthread_mutex_lock(&log_to.lock);
    old = log_to.f;
    log_to.f = f;
    pthread_mutex_unlock(&log_to.lock);
    if (old) (void)fclose(old);
    return ST_OK;
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
    registry_stop_learning(app->registry);
    await_answers(h, ANSWER_MS);
    store_give_up();
    struct experiment_worker *l = atomic_exchange(&app->experiments, NULL);
    struct brews *w = atomic_exchange(&app->brews, NULL);
    atomic_store(&app->http, NULL);
    http_close(h);
    experiment_worker_close(l);
    brews_close(w);
    vectors_close(atomic_exchange(&app->vectors, NULL));
}

/* What serve listens with; the texts live as long as the process. */
static struct {
    struct arena arena;
    const char *host[HOSTS_MAX], *proxy[HOSTS_MAX];
    int n_hosts, n_proxies;
} names;

/* A list with commas, one by one. */
static enum status add_names(const char *list, const char *option, const char **to, int *n,
                             struct err *e) {
    struct view rest = view_of(list);
    while (rest.n) {
        size_t end = 0;
        while (end < rest.n && rest.p[end] != ',') end++;
        struct view one = view_trim(view_sub(rest, 0, end));
        rest = view_sub(rest, end + 1, rest.n);
        if (one.n == 0) continue;
        if (*n == HOSTS_MAX)
            return fail(e, ST_INVALID, "%s takes at most %d names", option, HOSTS_MAX);
        to[*n] = arena_copy(&names.arena, one.p, one.n);
        if (!to[(*n)++]) return fail(e, ST_NO_MEMORY, "no memory for the names of hosts");
    }
    return ST_OK;
}

/* https://NAME or http://NAME, with a port if need be: the name is one that clients may use. */
static enum status add_public(const char *url, int *secure, struct err *e) {
    struct view v = view_of(url);
    *secure = v.n > 8 && strncmp(v.p, "https://", 8) == 0;
    int plain = v.n > 7 && strncmp(v.p, "http://", 7) == 0;
    if (v.n && v.p[v.n - 1] == '/') v.n--;
    struct view name = view_sub(v, *secure ? 8 : 7, v.n);
    const char *host = arena_copy(&names.arena, name.p, name.n);
    if (!(*secure || plain) || !host || name.n == 0 || strpbrk(host, "/,? #@"))
        return fail(e, ST_INVALID, "--public-url is like https://taproom.example.org, not '%.80s'",
                    url);
    return add_names(host, "--public-url", names.host, &names.n_hosts, e);
}

static enum status read_names(const struct options *o, int *secure, struct err *e) {
    arena_init(&names.arena, 1 << 20);
    *secure = 0;
    for (int i = 0; i < o->allow_host.n; i++)
        TRY(add_names(o->allow_host.at[i], "--allow-host", names.host, &names.n_hosts, e));
    if (o->public_url) TRY(add_public(o->public_url, secure, e));
    return o->trusted_proxy
               ? add_names(o->trusted_proxy, "--trusted-proxy", names.proxy, &names.n_proxies, e)
               : ST_OK;
}

static void say_warnings(const struct options *o) {
    const char *said = getenv("TAPROOM_TOKEN");
    int local = !o->host || strcmp(o->host, "127.0.0.1") == 0 || strcmp(o->host, "localhost") == 0;
    if (!local)
        fprintf(stderr, "Warning: other machines can reach this server; what a token allows, "
                        "whoever has it may do\n");
    if (o->token && (!said || strcmp(said, o->token) != 0))
        fprintf(stderr, "Warning: everybody on this machine can see --token in the list of "
                        "processes; use --token-file or the variable TAPROOM_TOKEN\n");
    if (o->public_url && !o->token && !o->token_file)
        fprintf(stderr,
                "Warning: whoever reaches %.200s may do everything, since there is no "
                "--token-file\n",
                o->public_url);
}

static enum status listen_at(struct app *app, const struct options *o, struct http **h,
                             struct err *e) {
    int secure;
    TRY(read_names(o, &secure, e));
    const struct http_config c = {.host = o->host ? o->host : "127.0.0.1",
                                  .port = (int)o->port,
                                  .token = o->token,
                                  .token_file = o->token_file,
                                  .allow = names.host,
                                  .n_allow = names.n_hosts,
                                  .proxies = names.proxy,
                                  .n_proxies = names.n_proxies,
                                  .secure = secure,
                                  .routes = app_routes,
                                  .n_routes = app_n_routes,
                                  .app = app,
                                  .log = log_line,
                                  .asset = assets_page};
    TRY(http_open(h, &c, e));
    atomic_store(&app->http, *h);
    say_warnings(o);
    return ST_OK;
}

/* Experiments are an extra: without them the page still serves. */
static void start_experiments(struct app *app) {
    static struct arena a; /* for as long as the process runs */
    struct experiment_worker *l = NULL;
    struct err e;
    const char *code;
    arena_init(&a, 1 << 16);
    enum status st = cli_session_code(&a, &code, &e);
    if (st == ST_OK) st = experiment_worker_open(&l, app, code, &e);
    if (st == ST_OK)
        atomic_store(&app->experiments, l);
    else
        fprintf(stderr, "Experiments cannot be run: %s\n", e.text);
}

static int someone_waits(void *arg) {
    struct app *app = arg;
    return atomic_load(&app->queued) > 0;
}

/* Training beside the page; without it adapters are brewed by the command line only. */
static void start_brews(struct app *app, struct cli_session *d) {
    struct err e;
    struct brews *b;
    const struct brews_config c = {.store = d->store,
                                   .registry = d->registry,
                                   .tasks = &app->tasks,
                                   .folder = d->adapters[REGISTRY_ADAPTERS_DRAFT],
                                   .adapters = d->adapters[REGISTRY_ADAPTERS_OWN],
                                   .busy = someone_waits,
                                   .arg = app};
    if (brews_open(&b, &c, &e) == ST_OK)
        atomic_store(&app->brews, b);
    else
        fprintf(stderr, "Brews cannot be run: %s\n", e.text);
}

/* Vectors of the catalogues' items, made beside the page; without them it goes by words. */
static void start_vectors(struct app *app, struct cli_session *d) {
    struct err e;
    struct vectors *v;
    static struct vector_source from; /* for as long as the process runs */
    from = (struct vector_source){d->store, registry_snapshots(d->registry)};
    const struct vectors_config c = {.store = d->store,
                                     .embedder = d->embedder,
                                     .turns = registry_turns(d->registry),
                                     .texts = vector_texts(&from),
                                     .busy = someone_waits,
                                     .say = log_line,
                                     .tasks = &app->tasks,
                                     .arg = app};
    if (!d->embedder) return;
    if (vectors_open(&v, &c, &e) != ST_OK) {
        fprintf(stderr, "Vectors of items cannot be made: %s\n", e.text);
        return;
    }
    registry_vectors(d->registry, v);
    atomic_store(&app->vectors, v);
}

/* The model and what else is there from the start must leave room for work. */
static enum status limit_memory(const struct options *o, struct err *e) {
    enum { ROOM_MB = 64 };
    long long held = (long long)(mem_held() >> 20);
    if (!o->memory_mb) return ST_OK;
    if (o->memory_mb < held + ROOM_MB)
        return fail(e, ST_INVALID,
                    "--memory-mb %lld is too little: %lld MiB are held before the first request; "
                    "give %lld or more",
                    o->memory_mb, held, held + ROOM_MB);
    mem_limit((size_t)o->memory_mb << 20);
    return ST_OK;
}

/* The port comes before the slow steps: a second start fails at once, and health can be asked. */
static enum status start(struct app *app, struct cli_session *d, const struct options *o,
                         struct http **h, struct err *e) {
    TRY(cli_session_open_store(d, o, e));
    app->store = d->store;
    TRY(cli_session_open_registry(d, o, 0, e));
    app->registry = d->registry;
    TRY(listen_at(app, o, h, e));
    TRY(cli_session_import_builtin(d, o, e));
    TRY(cli_session_load_encoder(d, o, e));
    start_vectors(app, d);
    TRY(cli_session_load_model(d, o, e));
    /* Requests hold their models themselves. */
    registry_give(d->registry, d->ranker);
    d->ranker = NULL;
    start_experiments(app);
    TRY(limit_memory(o, e));
    start_brews(app, d);
    atomic_store(&app->ready, 1);
    return ST_OK;
}

/* SIGHUP: what others keep outside is read again; whatever is wrong with it changes nothing. */
static void reload(struct http *h, const struct options *o) {
    struct err e = {.line = 0};
    if (log_open(o, &e) != ST_OK) fprintf(stderr, "%s\n", e.text);
    if (http_reload(h, &e) == ST_OK)
        log_line(NULL, "event=reload");
    else
        fprintf(stderr, "The tokens stay as they were: %s\n", e.text);
}

/* Starting takes long, and signals are heard meanwhile: it has a thread of its own. */
static struct starting {
    struct app *app;
    struct cli_session *cli_session;
    const struct options *o;
    struct http *h;
    enum status st;
    struct err e;
    atomic_int stop, failed;
} starting;

static void *start_main(void *arg) {
    struct starting *x = arg;
    x->st = start(x->app, x->cli_session, x->o, &x->h, &x->e);
    if (x->st == ST_OK) {
        printf("Taproom is ready: http://%s:%d\n", x->o->host ? x->o->host : "127.0.0.1",
               http_port(x->h));
        fflush(stdout);
    } else {
        atomic_store(&x->failed, 1);
        (void)kill(getpid(), SIGHUP); /* wakes the main thread */
    }
    return NULL;
}

/* Waits for a signal that ends the server. */
static void await_end(struct starting *x, const sigset_t *stop) {
    for (int got = 0; got != SIGINT && got != SIGTERM;) {
        if (sigwait(stop, &got) != 0 || got != SIGHUP) continue;
        if (atomic_load(&x->failed)) break;
        struct http *h = atomic_load(&x->app->http);
        if (h) reload(h, x->o);
    }
    if (!atomic_load(&x->failed)) fprintf(stderr, "Stopping\n");
    /* From here on a second signal ends the process at once. */
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, stop, NULL);
}

/* A start that is not through yet is given up. */
static void end_start(struct starting *x, pthread_t t) {
    atomic_store(&x->stop, 1);
    if (!atomic_load(&x->app->ready)) {
        atomic_store(&x->app->closing, 2);
        store_give_up();
    }
    pthread_join(t, NULL);
}

int serve_main(const struct options *o) {
    static struct app app;
    static struct cli_session cli_session;
    struct starting *x = &starting;
    struct err e = {.line = 0};
    pthread_t t;
    sigset_t stop;
    if (o->n_args) return cli_usage("serve", "serve takes no arguments");
    /* Before any thread starts, so that none of them is interrupted. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    mem_give_back();
    json_memory_count();
    app.version = TAPROOM_VERSION;
    tasks_init(&app.tasks);
    relevance_memo_init(&app.relevance);
    if (log_open(o, &e) != ST_OK) return cli_failed(&e);
    cli_session.stop = &x->stop;
    cli_session.tasks = &app.tasks;
    x->app = &app, x->cli_session = &cli_session, x->o = o;
    if (worker_start(&t, start_main, x, &e) != ST_OK) return cli_failed(&e);
    await_end(x, &stop);
    int failed = atomic_load(&x->failed); /* by itself, and not because it was given up */
    end_start(x, t);
    if (x->h) drain(&app, x->h);
    vectors_close(atomic_exchange(&app.vectors, NULL));
    cli_session_close(&cli_session);
    return x->st == ST_OK || !failed ? EXIT_OK : cli_failed(&x->e);
}
