/* A recipe from its text to its adapter. */
#include "server/brew/brew.h"
#include "server/brew/members.h"

#include "kernels/base/os/file.h"

#include <stdio.h>
#include <string.h>

/* What a step may do. */
static const struct recipe_kind kinds[] = {
    {"train", brew_train}, {"evaluate", brew_evaluate}, {NULL, NULL}};

enum { TEXT_LEAST = 40 }; /* bytes of a paragraph that counts as a text */

int brew_cancelled(const struct brew *b) {
    return b->c->cancel && atomic_load(b->c->cancel);
}

enum status brew_check(struct view recipe, struct arena *a, struct recipe *out, struct err *e) {
    return recipe_parse(out, recipe, kinds, a, e);
}

/* --- data */

static void keep_some(struct brew *b, int from, double share) {
    for (int i = from; i < b->sheets.n; i++) {
        struct graded *x = &b->sheets.at[i];
        x->kept_out |= (double)(x->key >> 11) * 0x1p-53 < share;
    }
}

/* Leaves the sheets that are learned from, and a share of those that settings are chosen on. */
static void keep_parts(struct brew *b, double share) {
    int n = 0;
    for (int i = 0; i < b->sheets.n; i++) {
        struct graded *x = &b->sheets.at[i];
        enum graded_part part = graded_part(x);
        x->kept_out = part != GRADED_TRAIN;
        if (part == GRADED_TRAIN ||
            (part == GRADED_CHOOSE && (double)(x->key >> 11) * 0x1p-53 < share))
            b->sheets.at[n++] = *x;
    }
    b->sheets.n = n;
}

static enum status read_lists(struct brew *b, struct err *e) {
    const struct recipe_data *d = &b->recipe.data;
    for (int i = 0; i < d->lists.n; i++)
        TRY(graded_read(&b->sheets, d->lists.at[i], &b->arena, &b->skipped, e));
    if (d->parts)
        keep_parts(b, d->keep_out);
    else
        keep_some(b, 0, d->keep_out);
    int from = b->sheets.n;
    for (int i = 0; i < d->keep_out_lists.n; i++)
        TRY(graded_read(&b->sheets, d->keep_out_lists.at[i], &b->arena, &b->skipped, e));
    keep_some(b, from, 2);
    for (int i = 0; i < d->catalogs.n; i++) {
        if (!b->c->store) return fail(e, ST_INVALID, "this recipe needs the data folder");
        TRY(graded_members(&b->sheets, b->c->store, d->catalogs.at[i], d->members, d->histories,
                           b->recipe.seed, &b->arena, e));
    }
    return ST_OK;
}

/* A sheet that stands in two files, or in one to learn from and one that is kept, is kept once. */
static void drop_doubles(struct brew *b) {
    int n = 0;
    for (int i = 0; i < b->sheets.n; i++) {
        struct graded *x = &b->sheets.at[i];
        int k = 0;
        while (k < n && (x->key != b->sheets.at[k].key || x->line == 0)) k++;
        if (k < n)
            b->sheets.at[k].kept_out |= x->kept_out;
        else
            b->sheets.at[n++] = *x;
    }
    b->sheets.n = n;
}

/* Paragraphs of text files: a blank line ends one. */
static enum status add_paragraphs(struct brew *b, struct view text, int *max, struct err *e) {
    while (text.n) {
        const char *end = strstr(text.p, "\n\n"); /* the copy ends with NUL */
        struct view one = view_trim((struct view){text.p, end ? (size_t)(end - text.p) : text.n});
        text = end ? view_sub(text, (size_t)(end - text.p) + 2, text.n) : VIEW("");
        if (one.n < TEXT_LEAST) continue;
        if (b->n_texts == *max) {
            *max = 2 * *max + 256;
            struct view *more = ARENA_NEW(&b->arena, struct view, (size_t)*max);
            if (!more) return fail(e, ST_NO_MEMORY, "no memory for texts");
            if (b->n_texts) memcpy(more, b->text, (size_t)b->n_texts * sizeof *more);
            b->text = more;
        }
        b->text[b->n_texts++] = one;
    }
    return ST_OK;
}

static enum status read_texts(struct brew *b, struct err *e) {
    int max = 0;
    for (int i = 0; i < b->recipe.data.texts.n; i++) {
        char *p;
        size_t n;
        TRY(file_read(b->recipe.data.texts.at[i], (size_t)1 << 28, &p, &n, e));
        const char *copy = arena_copy(&b->arena, p, n);
        mem_free(p);
        if (!copy) return fail(e, ST_NO_MEMORY, "no memory for texts");
        TRY(add_paragraphs(b, (struct view){copy, n}, &max, e));
    }
    b->text_out = ARENA_NEW(&b->arena, uint8_t, (size_t)b->n_texts + 1);
    if (!b->text_out) return fail(e, ST_NO_MEMORY, "no memory for texts");
    for (int i = 0; i < b->n_texts; i++) {
        const char *t = arena_copy(&b->arena, b->text[i].p, b->text[i].n);
        if (!t) return fail(e, ST_NO_MEMORY, "no memory for texts");
        b->text_out[i] = (double)(graded_hash(0, t) >> 11) * 0x1p-53 < b->recipe.data.keep_out;
    }
    return ST_OK;
}

/* --- the model */

