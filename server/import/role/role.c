/* Names of columns and the roles they speak of. */
#include "server/import/role/role.h"

#include "server/import/cell/trim.h"
#include "server/value/words.h"

#include <string.h>
#include <strings.h>

enum { I = 1 << IMPORT_ITEMS, M = 1 << IMPORT_MEMBERS, X = 1 << IMPORT_INTERACTIONS };

static const struct {
    const char *name;
    int kinds;
} roles[ROLE_COUNT] = {
    [ROLE_ID] = {"id", I | M}, [ROLE_TITLE] = {"title", I},           [ROLE_TEXT] = {"text", I},
    [ROLE_TAGS] = {"tags", I}, [ROLE_POPULARITY] = {"popularity", I}, [ROLE_TIME] = {"time", I},
    [ROLE_NAME] = {"name", M}, [ROLE_PROFILE] = {"profile", M},       [ROLE_MEMBER] = {"member", X},
    [ROLE_ITEM] = {"item", X}, [ROLE_LABEL] = {"label", X},           [ROLE_RATING] = {"rating", X},
    [ROLE_AT] = {"at", X},
};

const char *role_name(enum role r) {
    return r < ROLE_COUNT ? roles[r].name : r == ROLE_FIELD ? "field" : "";
}

int role_of_kind(enum role r, enum import_kind kind) {
    return r < ROLE_COUNT && (roles[r].kinds & 1 << kind);
}

enum role role_named(struct view name, enum import_kind kind) {
    for (int r = 0; r < ROLE_COUNT; r++)
        if (role_of_kind((enum role)r, kind) && strlen(roles[r].name) == name.n &&
            strncasecmp(roles[r].name, name.p, name.n) == 0)
            return (enum role)r;
    return ROLE_COUNT;
}

int role_joins(enum role r) {
    return r == ROLE_TEXT || r == ROLE_TAGS || r == ROLE_PROFILE;
}

int role_cut_type(struct view *name, int *sequence) {
    static const char *const types[] = {":token", ":token_seq", ":float", ":float_seq"};
    for (size_t i = 0; i < COUNT(types); i++) {
        size_t n = strlen(types[i]);
        if (name->n <= n || memcmp(name->p + name->n - n, types[i], n) != 0) continue;
        name->n -= n;
        *sequence = i == 1;
        return 1;
    }
    return 0;
}

/* --- names as words */

/* A name's words, folded, one after the other: "Body (HTML)" is bodyhtml, of the words body and
 * html. */
struct words {
    char text[128];
    size_t n, from[8];
    int n_words;
};

