/* Inside the HTTP edge: one request's state, shared by the files of this folder and nobody else. */
#ifndef HTTP_EDGE_H
#define HTTP_EDGE_H

#include "server/http/access/access.h"
#include "server/http/budget.h"
#include "server/http/check.h"
#include "server/http/route.h"

#include <stdatomic.h>

struct mg_connection;
struct mg_context;

struct http {
    struct http_config c;
    char host[16];
    atomic_int port; /* set when the port was free to choose, while workers already run */
    struct mg_context *ctx;
    struct access access;
    char cookie[ACCESS_COOKIE]; /* the name of ours, with the port: cookies know none */
    struct budget streams, readers, imports, large, slow;
    _Atomic double long_s, import_s; /* how long places were held lately */
    atomic_int inside;               /* requests that hold a worker */
    atomic_int closing;
    pthread_mutex_t lock; /* guards arena_used */
    struct arena arena[HTTP_WORKERS];
    int arena_used[HTTP_WORKERS];
    atomic_llong trimmed_ms; /* when memory was last given back */
    atomic_int untrimmed;    /* there may be some to give back since */
    unsigned born;           /* when, for the numbers of troubles */
    atomic_int troubles;
    atomic_llong requests, refused, busy, failed;
};

enum edge_reply { EDGE_NONE, EDGE_CHUNKS, EDGE_EVENTS, EDGE_DONE };

struct req {
    struct http *h;
    struct mg_connection *conn;
    struct arena *arena;
    struct check_header header[CHECK_HEADERS];
    int n_headers;
    const char *method;
    int head;  /* HEAD: the body of the reply is not sent */
    int http1; /* 1 for HTTP/1.1, whose clients know chunks */
    int page;  /* the reply is a file of the page: kept by browsers, asked for again each time */
    struct check check;
    struct path path;
    struct path_pair *pairs;
    int n_pairs;
    const struct route *route; /* NULL for the page and for what was refused */
    char allow[ROUTE_ALLOW];
    struct caller caller;
    char address[PEER_TEXT]; /* the client's */
    char set_cookie[160];    /* a header line to send with the reply, "" = none */
    const char *audit;       /* what to write to the audit log, NULL = nothing */
    /* body.c */
    int reading;         /* holds a reader's place */
    int piece;           /* bytes asked for at once */
    int continued;       /* 100 Continue was sent */
    int body_ended;      /* nothing of it is left, or can be read any more */
    long long body_read; /* bytes of the body taken so far */
    double waited_s;
    /* write.c */
    int large; /* holds a large answer's place */
    int slow;  /* holds a slow reply's place */
    long long written;
    double write_s; /* waited for the client to take it */
    /* reply.c, sse.c */
    enum edge_reply reply;
    int code, gone;
    int socket;     /* 0: not looked for yet, -1: not found; the library's */
    long long sent; /* bytes of body sent */
    char *gather;   /* chunk in the making */
    size_t gathered;
    long seq; /* events sent */
    double start_s;
    char trouble[340]; /* text for the log only */
};

/* civetweb.c: the only doors to the server library. start listens and answers each request by
 * edge_request; ST_IO, ST_LIMIT. read answers the bytes of the body that it got, fewer than n after
 * an end or a silence, below 0 after a fault. send answers whether the library took all; n == 0
 * ends the chunks. */
enum status civetweb_start(struct http *h, struct err *e) MUST_CHECK;
void civetweb_stop(struct http *h);
long civetweb_read(struct req *r, char *p, size_t n);
int civetweb_send(struct req *r, const char *p, size_t n, int chunk);

/* http.c: one request from its checks to its log line; r->code is what was answered. */
void edge_request(struct req *r, const char *uri, const char *query);
/* admit.c: the checks in their order; 0 with the route set, or with the page's file sent, else the
 * code to refuse with. */
int admit(struct req *r, const char *uri, const char *query, struct err *e);
/* log.c */
void log_request(struct req *r, const char *event);
void log_audit(struct req *r);
/* write.c: both answer 0, and set gone, when the client did not take all in time; chunk's n == 0
 * ends the chunks. written gives a slow reply's place back. */
int edge_write(struct req *r, const char *p, size_t n);
int edge_chunk(struct req *r, const char *p, size_t n);
void edge_written(struct req *r);
/* reply.c: a chunk in the making, of 16 KiB; without memory for it each piece is a chunk. Answers
 * as edge_chunk. */
int edge_gather(struct req *r, const char *p, size_t n);
int edge_flush(struct req *r);
/* civetweb.c: 1 when the client has closed its end; the request's socket, or -1. */
int gone_look(struct req *r);
/* After the reply, where body_left: reads what the client still sends and throws it away, for some
 * seconds and MiB, or until a pause. A client that reads no answer before it has sent all would
 * else see a broken pipe instead. */
void gone_drain(struct req *r);
int gone_socket(struct req *r);

/* body.c: gives the reader's place back. */
void body_done(struct req *r);
/* Whether the client may still be sending a body. */
int body_left(const struct req *r);

/* reply.c: the end of a handler's reply; the text of
 * an error as JSON (`{"error":{...}` plus tail, REPLY_ERROR bytes), cleaned for the status. */
enum { REPLY_ERROR = 4096 };
void reply_finish(struct req *r, enum status st, const struct err *e);
struct view reply_error_json(struct req *r, char room[REPLY_ERROR], const char *code,
                             enum status st, const struct err *e, const char *tail);
const char *reply_reason(int code);

#endif
