/* Calls over libcurl's multi interface. */
#include "model/remote/wire.h"

#include "kernels/base/arena.h"
#include "kernels/base/os/clock.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { IDLE, RUNNING, PAUSED };
enum { CONNECT_MS = 5000, TICK_MS = 50, BODY_MAX = 32 << 20, PAUSE_MAX_S = 10 };

struct slot {
    struct wire_call call;
    CURL *easy;
    int state, tries, too_long;
    double born, resume;
};

struct run {
    const struct wire *w;
    const struct wire_work *x;
    CURLM *multi;
    struct curl_slist *headers;
    struct slot slot[WIRE_MOST];
    int more, answered;
};

static void global_init(void) {
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- words --- */

static const char *text_in(const json_t *top) {
    static const char *const fields[] = {"message", "detail", "error"};
    const json_t *v = json_object_get(top, "error");
    if (json_is_object(v)) return json_string_value(json_object_get(v, "message"));
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *text = json_string_value(json_object_get(top, fields[i]));
        if (text) return text;
    }
    return NULL;
}

/* An engine may repeat what it was sent. */
static void hide(char *text, const char *key) {
    size_t n = key ? strlen(key) : 0;
    for (char *at = text; n && (at = strstr(at, key)); at += n) memset(at, '*', n);
}

void wire_words(const struct wire *w, struct view body, char out[160]) {
    char raw[1024];
    json_t *top = json_loadb(body.p ? body.p : "", body.n, 0, NULL);
    const char *said = text_in(top);
    struct view v = said ? view_of(said) : body;
    if (v.n >= sizeof raw) v.n = sizeof raw - 1;
    if (v.n) memcpy(raw, v.p, v.n);
    raw[v.n] = 0;
    for (size_t i = 0; i < v.n; i++)
        if (!raw[i]) raw[i] = ' ';
    hide(raw, w->key);
    (void)view_plain(view_trim(view_of(raw)), out, 160);
    if (!out[0]) memcpy(out, "no words", 9);
    json_decref(top);
}

/* --- one call --- */

static size_t on_body(char *p, size_t size, size_t n, void *arg) {
    struct slot *s = arg;
    buf_add(&s->call.answer, p, size * n);
    s->too_long = s->call.answer.failed == 1;
    return s->call.answer.failed ? 0 : size * n;
}

static int gone(const struct wire_work *x) {
    return x->gone && x->gone(x->who);
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    return gone(arg);
}

static enum status no_memory(struct err *e) {
    return fail(e, ST_NO_MEMORY, "no memory for a request to an engine");
}

/* No redirect is followed and no proxy of the environment asked: the key goes nowhere else. */
static enum status start(struct run *r, struct slot *s, struct err *e) {
    char url[1200];
    long left = (long)((s->born + r->w->timeout_s - clock_s()) * 1000);
    if (snprintf(url, sizeof url, "%s%s", r->w->url, s->call.path) >= (int)sizeof url)
        return fail(e, ST_INVALID, "the engine's URL is too long");
    buf_clear(&s->call.answer);
    s->call.answer.failed = s->too_long = 0;
    s->easy = curl_easy_init();
    if (!s->easy) return no_memory(e);
    CURL *c = s->easy;
    int bad = 0;
#define SET(option, value) bad |= curl_easy_setopt(c, option, value) != CURLE_OK
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)WIRE_ANSWER_MAX); /* where its length is told */
    SET(CURLOPT_HTTPHEADER, r->headers);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, left > 1 ? left : 1L);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, s);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, (void *)(uintptr_t)r->x);
    SET(CURLOPT_PRIVATE, s);
    if (s->call.body.n) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->call.body.n);
        SET(CURLOPT_POSTFIELDS, s->call.body.p);
    }
#undef SET
    if (bad || curl_multi_add_handle(r->multi, c) != CURLM_OK) return no_memory(e);
    s->state = RUNNING;
    s->tries++;
    return ST_OK;
}

static void end(struct run *r, struct slot *s) {
    if (s->easy) {
        (void)curl_multi_remove_handle(r->multi, s->easy);
        curl_easy_cleanup(s->easy);
    }
    s->easy = NULL;
    s->state = IDLE;
}

static enum status broken(const struct run *r, const struct slot *s, CURLcode code, struct err *e) {
    const char *title = r->w->title;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(e, ST_BUSY, "%s did not answer within %g s", title, r->w->timeout_s);
    if (s->too_long || code == CURLE_FILESIZE_EXCEEDED)
        return fail(e, ST_CORRUPT, "%s: the answer has more than %d MiB", title,
                    WIRE_ANSWER_MAX >> 20);
    if (code == CURLE_OUT_OF_MEMORY || s->call.answer.failed) return no_memory(e);
    if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR)
        return fail(e, ST_CORRUPT, "%s: the answer was cut off after %zu bytes", title,
                    s->call.answer.n);
    (void)fail(e, ST_BUSY, "%s cannot be asked: %s", title, curl_easy_strerror(code));
    err_hint(e, "is it running, and is its address right?");
    return ST_BUSY;
}

