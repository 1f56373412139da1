/* What the calls that other programs know (/v1/score, /v1/rerank) share: reading the request,
 * warnings, the engine's run, the end of the answer. */
#ifndef API_V1_H
#define API_V1_H

#include "server/api/kit/served.h"

#include <jansson.h>

enum { V1_ITEMS_MAX = 5000, V1_WARNINGS_MAX = 16, V1_BODY = 4 << 20 };

/* One call, on the task's thread. */
struct v1 {
    struct served *s;
    enum status (*fn)(struct v1 *c, struct err *e);
    json_t *top;           /* the request, an object; texts are borrowed from it */
    struct buf out;        /* the answer, an object that v1_end closes */
    struct ranker *ranker; /* of the model that the request names, else the default one's */
    const char *model;
    const char *warning[V1_WARNINGS_MAX];
    int n_warnings, n_unsaid; /* unsaid: more than there is room for */
};

/* Answers a request by fn, as a task of that name. What is wrong with a request is code 400
 * here, as these calls' other servers have it. */
enum status v1_call(struct req *r, const char *name, enum status (*fn)(struct v1 *c, struct err *e),
                    struct err *e) MUST_CHECK;

/* ST_INVALID: the field (a format, such as "items[%d]") and what it must be. */
enum status v1_wrong(struct err *e, const char *what, const char *field, ...) PRINTF(3, 4);
void v1_warn(struct v1 *c, const char *fmt, ...) PRINTF(2, 3);

/* Fields that are neither known nor NULL-terminated `later` (other servers', without effect here)
 * are warned of, each by name. Also reads `model`, which is echoed: by default
 * the name of the one that answers. */
enum status v1_fields(struct v1 *c, const char *const *known, const char *const *later,
                      struct err *e) MUST_CHECK;
enum status v1_flag(struct v1 *c, const char *name, int *out, struct err *e) MUST_CHECK;

/* engine_score, counted in the metrics, and given up when the client leaves or the server stops. */
enum status v1_run(struct v1 *c, struct job *j, struct err *e) MUST_CHECK;

/* The member `warnings` of an object that is being written. */
void v1_warnings(struct v1 *c);
/* Writes usage and warnings and closes the answer. Tokens that prompts share count once, and count
 * alike whether they were computed or cached. */
void v1_end(struct v1 *c, long long tokens);

#endif
