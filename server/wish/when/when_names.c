/* Names of days, months and stretches of time, as data. */
#include "server/wish/when/when_names.h"
#include "server/value/value.h"
#include "server/value/words.h"

#include <string.h>

const struct when_phrase when_phrases[] = {
    {WHEN_TODAY, 0, "today|heute|aujourdhui|hoy|oggi|vandaag|hoje"},
    {WHEN_TODAY, 0, "aujourd hui"},
    {WHEN_TODAY, 1, "tomorrow|demain|domani|amanha"},
    {WHEN_TODAY, -1, "yesterday|gestern|hier|ayer|ieri|gisteren|ontem"},
    {WHEN_TODAY, 2, "day after tomorrow"},
    {WHEN_TODAY, 2, "the day after tomorrow"},
    {WHEN_EVENING, 0, "tonight|stasera|vanavond|tonite"},
    {WHEN_EVENING, 0, "this evening|night"},
    {WHEN_EVENING, 0, "ce soir"},
    {WHEN_EVENING, 0, "esta noche|noite"},
    {WHEN_EVENING, 0, "heute abend"},
    {WHEN_MORNING, 0, "this morning"},
    {WHEN_AFTERNOON, 0, "this afternoon"},
    {WHEN_WEEKEND, 0, "this|coming weekend"},
    {WHEN_WEEKEND, 0, "the coming weekend"},
    {WHEN_WEEKEND, 0, "this week-end"},
    {WHEN_WEEKEND, 0, "dieses|diesem|am wochenende"},
    {WHEN_WEEKEND, 0, "ce week-end|weekend"},
    {WHEN_WEEKEND, 0, "este fin|fim de semana"},
    {WHEN_WEEKEND, 0, "questo fine settimana"},
    {WHEN_WEEKEND, 0, "questo weekend|finesettimana"},
    {WHEN_WEEKEND, 0, "dit|komend weekend"},
    {WHEN_WEEKEND, 1, "next weekend"},
    {WHEN_WEEKEND, 1, "nachstes wochenende"},
    {WHEN_WEEKEND, 1, "volgend weekend"},
    {WHEN_WEEKEND, -1, "last weekend"},
    {WHEN_WEEK, 0, "this week"},
    {WHEN_WEEK, 0, "diese|dieser woche"},
    {WHEN_WEEK, 0, "cette semaine"},
    {WHEN_WEEK, 0, "esta semana"},
    {WHEN_WEEK, 0, "questa settimana"},
    {WHEN_WEEK, 0, "deze week"},
    {WHEN_WEEK, 1, "next|coming week"},
    {WHEN_WEEK, 1, "nachste|nachster|kommende woche"},
    {WHEN_WEEK, 1, "semaine prochaine"},
    {WHEN_WEEK, 1, "la semaine prochaine"},
    {WHEN_WEEK, 1, "proxima semana"},
    {WHEN_WEEK, 1, "la proxima semana"},
    {WHEN_WEEK, 1, "la prossima settimana"},
    {WHEN_WEEK, 1, "prossima settimana"},
    {WHEN_WEEK, 1, "settimana prossima"},
    {WHEN_WEEK, 1, "volgende|komende week"},
    {WHEN_WEEK, -1, "last week"},
    {WHEN_WEEK, -1, "letzte|letzter|vergangene woche"},
    {WHEN_WEEK, -1, "semaine derniere"},
    {WHEN_WEEK, -1, "vorige|afgelopen week"},
    {WHEN_WEEK, -1, "semana pasada|passada"},
    {WHEN_MONTH_OF, 0, "this month"},
    {WHEN_MONTH_OF, 0, "diesen|dieser|diesem monat"},
    {WHEN_MONTH_OF, 0, "ce mois"},
    {WHEN_MONTH_OF, 0, "este mes"},
    {WHEN_MONTH_OF, 0, "questo mese"},
    {WHEN_MONTH_OF, 0, "deze maand"},
    {WHEN_MONTH_OF, 1, "next month"},
    {WHEN_MONTH_OF, 1, "nachsten|nachster|kommenden monat"},
    {WHEN_MONTH_OF, 1, "mois prochain"},
    {WHEN_MONTH_OF, 1, "proximo mes"},
    {WHEN_MONTH_OF, 1, "mes que viene|vem"},
    {WHEN_MONTH_OF, 1, "prossimo mese"},
    {WHEN_MONTH_OF, 1, "mese prossimo"},
    {WHEN_MONTH_OF, 1, "volgende maand"},
    {WHEN_MONTH_OF, -1, "last month"},
    {WHEN_MONTH_OF, -1, "letzten monat"},
    {WHEN_MONTH_OF, -1, "mois dernier"},
    {WHEN_MONTH_OF, -1, "vorige maand"},
    {WHEN_MONTH_OF, -1, "mes pasado|passado"},
    {WHEN_END_OF, 0, "end of the|this week"},
    {WHEN_END_OF, 1, "end of the|this month"},
    {WHEN_END_OF, 2, "end of the|this year"},
    {WHEN_END_OF, 0, "ende der|dieser woche"},
    {WHEN_END_OF, 1, "ende des|dieses monats"},
    {WHEN_END_OF, 2, "ende des|dieses jahres"},
    {WHEN_END_OF, 0, "fin de semaine"},
    {WHEN_END_OF, 0, "fin de la|cette semaine"},
    {WHEN_END_OF, 1, "fin du mois"},
    {WHEN_END_OF, 2, "fin de l annee"},
    {WHEN_END_OF, 1, "fin|final de mes"},
    {WHEN_END_OF, 1, "fine mese"},
    {WHEN_END_OF, 2, "fine anno"},
    {WHEN_END_OF, 1, "fim do mes"},
    {WHEN_END_OF, 0, "eind|einde van de week"},
    {WHEN_END_OF, 1, "eind|einde van de maand"},
    {WHEN_DAYS, 2, "today or tomorrow"},
    {WHEN_DAYS, 12, "tomorrow or the day after"},
    {WHEN_DAYS, 12, "tomorrow or the day after tomorrow"},
    {WHEN_DAYS, 2, "heute oder morgen"},
    {WHEN_DAYS, 12, "morgen oder ubermorgen"},
    {WHEN_DAYS, 2, "aujourd hui|aujourdhui ou demain"},
    {WHEN_DAYS, 2, "hoy o manana"},
    {WHEN_DAYS, 2, "oggi o domani"},
    {WHEN_DAYS, 2, "vandaag of morgen"},
    {WHEN_DAYS, 2, "hoje ou amanha"},
    {WHEN_YEAR_OF, 0, "this year"},
    {WHEN_YEAR_OF, 0, "dieses|diesem jahr"},
    {WHEN_YEAR_OF, 0, "cette annee"},
    {WHEN_YEAR_OF, 0, "este ano"},
    {WHEN_YEAR_OF, 0, "dit jaar"},
    {WHEN_YEAR_OF, 1, "next year"},
    {WHEN_YEAR_OF, 1, "nachstes|nachsten jahr"},
    {WHEN_YEAR_OF, 1, "annee prochaine"},
    {WHEN_YEAR_OF, 1, "proximo ano"},
    {WHEN_YEAR_OF, 1, "volgend jaar"},
    {WHEN_YEAR_OF, -1, "last year"},
    {WHEN_YEAR_OF, -1, "letztes|letzten jahr"},
    {WHEN_YEAR_OF, -1, "annee derniere"},
    {WHEN_YEAR_OF, -1, "ano pasado|passado"},
    {WHEN_YEAR_OF, -1, "vorig jaar"},
    {WHEN_AHEAD, 1, "the next|coming|following"},
    {WHEN_AHEAD, 1, "next|coming"},
    {WHEN_AHEAD, 1, "den|die nachsten|kommenden"},
    {WHEN_AHEAD, 1, "nachsten|kommenden"},
    {WHEN_AHEAD, 1, "les prochains|prochaines"},
    {WHEN_AHEAD, 1, "los|las|os|as proximos|proximas"},
    {WHEN_AHEAD, 1, "prossimi|prossime|komende"},
    {WHEN_AHEAD, -1, "the last|past|previous"},
    {WHEN_AHEAD, -1, "last|past"},
    {WHEN_AHEAD, -1, "den|die letzten|vergangenen"},
    {WHEN_AHEAD, -1, "letzten|derniers|dernieres|ultimos|ultimas|ultimi|ultime|afgelopen"},
    {WHEN_DECADE, 1920, "twenties|zwanziger"},
    {WHEN_DECADE, 1930, "thirties|dreissiger"},
    {WHEN_DECADE, 1940, "forties|vierziger"},
    {WHEN_DECADE, 1950, "fifties|funfziger"},
    {WHEN_DECADE, 1960, "sixties|sechziger"},
    {WHEN_DECADE, 1970, "seventies|siebziger"},
    {WHEN_DECADE, 1980, "eighties|achtziger"},
    {WHEN_DECADE, 1990, "nineties|neunziger"},
    {WHEN_DECADE, 2000, "noughties|aughts|zweitausender"},
    {WHEN_NOON, 12, "noon|midday|mittag|midi|mediodia|mezzogiorno|middag"},
    {WHEN_NOON, 24, "midnight|mitternacht|minuit|medianoche|mezzanotte|middernacht"},
    {WHEN_DAY_PART, 2, "in the evening|evenings"},
    {WHEN_DAY_PART, 0, "in the morning|mornings"},
    {WHEN_DAY_PART, 1, "in the afternoon|afternoons"},
    {WHEN_DAY_PART, 3, "at night"},
    {WHEN_DAY_PART, 2, "evenings|abends"},
    {WHEN_DAY_PART, 0, "mornings"},
    {WHEN_DAY_PART, 1, "afternoons"},
    {WHEN_DAY_PART, 0, "morgens|vormittags"},
    {WHEN_DAY_PART, 1, "nachmittags"},
    {WHEN_DAY_PART, 2, "le soir"},
    {WHEN_DAY_PART, 0, "le matin"},
    {WHEN_HOLIDAY, 1225, "christmas|xmas|weihnachten|noel|navidad|natale|kerst|kerstmis|natal"},
    {WHEN_HOLIDAY, 1224, "christmas eve"},
    {WHEN_HOLIDAY, 1224, "heiligabend|nochebuena"},
    {WHEN_HOLIDAY, 1231, "new years eve"},
    {WHEN_HOLIDAY, 1231, "silvester|nochevieja|capodanno"},
    {WHEN_HOLIDAY, 101, "new years day"},
    {WHEN_HOLIDAY, 1031, "halloween"},
    {WHEN_HOLIDAY, 214, "valentines day"},
    {WHEN_WEEKDAYS, 67, "weekends|wochenenden"},
    {WHEN_WEEKDAYS, 67, "on|at|the|a|any|every|am weekend|wochenende"},
    {WHEN_WEEKDAYS, 67, "on|at the|a|any weekend"},
    {WHEN_WEEKDAYS, 67, "in het weekend"},
    {WHEN_WEEKDAYS, 67, "le week-end|weekend"},
    {WHEN_WEEKDAYS, 15, "weekdays|weekday|wochentags|werktags|weeknights|weeknight"},
};
const size_t when_phrases_n = COUNT(when_phrases);

