#include "kernels/cuda/ops/chunk.cuh"

#include "kernels/base/arena.h"

#include <string.h>

/* --- stages */

void stage_close(struct stage *s, struct device_gpu *d) {
    device_free_pinned(s->host);
    device_free(d, s->device);
    bool outside = s->outside;
    *s = stage();
    s->outside = outside;
}

/* Room for that many bytes, and nothing of the last contents still on its way. */
static enum status stage_make(struct stage *s, struct device_gpu *d, size_t bytes, struct err *e) {
    if (s->used && s->sent_at == d->syncs) TRY(device_sync(d, e));
    s->used = 0;
    if (bytes <= s->bytes) return ST_OK;
    stage_close(s, d);
    size_t want = bytes + bytes / 2 + 4096;
    if (!s->outside) d->moves++;
    TRY(device_alloc_pinned(&s->host, want, e));
    enum status st = device_alloc(d, &s->device, want, e);
    if (st != ST_OK) {
        stage_close(s, d);
        return st;
    }
    s->bytes = want;
    return ST_OK;
}

static enum status stage_send(struct stage *s, struct device_gpu *d, size_t bytes, struct err *e) {
    TRY(device_write(d, s->device, s->host, bytes, e));
    s->sent_at = d->syncs;
    s->used = bytes;
    return ST_OK;
}

enum status stage_put_two(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                          const void *p2, size_t bytes2, void **out, struct err *e) {
    char *host = static_cast<char *>(s->host);
    bool there = s->used == bytes + bytes2 && memcmp(host, p, bytes) == 0 &&
                 (bytes2 == 0 || memcmp(host + bytes, p2, bytes2) == 0);
    if (!there) {
        TRY(stage_make(s, d, bytes + bytes2, e));
        host = static_cast<char *>(s->host);
        memcpy(host, p, bytes);
        if (bytes2) memcpy(host + bytes, p2, bytes2);
        TRY(stage_send(s, d, bytes + bytes2, e));
    }
    *out = s->device;
    return ST_OK;
}

enum status stage_put_room(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                           size_t room, void **out, struct err *e) {
    TRY(stage_make(s, d, room, e));
    memcpy(s->host, p, bytes);
    memset(static_cast<char *>(s->host) + bytes, 0, room - bytes);
    TRY(stage_send(s, d, room, e));
    *out = s->device;
    return ST_OK;
}

enum status stage_put(struct stage *s, struct device_gpu *d, const void *p, size_t bytes,
                      void **out, struct err *e) {
    return stage_put_two(s, d, p, bytes, nullptr, 0, out, e);
}

/* --- chunks */

void chunks_close(struct chunks *c, struct device_gpu *d) {
    for (struct chunk_sent &s : c->sent) {
        stage_close(&s.stage, d);
        mem_free(s.copy);
    }
    *c = chunks();
}

static size_t pos_bytes(const struct chunk *c) {
    return (size_t)c->rows * sizeof *c->pos;
}
static size_t view_bytes(const struct chunk *c) {
    return (size_t)c->n_views * sizeof *c->view;
}

static bool same(const struct chunk_sent *s, const struct chunk *c, int rows, int group) {
    const char *copy = static_cast<const char *>(s->copy);
    return copy && s->on.rows == rows && s->rows == c->rows && s->n_views == c->n_views &&
           s->group == group && memcmp(copy, c->pos, pos_bytes(c)) == 0 &&
           memcmp(copy + pos_bytes(c), c->view, view_bytes(c)) == 0;
}

static enum status keep_copy(struct chunk_sent *s, const struct chunk *c, struct err *e) {
    size_t bytes = pos_bytes(c) + view_bytes(c);
    if (s->copy_bytes < bytes) {
        mem_free(s->copy);
        s->copy_bytes = 0;
        s->copy = mem_alloc(2 * bytes);
        if (!s->copy) return fail(e, ST_NO_MEMORY, "no memory for a chunk of %d rows", c->rows);
        s->copy_bytes = 2 * bytes;
    }
    memcpy(s->copy, c->pos, pos_bytes(c));
    memcpy(static_cast<char *>(s->copy) + pos_bytes(c), c->view, view_bytes(c));
    return ST_OK;
}

/* Tiles that a view's rows touch: first..last. */
static int first_tile(const struct span_view *v, int group) {
    return v->row0 * group / ATTN_TILE;
}
static int last_tile(const struct span_view *v, int group) {
    return (v->row1 * group - 1) / ATTN_TILE;
}

/* Where things lie in the stage. */
struct places {
    size_t home, pos, tile, view, list, all;
};

