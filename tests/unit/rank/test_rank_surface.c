/* links: rank import */
/* What a surface decides: tag frames and their weight, lists of what was liked, weights of parts;
 * and faults in it. */
#include "tests/unit/rank/rank_toy.h"

/* With all weight on the tags, items score by them alone, in any order of theirs; an item without
 * tags keeps the frames' value. Each tag frame has a say. */
static void tags(void) {
    static const char *const all[] = {"a", "b", "c", "g", "h"};
    static const char frame[] =
        "\"tag_frames\":[{\"root\":\"Item:\",\"first\":\" a {tag} thing for\","
        "\"second\":\" {clause}\"}";
    static const char more[] =
        ",{\"root\":\"Wish:\",\"first\":\" {clause}, so\",\"second\":\" {tag}\"}";
    struct err e;
    double score[3][COUNT(all)], plain = 0;
    for (int k = 0; k < 3; k++) {
        struct rank_request r = request("red things", READOUT_QUERY);
        char *json =
            arena_printf(&arena, "{%s%s],\"tag_weight\":%d}", frame, k == 2 ? more : "", k > 0);
        GOOD(store_surface_put(ranker->store, VIEW("tagged"), view_of(json), &e));
        r.surface = VIEW("tagged");
        struct rank_result *x = rank(&r, all, COUNT(all));
        for (size_t i = 0; i < COUNT(all); i++) score[k][i] = of(x, all[i])->score;
        if (k == 0) plain = score[0][2];
    }
    OK(score[0][0] != score[0][3]); /* the frames tell a from g */
    for (int k = 1; k < 3; k++) {
        EQ_MEM(&score[k][0], &score[k][3], sizeof(double)); /* a and g: x */
        NEAR(score[k][1], score[k][4], 1e-12);              /* b and h: y and z */
        OK(score[k][0] != score[k][1]);
        EQ_MEM(&score[k][2], &plain, sizeof plain); /* c has no tags */
    }
    OK(score[1][0] != score[2][0]);
}

/* The surface `tagged` asks tags alone: of a wish with more than four clauses each counts by a
 * share of its own, the squares of which add up to one, and all of them as one text once more. A
 * weight counts beside the others only. */
static void story(void) {
    static const char *const all[] = {"a", "b", "c", "g", "h"};
    static const char *const clause[] = {"red", "blue", "green", "white", "grey"};
    static const char many[] = "red, blue, green, white, grey";
    struct rank_request r = request(many, READOUT_QUERY);
    r.surface = VIEW("tagged");
    struct rank_result *x = rank(&r, all, COUNT(all));
    EQ(x->n_clauses, (int)COUNT(clause));
    double square = 0, least = 1;
    struct rank_request joined = request("", READOUT_QUERY);
    joined.surface = VIEW("tagged");
    joined.clause[joined.n_clauses++] =
        (struct clause){.text = view_of(many), .sign = 1, .weight = 1};
    joined.has_clauses = 1;
    double whole = of(rank(&joined, all, COUNT(all)), "a")->score;
    OK(whole != 0);
    for (size_t k = 0; k < COUNT(clause); k++) {
        struct rank_request one = request(clause[k], READOUT_QUERY);
        one.surface = VIEW("tagged");
        double alone = of(rank(&one, all, COUNT(all)), "a")->score;
        double share = (of(x, "a")->clause[k] - whole / (double)COUNT(clause)) / alone;
        square += share * share;
        least = share < least ? share : least;
    }
    NEAR(square, 1, 1e-9);
    OK(least > 0 && least < 1 / sqrt(5) - 1e-6); /* they do not count alike */
    double score = of(x, "a")->score;
    for (size_t k = 0; k < COUNT(clause); k++)
        r.clause[r.n_clauses++] =
            (struct clause){.text = view_of(clause[k]), .sign = 1, .weight = 2};
    r.has_clauses = 1;
    r.instruction = VIEW("");
    NEAR(of(rank(&r, all, COUNT(all)), "a")->score, score, 1e-9);
}

static void prompt_is(const struct rank_result *x, const char *const *want, int n) {
    EQ(x->prompt.n_parts, n);
    for (int i = 0; i < x->prompt.n_parts && i < n; i++)
        OK(view_eq_str(x->prompt.part[i].text, want[i]));
}

/* The item is the next one in the list of what was liked, which a surface may write twice: then
 * the lists that say nothing are, too. */
