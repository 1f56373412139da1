/* links: wish */
/* The clause splitter: a table of wishes beside their clauses, and what holds for any text. */
#include "server/wish/clauses/clauses.h"
#include "tests/t.h"

#include <stdlib.h>

/* Clauses are written "+text" or "-text" with " | " between; a weight other than the sign's own
 * follows in braces. */
static const struct {
    const char *wish, *clauses;
} table[] = {
    /* Cutting. */
    {"A funny film, nothing romantic, from before 1980",
     "+funny film | -romantic | +from before 1980"},
    {"slow, quiet films about grief, nothing scary", "+slow | +quiet films about grief | -scary"},
    {"whodunit", "+whodunit"},
    {"robots, lasers, outer space", "+robots | +lasers | +outer space"},
    {"comedy; drama: romance", "+comedy | +drama | +romance"},
    {"Car chases. Loud! Fast? Yes", "+Car chases | +Loud | +Fast"},
    {"a comedy (no slapstick) from France", "+comedy | -slapstick | +from France"},
    {"a comedy \xE2\x80\x93 no slapstick - from France", "+comedy | -slapstick | +from France"},
    {"a comedy\xE2\x80\x94no slapstick", "+comedy | -slapstick"},
    {"comedy -- no slapstick", "+comedy | -slapstick"},
    {"- funny\n- not sad\n* short", "+funny | -sad | +short"},
    {"\xE2\x80\xA2 funny \xE2\x80\xA2 short", "+funny | +short"},
    {"1. funny\n2) short", "+funny | +short"},
    {"funny\r\nshort", "+funny | +short"},
    {"A love story, and a sincere one, not a comedy.", "+love story | +sincere one | -comedy"},
    {"dark, but funny, although slow", "+dark | +funny | +slow"},
    {"Paid, though 35,000 at most, in Tallisford", "+Paid | +35,000 at most | +in Tallisford"},
    {"singing and dancing", "+singing and dancing"},
    {"quiet and with lots of trees", "+quiet | +with lots of trees"},
    /* What is no break. */
    {"under $1,000.50 at 7:15", "+under $1,000.50 at 7:15"},
    {"Mr. Bean vs. Dr. Strangelove in the U.S. army",
     "+Mr. Bean vs. Dr. Strangelove in the U.S. army"},
    {"Samuel L. Jackson", "+Samuel L. Jackson"},
    {"film(s) with dog(s)", "+film(s) with dog(s)"},
    {"5 - 10 euros, 1990\xE2\x80\x93"
     "1999",
     "+5 - 10 euros | +1990\xE2\x80\x93"
     "1999"},
    {"a no-nonsense detective, non-fiction", "+no-nonsense detective | +non-fiction"},
    {"gluten-free recipes", "-gluten | +recipes"},
    {"like \"Not me, no!\" but sad", "+like \"Not me, no!\" | +sad"},
    {"\"funny, no gore\"", "+funny | -gore"},
    {"a thriller like No Country for Old Men", "+thriller like No Country for Old Men"},
    /* What may be, but need not; a refusal with its reason; talk. */
    {"a comedy, it need not be long", "+comedy"},
    {"jobs outdoors. It needn't be a farm, I'm not picky.", "+jobs outdoors"},
    {"space battles. Nothing with robots, though, those I find silly", "+space battles | -robots"},
    {"ghosts, which scare me", "-ghosts"},
    {"a voyage around the world without having to pack", "+voyage around the world | -pack"},
    {"a man who left home without a word", "+man who left home without a word"},
    {"What suits me best is a small office near a park", "+small office near a park"},
    {"To be honest, I admit it: trains", "+trains"},
    {"I don't fight, neither do I run; a quiet life", "-fight | +quiet life"},
    {"under the open sky, but away from visitors", "+under the open sky | -visitors"},
    {"a lamp, it doesn't have to be new, but cheap", "+lamp | +cheap"},
    {"Sad films. Nor do I mind tears.", "+Sad films"},
    {"round the globe without having stood up", "+round the globe without having stood up"},
    {"Very well, a western. That is what I want.", "+western"},
    /* Negations. */
    {"comedy without gore", "+comedy | -gore"},
    {"comedy, avoid gore", "+comedy | -gore"},
    {"furniture except for chairs", "+furniture | -chairs"},
    {"furniture excluding chairs", "+furniture | -chairs"},
    {"Gangsters, minus the shoot-outs", "+Gangsters | -shoot-outs"},
    {"never horror", "-horror"},
    {"I never want to commute again", "-commute again"},
    {"I don't want musicals", "-musicals"},
    {"I DON\xE2\x80\x99T WANT ANY MUSICALS", "-MUSICALS"},
    {"i dont want to see any musicals", "-musicals"},
    {"I do not want musicals", "-musicals"},
    {"a job that doesn't involve lifting", "+job | -lifting"},
    {"a film that isn't too scary", "+film | -scary"},
    {"I hate westerns", "-westerns"},
    {"comedies. I can't stand westerns", "+comedies | -westerns"},
    {"I'm tired of superheroes", "-superheroes"},
    {"I am sick of superheroes and I want quiet dramas", "-superheroes | +quiet dramas"},
    {"I'm not a fan of musicals", "-musicals"},
    {"Scare me to death, but spare me the jokes.", "+Scare me to death | -jokes"},
    {"skip the intro, leave out the gore", "-intro | -gore"},
    {"Make me laugh with anything but a romance.", "+Make me laugh | -romance"},
    {"anything other than horror", "-horror"},
    {"apart from westerns I like everything", "-westerns | +everything"},
    {"rather than a hotel, a flat", "-hotel | +flat"},
    {"a flat instead of a hotel", "+flat | -hotel"},
    {"more jokes, less blood, fewer guns", "+more jokes | -blood | -guns"},
    {"beaches free of crowds", "+beaches | -crowds"},
    {"for the kids, and it must not cost a penny", "+for the kids | -cost a penny"},
    {"neither horror nor romance", "-horror | -romance"},
    {"no more zombies", "-zombies"},
    {"funny and no gore and not long and nothing sad", "+funny | -gore | -long | -sad"},
    {"I'd prefer no kids", "-kids"},
    {"a flat that has no stairs", "+flat | -stairs"},
    {"it should have no stairs", "-stairs"},
    {"not too long, not very violent", "-long | -violent"},
    {"there should be no smoking", "-smoking"},
    {"no no no horror", "-horror"},
    {"NO HORROR PLEASE", "-HORROR"},
    {"comedy -horror -gore", "+comedy | -horror | -gore"},
    {"nut-free snacks", "-nut | +snacks"},
    {"snack, nut free", "+snack | -nut"},
    {"zero nuts", "-nuts"},
    {"I cannot eat nuts", "-nuts"},
    {"nuts are a no-go", "-nuts"},
    {"a salad, hold the onions", "+salad | -onions"},
    {"not another superhero film", "-superhero film"},
    {"bread for somebody allergic to nuts", "+bread for somebody | -nuts"},
    {"feel free to laugh, carefree music", "+feel free to laugh | +carefree music"},
    {"concerts free of charge", "+concerts free of charge"},
    {"\"No Country for Old Men\"", "+\"No Country for Old Men\""},
    {"like 'No Country for Old Men', slow", "+like 'No Country for Old Men' | +slow"},
    {"published on October 3, 2026, cheap", "+published on October 3, 2026 | +cheap"},
    {"nicht \xC3\xBC"
     "ber 500 Euro, ohne N\xC3\xBCsse",
     "+nicht \xC3\xBC"
     "ber 500 Euro | -N\xC3\xBCsse"},
    {"sans gluten et pas de sucre", "-gluten | -sucre"},
    {"un film, pas plus de 2 heures", "+film | +pas plus de 2 heures"},
    {"algo sin gluten, no m\xC3\xA1s de 10 euros", "+algo | -gluten | +no m\xC3\xA1s de 10 euros"},
    {"senza glutine", "-glutine"},
    {"geen horror", "-horror"},
    {"sem gl\xC3\xBAten", "-gl\xC3\xBAten"},
    /* Behind what they negate. */
    {"horror no, comedy yes", "-horror | +comedy"},
    {"Horror? No. Comedy? Yes.", "-Horror | +Comedy"},
    {"romance, no thanks, but thrillers", "-romance | +thrillers"},
    {"War films, so leave that out if he comes, and pizza", "-War films | +pizza"},
    /* Lists. */
    {"no horror or gore", "-horror | -gore"},
    {"no horror, gore or zombies", "-horror | -gore | -zombies"},
    {"without cats, dogs and horses", "-cats | -dogs | -horses"},
    {"avoid: horror, gore", "-horror | -gore"},
    {"nothing too sad or gory, maybe a western", "-sad | -gory | +western{0.5}"},
    {"no horror, funny", "-horror | +funny"},
    {"no drama, a comedy or a thriller", "-drama | +comedy or a thriller"},
    {"no horror, or something funny", "-horror | +funny"},
    {"nothing printed or written before 1990", "-printed or written before 1990"},
    {"no blood and guts", "-blood and guts"},
    {"no guns and a happy ending", "-guns | +happy ending"},
    {"nothing scary for my kids", "-scary | +for my kids"},
    {"no dogs because I'm allergic, a cat", "-dogs | +cat"},
    {"I'd rather not see anything with guns", "-guns"},
    {"We would prefer not to watch a musical", "-musical"},
    {"I've had enough of crime dramas; give me adventure", "-crime dramas | +adventure"},
    {"thrillers, and by that I do not mean slashers", "+thrillers | -slashers"},
    /* Limits and idioms keep their words. */
    {"A proper fright, not older than 1990.", "+proper fright | +not older than 1990"},
    {"no newer than 1979", "+no newer than 1979"},
    {"no more than 50 euros", "+no more than 50 euros"},
    {"no later than May, no less than two rooms", "+no later than May | +no less than two rooms"},
    {"not over 30,000", "+not over 30,000"},
    {"nothing over 500 and no fur", "+nothing over 500 | -fur"},
    {"nothing above \xE2\x82\xAC"
     "50",
     "+nothing above \xE2\x82\xAC"
     "50"},
    {"less than two hours, ten or less", "+less than two hours | +ten or less"},
    {"not far from the sea", "+not far from the sea"},
    {"not bad", "+not bad"},
    {"cheap, no matter the size", "+cheap | +no matter the size"},
    {"I don't mind violence", "+I don't mind violence"},
    {"no one under 18", "+no one under 18"},
    {"why not a western", "+why not a western"},
    {"I can't wait to laugh", "+I can't wait to laugh"},
    {"not to mention cheap", "+not to mention cheap"},
    {"without a doubt the best film", "+without a doubt the best film"},
    {"a man who does not talk", "+man who does not talk"},
    {"the tension never lets up", "+tension never lets up"},
    {"I have never been employed", "+I have never been employed"},
    {"Nothing pleases me more than cake", "+cake"},
    {"nothing else matters", "+nothing else matters"},
    /* Two negations. */
    {"not without humour", "+humour"},
    {"nothing but comedies", "+comedies"},
    {"not only funny but also sad", "+funny | +sad"},
    {"not just action", "+action"},
    /* Filler and weights. */
    {"I want a film that is funny", "+funny"},
    {"Hi there! Any ideas? I'm looking for something with robots. Thanks!", "+with robots"},
    {"Could you please recommend me a western, please?", "+western"},
    {"thanks", "+thanks"},
    {"I want something", "+I want something"},
    {"preferably from the 90s, ideally French", "+from the 90s{0.5} | +French{0.5}"},
    {"A comedy, if possible.", "+comedy{0.5}"},
    {"a bit of romance", "+romance{0.5}"},
    {"above all no cats", "-cats{1.05}"},
    {"Preferably not too long", "-long{0.35}"},
    {"definitely no gore, really funny", "-gore{1.05} | +funny{1.5}"},
    {"a pool is a must", "+pool{1.5}"},
    {"heavy, sad, well acted", "+heavy | +sad | +well acted"},
    /* Odd text. */
    {"", ""},
    {" \n\t \xC2\xA0 ", ""},
    {"!!! , ; ...", ""},
    {"no", "+no"},
    {"not, not, not", "+not, not, not"},
    {"but", "+but"},
    {"funny \xF0\x9F\x98\x82!!! no gore \xF0\x9F\xA4\xAE", "+funny | -gore"},
    {"\xF0\x9F\x98\x82", "+\xF0\x9F\x98\x82"},
    {":) funny :-) not sad :(", "+funny | -sad"},
    {"comedy...no horror!?romance", "+comedy | -horror | +romance"},
    {"no horror.Something funny", "-horror | +funny"},
    {"(no horror) [funny] {sad}", "-horror | +funny | +sad"},
    {"*really* _not_ 'scary'", "-scary{1.05}"},
    /* Other languages. */
    {"une com\xC3\xA9"
     "die, sans violence ; avant 1980",
     "+com\xC3\xA9"
     "die | -violence | +avant 1980"},
    {"Eine lustige Kom\xC3\xB6"
     "die, nichts Trauriges",
     "+lustige Kom\xC3\xB6"
     "die | -Trauriges"},
    {"\xE9\x9D\xA2\xE7\x99\xBD\xE3\x80\x81\xE6\x98\xA0\xE7\x94\xBB\xE3\x80\x82"
     "1980",
     "+\xE9\x9D\xA2\xE7\x99\xBD | +\xE6\x98\xA0\xE7\x94\xBB | +1980"},
    {"\xE5\x96\x9C\xE5\x89\xA7\xEF\xBC\x8C\xE7\x88\xB1\xE6\x83\x85\xEF\xBC\x9B\xE6\x88\x98",
     "+\xE5\x96\x9C\xE5\x89\xA7 | +\xE7\x88\xB1\xE6\x83\x85 | +\xE6\x88\x98"},
    {"\xD1\x81\xD0\xBC\xD0\xB5\xD1\x85, \xD0\xB1\xD0\xB5\xD0\xB7",
     "+\xD1\x81\xD0\xBC\xD0\xB5\xD1\x85 | +\xD0\xB1\xD0\xB5\xD0\xB7"},
    {"\xC2\xBFterror? \xC2\xA1no!", "-terror"},
};

