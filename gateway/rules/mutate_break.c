/* mutate_break.c -- for each mutation that breaks the contract: what may be tried at one place. Whether it breaks what
 * it should, and nothing else, is for the checker to say. */
#include "rules/mutate_internal.h"

#include <string.h>

#include "base/limits.h"
#include "json/number.h"
#include "json/write.h"

bool
mutate_breaks(enum mutation mutation, struct text keyword)
{
    static const char *const keywords[MUTATIONS_COUNT][6] = {
        [MUTATION_DROP_REQUIRED] = { "required" },
        [MUTATION_NULL] = { "type", "enum", "const", "oneOf", "anyOf" },
        [MUTATION_WRONG_TYPE] = { "type", "oneOf", "anyOf" },
        [MUTATION_OUTSIDE_ENUM] = { "enum", "const" },
        [MUTATION_PAST_BOUND] = { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format" },
        [MUTATION_TOO_LONG] = { "maxLength", "maxItems" },
        [MUTATION_TOO_SHORT] = { "minLength", "minItems" },
        [MUTATION_BAD_FORMAT] = { "format", "pattern" },
        [MUTATION_EXTRA_MEMBER] = { "additionalProperties", "unevaluatedProperties" },
    };

    for (size_t i = 0; i < 6 && keywords[mutation][i] != NULL; i++)
        if (text_equal(keyword, text_of(keywords[mutation][i])))
            return true;
    return false;
}

static void
replace(struct mutating *m, const struct mutate_place *place, struct text json)
{
    mutate_edit(m, EDIT_REPLACE, place->value, json);
}

static void
offer_drops(struct mutating *m, const struct mutate_place *place)
{
    if (place->value->type != VALUE_OBJECT || place->value->count == 0)
        return;
    for (VALUE_EACH_MEMBER(key, place->value))
        if (mutate_requires(place->plan, value_text(key)))
            mutate_edit(m, EDIT_DROP, key, TEXT(""));
}

static void
offer_types(struct mutating *m, const struct mutate_place *place)
{
    static const char *const others[] = { "\"text\"", "12345", "true", "[]", "{}" };
    static const enum value_type types[] = { VALUE_STRING, VALUE_NUMBER, VALUE_TRUE, VALUE_ARRAY, VALUE_OBJECT };
    enum value_type own = place->value->type == VALUE_FALSE ? VALUE_TRUE : (enum value_type)place->value->type;
    uint32_t first = (uint32_t)random_below(&m->random, 5);

    if (place->plan->count == 0)
        return;
    for (uint32_t i = 0; i < 5; i++)
        if (types[(first + i) % 5] != own)
            replace(m, place, text_of(others[(first + i) % 5]));
}

/* ---- enum ---- */

static void
offer_outside(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value;
    struct text text = value_text(v);
    char *turned;

    if (!mutate_has(place->plan, TEXT("enum")) && !mutate_has(place->plan, TEXT("const")))
        return;
    if (v->type == VALUE_NUMBER) {
        replace(m, place, mutate_past(m, text, TEXT(""), true));
        replace(m, place, TEXT("987654321"));
    } else if (v->type == VALUE_STRING && text.length < LIMIT_KIB) {
        /* the same word in the other case is what really happens */
        turned = arena_alloc(m->work, text.length);
        for (size_t i = 0; turned != NULL && i < text.length; i++) {
            bool letter = (text.data[i] >= 'a' && text.data[i] <= 'z') || (text.data[i] >= 'A' && text.data[i] <= 'Z');

            turned[i] = (char)(letter ? text.data[i] ^ 0x20 : text.data[i]);
        }
        if (turned != NULL)
            replace(m, place, mutate_quote(m, text_make(turned, text.length)));
        replace(m, place, mutate_quote(m, arena_print(m->work, "%.*s_2", TEXT_PRINT(text))));
        replace(m, place, TEXT("\"unlisted\""));
    } else if (value_is_boolean(v)) {
        replace(m, place, v->type == VALUE_TRUE ? TEXT("false") : TEXT("true"));
    }
}

/* ---- bounds ---- */

static void
offer_bound(struct mutating *m, const struct mutate_place *place, const struct schema_part *part, struct text bound,
            bool above)
{
    const struct value *strict =
        value_member(part->schema, above ? TEXT("exclusiveMaximum") : TEXT("exclusiveMinimum"));
    const struct value *step = NULL, *type;
    struct text by = TEXT("");

    (void)schema_parts_next(place->plan, NULL, TEXT("multipleOf"), &step);
    if (value_is(step, VALUE_NUMBER))
        by = value_text(step);
    for (SCHEMA_EACH_PART(other, place->plan, "type", type))
        if (by.length == 0 && value_is(type, VALUE_STRING) && text_equal(value_text(type), TEXT("integer")))
            by = TEXT("1");
    if (value_is(strict, VALUE_TRUE) || (value_is(strict, VALUE_NUMBER) && text_equal(value_text(strict), bound)))
        replace(m, place, bound);
    else
        replace(m, place, mutate_past(m, bound, by, above));
}

static void
offer_bounds(struct mutating *m, const struct mutate_place *place)
{
    static const char *const keywords[] = { "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum" };
    const struct value *value;

    if (place->value->type != VALUE_NUMBER)
        return;
    for (size_t i = 0; i < 4; i++)
        for (const struct schema_part *p = schema_parts_next(place->plan, NULL, text_of(keywords[i]), &value);
             p != NULL; p = schema_parts_next(place->plan, p, text_of(keywords[i]), &value))
            if (value->type == VALUE_NUMBER)
                offer_bound(m, place, p, value_text(value), i < 2);
    for (SCHEMA_EACH_PART(part, place->plan, "format", value)) {
        if (value_is(value, VALUE_STRING) && text_equal(value_text(value), TEXT("int32")))
            replace(m, place, TEXT("2147483648"));
        if (value_is(value, VALUE_STRING) && text_equal(value_text(value), TEXT("int64")))
            replace(m, place, TEXT("9223372036854775808"));
    }
}

/* ---- lengths ---- */

/* The string with so many more characters: its last one, or a letter, once and again. */
static void
offer_longer(struct mutating *m, const struct mutate_place *place, uint64_t most)
{
    struct text text = value_text(place->value);
    size_t more = (size_t)most + 1 - text_code_points(text);
    char *bytes = arena_alloc(m->work, text.length + more);

    if (bytes == NULL)
        return;
    if (text.length > 0)
        memcpy(bytes, text.data, text.length);
    if (text.length > 0 && (unsigned char)text.data[text.length - 1] < 0x80) {
        memset(bytes + text.length, text.data[text.length - 1], more);
        replace(m, place, mutate_quote(m, text_make(bytes, text.length + more)));
    }
    memset(bytes + text.length, 'x', more);
    replace(m, place, mutate_quote(m, text_make(bytes, text.length + more)));
    memset(bytes, '1', more);
    if (text.length > 0)
        memcpy(bytes + more, text.data, text.length);
    replace(m, place, mutate_quote(m, text_make(bytes, text.length + more)));
}

/* The first `count` items; the last one again where they do not suffice. */
static void
offer_items(struct mutating *m, const struct mutate_place *place, uint64_t count)
{
    const struct value *v = place->value, *item = NULL;
    struct json_writer w;
    struct buffer b;

    if (v->count == 0)
        return;
    buffer_init(&b, LIMIT_MIB);
    json_begin(&w, &b, 0);
    json_array(&w);
    for (uint64_t i = 0; i < count && !buffer_failed(&b); i++) {
        item = i < v->count ? value_item(v, (uint32_t)i) : item;
        if (item != NULL)
            json_value(&w, item);
    }
    json_end_array(&w);
    m->made += buffer_length(&b);
    if (!buffer_failed(&b) && m->made <= MUTATE_MADE)
        replace(m, place, arena_text(m->work, buffer_text(&b)));
    buffer_release(&b);
}

static void
offer_long(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value;
    uint64_t most;

    if (v->type == VALUE_STRING) {
        most = schema_parts_smallest(place->plan, TEXT("maxLength"), UINT64_MAX);
        if (most < MUTATE_TEXT && most + 1 > text_code_points(value_text(v)))
            offer_longer(m, place, most);
    } else if (v->type == VALUE_ARRAY) {
        most = schema_parts_smallest(place->plan, TEXT("maxItems"), UINT64_MAX);
        if (most < 10000)
            offer_items(m, place, most + 1);
    }
}

static void
offer_short(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value;
    uint64_t least;
    struct text text = value_text(v);
    size_t end = 0;

    if (v->type == VALUE_STRING) {
        least = schema_parts_largest(place->plan, TEXT("minLength"), 0);
        for (uint64_t i = 0; least > 0 && end < text.length; end++)
            if (((unsigned char)text.data[end] & 0xc0) != 0x80 && i++ == least - 1)
                break;
        if (least > 0)
            replace(m, place, mutate_quote(m, text_slice(text, 0, end)));
    } else if (v->type == VALUE_ARRAY) {
        least = schema_parts_largest(place->plan, TEXT("minItems"), 0);
        if (least > 0)
            offer_items(m, place, least - 1);
    }
}

static void
offer_forms(struct mutating *m, const struct mutate_place *place)
{
    struct text text = value_text(place->value);

    if (place->value->type != VALUE_STRING || text.length > LIMIT_KIB ||
        (!mutate_has(place->plan, TEXT("format")) && !mutate_has(place->plan, TEXT("pattern"))))
        return;
    replace(m, place, mutate_quote(m, arena_print(m->work, "%.*s!", TEXT_PRINT(text))));
    replace(m, place, mutate_quote(m, arena_print(m->work, " %.*s", TEXT_PRINT(text))));
    replace(m, place, mutate_quote(m, text_from(text, 1)));
    if (text.length > 0) {
        char *bytes = arena_alloc(m->work, text.length);

        if (bytes != NULL) {
            memset(bytes, '!', text.length);
            replace(m, place, mutate_quote(m, text_make(bytes, text.length)));
        }
    }
    replace(m, place, TEXT("\"not as it should be\""));
}

static void
offer_member(struct mutating *m, const struct mutate_place *place)
{
    const struct value *v = place->value;
    struct text name = TEXT("unexpected");

    if (v->type != VALUE_OBJECT)
        return;
    for (unsigned i = 2; value_member(v, name) != NULL && i < 100; i++)
        name = arena_print(m->work, "unexpected%u", i);
    mutate_edit(m, EDIT_ADD, v, arena_print(m->work, "\"%.*s\":true", TEXT_PRINT(name)));
}

void
mutate_offer(struct mutating *m, const struct mutate_place *place)
{
    switch (m->mutation) {
    case MUTATION_DROP_REQUIRED:
        offer_drops(m, place);
        break;
    case MUTATION_NULL:
        if (place->value->type != VALUE_NULL && place->plan->count > 0)
            replace(m, place, TEXT("null"));
        break;
    case MUTATION_WRONG_TYPE:
        offer_types(m, place);
        break;
    case MUTATION_OUTSIDE_ENUM:
        offer_outside(m, place);
        break;
    case MUTATION_PAST_BOUND:
        offer_bounds(m, place);
        break;
    case MUTATION_TOO_LONG:
        offer_long(m, place);
        break;
    case MUTATION_TOO_SHORT:
        offer_short(m, place);
        break;
    case MUTATION_BAD_FORMAT:
        offer_forms(m, place);
        break;
    case MUTATION_EXTRA_MEMBER:
    case MUTATION_UNKNOWN_MEMBER:
        offer_member(m, place);
        break;
    default:
        mutate_offer_nasty(m, place);
    }
}
