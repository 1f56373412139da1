/* The names of the readouts. */
#include "server/surface/readout_id.h"

#include <string.h>

#define NAME(ID, name) #name,
const char *const readout_names[READOUTS] = {"auto", READOUT_LIST(NAME) "hybrid"};
#undef NAME

const char *readout_name(enum readout_id r) {
    return (unsigned)r < READOUTS ? readout_names[r] : "?";
}

enum readout_id readout_named(const char *name) {
    enum readout_id r = READOUT_AUTO;
    while (r < READOUTS && strcmp(name, readout_names[r]) != 0) r++;
    return r;
}
