/* Prompt trees as texts: what stands above an ask is its prompt, what it asks for the answer. */
#include "server/brew/export/export.h"

#include "kernels/base/buf.h"
#include "kernels/base/os/file.h"
#include "server/assets/assets.h"
#include "server/store/sql/json_memory.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_MAX = 1 << 30, DEEP = 8 };

struct export {
    struct brew *b;
    const struct recipe_step *s;
    struct brew_tree tree;
    const struct graded *sheet;
    int item[GRADED_ITEMS_MAX], wish[GRADED_WISHES_MAX], n_wishes;
    struct buf lists, kept, rows;
    struct brew_exported n;
};

/* --- texts */

static void add_node(struct export *x, int node, struct buf *to) {
    const struct tree *t = &x->tree.tree;
    for (int k = t->off[node]; k < t->off[node + 1]; k++)
        if (!(t->parent[node] < 0 && k == t->off[node] && t->tok[k] == x->b->info.bos))
            buf_view(to, trainer_text(x->b->t, t->tok[k]));
}

/* What stands above the ask's node, and the node. A cut text may end within a character. */
static json_t *text_of(struct export *x, int ask, int answer) {
    int path[DEEP], n = 0, node = x->tree.ask[ask].node;
    struct buf t;
    buf_init(&t, 1 << 20);
    for (int p = x->tree.tree.parent[node]; p >= 0 && n < DEEP; p = x->tree.tree.parent[p])
        path[n++] = p;
    if (answer) add_node(x, node, &t);
    while (!answer && n > 0) add_node(x, path[--n], &t);
    json_t *out = json_stringn(t.p ? t.p : "", t.n);
    for (int cut = 1; !out && cut < 4 && (size_t)cut < t.n; cut++)
        out = json_stringn(t.p, t.n - (size_t)cut);
    buf_free(&t);
    return out;
}

static json_t *pair_of(struct export *x, int ask) {
    return json_pack("[o,o]", text_of(x, ask, 0), text_of(x, ask, 1));
}

static enum status add_row(struct buf *to, json_t *row, struct err *e) {
    char *line = row ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(row);
    if (!line) return fail(e, ST_NO_MEMORY, "no memory for a row, or a text that is not UTF-8");
    buf_printf(to, "%s\n", line);
    json_text_free(line);
    return to->failed ? fail(e, ST_LIMIT, "the export is over 1 GiB; name fewer lists") : ST_OK;
}

/* --- rows */

static int grade(const struct export *x, int w, int i) {
    return x->sheet->wish[x->wish[w]].grade[i];
}

/* One wish: prompt and answer of every item, the same of what says nothing, grades. */
static enum status list_row(struct export *x, int w, struct err *e) {
    const struct brew_tree *t = &x->tree;
    json_t *asks = json_array(), *empty = json_array(), *grades = json_array();
    for (int i = 0; i < t->n_items; i++) {
        json_t *none = json_array();
        for (int k = 0; k < t->n_empty; k++)
            json_array_append_new(none, pair_of(x, t->empty_ask[i * t->n_empty + k]));
        json_array_append_new(empty, none);
        json_array_append_new(asks, pair_of(x, t->wish_ask[w * t->n_items + i]));
        json_array_append_new(grades, json_integer(grade(x, w, i)));
    }
    json_t *row =
        json_pack("{s:s,s:s,s:o,s:o,s:o}", "surface", x->sheet->name, "kind",
                  x->sheet->wish[x->wish[w]].kind, "asks", asks, "empty", empty, "grades", grades);
    return add_row(x->sheet->kept_out ? &x->kept : &x->lists, row, e);
}

static enum status pair_row(struct export *x, int good, int bad, struct err *e) {
    x->n.rows++;
    return add_row(&x->rows,
                   json_pack("{s:o,s:o,s:o}", "prompt", text_of(x, good, 0), "chosen",
                             text_of(x, good, 1), "rejected", text_of(x, bad, 1)),
                   e);
}

/* Two answers below one prompt. query: wishes of an item, one that it suits and the next one that
 * it does not. item: items below one history, likewise. */
static enum status pair_rows(struct export *x, int w, struct err *e) {
    const struct brew_tree *t = &x->tree;
    int query = x->s->readout == BREW_QUERY, n = query ? x->n_wishes : t->n_items;
    for (int i = 0; i < t->n_items; i++) {
        if (grade(x, w, i) != 2) continue;
        for (int k = 1; k < n; k++) {
            int bw = query ? (w + k) % n : w, bi = query ? i : (i + k) % n;
            if (grade(x, bw, bi) != 0) continue;
            TRY(pair_row(x, t->wish_ask[w * t->n_items + i], t->wish_ask[bw * t->n_items + bi], e));
            break;
        }
    }
    return ST_OK;
}

