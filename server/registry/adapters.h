/* The adapters in the folders of a registry. */
#ifndef REGISTRY_ADAPTERS_H
#define REGISTRY_ADAPTERS_H

#include "server/registry/files.h"

enum { REGISTRY_ADAPTERS_MAX = 256, REGISTRY_ADAPTER_FILES = 6 };

/* How the names of an adapter's files end, a folder after what is in it. */
extern const char *const registry_adapter_files[REGISTRY_ADAPTER_FILES];

struct registry_adapter {
    const char *name, *path;
    const char *base;    /* SHA-256 of the model's file; "" where nobody wrote it down */
    const char *model;   /* the model's name, by the report beside it; "" without one */
    const char *readout; /* what it was trained for, "" unknown */
    const char *error;   /* why it cannot be read; NULL: it can */
    long long bytes;
    int forced; /* adopted although something fell */
    int own;    /* it lies in the data folder: it can be removed */
    int draft;  /* of a brew that is not adopted */
};

/* GGUF files of the folders; a name counts once, in the first folder that has it. Texts of a. */
enum status registry_adapters(const char *const *folders, struct arena *a,
                              struct registry_adapter **out, int *n, struct err *e) MUST_CHECK;
/* Writes a GGUF's bytes under a name, once it was read: nothing of a damaged one is kept.
 * ST_INVALID (the name), ST_CONFLICT (it is taken), or as adapter_read fails. */
enum status registry_adapter_add(const char *const *folders, struct view name, struct view bytes,
                                 struct err *e) MUST_CHECK;
/* ST_NOT_FOUND; ST_CONFLICT for one that is not of the data folder. */
enum status registry_adapter_remove(const char *const *folders, struct view name,
                                    struct err *e) MUST_CHECK;

#endif
