/* Encodings by their bytes: UTF-8 by its rules, East Asian ones by the ranges that usual characters
 * have in them, one-byte ones by how letters stand among ASCII. */
#include "server/import/file/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* --- gathering */

static void keep(struct encoding_look *l, unsigned char b) {
    enum { ASCII_END = 3 }; /* so many ASCII bytes end a run */
    if (b >= 0x80) {
        l->run = 1;
        l->ascii = 0;
    } else if (l->run && ++l->ascii >= ASCII_END) {
        l->run = 0;
        b = '\n';
    } else if (!l->run)
        return;
    if (l->n < ENCODING_SAMPLE) l->sample[l->n++] = b;
}

static void count(struct encoding_look *l, const unsigned char *p, size_t n, int last) {
    size_t i = 0;
    while (i < n) {
        if (p[i] < 0x80) {
            i++;
            continue;
        }
        size_t len = utf8_len((const char *)p + i, n - i);
        if (!len && !last && n - i < 4) {
            l->n_part = n - i;
            memcpy(l->part, p + i, n - i);
            return;
        }
        l->valid += len > 0;
        l->broken += len == 0;
        i += len ? len : 1;
    }
}

static int all_ascii(const char *p, size_t n) {
    uint64_t any = 0, word;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        any |= word;
    }
    for (; i < n; i++) any |= (unsigned char)p[i];
    return !(any & 0x8080808080808080u);
}

void encoding_add(struct encoding_look *l, const char *p, size_t n) {
    size_t used = 0;
    if (!l->run && l->n_part == 0 && all_ascii(p, n)) return;
    for (size_t i = 0; i < n && l->n < ENCODING_SAMPLE; i++) keep(l, (unsigned char)p[i]);
    if (l->n_part) {
        unsigned char joined[8];
        size_t had = l->n_part;
        used = n < 4 ? n : 4;
        memcpy(joined, l->part, had);
        memcpy(joined + had, p, used);
        l->n_part = 0;
        size_t len = utf8_len((const char *)joined, had + used);
        if (!len && had + used < 4 && n == used) {
            l->n_part = had + used;
            memcpy(l->part, joined, had + used);
            return;
        }
        l->valid += len > 0;
        l->broken += len == 0;
        used = len > had ? len - had : 0;
    }
    count(l, (const unsigned char *)p + used, n - used, 0);
}

/* --- judging */

struct tally {
    int high; /* bytes beyond ASCII */
    /* As pairs of EUC form (both bytes beyond 0xa0), of GBK's and Shift_JIS' wider forms. */
    int gb_usual, gb_pairs, gb_broken, gb_kana, gb_low;
    int big_usual, big_low, big_broken;
    int sj_kana, sj_usual, sj_half, sj_broken, sj_pairs;
    /* As single bytes. */
    int latin, latin_odd, alone, cyr_small, cyr;
};

static void as_gb(struct tally *t, const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0x80) continue;
        unsigned a = p[i], b = i + 1 < n ? p[i + 1] : 0;
        if (a < 0x81 || a > 0xfe || b < 0x40 || b == 0x7f || b == 0xff) {
            /* GB18030 also has four bytes, a digit second. */
            if (b >= 0x30 && b <= 0x39 && i + 3 < n && p[i + 2] >= 0x81 && p[i + 3] >= 0x30 &&
                p[i + 3] <= 0x39)
                i += 3;
            else
                t->gb_broken++;
            continue;
        }
        t->gb_pairs++;
        t->gb_usual += b >= 0xa1 && ((a >= 0xb0 && a <= 0xd7) || a == 0xa1 || a == 0xa3);
        t->gb_low += a >= 0xb0 && a <= 0xc8 && b >= 0xa1;
        t->gb_kana += (a == 0xa4 || a == 0xa5) && b >= 0xa1;
        i++;
    }
}

static void as_big5(struct tally *t, const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0x80) continue;
        unsigned a = p[i], b = i + 1 < n ? p[i + 1] : 0;
        if (a < 0xa1 || a > 0xf9 || !((b >= 0x40 && b <= 0x7e) || (b >= 0xa1 && b <= 0xfe))) {
            t->big_broken++;
            continue;
        }
        t->big_usual += a <= 0xc6;
        t->big_low += b <= 0x7e;
        i++;
    }
}

static void as_shift_jis(struct tally *t, const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0x80) continue;
        unsigned a = p[i], b = i + 1 < n ? p[i + 1] : 0;
        if (a >= 0xa1 && a <= 0xdf) {
            t->sj_half++;
            continue;
        }
        if (a == 0x80 || a == 0xa0 || a > 0xfc || b < 0x40 || b == 0x7f || b > 0xfc) {
            t->sj_broken++;
            continue;
        }
        t->sj_pairs++;
        int kana = (a == 0x82 && b >= 0x9f && b <= 0xf1) || (a == 0x83 && b <= 0x96);
        t->sj_kana += kana;
        t->sj_usual += kana || (a >= 0x88 && a <= 0x97) || a == 0x81 || a == 0x82;
        i++;
    }
}

static int is_letter(unsigned char b) {
    return (b | 32) >= 'a' && (b | 32) <= 'z';
}

