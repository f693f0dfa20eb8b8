/* sample.c -- tries a value, checks it, tries again. What kind of value it is, is the business of the other sample_…
 * files. */
#include "sandbox/sample_make.h"

#include "base/limits.h"
#include "json/compare.h"
#include "json/write.h"
#include "schema/pattern.h"

#define SAMPLE_PLANS  (64 * LIMIT_MIB)
#define SAMPLE_CHECKS (64 * LIMIT_MIB)

bool
sample_perhaps(struct sample_maker *m, double percent)
{
    return !m->calm && random_percent(&m->random, percent);
}

bool
sample_holds(struct sample_maker *m, const struct sample_plan *goal, struct text json)
{
    struct schema_run run = {
        .scratch = m->options->scratch, .arena = m->checks, .budget = LIMIT_CHECK_BUDGET, .side = m->options->side
    };
    struct document document;

    arena_reset(m->checks);
    if (document_parse(&document, json, NULL, m->checks, NULL) < 0)
        return false;
    for (uint32_t i = 0; i < goal->parts.count; i++) {
        const struct schema *schema = schema_part_compiled(m->options->schemas, goal->parts.list[i]);

        if (goal->parts.list[i].schema->type == VALUE_FALSE)
            return false;
        if (schema != NULL && !schema_check(schema, document.root, &run))
            return false;
    }
    return true;
}

/* ---- values that the schema gives itself ---- */

static bool
write_if_it_holds(struct sample_maker *m, const struct sample_plan *goal, const struct value *value, struct buffer *out)
{
    size_t start = buffer_length(out);
    struct json_writer w;

    json_begin(&w, out, 0);
    json_value(&w, value);
    if (!buffer_failed(out) && sample_holds(m, goal, text_from(buffer_text(out), start)))
        return true;
    buffer_truncate(out, start);
    return false;
}

static bool
write_choice(struct sample_maker *m, const struct sample_plan *goal, const struct value *choices, struct buffer *out)
{
    uint32_t first = choices->count > 0 ? (uint32_t)random_below(&m->random, choices->count) : 0;

    for (uint32_t i = 0; i < choices->count && m->work > 0; i++, m->work--)
        if (write_if_it_holds(m, goal, value_item(choices, (first + i) % choices->count), out))
            return true;
    return false;
}

enum given {
    GIVEN_NOTHING, /* no part gives a value: make one */
    GIVEN_WRITTEN,
    GIVEN_WRONG, /* only these values are allowed, and none of them holds */
};

static enum given
write_given(struct sample_maker *m, const struct sample_plan *goal, const struct sample_plan *plan, struct buffer *out)
{
    const struct value *value;

    for (SCHEMA_EACH_PART(part, &plan->parts, "const", value))
        return write_if_it_holds(m, goal, value, out) ? GIVEN_WRITTEN : GIVEN_WRONG;
    if (!m->options->made_up && !sample_perhaps(m, 60)) {
        for (SCHEMA_EACH_PART(part, &plan->parts, "example", value))
            if (write_if_it_holds(m, goal, value, out))
                return GIVEN_WRITTEN;
        for (SCHEMA_EACH_PART(part, &plan->parts, "examples", value))
            if (value->type == VALUE_ARRAY && write_choice(m, goal, value, out))
                return GIVEN_WRITTEN;
        for (SCHEMA_EACH_PART(part, &plan->parts, "default", value))
            if (write_if_it_holds(m, goal, value, out))
                return GIVEN_WRITTEN;
    }
    for (SCHEMA_EACH_PART(part, &plan->parts, "enum", value))
        if (value->type == VALUE_ARRAY)
            return write_choice(m, goal, value, out) ? GIVEN_WRITTEN : GIVEN_WRONG;
    return GIVEN_NOTHING;
}

/* ---- values by type ---- */

/* null comes last: it says the least. */
static const unsigned kinds[] = { SCHEMA_TYPE_OBJECT,  SCHEMA_TYPE_ARRAY,   SCHEMA_TYPE_STRING, SCHEMA_TYPE_NUMBER,
                                  SCHEMA_TYPE_INTEGER, SCHEMA_TYPE_BOOLEAN, SCHEMA_TYPE_NULL };

