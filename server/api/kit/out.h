/* JSON text, written value by value into a buffer. Commas are set by what stands before; nesting is
 * the caller's, by '{' and '}' given to out_open and out_close. */
#ifndef API_OUT_H
#define API_OUT_H

#include "server/http/http.h"

enum { OUT_MAX = 48 << 20 };

/* "name": inside an object; name NULL: an element of a list. */
void out_open(struct buf *b, const char *name, char bracket);
void out_close(struct buf *b, char bracket);
void out_view(struct buf *b, const char *name, struct view v);
void out_text(struct buf *b, const char *name, const char *text); /* NULL is written as null */
void out_int(struct buf *b, const char *name, long long x);
void out_num(struct buf *b, const char *name, double x); /* not finite: the answer fails */
void out_bool(struct buf *b, const char *name, int x);
void out_raw(struct buf *b, const char *name, const char *json); /* text that is JSON already */

/* Why a buffer that failed did: ST_LIMIT when it grew beyond its maximum, ST_NO_MEMORY, ST_INTERNAL
 * for a number that is not finite. */
enum status out_failed(const struct buf *b, struct err *e) MUST_CHECK;
/* Sends the buffer as the whole answer with code 200 and frees it. Fails as out_failed. */
enum status out_reply(struct req *r, struct buf *b, struct err *e) MUST_CHECK;

/* For replies that began with req_begin: sends what the buffer has so far and goes on with it, but
 * for its last byte, by which the next value knows whether a comma belongs before it. Fails as
 * out_failed, and ST_CANCELLED when the client has left; then the buffer is freed. */
enum status out_some(struct req *r, struct buf *b, struct err *e) MUST_CHECK;
/* The rest, and the reply's end; the buffer is freed. */
enum status out_end(struct req *r, struct buf *b, struct err *e) MUST_CHECK;
/* The event `done` with the result, and the end of the stream. The result is not copied, so it
 * arrives whatever its size, unless the client has left. */
void out_done(struct req *r, long seq, struct view result);

#endif
