/* Reading options from the environment and the command line. */
#include "server/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, FLAG, LIST, CHOICE };

static const struct row {
    const char *name, *arg, *help;
    enum kind kind;
    size_t at;
    unsigned commands;
    long long lo, hi, def;
} table[] = {
#define AT(field) offsetof(struct options, field)
    {"data", "DIR", "folder of catalogues and runs (default: the user's data directory)", TEXT,
     AT(data), CMD_ALL & ~(CMD_BENCH | CMD_MODEL), 0, 0, 0},
    {"cache", "DIR", "folder of weights and data sets (default: the user's cache directory)", TEXT,
     AT(cache), CMD_ALL, 0, 0, 0},
    {"json", NULL, "results as JSON", FLAG, AT(json), CMD_ALL & ~CMD_SERVE, 0, 1, 0},
    {"port", "N", "port to listen on, 0 = any free one", NUMBER, AT(port), CMD_SERVE, 0, 65535,
     8360},
    {"host", "ADDRESS", "IPv4 address to listen on (default 127.0.0.1; others need tokens)", TEXT,
     AT(host), CMD_SERVE, 0, 0, 0},
    {"allow-host", "NAME",
     "a name that clients may address the server by, such as a container's or a proxy's; may be "
     "given again, or be a list with commas",
     LIST, AT(allow_host), CMD_SERVE, 0, 0, 0},
    {"public-url", "URL",
     "where people open the page when a proxy stands before the server, such as "
     "https://taproom.example.org",
     TEXT, AT(public_url), CMD_SERVE, 0, 0, 0},
    {"trusted-proxy", "ADDRESS",
     "IPv4 address of that proxy, whose X-Forwarded-For is believed; a list with commas", TEXT,
     AT(trusted_proxy), CMD_SERVE, 0, 0, 0},
    {"token-file", "FILE",
     "lines NAME ROLE TOKEN of who may call; roles are read, rank and admin. Read again at SIGHUP",
     TEXT, AT(token_file), CMD_SERVE, 0, 0, 0},
    {"token", "TEXT",
     "one administrator's token; everybody on this machine sees it here, so use the variable", TEXT,
     AT(token), CMD_SERVE, 0, 0, 0},
    {"log", "FILE", "file for the log (default: standard error). Opened again at SIGHUP", TEXT,
     AT(log), CMD_SERVE, 0, 0, 0},
    {"model", "FILE",
     "GGUF file, or the name of one in the folder of models (default: the one that "
     "`./taproom setup` fetched)",
     TEXT, AT(model), CMD_ENGINE & ~CMD_MODEL, 0, 0, 0},
    {"engine", "KIND=URL[,name=NAME][,model=NAME][,vocab=FILE]",
     "an engine elsewhere as one more model: vllm, sglang, llama or taproom; vocab is the GGUF of its "
     "vocabulary (default: the model's own). May be given again; TAPROOM_ENGINE_KEY is its key",
     LIST, AT(engine), CMD_SERVE | CMD_RANK | CMD_EVAL | CMD_EXPERIMENT, 0, 0, 0},
    {"engine-key-file", "FILE", "lines NAME KEY of engines, or one KEY for all of them", TEXT,
     AT(engine_key_file), CMD_SERVE | CMD_RANK | CMD_EVAL | CMD_EXPERIMENT, 0, 0, 0},
    {"engine-timeout", "S", "seconds that a request to an engine may take, repetitions included",
     NUMBER, AT(engine_timeout), CMD_SERVE | CMD_RANK | CMD_EVAL | CMD_EXPERIMENT, 1, 3600, 120},
    {"threads", "N", "threads of the model, 0 = all cores", NUMBER, AT(threads), CMD_ENGINE, 0, 256,
     0},
    {"precision", "P", "auto, bf16, f32, int8 on the cpu, fp8 on cuda (default auto)", CHOICE,
     AT(precision), CMD_ENGINE, 0, 0, 0},
    {"backend", "B", "auto, cpu, cuda or ref (default auto)", CHOICE, AT(backend), CMD_ENGINE, 0, 0,
     0},
    {"cache-mb", "N", "memory for keys and values that are kept, in MiB, for each loaded model",
     NUMBER, AT(cache_mb), CMD_ENGINE, 1, 1 << 20, 512},
    {"memory-mb", "N",
     "memory of the whole process, in MiB, 0 = no limit; near it kept keys and values are given up "
     "and new rankings and imports are told to wait",
     NUMBER, AT(memory_mb), CMD_SERVE, 0, 1 << 24, 0},
    {"models", "N", "models that are loaded at once, the longest unused makes room", NUMBER,
     AT(models), CMD_SERVE | CMD_EVAL | CMD_EXPERIMENT, 2, 16, 3},
    {"catalog", "NAME", "catalogue", TEXT, AT(catalog), CMD_RANK | CMD_IMPORT | CMD_EVAL, 0, 0, 0},
    {"surface", "NAME", "surface (default: the catalogue's own, or generic)", TEXT, AT(surface),
     CMD_RANK | CMD_IMPORT, 0, 0, 0},
    {"instruction", "TEXT", "the wish in plain words", TEXT, AT(instruction), CMD_RANK, 0, 0, 0},
    {"like", "ID", "an item that is liked; may be given again", LIST, AT(like), CMD_RANK, 0, 0, 0},
    {"dislike", "ID", "an item that is not; may be given again", LIST, AT(dislike), CMD_RANK, 0, 0,
     0},
    {"member", "ID", "member whose profile and history count", TEXT, AT(member), CMD_RANK, 0, 0, 0},
    {"history", "N", "interactions of the member that are used", NUMBER, AT(history), CMD_RANK, -1,
     500, -1},
    {"policy", "P", "which of them: recent, balanced, relevant or likes (default recent)", TEXT,
     AT(policy), CMD_RANK, 0, 0, 0},
    {"history-tokens", "N", "most tokens of their titles, 0 = no such limit", NUMBER,
     AT(history_tokens), CMD_RANK, 0, 1 << 20, 0},
    {"preferences", NULL, "the catalogue's stored preferences count, too", FLAG, AT(preferences),
     CMD_RANK, 0, 1, 0},
    {"candidates", "ID,ID", "items to rank (default: they are retrieved)", TEXT, AT(candidates),
     CMD_RANK, 0, 0, 0},
    {"retrieve", "HOW",
     "auto, bm25, popularity, item_knn, ease, embedding, recency, random or all (default auto)",
     TEXT, AT(retrieve), CMD_RANK, 0, 0, 0},
    {"count", "N", "items to retrieve, 1 to 500 (default: a small catalogue whole, else 100)",
     NUMBER, AT(count), CMD_RANK, 1, 500, 0},
    {"constraints", "C",
     "what fails a constraint comes after the others, is hidden, or loses score: after, hide or "
     "score (default after)",
     TEXT, AT(constraints), CMD_RANK, 0, 0, 0},
    {"now", "TIME", "the time that \"tomorrow\" starts from (default: the clock)", TEXT, AT(now),
     CMD_RANK, 0, 0, 0},
    {"rank-all", "N",
     "catalogues of up to N items are ranked whole, 0 = what the model does in three seconds",
     NUMBER, AT(rank_all), CMD_RANK | CMD_SERVE, 0, 500, 0},
    {"readout", "R", "auto, relevance, query, item, blend or hybrid (default auto)", TEXT,
     AT(readout), CMD_RANK, 0, 0, 0},
    {"top", "N", "items to show", NUMBER, AT(top), CMD_RANK, 1, 500, 20},
    {"seed", "N", "seed of whatever is random", NUMBER, AT(seed), CMD_RANK | CMD_EVAL, 0, 1ll << 53,
     1},
    {"csv", "FILE", "also write the ranking or the cells as CSV", TEXT, AT(csv),
     CMD_RANK | CMD_EXPERIMENT, 0, 0, 0},
    {"methods", "M,M",
     "what is compared: readouts, 'whole wish', baselines, chance (default: what the protocol needs)",
     TEXT, AT(methods), CMD_EVAL, 0, 0, 0},
    {"split", "S", "cases to use: test or development (default test)", TEXT, AT(split), CMD_EVAL, 0,
     0, 0},
    {"members", "N", "members or wishes that are sampled (default: the protocol's own number)",
     NUMBER, AT(cases), CMD_EVAL, 0, 5000, 0},
    {"html", "FILE", "also write the ranking or the report as one page of HTML", TEXT, AT(html),
     CMD_RANK | CMD_EVAL, 0, 0, 0},
    {"fresh", NULL, "measures again what was measured before", FLAG, AT(fresh), CMD_EVAL, 0, 1, 0},
    {"kind", "K", "items, members or interactions (default items)", TEXT, AT(kind), CMD_IMPORT, 0,
     0, 0},
    {"format", "F", "jsonl or csv, for what its bytes do not tell", TEXT, AT(format), CMD_IMPORT, 0,
     0, 0},
    {"map", "A:B,C:D",
     "what columns are: theirs:id, title, text, tags, popularity, time, field, or nothing", TEXT,
     AT(map), CMD_IMPORT, 0, 0, 0},
    {"lists", "A:S,B:S",
     "how columns hold lists: column:comma, semicolon, pipe, slash, space, line or none", TEXT,
     AT(lists), CMD_IMPORT, 0, 0, 0},
    {"encoding", "E", "encoding of the file (default: found from its bytes)", TEXT, AT(encoding),
     CMD_IMPORT, 0, 0, 0},
    {"separator", "S", "between columns: comma, semicolon, tab, pipe, colons", TEXT, AT(separator),
     CMD_IMPORT, 0, 0, 0},
    {"header", "1|0", "whether the first line names the columns", TEXT, AT(header), CMD_IMPORT, 0,
     0, 0},
    {"dates", "ORDER", "dmy or mdy: how dates such as 04/05/2021 are meant", TEXT, AT(dates),
     CMD_IMPORT, 0, 0, 0},
    {"like-from", "N", "ratings that are a like from here on", TEXT, AT(like_from), CMD_IMPORT, 0,
     0, 0},
    {"dislike-to", "N", "ratings that are a dislike up to here", TEXT, AT(dislike_to), CMD_IMPORT,
     0, 0, 0},
    {"strict", NULL, "store nothing where a single row is bad", FLAG, AT(strict), CMD_IMPORT, 0, 1,
     0},
    {"skip-bad", NULL,
     "store the good rows also of a damaged file, or where more than a tenth is bad", FLAG,
     AT(skip_bad), CMD_IMPORT, 0, 1, 0},
    {"dry-run", NULL, "check only, store nothing", FLAG, AT(dry_run), CMD_IMPORT, 0, 1, 0},
    {"preview", NULL, "the same, and the columns with what they are taken for", FLAG, AT(preview),
     CMD_IMPORT, 0, 1, 0},
    {"replace", NULL, "replace the catalogue, or all that is stored, where there is something",
     FLAG, AT(replace), CMD_IMPORT | CMD_RESTORE, 0, 1, 0},
    {"keep", "N", "backups that are kept, the newest", NUMBER, AT(keep), CMD_BACKUP, 1, 1000, 7},
    {"from-backup", NULL, "put the newest backup that is whole in the place of a damaged database",
     FLAG, AT(from_backup), CMD_REPAIR, 0, 1, 0},
    {"resume", NULL, "goes on from the last checkpoint", FLAG, AT(resume), CMD_BREW, 0, 1, 0},
    {"type", "T", "format of what `model merge` changes: f16, q8_0 or q4_1 (default f16)", TEXT,
     AT(type), CMD_MODEL, 0, 0, 0},
    {"form", "F", "what `brew export` writes: trl, axolotl or text (default trl)", TEXT, AT(form),
     CMD_BREW, 0, 0, 0},
    {"checkpoint-s", "S", "seconds between checkpoints (default 60)", TEXT, AT(checkpoint_s),
     CMD_BREW, 0, 0, 0},
    {"force", NULL, "writes the adapter although something that is guarded fell", FLAG, AT(force),
     CMD_BREW, 0, 1, 0},
    {"prefix", "N", "tokens that all items share", NUMBER, AT(prefix), CMD_BENCH, 1, 1 << 20, 512},
    {"items", "N", "items", NUMBER, AT(items), CMD_BENCH, 1, 100000, 100},
    {"item-tokens", "N", "tokens of each item", NUMBER, AT(item_tokens), CMD_BENCH, 1, 1 << 16, 24},
    {"repeats", "N", "runs of which the median is given", NUMBER, AT(repeats), CMD_BENCH, 3, 1000,
     3},
#undef AT
};

