/* Currencies that stand in a column of their own, beside that of the amounts. */
#include "server/catalog/fields/fields.h"

#include "server/value/words.h"

#include <math.h>
#include <string.h>

static int names_currency(const struct field *f) {
    static const char *const words[] = {"currency", "währung", "waehrung", "devise",
                                        "moneda",   "valuta",  "moeda"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (f->type == FIELD_TYPE_TEXT &&
            words_named(view_of(words[i]), view_of(f->words), NULL, NULL))
            return 1;
    return 0;
}

static const struct unit *currency_of(const char *text) {
    size_t used;
    const struct unit *u = text ? unit_read_as(view_of(text), DIM_MONEY, &used) : NULL;
    return u && used == strlen(text) ? u : NULL;
}

/* The currency that most items name; NULL when fewer than half of them name any. */
static const struct unit *common_currency(const struct field *f, int n) {
    const struct unit *lead = NULL;
    int votes = 0, count = 0;
    for (int i = 0; i < n; i++) {
        const struct unit *u = currency_of(f->text[i]);
        if (!u) continue;
        if (votes == 0) lead = u;
        votes += u == lead ? 1 : -1;
    }
    for (int i = 0; i < n; i++) count += lead && currency_of(f->text[i]) == lead;
    return count * 2 >= f->filled ? lead : NULL;
}

/* Amounts in another currency than the common one cannot be compared: they are unreadable. */
static void set_currency(struct field *money, double *number, const struct field *f,
                         const struct unit *common, int n) {
    money->unit = common->name;
    money->lo = money->hi = NAN;
    for (int i = 0; i < n; i++) {
        if (isnan(number[i])) continue;
        const struct unit *u = currency_of(f->text[i]);
        if (u && u != common) {
            number[i] = NAN;
            money->unreadable++;
        } else
            field_widen(money, number[i], money->until ? money->until[i] : number[i]);
    }
}

void fields_currency(struct field *f, int n_fields, int n) {
    for (int k = 0; k < n_fields; k++) {
        const struct unit *common = names_currency(&f[k]) ? common_currency(&f[k], n) : NULL;
        for (int m = 0; common && m < n_fields; m++)
            if (f[m].type == FIELD_TYPE_MONEY && !f[m].unit[0])
                set_currency(&f[m], (double *)f[m].number, &f[k], common, n);
    }
}
