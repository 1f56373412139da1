/* Texts of a model file's header. */
#ifndef FORMAT_PEEK_H
#define FORMAT_PEEK_H

#include "model/format/gguf/gguf.h"

/* A text of the metadata as it may be shown on a terminal and sent as JSON (view_plain), at most
 * 200 bytes, in a; def where the file has none, NULL: ST_CORRUPT. */
enum status peek_text(const struct gguf *g, const char *key, const char *def, struct arena *a,
                      const char **out, struct err *e) MUST_CHECK;

#endif
