/* How the language model is read, and what adds up to a score. */
#ifndef RANK_CHOOSE_H
#define RANK_CHOOSE_H

#include "server/rank/load.h"

/* Sets the readout, why it is taken, the shares and the whole wish's text; the wish, the history
 * and the examples must be there. */
enum status context_choose(struct rank_context *s, struct err *e) MUST_CHECK;

#endif
