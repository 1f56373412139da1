/* Times of day and zones behind dates. */
#include "server/value/date.h"

#include <string.h>

/* "am", "p.m."; *hour becomes one of 24. 0 when it is no hour of a half day. */
static int take_half_day(struct date_cursor *c, int *hour) {
    struct date_cursor save = *c;
    date_spaces(c);
    char half = *c->p;
    int dotted = half && c->p[1] == '.';
    if ((half == 'a' || half == 'p') && c->p[1 + dotted] == 'm') {
        c->p += 2 + dotted;
        if (dotted) date_take(c, ".");
        if (*hour < 1 || *hour > 12) return 0;
        *hour = *hour % 12 + (half == 'p' ? 12 : 0);
        return 1;
    }
    *c = save;
    return 1;
}

static void skip_fraction(struct date_cursor *c) {
    if ((*c->p == '.' || *c->p == ',') && c->p[1] >= '0' && c->p[1] <= '9') {
        c->p++;
        c->p += strspn(c->p, "0123456789");
    }
}

int date_clock(struct date_cursor *c, struct civil *d) {
    static const char *const hours[] = {"h", "uhr", "hrs", "uur"};
    int hour, minute = 0, second = 0, length = 3600;
    if (!date_number(c, 2, &hour)) return 0;
    if (*c->p == ':' || (*c->p == 'h' && c->p[1] >= '0' && c->p[1] <= '9') ||
        (*c->p == '.' && c->p[1] >= '0' && c->p[1] <= '9')) {
        c->p++;
        if (date_number(c, 2, &minute) != 2) return 0;
        length = 60;
        if (date_take(c, ":")) {
            if (date_number(c, 2, &second) != 2) return 0;
            length = 1;
            skip_fraction(c);
        }
    }
    const char *digits_end = c->p;
    if (!take_half_day(c, &hour)) return 0;
    int named = c->p != digits_end;
    struct date_cursor save = *c;
    date_spaces(c);
    if (date_take_word(c, hours, COUNT(hours)))
        named = 1;
    else
        *c = save;
    if (length == 3600 && !named) return 0;
    int end_of_day = hour == 24 && minute == 0 && second == 0;
    if ((hour > 23 && !end_of_day) || minute > 59 || second > 60) return 0;
    d->seconds = hour * 3600 + minute * 60 + (second > 59 ? 59 : second);
    d->clock = length;
    return 1;
}

/* --- zones */

static int take_offset(struct date_cursor *c, int *offset) {
    int sign = *c->p == '-' ? -1 : 1, hour, minute = 0;
    struct date_cursor save = *c;
    if (*c->p != '-' && *c->p != '+') return 0;
    c->p++;
    int n = date_number(c, 4, &hour);
    if (n == 4)
        minute = hour % 100, hour /= 100;
    else if (n == 2 && date_take(c, ":") && date_number(c, 2, &minute) != 2)
        n = 0;
    if ((n != 4 && n != 2 && n != 1) || hour > 15 || minute > 59) {
        *c = save;
        return 0;
    }
    *offset = sign * (hour * 3600 + minute * 60);
    return 1;
}

static int take_named_zone(struct date_cursor *c, int *offset) {
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"z", 0},    {"utc", 0},  {"gmt", 0},  {"ut", 0},   {"wet", 0},  {"bst", 1},
                 {"west", 1}, {"cet", 1},  {"mez", 1},  {"cest", 2}, {"mesz", 2}, {"eet", 2},
                 {"eest", 3}, {"msk", 3},  {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                 {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}, {"jst", 9}};
    for (size_t i = 0; i < COUNT(zones); i++)
        if (date_take_word(c, &zones[i].name, 1)) {
            *offset = zones[i].hours * 3600;
            return 1;
        }
    return 0;
}

void date_zone(struct date_cursor *c, int *offset) {
    date_spaces(c);
    (void)take_named_zone(c, offset);
    (void)take_offset(c, offset);
    date_spaces(c);
    size_t n = strlen(c->p);
    if (*c->p == '(' && n > 1 && c->p[n - 1] == ')') c->p += n;
}

int date_clock_behind(struct date_cursor *c, struct civil *d) {
    static const char *const at[] = {"at", "um", "à", "alle", "om", "às", "ab", "a", "las"};
    if (d->clock == 0) {
        date_take(c, ":");
        date_take(c, ".");
        date_take(c, ",");
        date_spaces(c);
        if (*c->p == 0) return 1;
        if (!d->day) return 0;
        if (*c->p == 't' && c->p[1] >= '0' && c->p[1] <= '9') c->p++;
        date_take(c, "@");
        date_take(c, "- ");
        if (date_take_word(c, at, COUNT(at))) date_spaces(c);
        if (date_take_word(c, at, COUNT(at))) date_spaces(c); /* "a las" */
        date_spaces(c);
        if (!date_clock(c, d)) return 0;
    }
    date_zone(c, &d->offset);
    date_take(c, ".");
    date_spaces(c);
    return *c->p == 0;
}
