/* Other people's text inside our messages. */
#ifndef STORE_TEXT_H
#define STORE_TEXT_H

#include "kernels/base/view.h"

/* Makes text printable: broken UTF-8 and control characters become '?', a cut last character goes.
 */
void text_clean(char *text);
/* A person's text for a message: cut and cleaned. Valid until the end of the full expression. */
struct shown {
    char text[68];
};
struct shown text_show(struct view v);

#endif