static int is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
static int is_lower(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
static int is_part(char c) {
    return is_upper(c) || is_lower(c) || (unsigned char)c >= 0x80 || c == '@';
}

static void split(struct view name, struct words *w) {
    char spaced[120];
    size_t n = 0;
    memset(w, 0, sizeof *w);
    for (size_t i = 0; i < name.n && n < sizeof spaced - 2; i++) {
        char c = name.p[i];
        int hump = i > 0 && is_upper(c) &&
                   (is_lower(name.p[i - 1]) ||
                    (is_upper(name.p[i - 1]) && i + 1 < name.n && is_lower(name.p[i + 1])));
        if (hump && n) spaced[n++] = ' ';
        spaced[n++] = is_part(c) ? c : ' ';
    }
    char folded[360];
    n = word_fold((struct view){spaced, n}, folded, sizeof folded);
    for (size_t i = 0; i < n && w->n < sizeof w->text - 1; i++) {
        if (folded[i] == ' ') continue;
        if ((i == 0 || folded[i - 1] == ' ') && w->n_words < 8) w->from[w->n_words++] = w->n;
        w->text[w->n++] = folded[i];
    }
}

static int in_names(const char *names, const char *text, size_t n, int *place) {
    for (const char *p = names; *p; (*place)++) {
        size_t len = strcspn(p, " ");
        if (len == n && memcmp(p, text, n) == 0) return 1;
        p += len;
        p += strspn(p, " ");
    }
    return 0;
}

static int find(const char *text, size_t n, enum role r, enum import_kind kind, int strong) {
    int place = 0;
    for (const struct role_synonym *s = role_table; s->names; s++) {
        if (s->role != r || !(s->kinds & 1 << kind) || (strong && s->weak)) continue;
        int at = place;
        if (in_names(s->names, text, n, &at)) return (s->weak ? ROLE_WEAK : ROLE_OWN + 1) + at;
        place = at;
    }
    return 0;
}

/* --- names that end in a synonym, or count something */

/* What such a name is about when it begins so: "host_name" is no title, "user_id" no item's. */
static int about_another(const struct words *w, enum role r) {
    static const char others[] =
        "host rating user member customer seller vendor company employer organization organisation author "
        "artist director actor publisher developer brand manufacturer maker shop store supplier city "
        "country state region location place street neighbourhood neighborhood first last middle file "
        "image photo picture video thumbnail icon color colour size parent group category genre tag "
        "type option option1 option2 option3 attribute variant currency language lang shipping tax "
        "meta seo image1 team winery taster contact bank domain channel station session order "
        "department collection section designer label1";
    static const char dates[] =
        "last sale sales expiry expiration expires end ends closing close birth death host update updated modified "
        "deleted discount best sell crawl scrape scraped calendar application";
    size_t end = w->n_words > 1 ? w->from[1] : w->n;
    int place = 0;
    if (r == ROLE_TIME || r == ROLE_AT) return in_names(dates, w->text, end, &place);
    if (r == ROLE_MEMBER) return 0;
    if (r == ROLE_LABEL &&
        in_names("helpful useful funny cool total num number", w->text, end, &place))
        return 1;
    return in_names(others, w->text, end, &place);
}

static int counts(const struct words *w) {
    static const char what[] =
        "ratings rating reviews review votes vote views view downloads download sales "
        "likes like plays play orders order purchases users listens followers fans "
        "favorites favourites clicks applicants applications watchers viewers members";
    static const char before[] =
        "num n number numberof noof total count countof nb anzahl nombre numero";
    static const char after[] = "count counts total num n number";
    if (w->n_words < 2) return 0;
    int place = 0;
    size_t last = w->from[w->n_words - 1];
    if (in_names(before, w->text, last, &place) &&
        in_names(what, w->text + last, w->n - last, &place))
        return 1;
    if (!in_names(after, w->text + last, w->n - last, &place)) return 0;
    size_t from = w->n_words > 2 ? w->from[w->n_words - 2] : 0;
    return in_names(what, w->text + from, last - from, &place);
}

static int ends(const struct words *w, enum role r, enum import_kind kind) {
    if (about_another(w, r)) return 0;
    for (int k = 1; k < w->n_words; k++) {
        const char *text = w->text + w->from[k];
        size_t n = w->n - w->from[k];
        int place = 0;
        /* "release_date" ends in date; "sale_price" in nothing of ours. */
        if (r == ROLE_POPULARITY && in_names("score rank count", text, n, &place)) continue;
        if (r == ROLE_TEXT && in_names("text about details content summary", text, n, &place) &&
            k > 1)
            continue;
        int fit = find(text, n, r, kind, 1);
        if (fit) return ROLE_ENDS + fit + k;
    }
    return 0;
}

/* Of an object that was spread, its name speaks: "category.name" is the category. */
static struct view named_object(struct view name) {
    static const char *const ends[] = {".name", ".title", ".label"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t n = strlen(ends[i]);
        if (name.n > n && strncasecmp(name.p + name.n - n, ends[i], n) == 0)
            return view_sub(name, 0, name.n - n);
    }
    return name;
}

int role_fit(struct view name, enum role r, enum import_kind kind) {
    struct words w;
    name = trim(name);
    if (r == ROLE_TAGS) name = named_object(name);
    if (!role_of_kind(r, kind)) return 0;
    if (view_eq_str(name, roles[r].name)) return ROLE_OWN;
    split(name, &w);
    if (!w.n) return 0;
    int fit = find(w.text, w.n, r, kind, 0);
    if (fit) return fit;
    if (r == ROLE_POPULARITY && counts(&w)) return ROLE_ENDS;
    if (r == ROLE_MEMBER || r == ROLE_ITEM) {
        /* "user_id_hash", "movie_id": who, by the first word; which, by an id of another thing. */
        size_t first = w.n_words > 1 ? w.from[1] : w.n;
        int who = find(w.text, first, ROLE_MEMBER, kind, 1);
        if (r == ROLE_MEMBER) return who ? ROLE_ENDS + who : 0;
        int id = w.n > 2 && memcmp(w.text + w.n - 2, "id", 2) == 0 && w.n_words > 1;
        return id && !who && !about_another(&w, r) ? ROLE_ENDS : 0;
    }
    /* "product_category_name" is a usual name for tags, and no title for its end. */
    for (int other = 0; other < ROLE_COUNT; other++)
        if (other != (int)r && role_of_kind((enum role)other, kind) &&
            find(w.text, w.n, (enum role)other, kind, 1))
            return 0;
    return ends(&w, r, kind);
}

int role_known(struct view name, enum import_kind kind) {
    static const char usual[] =
        "price cost amount currency brand author authors artist director cast country language url "
        "link image imageurl location city company salary size color colour weight height stock "
        "quantity status duration runtime vendor publisher email phone address latitude longitude "
        "lat lng lon age gender sex occupation zip zipcode availability pages rating score link "
        "averagerating preis prix precio prezzo prijs preco farbe größe";
    struct words w;
    int place = 0;
    for (int r = 0; r < ROLE_COUNT; r++) {
        int fit = role_fit(name, (enum role)r, kind);
        if (fit && (fit < ROLE_WEAK || fit >= ROLE_ENDS || name.n > 3)) return 1;
    }
    split(name, &w);
    return w.n && in_names(usual, w.text, w.n, &place);
}
