/* An engine that computes elsewhere: answers asks over HTTP with log-probabilities, as the local
 * one does. What it can read is found by a probe at start, its tokens are compared with those of
 * the local vocabulary, and how far an item's score drifts with what is asked beside it is
 * measured. */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"
#include "model/job/job.h"

struct remote;

/* Where an engine is. */
struct remote_spec {
    const char *name;  /* of the model here */
    const char *kind;  /* a row of remote_kinds() */
    const char *url;   /* http or https, without credentials */
    const char *model; /* the one that is meant where the engine has several; NULL: its first */
    const char *key;   /* NULL: none. Sent as a bearer token, and never part of any text */
    const char *vocab; /* the GGUF file of its vocabulary, for who opens it */
    double timeout_s;  /* of one request, its repetitions included; 0 = 120 */
};

/* What the local vocabulary says, for the probe. */
struct remote_vocab {
    int vocab, context;
    int32_t bos; /* -1: none */
    void *arg;
    enum status (*tokens)(void *arg, struct view text, struct arena *a, int32_t **ids, size_t *n,
                          struct err *e);
    int (*loading)(void *arg, double share); /* of loading_arg; 1 gives up. May be NULL */
    void *loading_arg;
};

struct remote_info {
    const char *title; /* "vLLM" */
    const char *model; /* its name there; plain text */
    const char *reads; /* "prompt tokens and labels", "labels" */
    const char *note;  /* what was not checked, or NULL */
    float drift;
    int context; /* of a sequence that it can be asked about */
};

/* The names of the kinds, "vllm, sglang, llama, taproom". */
const char *remote_kinds(void);
/* ST_INVALID for what nobody can serve: another kind, or a URL that is not of http or https, that
 * has credentials, or that goes on behind a path. */
enum status remote_check(const struct remote_spec *s, struct err *e) MUST_CHECK;

/* Probes it. ST_BUSY (it is not there), ST_CONFLICT (its tokens are others), ST_UNSUPPORTED (it can
 * read nothing), ST_CORRUPT (its answers make no sense), ST_CANCELLED. The texts of s are copied.
 */
enum status remote_open(struct remote **out, const struct remote_spec *s,
                        const struct remote_vocab *v, struct err *e) MUST_CHECK;
void remote_close(struct remote *r); /* nobody is inside; NULL is fine */
void remote_info(const struct remote *r, struct remote_info *out); /* borrowed until close */

/* Answers a job on the caller's thread, on which its callbacks run, too; any number at a time. Ends
 * soon with ST_CANCELLED once j->cancel or *stop is set, and so does what is on its way. */
enum status remote_score(struct remote *r, struct job *j, const atomic_int *stop,
                         struct err *e) MUST_CHECK;

#endif
