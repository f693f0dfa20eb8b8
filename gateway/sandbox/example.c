/* example.c -- values out of the contract: its examples where they are valid, else made from the schema. */
#include "base/limits.h"
#include "sandbox/answering.h"
#include "sandbox/sample.h"

struct source
source_follow(const struct answering *a, struct source s)
{
    for (int hops = 0; hops < LIMIT_REF_HOPS; hops++) {
        const struct value *reference = VALUE_MEMBER(s.value, "$ref");
        struct source there = { .document = s.document };

        if (!value_is(reference, VALUE_STRING))
            return s;
        there.value =
            schema_follow(contract_schemas(a->maker->contract), s.document, value_text(reference), &there.document);
        s = there;
    }
    return (struct source){ NULL, NULL };
}

struct source
source_member(const struct answering *a, struct source s, struct text key)
{
    return source_follow(a, (struct source){ s.document, value_member(s.value, key) });
}

/* The compiled schema under a keyword; a lone reference has no compiled form of its own. */
static const struct schema *
schema_of(const struct answering *a, struct source object, const char *keyword)
{
    const struct schema_set *set = contract_schemas(a->maker->contract);
    const struct value *place = value_member(object.value, text_of(keyword));
    const struct schema *schema = place != NULL ? schema_compiled(set, object.document, place) : NULL;
    struct source there;

    if (place == NULL || schema != NULL)
        return schema;
    there = source_follow(a, (struct source){ object.document, place });
    return there.value != NULL ? schema_compiled(set, there.document, there.value) : NULL;
}

static bool
is_valid(const struct answering *a, const struct schema *schema, const struct value *value)
{
    struct schema_run run = {
        .scratch = a->maker->scratch, .arena = a->arena, .budget = LIMIT_CHECK_BUDGET, .side = SCHEMA_RESPONSE
    };

    return schema == NULL || schema_check(schema, value, &run);
}

/* The value of an Example Object. OpenAPI 3.2 calls it dataValue. */
static struct source
value_of(struct source example)
{
    const struct value *value = VALUE_MEMBER(example.value, "value");

    if (value == NULL)
        value = VALUE_MEMBER(example.value, "dataValue");
    return (struct source){ example.document, value };
}

struct source
example_named(const struct answering *a, struct source object, struct text name)
{
    struct source examples = source_member(a, object, TEXT("examples"));

    if (!value_is(examples.value, VALUE_OBJECT))
        return (struct source){ NULL, NULL };
    return value_of(source_member(a, examples, name));
}

static struct source
first_of_object(const struct answering *a, struct source examples, const struct schema *schema)
{
    if (value_is(examples.value, VALUE_OBJECT) && examples.value->count > 0)
        for (VALUE_EACH_MEMBER(key, examples.value)) {
            struct source example = value_of(source_follow(a, (struct source){ examples.document, value_next(key) }));

            if (example.value != NULL && is_valid(a, schema, example.value))
                return example;
        }
    return (struct source){ NULL, NULL };
}

struct source
example_first(const struct answering *a, struct source object)
{
    const struct schema *schema = schema_of(a, object, "schema");
    struct source found = first_of_object(a, source_member(a, object, TEXT("examples")), schema);
    struct source written = source_member(a, object, TEXT("schema"));
    const struct value *own = VALUE_MEMBER(object.value, "example"), *its = VALUE_MEMBER(written.value, "example");
    const struct value *list = VALUE_MEMBER(written.value, "examples");

    if (found.value != NULL)
        return found;
    if (own != NULL && is_valid(a, schema, own))
        return (struct source){ object.document, own };
    if (its != NULL && is_valid(a, schema, its))
        return (struct source){ written.document, its };
    if (value_is(list, VALUE_ARRAY) && list->count > 0)
        for (VALUE_EACH_ITEM(item, list))
            if (is_valid(a, schema, item))
                return (struct source){ written.document, item };
    return (struct source){ NULL, NULL };
}

bool
example_made(const struct answering *a, struct source object, const char *keyword, uint64_t seed, struct buffer *out)
{
    const struct schema *schema = schema_of(a, object, keyword);
    struct sample_options options = {
        .schemas = contract_schemas(a->maker->contract),
        .scratch = a->maker->scratch,
        .side = SCHEMA_RESPONSE,
        .seed = seed,
        .made_up = a->prefer.dynamic,
    };

    return schema != NULL && sample_write(out, schema, &options);
}
