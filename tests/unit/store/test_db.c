/* links: store */
/* Prepared statements: more different ones than a connection keeps. */
#include "server/store/sql/db.h"
#include "tests/unit/store/store_help.h"

int main(void) {
    enum { MANY = DB_STATEMENTS * 2 };
    static char sql[MANY][40];
    struct db d = {0};
    struct err e = {.text = ""};
    char folder[64], path[80];
    new_folder(folder);
    snprintf(path, sizeof path, "%s/some.db", folder);
    GOOD(db_open(&d, path, &e));
    for (int i = 0; i < MANY; i++) snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < MANY; i++) {
            sqlite3_stmt *st, *again;
            long long x = -1;
            GOOD(db_prep(&d, sql[i], &st, &e));
            GOOD(db_prep(&d, sql[i], &again, &e));
            OK(st == again);
            GOOD(db_number(&d, st, &x, &e));
            EQ(x, i);
        }
    EQ(d.n, DB_STATEMENTS);
    db_close(&d);
    drop_folder(folder);
    return t_end();
}
