/* An input in full: its bytes in a file beside the database, unpacked, in UTF-8, mapped. */
#ifndef IMPORT_SPOOL_H
#define IMPORT_SPOOL_H

#include "server/store/read.h"
#include "server/store/data/stage.h"

struct spool {
    struct view text;     /* mapped, without a byte order mark; rows may still hold broken UTF-8 */
    const char *encoding; /* what it was in: "UTF-8", "WINDOWS-1252", ... */
    int packed;           /* it was gzip */
    int guessed;          /* the encoding was found from the bytes and is not UTF */
    long long replaced;   /* bytes that the encoding does not have: they are U+FFFD now */
    struct store *store;
    int fd;
    size_t passed; /* steps of memory given back */
    void *map;
    size_t map_n;
    char path[STORE_PATH + 32];
    char named[40];
};

/* Reads to the end. encoding "": found from the bytes. ST_BAD_INPUT for a zip or spreadsheet file,
 * damaged gzip, an encoding that cannot be told; ST_LIMIT for what unpacks to more than 16 GiB;
 * what the reader or the disk says. A failed open owes nothing. */
enum status spool_open(struct spool *s, struct store *store, import_read read, void *arg,
                       struct view encoding, struct err *e) MUST_CHECK;
/* The same for a text in memory, which must live as long; nothing is converted. */
void spool_view(struct spool *s, struct view text);
void spool_close(struct spool *s);

/* The reader is past this byte: what lies well before it need not stay in memory. */
void spool_pass(struct spool *s, size_t at);

/* The next place of a byte at or behind `from`, text.n when there is none; text is all of s->text,
 * or what s is NULL for. A long way back and forth does not fill the memory. */
size_t spool_find(struct spool *s, struct view text, size_t from, char byte);

/* Puts another text in the place of this one, written by write calls, to be ended by
 * spool_replaced. */
struct spool_writer {
    int fd;
    char path[STORE_PATH + 32];
    enum status st;
    size_t n;
    char *buffer;
};
enum status spool_writer_open(struct spool_writer *w, struct spool *s, struct err *e) MUST_CHECK;
void spool_write(struct spool_writer *w, const char *p, size_t n, struct err *e);
/* Ends it: with ST_OK so far the new text is s->text, else everything written goes. */
enum status spool_writer_end(struct spool_writer *w, struct spool *s, enum status st,
                             struct err *e) MUST_CHECK;

#endif
