/* SHA-256 by libcrypto, which uses the processor's instructions for it. */
#include "model/format/hash.h"

#include "kernels/base/status.h"

#include <openssl/evp.h>
#include <stdio.h>

struct hash hash_of(const void *a, size_t an, const void *b, size_t bn) {
    struct hash h;
    unsigned len = sizeof h.b;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    CHECK(c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1);
    CHECK(EVP_DigestUpdate(c, a, an) == 1 && EVP_DigestUpdate(c, b, bn) == 1);
    CHECK(EVP_DigestFinal_ex(c, h.b, &len) == 1);
    EVP_MD_CTX_free(c);
    return h;
}

struct hash_sum *hash_begin(void) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c) CHECK(EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1);
    return (struct hash_sum *)c;
}

void hash_add(struct hash_sum *s, const void *p, size_t n) {
    CHECK(EVP_DigestUpdate((EVP_MD_CTX *)s, p, n) == 1);
}

struct hash hash_end(struct hash_sum *s) {
    struct hash h = {{0}};
    unsigned len = sizeof h.b;
    if (s) CHECK(EVP_DigestFinal_ex((EVP_MD_CTX *)s, h.b, &len) == 1);
    EVP_MD_CTX_free((EVP_MD_CTX *)s);
    return h;
}

void hash_hex(const struct hash *h, char out[65]) {
    for (int i = 0; i < 32; i++) snprintf(out + 2 * i, 3, "%02x", h->b[i]);
}
