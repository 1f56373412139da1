/* Names of months and weekdays in the languages of the grammar. */
#include "server/value/value.h"
#include "server/value/words.h"

#include <string.h>

/* English, German, French, Spanish, Italian, Dutch, Portuguese: full names and usual short forms,
 * also as written without accents. To add a language, add its words to the rows. */
static const char *const months[12] = {
    "january|jan|januar|jänner|janvier|janv|enero|ene|gennaio|gen|januari|janeiro",
    "february|feb|febr|februar|feber|février|fevrier|févr|fevr|fév|febrero|febbraio|februari|"
    "fevereiro|fev",
    "march|mar|märz|maerz|mär|mrz|mars|marzo|maart|mrt|março|marco",
    "april|apr|avril|avr|abril|abr|aprile",
    "may|mai|mayo|maggio|mag|mei|maio",
    "june|jun|juni|juin|junio|giugno|giu|junho",
    "july|jul|juli|juillet|juil|julio|luglio|lug|julho",
    "august|aug|août|aout|agosto|ago|augustus",
    "september|sep|sept|septembre|septiembre|setiembre|settembre|set|sett|setembro",
    "october|oct|oktober|okt|octobre|octubre|ottobre|ott|outubro|out",
    "november|nov|novembre|noviembre|novembro",
    "december|dec|dezember|dez|décembre|decembre|déc|diciembre|dic|dicembre|dezembro",
};
static const char *const weekdays[7] = {
    "monday|mon|mondays|montag|montags|lundi|lun|lunes|lunedì|lunedi|maandag|segunda-feira|segunda",
    "tuesday|tue|tues|tuesdays|dienstag|dienstags|mardi|martes|martedì|martedi|dinsdag|terça-feira|"
    "terça|terca",
    "wednesday|wed|wednesdays|mittwoch|mittwochs|mercredi|mer|miércoles|miercoles|mié|mercoledì|"
    "mercoledi|woensdag|quarta-feira|quarta",
    "thursday|thu|thur|thurs|thursdays|donnerstag|donnerstags|jeudi|jeu|jueves|jue|giovedì|giovedi|"
    "gio|donderdag|quinta-feira|quinta",
    "friday|fri|fridays|freitag|freitags|vendredi|ven|viernes|vie|venerdì|venerdi|vrijdag|"
    "sexta-feira|sexta",
    "saturday|sat|saturdays|samstag|samstags|sonnabend|samedi|sam|sábado|sabado|sáb|sab|sabato|"
    "zaterdag",
    "sunday|sun|sundays|sonntag|sonntags|dimanche|dim|domingo|dom|domenica|zondag",
};

static int in_row(const char *row, struct view word) {
    for (const char *p = row; *p;) {
        size_t n = strcspn(p, "|");
        if (n == word.n && memcmp(p, word.p, n) == 0) return 1;
        p += n + (p[n] == '|');
    }
    return 0;
}

static int place_in(const char *const *rows, int n, struct view word) {
    if (word.n < 3 || word.n > 20) return 0;
    for (int i = 0; i < n; i++)
        if (in_row(rows[i], word)) return i + 1;
    return 0;
}

int month_named(struct view word) {
    return place_in(months, 12, word);
}

int weekday_named(struct view word) {
    return place_in(weekdays, 7, word);
}
