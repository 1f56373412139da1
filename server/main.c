/* The program's entry. */
#include "server/cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

/* OpenMP's idle threads spin for milliseconds by default, and when other programs want the cores
 * too, every product then waits for threads that are not running: a ranking took ten times as long
 * beside three busy programs. The library reads the setting when it is loaded, so the program
 * starts once more with it. */
static void spin_less(char **argv) {
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "2000", 1) == 0) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
    spin_less(argv);
    return cli_main(argc, argv);
}
