/* The process' memory against the most that it should hold. */
#include "kernels/base/os/limit.h"

#include "kernels/base/arena.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_size_t most;

void mem_limit(size_t bytes) {
    atomic_store(&most, bytes);
}

size_t mem_held(void) {
    char text[96];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *second = strchr(text, ' '); /* the first is what is mapped */
    return second ? strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

size_t mem_over(void) {
    size_t max = atomic_load(&most);
    if (!max) return 0;
    size_t held = mem_held();
    if (held <= max) return 0;
    mem_trim();
    held = mem_held();
    return held > max ? held - max : 0;
}