/* What may be said to a CHOICE. */
enum { CHOICES = 6 };
static const struct choice {
    const char *name, *value[CHOICES]; /* NULL after the last */
} choices[] = {{"precision", {"auto", "bf16", "f32", "int8", "fp8"}},
               {"backend", {"auto", "cpu", "cuda", "ref"}}};

static enum status choice_check(const struct row *r, const char *value, const char *whose,
                                struct err *e) {
    const struct choice *c = choices;
    char all[128] = "";
    size_t at = 0;
    while (strcmp(c->name, r->name) != 0) c++;
    for (size_t i = 0; i < CHOICES && c->value[i]; i++) {
        if (strcmp(c->value[i], value) == 0) return ST_OK;
        const char *between = i == 0 ? "" : i + 1 < CHOICES && c->value[i + 1] ? ", " : " or ";
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", between, c->value[i]);
    }
    return fail(e, ST_INVALID, "%s must be %s, not '%.60s'", whose, all, value);
}

/* TAPROOM_CACHE_MB for cache-mb. */
static void variable(const char *name, char out[64]) {
    size_t n = (size_t)snprintf(out, 64, "TAPROOM_%s", name);
    for (size_t i = 8; i < n; i++)
        out[i] = out[i] == '-'                    ? '_'
                 : out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 'a' + 'A')
                                                  : out[i];
}

