/* Texts of people and catalogues on a page of their own: all escaped, each in its own direction. */
#ifndef REPORT_HTML_TEXT_H
#define REPORT_HTML_TEXT_H

#include "kernels/base/buf.h"

#include <jansson.h>

void html_put(struct buf *b, struct view v);
/* A JSON text, "" where it is none; the same of an object's member. */
struct view html_text_of(const json_t *v);
struct view html_member(json_t *o, const char *key);
/* <tag dir="auto">text</tag>; a paragraph, folded where it is long; a number, or that there is
 * none. */
void html_own(struct buf *b, const char *tag, struct view v);
void html_long(struct buf *b, struct view v);
void html_number(struct buf *b, json_t *v);

#endif
