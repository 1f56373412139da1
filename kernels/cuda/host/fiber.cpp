/* A fiber's stack lies above a page that may not be touched. The switch saves the registers that a
 * called function keeps (System V ABI, x86-64); elsewhere ucontext does it. AddressSanitizer is
 * told about every switch. */
#include "kernels/cuda/host/fiber.h"

#include "kernels/base/arena.h"

#include <stdint.h>
#include <sys/mman.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { GUARD = 4096, STACK = 128 * 1024 };

struct fiber {
    void (*body)(void *);
    void *arg;
    char *map;
    void *fake;       /* AddressSanitizer's: of the fiber while it is left */
    const void *from; /* the stack that entered */
    size_t from_bytes;
#ifdef __x86_64__
    void *mine, *theirs; /* stack pointers while not running */
#else
    ucontext_t mine, theirs;
#endif
};

#ifdef __x86_64__
extern "C" void fiber_switch(void **save, void *load);
asm(".text\n"
    ".type fiber_switch, @function\n"
    "fiber_switch:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, (%rdi)\n"
    "  mov %rsi, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n"
    ".size fiber_switch, . - fiber_switch\n");
#endif

static thread_local struct fiber *entering;

static void start() {
    struct fiber *f = entering;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, &f->from, &f->from_bytes);
#endif
    f->body(f->arg);
    CHECK(!"a fiber's body returned");
}

struct fiber *fiber_open(void (*body)(void *), void *arg) {
    struct fiber *f = static_cast<struct fiber *>(mem_alloc(sizeof *f));
    void *map = mmap(nullptr, GUARD + STACK, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(f && map != MAP_FAILED && mprotect(map, GUARD, PROT_NONE) == 0);
    *f = fiber();
    f->body = body, f->arg = arg, f->map = static_cast<char *>(map);
#ifdef __x86_64__
    /* The first switch returns into start() with the stack as after a call. */
    uintptr_t *top = reinterpret_cast<uintptr_t *>(f->map + GUARD + STACK);
    top[-2] = reinterpret_cast<uintptr_t>(start);
    f->mine = top - 2 - 6;
#else
    getcontext(&f->mine);
    f->mine.uc_stack.ss_sp = f->map + GUARD;
    f->mine.uc_stack.ss_size = STACK;
    makecontext(&f->mine, start, 0);
#endif
    return f;
}

void fiber_close(struct fiber *f) {
    if (!f) return;
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(f->map + GUARD, STACK);
#endif
    munmap(f->map, GUARD + STACK);
    mem_free(f);
}

void fiber_enter(struct fiber *f) {
    entering = f;
#ifdef __SANITIZE_ADDRESS__
    void *mine = nullptr;
    __sanitizer_start_switch_fiber(&mine, f->map + GUARD, STACK);
#endif
#ifdef __x86_64__
    fiber_switch(&f->theirs, f->mine);
#else
    swapcontext(&f->theirs, &f->mine);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(mine, nullptr, nullptr);
#endif
}

void fiber_leave(struct fiber *f) {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&f->fake, f->from, f->from_bytes);
#endif
#ifdef __x86_64__
    fiber_switch(&f->mine, f->theirs);
#else
    swapcontext(&f->mine, &f->theirs);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(f->fake, &f->from, &f->from_bytes);
#endif
}
