/* Other people's text inside our messages. */
#include "server/store/sql/text.h"

#include <stdio.h>
#include <string.h>

void text_clean(char *text) {
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        size_t len = utf8_len(text + i, n - i);
        if (len == 0 && n - i < 4 && ((unsigned char)text[i] & 0xC0) == 0xC0) {
            text[i] = 0;
            return;
        }
        if (len == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7f) text[i] = '?';
        i += len ? len : 1;
    }
}

struct shown text_show(struct view v) {
    struct shown s;
    size_t n = v.n < sizeof s.text ? v.n : sizeof s.text - 1;
    if (n) memcpy(s.text, v.p, n);
    s.text[n] = 0;
    text_clean(s.text);
    return s;
}
