/* Texts on which tokenizers differ: each piece in each frame. None looks like a control token,
 * which an engine may take for one, and none changes by Unicode's normalisation, which some apply.
 */
#include "model/remote/kind.h"

#include <stdio.h>

static const char *const pieces[] = {"hello",
                                     "Hello World",
                                     "don't",
                                     "I'll've",
                                     "THEY'RE",
                                     "12345678",
                                     "3.14159",
                                     "1,000,000",
                                     "2024-02-29",
                                     "10:45pm",
                                     "a1b2c3",
                                     "   ",
                                     "\t\t",
                                     "\n\n\n",
                                     "\r\n",
                                     " \n ",
                                     "...!?",
                                     "--->",
                                     "http://x.y/z?q=1&r=2",
                                     "a@b.example",
                                     "snake_case_name",
                                     "camelCaseName",
                                     "C++/C#",
                                     "{\"k\": [1, 2]}",
                                     "\\n\\t\\\\",
                                     "caf\xc3\xa9",
                                     "na\xc3\xafve",
                                     "Stra\xc3\x9f"
                                     "e",
                                     "\xc3\x85ngstr\xc3\xb6m",
                                     "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
                                     "\xce\xbb\xcf\x8c\xce\xb3\xce\xbf\xcf\x82",
                                     "\xe4\xbd\xa0\xe5\xa5\xbd",
                                     "\xe3\x81\x93\xe3\x82\x93",
                                     "\xed\x95\x9c\xea\xb5\xad",
                                     "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7",
                                     "\xf0\x9f\x8d\xba",
                                     "\xe2\x82\xac"
                                     "5",
                                     "\xe2\x80\x9cq\xe2\x80\x9d",
                                     "x\xc2\xb2",
                                     "\xc2\xa0"};
static const char *const frames[] = {"%s", " %s", "a%sb", "%s %s", "(%s)\n%s"};

_Static_assert(COUNT(pieces) * COUNT(frames) == HARD_TEXTS, "as many as kind.h says");

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void hard_text(int i, char out[96]) {
    const char *p = pieces[(size_t)i % COUNT(pieces)];
    (void)snprintf(out, 96, frames[(size_t)i / COUNT(pieces)], p, p);
}
#pragma GCC diagnostic pop
