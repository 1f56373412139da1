/* German. */
#include "server/wish/grammar/grammar.h"

static const struct clauses_mark_row marks[] = {
    {MARK_KEEP, "nicht schlecht|so|ganz|unbedingt|weit"},
    {MARK_KEEP, "kein problem|wunder|muss|thema"},
    {MARK_KEEP, "nichts gegen|besonderes"},
    {MARK_KEEP, "ohne frage|zweifel"},
    {MARK_KEEP, "warum nicht"},
    {MARK_KEEP, "macht nichts"},
    {MARK_WANTED, "nicht nur|bloss|ohne"},
    {MARK_WANTED, "nichts ausser|als"},
    {MARK_WANTED, "sondern auch"},
    {MARK_NOT, "kein|keine|keinen|keiner|keines|keinem|nicht|nichts|nie|niemals|weder|noch"},
    {MARK_NOT, "nicht zu|so"},
    {MARK_NOT, "nichts mit|von|aus"},
    {MARK_NOT, "nicht mehr"},
    {MARK_NOT, "frei von"},
    {MARK_NOT, "nicht schon wieder"},
    {MARK_NOT, "null"},
    {MARK_REFUSE, "ich hasse|verabscheue|vermeide"},
    {MARK_REFUSE, "hasse|verabscheue|vermeide|meide"},
    {MARK_REFUSE, "allergisch gegen|auf"},
    {MARK_REFUSE, "statt|anstatt"},
    {MARK_REFUSE, "anstelle von"},
    {MARK_REFUSE, "genug von"},
    {MARK_REFUSE,
     "ich mag|will|mochte|esse|vertrage|trinke|brauche kein|keine|keinen|nicht|nichts"},
    {MARK_REFUSE, "mag|will|mochte|esse|vertrage kein|keine|keinen"},
    {MARK_REFUSE, "alles andere als"},
    {MARK_REFUSE, "verzichte auf"},
    {MARK_REFUSE, "bloss|bitte|nur kein|keine|keinen"},
    {MARK_REFUSE, "bitte nicht|nichts"},
    {MARK_REFUSE, "lieber nicht|kein|keine|keinen"},
    {MARK_REFUSE, "satt|leid"},
    {MARK_LIST, "ohne|ausser|ausgenommen|exklusive"},
    {MARK_LIST, "bis auf"},
    {MARK_LIST, "mit ausnahme von"},
    {MARK_LIST, "alles ausser"},
    {MARK_AFTER, "nein danke"},
    {MARK_AFTER, "freihalten"},
    {MARK_AFTER, "frei halten|haben"},
    {MARK_AFTER, "bitte nicht"},
    {MARK_AFTER, "ist|sind nichts fur mich"},
    {MARK_AFTER, "kommt|kommen nicht in frage"},
    {MARK_AFTER, "mag ich nicht"},
    {MARK_AFTER, "geht gar nicht"},
    {MARK_FREE, "* frei|freie|freien|freies|freier|freiem"},
    {MARK_FREE, "* allergie|unvertraglichkeit"},
    {MARK_CUT, "aber|sondern|jedoch"},
    {MARK_CUT, "dafur mit"},
    {MARK_REASON, "weil"},
    {MARK_REASON, "denn"},
    {MARK_NONE, NULL},
};

