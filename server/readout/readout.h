/* How the language model is read. */
#ifndef READOUT_READOUT_H
#define READOUT_READOUT_H

enum readout {
    READOUT_AUTO,
    READOUT_RELEVANCE,
    READOUT_QUERY,
    READOUT_ITEM,
    READOUT_BLEND,
    READOUT_HYBRID, /* what auto would take, and a baseline that learns */
    READOUTS
};

enum { EXAMPLES_MAX = 50 }; /* that a request may mark */

extern const char *const readout_names[READOUTS];
const char *readout_name(enum readout r);

#endif