static enum status set(struct options *o, const struct row *r, const char *value, const char *whose,
                       struct err *e) {
    char *at = (char *)o + r->at;
    long long n;
    struct view v = view_of(value);
    if (r->kind == CHOICE) TRY(choice_check(r, value, whose, e));
    if (r->kind == TEXT || r->kind == CHOICE) {
        memcpy(at, &value, sizeof value);
    } else if (r->kind == LIST) {
        struct options_list *l = (struct options_list *)(void *)at;
        if (l->n == OPTIONS_LIST)
            return fail(e, ST_INVALID, "%s may be given %d times at most", whose, OPTIONS_LIST);
        l->at[l->n++] = value;
    } else {
        if (r->kind == FLAG && (view_eq_str(v, "true") || view_eq_str(v, "false")))
            n = view_eq_str(v, "true");
        else if (!view_int(v, &n) || n < r->lo || n > r->hi)
            return fail(e, ST_INVALID, "%s must be a whole number from %lld to %lld, not '%.60s'",
                        whose, r->lo, r->hi, value);
        memcpy(at, &n, sizeof n);
    }
    return ST_OK;
}

static enum status defaults(struct options *o, unsigned command, struct err *e) {
    char name[64];
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct row *r = &table[i];
        if (r->kind == NUMBER || r->kind == FLAG) memcpy((char *)o + r->at, &r->def, sizeof r->def);
        variable(r->name, name);
        const char *value = getenv(name);
        if (value && value[0] && (r->commands & command)) TRY(set(o, r, value, name, e));
    }
    return ST_OK;
}

