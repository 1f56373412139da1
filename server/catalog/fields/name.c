/* Names of columns: words, units, hints. */
#include "server/catalog/fields/name.h"

#include "server/value/words.h"

#include <string.h>
#include <strings.h>

enum { WORDS = 12, WORD = 40 };

/* In small letters, separated by '|'. */
static const struct {
    unsigned hint;
    const char *words;
} lists[] = {
    {NAME_ID,
     "id|ids|zip|zipcode|postcode|postal|plz|isbn|isbn10|isbn13|issn|phone|telephone|telefon|"
     "telefono|tel|mobile|fax|ean|ean13|gtin|upc|sku|asin|barcode|uuid|guid|vin|code|hash|iban|"
     "imdbid|tmdbid|movieid|itemid|productid|userid|serial|cep"},
    {NAME_MONEY,
     "price|prices|cost|costs|fee|fees|salary|salaries|wage|wages|rent|pay|budget|revenue|fare|msrp|"
     "rrp|deposit|income|preis|preise|kosten|gebühr|gehalt|lohn|miete|kaution|prix|coût|cout|loyer|"
     "salaire|tarif|precio|precios|coste|costo|salario|alquiler|prezzo|prezzi|stipendio|affitto|prijs|"
     "huur|loon|preço|preco|custo|aluguel|salário"},
    {NAME_DATE,
     "date|dates|datum|fecha|datetime|timestamp|created|updated|modified|published|posted|released|"
     "release|start|starts|begin|begins|beginn|end|ends|ende|deadline|due|expires|expiry|available|"
     "opened|opens|closed|closes|born|birthday|founded|since|at|added|joined|time|uploaded|début|"
     "inicio|inizio|geboren|erschienen"},
    {NAME_YEAR,
     "year|yr|jahr|baujahr|jahrgang|année|annee|año|ano|anno|jaar|bouwjaar|vintage|released|release|"
     "published|born|founded|established|since|built|date|datum|fecha|erschienen|geboren"},
    {NAME_RUNTIME, "runtime|laufzeit|spielzeit"},
    {NAME_COUNT,
     "count|counts|number|num|quantity|qty|rating|ratings|score|rank|level|votes|reviews|views|"
     "likes|stars|position|bedrooms|bathrooms|rooms|floor|floors|seats|age|size|stock|anzahl|zimmer"},
    {NAME_LIST,
     "tag|tags|genre|genres|category|categories|keyword|keywords|label|labels|feature|features|"
     "amenities|ingredients|zutaten|cast|actors|directors|authors|languages|skills|countries|"
     "allergens|colors|colours|sizes|topics|subjects|styles|materials|platforms|kategorien|"
     "schlagworte|ingrédients|ingredientes|ingredienti"},
};
/* Beside "price" these say that the number is no money. */
static const char not_money[] =
    "count|rank|level|index|grade|rating|score|class|percent|pct|change|"
    "range|tier|category|days|hours|type";
static const char time_nouns[] = "time|duration|runtime|length|cook|cooking|prep|preparation|total|"
                                 "delivery|commute|travel|walk|drive|response|dauer|durée|duree|"
                                 "laufzeit|zeit|play|playing|stay|reading|duración|durata|duur";
static const char length_nouns[] = "length|distance|height|width|depth|altitude|elevation|radius|"
                                   "diameter|size|screen|display|diagonal|länge|höhe|breite|tiefe|"
                                   "distanz|entfernung|longueur|hauteur|largeur";
static const char weight_nouns[] = "weight|mass|gewicht|poids|peso|protein|carbs|carbohydrates|fat|"
                                   "sugar|sugars|salt|sodium|fibre|fiber|net";
static const char volume_nouns[] = "volume|capacity|volumen|inhalt";
static const char power_nouns[] = "power|leistung|puissance|wattage";
static const char warm_nouns[] = "temp|temperature|temperatur";
static const char money_words[] = "euro|euros|dollars|pounds|yen|rupees|franken|kr";
static const char data_nouns[] = "memory|storage|size|ram|disk";

struct words {
    char raw[WORDS][WORD];  /* as written: some units are told by their case */
    char word[WORDS][WORD]; /* folded */
    int n;
    int bracket; /* the first word that stands in brackets */
};

static int in_list(const char *list, const char *word) {
    size_t len = strlen(word);
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, word, n) == 0) return 1;
        p += n + (p[n] == '|');
    }
    return 0;
}

static int is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
static int is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/* Length of the piece of a word up to its next capital: "startDate", "HTTPServer", "imdbID". */
static size_t camel_end(struct view w) {
    for (size_t i = 1; i < w.n; i++) {
        if (is_upper(w.p[i]) && is_lower(w.p[i - 1])) return i;
        if (i + 1 < w.n && is_upper(w.p[i]) && is_upper(w.p[i - 1]) && is_lower(w.p[i + 1]) &&
            i + 2 < w.n)
            return i;
    }
    return w.n;
}

static void add_word(struct words *w, struct view v) {
    if (w->n == WORDS || v.n >= WORD) return;
    memcpy(w->raw[w->n], v.p, v.n);
    w->raw[w->n][v.n] = 0;
    if (word_fold(v, w->word[w->n], WORD)) w->n++;
}

/* A part between spaces and underscores: a unit as a whole ("km/h", "m²", "kWh", "%"), else words,
 * cut at their capitals. */
static void add_part(struct words *w, struct view v) {
    size_t at = 0, used;
    if (v.n && unit_read(v, &used) && used == v.n) {
        add_word(w, v);
        return;
    }
    for (struct view word; (word = word_next(v, &at)).n;)
        for (size_t n; word.n; word = view_sub(word, n, word.n)) {
            n = camel_end(word);
            add_word(w, view_sub(word, 0, n));
        }
}