static const struct clauses_filler_row fillers[] = {
    {FILLER_FRONT,
     "ich|wir suche|suchen|will|wollen|mochte|mochten|brauche|brauchen|hatte|hatten|mag", 1},
    {FILLER_FRONT, "ich hatte gern|gerne", 1},
    {FILLER_FRONT, "ich wurde gern|gerne", 1},
    {FILLER_FRONT, "gerne|gern|bitte|und|oder|aber|sondern|also|auch|nur|dann|zb", 1},
    {FILLER_FRONT, "ein|eine|einen|einem|einer|der|die|das|den|dem", 1},
    {FILLER_FRONT, "es soll|sollte|muss|darf", 1},
    {FILLER_FRONT, "soll|sollte|muss sein", 1},
    {FILLER_FRONT, "suche|suchen", 1},
    {FILLER_FRONT, "hallo|guten tag", 1},
    {FILLER_FRONT, "es|er|sie ist|sind", 1},
    {FILLER_BACK, "bitte|danke|und|oder|aber|auch|sein|gerne|gern", 1},
    {FILLER_UNWANTED, "zu|so|sehr|mit|von|aus|allzu|mehr|die|der|das|den|irgendwelche", 1},
    {FILLER_CUT,
     "und|oder|aber|mit|ich|wir|es|der|die|das|ist|sind|bitte|soll|sollte|darf|dann|ein|eine|in",
     1},
};

static const struct bound_row bounds[] = {
    {BOUND_BEFORE, SIDE_BELOW, "unter|unterhalb"},
    {BOUND_BEFORE, SIDE_BELOW, "weniger|kleiner|kurzer|leichter|niedriger als"},
    {BOUND_BEFORE, SIDE_BELOW, "unterhalb von"},
    {BOUND_BEFORE | BOUND_MONEY, SIDE_BELOW, "billiger|gunstiger als"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_BELOW, "vor"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_BELOW, "vor dem|der"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_BELOW, "alter|fruher als"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_BELOW, "junger|neuer als"},
    {BOUND_BEFORE, SIDE_UP_TO, "bis|hochstens|maximal|max|maximum|hochst|innerhalb|budget"},
    {BOUND_BEFORE, SIDE_UP_TO, "bis zu|zum|maximal"},
    {BOUND_BEFORE, SIDE_UP_TO, "nicht mehr|langer|schwerer|grosser|hoher als"},
    {BOUND_BEFORE, SIDE_UP_TO, "hochstens bis"},
    {BOUND_BEFORE, SIDE_UP_TO, "maximal bis"},
    {BOUND_BEFORE, SIDE_UP_TO, "innerhalb von"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_UP_TO, "im umkreis von"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_UP_TO, "umkreis von|bis|max|maximal|hochstens"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_UP_TO, "umkreis"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_UP_TO, "nicht weiter|weg als"},
    {BOUND_BEFORE | BOUND_MONEY, SIDE_UP_TO, "nicht teurer als"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_UP_TO, "spatestens"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_UP_TO, "spatestens am"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_UP_TO, "bis spatestens"},
    {BOUND_BEFORE, SIDE_FROM, "ab|mindestens|min|mind|wenigstens|minimum|seit|zumindest"},
    {BOUND_BEFORE, SIDE_FROM, "ab|seit dem|der"},
    {BOUND_BEFORE, SIDE_FROM, "nicht weniger|kurzer als"},
    {BOUND_BEFORE, SIDE_FROM, "fruhestens ab|am"},
    {BOUND_BEFORE, SIDE_FROM, "verfugbar|frei|bezugsfrei ab"},
    {BOUND_BEFORE, SIDE_FROM, "von mindestens"},
    {BOUND_BEFORE, SIDE_ABOVE, "uber|oberhalb"},
    {BOUND_BEFORE, SIDE_ABOVE, "mehr|grosser|langer|hoher|schwerer|besser als"},
    {BOUND_BEFORE, SIDE_ABOVE, "oberhalb von"},
    {BOUND_BEFORE | BOUND_MONEY, SIDE_ABOVE, "teurer als"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_ABOVE, "nach"},
    {BOUND_BEFORE | BOUND_DATES, SIDE_ABOVE, "neuer|spater|junger als"},
    {BOUND_BEFORE | BOUND_NUMBERS, SIDE_ABOVE, "alter als"},
    {BOUND_BEFORE, SIDE_BETWEEN, "zwischen"},
    {BOUND_BEFORE, SIDE_ABOUT, "etwa|ungefahr|circa|ca|rund|um|gegen"},
    {BOUND_BEFORE, SIDE_ABOUT, "um die|den"},
    {BOUND_BEFORE, SIDE_EQ, "genau"},
    {BOUND_AFTER, SIDE_UP_TO, "oder|und weniger|darunter|kurzer|kleiner|billiger|gunstiger"},
    {BOUND_AFTER, SIDE_UP_TO, "maximal|max|hochstens|maximum"},
    {BOUND_AFTER, SIDE_UP_TO, "nicht mehr"},
    {BOUND_AFTER | BOUND_DATES, SIDE_UP_TO, "oder|und alter|fruher"},
    {BOUND_AFTER, SIDE_FROM, "oder|und mehr|daruber|hoher|besser|langer|grosser"},
    {BOUND_AFTER, SIDE_FROM, "mindestens|plus|aufwarts|minimum|+"},
    {BOUND_AFTER | BOUND_DATES, SIDE_FROM, "oder|und neuer|spater|junger"},
    {BOUND_AFTER | BOUND_DATES, SIDE_FROM, "aufwarts"},
};

