/* The most memory that the process should hold. Nothing is refused here: who keeps something that
 * can be made again lets go of it, and new work waits, while mem_over says so. */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <stddef.h>

/* 0: no such limit, as at the start. */
void mem_limit(size_t bytes);
/* Resident bytes of the process. */
size_t mem_held(void);
/* By how many bytes the process is above the limit, after what is free in it was given back. */
size_t mem_over(void);

#endif
