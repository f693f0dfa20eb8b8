/* keywords.c -- the table. Sources: JSON Schema Core and Validation 2020-12, 2019-09, drafts 7, 6 and 4; OpenAPI
 * 3.0 and 3.1, Schema Object. */
#include "schema/keywords.h"

#include "schema/compile.h"

#define D4      (1u << DRAFT_4)
#define D6      (1u << DRAFT_6)
#define D7      (1u << DRAFT_7)
#define D2019   (1u << DRAFT_2019_09)
#define D2020   (1u << DRAFT_2020_12)
#define OAS30   (1u << DRAFT_OAS30)
#define SINCE6  (D6 | D7 | D2019 | D2020)
#define SINCE7  (D7 | D2019 | D2020)
#define SINCE19 (D2019 | D2020)
#define OLD     (D4 | D6 | D7)
#define NOT_OAS (D4 | SINCE6)
#define ALL     (NOT_OAS | OAS30)

#define CORE    VOCABULARY_CORE
#define APPL    VOCABULARY_APPLICATOR
#define UNEV    VOCABULARY_UNEVALUATED
#define VALI    VOCABULARY_VALIDATION
#define META    VOCABULARY_META_DATA
#define FORM    (VOCABULARY_FORMAT | VOCABULARY_FORMAT_ASSERTION)
#define CONT    VOCABULARY_CONTENT
#define OAS     VOCABULARY_OAS

/* clang-format off */
const struct keyword keywords[] = {
    /* name                    drafts       of    holds                  compile */
    { "$ref",                  ALL,         CORE, HOLDS_NOTHING,         compile_ref },
    { "$dynamicRef",           D2020,       CORE, HOLDS_NOTHING,         compile_dynamic_ref },
    { "$recursiveRef",         D2019,       CORE, HOLDS_NOTHING,         compile_recursive_ref },
    { "$defs",                 SINCE19,     CORE, HOLDS_MAP,             NULL },
    { "definitions",           NOT_OAS,     CORE, HOLDS_MAP,             NULL },

    { "type",                  ALL,         VALI, HOLDS_NOTHING,         compile_type },
    { "nullable",              OAS30,       VALI, HOLDS_NOTHING,         NULL },
    { "const",                 SINCE6,      VALI, HOLDS_NOTHING,         compile_const },
    { "enum",                  ALL,         VALI, HOLDS_NOTHING,         compile_enum },

    { "minimum",               ALL,         VALI, HOLDS_NOTHING,         compile_bound },
    { "maximum",               ALL,         VALI, HOLDS_NOTHING,         compile_bound },
    { "exclusiveMinimum",      ALL,         VALI, HOLDS_NOTHING,         compile_bound },
    { "exclusiveMaximum",      ALL,         VALI, HOLDS_NOTHING,         compile_bound },
    { "multipleOf",            ALL,         VALI, HOLDS_NOTHING,         compile_multiple },
    { "minLength",             ALL,         VALI, HOLDS_NOTHING,         compile_length },
    { "maxLength",             ALL,         VALI, HOLDS_NOTHING,         compile_length },
    { "pattern",               ALL,         VALI, HOLDS_NOTHING,         compile_pattern_keyword },
    { "minItems",              ALL,         VALI, HOLDS_NOTHING,         compile_count },
    { "maxItems",              ALL,         VALI, HOLDS_NOTHING,         compile_count },
    { "uniqueItems",           ALL,         VALI, HOLDS_NOTHING,         compile_unique },
    { "minContains",           SINCE19,     VALI, HOLDS_NOTHING,         NULL },
    { "maxContains",           SINCE19,     VALI, HOLDS_NOTHING,         NULL },
    { "minProperties",         ALL,         VALI, HOLDS_NOTHING,         compile_count },
    { "maxProperties",         ALL,         VALI, HOLDS_NOTHING,         compile_count },
    { "required",              ALL,         VALI, HOLDS_NOTHING,         compile_members },
    { "dependentRequired",     SINCE19,     VALI, HOLDS_NOTHING,         compile_dependent_required },

    { "properties",            ALL,         APPL, HOLDS_MAP,             compile_members },
    { "patternProperties",     NOT_OAS,     APPL, HOLDS_MAP,             compile_members },
    { "additionalProperties",  ALL,         APPL, HOLDS_SCHEMA,          compile_members },
    { "propertyNames",         SINCE6,      APPL, HOLDS_SCHEMA,          compile_property_names },
    { "dependentSchemas",      SINCE19,     APPL, HOLDS_MAP,             compile_dependent_schemas },
    { "dependencies",          NOT_OAS,     APPL, HOLDS_MIXED_MAP,       compile_dependencies },
    { "prefixItems",           D2020,       APPL, HOLDS_ARRAY,           compile_items },
    { "items",                 ALL,         APPL, HOLDS_SCHEMA_OR_ARRAY, compile_items },
    { "additionalItems",       OLD | D2019, APPL, HOLDS_SCHEMA,          compile_items },
    { "contains",              SINCE6,      APPL, HOLDS_SCHEMA,          compile_contains },
    { "allOf",                 ALL,         APPL, HOLDS_ARRAY,           compile_all_of },
    { "anyOf",                 ALL,         APPL, HOLDS_ARRAY,           compile_alternatives },
    { "oneOf",                 ALL,         APPL, HOLDS_ARRAY,           compile_alternatives },
    { "not",                   ALL,         APPL, HOLDS_SCHEMA,          compile_not },
    { "if",                    SINCE7,      APPL, HOLDS_SCHEMA,          compile_if },
    { "then",                  SINCE7,      APPL, HOLDS_SCHEMA,          NULL },
    { "else",                  SINCE7,      APPL, HOLDS_SCHEMA,          NULL },
    { "unevaluatedItems",      SINCE19,     UNEV, HOLDS_SCHEMA,          compile_unevaluated },
    { "unevaluatedProperties", SINCE19,     UNEV, HOLDS_SCHEMA,          compile_unevaluated },

    { "format",                ALL,         FORM, HOLDS_NOTHING,         compile_format },
    { "contentSchema",         SINCE19,     CONT, HOLDS_SCHEMA,          NULL },
    { "discriminator",         OAS30 | D2020, OAS,  HOLDS_NOTHING,         compile_discriminator },
};
/* clang-format on */

const uint32_t keyword_count = sizeof(keywords) / sizeof(keywords[0]);

int
keywords_index(struct schema_set *set)
{
    struct text list[sizeof(keywords) / sizeof(keywords[0])];

    for (uint32_t i = 0; i < keyword_count; i++)
        list[i] = text_of(keywords[i].name);
    return names_build(&set->keywords, list, keyword_count, set->arena);
}

const struct keyword *
keyword_find(const struct schema_set *set, const struct dialect *dialect, struct text name)
{
    uint32_t index = names_find(&set->keywords, name.data, (uint32_t)name.length);
    const struct keyword *keyword;

    if (index == NAMES_NONE)
        return NULL;
    keyword = &keywords[index];
    if ((keyword->drafts & 1u << dialect->draft) == 0 || (keyword->vocabulary & dialect->vocabularies) == 0)
        return NULL;
    return keyword;
}