static void show(const struct clause *c, int n, char *out, size_t max) {
    size_t at = 0;
    out[0] = 0;
    for (int i = 0; i < n && at < max; i++) {
        double own = c[i].sign > 0 ? CLAUSES_WEIGHT_WANTED : CLAUSES_WEIGHT_UNWANTED;
        at += (size_t)snprintf(out + at, max - at, "%s%c%.*s", i ? " | " : "",
                               c[i].sign > 0 ? '+' : '-', (int)c[i].text.n, c[i].text.p);
        if (at < max && fabs(c[i].weight - own) > 1e-9)
            at += (size_t)snprintf(out + at, max - at, "{%.4g}", c[i].weight);
    }
}

static void table_of_wishes(void) {
    struct arena a;
    struct err e;
    struct clause c[CLAUSES_MAX];
    char got[2000];
    int n;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT(table); i++) {
        int before = t_failed;
        GOOD(clauses_split(view_of(table[i].wish), &a, c, &n, &e));
        show(c, n, got, sizeof got);
        EQ_STR(got, table[i].clauses);
        if (t_failed > before) printf("  for the wish '%s'\n", table[i].wish);
        arena_reset(&a);
    }
    arena_free(&a);
}

/* A long wish: the story around it counts less, and its "not" is no wish. */
static void small_talk(void) {
    static const char wish[] =
        "I had a miserable week, it has rained since Tuesday. My sister said that she did not care "
        "and went home. I want people who are having it worse: a man in a hat, venetian blinds. "
        "Neon, everybody betraying everybody. I can't stand gore. Nothing with aliens, my brother "
        "laughs at them.";
    struct arena a;
    struct err e;
    struct clause c[CLAUSES_MAX];
    char got[2000];
    int n;
    arena_init(&a, 1 << 20);
    GOOD(clauses_split(view_of(wish), &a, c, &n, &e));
    show(c, n, got, sizeof got);
    EQ_STR(got, "+I had a miserable week, it has rained since Tuesday{0.5} | "
                "+My sister said that she did not care and went home{0.5} | "
                "+people who are having it worse | +man in a hat | +venetian blinds | +Neon | "
                "+everybody betraying everybody | -gore | -aliens | "
                "+my brother laughs at them{0.5}");
    arena_free(&a);
}

