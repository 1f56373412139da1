/* Units and currencies by their names, signs and words. */
#include "server/value/value.h"
#include "server/value/words.h"

#include <pthread.h>
#include <string.h>
#include <utf8proc.h>

/* A unit and what people write for it, separated by '|', in small letters. '=' before a word: only
 * in exactly these letters; '~': only where the text ends, as it is an everyday word otherwise.
 * Of equal words the first row wins, unless a dimension is asked for. To add a unit, add a row. */
static const struct {
    struct unit unit;
    const char *words;
} units[] = {
    {{"EUR", DIM_MONEY, 1}, "€|eur|euro|euros"},
    {{"USD", DIM_MONEY, 1},
     "$|us$|usd|u.s.$|usd$|dollar|dollars|dólar|dólares|dolar|dolares|us dollar|us dollars|＄"},
    {{"CHF", DIM_MONEY, 1},
     "chf|sfr|sfr.|fr.|franken|francs|swiss franc|swiss francs|schweizer franken"},
    {{"JPY", DIM_MONEY, 1}, "¥|￥|jpy|jp¥|yen|円"},
    {{"CNY", DIM_MONEY, 1}, "cny|rmb|cn¥|yuan|元"},
    {{"INR", DIM_MONEY, 1}, "₹|inr|rs|rs.|rupee|rupees|rupien|roupies"},
    {{"CAD", DIM_MONEY, 1}, "c$|ca$|=CAD|can$"},
    {{"AUD", DIM_MONEY, 1}, "a$|au$|aud"},
    {{"NZD", DIM_MONEY, 1}, "nz$|nzd"},
    {{"HKD", DIM_MONEY, 1}, "hk$|hkd"},
    {{"SGD", DIM_MONEY, 1}, "s$|sgd"},
    {{"TWD", DIM_MONEY, 1}, "nt$|twd"},
    {{"MXN", DIM_MONEY, 1}, "mx$|mxn"},
    {{"BRL", DIM_MONEY, 1}, "r$|brl|reais"},
    {{"SEK", DIM_MONEY, 1}, "kr|kr.|=SEK|kronor|krona"},
    {{"NOK", DIM_MONEY, 1}, "nok|nkr"},
    {{"DKK", DIM_MONEY, 1}, "dkk|dkr"},
    {{"PLN", DIM_MONEY, 1}, "zł|zl|pln|zloty|zlotys|złoty|złotych"},
    {{"CZK", DIM_MONEY, 1}, "kč|czk"},
    {{"HUF", DIM_MONEY, 1}, "huf|forint"},
    {{"RON", DIM_MONEY, 1}, "=RON|lei"},
    {{"BGN", DIM_MONEY, 1}, "bgn|лв"},
    {{"RUB", DIM_MONEY, 1}, "₽|=RUB|руб|руб."},
    {{"UAH", DIM_MONEY, 1}, "₴|uah"},
    {{"TRY", DIM_MONEY, 1}, "₺|=TRY|=TL|lira"},
    {{"ILS", DIM_MONEY, 1}, "₪|=ILS|=NIS"},
    {{"KRW", DIM_MONEY, 1}, "₩|krw|~won|원"},
    {{"THB", DIM_MONEY, 1}, "฿|thb|baht"},
    {{"VND", DIM_MONEY, 1}, "₫|vnd"},
    {{"PHP", DIM_MONEY, 1}, "₱|=PHP"},
    {{"IDR", DIM_MONEY, 1}, "idr|rp"},
    {{"MYR", DIM_MONEY, 1}, "myr|=RM"},
    {{"NGN", DIM_MONEY, 1}, "₦|ngn"},
    {{"ZAR", DIM_MONEY, 1}, "zar|rand"},
    {{"AED", DIM_MONEY, 1}, "aed|dirham|dirhams"},
    {{"SAR", DIM_MONEY, 1}, "=SAR|riyal"},
    {{"ARS", DIM_MONEY, 1}, "=ARS|ar$"},
    {{"CLP", DIM_MONEY, 1}, "=CLP"},
    {{"COP", DIM_MONEY, 1}, "=COP"},
    {{"BTC", DIM_MONEY, 1}, "₿|btc|bitcoin"},

    {{"ms", DIM_TIME, 0.001}, "ms|msec|millisecond|milliseconds|millisekunden"},
    {{"s", DIM_TIME, 1},
     "=s|sec|secs|second|seconds|sek|sekunde|sekunden|seconde|secondes|segundo|segundos|secondo|secondi|seconden"},
    {{"min", DIM_TIME, 60},
     "min|mins|minute|minutes|minuten|minuto|minutos|minuti|minuut|分|分钟|분"},
    {{"h", DIM_TIME, 3600},
     "h|hr|hrs|hour|hours|std|stunde|stunden|heure|heures|hora|horas|ora|ore|uur|uren|時間|小时|시간"},
    {{"d", DIM_TIME, 86400},
     "=d|day|days|tag|tage|tagen|jour|jours|día|días|dia|dias|giorno|giorni|dag|dagen"},
    {{"week", DIM_TIME, 604800},
     "week|weeks|wk|wks|woche|wochen|semaine|semaines|semana|semanas|settimana|settimane|weken"},
    {{"month", DIM_TIME, 2629800},
     "month|months|mth|mths|mos|~mo|monat|monate|monaten|mois|~mes|meses|mese|mesi|maand|maanden|mês"},
    {{"year", DIM_TIME, 31557600},
     "year|years|yr|yrs|jahr|jahre|jahren|~an|ans|année|années|año|años|anno|anni|ano|anos|jaar|jaren|年"},

    {{"mm", DIM_LENGTH, 0.001},
     "mm|millimetre|millimetres|millimeter|millimeters|millimètres|milímetros|millimetri"},
    {{"cm", DIM_LENGTH, 0.01},
     "cm|centimetre|centimetres|centimeter|centimeters|zentimeter|centimètre|centimètres|centímetro|centímetros|centimetro|centimetri"},
    {{"m", DIM_LENGTH, 1},
     "=m|metre|metres|meter|meters|metern|mètre|mètres|~metro|metros|metri|mtr|mts"},
    {{"km", DIM_LENGTH, 1000},
     "km|kms|kilometre|kilometres|kilometer|kilometers|kilometern|kilomètre|kilomètres|kilómetro|kilómetros|chilometro|chilometri|quilómetros|quilômetro|quilômetros|公里"},
    {{"in", DIM_LENGTH, 0.0254},
     "\"|″|inch|inches|zoll|pouces|pulgadas|pollici|polegadas|~in|~in."},
    {{"ft", DIM_LENGTH, 0.3048}, "ft|foot|feet|′|pieds|piedi"},
    {{"yd", DIM_LENGTH, 0.9144}, "yd|yds|yard|yards"},
    {{"mi", DIM_LENGTH, 1609.344}, "mi|mile|miles|meile|meilen|millas|miglia|milhas"},

    {{"cm²", DIM_AREA, 0.0001}, "cm²|cm2|cm^2|sq cm"},
    {{"m²", DIM_AREA, 1},
     "m²|m2|m^2|㎡|sq m|sq. m|sqm|qm|square metre|square metres|square meter|square meters|quadratmeter|quadratmetern|mètres carrés|metros cuadrados|metri quadri|metri quadrati|mq|vierkante meter|metros quadrados"},
    {{"km²", DIM_AREA, 1e6}, "km²|km2|km^2|sq km|square kilometres|square kilometers"},
    {{"ft²", DIM_AREA, 0.09290304},
     "ft²|ft2|ft^2|sq ft|sq. ft|sq. ft.|sqft|square foot|square feet"},
    {{"ha", DIM_AREA, 10000}, "=ha|hectare|hectares|hektar|hectáreas|ettari"},
    {{"acre", DIM_AREA, 4046.8564224}, "acre|acres"},

    {{"ml", DIM_VOLUME, 0.001}, "ml|millilitre|millilitres|milliliter|milliliters"},
    {{"cl", DIM_VOLUME, 0.01}, "cl|centilitre|centilitres"},
    {{"l", DIM_VOLUME, 1}, "l|ltr|litre|litres|liter|liters|litern|litro|litros|litri"},
    {{"m³", DIM_VOLUME, 1000}, "m³|m3|m^3|cubic metres|cubic meters|kubikmeter"},
    {{"gal", DIM_VOLUME, 3.785411784}, "gal|gallon|gallons"},
    {{"pint", DIM_VOLUME, 0.473176473}, "pint|pints"},
    {{"fl oz", DIM_VOLUME, 0.0295735295625}, "fl oz|fl. oz|fl. oz.|fluid ounce|fluid ounces"},

    {{"mg", DIM_WEIGHT, 1e-6}, "mg|milligram|milligrams"},
    {{"g", DIM_WEIGHT, 0.001},
     "=g|gr|gram|grams|gramme|grammes|gramm|gramo|gramos|grammo|grammi|grama|gramas"},
    {{"kg", DIM_WEIGHT, 1},
     "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes|kilogramm|kilogramos|chilo|~chili|chilogrammi|quilo|quilos"},
    {{"t", DIM_WEIGHT, 1000}, "=t|tonne|tonnes|tonnen|toneladas|tonnellate"},
    {{"oz", DIM_WEIGHT, 0.028349523125}, "oz|ounce|ounces"},
    {{"lb", DIM_WEIGHT, 0.45359237}, "lb|lbs|pound|pounds"},
    {{"GBP", DIM_MONEY, 1},
     "£|￡|gbp|quid|~sterling|pound|pounds|pound sterling|pounds sterling|pfund"},

    {{"B", DIM_DATA, 1}, "=B|byte|bytes"},
    {{"KB", DIM_DATA, 1e3}, "kb|kilobyte|kilobytes"},
    {{"MB", DIM_DATA, 1e6}, "mb|megabyte|megabytes|=Mo"},
    {{"GB", DIM_DATA, 1e9}, "gb|gigabyte|gigabytes|gig|gigs|=Go"},
    {{"TB", DIM_DATA, 1e12}, "tb|terabyte|terabytes|=To"},
    {{"PB", DIM_DATA, 1e15}, "=PB|petabyte|petabytes"},
    {{"KiB", DIM_DATA, 1024.0}, "kib"},
    {{"MiB", DIM_DATA, 1048576.0}, "mib"},
    {{"GiB", DIM_DATA, 1073741824.0}, "gib"},
    {{"TiB", DIM_DATA, 1099511627776.0}, "tib"},

    {{"kcal", DIM_ENERGY, 1},
     "kcal|kcals|cal|cals|calorie|calories|kalorien|kilokalorien|kilocalories|calorías|calorie|calorias"},
    {{"kJ", DIM_ENERGY, 0.2390057361}, "kj|kilojoule|kilojoules"},
    {{"Wh", DIM_ENERGY, 0.8604206501}, "wh"},
    {{"kWh", DIM_ENERGY, 860.4206501}, "kwh"},

    {{"W", DIM_POWER, 1}, "=W|watt|watts"},
    {{"kW", DIM_POWER, 1000}, "kw|kilowatt|kilowatts"},
    {{"MW", DIM_POWER, 1e6}, "=MW|megawatt|megawatts"},
    {{"hp", DIM_POWER, 735.49875}, "hp|bhp|=PS|=CV|horsepower"},

    {{"km/h", DIM_SPEED, 1},
     "km/h|kmh|kph|kmph|km per hour|kilometres per hour|kilometers per hour|stundenkilometer"},
    {{"mph", DIM_SPEED, 1.609344}, "mph|mi/h|miles per hour"},
    {{"m/s", DIM_SPEED, 3.6}, "m/s"},
    {{"kn", DIM_SPEED, 1.852}, "=kn|knot|knots|knoten"},

    {{"°C", DIM_TEMPERATURE, 1}, "°c|℃|° c|=C|celsius|degrees celsius|degrees c|grad celsius|grad"},
    {{"°F", DIM_TEMPERATURE, 0.5555555556}, "°f|℉|° f|fahrenheit|degrees fahrenheit|degrees f"},

    {{"%", DIM_PERCENT, 1},
     "%|％|pct|percent|per cent|prozent|pour cent|por ciento|per cento|procent|por cento"},

    {{"min", DIM_TIME, 60}, "=m|′"},
    {{"", DIM_MONEY, 1}, ""},
};