/* Prompts with answers that fit, as continued pre-training reads them. */
static enum status text_rows(struct export *x, int w, struct err *e) {
    for (int i = 0; i < x->tree.n_items; i++) {
        int ask = x->tree.wish_ask[w * x->tree.n_items + i];
        if (grade(x, w, i) != 2) continue;
        json_t *prompt = text_of(x, ask, 0), *answer = text_of(x, ask, 1);
        json_t *both = json_sprintf("%s%s", json_string_value(prompt), json_string_value(answer));
        json_decref(prompt);
        json_decref(answer);
        TRY(add_row(&x->rows, json_pack("{s:o}", "text", both), e));
        x->n.rows++;
    }
    return ST_OK;
}

static enum status plain_texts(struct export *x, struct err *e) {
    for (int i = 0; i < x->b->n_texts; i++) {
        if (x->b->text_out[i]) continue;
        TRY(add_row(&x->rows, json_pack("{s:s%}", "text", x->b->text[i].p, x->b->text[i].n), e));
        x->n.rows++;
    }
    return ST_OK;
}

/* --- forms */

struct form {
    const char *name;
    enum status (*row)(struct export *x, int w, struct err *e);
    enum status (*finish)(struct export *x, const char *folder, struct err *e);
    int kept; /* what is kept out is written, too */
};

static enum status put(const char *folder, const char *name, const char *p, size_t n,
                       struct err *e) {
    char path[1024];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return fail(e, ST_LIMIT, "the path is too long");
    return file_write(path, p ? p : "", n, e);
}

static json_t *linears(const struct recipe_step *s) {
    json_t *all = json_array();
    for (int i = 0; i < TRAINER_LINEARS; i++)
        if (!(s->skip & trainer_linears[i].bit))
            json_array_append_new(all, json_string(trainer_linears[i].name));
    return all;
}

static enum status finish_trl(struct export *x, const char *folder, struct err *e) {
    const struct recipe_step *s = x->s;
    struct view script;
    const char *etag;
    json_t *o = json_pack(
        "{s:s,s:s,s:i,s:f,s:i,s:i,s:o,s:i,s:i,s:f,s:f,s:f,s:f,s:i,s:f,s:f,s:f,s:f,s:f,s:I}", "name",
        x->b->recipe.name, "readout", brew_readout_names[s->readout], "rank", s->rank, "alpha",
        s->alpha, "first_layer", s->first_layer, "layers", x->b->info.layers, "linears", linears(s),
        "lists", s->lists, "items", s->items, "rate", s->rate, "scalar_rate", s->scalar_rate,
        "least", s->least, "clip", s->clip, "warm", s->warm, "gain", s->gain, "beta", s->beta,
        "beta1", s->beta1, "beta2", s->beta2, "decay", s->decay, "seed",
        (json_int_t)x->b->recipe.seed);
    char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
    json_decref(o);
    if (!text) return fail(e, ST_NO_MEMORY, "no memory for settings");
    enum status st = put(folder, "settings.json", text, strlen(text), e);
    json_text_free(text);
    TRY(st);
    if (!assets_find("fixtures/brew/trl.py", &script, &etag))
        return fail(e, ST_INVALID, "the program holds no fixtures/brew/trl.py");
    TRY(put(folder, "train.py", script.p, script.n, e));
    TRY(put(folder, "kept.jsonl", x->kept.p, x->kept.n, e));
    return put(folder, "lists.jsonl", x->lists.p, x->lists.n, e);
}

/* SimPO: a preference by the answers' mean log-probabilities, which is what is ranked by here, too;
 * the layers and linears of the recipe. */