/* More clauses than fit: neighbours of one sign are joined, nothing is lost. */
static void too_many(void) {
    struct arena a;
    struct err e;
    struct clause c[CLAUSES_MAX];
    char wish[4000], text[8000];
    size_t at = 0;
    int n, found = 0;
    arena_init(&a, 1 << 22);
    for (int i = 0; i < 40; i++) at += (size_t)snprintf(wish + at, sizeof wish - at, "w%02d, ", i);
    GOOD(clauses_split(view_of(wish), &a, c, &n, &e));
    EQ(n, CLAUSES_MAX);
    show(c, n, text, sizeof text);
    for (int i = 0; i < 40; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%02d", i);
        found += strstr(text, word) != NULL;
    }
    EQ(found, 40);
    for (int i = 0; i < n; i++) { /* joined as it was written */
        char one[400];
        snprintf(one, sizeof one, "%.*s", (int)c[i].text.n, c[i].text.p);
        OK(strstr(wish, one) != NULL);
    }
    at = 0; /* signs in turn: no two neighbours are alike */
    for (int i = 0; i < 100; i++)
        at += (size_t)snprintf(wish + at, sizeof wish - at, "y%02d, no n%02d, ", i, i);
    GOOD(clauses_split(view_of(wish), &a, c, &n, &e));
    EQ(n, CLAUSES_MAX);
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < c[i].text.n; k++) {
            OK(c[i].text.p[k] != (c[i].sign > 0 ? 'n' : 'y'));
        }
    arena_free(&a);
}

