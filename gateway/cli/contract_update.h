/* contract_update.h -- what the two ways of plumbline contract infer share: reading, writing; and the second way. */
#ifndef CLI_CONTRACT_UPDATE_H
#define CLI_CONTRACT_UPDATE_H

#include "base/text.h"
#include "cli/command.h"
#include "cli/spool.h"
#include "traffic/exchange.h"

#define INFER_COMMAND "contract infer"

struct infer_reading {
    const struct option_list *recordings;
    const char *service; /* only its exchanges; NULL: all */
    bool guessed;        /* by the name of a file: exchanges that name none (HAR files of other tools) count, too */
    const char *host;    /* only what was sent to it ("api.example"); NULL: all */
    void (*add)(void *arg, struct exchange *x);
    void *arg;
    uint64_t broken;    /* entries that could not be read; told */
    uint64_t others;    /* exchanges of other services */
    char other[64];     /* one of those */
    bool told;          /* it is not the first time that they are read */
    struct spool spool; /* of "-"; see INFER_READING */
};

/* Nothing was read. */
#define INFER_READING(...) ((struct infer_reading){ .spool = { .fd = -1 }, __VA_ARGS__ })

/* All exchanges of all recordings; "-" is standard input, once. 0, or -1 with err. */
int infer_read(struct infer_reading *reading, struct error *err);

/* Write to the file, or to standard output where path is NULL. 0, or -1 with err. */
int infer_put(const char *path, struct text text, struct error *err);

/* The changes that make the traffic fit: as a patch to `out` (NULL: standard output), or written into the contract. */
int
contract_update(struct infer_reading *reading, const char *contract, bool write, const char *out, struct error *err);

#endif
