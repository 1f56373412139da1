/* All SQL: catalogues, items, members, interactions, runs, surfaces, and BM25 by FTS5. One SQLite
 * file, WAL, foreign keys, migrations by user_version, a lock against a second process. Every
 * function may be called from any thread (the store keeps its own connections behind a mutex);
 * results are copied into the caller's arena. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

struct store;

/* Opens or creates folder/taproom.db, takes folder/lock, migrates. ST_BUSY when another process
 * holds the folder (named, with its pid), ST_CORRUPT, ST_IO, ST_DISK_FULL. close(NULL) is fine. */
enum status store_open(struct store **out, const char *folder, struct err *e) MUST_CHECK;
void store_close(struct store *s);
/* Of all stores of the process, once it ends: long statements fail with ST_CANCELLED within
 * milliseconds, and their transactions are rolled back. */
void store_give_up(void);

/* Names people choose: [A-Za-z0-9._-]{1,64}. */
int store_name_ok(struct view v);

/* --- catalogues and items
 * ------------------------------------------------------------------------------------------ */
struct catalog {
    const char *name, *surface; /* surface: the name of the surface it is shown on */
    /* What its file called the columns of the items' time and popularity, "" unknown. */
    const char *time_name, *popularity_name;
    long long items, members, interactions, created; /* created: Unix seconds */
    long long version; /* another number, never used before, after every change of its contents */
};
struct item {
    long long row; /* rowid inside the store */
    const char *id, *title, *text;
    const char *const *tags;
    int n_tags;
    int has_popularity, has_time;
    double popularity;
    long long time;    /* Unix seconds */
    const char *extra; /* further fields as one JSON object's text, "{}" when none */
};

enum status store_catalogs(struct store *s, struct arena *a, struct catalog **out, int *n,
                           struct err *e) MUST_CHECK;
enum status store_catalog(struct store *s, struct view name, struct arena *a, struct catalog *out,
                          struct err *e) MUST_CHECK;
/* ST_CONFLICT: there is one by that name already. Runs keep the name that they were made under. */
enum status store_catalog_rename(struct store *s, struct view name, struct view to,
                                 struct err *e) MUST_CHECK;
enum status store_catalog_delete(struct store *s, struct view name, struct err *e) MUST_CHECK;
/* Sets the surface a catalogue is shown on. */
enum status store_catalog_surface(struct store *s, struct view name, struct view surface,
                                  struct err *e) MUST_CHECK;

/* Items in catalogue order (order of import). query "" = all, else a substring match on id, title
 * or tags. *total counts all matches. limit <= STORE_PAGE_MAX. */
enum { STORE_PAGE_MAX = 5000 };
enum status store_items(struct store *s, struct view catalog, struct view query, long long offset,
                        int limit, struct arena *a, struct item **out, int *n, long long *total,
                        struct err *e) MUST_CHECK;
/* A whole catalogue in its order, as one state of the store: first its row, then each item with its
 * popularity (its own, else the number of its interactions). What the item points to lives until
 * the function returns; a failure ends the reading and is answered. */
struct items_to {
    void *arg;
    enum status (*begin)(void *arg, const struct catalog *c, struct err *e);
    enum status (*item)(void *arg, const struct item *item, double popularity, struct err *e);
};
enum status store_items_all(struct store *s, struct view catalog, const struct items_to *to,
                            struct err *e) MUST_CHECK;
/* Items by id, in the order asked; ST_NOT_FOUND names the first unknown id (field = "candidates[i]"
 * style, given prefix). */
enum status store_items_by_id(struct store *s, struct view catalog, const struct view *ids, int n,
                              const char *field, struct arena *a, struct item **out,
                              struct err *e) MUST_CHECK;

/* --- members and interactions
 * ---------------------------------------------------------------------------------------- */
struct member {
    long long row; /* rowid inside the store */
    const char *id, *name, *profile;
    long long interactions;
};
struct interaction {
    const char *item, *title;
    int has_rating;
    double rating; /* 1..5 */
    int label;     /* +1 like, -1 dislike, 0 neutral (rating 3) */
    long long at;  /* Unix seconds */
};
enum status store_members(struct store *s, struct view catalog, struct view query, int limit,
                          struct arena *a, struct member **out, int *n, struct err *e) MUST_CHECK;
