/* HTML in cells, read as the text that a browser would show. */
#ifndef IMPORT_MARKUP_H
#define IMPORT_MARKUP_H

#include "kernels/base/buf.h"

/* Whether the text holds a tag of HTML, or a named or numbered character of it. */
int markup_tags(struct view text);
int markup_entities(struct view text);

/* Appends the text: tags out (those that break a line become a blank), script and style with what
 * they hold, comments; characters by name or number decoded where `entities`; runs of blanks become
 * one. What is no tag ("a < b") stays. */
void markup_text(struct view html, int tags, int entities, struct buf *out);

#endif
