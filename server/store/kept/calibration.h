/* Fits of scores to interactions: one JSON text for each catalogue and what it was made with. */
#ifndef STORE_CALIBRATION_H
#define STORE_CALIBRATION_H

#include "server/store/store.h"

struct calibration_row {
    const char *key, *json;
    long long created; /* Unix seconds */
    long long version; /* of the catalogue, when it was fitted */
};

/* Those of a catalogue, the newest first, or (key not "") that one. ST_NOT_FOUND: no catalogue. */
enum status store_calibrations(struct store *s, struct view catalog, struct view key,
                               struct arena *a, struct calibration_row **out, int *n,
                               struct err *e) MUST_CHECK;
/* Keeps one, in the place of an older one of the same key. They go with their catalogue. */
enum status store_calibration_put(struct store *s, struct view catalog, struct view key,
                                  long long version, struct view json, struct err *e) MUST_CHECK;

#endif
