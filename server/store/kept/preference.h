/* Wishes that stay: a catalogue's preferences, of everybody or of one member, in an order that
 * people choose, each with an on/off switch and perhaps an end. */
#ifndef STORE_PREFERENCE_H
#define STORE_PREFERENCE_H

#include "server/store/limits.h"
#include "server/store/store.h"

struct preference {
    long long id;       /* given by the store */
    const char *owner;  /* whose it is, "" where nobody signs in; NULL is "" */
    const char *member; /* "" = everybody */
    const char *text;
    int sign; /* +1 more, -1 less */
    double weight;
    int active, position;
    long long created; /* Unix seconds */
    int has_end;
    long long expires; /* Unix seconds; from then on it does not count */
};

/* Those of an owner (NULL: of all of them): those of every member and, where a member is given, the
 * member's own; by position, then age. all 1: of every member, whether they count or not; 0: only
 * what counts at the time `now`. */
enum status preference_list(struct store *s, const struct view *owner, struct view catalog,
                            struct view member, int all, long long now, struct arena *a,
                            struct preference **out, int *n, struct err *e) MUST_CHECK;
enum status preference_get(struct store *s, struct view catalog, long long id, struct arena *a,
                           struct preference *out, struct err *e) MUST_CHECK;
/* id 0: a new one, whose id and creation come back in p; else that one is changed. ST_NOT_FOUND,
 * ST_LIMIT beyond PREFERENCES_MAX of a catalogue and owner. The owner of an old one stays. */
enum status preference_put(struct store *s, struct view catalog, struct preference *p,
                           struct err *e) MUST_CHECK;
enum status preference_delete(struct store *s, struct view catalog, long long id,
                              struct err *e) MUST_CHECK;

#endif
