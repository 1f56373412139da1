/* Status codes and the one error record. A failing function fills the record where it fails;
 * callers only pass it on. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The last column is what a reader of the log or of the API's "code" field sees. */
#define STATUS_LIST(X)                                        \
    X(OK, "ok")                                               \
    X(BAD_INPUT, "bad_input") /* cannot be parsed */          \
    X(INVALID, "invalid")     /* parsed, makes no sense */    \
    X(NOT_FOUND, "not_found")                                 \
    X(CONFLICT, "conflict")                                   \
    X(LIMIT, "limit")             /* larger than allowed */   \
    X(UNSUPPORTED, "unsupported") /* known, not built in */   \
    X(CORRUPT, "corrupt")         /* a file lies */           \
    X(BUSY, "busy")                                           \
    X(CANCELLED, "cancelled")                                 \
    X(TIMEOUT, "timeout")                                     \
    X(NO_MEMORY, "no_memory")                                 \
    X(DISK_FULL, "disk_full")                                 \
    X(IO, "io")                                               \
    X(DEVICE_LOST, "device_lost") /* and with it the model */ \
    X(INTERNAL, "internal")

enum status {
#define X(name, text) ST_##name,
    STATUS_LIST(X)
#undef X
        ST_COUNT
};

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What went wrong, for a person. `field` is a JSON path or column, `line` counts from 1; "" and 0
 * mean none. */
struct err {
    char text[320];
    char field[96];
    char hint[192];
    long line;
    int retry_s; /* of ST_BUSY: when trying again may help, as measured; 0 = not known */
};

/* Formats into e (may be NULL), clears the rest of it, returns st. What is no UTF-8 becomes '?'. */
enum status fail(struct err *e, enum status st, const char *fmt, ...) PRINTF(3, 4);

/* Add what is known to an error that was just made; e may be NULL. */
void err_field(struct err *e, const char *fmt, ...) PRINTF(2, 3);
void err_hint(struct err *e, const char *fmt, ...) PRINTF(2, 3);
void err_line(struct err *e, long line);

/* Name of a status for logs and the API, never NULL. */
const char *status_name(enum status st);

/* Pass a failure on; only where nothing needs undoing. */
#define TRY(x)                        \
    do {                              \
        enum status st_ = (x);        \
        if (st_ != ST_OK) return st_; \
    } while (0)

/* A broken promise of our own code: prints where and aborts, in release builds too. */
#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))
__attribute__((noreturn)) void check_failed(const char *file, int line, const char *what);

#ifdef __cplusplus
}
#endif

#endif