const struct recipe_step *brew_train_step(const struct brew *b) {
    for (int i = 0; i < b->recipe.n_steps; i++)
        if (b->recipe.step[i].kind->run == brew_train) return &b->recipe.step[i];
    return NULL;
}

static enum status open_trainer(struct brew *b, const struct recipe_step *s, struct err *e) {
    const struct recipe *r = &b->recipe;
    const struct trainer_config c = {.model = b->c->model,
                                     .precision = r->precision,
                                     .backend = r->backend,
                                     .threads = r->threads,
                                     .rank = s->rank,
                                     .alpha = (float)s->alpha,
                                     .first = s->first_layer,
                                     .skip = s->skip,
                                     .whole = s->keep_layers,
                                     .seed = r->seed,
                                     .scalars = LOSS_SCALARS,
                                     .beta1 = s->beta1,
                                     .beta2 = s->beta2,
                                     .decay = s->decay,
                                     .clip = s->clip};
    TRY(trainer_open(&b->t, &c, e));
    trainer_info(b->t, &b->info);
    trainer_scalars(b->t)[LOSS_GAIN] = (float)s->gain;
    trainer_scalars(b->t)[LOSS_BETA] = (float)s->beta;
    b->words = (struct brew_words){.trainer = b->t, .store = b->c->store, .a = &b->arena};
    return r->start_from ? trainer_start_from(b->t, r->start_from, e) : ST_OK;
}

/* The adapter, unless something that is guarded fell. */
static enum status adopt(struct brew *b, struct err *e) {
    char gguf[1024], peft[1024];
    const float *scalar = trainer_scalars(b->t);
    if (b->report.why[0] && !b->c->force) return ST_OK;
    if (snprintf(gguf, sizeof gguf, "%s/%s.gguf", b->c->out, b->recipe.name) >= (int)sizeof gguf ||
        snprintf(peft, sizeof peft, "%s/%s.peft", b->c->out, b->recipe.name) >= (int)sizeof peft)
        return fail(e, ST_LIMIT, "the path is too long");
    const struct trainer_export x = {.gguf = gguf,
                                     .peft = peft,
                                     .readout = brew_readout_names[b->trained->readout],
                                     .gain = scalar[LOSS_GAIN],
                                     .beta = scalar[LOSS_BETA],
                                     .forced = b->report.why[0] != 0,
                                     .half = b->recipe.half};
    TRY(trainer_export(b->t, &x, e));
    b->report.adopted = 1;
    return ST_OK;
}

static enum status run_steps(struct brew *b, struct err *e) {
    const struct recipe_step *s = brew_train_step(b);
    for (int i = 0; i < b->recipe.n_steps; i++) {
        if (b->recipe.step[i].kind->run == brew_train && &b->recipe.step[i] != s)
            return fail(e, ST_UNSUPPORTED, "a recipe has one step that trains");
        TRY(b->recipe.step[i].kind->run(b, &b->recipe.step[i], e));
    }
    if (!b->report.after.auc) TRY(brew_evaluate(b, s, e));
    /* What was before is the model without the adapter, as rankings read it: `query` without its
     * prior, which harms it untrained, the others less theirs. Measured last, so that a run that
     * goes on need not measure it again. */
    TRY(trainer_adapter(b->t, 0, e));
    TRY(brew_measure(b, s, "evaluate before", s->readout == BREW_QUERY ? 0 : 1, &b->report.before,
                     e));
    TRY(trainer_adapter(b->t, 1, e));
    TRY(brew_judge(b, e));
    return adopt(b, e);
}

static enum status read_all(struct brew *b, struct err *e) {
    TRY(recipe_parse(&b->recipe, b->c->recipe, kinds, &b->arena, e));
    TRY(file_mkdirs(b->c->out, e));
    TRY(read_lists(b, e));
    drop_doubles(b);
    TRY(read_texts(b, e));
    if (!brew_train_step(b)) return fail(e, ST_INVALID, "the recipe has no step that trains");
    return open_trainer(b, brew_train_step(b), e);
}

enum status brew_open(struct brew **out, const struct brew_config *c, struct err *e) {
    struct brew *b = mem_alloc(sizeof *b);
    if (!b) return fail(e, ST_NO_MEMORY, "no memory for a brew");
    memset(b, 0, sizeof *b);
    b->c = c;
    arena_init(&b->arena, (size_t)1 << 33);
    arena_init(&b->step, (size_t)1 << 31);
    enum status st = read_all(b, e);
    if (st != ST_OK) brew_close(b);
    if (st == ST_OK) *out = b;
    return st;
}

void brew_close(struct brew *b) {
    trainer_close(b->t);
    trainer_close(b->teacher);
    arena_free(&b->step);
    arena_free(&b->arena);
    mem_free(b);
}

enum status brew_run(const struct brew_config *c, struct arena *a, struct brew_report *out,
                     struct err *e) {
    struct brew *b;
    *out = (struct brew_report){.steps = 0};
    TRY(brew_open(&b, c, e));
    enum status st = run_steps(b, e);
    if (st == ST_OK) st = brew_write_report(b, a, e);
    *out = b->report;
    out->curve = NULL; /* what lived in the run's memory */
    out->before = out->after = (struct brew_measures){.n = 0};
    brew_close(b);
    return st;
}
