/* Everything that a store holds, as one file: an SQLite database of the store's own tables. */
#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include "server/store/read.h"
#include "server/store/store.h"

/* Writes the store as it is at this moment to path, which must not exist. A failed dump leaves no
 * file. ST_CONFLICT when the file exists, ST_DISK_FULL, ST_IO. */
enum status dump_write(struct store *s, const char *path, struct err *e) MUST_CHECK;
/* The same to a file in the data folder, whose path comes in path; the caller removes it. */
enum { DUMP_PATH = 640 };
enum status dump_temporary(struct store *s, char path[DUMP_PATH], struct err *e) MUST_CHECK;

struct dump_counts {
    long long catalogs, items, members, interactions, runs, surfaces, preferences, version;
};

/* What those who use the texts say of them; each answers ST_OK or why not. */
struct dump_judge {
    enum status (*surface)(struct view name, struct view json, struct err *e);
};

/* Puts a dump in the place of everything the store holds, all or nothing; older dumps are brought
 * to this version. ST_INVALID for what is no dump or is damaged, ST_UNSUPPORTED for one of a newer
 * version (named), ST_CONFLICT (field "replace") when replace is 0 and the store holds runs,
 * surfaces of a person, preferences, experiments, or a catalogue that the dump does not have. After
 * a failure the store is as it was. Every value is judged by the table of columns and by judge (or
 * NULL); counts, versions and the next row numbers are set anew. */
enum status dump_restore(struct store *s, int replace, const struct dump_judge *judge,
                         import_read read, void *arg, struct dump_counts *out,
                         struct err *e) MUST_CHECK;

#endif