static enum status refused(const struct run *r, const struct slot *s, struct err *e) {
    char words[160];
    long code = s->call.code;
    wire_words(r->w, buf_text(&s->call.answer), words);
    if (code >= 300 && code < 400)
        return fail(e, ST_CORRUPT, "%s answers with a redirect (%ld), which is not followed",
                    r->w->title, code);
    enum status st = code == 429 || code >= 500 ? ST_BUSY : ST_UNSUPPORTED;
    (void)fail(e, st, "%s answered %ld: %s", r->w->title, code, words);
    if (code == 401 || code == 403) err_hint(e, "its key is in TAPROOM_ENGINE_KEY or a key file");
    if (st == ST_BUSY && e) e->retry_s = PAUSE_MAX_S;
    return st;
}

/* 0.2 s, then twice as long each time, or what the engine asks for; 0 where it is not to be tried
 * again. */
static double pause_of(const struct run *r, const struct slot *s) {
    curl_off_t asked = 0;
    if ((s->call.code != 429 && s->call.code != 503) || s->tries >= WIRE_TRIES) return 0;
    (void)curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &asked);
    double p = asked > 0 ? (double)asked : .1 * (double)(1 << s->tries);
    if (p > PAUSE_MAX_S) p = PAUSE_MAX_S;
    return clock_s() + p < s->born + r->w->timeout_s ? p : 0;
}

static enum status finish(struct run *r, struct slot *s, CURLcode code, struct err *e) {
    s->call.code = 0;
    (void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &s->call.code);
    double pause = code == CURLE_OK ? pause_of(r, s) : 0;
    end(r, s);
    if (pause > 0) {
        s->state = PAUSED;
        s->resume = clock_s() + pause;
        return ST_OK;
    }
    if (code != CURLE_OK) return broken(r, s, code, e);
    int good = s->call.code >= 200 && s->call.code < 300;
    if (!good && !(s->call.any_code && s->call.code >= 400 && s->call.code < 500))
        return refused(r, s, e);
    r->answered++;
    return r->x->done(r->x->arg, &s->call, e);
}

/* --- all of them --- */

static enum status begin(struct run *r, struct slot *s, struct err *e) {
    buf_clear(&s->call.body);
    s->call.any_code = 0;
    TRY(r->x->next(r->x->arg, &s->call, &r->more, e));
    if (!r->more) return ST_OK;
    if (s->call.body.failed) return no_memory(e);
    s->born = clock_s();
    s->tries = 0;
    return start(r, s, e);
}

static enum status fill(struct run *r, int *busy, struct err *e) {
    int most = r->x->one_first && !r->answered ? 1 : r->x->most;
    *busy = 0;
    for (int i = 0; i < most; i++) {
        struct slot *s = &r->slot[i];
        if (s->state == IDLE && r->more) TRY(begin(r, s, e));
        if (s->state == PAUSED && clock_s() >= s->resume) TRY(start(r, s, e));
        *busy += s->state != IDLE;
    }
    return ST_OK;
}

static enum status collect(struct run *r, struct err *e) {
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(r->multi, &left))) {
        char *private = NULL;
        if (m->msg != CURLMSG_DONE) continue;
        CURLcode code = m->data.result;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        TRY(finish(r, (struct slot *)(void *)private, code, e));
    }
    return ST_OK;
}

static enum status turn(struct run *r, struct err *e) {
    int busy = 1, running;
    r->more = 1;
    while (busy) {
        if (gone(r->x)) return fail(e, ST_CANCELLED, "the ranking was cancelled");
        TRY(fill(r, &busy, e));
        if (!busy) break;
        if (curl_multi_perform(r->multi, &running) != CURLM_OK) return no_memory(e);
        if (gone(r->x)) continue;
        TRY(collect(r, e));
        (void)curl_multi_poll(r->multi, NULL, 0, running ? TICK_MS : 1, NULL);
    }
    return ST_OK;
}

static enum status add_header(struct run *r, const char *line, struct err *e) {
    struct curl_slist *more = curl_slist_append(r->headers, line);
    if (!more) return no_memory(e);
    r->headers = more;
    return ST_OK;
}

static enum status set_headers(struct run *r, struct err *e) {
    char line[1100];
    TRY(add_header(r, "Content-Type: application/json", e));
    TRY(add_header(r, "Accept: application/json", e));
    TRY(add_header(r, "Expect:", e));
    if (!r->w->key) return ST_OK;
    if (snprintf(line, sizeof line, "Authorization: Bearer %s", r->w->key) >= (int)sizeof line)
        return fail(e, ST_INVALID, "the key of %s is too long", r->w->title);
    enum status st = add_header(r, line, e);
    memset(line, 0, sizeof line);
    return st;
}

enum status wire_run(const struct wire *w, const struct wire_work *x, struct err *e) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, global_init);
    struct run *r = mem_alloc(sizeof *r);
    if (!r) return no_memory(e);
    memset(r, 0, sizeof *r);
    r->w = w, r->x = x;
    for (int i = 0; i < WIRE_MOST; i++) {
        buf_init(&r->slot[i].call.body, BODY_MAX);
        buf_init(&r->slot[i].call.answer, WIRE_ANSWER_MAX);
    }
    r->multi = curl_multi_init();
    enum status st = r->multi ? set_headers(r, e) : no_memory(e);
    if (st == ST_OK) st = turn(r, e);
    for (int i = 0; i < WIRE_MOST; i++) {
        end(r, &r->slot[i]);
        buf_free(&r->slot[i].call.body);
        buf_free(&r->slot[i].call.answer);
    }
    curl_slist_free_all(r->headers);
    if (r->multi) (void)curl_multi_cleanup(r->multi);
    mem_free(r);
    return st;
}