/* 200,000 characters (for the first few, else 25,000) of what could make a rule look far ahead
 * again and again. */
static void long_wishes(void) {
    static const char *const parts[] = {"a, ",
                                        "no a, ",
                                        "not ",
                                        "no a or ",
                                        "without a, b, ",
                                        "and ",
                                        "(",
                                        "\"",
                                        "never and ",
                                        "except ",
                                        "no: a, ",
                                        ".",
                                        "x",
                                        "\xE3\x80\x82\xE6\x98\xA0",
                                        "skip and and x ",
                                        "no a b, "};
    enum { N = 200000 };
    static char wish[N];
    struct arena a;
    struct err e;
    struct clause c[CLAUSES_MAX];
    int n;
    arena_init(&a, 64 << 20);
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t len = strlen(parts[i]), whole = (i < 4 ? N : N / 8) / len * len;
        for (size_t k = 0; k < whole; k++) wish[k] = parts[i][k % len];
        GOOD(clauses_split((struct view){wish, whole}, &a, c, &n, &e));
        OK(n <= CLAUSES_MAX);
        OK(n > 0 || strchr("(\".", parts[i][0]));
        arena_reset(&a);
    }
    arena_free(&a);
}

static void faults(void) {
    static char big[CLAUSES_MAX_BYTES + 1];
    struct arena a;
    struct err e;
    struct clause c[CLAUSES_MAX];
    int n = 5;
    long k;
    arena_init(&a, 1 << 20);
    memset(big, 'x', sizeof big);
    EQ(clauses_split((struct view){big, sizeof big}, &a, c, &n, &e), ST_LIMIT);
    EQ(n, 0);
    OK(strstr(e.text, "1048577") != NULL);
    EQ(clauses_split(VIEW("a\xFF"), &a, c, &n, &e), ST_BAD_INPUT);
    EQ(clauses_split((struct view){"a\0b", 3}, &a, c, &n, &e), ST_BAD_INPUT);
    GOOD(clauses_split((struct view){NULL, 0}, &a, c, &n, &e));
    EQ(n, 0);
    arena_free(&a);
    for (k = 1;; k++) {
        arena_init(&a, 1 << 20);
        mem_fail_at(k, 0);
        enum status st = clauses_split(VIEW("funny, no gore"), &a, c, &n, &e);
        mem_fail_at(0, 0);
        arena_free(&a);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
        EQ(n, 0);
    }
    OK(k > 1);
    for (size_t max = 0;; max += 64) { /* an arena that is full */
        arena_init(&a, max);
        enum status st = clauses_split(VIEW("funny, no gore"), &a, c, &n, &e);
        arena_free(&a);
        if (st == ST_OK) break;
        EQ(st, ST_NO_MEMORY);
        EQ(n, 0);
    }
}

int main(void) {
    OK(COUNT(table) >= 80);
    table_of_wishes();
    small_talk();
    too_many();
    long_wishes();
    faults();
    return t_end();
}
