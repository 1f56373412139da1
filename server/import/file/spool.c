/* The input's way into a file of its own: unpacking, converting, mapping. */
#include "server/import/file/spool.h"

#include "kernels/base/arena.h"
#include "server/import/file/encoding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 256 << 10 };
static const long long unpacked_max = 16LL << 30;

/* --- writing */

enum status spool_writer_open(struct spool_writer *w, struct spool *s, struct err *e) {
    *w = (struct spool_writer){.fd = -1};
    TRY(stage_file(s->store, w->path, e));
    w->buffer = mem_alloc(PIECE);
    w->fd = open(w->path, O_RDWR | O_CLOEXEC);
    if (w->fd >= 0 && w->buffer) return ST_OK;
    enum status st = w->buffer ? fail(e, ST_IO, "cannot open %.200s: %s", w->path, strerror(errno))
                               : fail(e, ST_NO_MEMORY, "no memory to read the input");
    if (w->fd >= 0) close(w->fd);
    mem_free(w->buffer);
    (void)unlink(w->path);
    return st;
}

static enum status cannot_write(int why, struct err *e) {
    if (why != ENOSPC && why != EDQUOT && why != EFBIG)
        return fail(e, ST_IO, "the input cannot be written: %s", strerror(why));
    (void)fail(e, ST_DISK_FULL, "the disk is full: the input does not fit");
    err_hint(e, "make room, then try again");
    return ST_DISK_FULL;
}

static void flush(struct spool_writer *w, struct err *e) {
    for (size_t at = 0; at < w->n && w->st == ST_OK;) {
        ssize_t got = write(w->fd, w->buffer + at, w->n - at);
        if (got >= 0)
            at += (size_t)got;
        else if (errno != EINTR)
            w->st = cannot_write(errno, e);
    }
    w->n = 0;
}

void spool_write(struct spool_writer *w, const char *p, size_t n, struct err *e) {
    while (n && w->st == ST_OK) {
        size_t room = PIECE - w->n, some = n < room ? n : room;
        memcpy(w->buffer + w->n, p, some);
        w->n += some;
        p += some;
        n -= some;
        if (w->n == PIECE) flush(w, e);
    }
}

static void unmap(struct spool *s) {
    if (s->map) (void)munmap(s->map, s->map_n);
    if (s->fd >= 0) (void)close(s->fd);
    if (s->path[0]) (void)unlink(s->path);
    s->map = NULL;
    s->fd = -1;
    s->path[0] = 0;
    s->text = (struct view){"", 0};
}

static enum status map(struct spool *s, struct err *e) {
    off_t n = lseek(s->fd, 0, SEEK_END);
    s->text = (struct view){"", 0};
    if (n <= 0) return n == 0 ? ST_OK : fail(e, ST_IO, "the input cannot be read back");
    void *p = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, s->fd, 0);
    if (p == MAP_FAILED) return fail(e, ST_IO, "the input cannot be mapped: %s", strerror(errno));
    s->map = p;
    s->map_n = (size_t)n;
    s->text = (struct view){p, (size_t)n};
    return ST_OK;
}

enum status spool_writer_end(struct spool_writer *w, struct spool *s, enum status st,
                             struct err *e) {
    if (st == ST_OK) flush(w, e);
    if (st == ST_OK) st = w->st;
    mem_free(w->buffer);
    if (st != ST_OK) {
        (void)close(w->fd);
        (void)unlink(w->path);
        return st;
    }
    unmap(s);
    s->fd = w->fd;
    memcpy(s->path, w->path, sizeof s->path);
    return map(s, e);
}

/* --- reading, unpacking */

struct feed {
    import_read read;
    void *arg;
    struct spool_writer to;
    struct encoding_look *look;
    z_stream z;
    long long unpacked;
    int packed, ended; /* gzip; its last member is complete */
    char *in, *out;
};

static void take(struct feed *f, const char *p, size_t n, struct err *e) {
    encoding_add(f->look, p, n);
    spool_write(&f->to, p, n, e);
}

