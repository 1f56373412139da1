/* Model files by name. A model's id is its file's name without ".gguf" and, where it is split, the
 * part's number. */
#ifndef REGISTRY_FILES_H
#define REGISTRY_FILES_H

#include "kernels/base/arena.h"
#include "kernels/base/view.h"

enum { REGISTRY_FILES_MAX = 256, REGISTRY_ID = 128, REGISTRY_PATH = 1024 };

struct remote_spec;

struct registry_file {
    const char *id, *path;
    const char *adapter; /* merged over it: a file or folder; NULL: none. The id is "ID+NAME" */
    const struct remote_spec *remote; /* who computes; NULL: we do. The path is its vocabulary's */
    long long bytes;                  /* of all parts */
    long long stamp;                  /* another one when the file was changed */
};

/* The file `extra` (NULL: none), then the .gguf files of the folder (NULL or not there: none) in
 * the order of their ids; where two have one id, the first counts. All live in a. ST_NO_MEMORY. */
enum status registry_files(const char *folder, const char *extra, struct arena *a,
                           struct registry_file **out, int *n, struct err *e) MUST_CHECK;

/* The file of that id (".gguf" may follow), else the only one whose id begins so. ST_NOT_FOUND with
 * the field `model` and a hint of what there is. */
enum status registry_file_find(const struct registry_file *f, int n, struct view name,
                               const struct registry_file **out, struct err *e) MUST_CHECK;

/* What is known of one file by its path. ST_NOT_FOUND when it is none. */
enum status registry_file_of(const char *path, struct arena *a, struct registry_file *out,
                             struct err *e) MUST_CHECK;
/* Puts the adapter `name` over a file: NAME.gguf, NAME.peft or NAME of the first of the folders
 * (NULL: not there) that has one; with paths also any path. ST_NOT_FOUND with the field `model`. */
enum {
    REGISTRY_ADAPTERS_SHARED,
    REGISTRY_ADAPTERS_OWN,
    REGISTRY_ADAPTERS_DRAFT,
    REGISTRY_ADAPTER_FOLDERS
};
enum status registry_file_adapt(struct registry_file *f, struct view name,
                                const char *const *folders, int paths, struct arena *a,
                                struct err *e) MUST_CHECK;

#endif
