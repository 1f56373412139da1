/* Names of field types. */
#include "server/catalog/fields/field.h"

const char *field_type_name(enum field_type t) {
    static const char *const names[FIELD_TYPES] = {
        [FIELD_TYPE_TEXT] = "text",         [FIELD_TYPE_NUMBER] = "number",
        [FIELD_TYPE_MONEY] = "money",       [FIELD_TYPE_DATE] = "date",
        [FIELD_TYPE_DURATION] = "duration", [FIELD_TYPE_LIST] = "list",
        [FIELD_TYPE_FLAG] = "flag"};
    return t < FIELD_TYPES ? names[t] : "";
}
