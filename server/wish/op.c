/* Names of comparisons, as answers and requests write them. */
#include "server/wish/wish.h"

const char *wish_op_name(enum wish_op op) {
    static const char *const names[WISH_OPS] = {[WISH_LT] = "<",
                                                [WISH_LE] = "<=",
                                                [WISH_GT] = ">",
                                                [WISH_GE] = ">=",
                                                [WISH_BETWEEN] = "between",
                                                [WISH_EQ] = "=",
                                                [WISH_ABOUT] = "about",
                                                [WISH_HAS] = "has",
                                                [WISH_MONTH] = "month",
                                                [WISH_WEEKDAY] = "weekday",
                                                [WISH_CLOCK] = "clock"};
    return op < WISH_OPS ? names[op] : "";
}