static const struct {
    double factor;
    const char *words;
} scales[] = {
    {1e3, "k|thousand|tsd|tsd.|tausend|mille|mil|mila|duizend|millier|milliers"},
    {1e6,
     "=M|=MM|mio|mio.|mln|million|millions|millionen|millón|millones|milione|milioni|miljoen|milhão|milhões"},
    {1e9, "bn|mrd|mrd.|billion|billions|milliarde|milliarden|milliard|milliards|miliardi|miljard"},
    {1e5, "lakh|lakhs"},
    {1e7, "crore|crores"},
};

/* --- one word of a row against a text */

static int is_space_at(struct view v, size_t at, size_t *len) {
    return at < v.n && word_class_at(v.p + at, v.n - at, len) == WORD_SPACE;
}

static uint32_t small(uint32_t c) {
    return c < 0x80 ? (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c)
                    : (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

/* Bytes of text that spell the word, 0 when they do not; a space in it is any white space. */
static size_t spells(struct view word, struct view text, int exact) {
    size_t at = 0, len;
    for (size_t i = 0; i < word.n;) {
        if (word.p[i] == ' ') {
            size_t from = at;
            while (is_space_at(text, at, &len)) at += len;
            if (at == from) return 0;
            i++;
            continue;
        }
        size_t k = utf8_len(word.p + i, word.n - i);
        size_t n = at < text.n ? utf8_len(text.p + at, text.n - at) : 0;
        if (n == 0) return 0;
        uint32_t want = utf8_point(word.p + i, k), got = utf8_point(text.p + at, n);
        if (want != (exact ? got : small(got))) return 0;
        i += k;
        at += n;
    }
    return at;
}

/* A word of letters ends where no letter follows; ideographs need no end. */
static int ends_at(struct view text, size_t at) {
    size_t len, before = at;
    while (before > 0 && ((unsigned char)text.p[before - 1] & 0xC0) == 0x80) before--;
    if (before == 0) return 1;
    before--;
    enum word_class last = word_class_at(text.p + before, at - before, &len);
    if (last != WORD_LETTER || at >= text.n) return 1;
    return word_class_at(text.p + at, text.n - at, &len) != WORD_LETTER;
}

static size_t word_reads(struct view word, struct view text) {
    int exact = word.p[0] == '=', last = word.p[0] == '~';
    if (exact || last) word = view_sub(word, 1, word.n);
    size_t n = spells(word, text, exact);
    if (n == 0 || !ends_at(text, n)) return 0;
    size_t len, at = n;
    while (last && is_space_at(text, at, &len)) at += len;
    return last && at < text.n ? 0 : n;
}

/* --- all words, by their first byte */

enum { WORDS_MAX = 1000 };
static struct {
    struct view word;
    char second;    /* its second byte in small letters, 0: not in ASCII or none */
    int unit, next; /* place in units, or behind them in scales; next word with that first byte,
                     * -1: none */
} words[WORDS_MAX];
static int first_word[256], n_words;
static pthread_once_t words_once = PTHREAD_ONCE_INIT;

static unsigned char first_byte(char c) {
    return (unsigned char)small((unsigned char)c);
}

static char second_byte(struct view v) {
    unsigned char c = v.n > 1 ? (unsigned char)v.p[1] : 0x80;
    return c < 0x80 ? (char)first_byte((char)c) : 0;
}

static void word_add(struct view word, int unit) {
    CHECK(n_words < WORDS_MAX && word.n > 0);
    struct view plain = word.p[0] == '=' || word.p[0] == '~' ? view_sub(word, 1, word.n) : word;
    char c = plain.p[0];
    int *at = &first_word[(unsigned char)c < 0x80 ? first_byte(c) : (unsigned char)c];
    while (*at >= 0) at = &words[*at].next;
    words[n_words].word = word;
    words[n_words].second = plain.n > 1 && plain.p[1] != ' ' ? second_byte(plain) : 0;
    words[n_words].unit = unit;
    words[n_words].next = -1;
    *at = n_words++;
}

static void words_add(const char *all, size_t unit) {
    for (const char *p = all; *p;) {
        size_t n = strcspn(p, "|");
        word_add((struct view){p, n}, (int)unit);
        p += n + (p[n] == '|');
    }
}

static void words_make(void) {
    for (size_t i = 0; i < COUNT(first_word); i++) first_word[i] = -1;
    for (size_t u = 0; u < COUNT(units); u++) words_add(units[u].words, u);
    for (size_t k = 0; k < COUNT(scales); k++) words_add(scales[k].words, COUNT(units) + k);
}

const struct unit *unit_named(const char *name) {
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(units[i].unit.name, name) == 0) return &units[i].unit;
    return NULL;
}

enum { ANY_UNIT = -1, SCALES = -2 };

static int is_wanted(int unit, int want) {
    if (unit >= (int)COUNT(units)) return want == SCALES;
    return want == ANY_UNIT || (want >= 0 && units[unit].unit.dim == (enum dimension)want);
}

/* The longest word that begins text among those of a dimension, of all units, or of the scales: its
 * place in units, scales behind them; -1: none. */
static int read_any(struct view text, int want, size_t *used) {
    int best = -1;
    *used = 0;
    if (text.n == 0) return -1;
    pthread_once(&words_once, words_make);
    unsigned char c = (unsigned char)text.p[0];
    char second = second_byte(text);
    for (int w = first_word[c < 0x80 ? first_byte((char)c) : c]; w >= 0; w = words[w].next) {
        if (words[w].second && words[w].second != second) continue;
        size_t n = is_wanted(words[w].unit, want) ? word_reads(words[w].word, text) : 0;
        if (n > *used) *used = n, best = words[w].unit;
    }
    return best;
}

static const struct unit *read_unit(struct view text, int want, size_t *used) {
    int best = read_any(text, want, used);
    return best < 0 ? NULL : unit_named(units[best].unit.name);
}

const struct unit *unit_read(struct view text, size_t *used) {
    return read_unit(text, ANY_UNIT, used);
}

const struct unit *unit_read_as(struct view text, enum dimension dim, size_t *used) {
    return read_unit(text, (int)dim, used);
}

size_t scale_read(struct view text, double *factor) {
    size_t used;
    int best = read_any(text, SCALES, &used);
    if (best >= 0) *factor = scales[(size_t)best - COUNT(units)].factor;
    return used;
}
