/* Lists and objects as JSON, Python or PostgreSQL write them, read for the texts they hold. */
#ifndef IMPORT_LITERAL_H
#define IMPORT_LITERAL_H

#include "server/import/cell/list.h"

/* Calls each for every text: the members of lists; of an object its name (name, title, label,
 * value, ...), else its first text; the keys of an object whose values are numbers or flags.
 * Numbers are texts, None, null and NaN are nothing. 0, with nothing called, when text is no
 * literal. Texts are borrowed from text or scratch, until the next call of each. */
int literal_texts(struct view text, struct buf *scratch, list_each each, void *arg);

#endif