static void as_single(struct tally *t, const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char b = p[i];
        if (b < 0x80) continue;
        int before = i > 0 && p[i - 1] >= 0x80, after = i + 1 < n && p[i + 1] >= 0x80;
        t->high++;
        t->alone += !before && !after;
        t->cyr += b >= 0xc0 || b == 0xa8 || b == 0xb8;
        t->cyr_small += b >= 0xe0;
        int letter = b >= 0xc0 && b != 0xd7 && b != 0xf7;
        int mark = memchr("\x80\x82\x84\x85\x8a\x8c\x8e\x91\x92\x93\x94\x95\x96\x97\x99\x9a\x9c\x9e"
                          "\xa0\xa1\xa3\xa7\xa9\xaa\xab\xad\xae\xb0\xb1\xb2\xb4\xb7\xb9\xba\xbb"
                          "\xbc\xbd\xbe\xbf",
                          b, 36) != NULL;
        int in_word = i + 1 < n && is_letter(p[i + 1]);
        t->latin += letter || mark;
        /* Capital letters amid a word, or signs amid one, are no Latin text. */
        t->latin_odd += (letter && b < 0xdf && before) || (!letter && !mark && in_word);
    }
}

const char *encoding_guess(const struct encoding_look *l) {
    long long broken = l->broken + (l->n_part > 0);
    if (broken == 0 || broken * 4 <= l->valid) return "UTF-8";
    struct tally t = {0};
    as_gb(&t, l->sample, l->n);
    as_big5(&t, l->sample, l->n);
    as_shift_jis(&t, l->sample, l->n);
    as_single(&t, l->sample, l->n);
    if (t.high == 0) return NULL;
    if (t.latin * 20 >= t.high * 19 && t.alone * 10 >= t.high * 7 && t.latin_odd * 20 <= t.high)
        return "WINDOWS-1252";
    int sj_all = t.sj_pairs + t.sj_half;
    if (t.sj_broken * 50 <= sj_all && t.sj_half * 4 <= sj_all && t.sj_kana * 10 >= t.sj_pairs &&
        t.sj_usual * 10 >= t.sj_pairs * 8)
        return "CP932";
    if (t.gb_broken * 50 <= t.gb_pairs && t.gb_kana * 3 >= t.gb_pairs) return "EUC-JP";
    if (t.gb_broken * 50 <= t.gb_pairs && t.gb_usual * 10 >= t.gb_pairs * 8) {
        if (t.gb_pairs >= 12 && t.gb_low * 20 >= t.gb_pairs * 19) return "CP949";
        return "GB18030";
    }
    if (t.big_broken * 50 <= t.high && t.big_low > 0 && t.big_usual * 2 * 10 >= t.high * 7)
        return "BIG5-HKSCS";
    if (t.high >= 8 && t.cyr * 20 >= t.high * 19 && t.cyr_small * 10 >= t.high * 7 &&
        t.alone * 3 <= t.high)
        return "WINDOWS-1251";
    return NULL;
}

const char *encoding_wide(struct view head) {
    const unsigned char *p = (const unsigned char *)head.p;
    size_t even = 0, odd = 0, n = head.n < 512 ? head.n : 512;
    if (n < 2) return NULL;
    if (p[0] == 0xff && p[1] == 0xfe) return "UTF-16LE";
    if (p[0] == 0xfe && p[1] == 0xff) return "UTF-16BE";
    for (size_t i = 0; i + 1 < n; i += 2) {
        even += p[i] == 0;
        odd += p[i + 1] == 0;
    }
    /* Text in any script has many ASCII characters here: separators, quotes, line ends. */
    if (odd * 4 >= n / 2 && even == 0) return "UTF-16LE";
    if (even * 4 >= n / 2 && odd == 0) return "UTF-16BE";
    return NULL;
}

/* --- converting */

enum status encoding_open(struct encoding_conv *c, const char *name, struct err *e) {
    iconv_t cd = iconv_open("UTF-8", name);
    *c = (struct encoding_conv){0};
    if (cd == (iconv_t)-1) {
        (void)fail(e, ST_INVALID, "there is no encoding '%.40s'", name);
        err_field(e, "encoding");
        err_hint(e, "for example UTF-8, UTF-16LE, WINDOWS-1252, GB18030, CP932 (Shift_JIS)");
        return ST_INVALID;
    }
    c->cd = cd;
    return ST_OK;
}

size_t encoding_step(struct encoding_conv *c, const char **in, size_t *n, char *out, size_t cap,
                     int last) {
    char *to = out, *from = (char *)(uintptr_t)*in;
    size_t room = cap;
    while (*n) {
        size_t rc = iconv(c->cd, &from, n, &to, &room);
        if (rc != (size_t)-1 || errno == E2BIG || room < 4) break;
        if (errno == EINVAL && !last) break;
        memcpy(to, "\xef\xbf\xbd", 3);
        to += 3;
        room -= 3;
        from++;
        (*n)--;
        c->bad++;
    }
    *in = from;
    return cap - room;
}

void encoding_close(struct encoding_conv *c) {
    if (c->cd) (void)iconv_close(c->cd);
    c->cd = NULL;
}
