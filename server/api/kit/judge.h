/* What is said of a dump's texts by those who use them. */
#ifndef API_JUDGE_H
#define API_JUDGE_H

#include "server/store/dump/dump.h"

extern const struct dump_judge judge_dump;

#endif
