/* The readouts by name. */
#include "server/readout/readout.h"

const char *const readout_names[READOUTS] = {"auto", "relevance", "query",
                                             "item", "blend",     "hybrid"};

const char *readout_name(enum readout r) {
    return (unsigned)r < READOUTS ? readout_names[r] : "?";
}