const struct grammar grammar_de = {
    .code = "de",
    .name = "German",
    .words =
        "ausser|alles|suchen|wollen|keinem|lieber|hasse|der|die|das|und|oder|nicht|kein|keine|keinen|ohne|mit|für|ein|eine|einen|"
        "einem|einer|ich|wir|zu|von|über|unter|bis|ab|zwischen|höchstens|mindestens|"
        "maximal|etwas|nichts|aber|auf|aus|bei|nach|vor|seit|im|am|ist|sind|suche|"
        "möchte|bitte|gerne|als|weniger|mehr|es|den|dem|des|zum|zur|oder|günstig|"
        "billig|euro|uhr|mal|nur|sehr|gegen|außer|statt|hasse|mag|kann|frei|keiner|"
        "kostenlos|kostenlose|billiger|günstiger|wochenende|morgen|film|filme|bücher|"
        "sofort|verfügbar|lieferbar|entfernt|buch|teurer|niemals|nie|älter|neuer|zimmer|stunden|tage",
    .mark = marks,
    .filler = fillers,
    .bound = bounds,
    .n_fillers = COUNT(fillers),
    .n_bounds = COUNT(bounds),
    .negations = "nicht|nichts|kein|keine|keinen|nie|niemals|keinesfalls",
    .between = "die|der|das|den|dem|von|etwa|ca|circa|ungefahr|rund|jahr|dem jahr|einem|"
               "einer|euro|preis|am|im|um",
    .joins = "und|bis|oder|-",
    .ends = "und|oder|aber|in|im|an|am|auf|fur|mit|ohne|von|bis|bitte|pro|der|die|das|den|"
            "inklusive|inkl|max|maximal|hochstens|mindestens|ist|sind|nicht|nur|bei|zum|"
            "zur|aus|je|gesamt|insgesamt|mehr|weniger|oder",
    .idle = "der|die|das|den|dem|und|oder|nur|fur|im|in|am|an|aus|von|vom|mit|ein|eine|"
            "einen|es|ist|sind|soll|sollte|darf|muss|kosten|kostet|preis|film|filme|buch|"
            "bucher|jahr|jahre|nicht|nichts|kein|keine|bitte|etwas|gerne|gern|pro|sein|"
            "hat|haben|mein|budget|ich|wir|suche|lang|dauer|euro|aber|ab|bis|was|als",
    .free = "kostenlos|kostenlose|gratis|umsonst|kostenloses|kostenfrei|gebuhrenfrei",
    .numbers = "halb|halbe|halbes|halben ein|eine|einen|einem|einer|eins zwei drei vier "
               "funf|fuenf sechs sieben acht neun zehn elf zwolf|dutzend dreizehn vierzehn "
               "funfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreissig vierzig "
               "funfzig sechzig siebzig achtzig neunzig hundert|einhundert "
               "tausend|eintausend million|millionen|mio",
};
