/* compare.h -- are two JSON values equal, as JSON Schema means it?
 *
 * Numbers by mathematical value, strings by code points, objects without order (JSON Schema Core 2020-12 4.2.2).
 * Of repeated keys the last counts where the object is flagged VALUE_DUPLICATE_KEY; where nobody looked for them, keys
 * are taken to be different. Work is counted against a budget so that hostile values cannot make it take long. Any
 * thread. */
#ifndef JSON_COMPARE_H
#define JSON_COMPARE_H

#include <stdint.h>

#include "json/document.h"

/* 1 equal, 0 not, -1 when *budget (work units, one per value or 64 bytes looked at) is used up. budget may be NULL. */
int value_equal(const struct value *a, const struct value *b, uint32_t *budget);

/* Equal values have equal hashes. */
uint64_t value_hash(const struct value *v);

/* Are all items different? Hashes, so it takes linear work. 1 yes, 0 no (the two indexes are set), -1 budget used up.
 * The arena gives the hash table; it may be NULL for up to 16 items. */
int
value_items_unique(const struct value *array, struct arena *arena, uint32_t *budget, uint32_t *first, uint32_t *second);

#endif