static enum status finish_axolotl(struct export *x, const char *folder, struct err *e) {
    const struct recipe_step *s = x->s;
    struct buf y;
    buf_init(&y, 1 << 20);
    buf_printf(&y,
               "# base_model: the name, or the folder, of this model in the hub's form\n"
               "base_model: %s\nadapter: lora\nlora_r: %d\nlora_alpha: %g\nlora_target_modules:\n",
               x->b->recipe.model, s->rank, s->alpha);
    for (int i = 0; i < TRAINER_LINEARS; i++)
        if (!(s->skip & trainer_linears[i].bit))
            buf_printf(&y, "  - %s\n", trainer_linears[i].name);
    buf_str(&y, "peft_layers_to_transform: [");
    for (int i = s->first_layer; i < x->b->info.layers; i++)
        buf_printf(&y, "%s%d", i > s->first_layer ? ", " : "", i);
    buf_printf(&y,
               "]\nrl: simpo\nrl_beta: %g\nsimpo_gamma: 0\ndatasets:\n  - path: pairs.jsonl\n"
               "    ds_type: json\n    split: train\n    type:\n      field_prompt: prompt\n"
               "      field_chosen: chosen\n      field_rejected: rejected\n"
               "      prompt_format: \"{prompt}\"\n      chosen_format: \"{chosen}\"\n"
               "      rejected_format: \"{rejected}\"\n"
               "learning_rate: %g\nlr_scheduler: cosine_with_min_lr\n"
               "lr_scheduler_kwargs:\n  min_lr_rate: %g\nwarmup_steps: %d\nmax_grad_norm: %g\n"
               "micro_batch_size: 8\ngradient_accumulation_steps: 4\nnum_epochs: 1\n"
               "optimizer: adamw_torch\nadam_beta1: %g\nadam_beta2: %g\nweight_decay: %g\n"
               "sequence_len: 1024\nbf16: auto\nseed: %llu\noutput_dir: ./adapter\n",
               exp(s->gain), s->rate, s->least, s->warm, s->clip, s->beta1, s->beta2, s->decay,
               (unsigned long long)x->b->recipe.seed);
    enum status st = put(folder, "pairs.jsonl", x->rows.p, x->rows.n, e);
    if (st == ST_OK) st = put(folder, "axolotl.yml", y.p, y.n, e);
    buf_free(&y);
    return st;
}

static enum status finish_text(struct export *x, const char *folder, struct err *e) {
    TRY(plain_texts(x, e));
    return put(folder, "texts.jsonl", x->rows.p, x->rows.n, e);
}

static const struct form forms[] = {{"trl", list_row, finish_trl, 1},
                                    {"axolotl", pair_rows, finish_axolotl, 0},
                                    {"text", text_rows, finish_text, 0}};

/* --- all sheets */

static enum status export_sheet(struct export *x, const struct form *f, struct err *e) {
    struct brew *b = x->b;
    x->n_wishes = 0;
    for (int i = 0; i < x->sheet->n_items; i++) x->item[i] = i;
    for (int w = 0; w < x->sheet->n_wishes; w++)
        if (brew_suits(&x->sheet->wish[w], x->s->readout)) x->wish[x->n_wishes++] = w;
    if (!x->n_wishes) return ST_OK;
    arena_reset(&b->step);
    TRY(brew_prompt(&x->tree, &b->words, x->sheet, x->s->readout, x->item, x->sheet->n_items,
                    x->wish, x->n_wishes, &b->step, e));
    for (int w = 0; w < x->n_wishes; w++) TRY(f->row(x, w, e));
    *(x->sheet->kept_out ? &x->n.kept : &x->n.lists) += x->n_wishes;
    return ST_OK;
}

static enum status export_all(struct export *x, const struct form *f, const char *folder,
                              struct err *e) {
    if (x->s->readout == BREW_RELEVANCE)
        return fail(e, ST_UNSUPPORTED,
                    "the readout relevance is not exported; export query or item");
    TRY(file_mkdirs(folder, e));
    for (int i = 0; i < x->b->sheets.n; i++) {
        x->sheet = &x->b->sheets.at[i];
        if (!x->sheet->kept_out || f->kept) TRY(export_sheet(x, f, e));
        if (brew_cancelled(x->b)) return fail(e, ST_CANCELLED, "the export was cancelled");
    }
    if (!x->n.lists) return fail(e, ST_INVALID, "no list of the recipe's data suits this readout");
    return f->finish(x, folder, e);
}

enum status brew_export(const struct brew_config *c, const char *form, const char *folder,
                        struct brew_exported *out, struct err *e) {
    const struct form *f = NULL;
    struct export *x;
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(forms[i].name, form) == 0) f = &forms[i];
    if (!f) {
        (void)fail(e, ST_INVALID, "form is '%.40s'; write trl, axolotl or text", form);
        err_field(e, "form");
        return ST_INVALID;
    }
    x = mem_alloc(sizeof *x);
    if (!x) return fail(e, ST_NO_MEMORY, "no memory for an export");
    memset(x, 0, sizeof *x);
    buf_init(&x->lists, BYTES_MAX);
    buf_init(&x->kept, BYTES_MAX);
    buf_init(&x->rows, BYTES_MAX);
    enum status st = brew_open(&x->b, c, e);
    if (st == ST_OK) {
        x->s = brew_train_step(x->b);
        st = export_all(x, f, folder, e);
        brew_close(x->b);
    }
    *out = x->n;
    buf_free(&x->lists);
    buf_free(&x->kept);
    buf_free(&x->rows);
    mem_free(x);
    return st;
}