static struct places place_all(const struct chunk *c, int rows, int group, int *tiles) {
    struct places p;
    size_t n = 0, views = 64;
    *tiles = (rows * group + ATTN_TILE - 1) / ATTN_TILE;
    for (int i = 0; i < c->n_views; i++)
        n += (size_t)(last_tile(&c->view[i], group) - first_tile(&c->view[i], group) + 1);
    while (views < (size_t)c->n_views) views *= 2;
    p.home = 0;
    p.view = p.home + (size_t)rows * sizeof(struct row_home);
    p.pos = p.view + views * sizeof(struct view_gpu);
    p.tile = p.pos + (size_t)rows * sizeof(int32_t);
    p.list = p.tile + ((size_t)*tiles + 1) * sizeof(int32_t);
    p.all = p.list + n * sizeof(int32_t);
    return p;
}

static void fill_views(const struct chunk *c, int rows, struct row_home *home,
                       struct view_gpu *view) {
    memset(static_cast<void *>(home), 0, (size_t)rows * sizeof *home);
    for (int i = 0; i < c->n_views; i++) {
        const struct span_view *v = &c->view[i];
        uint16_t *kv = static_cast<uint16_t *>(v->kv);
        view[i] = {kv, v->cap, v->pos, v->len, v->row0, v->row1, v->first};
        for (int r = v->row0; v->first >= 0 && r < v->row1; r++)
            home[r] = {kv, v->cap, v->first + r - v->row0};
    }
}

/* Lists of views by tile, in the views' order, so that a row meets its path root first. */
static void fill_tiles(const struct chunk *c, int group, int tiles, int32_t *tile, int32_t *list) {
    memset(tile, 0, ((size_t)tiles + 1) * sizeof *tile);
    for (int i = 0; i < c->n_views; i++)
        for (int t = first_tile(&c->view[i], group); t <= last_tile(&c->view[i], group); t++)
            tile[t + 1]++;
    for (int t = 0; t < tiles; t++) tile[t + 1] += tile[t];
    for (int i = 0; i < c->n_views; i++)
        for (int t = first_tile(&c->view[i], group); t <= last_tile(&c->view[i], group); t++)
            list[tile[t]++] = i;
    for (int t = tiles; t > 0; t--) tile[t] = tile[t - 1];
    tile[0] = 0;
}

static enum status send(struct chunk_sent *s, struct device_gpu *d, const struct chunk *c, int rows,
                        int group, struct err *e) {
    int tiles;
    struct places p = place_all(c, rows, group, &tiles);
    s->n_views = -1; /* until it is all there */
    TRY(stage_make(&s->stage, d, p.all, e));
    char *at = static_cast<char *>(s->stage.host), *on = static_cast<char *>(s->stage.device);
    fill_views(c, rows, reinterpret_cast<struct row_home *>(at + p.home),
               reinterpret_cast<struct view_gpu *>(at + p.view));
    int32_t *pos = reinterpret_cast<int32_t *>(at + p.pos);
    memcpy(pos, c->pos, pos_bytes(c));
    for (int r = c->rows; r < rows; r++) pos[r] = c->pos[c->rows - 1];
    fill_tiles(c, group, tiles, reinterpret_cast<int32_t *>(at + p.tile),
               reinterpret_cast<int32_t *>(at + p.list));
    TRY(stage_send(&s->stage, d, p.all, e));
    TRY(keep_copy(s, c, e));
    s->on = {rows,
             tiles,
             reinterpret_cast<int32_t *>(on + p.pos),
             reinterpret_cast<struct row_home *>(on + p.home),
             reinterpret_cast<struct view_gpu *>(on + p.view),
             reinterpret_cast<int32_t *>(on + p.tile),
             reinterpret_cast<int32_t *>(on + p.list)};
    s->group = group;
    s->rows = c->rows;
    s->n_views = c->n_views;
    return ST_OK;
}

enum status chunks_find(struct chunks *c, struct device_gpu *d, const struct chunk *want, int rows,
                        int place, const struct attn_shape *s, struct chunk_gpu *out,
                        struct err *e) {
    int group = s->heads / s->kv_heads;
    struct chunk_sent *to = &c->sent[place < 0 ? 0 : place];
    for (struct chunk_sent &k : c->sent) {
        bool may = place < 0 || &k == to;
        if (may && same(&k, want, rows, group)) {
            k.used = ++c->now;
            *out = k.on;
            return ST_OK;
        }
        if (place < 0 && k.used < to->used) to = &k;
    }
    TRY(send(to, d, want, rows, group, e));
    to->used = ++c->now;
    *out = to->on;
    return ST_OK;
}