static unsigned
choose_kind(struct sample_maker *m, unsigned allowed, unsigned likely)
{
    unsigned list[sizeof(kinds) / sizeof(kinds[0])], count = 0;

    if ((allowed & likely) != 0 && !sample_perhaps(m, 20))
        allowed &= likely;
    if (allowed == SCHEMA_TYPE_ANY && !sample_perhaps(m, 50))
        return SCHEMA_TYPE_STRING;
    /* deep inside, and where the schema contains itself, an end is wanted */
    if ((allowed & SCHEMA_TYPE_NULL) != 0 &&
        (m->depth > SAMPLE_OPTIONAL ? !sample_perhaps(m, 50) : sample_perhaps(m, 15)))
        return SCHEMA_TYPE_NULL;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if ((allowed & kinds[i]) != 0 && (kinds[i] != SCHEMA_TYPE_NULL || count == 0))
            list[count++] = kinds[i];
    if (count == 0)
        return 0;
    return list[sample_perhaps(m, 60) ? random_below(&m->random, count) : 0];
}

static bool
write_kind(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out)
{
    unsigned likely, allowed = sample_types(plan, &likely);

    switch (choose_kind(m, allowed, likely)) {
    case SCHEMA_TYPE_OBJECT:
        return sample_object(m, plan, out);
    case SCHEMA_TYPE_ARRAY:
        return sample_array(m, plan, out);
    case SCHEMA_TYPE_STRING:
        return sample_string(m, plan, out);
    case SCHEMA_TYPE_NUMBER:
        return sample_number(m, plan, false, out);
    case SCHEMA_TYPE_INTEGER:
        return sample_number(m, plan, true, out);
    case SCHEMA_TYPE_BOOLEAN:
        buffer_add(out, random_below(&m->random, 2) != 0 ? TEXT("true") : TEXT("false"));
        return true;
    case SCHEMA_TYPE_NULL:
        buffer_add(out, TEXT("null"));
        return true;
    default:
        return false; /* the parts allow no type together */
    }
}

static bool
try_once(struct sample_maker *m, const struct sample_plan *goal, struct buffer *out)
{
    size_t start = buffer_length(out);
    struct sample_plan plan = { .parts.count = 0 };
    struct sample_level level = { .plan = &plan, .outer = m->level };
    enum given given;
    bool made;

    sample_expand(m, goal, &plan);
    if (plan.impossible)
        return false;
    given = write_given(m, goal, &plan, out);
    if (given != GIVEN_NOTHING)
        return given == GIVEN_WRITTEN;
    m->level = &level;
    m->depth++;
    made = write_kind(m, &plan, out);
    m->depth--;
    m->level = level.outer;
    return made && !buffer_failed(out) && sample_holds(m, goal, text_from(buffer_text(out), start));
}

bool
sample_make(struct sample_maker *m, const struct sample_plan *goal, struct buffer *out)
{
    static const unsigned tries[] = { 100, 24, 8, 4 };
    unsigned last = tries[m->depth < 3 ? m->depth : 3];
    const bool calm = m->calm, sparse = m->sparse;
    size_t start = buffer_length(out);
    bool made = false;

    if (m->depth >= SAMPLE_DEPTH || goal->impossible)
        return false;
    for (unsigned i = 0; i < last && m->work > 0 && !buffer_failed(out) && !made; i++) {
        m->work--;
        m->calm = calm && i == 0;
        m->sparse = sparse || i == 1 || sample_perhaps(m, 30);
        made = try_once(m, goal, out);
        if (!made)
            buffer_truncate(out, start);
    }
    m->calm = calm;
    m->sparse = sparse;
    return made;
}

bool
sample_write(struct buffer *out, const struct schema *schema, const struct sample_options *options)
{
    struct sample_maker m = {
        .options = options,
        .plans = arena_new(0, SAMPLE_PLANS),
        .checks = arena_new(0, SAMPLE_CHECKS),
        .patterns = pattern_scratch_new(),
        .work = SAMPLE_WORK,
        .calm = true,
        .sparse = options->required_only,
    };
    struct sample_plan goal = { .parts.count = 0 };
    bool made = false;

    random_seed(&m.random, options->seed);
    sample_add(&goal, schema_document(schema), schema_source(schema));
    if (m.plans != NULL && m.checks != NULL && m.patterns != NULL)
        made = sample_make(&m, &goal, out);
    pattern_scratch_free(m.patterns);
    arena_free(m.checks);
    arena_free(m.plans);
    return made;
}
