/* Fibers: stacks that are left and entered again by name. */
#ifndef KERNELS_CUDA_HOST_FIBER_H
#define KERNELS_CUDA_HOST_FIBER_H

struct fiber;

/* A fiber that calls body(arg) when it is entered; body must not return but leave. Ends the program
 * when there is no memory for a stack. */
struct fiber *fiber_open(void (*body)(void *), void *arg);
void fiber_close(struct fiber *f); /* its frames are forgotten */
void fiber_enter(struct fiber *f); /* returns when f leaves */
void fiber_leave(struct fiber *f); /* back to who entered; returns when f is entered again */

#endif