enum status store_member(struct store *s, struct view catalog, struct view id, struct arena *a,
                         struct member *out, struct err *e) MUST_CHECK;
/* Oldest first, by time then order of import. */
enum status store_history(struct store *s, struct view catalog, struct view member, struct arena *a,
                          struct interaction **out, int *n, struct err *e) MUST_CHECK;

/* Every interaction of a catalogue, by member, then time, then order of import; where there are
 * more than max, those of the items that have most of them, whole items, together at most max.
 * member and item are rowids (item as in struct item); label as in struct interaction. */
struct event {
    long long member, item, at;
    int label;
};
enum status store_events(struct store *s, struct view catalog, int max, struct arena *a,
                         struct event **out, int *n, struct err *e) MUST_CHECK;

/* --- baselines' raw material
 * ----------------------------------------------------------------------------------------- */
/* Popularity of items by rowid order of store_items: the item's own popularity where given, else
 * the number of its interactions. *has = 0 when the catalogue has neither. Filled for the given
 * items. */
enum status store_popularity(struct store *s, struct view catalog, const struct item *items, int n,
                             double *out, int *has, struct err *e) MUST_CHECK;
/* BM25 score (higher is better, 0 = no match) of the given items for free text: its words are
 * OR-ed, nothing in it is query syntax. Chinese, Japanese, Korean and Thai go by pairs of
 * neighbouring characters. */
enum status store_bm25(struct store *s, struct view catalog, struct view text,
                       const struct item *items, int n, double *out, struct err *e) MUST_CHECK;
/* The best items by BM25, at most limit; same words. */
enum status store_bm25_top(struct store *s, struct view catalog, struct view text, int limit,
                           struct arena *a, struct item **out, int *n, struct err *e) MUST_CHECK;
/* The same as rowids with their scores, best first, equal ones by rowid; limit up to a million.
 * f, which may be NULL, says which items may come; it must not call the store. */
struct search_row {
    long long row;
    double score;
};
struct search_filter {
    void *arg;
    int (*allow)(void *arg, long long row);
};
enum status store_bm25_rows(struct store *s, struct view catalog, struct view text, int limit,
                            const struct search_filter *f, struct arena *a, struct search_row **out,
                            int *n, struct err *e) MUST_CHECK;

/* --- runs: one JSON text each
 * ---------------------------------------------------------------------------------------- */
struct run_row {
    const char *id, *catalog, *title; /* title: the instruction's beginning */
    long long created;
    const char *owner;          /* "" where nobody signs in */
    int shared;                 /* others may read it, too */
    const char *name, *comment; /* as a person wrote them, or "" */
    int pinned;                 /* stands before the others */
};
/* What is changed of a run: NULL and -1 leave it as it is. */
struct run_marks {
    const struct view *name, *comment;
    int pinned, shared;
};
/* Which runs are listed: owner NULL: everybody's; q: words of the wish, the name or the comment;
 * catalog
 * "": of all; pinned: only those. */
struct run_filter {
    const struct view *owner;
    struct view q, catalog;
    int pinned;
};
/* Stores a new run; id is chosen here ("r-" + 16 hex digits) and written to id[24]. json must hold
 * the text without the id; store_run gives back what was stored. */
enum status store_run_save(struct store *s, struct view owner, struct view catalog,
                           struct view title, struct view json, char id[24],
                           struct err *e) MUST_CHECK;
enum status store_run(struct store *s, struct view id, struct arena *a, struct run_row *row,
                      struct view *json, struct err *e) MUST_CHECK;
enum status store_run_delete(struct store *s, struct view id, struct err *e) MUST_CHECK;
/* ST_INVALID names "name" or "comment" when it is too long. */
enum status store_run_mark(struct store *s, struct view id, const struct run_marks *marks,
                           struct err *e) MUST_CHECK;
/* Pinned ones first, then the newest. */
enum status store_runs(struct store *s, const struct run_filter *f, int offset, int limit,
                       struct arena *a, struct run_row **out, int *n, long long *total,
                       struct err *e) MUST_CHECK;

/* --- surfaces: one JSON text each, by name
 * ----------------------------------------------------------------------------- */
enum status store_surface(struct store *s, struct view name, struct arena *a, struct view *json,
                          struct err *e) MUST_CHECK;
