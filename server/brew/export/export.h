/* A recipe's data as files with which other programs train the same adapter: prompts and answers
 * are the very texts that are trained and served here. */
#ifndef BREW_EXPORT_H
#define BREW_EXPORT_H

#include "server/brew/brew.h"

struct brew_exported {
    long long lists, kept, rows; /* wishes learned from, kept out; lines of pairs or texts */
};

/* Writes into the folder, which is made. Forms:
 * trl:     lists.jsonl, kept.jsonl, settings.json and train.py, which trains the loss `list` with
 *          TRL, and measures on kept.jsonl
 * axolotl: pairs.jsonl (a prompt, a preferred and a rejected answer) and axolotl.yml
 * text:    texts.jsonl: prompts with the answers that fit, and the recipe's texts
 * ST_INVALID: another form; ST_UNSUPPORTED: the readout `relevance`, whose answers are words of a
 * chat. c as for brew_run; nothing is trained. */
enum status brew_export(const struct brew_config *c, const char *form, const char *folder,
                        struct brew_exported *out, struct err *e) MUST_CHECK;

#endif
