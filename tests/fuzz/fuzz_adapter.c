/* Fuzzes adapters, for libFuzzer (run from the repository root). The first byte chooses the form: a
 * GGUF, or PEFT's folder, whose tensors (its settings are the fixture's) or settings the rest is.
 * What was read can be written and read again, the same. */
#include "model/adapter.h"

#include "kernels/base/os/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static struct gguf base;

static const char *in_dir(const char *name) {
    static char path[4][128];
    static int at;
    char *p = path[at++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static void put(const char *name, const void *p, size_t n) {
    struct err e;
    CHECK(file_write(in_dir(name), p, n, &e) == ST_OK);
}

static void copy(const char *from, const char *to) {
    struct err e;
    char *p;
    size_t n;
    CHECK(file_read(from, 1 << 20, &p, &n, &e) == ST_OK);
    put(to, p, n);
    mem_free(p);
}

static void drop_files(void) {
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0) printf("cannot remove %s\n", dir);
}

static void begin(void) {
    static struct arena tables;
    static struct file_map m;
    struct err e;
    if (dir[0]) return;
    (void)snprintf(dir, sizeof dir, "%s/taproom-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(dir) && atexit(drop_files) == 0);
    CHECK(mkdir(in_dir("tensors"), 0700) == 0 && mkdir(in_dir("settings"), 0700) == 0);
    copy("fixtures/grad/tied/adapter_config.json", "tensors/adapter_config.json");
    copy("fixtures/grad/tied/adapter_model.safetensors", "settings/adapter_model.safetensors");
    arena_init(&tables, 1 << 24);
    CHECK(file_map_open(&m, "fixtures/tiny/tied.gguf", &e) == ST_OK);
    CHECK(gguf_parse(&base, "tied.gguf", m.p, m.n, &tables, &e) == ST_OK);
}

static void again(const struct adapter *ad) {
    struct adapter back;
    struct err e = {.text = ""};
    CHECK(adapter_write(ad, in_dir("back.gguf"), &e) == ST_OK);
    CHECK(adapter_read(&back, in_dir("back.gguf"), &base, &e) == ST_OK);
    CHECK(back.n == ad->n);
    for (int i = 0; i < ad->n; i++) {
        const struct adapter_part *p = &ad->part[i], *q = adapter_find(&back, p->name);
        CHECK(q && q->rank == p->rank && q->n == p->n && q->k == p->k);
        for (size_t k = 0; k < (size_t)p->rank * (size_t)p->k; k++) CHECK(isfinite(p->a[k]));
    }
    adapter_close(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const file[] = {"fuzz.gguf", "tensors/adapter_model.safetensors",
                                       "settings/adapter_config.json"};
    static const char *const read[] = {"fuzz.gguf", "tensors", "settings"};
    struct adapter ad;
    struct err e = {.text = ""};
    if (size == 0) return 0;
    begin();
    int form = data[0] % 3;
    put(file[form], data + 1, size - 1);
    if (adapter_read(&ad, in_dir(read[form]), &base, &e) == ST_OK) {
        again(&ad);
        adapter_close(&ad);
    } else {
        CHECK(e.text[0] && utf8_valid(view_of(e.text)));
    }
    if (form == 0 && adapter_peek(&ad, in_dir(read[0]), &e) == ST_OK) adapter_close(&ad);
    return 0;
}
