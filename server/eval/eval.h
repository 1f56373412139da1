/* Evaluation protocols: what a ranking is worth, measured on cases with known answers. Every
 * protocol fills one sheet; finished cases are kept in the store, so that a run that was stopped
 * goes on where it was. */
#ifndef EVAL_EVAL_H
#define EVAL_EVAL_H

#include "server/eval/method.h"
#include "server/report/sheet/sheet.h"
#include "server/registry/registry.h"

/* Models that a protocol may hold at once. */
enum { EVAL_LOADED = 5 };

struct eval_config {
    struct view catalog;
    int test;  /* 1: test split, 0: development split */
    int cases; /* most members or wishes; 0: the protocol's own number, 0 there: all */
    unsigned long long methods; /* bit set of methods; 0: the protocol's own */
    unsigned long long seed;
    const char *command, *code; /* for the report: the command line, the program's hash */
    int fresh;                  /* 1: kept cases are measured again */
    int k, n_k; /* coldstart: n_k 1: only this number of likes; 0: all of the protocol's */
    /* What ranking is asked with, where a protocol leaves it open. */
    struct view surface;
    enum history_policy policy; /* coldstart: which past interactions stand in the prompt */
    const char *const *models;  /* models: further ones, by what the registry calls them */
    int n_models;
    const char *const *files; /* judged: graded lists and judged surfaces in place of our own */
    int n_files;
    struct registry *registry;
    /* A file of the program, "fixtures/movies/instructions.jsonl"; 0 when there is none. */
    int (*asset)(const char *path, struct view *data, const char **etag);
    void *arg;
    void (*progress)(void *arg, const char *protocol, int done, int total);
    int (*stop)(void *arg); /* asked before each case; 1 ends with ST_CANCELLED. May be NULL */
    /* Of every ranking, NULL for none. A ranking that they cancel ends the run with ST_CANCELLED;
     * its case is measured again by the next one. */
    const struct rank_hooks *hooks;
};

/* One protocol at work. */
struct eval {
    struct ranker *k;
    struct store *results; /* where cases are kept; NULL: nowhere */
    const struct eval_config *c;
    struct sheet *s;
    struct arena *a; /* the sheet's */
    struct view catalog;
    unsigned long long set; /* methods */
    int done, total;        /* cases */
    char key[65];
};

struct eval_protocol {
    const char *name, *title;
    unsigned long long methods; /* asked when none are named */
    int cases;
    enum status (*run)(struct eval *ev, struct err *e);
};
extern const struct eval_protocol eval_protocols[];
extern const int eval_n_protocols;
const struct eval_protocol *eval_find(struct view name);

/* Runs a protocol with the ranker's store and model. out and what it points to live in a.
 * ST_INVALID for a catalogue that lacks what the protocol needs, ST_CANCELLED. */
enum status eval_run(const struct eval_protocol *p, struct ranker *k, const struct eval_config *c,
                     struct arena *a, struct sheet *out, struct err *e) MUST_CHECK;

/* The same, with cases kept in another store (NULL: nowhere) than the ranker's. */
enum status eval_part(const struct eval_protocol *p, struct ranker *k, struct store *results,
                      const struct eval_config *c, struct arena *a, struct sheet *out,
                      struct err *e) MUST_CHECK;

/* --- for protocols */

/* Adds all methods to the sheet, in their order, so that a method's number is its index; the first
 * one asked for is the reference. */
void eval_methods(struct eval *ev);
/* Names what the cases to come depend on besides the config; then they can be kept. `more` steps of
 * progress are to come. */
enum status eval_begin(struct eval *ev, const char *what, int more, struct err *e) MUST_CHECK;
/* The case of that name in a group. *known: it was measured before, and its values are filled. */
enum status eval_case(struct eval *ev, const char *id, int group, struct sheet_case **out,
                      int *known, struct err *e) MUST_CHECK;
enum status eval_keep(struct eval *ev, const struct sheet_case *c, struct err *e) MUST_CHECK;
/* A request for the items `ids` (n) of a catalogue, borrowed, with the config's surface. */
void eval_request(const struct eval *ev, struct view catalog, struct view *ids, int n,
                  struct rank_request *r);
/* One step of progress was made. */
void eval_step(struct eval *ev);
/* Reads the instruction set of a catalogue. ST_INVALID when the program has none. */
struct instruction;
struct item;
enum status eval_wishes(struct eval *ev, struct view catalog, struct item **items, int *n_items,
                        struct instruction **wishes, int *n_wishes, struct err *e) MUST_CHECK;
/* Copies a trial's cost and the words of its baselines. */
void eval_cost(struct eval *ev, struct sheet_case *c, const struct trial *t);
/* A place in a random but fixed order. */
struct drawn {
    unsigned long long key;
    int at;
};
void eval_shuffle(struct drawn *d, int n); /* sorts by key */

/* Protocols, by file. */
enum status eval_instruction(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_coldstart(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_surface(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_history(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_steer(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_order(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_injection(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_models(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_judged(struct eval *ev, struct err *e) MUST_CHECK;
enum status eval_precision(struct eval *ev, struct err *e) MUST_CHECK;

#endif
