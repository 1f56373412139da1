/* The ways in which a language model can be read, by name: what a surface, a request or an option
 * may ask for. How each works is server/readout/. */
#ifndef SURFACE_READOUT_ID_H
#define SURFACE_READOUT_ID_H

/* X(ID, file): every readout is one line here and one file in server/readout/. */
#define READOUT_LIST(X)     \
    X(RELEVANCE, relevance) \
    X(QUERY, query)         \
    X(ITEM, item)           \
    X(BLEND, blend)

#define READOUT_ID(ID, name) READOUT_##ID,
enum readout_id {
    READOUT_AUTO,                            /* the first readout that applies */
    READOUT_LIST(READOUT_ID) READOUT_HYBRID, /* what auto would take, and a baseline that learns */
    READOUTS
};
#undef READOUT_ID

extern const char *const readout_names[READOUTS];
const char *readout_name(enum readout_id r); /* "?" for what is none */
/* READOUTS where no readout has that name. */
enum readout_id readout_named(const char *name);

#endif
