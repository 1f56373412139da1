/* JSON's numbers and measures as the texts that people write. */
#ifndef VALUE_JSON_H
#define VALUE_JSON_H

#include <jansson.h>

/* A number: 149, 19.5. */
void json_number_text(const json_t *v, char out[40]);
/* The first member of an object that has one of the names "a|b", in any case; NULL: none. */
const json_t *json_member(const json_t *object, const char *names);
/* The text of an object that is one value: {"amount":38,"currency":"EUR"} is "38 EUR",
 * {"min":5,"max":10,"unit":"km"} is "5 - 10 km", {"min":5,"max":10} is "5 - 10". 0 for any other.
 */
int json_measure_text(const json_t *v, char out[120]);

#endif
