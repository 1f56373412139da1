/* Texts of a model file's header. */
#ifndef FORMAT_PEEK_H
#define FORMAT_PEEK_H

#include "model/format/gguf/gguf.h"

/* A text of the metadata as it may be shown on a terminal and sent as JSON (view_plain), at most
 * 200 bytes, in a; def where the file has none, NULL: ST_CORRUPT. */
enum status peek_text(const struct gguf *g, const char *key, const char *def, struct arena *a,
                      const char **out, struct err *e) MUST_CHECK;

/* Reads as much of a file as its header needs, without mapping it (a mapped file that somebody cuts
 * short faults on access), and hands that to read, with its bytes, for the length of the call.
 * ST_LIMIT for a header of more than 256 MiB, or as gguf_parse_head or read fails. */
enum status peek_head(const char *file,
                      enum status (*read)(void *arg, const struct gguf *g, struct view head,
                                          struct err *e),
                      void *arg, struct err *e) MUST_CHECK;

#endif
