/* What an interaction says about its item: words and flags, and ratings on any scale. */
#ifndef IMPORT_LABEL_H
#define IMPORT_LABEL_H

#include "kernels/base/view.h"

enum { LABEL_UNKNOWN = 9 };
/* 1 for what is a like ("like", "purchase", "thumbs_up", "true", "1"), -1 for a dislike, 0 for what
 * says neither ("neutral", "impression"), LABEL_UNKNOWN for other words. Any case and marks. */
int label_read(struct view text);

/* Where on a scale likes begin and dislikes end. */
struct label_scale {
    double lo, hi; /* of the ratings seen */
    double like_from, dislike_to;
};
/* From 1 to 5: 4 and 2; other scales likewise, at three quarters and one. */
void label_scale(double lo, double hi, struct label_scale *out);
int label_of(const struct label_scale *s, double rating);

#endif