/* Parts of a day: morning, afternoon, evening, night. */
static const char *const parts[] = {
    "morning|vormittag|fruh|matin|mattina|ochtend|manha",
    "afternoon|nachmittag|apresmidi|apres-midi|tarde|pomeriggio|middag",
    "evening|abend|soir|sera|avond",
    "night|nacht|nuit|noche|notte|noite|nights",
};
static const int part_hours[][2] = {{5, 12}, {12, 18}, {17, 24}, {18, 28}};

int when_part(const struct terms *x, int i, int *from, int *to) {
    for (size_t k = 0; k < COUNT(parts); k++)
        if (term_is(x, i, parts[k])) return when_part_hours((int)k, from, to), 1;
    return 0;
}

void when_part_hours(int part, int *from, int *to) {
    *from = part_hours[part][0] * 3600;
    *to = part_hours[part][1] * 3600;
}

/* What English uses only as names; short forms need a number or a preposition beside them. */
static const char *const months[] = {"january|jan", "february|feb", "march|mar",
                                     "april|apr",   "may",          "june|jun",
                                     "july|jul",    "august|aug",   "september|sep|sept",
                                     "october|oct", "november|nov", "december|dec"};
static const char *const days[] = {
    "monday|mon", "tuesday|tue|tues", "wednesday|wed", "thursday|thu|thur|thurs",
    "friday|fri", "saturday|sat",     "sunday|sun"};
