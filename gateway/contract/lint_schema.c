/* lint_schema.c -- schemas of a document: compiled, then walked for keywords that nobody knows, and for their examples.
 *
 * Wrong values of keywords are found by the compiler (schema/); here it is the names: `requred` is no error for JSON
 * Schema, which ignores what it does not know, but it checks nothing. */
#include "contract/lint.h"
#include "contract/loader_private.h"

enum holds {
    HOLDS_NOTHING,
    HOLDS_SCHEMA,
    HOLDS_LIST,  /* an array of schemas */
    HOLDS_MAP,   /* an object of schemas */
    HOLDS_MIXED, /* a schema or an array of them (items before 2020-12, additionalItems) */
    HOLDS_DISCRIMINATOR,
    HOLDS_XML,
    HOLDS_DOCS,
};

struct schema_keyword {
    const char *name;
    uint8_t holds;
    bool in_30;
    bool in_31;
};

static const struct schema_keyword keywords[] = {
    { "type", HOLDS_NOTHING, true, true },
    { "properties", HOLDS_MAP, true, true },
    { "required", HOLDS_NOTHING, true, true },
    { "description", HOLDS_NOTHING, true, true },
    { "$ref", HOLDS_NOTHING, true, true },
    { "items", HOLDS_SCHEMA, true, true },
    { "format", HOLDS_NOTHING, true, true },
    { "enum", HOLDS_NOTHING, true, true },
    { "example", HOLDS_NOTHING, true, true },
    { "title", HOLDS_NOTHING, true, true },
    { "maxLength", HOLDS_NOTHING, true, true },
    { "nullable", HOLDS_NOTHING, true, false },
    { "additionalProperties", HOLDS_SCHEMA, true, true },
    { "anyOf", HOLDS_LIST, true, true },
    { "oneOf", HOLDS_LIST, true, true },
    { "allOf", HOLDS_LIST, true, true },
    { "not", HOLDS_SCHEMA, true, true },
    { "default", HOLDS_NOTHING, true, true },
    { "minimum", HOLDS_NOTHING, true, true },
    { "maximum", HOLDS_NOTHING, true, true },
    { "exclusiveMinimum", HOLDS_NOTHING, true, true },
    { "exclusiveMaximum", HOLDS_NOTHING, true, true },
    { "multipleOf", HOLDS_NOTHING, true, true },
    { "minLength", HOLDS_NOTHING, true, true },
    { "pattern", HOLDS_NOTHING, true, true },
    { "minItems", HOLDS_NOTHING, true, true },
    { "maxItems", HOLDS_NOTHING, true, true },
    { "uniqueItems", HOLDS_NOTHING, true, true },
    { "minProperties", HOLDS_NOTHING, true, true },
    { "maxProperties", HOLDS_NOTHING, true, true },
    { "readOnly", HOLDS_NOTHING, true, true },
    { "writeOnly", HOLDS_NOTHING, true, true },
    { "deprecated", HOLDS_NOTHING, true, true },
    { "discriminator", HOLDS_DISCRIMINATOR, true, true },
    { "xml", HOLDS_XML, true, true },
    { "externalDocs", HOLDS_DOCS, true, true },
    { "const", HOLDS_NOTHING, false, true },
    { "examples", HOLDS_NOTHING, false, true },
    { "if", HOLDS_SCHEMA, false, true },
    { "then", HOLDS_SCHEMA, false, true },
    { "else", HOLDS_SCHEMA, false, true },
    { "prefixItems", HOLDS_LIST, false, true },
    { "contains", HOLDS_SCHEMA, false, true },
    { "minContains", HOLDS_NOTHING, false, true },
    { "maxContains", HOLDS_NOTHING, false, true },
    { "patternProperties", HOLDS_MAP, false, true },
    { "propertyNames", HOLDS_SCHEMA, false, true },
    { "dependentSchemas", HOLDS_MAP, false, true },
    { "dependentRequired", HOLDS_NOTHING, false, true },
    { "unevaluatedItems", HOLDS_SCHEMA, false, true },
    { "unevaluatedProperties", HOLDS_SCHEMA, false, true },
    { "contentEncoding", HOLDS_NOTHING, false, true },
    { "contentMediaType", HOLDS_NOTHING, false, true },
    { "contentSchema", HOLDS_SCHEMA, false, true },
    { "$id", HOLDS_NOTHING, false, true },
    { "$schema", HOLDS_NOTHING, false, true },
    { "$anchor", HOLDS_NOTHING, false, true },
    { "$dynamicRef", HOLDS_NOTHING, false, true },
    { "$dynamicAnchor", HOLDS_NOTHING, false, true },
    { "$vocabulary", HOLDS_NOTHING, false, true },
    { "$comment", HOLDS_NOTHING, false, true },
    { "$defs", HOLDS_MAP, false, true },
    { "definitions", HOLDS_MAP, false, true },
    { "dependencies", HOLDS_NOTHING, false, true },
};

