/* links: api report */
/* Cells of CSV that no spreadsheet takes for formulas. */
#include "server/report/csv_out.h"
#include "tests/t.h"

int main(void) {
    static const struct {
        const char *in, *out;
    } t[] = {{"=1+1", "'=1+1"},
             {"+1+1", "'+1+1"},
             {"-cmd", "'-cmd"},
             {"@SUM", "'@SUM"},
             {"\t=1", "\"'\t=1\""},
             {"\r=1", "\"'\r=1\""},
             {"\n=1", "\"'\n=1\""},
             {"\xEF\xBC\x9D"
              "1+1",
              "'\xEF\xBC\x9D"
              "1+1"},
             {"\xEF\xBC\x8B"
              "1",
              "'\xEF\xBC\x8B"
              "1"},
             {"\xEF\xBC\x8D"
              "1",
              "'\xEF\xBC\x8D"
              "1"},
             {"\xEF\xBC\xA0"
              "x",
              "'\xEF\xBC\xA0"
              "x"},
             {"-1.5", "-1.5"},
             {"+3", "+3"},
             {"plain", "plain"},
             {"a,b", "\"a,b\""},
             {"a\"b", "\"a\"\"b\""}};
    struct buf b;
    for (size_t i = 0; i < COUNT(t); i++) {
        buf_init(&b, 1 << 10);
        csv_out_cell(&b, view_of(t[i].in));
        EQ_STR(b.p, t[i].out);
        buf_free(&b);
    }
    return t_end();
}