static void list(struct store *s) {
    static const char *const all[] = {"b"};
    static const char head[] = "Favourite items of one person:\n",
                      a[] = "- red chair. wood. Cost: 20 [x]\n", robots[] = "- giant robots\n",
                      next[] = " blue lamp. Cost: 90 [y, z]";
    static const char *const once[] = {head, a, robots, "-", next}, *const twice[] = {
                                                                        head,   a,   robots, a,
                                                                        robots, "-", next};
    struct err e;
    struct rank_request r = request("", READOUT_ITEM);
    r.example[r.n_examples++] = (struct example){VIEW("a"), VIEW(""), 1};
    r.example[r.n_examples++] = (struct example){VIEW(""), VIEW("giant robots"), 1};
    struct rank_result *x = rank(&r, all, 1), *y;
    prompt_is(x, once, COUNT(once));
    r.surface = VIEW("again");
    GOOD(store_surface_put(s, r.surface, VIEW("{\"list_least\":4}"), &e));
    y = rank(&r, all, 1);
    prompt_is(y, twice, COUNT(twice));
    OK(of(y, "b")->logprob != of(x, "b")->logprob && of(y, "b")->prior != of(x, "b")->prior);
}

/* A part weighs what its surface says, and only as much of its prior is taken away; a part that
 * weighs nothing says nothing. */
static void part_weights(struct store *s) {
    static const char *const all[] = {"a", "b", "g"};
    static const char *const json[] = {
        "{\"parts\":[{\"text\":\"{title}\"},{\"text\":\"{ [|tags|]}\",\"weight\":0}]}",
        "{\"parts\":[{\"text\":\"{title}\",\"weight\":0},{\"text\":\"{ [|tags|]}\"}]}",
        "{\"parts\":[{\"text\":\"{title}\",\"weight\":2,\"prior\":0.5},"
        "{\"text\":\"{ [|tags|]}\",\"weight\":3}]}"};
    struct rank_request r = request("", READOUT_ITEM);
    struct rank_result *x[COUNT(json)];
    struct err e;
    r.surface = VIEW("parts");
    r.example[r.n_examples++] = (struct example){VIEW("h"), VIEW(""), 1};
    for (size_t k = 0; k < COUNT(json); k++) {
        GOOD(store_surface_put(s, VIEW("parts"), view_of(json[k]), &e));
        x[k] = rank(&r, all, 3);
    }
    for (int i = 0; i < 3; i++) {
        const struct ranked *title = of(x[0], all[i]), *tags = of(x[1], all[i]),
                            *both = of(x[2], all[i]);
        NEAR(both->logprob, 2 * title->logprob + 3 * tags->logprob, 1e-5);
        NEAR(both->prior, title->prior + 3 * tags->prior, 1e-5);
        NEAR(both->score, both->logprob - both->prior, 1e-12);
        OK(title->logprob < 0 && tags->logprob < 0 && title->prior < 0 && tags->prior < 0);
    }
}

/* Faults in a surface name their field. */
static void surface_faults(void) {
    static const struct {
        const char *json, *field;
    } t[] = {
        {"{\"parts\":{}}", "parts"},
        {"{\"parts\":[{\"weight\":1}]}", "parts[0]"},
        {"{\"parts\":[{\"text\":\"x\",\"weight\":-1}]}", "parts[0]"},
        {"{\"list_least\":0}", "list_least"},
        {"{\"list_least\":1.5}", "list_least"},
        {"{\"list_least\":21}", "list_least"},
        {"{\"tag_weight\":1.5}", "tag_weight"},
        {"{\"tag_weight\":\"much\"}", "tag_weight"},
        {"{\"tag_frames\":{}}", "tag_frames"},
        {"{\"tag_frames\":[{\"root\":\"R\",\"first\":\"{tag}\",\"second\":\"{tag}\"}]}",
         "tag_frames[0]"},
        {"{\"tag_frames\":[{\"root\":\"\",\"first\":\"{tag}\",\"second\":\"{clause}\"}]}",
         "tag_frames[0]"},
        {"{\"tag_frames\":[{\"root\":\"R\",\"first\":\"{tag}\"}]}", "tag_frames[0]"},
    };
    for (size_t i = 0; i < COUNT(t); i++) {
        struct surface s;
        struct err e;
        EQ(surface_parse(&s, VIEW("x"), view_of(t[i].json), &arena, &e), ST_INVALID);
        EQ_STR(e.field, t[i].field);
    }
}

int main(void) {
    struct store *s = toy_open();
    tags();
    story();
    list(s);
    part_weights(s);
    surface_faults();
    toy_close(s);
    return t_end();
}
