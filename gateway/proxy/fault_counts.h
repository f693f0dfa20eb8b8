/* fault_counts.h -- how often each entity of each fault rule came by, and how often each rule fired: one memory for all
 * workers and all generations of rules.
 *
 * Ordinals are kept by the keys of rules/fault.h, which stay as long as a rule says the same: a reload that leaves a
 * rule alone goes on counting where it was, and a changed rule begins anew.
 *
 * Bounded: in a full place the entity goes that was not seen for longest; its next exchange is its first again, which
 * `forgotten` counts. Any thread: a lock per shard, held for a few comparisons; firings, which are rare, have one of
 * their own. */
#ifndef PROXY_FAULT_COUNTS_H
#define PROXY_FAULT_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "rules/fault.h"

struct fault_counts;

/* With room for `entities` (rounded up); LIMIT_FAULT_COUNTS unless there is a reason. New, or NULL: no memory. */
struct fault_counts *fault_counts_new(uint32_t entities);
void fault_counts_free(struct fault_counts *counts); /* accepts NULL */

/* fault_count_fn: `counts` is the struct fault_counts. */
uint64_t fault_counts_next(void *counts, uint64_t key);

/* The same without counting: the ordinal that the last exchange had, 0: it is not known. */
uint64_t fault_counts_peek(void *counts, uint64_t key);

/* Entities that had to be forgotten, ever. */
uint64_t fault_counts_forgotten(const struct fault_counts *counts);

/* The rule was carried out once; and how often it ever was (rules are known by name and effect). */
void fault_counts_fired(struct fault_counts *counts, const struct fault_rule *rule);
uint64_t fault_counts_firings(struct fault_counts *counts, const struct fault_rule *rule);

/* Append plumbline_faults_total and plumbline_faults_forgotten_total, for /metrics. Rules beyond FAULT_COUNTS_NAMES
 * different ones are counted together, as rule="…". */
#define FAULT_COUNTS_NAMES 2000
void fault_counts_metrics(struct fault_counts *counts, struct buffer *out);

#endif