static const char leads[] = "in|of|before|after|since|until|till|by|from|next|last|this|early|late|"
                            "mid|and|to|between|through|on|every|any|a|during|starting|or";

static int near_number(const struct terms *x, int i) {
    return (i > 0 && x->t[i - 1].kind == TERM_NUMBER) ||
           (i + 1 < x->n && x->t[i + 1].kind == TERM_NUMBER);
}

static int english_name(const struct terms *x, int i, const char *const *names, int n) {
    const struct term *t = &x->t[i];
    for (int k = 0; k < n; k++) {
        if (!plain_is(t->p, t->n, names[k])) continue;
        int sure = t->n > 5 || term_is(x, i, "april|july|june");
        if (sure || near_number(x, i)) return k + 1;
        int lead = term_is(x, i - 1, leads);
        return (lead && (t->n > 2)) || (t->capital && i > 0 && t->n > 3) ? k + 1 : 0;
    }
    return 0;
}

/* A month or weekday of any language but English: short forms only beside a number. */
static int foreign_name(const struct terms *x, int i, int (*named)(struct view)) {
    char folded[64];
    struct view raw = terms_text(x, i, i + 1);
    if (raw.n >= 32 || raw.n < 3) return 0;
    size_t n = word_fold(raw, folded, sizeof folded);
    if (n < 4 && !near_number(x, i)) return 0;
    return named((struct view){folded, n});
}

int when_month(const struct terms *x, int i) {
    if (i < 0 || i >= x->n || x->t[i].kind != TERM_WORD) return 0;
    int m = english_name(x, i, months, 12);
    return m || x->g == &grammar_en ? m : foreign_name(x, i, month_named);
}

int when_weekday(const struct terms *x, int i, int *plural) {
    *plural = 0;
    if (i < 0 || i >= x->n || x->t[i].kind != TERM_WORD) return 0;
    const struct term *t = &x->t[i];
    for (int k = 0; k < 7; k++) {
        size_t n = strcspn(days[k], "|");
        if (t->n == n + 1 && memcmp(t->p, days[k], n) == 0 && t->p[n] == 's')
            return *plural = 1, k + 1;
    }
    int d = english_name(x, i, days, 7);
    return d || x->g == &grammar_en ? d : foreign_name(x, i, weekday_named);
}
