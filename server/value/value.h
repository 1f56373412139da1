/* Values written as text, whoever wrote them: a cell of somebody's file, a piece of a wish.
 * Numbers with the marks of any country, money, measures, durations, dates. No state, no locale. */
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

#include "kernels/base/view.h"

/* --- numbers ------------------------------------------------------------------------------- */

/* Which mark groups thousands and which one begins the decimals. ANY decides by the text alone:
 * "1.299,00", "1,204,311" and "12,50" are clear; one group of exactly three digits is thousands
 * behind a comma (1,250 is 1250) and decimals behind a point (1.250 is 1.25). A column knows more
 * than a cell: marks_add, marks_decide. */
enum number_marks {
    MARKS_ANY,
    MARKS_POINT, /* 1,250.00 */
    MARKS_COMMA  /* 1.250,00 */
};

/* What cells say about their column's marks. Zero-initialised. */
struct marks_count {
    int point, comma, either; /* cells that are clear for one, cells that could be both */
};
void marks_add(struct marks_count *c, struct view cell);
enum number_marks marks_decide(const struct marks_count *c);

/* A number at the beginning of text: sign, digits of any script, thousands by , . space, thin
 * space, ' or _ (12,34,567 too), decimals, exponent, a following k or m ("5k", "1.2m") only when
 * nothing but a non-letter follows. Answers the bytes read, 0 when there is none. Never NaN or
 * infinite. */
size_t number_read(struct view text, enum number_marks marks, double *out);
/* The same without k and m: "5m" may be metres. */
size_t number_plain(struct view text, enum number_marks marks, double *out);
/* Whether the number at the beginning of text would be another one with the other marks, and its
 * text does not tell: "1.250", "12,450". */
int number_either(struct view text);
/* A word of size at the beginning of text: k, thousand, mio, million, bn, lakh, ... in the six
 * languages; bytes read and *factor, 0 when there is none. A lone "m" or "b" is none. */
size_t scale_read(struct view text, double *factor);

/* --- units --------------------------------------------------------------------------------- */

enum dimension {
    DIM_NONE,
    DIM_MONEY,       /* no base: currencies are not converted, name is the ISO code */
    DIM_TIME,        /* seconds */
    DIM_LENGTH,      /* metres */
    DIM_AREA,        /* square metres */
    DIM_VOLUME,      /* litres */
    DIM_WEIGHT,      /* kilograms */
    DIM_DATA,        /* bytes */
    DIM_ENERGY,      /* kilocalories */
    DIM_POWER,       /* watts */
    DIM_SPEED,       /* km/h */
    DIM_TEMPERATURE, /* degrees Celsius; factor only, no offset */
    DIM_PERCENT
};
struct unit {
    const char *name; /* "km", "EUR", "min", "%": what answers write */
    enum dimension dim;
    double factor; /* of the dimension's base */
};
/* The unit that begins text, longest name first, any case where the unit allows it, in the
 * languages of the grammar: "€", "EUR", "euros", "kilometres", "sq m", "m²". A letter must not
 * follow. "in" (inches) and other everyday words are units only at the text's end. *used: bytes.
 * NULL when there is none. */
const struct unit *unit_read(struct view text, size_t *used);
/* The same among the units of one dimension: "pounds" is a weight for unit_read, and GBP when
 * money is asked for; "m" are metres, and minutes when time is asked for. */
const struct unit *unit_read_as(struct view text, enum dimension dim, size_t *used);
/* A unit by its name ("km"), NULL when there is none. "" is money without a currency. */
const struct unit *unit_named(const char *name);

/* --- quantities: a number or a range of numbers with its unit -----------------------------------
 */

struct quantity {
    double lo, hi;           /* as written, in `unit`; equal unless a range is written */
    const struct unit *unit; /* NULL: none is written */
};
/* The whole text must be one quantity: "$1,299.00", "1.299,00 €", "5-10 km", "90 min", "1h30",
 * "1 h 30 min", "2:05:00" and "PT1H30M" (durations), "free" and "gratis" (0 of money, unit ""),
 * "16GB", "85%", "$1.2M", "~5 kg", "50+". With MARKS_ANY money has no three decimals: "1.299 €" is
 * 1299. A range that falls ("10-5") is none. 1 and *out on success. */
int quantity_parse(struct view text, enum number_marks marks, struct quantity *out);

/* The longest quantity at the beginning of text, whatever follows: bytes read, 0 for none. Not the
 * words and ISO forms, which are whole texts. */
size_t quantity_read(struct view text, enum number_marks marks, struct quantity *out);

/* --- dates --------------------------------------------------------------------------------- */

/* A stretch of time [from, to) in Unix seconds, UTC, as long as what was written: "1994" is a year,
 * "May 2026" a month, "3 October 2026" a day, "2026-10-03T18:20" a minute. */
struct when {
    long long from, to;
    int has_clock; /* a time of day was written */
};
/* A column's way of writing dates that cells alone leave open. */
enum date_order { DATE_ANY, DATE_DMY, DATE_MDY, DATE_YMD };
struct order_count {
    int dmy, mdy, either;
};
void date_order_add(struct order_count *c, struct view cell);
enum date_order date_order_decide(const struct order_count *c);
/* The whole text must be a date: a year (1000 to 2999, also 1971.0), ISO 8601 with or without time
 * and zone, compact ISO (19710514, 199405, 20260903T182000Z), spelled ("3 October 2026", "Oct 3,
 * 2026", "September 24, 2021", "October 2026"; month names of the six languages), 2021年9月24日,
 * 3.10.2026, 10/3/2026 by order, RFC 2822, ctime, Unix seconds (9 to 11 digits), milliseconds or
 * microseconds (13 and 16 digits), also with a fraction; fewer digits are a number like any other.
 * 1 and *out on success. */
int date_parse(struct view text, enum date_order order, struct when *out);
/* 1 to 12 / 1 (Monday) to 7 for a folded word in any of the six languages or its usual short form;
 * 0 otherwise. */
int month_named(struct view word);
int weekday_named(struct view word);
/* Civil date to days since 1970-01-01 and back, proleptic Gregorian. */
long long days_of(int year, int month, int day);
void civil_of(long long days, int *year, int *month, int *day);

/* --- flags and nothing --------------------------------------------------------------------- */

/* yes/no/true/false/y/n/1/0/ja/nein/oui/non/si/sí/no: 1, 0, or -1 when it is neither. */
int flag_parse(struct view text);
/* What files write for a value that is not there: "", \N, NA, N/A, NaN, None, null, nil, -, --, ?.
 */
int is_nothing(struct view text);

#endif