static int is_cut(char c) {
    return c && strchr(" _-.:()[]", c) != NULL;
}

static void split(struct view name, struct words *w) {
    size_t from = 0;
    *w = (struct words){.n = 0, .bracket = WORDS + 1};
    for (size_t i = 0; i <= name.n && w->n < WORDS; i++) {
        if (i < name.n && !is_cut(name.p[i])) continue;
        add_part(w, view_sub(name, from, i - from));
        from = i + 1;
        if (i < name.n && (name.p[i] == '(' || name.p[i] == '[') && w->n && w->bracket > WORDS)
            w->bracket = w->n;
    }
}

static const char *nouns_of(enum dimension d) {
    switch (d) {
    case DIM_TIME: return time_nouns;
    case DIM_LENGTH: return length_nouns;
    case DIM_WEIGHT: return weight_nouns;
    case DIM_VOLUME: return volume_nouns;
    case DIM_POWER: return power_nouns;
    case DIM_DATA: return data_nouns;
    case DIM_TEMPERATURE: return warm_nouns;
    default: return "";
    }
}

static int has_word(const struct words *w, int before, const char *list) {
    for (int i = 0; i < before; i++)
        if (in_list(list, w->word[i])) return 1;
    return 0;
}

/* Currencies in names are codes or signs: "games_won" is no money. */
static int money_stands(const struct words *w, int at, const struct unit *u) {
    size_t len;
    const char *raw = w->raw[at];
    return strcasecmp(raw, u->name) == 0 || in_list(money_words, w->word[at]) ||
           word_class_at(raw, strlen(raw), &len) != WORD_LETTER || strchr(raw, '$');
}

/* Many units are words of other names, too. Short ones ("price_min", "plan_b", "checked_in") count
 * behind what they measure; times by their plural ("birth_month", "price_per_night"); all in
 * brackets. */
static int unit_stands(const struct words *w, int at, const struct unit *u) {
    const char *word = w->word[at];
    size_t n = strlen(word);
    if (at > 0 && in_list("per|pro|par|por|a", w->word[at - 1])) return 0;
    if (at > 0 && in_list("opening|open|business|office|visiting|store", w->word[at - 1])) return 0;
    if (at >= w->bracket) return 1;
    if (u->dim == DIM_MONEY) return money_stands(w, at, u);
    if (u->dim == DIM_PERCENT) return 1;
    if (n == 1 || strcmp(word, "in") == 0 || (u->dim == DIM_TIME && n <= 3))
        return has_word(w, at, nouns_of(u->dim));
    return u->dim != DIM_TIME || word[n - 1] == 's' || word[n - 1] == 'n';
}

/* The unit that text is, where it may be one. "m" are minutes of a time. */
static const struct unit *unit_at(const struct words *w, int at, const char *text) {
    size_t used;
    const struct unit *u = unit_read(view_of(text), &used);
    if (!u || used != strlen(text)) return NULL;
    if (strcmp(text, "m") == 0 && has_word(w, at, time_nouns) && !has_word(w, at, length_nouns))
        u = unit_named("min");
    return unit_stands(w, at, u) ? u : NULL;
}

static const struct unit *currency_code(const struct words *w) {
    char code[4] = "";
    const char *raw = w->n > 1 ? w->raw[w->n - 1] : "";
    if (strlen(raw) != 3) return NULL;
    for (int i = 0; i < 3; i++) code[i] = (char)(is_lower(raw[i]) ? raw[i] - 'a' + 'A' : raw[i]);
    const struct unit *u = unit_named(code);
    return u && u->dim == DIM_MONEY ? u : NULL;
}

/* The unit that a name ends with; *from: its first word. */
static const struct unit *find_unit(const struct words *w, unsigned hints, int *from) {
    const struct unit *u = hints & NAME_MONEY ? currency_code(w) : NULL;
    *from = w->n - 1;
    if (u) return u;
    for (int first = w->n > 3 ? w->n - 3 : 0; first < w->n; first++) {
        char text[3 * WORD + 3] = "";
        for (int i = first; i < w->n; i++) {
            if (i > first) strcat(text, " ");
            strcat(text, w->raw[i]);
        }
        if (!(u = unit_at(w, first, text))) continue;
        *from = first;
        return u;
    }
    *from = w->n;
    return NULL;
}

static unsigned hints_of(const struct words *w) {
    unsigned hints = 0;
    for (int i = 0; i < w->n; i++)
        for (size_t k = 0; k < COUNT(lists); k++)
            if (in_list(lists[k].words, w->word[i])) hints |= lists[k].hint;
    for (int i = 0; i < w->n; i++)
        if (in_list(not_money, w->word[i])) hints &= ~(unsigned)NAME_MONEY;
    return hints;
}

void name_read(struct view name, struct name *out) {
    struct words w;
    size_t used = 0;
    int end;
    *out = (struct name){.hints = 0};
    split(view_trim(name), &w);
    out->hints = hints_of(&w);
    out->unit = find_unit(&w, out->hints, &end);
    if (out->unit && out->unit->dim == DIM_TIME) out->hints &= ~(unsigned)(NAME_DATE | NAME_YEAR);
    if (end == 0) end = w.n;
    for (int i = 0; i < end; i++) {
        size_t n = strlen(w.word[i]);
        if (used + n + 2 > sizeof out->words) break;
        if (used) out->words[used++] = ' ';
        memcpy(out->words + used, w.word[i], n + 1);
        used += n;
    }
}
