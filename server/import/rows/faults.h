/* Faults of rows: told by line, counted by kind, and what they mean for the import as a whole. */
#ifndef IMPORT_FAULTS_H
#define IMPORT_FAULTS_H

#include "server/import/import.h"
#include "server/import/source/source.h"
#include "server/store/data/stage.h"

enum {
    FAULTS_KINDS = 24, /* that are counted apart */
    FAULTS_SHARE = 10  /* one row in so many may be left out without being asked for */
};

/* Zero-initialised. Faults are of one kind when their texts differ in numbers and quoted parts
 * only. */
struct faults {
    struct faults_kind {
        char key[160];
        long line; /* of the first one */
        char text[200];
        long long n;
    } kind[FAULTS_KINDS];
    int n;
    /* The first that is damage of the file: what follows it may not be what was meant. */
    long damage_line;
    struct fault damage;
};

/* Counts a row that cannot be kept: in r->rejected, and in its errors while they are few. */
void faults_add(struct faults *f, struct import_result *r, long line, const struct fault *fault);
/* Those whose item is unknown are only seen at the end: n in all, the first n_first of them in the
 * order of their lines, merged in among the others. */
void faults_unknown(struct faults *f, struct import_result *r, const struct stage_missing *first,
                    int n_first, long long n);

/* The input ends too early, behind its last row. */
void faults_cut(struct faults *f, long line);

/* Whether the rows that are good may be stored; else r->refused says why not. replaced: bytes that
 * the file's encoding does not have. */
int faults_allow(const struct faults *f, const struct import_config *c, struct import_result *r,
                 long long good, long long replaced);

#endif