/* The names of those that are stored, in order; at most 1000. */
enum status store_surfaces(struct store *s, struct arena *a, const char ***out, int *n,
                           struct err *e) MUST_CHECK;
enum status store_surface_put(struct store *s, struct view name, struct view json,
                              struct err *e) MUST_CHECK;
enum status store_surface_delete(struct store *s, struct view name, struct err *e) MUST_CHECK;

/* --- finished cases of evaluations: key names all that a result depends on, name the case
 * ----------------------------- */
/* *json is NULL when the case is not there. */
enum status store_result(struct store *s, struct view key, struct view name, struct arena *a,
                         struct view *json, struct err *e) MUST_CHECK;
enum status store_result_put(struct store *s, struct view key, struct view name, struct view json,
                             struct err *e) MUST_CHECK;

/* --- experiments: a grid of cells, each finished on its own
 * ----------------------------- */
struct experiment_row {
    const char *id, *name, *spec; /* spec: JSON, as it was given */
    const char *owner;
    long long created;
    int cells, done, failed;
};
struct experiment_cell {
    const char *experiment;
    int n;
    const char *state;          /* waiting, done or failed */
    const char *settings;       /* JSON */
    const char *result, *error; /* JSON or "", "" where none */
    const char *code;           /* version and hash of the program that measured */
    double seconds;
    long long finished; /* Unix seconds, 0: not yet */
};
/* Adds an experiment and its cells; where it is there already, only cells that failed wait again.
 */
enum status store_experiment_add(struct store *s, struct view id, struct view owner,
                                 struct view name, struct view spec, const struct view *settings,
                                 int n, struct err *e) MUST_CHECK;
/* All, the newest first, or with an id that one (ST_NOT_FOUND). */
enum status store_experiments(struct store *s, struct view id, struct arena *a,
                              struct experiment_row **out, int *n, struct err *e) MUST_CHECK;
enum status store_experiment_cells(struct store *s, struct view id, struct arena *a,
                                   struct experiment_cell **out, int *n, struct err *e) MUST_CHECK;
/* The first cell that waits, of one experiment or ("") of any; *there 0: none. */
enum status store_experiment_next(struct store *s, struct view id, struct arena *a,
                                  struct experiment_cell *out, int *there,
                                  struct err *e) MUST_CHECK;
/* Writes a cell's state, result, error, code and seconds, and the time. */
enum status store_experiment_finish(struct store *s, const struct experiment_cell *x,
                                    struct err *e) MUST_CHECK;
/* What has not begun will not: those cells fail as cancelled. Those that are done stay. */
enum status store_experiment_cancel(struct store *s, struct view id, struct err *e) MUST_CHECK;
enum status store_experiment_delete(struct store *s, struct view id, struct err *e) MUST_CHECK;

/* --- one vector per item and model, for the embedding baseline
 * ----------------------------------------------------------- */
/* item[i] (a rowid)'s vector under a model (a name that changes with its weights), of dim floats,
 * to row i of out (n, dim), where one is kept that was made from a text of this hash: has[i] tells.
 */
enum status store_vectors_find(struct store *s, struct view model, const long long *item,
                               const long long *text, int n, int dim, float *out,
                               unsigned char *has, struct err *e) MUST_CHECK;
/* All vectors of dim floats under a model of the items from .. to (rowids, inclusive), rising, in
 * one query: each is told one after the other until it answers non-zero. vec is borrowed for the
 * call and may be unaligned; each must not call the store. */
enum status store_vectors_each(struct store *s, struct view model, long long from, long long to,
                               int dim, void *arg,
                               int (*each)(void *arg, long long item, long long text,
                                           const float *vec),
                               struct err *e) MUST_CHECK;
/* Keeps vec (n, dim); an item's older vector under the model goes, and all go with their item. What
 * is kept can be made again, so this waits only STORE_SOON_MS for another writer: ST_BUSY. */
enum { STORE_SOON_MS = 500 };
enum status store_vectors_keep(struct store *s, struct view model, const long long *item,
                               const long long *text, int n, int dim, const float *vec,
                               struct err *e) MUST_CHECK;
enum status store_vectors_count(struct store *s, long long *n, struct err *e) MUST_CHECK;

#endif
