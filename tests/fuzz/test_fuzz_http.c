/* links: http */
/* Runs the HTTP fuzz target on mutations of good requests, with a fixed seed, so that each test run
 * covers it; a longer hunt uses libFuzzer. */
#include "tests/fuzz/fuzz_http.c"
#include "tests/t.h"

#include <stdlib.h>

static const char *const seeds[] = {
    "GET\n/api/a?q=1&b=%20x\nHost:127.0.0.1:8360\nOrigin:http://localhost:8360\n",
    "POST\n/api/a/%C3%A9\nHost:localhost:8360\nContent-Length:9\nContent-Type:application/json\n",
    "DELETE\n/api/a/x/b/%2e%2E\nHost:127.0.0.1:8360\nSec-Fetch-Site:none\nIf-None-Match:\"abc\"\n",
    "POST\n/api/a/b\nHost:127.0.0.1:8360\nTransfer-Encoding:chunked\nContent-Length:4\n",
    "PUT\n/..%5c/%00//\nHost:127.0.0.1:8360\nAuthorization:Bearer 0123456789abcdef\nExpect:x\n",
};
static const char spice[] = "%/\\.?&=+:;,\n\r\t \"*0159azAZ\x01\x7f\x80\xC3\xED\xFF";

static uint32_t state = 12345;

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

int main(void) {
    uint8_t t[2048];
    int runs = 200000;
    for (int i = 0; i < runs; i++) {
        const char *seed = seeds[next(COUNT(seeds))];
        size_t n = strlen(seed);
        memcpy(t, seed, n);
        for (uint32_t k = next(8) + 1; k > 0; k--) {
            size_t at = next((uint32_t)n), len = next(12);
            switch (next(4)) {
            case 0: t[at] = (uint8_t)spice[next(sizeof spice)]; break;
            case 1: t[at] = (uint8_t)next(256); break;
            case 2: /* cut a piece out */
                if (len > n - at - 1) len = n - at - 1;
                memmove(t + at, t + at + len, n - at - len);
                n -= len;
                break;
            default: /* double a piece */
                if (len > n - at || n + len > sizeof t) break;
                memmove(t + at + len, t + at, n - at);
                n += len;
            }
        }
        t_checks += LLVMFuzzerTestOneInput(t, n) == 0;
    }
    EQ(t_checks, runs);
    return t_end();
}
