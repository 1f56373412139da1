/* How much the store takes: bytes of texts, numbers of rows. */
#ifndef STORE_LIMITS_H
#define STORE_LIMITS_H

enum {
    STORE_PATH = 600,
    STORE_ID_MAX = 200,
    STORE_TITLE_MAX = 2000,
    STORE_TEXT_MAX = 100000,
    STORE_TAGS_MAX = 64,
    STORE_TAG_MAX = 100,
    STORE_RUN_NAME_MAX = 200,
    STORE_RUN_COMMENT_MAX = 4000,
    STORE_COLUMN_MAX = 120, /* what a file calls a column */
    PREFERENCE_TEXT_MAX = 2000,
    PREFERENCES_MAX = 200,
    STORE_ITEMS_MAX = 1000000,
    STORE_MEMBERS_MAX = 1000000,
    STORE_INTERACTIONS_MAX = 20000000
};
#define STORE_TAG_SPLIT '\x1f' /* between tags in the database; tags hold no control characters */

#endif
