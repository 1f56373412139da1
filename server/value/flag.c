/* Cells that say yes or no, and cells that say nothing. */
#include "server/value/value.h"

#include <string.h>
#include <strings.h>

static int one_of(struct view v, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i]) == v.n && strncasecmp(list[i], v.p, v.n) == 0) return 1;
    return 0;
}

int flag_parse(struct view text) {
    static const char *const yes[] = {"yes", "y",  "true", "t",   "1",    "on",  "ja",
                                      "oui", "si", "sí",   "sim", "vero", "wahr"};
    static const char *const no[] = {"no",   "n",   "false", "f",   "0",     "off",
                                     "nein", "non", "nee",   "não", "falso", "falsch"};
    text = view_trim(text);
    return one_of(text, yes, COUNT(yes)) ? 1 : one_of(text, no, COUNT(no)) ? 0 : -1;
}

int is_nothing(struct view text) {
    static const char *const nothing[] = {"",     "\\N", "NA",   "N/A", "#N/A", "NaN", "None",
                                          "null", "nil", "<NA>", "-",   "--",   "—",   "?"};
    return one_of(view_trim(text), nothing, COUNT(nothing));
}
