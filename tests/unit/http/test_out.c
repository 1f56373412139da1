/* links: api */
/* Answers that cannot be written fail; they never end the process. */
#include "server/api/kit/out.h"
#include "tests/t.h"

int main(void) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    struct err e = {.line = 0};
    struct buf b;
    for (size_t i = 0; i < COUNT(bad); i++) {
        buf_init(&b, 1 << 10);
        out_open(&b, NULL, '{');
        out_num(&b, "x", bad[i]);
        out_close(&b, '}');
        OK(b.failed);
        EQ(out_failed(&b, &e), ST_INTERNAL);
        OK(strstr(e.text, "not finite") != NULL);
        buf_free(&b);
    }
    buf_init(&b, 10);
    out_text(&b, NULL, "more than there is room for");
    EQ(out_failed(&b, &e), ST_LIMIT);
    buf_free(&b);
    buf_init(&b, 1 << 20);
    mem_fail_at(1, 1);
    out_int(&b, NULL, 1);
    mem_fail_at(0, 0);
    EQ(out_failed(&b, &e), ST_NO_MEMORY);
    buf_free(&b);
    return t_end();
}
