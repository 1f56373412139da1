/* Whether a text names a tag in the tag's own words. */
#ifndef RANK_TAG_NAME_H
#define RANK_TAG_NAME_H

#include "model/base/view.h"

/* 1 when the words of the tag stand in the text one after the other. Case, hyphens, a possessive 's
 * and an English plural do not count: "night shifts" names "night-shift", "a children's film" names
 * "Children's". A tag without a letter or digit is never named. */
int tag_named(const char *tag, struct view text);

#endif
