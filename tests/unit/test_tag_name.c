/* links: rank */
/* Which texts name a tag. */
#include "server/rank/tag_name.h"
#include "tests/t.h"

static const struct {
    const char *tag, *text;
    int named;
} rows[] = {
    {"Western", "A western.", 1},
    {"Western", "westerns, please", 1},
    {"Comedy", "romantic comedies for tonight", 1},
    {"Comedies", "a comedy", 1},
    {"Children's", "an animated film for the children", 1},
    {"Children's", "CHILDREN'S FILMS", 1},
    {"Children's", "a child", 0},
    {"Sci-Fi", "some sci-fi", 1},
    {"Sci-Fi", "sci fi", 1},
    {"Sci-Fi", "fi, sci", 0},
    {"Film-Noir", "a film, and noir", 0},
    {"Film-Noir", "classic film noir", 1},
    {"night-shift", "night shifts", 1},
    {"night-shift", "the night", 0},
    {"toy", "boxes of toys", 1},
    {"box", "boxes of toys", 1},
    {"glass", "glass", 1},
    {"glass", "glasses", 1},
    {"war", "a warm coat", 0},
    {"war", "", 0},
    {"-", "a - b", 0},
    {"", "anything", 0},
    {"caf\xC3\xA9", "a caf\xC3\xA9", 1},
};

int main(void) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        int named = tag_named(rows[i].tag, view_of(rows[i].text));
        if (named != rows[i].named) printf("%s in '%s':\n", rows[i].tag, rows[i].text);
        EQ(named, rows[i].named);
    }
    return t_end();
}
