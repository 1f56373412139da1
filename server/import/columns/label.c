/* Labels of interactions. */
#include "server/import/columns/label.h"

#include "server/value/words.h"

#include <string.h>

static const struct {
    int label;
    const char *words; /* without marks and blanks, separated by blanks */
} table[] = {
    {1,
     "like likes liked love loved yes y true t 1 +1 positive good up thumbsup thumbup star starred "
     "click clicks clicked view viewed views detailview pageview productview itemview open opened "
     "read play played playback watch watched listen listened stream streamed complete completed "
     "finish finished purchase purchased buy bought order ordered transaction checkout addtocart "
     "cart basket addtowishlist wishlist favorite favourite favorites fav bookmark bookmarked save saved "
     "share shared subscribe subscribed follow followed download downloaded install installed "
     "apply applied contact book booked booking rsvp attend attended recommend recommended "
     "upvote rated comment commented heart interested 👍 ❤ ❤️ ♥ "
     "gefällt gefallt ja jaime oui gusta si sí piace gosto sim vind"},
    {-1,
     "dislike dislikes disliked hate hated no n false f 0 -1 negative bad down thumbsdown thumbdown "
     "skip skipped hide hidden block blocked report reported downvote unlike unliked return "
     "returned refund refunded reject rejected notinterested notrecommended unsubscribe unfollow "
     "removefromcart remove removed dismiss dismissed 👎 nein non"},
    {0, "neutral impression impressions show shown seen exposure display displayed none ok meh"},
};

static int in_words(const char *list, const char *text, size_t n) {
    for (const char *p = list; *p;) {
        size_t len = strcspn(p, " ");
        if (len == n && memcmp(p, text, n) == 0) return 1;
        p += len;
        p += strspn(p, " ");
    }
    return 0;
}

int label_read(struct view text) {
    char folded[96], word[96];
    size_t n = 0;
    if (!text.n || text.n > 40) return LABEL_UNKNOWN;
    size_t len = word_fold(text, folded, sizeof folded);
    double x;
    if (view_double((struct view){folded, len}, &x))
        return x == 1 ? 1 : x == 0 || x == -1 ? -1 : LABEL_UNKNOWN;
    for (size_t i = 0; i < len; i++)
        if (!strchr(" _-.'$", folded[i]) || (i == 0 && len == 2)) word[n++] = folded[i];
    for (size_t i = 0; n && i < COUNT(table); i++)
        if (in_words(table[i].words, word, n)) return table[i].label;
    return LABEL_UNKNOWN;
}

void label_scale(double lo, double hi, struct label_scale *out) {
    double from = 1, to = 5;
    if (lo < 0) {
        to = hi > -lo ? hi : -lo;
        from = -to;
    } else if (hi <= 1) {
        from = 0;
        to = 1;
    } else if (hi > 20) {
        from = 0;
        to = hi <= 100 ? 100 : hi;
    } else if (hi > 10) {
        to = 20;
    } else if (hi > 5)
        to = 10;
    *out = (struct label_scale){lo, hi, from + .75 * (to - from), from + .25 * (to - from)};
}

int label_of(const struct label_scale *s, double rating) {
    return rating >= s->like_from ? 1 : rating <= s->dislike_to ? -1 : 0;
}
