/* Whether the language model was worth its cost: how the reference method of a sheet stands to the
 * methods that read no language model, on the sheet's first metric. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "server/report/sheet/sheet.h"

/* By the 95 % interval of the paired difference: all of it above 0, all below, or 0 inside. */
enum verdict { VERDICT_NONE, VERDICT_AHEAD, VERDICT_LEVEL, VERDICT_BEHIND, VERDICTS };

/* "ahead", "level", "behind". */
const char *verdict_name(enum verdict v);
/* NONE where the two cannot be compared: the reference reads no language model, or the method does,
 * or fewer than VERDICT_CASES cases have both, or the metric has no better side. tmp (3 n of the
 * sheet). */
enum { VERDICT_CASES = 10 };
enum verdict verdict_of(const struct sheet *s, int group, int method, double *tmp);
/* Of a group: "ahead of popularity; level with embedding; behind EASE", in the arena; NULL where
 * there is nothing to say. tmp as above. */
enum status verdict_text(const struct sheet *s, int group, double *tmp, struct arena *a,
                         const char **out, struct err *e) MUST_CHECK;

#endif
