/* JSON's numbers and measures as the texts that people write. */
#include "server/value/json.h"

#include "kernels/base/view.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void json_number_text(const json_t *v, char out[40]) {
    if (json_is_integer(v)) {
        snprintf(out, 40, "%lld", (long long)json_integer_value(v));
        return;
    }
    double x = json_real_value(v), back;
    snprintf(out, 40, "%.15g", x);
    if (!view_double(view_of(out), &back) || back != x) snprintf(out, 40, "%.17g", x);
}

const json_t *json_member(const json_t *object, const char *names) {
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)object, key, v) {
        size_t len = strlen(key);
        for (const char *p = names; *p;) {
            size_t n = strcspn(p, "|");
            if (n == len && strncasecmp(p, key, n) == 0) return v;
            p += n + (p[n] == '|');
        }
    }
    return NULL;
}

/* A number beside its unit: three decimals get a fourth, as they could be thousands in a text. */
static void amount_text(const json_t *v, char out[41]) {
    json_number_text(v, out);
    const char *point = strchr(out, '.');
    if (point && strspn(point + 1, "0123456789") == 3 && !point[4]) strcat(out, "0");
}

int json_measure_text(const json_t *v, char out[120]) {
    const json_t *lo = json_member(v, "amount|value|price|min|from|low");
    const json_t *hi = json_member(v, "max|to|high");
    const json_t *unit = json_member(v, "currency|currencycode|currency_code|unit|units|unitcode");
    char a[41], b[41];
    int range = json_object_size(v) == 2 && json_is_number(lo) && json_is_number(hi);
    if (!range && (!json_is_string(unit) || strlen(json_string_value(unit)) > 20)) return 0;
    if (json_is_number(lo))
        amount_text(lo, a);
    else if (json_is_string(lo) && strlen(json_string_value(lo)) < sizeof a)
        strcpy(a, json_string_value(lo));
    else
        return 0;
    if (json_is_number(hi)) {
        amount_text(hi, b);
        snprintf(out, 120, "%s - %s%s%s", a, b, range ? "" : " ",
                 range ? "" : json_string_value(unit));
    } else
        snprintf(out, 120, "%s %s", a, json_string_value(unit));
    return 1;
}