#define KEYWORDS (sizeof keywords / sizeof keywords[0])

static const struct schema_keyword *
keyword_of(struct text name)
{
    for (size_t i = 0; i < KEYWORDS; i++) {
        const char *keyword = keywords[i].name;

        if (name.length > 0 && keyword[0] == name.data[0] && text_equal(name, text_of(keyword)))
            return &keywords[i];
    }
    return NULL;
}

/* ---- names ---- */

/* In 3.0 an unknown name breaks the specification; in 3.1 only what looks mistyped is worth a word. */
static void
unknown_keyword(struct loader *l, const struct document *document, const struct value *key)
{
    const bool old = l->contract->edition == EDITION_30;
    const char *names[KEYWORDS];
    struct text near;
    size_t count = 0;

    for (size_t i = 0; i < KEYWORDS; i++)
        if (old ? keywords[i].in_30 : keywords[i].in_31)
            names[count++] = keywords[i].name;
    near = lint_near(l, value_text(key), names, count);
    if (old)
        loader_defect_key(l, LEVEL_ERROR, document, key, "a schema has no keyword '%.*s'%.*s; nothing is checked by it",
                          TEXT_PRINT(value_text(key)), TEXT_PRINT(near));
    else if (near.length > 0)
        loader_defect_key(l, LEVEL_WARN, document, key, "a schema has no keyword '%.*s'%.*s; nothing is checked by it",
                          TEXT_PRINT(value_text(key)), TEXT_PRINT(near));
}

static void
note_edition(struct loader *l, const struct document *document, const struct value *key, const struct schema_keyword *k)
{
    if (l->contract->edition == EDITION_30 && !k->in_30)
        loader_defect_key(l, LEVEL_ERROR, document, key,
                          "'%s' is only known from OpenAPI 3.1 on; nothing is checked by it", k->name);
    else if (l->contract->edition > EDITION_30 && !k->in_31)
        loader_defect_key(
            l, LEVEL_WARN, document, key,
            "'%s' is only known in OpenAPI 3.0; in 3.1 it is written type: [..., \"null\"]. Nothing is checked by it",
            k->name);
}

/* ---- the walk ---- */

static void walk(struct loader *l, struct place at);

static void
walk_held(struct loader *l, struct place at, enum holds holds)
{
    switch (holds) {
    case HOLDS_NOTHING:
        break;
    case HOLDS_SCHEMA:
        walk(l, at);
        break;
    case HOLDS_MIXED:
    case HOLDS_LIST:
        if (value_is(at.value, VALUE_ARRAY))
            for (VALUE_EACH_ITEM(item, at.value))
                walk(l, (struct place){ at.document, item });
        else if (holds == HOLDS_MIXED)
            walk(l, at);
        break;
    case HOLDS_MAP:
        if (value_is(at.value, VALUE_OBJECT))
            for (VALUE_EACH_MEMBER(key, at.value))
                walk(l, (struct place){ at.document, value_next(key) });
        break;
    case HOLDS_DISCRIMINATOR:
        lint_object(l, at, OBJECT_DISCRIMINATOR);
        break;
    case HOLDS_XML:
        lint_object(l, at, OBJECT_XML);
        break;
    case HOLDS_DOCS:
        lint_object(l, at, OBJECT_EXTERNAL_DOCS);
        break;
    }
}

static void
note_both_ways(struct loader *l, struct place at, bool read_only, bool write_only)
{
    if (read_only && write_only)
        loader_defect(l, LEVEL_ERROR, at,
                      "readOnly and writeOnly exclude each other; such a property is in no message");
}