static const struct row *find(const char *name, size_t n, unsigned command) {
    for (size_t i = 0; i < COUNT(table); i++)
        if ((table[i].commands & command) && strlen(table[i].name) == n &&
            memcmp(table[i].name, name, n) == 0)
            return &table[i];
    return NULL;
}

static enum status one(struct options *o, unsigned command, int argc, char **argv, int *i,
                       struct err *e) {
    const char *text = argv[*i], *name = text + 2, *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct row *r = find(name, n, command);
    char whose[64];
    if (!r) return fail(e, ST_INVALID, "%.60s is not an option of %s", text, o->command);
    (void)snprintf(whose, sizeof whose, "--%s", r->name);
    if (r->kind == FLAG) {
        if (equals) return set(o, r, equals + 1, whose, e);
        return set(o, r, "1", whose, e);
    }
    if (!equals && *i + 1 >= argc)
        return fail(e, ST_INVALID, "%s needs a value: %s", whose, r->arg);
    return set(o, r, equals ? equals + 1 : argv[++*i], whose, e);
}

enum status options_read(struct options *o, unsigned command, int argc, char **argv,
                         struct err *e) {
    int only_args = 0;
    TRY(defaults(o, command, e));
    for (int i = 0; i < argc; i++) {
        if (!only_args && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
            o->help = 1;
        else if (!only_args && strcmp(argv[i], "--") == 0)
            only_args = 1;
        else if (!only_args && strncmp(argv[i], "--", 2) == 0)
            TRY(one(o, command, argc, argv, &i, e));
        else if (!only_args && argv[i][0] == '-' && argv[i][1])
            return fail(e, ST_INVALID, "%.60s is not an option of %s", argv[i], o->command);
        else if (o->n_args == OPTIONS_ARGS)
            return fail(e, ST_INVALID, "too many arguments");
        else
            o->arg[o->n_args++] = argv[i];
    }
    return ST_OK;
}

void options_help(unsigned command) {
    char name[64], left[64];
    printf("Options (each also as an environment variable):\n");
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct row *r = &table[i];
        if (!(r->commands & command)) continue;
        variable(r->name, name);
        (void)snprintf(left, sizeof left, "--%s%s%s", r->name, r->arg ? " " : "",
                       r->arg ? r->arg : "");
        printf("  %-22s %s", left, r->help);
        if (r->kind == NUMBER && r->def > 0) printf(" (default %lld)", r->def);
        printf("\n%25s%s\n", "", name);
    }
    printf("  %-22s this text\n", "--help");
}

/* --- folders */

static enum status folder(const char *given, const char *xdg, const char *home_below,
                          const char *below, char out[OPTIONS_PATH], struct err *e) {
    const char *base = getenv(xdg), *home = getenv("HOME");
    int n;
    if (given)
        n = snprintf(out, OPTIONS_PATH, "%s%s", given, below);
    else if (base && base[0] == '/')
        n = snprintf(out, OPTIONS_PATH, "%s/taproom%s", base, below);
    else if (home && home[0])
        n = snprintf(out, OPTIONS_PATH, "%s/%s/taproom%s", home, home_below, below);
    else
        return fail(e, ST_NOT_FOUND, "the user has no home folder; give --data and --cache");
    if (n < 0 || n >= OPTIONS_PATH) return fail(e, ST_INVALID, "a folder's path is too long");
    return ST_OK;
}

enum status options_data(const struct options *o, char out[OPTIONS_PATH], struct err *e) {
    return folder(o->data, "XDG_DATA_HOME", ".local/share", "", out, e);
}

enum status options_cache(const struct options *o, const char *below, char out[OPTIONS_PATH],
                          struct err *e) {
    return folder(o->cache, "XDG_CACHE_HOME", ".cache", below, out, e);
}