static enum status inflate_piece(struct feed *f, size_t n, struct err *e) {
    f->z.next_in = (Bytef *)f->in;
    f->z.avail_in = (uInt)n;
    while (f->z.avail_in || f->z.avail_out == 0) {
        if (f->ended) {
            /* Another member may follow; zeros at the end are padding. */
            while (f->z.avail_in && *f->z.next_in == 0) f->z.next_in++, f->z.avail_in--;
            if (!f->z.avail_in) return ST_OK;
            if (inflateReset(&f->z) != Z_OK) return fail(e, ST_INTERNAL, "inflateReset failed");
            f->ended = 0;
        }
        f->z.next_out = (Bytef *)f->out;
        f->z.avail_out = PIECE;
        int rc = inflate(&f->z, Z_NO_FLUSH);
        size_t got = PIECE - f->z.avail_out;
        f->unpacked += (long long)got;
        take(f, f->out, got, e);
        TRY(f->to.st);
        if (f->unpacked > unpacked_max)
            return fail(e, ST_LIMIT, "the input unpacks to more than 16 GiB");
        if (rc == Z_STREAM_END)
            f->ended = 1;
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return fail(e, ST_BAD_INPUT, "the gzip data is damaged at byte %lld of what it holds",
                        f->unpacked);
        else if (rc == Z_BUF_ERROR)
            return ST_OK;
    }
    return ST_OK;
}

static enum status refuse_zip(struct err *e) {
    (void)fail(e, ST_BAD_INPUT, "the input is a zip or spreadsheet file, no text");
    err_hint(e, "save the sheet as CSV UTF-8, or unpack the file");
    err_line(e, 1);
    return ST_BAD_INPUT;
}

static enum status begin(struct feed *f, size_t n, struct err *e) {
    if (n >= 4 && memcmp(f->in, "PK\3\4", 4) == 0) return refuse_zip(e);
    f->packed = n >= 2 && memcmp(f->in, "\x1f\x8b", 2) == 0;
    if (f->packed && inflateInit2(&f->z, 15 + 16) != Z_OK)
        return fail(e, ST_NO_MEMORY, "no memory to unpack the input");
    return ST_OK;
}

static enum status pull(struct feed *f, struct err *e) {
    size_t n = 0, got;
    int first = 1, end = 0;
    while (!end) {
        /* The first piece is filled, so that its beginning tells what it is. */
        do {
            TRY(f->read(f->arg, f->in + n, PIECE - n, &got, e));
            CHECK(got <= PIECE - n);
            n += got;
            end = got == 0;
        } while (first && !end && n < 16);
        if (first) TRY(begin(f, n, e));
        first = 0;
        if (f->packed)
            TRY(inflate_piece(f, n, e));
        else
            take(f, f->in, n, e);
        TRY(f->to.st);
        n = 0;
    }
    if (f->packed && !f->ended)
        return fail(e, ST_BAD_INPUT, "the gzip data ends too early; a part of the file is missing");
    return ST_OK;
}

/* --- converting */

static enum status convert(struct spool *s, const char *name, struct err *e) {
    struct encoding_conv c;
    struct spool_writer w;
    struct view in = s->text;
    TRY(encoding_open(&c, name, e));
    char *out = mem_alloc(PIECE);
    enum status st =
        out ? spool_writer_open(&w, s, e) : fail(e, ST_NO_MEMORY, "no memory to convert the input");
    if (st == ST_OK) {
        while (in.n && w.st == ST_OK) {
            size_t before = in.n;
            size_t n = encoding_step(&c, &in.p, &in.n, out, PIECE, 1);
            spool_write(&w, out, n, e);
            spool_pass(s, s->text.n - in.n);
            if (in.n == before && n == 0) break;
        }
        s->replaced = c.bad;
        st = spool_writer_end(&w, s, ST_OK, e);
    }
    mem_free(out);
    encoding_close(&c);
    return st;
}

