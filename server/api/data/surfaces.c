/* /api/surfaces/S: the words of a ranking task, built in or a person's own. */
#include "server/api/kit/app.h"
#include "server/api/kit/out.h"
#include "server/api/kit/query.h"
#include "server/store/sql/depth.h"

#include <string.h>

static void write_words(struct buf *b, const struct surface *s) {
    const struct {
        const char *name, *text;
    } word[] = {
        {"name", s->name},           {"title", s->title},
        {"item_word", s->item_word}, {"items_word", s->items_word},
        {"note", s->note},           {"member_word", s->member_word},
        {"item", s->item},           {"liked", s->liked},
        {"disliked", s->disliked},   {"answer_yes", s->answer_yes},
        {"answer_no", s->answer_no}, {"question", s->question},
        {"readout", s->readout},     {"list", s->list},
    };
    for (size_t i = 0; i < COUNT(word); i++) out_text(b, word[i].name, word[i].text);
}

static void write_choices(struct buf *b, const struct surface *s) {
    out_open(b, "labels", '[');
    for (int i = 0; i < s->n_labels; i++) {
        out_open(b, NULL, '[');
        out_text(b, NULL, s->label[i][0]);
        out_text(b, NULL, s->label[i][1]);
        out_close(b, ']');
    }
    out_close(b, ']');
    out_open(b, "demonstrations", '[');
    for (int i = 0; i < s->n_demos; i++) {
        out_open(b, NULL, '{');
        out_text(b, "item", s->demo[i].item);
        out_text(b, "wish", s->demo[i].wish);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_open(b, "weights", '{');
    out_num(b, "item", s->blend_item);
    if (s->has_shares) {
        out_num(b, "whole", s->whole);
        out_num(b, "meaning", s->meaning);
    }
    out_close(b, '}');
}

static void write_frames(struct buf *b, const struct surface *s) {
    out_open(b, "frames", '[');
    for (int i = 0; i < s->n_frames; i++) {
        out_open(b, NULL, '{');
        out_text(b, "root", s->frame[i].root);
        out_text(b, "item", s->frame[i].item);
        out_text(b, "tail", s->frame[i].tail);
        out_text(b, "clause", s->frame[i].clause);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_open(b, "tag_frames", '[');
    for (int i = 0; i < s->n_tag_frames; i++) {
        out_open(b, NULL, '{');
        out_text(b, "root", s->tag_frame[i].root);
        out_text(b, "first", s->tag_frame[i].first);
        out_text(b, "second", s->tag_frame[i].second);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_num(b, "tag_weight", s->tag_weight);
    out_num(b, "list_least", s->list_least);
    out_open(b, "parts", '[');
    for (int i = 0; i < s->n_parts; i++) {
        out_open(b, NULL, '{');
        out_text(b, "text", s->part[i].text);
        out_num(b, "weight", s->part[i].weight);
        out_num(b, "prior", s->part[i].prior);
        out_close(b, '}');
    }
    out_close(b, ']');
    out_open(b, "empty", '[');
    for (int i = 0; i < s->n_empty; i++) out_text(b, NULL, s->empty[i]);
    out_close(b, ']');
}

/* A person's surface hides a built-in one of its name. */
static enum status reply(struct req *r, const struct surface *s, int own, struct err *e) {
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    write_words(&b, s);
    write_choices(&b, s);
    write_frames(&b, s);
    out_open(&b, "example_wishes", '[');
    for (int i = 0; i < s->n_wishes; i++) out_text(&b, NULL, s->wishes[i]);
    out_close(&b, ']');
    out_bool(&b, "built_in", surface_builtin(view_of(s->name)) != NULL);
    out_bool(&b, "changed", own);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

static enum status write_row(struct req *r, struct buf *b, struct view name, int own,
                             struct err *e) {
    struct app *app = req_app(r);
    struct surface s;
    TRY(surface_load(&s, app->store, name, req_arena(r), e));
    out_open(b, NULL, '{');
    out_view(b, "name", name);
    out_text(b, "title", s.title);
    out_bool(b, "built_in", surface_builtin(name) != NULL);
    out_bool(b, "changed", own);
    out_close(b, '}');
    return ST_OK;
}

/* The built-in ones, then those that people made. */
enum status api_surfaces_list(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    const char **own;
    struct buf b;
    int n;
    TRY(store_surfaces(app->store, req_arena(r), &own, &n, e));
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_open(&b, "surfaces", '[');
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && surface_builtin_name(i); i++) {
        const char *name = surface_builtin_name(i);
        int changed = 0;
        for (int k = 0; k < n; k++) changed |= strcmp(own[k], name) == 0;
        st = write_row(r, &b, view_of(name), changed, e);
    }
    for (int k = 0; st == ST_OK && k < n; k++)
        if (!surface_builtin(view_of(own[k]))) st = write_row(r, &b, view_of(own[k]), 1, e);
    if (st != ST_OK) {
        buf_free(&b);
        return st;
    }
    out_close(&b, ']');
    out_close(&b, '}');
    return out_reply(r, &b, e);
}

enum status api_surfaces_get(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name = req_param(r, "name"), json;
    struct surface s;
    enum status st = store_surface(app->store, name, req_arena(r), &json, e);
    if (st != ST_OK && st != ST_NOT_FOUND) return st;
    int own = st == ST_OK;
    TRY(surface_load(&s, app->store, name, req_arena(r), e));
    return reply(r, &s, own, e);
}

enum status api_surfaces_put(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name = req_param(r, "name"), body;
    struct surface s;
    TRY(req_body(r, &body, e));
    TRY(depth_check(body, e));
    TRY(depth_admit(e));
    TRY(surface_parse(&s, name, body, req_arena(r), e));
    TRY(surface_check_fields(body, e));
    TRY(store_surface_put(app->store, name, body, e));
    vectors_texts_changed(atomic_load(&app->vectors));
    return reply(r, &s, 1, e);
}

enum status api_surfaces_delete(struct req *r, struct err *e) {
    struct app *app = req_app(r);
    struct view name = req_param(r, "name");
    int built_in = surface_builtin(name) != NULL;
    struct buf b;
    enum status st = store_surface_delete(app->store, name, e);
    if (st == ST_OK) vectors_texts_changed(atomic_load(&app->vectors));
    if (st == ST_NOT_FOUND && built_in) {
        (void)fail(e, ST_CONFLICT, "this surface is built in and was not changed");
        err_field(e, "surface");
        return ST_CONFLICT;
    }
    TRY(st);
    buf_init(&b, OUT_MAX);
    out_open(&b, NULL, '{');
    out_view(&b, built_in ? "restored" : "deleted", name);
    out_close(&b, '}');
    return out_reply(r, &b, e);
}
