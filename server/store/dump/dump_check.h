/* Whether a file may be taken over as the store's contents. */
#ifndef STORE_DUMP_CHECK_H
#define STORE_DUMP_CHECK_H

#include "server/store/dump/dump.h"

/* Looks at everything in the file and brings it to the newest version; *version is the one it came
 * in. ST_INVALID when it is no dump or damaged, ST_UNSUPPORTED when it is of a newer version. */
enum status dump_check(const char *path, const struct dump_judge *judge, long long *version,
                       struct err *e) MUST_CHECK;

#endif
