/* dialect.c -- from the URI of a meta-schema to a dialect. */
#include "schema/dialect.h"

#include "schema/set.h"

#define STANDARD                                                                                                       \
    (VOCABULARY_CORE | VOCABULARY_APPLICATOR | VOCABULARY_UNEVALUATED | VOCABULARY_VALIDATION | VOCABULARY_META_DATA | \
     VOCABULARY_FORMAT | VOCABULARY_CONTENT)

static const struct {
    const char *uri;
    struct dialect dialect;
} known_dialects[] = {
    { "https://json-schema.org/draft/2020-12/schema", { DRAFT_2020_12, false, false, STANDARD } },
    { "https://json-schema.org/draft/2019-09/schema", { DRAFT_2019_09, false, false, STANDARD } },
    { "http://json-schema.org/draft-07/schema", { DRAFT_7, false, false, STANDARD } },
    { "http://json-schema.org/draft-06/schema", { DRAFT_6, false, false, STANDARD } },
    { "http://json-schema.org/draft-04/schema", { DRAFT_4, false, false, STANDARD } },
    { "https://spec.openapis.org/oas/3.1/dialect/base", { DRAFT_2020_12, true, false, STANDARD | VOCABULARY_OAS } },
    { "https://spec.openapis.org/oas/3.1/dialect/2024-11-10",
      { DRAFT_2020_12, true, false, STANDARD | VOCABULARY_OAS } },
    { "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
      { DRAFT_2020_12, true, false, STANDARD | VOCABULARY_OAS } },
};

static const struct {
    const char *uri;
    enum vocabulary vocabulary;
} known_vocabularies[] = {
    { "https://json-schema.org/draft/2020-12/vocab/core", VOCABULARY_CORE },
    { "https://json-schema.org/draft/2020-12/vocab/applicator", VOCABULARY_APPLICATOR },
    { "https://json-schema.org/draft/2020-12/vocab/unevaluated", VOCABULARY_UNEVALUATED },
    { "https://json-schema.org/draft/2020-12/vocab/validation", VOCABULARY_VALIDATION },
    { "https://json-schema.org/draft/2020-12/vocab/meta-data", VOCABULARY_META_DATA },
    { "https://json-schema.org/draft/2020-12/vocab/format-annotation", VOCABULARY_FORMAT },
    { "https://json-schema.org/draft/2020-12/vocab/format-assertion", VOCABULARY_FORMAT_ASSERTION },
    { "https://json-schema.org/draft/2020-12/vocab/content", VOCABULARY_CONTENT },
    { "https://spec.openapis.org/oas/3.1/vocab/base", VOCABULARY_OAS },
};

#define META "schema/json-schema/"

static const struct {
    const char *uri;
    const char *file;
} embedded_schemas[] = {
    { "https://json-schema.org/draft/2020-12/schema", META "2020-12/schema.json" },
    { "https://json-schema.org/draft/2020-12/meta/core", META "2020-12/core.json" },
    { "https://json-schema.org/draft/2020-12/meta/applicator", META "2020-12/applicator.json" },
    { "https://json-schema.org/draft/2020-12/meta/unevaluated", META "2020-12/unevaluated.json" },
    { "https://json-schema.org/draft/2020-12/meta/validation", META "2020-12/validation.json" },
    { "https://json-schema.org/draft/2020-12/meta/meta-data", META "2020-12/meta-data.json" },
    { "https://json-schema.org/draft/2020-12/meta/format-annotation", META "2020-12/format-annotation.json" },
    { "https://json-schema.org/draft/2020-12/meta/format-assertion", META "2020-12/format-assertion.json" },
    { "https://json-schema.org/draft/2020-12/meta/content", META "2020-12/content.json" },
    { "http://json-schema.org/draft-04/schema", META "draft-04/schema.json" },
    { "https://spec.openapis.org/oas/3.1/dialect/base", META "oas-3.1/dialect-base.json" },
    { "https://spec.openapis.org/oas/3.1/meta/base", META "oas-3.1/meta-base.json" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct dialect
dialect_of(enum schema_dialect dialect, bool assert_formats)
{
    switch (dialect) {
    case SCHEMA_DRAFT4:
        return (struct dialect){ DRAFT_4, assert_formats, false, STANDARD };
    case SCHEMA_OAS30:
        return (struct dialect){ DRAFT_OAS30, true, false, STANDARD | VOCABULARY_OAS };
    case SCHEMA_OAS31:
        return (struct dialect){ DRAFT_2020_12, true, false, STANDARD | VOCABULARY_OAS };
    case SCHEMA_2020_12:
        break;
    }
    return (struct dialect){ DRAFT_2020_12, assert_formats, false, STANDARD };
}

const char *
dialect_embedded(struct text uri)
{
    for (size_t i = 0; i < COUNT(embedded_schemas); i++) {
        if (text_equal(uri, text_of(embedded_schemas[i].uri)))
            return embedded_schemas[i].file;
    }
    return NULL;
}

/* $vocabulary of a meta-schema (Core 8.1.2): true means that who does not know it must not go on. */
static void
read_vocabularies(struct schema_set *set, const struct document *document, const struct value *place,
                  const struct value *list, struct dialect *dialect)
{
    dialect->vocabularies = VOCABULARY_CORE;
    for (VALUE_EACH_MEMBER(key, list)) {
        uint16_t found = 0;

        for (size_t i = 0; i < COUNT(known_vocabularies); i++) {
            if (text_equal(value_text(key), text_of(known_vocabularies[i].uri)))
                found = (uint16_t)known_vocabularies[i].vocabulary;
        }
        dialect->vocabularies |= found;
        if (found != 0 || value_next(key)->type != VALUE_TRUE)
            continue;
        dialect->unusable = true;
        set_defect(set, document, place, true, "this meta-schema requires the vocabulary '%.*s', which is not known",
                   TEXT_PRINT(value_text(key)));
    }
    dialect->formats = (dialect->vocabularies & VOCABULARY_FORMAT_ASSERTION) != 0 ||
                       ((dialect->vocabularies & VOCABULARY_OAS) != 0 || set->options.assert_formats);
}

void
dialect_read(struct schema_set *set, const struct document *document, const struct value *place,
             struct dialect *dialect)
{
    struct text uri = text_slice(value_text(place), 0, text_find(value_text(place), '#'));
    const struct resource *meta;
    const struct value *vocabularies;

    for (size_t i = 0; i < COUNT(known_dialects); i++) {
        if (text_equal(uri, text_of(known_dialects[i].uri))) {
            bool formats = known_dialects[i].dialect.formats || set->options.assert_formats;

            *dialect = known_dialects[i].dialect;
            dialect->formats = formats;
            return;
        }
    }
    meta = set_resource(set, uri);
    if (meta == NULL) {
        set_defect(set, document, place, false,
                   "the meta-schema '%.*s' is not known; its keywords are read as usual here", TEXT_PRINT(uri));
        return;
    }
    *dialect = meta->dialect;
    vocabularies = VALUE_MEMBER(meta->root, "$vocabulary");
    if (dialect->draft == DRAFT_2020_12 && value_is(vocabularies, VALUE_OBJECT))
        read_vocabularies(set, document, place, vocabularies, dialect);
}
