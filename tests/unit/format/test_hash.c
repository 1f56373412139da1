/* links: model */
/* SHA-256 by the examples of FIPS 180-2, in one range and in two. */
#include "model/format/hash.h"
#include "tests/t.h"

int main(void) {
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    char hex[65];
    struct hash h = hash_of(NULL, 0, NULL, 0);
    hash_hex(&h, hex);
    EQ_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    h = hash_of("abc", 3, NULL, 0);
    hash_hex(&h, hex);
    EQ_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t cut = 0; cut <= 56; cut++) {
        h = hash_of(two, cut, two + cut, 56 - cut);
        hash_hex(&h, hex);
        EQ_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    }
    struct hash_sum *s = hash_begin();
    CHECK(s);
    for (size_t i = 0; i < 56; i++) hash_add(s, two + i, 1);
    h = hash_end(s);
    hash_hex(&h, hex);
    EQ_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    return t_end();
}