/* Beside $ref, 3.0 reads nothing: said once per schema, of what would have been checked. */
static bool
is_bare_reference(struct loader *l, struct place at)
{
    static const char *const harmless[] = { "$ref",    "description", "title", "example",
                                            "default", "deprecated",  "xml",   "externalDocs" };
    const struct value *reference = VALUE_MEMBER(at.value, "$ref");

    if (l->contract->edition != EDITION_30 || !value_is(reference, VALUE_STRING))
        return false;
    for (VALUE_EACH_MEMBER(key, at.value)) {
        struct text name = value_text(key);
        size_t i = 0;

        while (i < sizeof harmless / sizeof harmless[0] && !text_equal(name, text_of(harmless[i])))
            i++;
        if (i < sizeof harmless / sizeof harmless[0] || lint_is_extension(name))
            continue;
        loader_defect_key(
            l, LEVEL_WARN, at.document, key,
            "OpenAPI 3.0 ignores what stands beside a $ref, such as this '%.*s'; nothing is checked by it",
            TEXT_PRINT(name));
        break;
    }
    return true;
}

/* Which schema it is cannot be told of a message that lacks the property. */
static void
note_discriminator(struct loader *l, struct place at)
{
    struct place discriminator = LOADER_AT(l, at, "discriminator");
    struct text name = LOADER_TEXT(l, discriminator.value, "propertyName");
    const struct value *required = VALUE_MEMBER(at.value, "required");

    if (name.length == 0 || VALUE_MEMBER(at.value, "oneOf") != NULL || VALUE_MEMBER(at.value, "anyOf") != NULL)
        return;
    if (value_is(required, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, required))
            if (item->type == VALUE_STRING && text_equal(value_text(item), name))
                return;
    loader_defect(l, LEVEL_WARN, discriminator, "the property '%.*s' of this discriminator should be required here",
                  TEXT_PRINT(name));
}

/* The word adds null to the type beside it, and to nothing else (OAS 3.0.3, Schema Object). */
static void
note_nullable(struct loader *l, struct place at)
{
    const struct value *parts[] = { VALUE_MEMBER(at.value, "allOf"), VALUE_MEMBER(at.value, "anyOf"),
                                    VALUE_MEMBER(at.value, "oneOf") };

    if (l->contract->edition != EDITION_30 || !value_is(VALUE_MEMBER(at.value, "nullable"), VALUE_TRUE) ||
        VALUE_MEMBER(at.value, "type") != NULL)
        return;
    if (parts[0] != NULL || parts[1] != NULL || parts[2] != NULL)
        loader_defect(
            l, LEVEL_WARN, LOADER_AT(l, at, "nullable"),
            "'nullable' says nothing without a 'type' beside it; null is only valid where the parts allow it");
}

static void
walk(struct loader *l, struct place at)
{
    bool read_only = false, write_only = false;

    if (!value_is(at.value, VALUE_OBJECT) || l->depth > LINT_DEPTH || is_bare_reference(l, at))
        return;
    l->depth++;
    for (VALUE_EACH_MEMBER(key, at.value)) {
        const struct schema_keyword *k = keyword_of(value_text(key));
        struct place value = { at.document, value_next(key) };

        if (k == NULL) {
            if (!lint_is_extension(value_text(key)))
                unknown_keyword(l, at.document, key);
            continue;
        }
        note_edition(l, at.document, key, k);
        read_only = read_only || (strcmp(k->name, "readOnly") == 0 && value_is(value.value, VALUE_TRUE));
        write_only = write_only || (strcmp(k->name, "writeOnly") == 0 && value_is(value.value, VALUE_TRUE));
        if (strcmp(k->name, "example") == 0 || strcmp(k->name, "default") == 0)
            lint_expect(l, value, at, k->name);
        if (strcmp(k->name, "examples") == 0 && value_is(value.value, VALUE_ARRAY))
            for (VALUE_EACH_ITEM(item, value.value))
                lint_expect(l, (struct place){ at.document, item }, at, "example");
        walk_held(l, value, (enum holds)k->holds);
    }
    note_both_ways(l, at, read_only, write_only);
    note_nullable(l, at);
    note_discriminator(l, at);
    l->depth--;
}

void
lint_schema(struct loader *l, struct place at)
{
    const bool fine =
        at.value->type == VALUE_OBJECT || (l->contract->edition > EDITION_30 && value_is_boolean(at.value));

    if (!fine) {
        loader_defect(l, LEVEL_ERROR, at, "a schema must be an object%s, not %s; what it is for stays unchecked",
                      l->contract->edition > EDITION_30 ? ", true or false" : "", value_type_name(at.value));
        return;
    }
    (void)loader_shape(l, at);
    walk(l, at);
}
