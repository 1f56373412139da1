/* links: import */
/* Runs the import fuzz target on mutations of good inputs, with a fixed seed, so that each test run
 * covers it; a longer hunt uses libFuzzer. */
#include "tests/fuzz/fuzz_import.c"
#include "tests/t.h"

static const char *const seeds[] = {
    "{\"id\":\"1\",\"title\":\"a (1995)\",\"tags\":[\"x\",\"y\"],\"n\":{\"d\":[1,2.5]}}\n{\"id\":2}\r\n",
    "{\"id\":7,\"title\":\"\\u00e9\\\"\",\"popularity\":3e2,\"time\":\"2020-01-01T10:00Z\",\"drop\":null}",
    "id,title,tags,popularity,time,other\n1,\"a, \"\"b\"\"\",x|y,3,1995,q\n2,b,,,,\"\n\"\r\n",
    "id:token\tname:token_seq\ttags:token_seq\n1\tNet, The (L', Le)\ta b\n",
    "member;item;label;rating;at\r\nm;1;like;;2020\r\nm;2;;3.5;881250949.0\r\n",
    "\xef\xbb\xbf"
    "id,name,profile\nm1,Ada,\xc3\xa9t\xc3\xa9\nm2,,\n",
};
static const char *const more_seeds[] = {
    "[{\"name\":\"a\",\"genres\":[{\"id\":1,\"name\":\"x\"}],\"votes\":\"1,204\"},\n {\"name\":\"b\"}]",
    "{\"products\":[{\"sku\":18446744073709551617,\"title\":\"a &amp; b\",\"body\":\"<p>x</p>\"}]}",
    "# made\nsku|name|categories|released\n1|\"a|b\"|['x', \"y\"]|September 3, 2020\n2|c|x > y, z|03/04/2020\n",
    "{\"b1\":{\"title\":\"A\",\"n\":[1]},\n\"b2\":{\"title\":\"B\"}}",
    "id,title\n1,\"A \\\\\"big\\\\\" one\"\n2,B\n",
    "1::Grey (1971)::A|B\n2::Paper (1988)::C\n",
    "Handle,Title,Body (HTML),Tags\na,A,<ul><li>x</ul>,\"p, q\"\na,,,\nb,B,,\n",
    "userId\tmovieId\trating\ttimestamp\n1\t10\t3.5\t1112486027\n1\t20\t-\t\n",
    "user,item,event\nu,1,click\nu,2,skip\nv,3,?\n",
    "<rss><channel><item><title>A &amp; b</title><guid>1</guid><category>x</category>"
    "<category>y</category></item>\n<item><title><![CDATA[<b>B</b>]]></title></item></channel></rss>",
    "<feed><entry><id>u1</id><title type=\"html\">&lt;i&gt;A</title><category term=\"x\"/></entry></feed>",
    "<posts><row Id=\"4\" Title=\"A\" Tags=\"&lt;c#&gt;&lt;x&gt;\" Score=\"5\"/></posts>",
    "{\"data\":{\"edges\":[{\"node\":{\"id\":\"1\",\"title\":\"A\"}},{\"node\":{\"id\":\"2\"}}]}}",
    "[{\"_id\":\"1\",\"_source\":{\"name\":\"A\",\"_id\":7}},{\"snippet\":{\"title\":\"B\"},\"id\":2}]",
    "\t=\"07\"\t\"a\"\n1\t=\"08\"\t\"b\"\n",
    "user_id,age,e-mail,about\nu1,25,x@y,likes <b>tea</b>\n",
};
static const char spice[] = "{}[]\":,;\t|\\\"'\n\r0159.-eaz\x01\x1f\x7f\x80\xC3\xA9\xED\xFF";
static uint32_t state = 2463534242u;

static uint32_t next(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

int main(void) {
    uint8_t t[1024];
    int runs = 10000;
    for (int i = 0; i < runs; i++) {
        uint32_t pick = next(COUNT(seeds) + COUNT(more_seeds));
        const char *seed = pick < COUNT(seeds) ? seeds[pick] : more_seeds[pick - COUNT(seeds)];
        size_t n = strlen(seed) + 2;
        t[0] = (uint8_t)(next(4) ? next(16) : next(256));
        t[1] = (uint8_t)next(256);
        memcpy(t + 2, seed, n - 2);
        for (uint32_t k = next(5); k > 0; k--) {
            size_t at = 2 + next((uint32_t)n - 2);
            if (next(4) == 0)
                n = at + 1; /* cut */
            else if (next(3) == 0 && n + 20 < sizeof t) {
                size_t some = 1 + next(20); /* repeat a piece */
                if (at + some > n) some = n - at;
                memmove(t + at + some, t + at, n - at);
                n += some;
            } else
                t[at] = (uint8_t)spice[next(sizeof spice)];
        }
        EQ(LLVMFuzzerTestOneInput(t, n), 0);
    }
    return t_end();
}
