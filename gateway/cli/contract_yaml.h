/* contract_yaml.h -- a YAML contract that is changed in place, operation by operation. One thread. */
#ifndef CLI_CONTRACT_YAML_H
#define CLI_CONTRACT_YAML_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "drift/patch.h"

struct contract_yaml {
    const char *path;      /* for messages; borrowed */
    struct text original;  /* borrowed */
    struct arena *scratch; /* borrowed; reset by each operation */
    struct buffer now;
    bool changed;
    const char *why; /* it cannot be done: a literal; nothing more is done then */
    uint32_t line;   /* of the original */
};

/* The text as it is now. */
struct text contract_yaml_text(const struct contract_yaml *y);

/* Do the operation, unless one could not be done before. */
void contract_yaml_apply(struct contract_yaml *y, const struct patch_op *op);

/* Were all operations done, and does the text say what `json` does? 0, or -1 with err, which names the line. */
int contract_yaml_finish(struct contract_yaml *y, struct text json, struct error *err);

void contract_yaml_release(struct contract_yaml *y);

#endif