static enum status refuse_encoding(const struct encoding_look *l, struct err *e) {
    (void)fail(e, ST_BAD_INPUT,
               "the input is not UTF-8, and its %lld other bytes are too few or too mixed to tell "
               "their encoding",
               l->broken);
    err_field(e, "encoding");
    err_hint(e, "name it with encoding=..., such as WINDOWS-1252, GB18030, CP932 (Shift_JIS) or "
                "WINDOWS-1251, or save the file as UTF-8");
    err_line(e, 1);
    return ST_BAD_INPUT;
}

/* What people mean by a name: Latin-1 is written with Windows' quotes and dashes, and UTF-16 in
 * either order. */
static const char *meant(struct spool *s, struct view wanted, const char *wide) {
    static const char *const latin[] = {"latin1", "latin-1", "iso-8859-1", "iso8859-1"};
    snprintf(s->named, sizeof s->named, "%.*s", (int)(wanted.n < 39 ? wanted.n : 39), wanted.p);
    for (size_t i = 0; i < COUNT(latin); i++)
        if (strcasecmp(s->named, latin[i]) == 0) return "WINDOWS-1252";
    if (wide && (strcasecmp(s->named, "utf-16") == 0 || strcasecmp(s->named, "utf16") == 0))
        return wide;
    return s->named;
}

static enum status decode(struct spool *s, const struct encoding_look *l, struct view wanted,
                          struct err *e) {
    const char *wide = encoding_wide(s->text);
    s->encoding = wanted.n ? meant(s, wanted, wide) : wide ? wide : encoding_guess(l);
    if (!s->encoding) return refuse_encoding(l, e);
    s->guessed = !wanted.n && !wide && strcmp(s->encoding, "UTF-8") != 0;
    if (strcmp(s->encoding, "UTF-8") != 0) TRY(convert(s, s->encoding, e));
    if (s->replaced * 50 > (long long)(l->broken ? l->broken : 1) && s->guessed)
        return refuse_encoding(l, e);
    if (s->text.n >= 3 && memcmp(s->text.p, "\xef\xbb\xbf", 3) == 0)
        s->text = view_sub(s->text, 3, s->text.n);
    return ST_OK;
}

enum status spool_open(struct spool *s, struct store *store, import_read read, void *arg,
                       struct view encoding, struct err *e) {
    struct feed f = {.read = read, .arg = arg};
    *s = (struct spool){.store = store, .fd = -1, .text = {"", 0}};
    f.look = mem_alloc(sizeof *f.look);
    f.in = mem_alloc(PIECE);
    f.out = mem_alloc(PIECE);
    enum status st = f.look && f.in && f.out ? spool_writer_open(&f.to, s, e)
                                             : fail(e, ST_NO_MEMORY, "no memory to read the input");
    if (st == ST_OK) {
        memset(f.look, 0, sizeof *f.look);
        st = pull(&f, e);
        st = spool_writer_end(&f.to, s, st, e);
        if (f.packed) (void)inflateEnd(&f.z);
        s->packed = f.packed;
        if (st == ST_OK) st = decode(s, f.look, encoding, e);
        if (st != ST_OK) spool_close(s);
    }
    mem_free(f.look);
    mem_free(f.in);
    mem_free(f.out);
    return st;
}

void spool_view(struct spool *s, struct view text) {
    *s = (struct spool){.fd = -1, .text = text, .encoding = "UTF-8"};
}

void spool_close(struct spool *s) {
    unmap(s);
}

void spool_pass(struct spool *s, size_t at) {
    enum { STEP = 16 << 20 };
    size_t here = at / STEP;
    if (!s->map || here == s->passed) return;
    /* One step is kept behind the reader, who may go back a row. */
    for (size_t i = s->passed ? s->passed - 1 : 0; i + 1 < here; i++)
        (void)madvise((char *)s->map + i * STEP, STEP, MADV_DONTNEED);
    s->passed = here;
}

size_t spool_find(struct spool *s, struct view text, size_t from, char byte) {
    enum { STEP = 4 << 20 };
    while (from < text.n) {
        size_t n = text.n - from < STEP ? text.n - from : STEP;
        const char *p = memchr(text.p + from, byte, n);
        if (p) return (size_t)(p - text.p);
        from += n;
        if (s) spool_pass(s, from);
    }
    return text.n;
}
