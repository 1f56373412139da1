/* The table of readouts. */
#include "server/readout/readout.h"

#define DECLARE(ID, name) extern const struct readout readout_##name;
READOUT_LIST(DECLARE)
#undef DECLARE

const struct readout *readout_of(enum readout_id r) {
#define ROW(ID, name) [READOUT_##ID] = &readout_##name,
    static const struct readout *const table[READOUTS] = {READOUT_LIST(ROW)};
#undef ROW
    return (unsigned)r < READOUTS ? table[r] : NULL;
}

int readout_has_wish(const struct rank_context *s) {
    return s->n_wish > 0;
}

int readout_has_taste(const struct rank_context *s) {
    return s->n_history > 0 || s->n_examples > 0 || s->member.profile[0] != 0;
}
