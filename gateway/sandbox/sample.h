/* sample.h -- a value made from a schema: reproducible by its seed, and valid.
 *
 * Walks the source of the schema (type, enum, const, default, examples, format, pattern, bounds, required, properties,
 * items, prefixItems, allOf, anyOf, oneOf, discriminator, $ref …), makes a value and checks it with the compiled
 * schema; what does not hold is made again with other choices, part by part, until SAMPLE_WORK values have been tried.
 * No I/O, no clock; belongs to one thread. */
#ifndef SANDBOX_SAMPLE_H
#define SANDBOX_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "schema/schema.h"

struct sample_options {
    const struct schema_set *schemas; /* to follow references */
    struct schema_scratch *scratch;
    enum schema_side side; /* SCHEMA_RESPONSE leaves writeOnly properties out, SCHEMA_REQUEST readOnly ones */
    uint64_t seed;
    bool required_only; /* leave optional properties out */
    bool made_up;       /* leave the schema's own examples and defaults aside */
};

/* Append JSON text that satisfies the schema. False when no valid value was found (contradicting or exotic schemas):
 * then nothing is appended. */
bool sample_write(struct buffer *out, const struct schema *schema, const struct sample_options *options);

#endif
