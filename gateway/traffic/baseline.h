/* baseline.h -- findings that were accepted: by fingerprint, with a reason, who is responsible, and until when.
 *
 * `plumbline-baseline.json` (docs/schema/baseline.schema.json) has one entry per line, sorted by service, operation,
 * rule and place, so that a change reads well in a diff. A gate counts what it does not accept. No clock: `now` is an
 * argument. One thread. */
#ifndef TRAFFIC_BASELINE_H
#define TRAFFIC_BASELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/document.h"
#include "traffic/finding.h"

#define BASELINE_VERSION 1

struct baseline_entry {
    struct text fingerprint;
    struct text rule, service, operation, side, instance, keyword; /* for people: the fingerprint alone counts */
    struct text reason, owner;                                     /* may be empty */
    struct text expires; /* "2026-12-31": accepted to the end of that day, UTC; empty: for ever */
    int64_t until;       /* ns since 1970; INT64_MAX: for ever */
    uint32_t line;       /* in the file, from 1; 0: new */
    bool met;            /* a finding has it */
};

struct baseline {
    const char *file; /* for messages */
    struct baseline_entry *entries;
    uint32_t count;
    uint32_t *table; /* by fingerprint */
    uint32_t table_size;
};

/* What a document says that satisfies its schema. Everything is in the arena, or borrowed from the document. 0, or -1
 * with err ("file:line:column"): an entry that is there twice, a day that there is not. */
int baseline_read(struct baseline *b, const struct document *document, struct arena *arena, struct error *err);

enum baseline_answer {
    BASELINE_NEW,
    BASELINE_ACCEPTED,
    BASELINE_EXPIRED, /* it is known, but its time is over */
};

/* Is the finding accepted at `now`? Remembers that its entry was met. */
enum baseline_answer baseline_ask(struct baseline *b, const struct finding *f, int64_t now);

/* Append the file that accepts these findings and no others: entries that are there keep their reason, owner and
 * expiry, new ones have none yet. An expired entry whose finding is still there stays as it is: a person decides.
 * `b` may be NULL. */
void baseline_write(const struct baseline *b, struct finding_list *findings, struct buffer *out);

#endif
