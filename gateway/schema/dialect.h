/* dialect.h -- which keywords a schema resource may use: its draft and, from 2019-09 on, its vocabularies (Core
 * 2020-12 8.1).
 *
 * Only 2020-12, draft 4 and the OpenAPI dialects are promised. Drafts 6, 7 and 2019-09 are known as far as their
 * keywords differ, because schemas of today refer to schemas of then. */
#ifndef SCHEMA_DIALECT_H
#define SCHEMA_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "json/document.h"
#include "schema/schema.h"

struct schema_set;

enum draft {
    DRAFT_4,
    DRAFT_6,
    DRAFT_7,
    DRAFT_2019_09,
    DRAFT_2020_12,
    DRAFT_OAS30,
};

enum vocabulary {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_META_DATA = 16,
    VOCABULARY_FORMAT = 32,
    VOCABULARY_FORMAT_ASSERTION = 64,
    VOCABULARY_CONTENT = 128,
    VOCABULARY_OAS = 256, /* discriminator, xml, externalDocs, example */
};

struct dialect {
    uint8_t draft; /* enum draft */
    bool formats;  /* format is an assertion */
    bool unusable; /* a vocabulary is required that is not known: nothing may be checked with it (Core 8.1.2) */
    uint16_t vocabularies;
};

/* What the caller's word stands for. */
struct dialect dialect_of(enum schema_dialect dialect, bool assert_formats);

/* What $schema (or jsonSchemaDialect) names: a draft, or a meta-schema with $vocabulary, which is loaded. What
 * nobody knows is reported as a defect at `place` and leaves *dialect as it is. */
void dialect_read(struct schema_set *set, const struct document *document, const struct value *place,
                  struct dialect *dialect);

/* The name of the embedded file with this meta-schema, or NULL. */
const char *dialect_embedded(struct text uri);

/* Siblings of $ref are not looked at (draft 4 to 7, OAS 3.0). */
static inline bool
dialect_lone_reference(const struct dialect *d)
{
    return d->draft <= DRAFT_7 || d->draft == DRAFT_OAS30;
}

#endif
