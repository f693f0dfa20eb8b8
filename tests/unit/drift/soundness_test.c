/*
 * What is said of two schemas against what the checker says of values: a value that the one side may send and that the
 * other refuses must never go with "nobody breaks".
 *
 * Schemas are drawn from a tape of random bytes; the new one from the same tape with a few bytes changed, so that the
 * two are alike. Who sends, sends only members that its schema names, so that a value must be valid as well where
 * additionalProperties is false unless something else is said. SEED and ROUNDS choose.
 */
#include "../unit.h"

#include "base/limits.h"
#include "drift/compare.h"
#include "json/write.h"

#define TAPE   96
#define VALUES 400

struct tape {
    uint8_t bytes[TAPE];
    unsigned at;
    bool strict; /* additionalProperties false where nothing is said */
};

static uint64_t state;

static unsigned
draw(unsigned most)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % most;
}

static unsigned
next(struct tape *t, unsigned most)
{
    return t->bytes[t->at++ % TAPE] % most;
}

/* ---- schemas ---- */

static void schema(struct tape *t, struct buffer *b, unsigned depth);

static void
number_words(struct tape *t, struct buffer *b)
{
    if (next(t, 3) == 0)
        buffer_print(b, ",\"%s\":%u", next(t, 2) ? "minimum" : "exclusiveMinimum", next(t, 4));
    if (next(t, 3) == 0)
        buffer_print(b, ",\"%s\":%u.5", next(t, 2) ? "maximum" : "exclusiveMaximum", next(t, 5));
    if (next(t, 4) == 0)
        buffer_print(b, ",\"multipleOf\":%s", next(t, 2) ? "2" : next(t, 2) ? "0.5" : "1");
}

static void
string_words(struct tape *t, struct buffer *b)
{
    static const char *const patterns[] = { "^a", "b$", "^[ab]+$", ".*" };

    if (next(t, 3) == 0)
        buffer_print(b, ",\"minLength\":%u", next(t, 3));
    if (next(t, 3) == 0)
        buffer_print(b, ",\"maxLength\":%u", next(t, 4));
    if (next(t, 4) == 0)
        buffer_print(b, ",\"pattern\":\"%s\"", patterns[next(t, 4)]);
    if (next(t, 6) == 0)
        buffer_print(b, ",\"format\":\"%s\"", next(t, 2) ? "date" : "ipv4");
}

static void
array_words(struct tape *t, struct buffer *b, unsigned depth)
{
    if (next(t, 3) == 0) {
        buffer_print(b, ",\"prefixItems\":[");
        schema(t, b, depth + 1);
        buffer_print(b, "]");
    }
    if (next(t, 2) == 0) {
        buffer_print(b, ",\"items\":");
        schema(t, b, depth + 1);
    }
    if (next(t, 4) == 0) {
        buffer_print(b, ",\"contains\":");
        schema(t, b, depth + 1);
        if (next(t, 2) == 0)
            buffer_print(b, ",\"minContains\":%u,\"maxContains\":%u", next(t, 2), next(t, 2) + 1);
    }
    if (next(t, 4) == 0)
        buffer_print(b, ",\"%s\":%u", next(t, 2) ? "minItems" : "maxItems", next(t, 3));
    if (next(t, 5) == 0)
        buffer_print(b, ",\"uniqueItems\":true");
}

static void
object_words(struct tape *t, struct buffer *b, unsigned depth)
{
    unsigned names = next(t, 8), first = 1, others;

    buffer_print(b, ",\"properties\":{");
    for (unsigned i = 0; i < 3; i++) {
        if ((names >> i & 1) == 0)
            continue;
        buffer_print(b, "%s\"%c\":", first ? "" : ",", (char)('a' + i));
        schema(t, b, depth + 1);
        first = 0;
    }
    buffer_print(b, "}");
    if (next(t, 2) == 0)
        buffer_print(b, ",\"required\":[\"%c\"]", 'a' + (int)next(t, 3));
    if (next(t, 6) == 0) {
        buffer_print(b, ",\"patternProperties\":{\"^%c\":", 'a' + (int)next(t, 3));
        schema(t, b, depth + 1);
        buffer_print(b, "}");
    }
    others = next(t, 4);
    if (others == 0 || (others > 1 && t->strict))
        buffer_print(b, ",\"additionalProperties\":false");
    if (others == 1) {
        buffer_print(b, ",\"additionalProperties\":");
        schema(t, b, depth + 1);
    }
    if (next(t, 6) == 0)
        buffer_print(b, ",\"%s\":%u", next(t, 2) ? "minProperties" : "maxProperties", next(t, 3));
    if (next(t, 7) == 0)
        buffer_print(b, ",\"dependentRequired\":{\"a\":[\"%c\"]}", 'b' + (int)next(t, 2));
    if (next(t, 7) == 0) {
        buffer_print(b, ",\"dependentSchemas\":{\"b\":");
        schema(t, b, depth + 1);
        buffer_print(b, "}");
    }
    if (next(t, 7) == 0)
        buffer_print(b, ",\"propertyNames\":{\"enum\":[\"a\",\"%c\"]}", 'b' + (int)next(t, 2));
    if (next(t, 8) == 0)
        buffer_print(b, ",\"unevaluatedProperties\":false");
}

static void
typed(struct tape *t, struct buffer *b, unsigned depth)
{
    static const char *const types[] = { "\"integer\"", "\"number\"", "\"string\"",
                                         "\"boolean\"", "\"array\"",  "[\"string\",\"null\"]",
                                         "\"object\"",  "\"object\"" };
    unsigned type = depth >= 3 ? next(t, 4) : next(t, 8);

    buffer_print(b, "{\"type\":%s", types[type]);
    if (type < 2)
        number_words(t, b);
    else if (type == 2 || type == 5)
        string_words(t, b);
    else if (type == 4)
        array_words(t, b, depth);
    else if (type > 5)
        object_words(t, b, depth);
    buffer_print(b, "}");
}

static void
alternatives(struct tape *t, struct buffer *b, unsigned depth)
{
    static const char *const words[] = { "anyOf", "oneOf", "allOf" };
    unsigned count = 1 + next(t, 3);

    buffer_print(b, "{\"%s\":[", words[next(t, 3)]);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            buffer_print(b, ",");
        schema(t, b, depth + 1);
    }
    buffer_print(b, "]");
    if (next(t, 5) == 0)
        buffer_print(b, ",\"type\":\"object\"");
    if (next(t, 8) == 0)
        buffer_print(b, ",\"unevaluatedProperties\":false");
    buffer_print(b, "}");
}

static void
enumerated(struct tape *t, struct buffer *b)
{
    static const char *const values[] = { "1", "2.5", "\"a\"", "\"ab\"", "null", "true", "{\"a\":1}", "[1]" };

    if (next(t, 3) == 0) {
        buffer_print(b, "{\"const\":%s}", values[next(t, 8)]);
        return;
    }
    buffer_print(b, "{\"enum\":[%s,%s]", values[next(t, 4)], values[4 + next(t, 4)]);
    if (next(t, 3) == 0)
        buffer_print(b, ",\"type\":[\"string\",\"number\"]");
    buffer_print(b, "}");
}

static void
schema(struct tape *t, struct buffer *b, unsigned depth)
{
    unsigned kind = next(t, depth >= 3 ? 8 : 16);

    if (kind < 7) {
        typed(t, b, depth);
    } else if (kind == 7) {
        enumerated(t, b);
    } else if (kind < 13) {
        alternatives(t, b, depth);
    } else if (kind == 13) {
        buffer_print(b, "{\"not\":");
        schema(t, b, depth + 1);
        buffer_print(b, "}");
    } else if (kind == 14) {
        buffer_print(b, "{\"if\":");
        schema(t, b, depth + 1);
        buffer_print(b, ",\"%s\":", next(t, 2) ? "then" : "else");
        schema(t, b, depth + 1);
        buffer_print(b, "}");
    } else {
        buffer_print(b, "%s", next(t, 3) == 0 ? "false" : "{}");
    }
}

/* ---- values ---- */

static void
value(struct buffer *b, unsigned depth)
{
    static const char *const scalars[] = { "null",
                                           "true",
                                           "false",
                                           "-1",
                                           "0",
                                           "1",
                                           "2",
                                           "3",
                                           "4",
                                           "0.5",
                                           "1.5",
                                           "2.5",
                                           "\"\"",
                                           "\"a\"",
                                           "\"b\"",
                                           "\"ab\"",
                                           "\"abc\"",
                                           "\"bab\"",
                                           "\"2020-01-01\"",
                                           "\"1.2.3.4\"" };
    unsigned kind = draw(depth == 0 ? 3 : depth >= 3 ? 1 : 2), count = draw(4), names = draw(16);

    if (depth == 0 && kind > 0)
        kind = 1; /* mostly objects and arrays */
    if (kind == 0) {
        buffer_print(b, "%s", scalars[draw(20)]);
        return;
    }
    if (draw(3) == 0) {
        buffer_print(b, "[");
        for (unsigned i = 0; i < count; i++) {
            buffer_print(b, i > 0 ? "," : "");
            value(b, depth + 1);
        }
        buffer_print(b, "]");
        return;
    }
    buffer_print(b, "{");
    for (unsigned i = 0, first = 1; i < 4; i++) {
        if ((names >> i & 1) == 0)
            continue;
        buffer_print(b, "%s\"%c\":", first ? "" : ",", (char)('a' + i));
        value(b, depth + 1);
        first = 0;
    }
    buffer_print(b, "}");
}

/* ---- one round ---- */

struct round {
    struct arena *arena;
    struct schema_scratch *scratch;
    const struct value *values; /* an array */
    unsigned pairs, changed, told;
};

static struct contract *
contract_of(struct round *r, struct tape *t, struct text *text)
{
    struct error err = { 0 };
    struct contract *c;
    struct buffer b;

    t->at = 0;
    buffer_init(&b, LIMIT_MIB);
    schema(t, &b, 0);
    *text = arena_text(r->arena, buffer_text(&b));
    buffer_clear(&b);
    buffer_print(&b,
                 "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/x\":{\"post\":{"
                 "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":%.*s}}},\"responses\":{\"200\":{"
                 "\"description\":\"d\",\"content\":{\"application/json\":{\"schema\":%.*s}}}}}}}}",
                 TEXT_PRINT(*text), TEXT_PRINT(*text));
    c = contract_load_text(buffer_text(&b), "x.json", NULL, &err);
    check_that(c != NULL, "%s: %.*s", err.what, TEXT_PRINT(*text));
    buffer_release(&b);
    return c;
}

static bool
valid(struct round *r, const struct contract *c, const struct value *v)
{
    const struct schema *s = operation_body_schema(contract_operation(c, 0), SIDE_REQUEST, 0, TEXT("application/json"));
    struct schema_run run = { .scratch = r->scratch, .arena = r->arena, .budget = LIMIT_CHECK_BUDGET };

    return s == NULL || schema_check(s, v, &run);
}

/* The worst that is said of one side. */
static enum level
worst(const struct compare *c, enum side side)
{
    enum level level = LEVEL_INFO;

    for (uint32_t i = 0; i < compare_count(c); i++)
        if (compare_at(c, i)->side == side && compare_at(c, i)->level > level)
            level = compare_at(c, i)->level;
    return level;
}

/* A value that the sender may send and the reader refuses, as JSON; empty: there is none among them. */
static struct text
broken_by(struct round *r, struct contract *sender, struct contract *strict, struct contract *reader)
{
    for (VALUE_EACH_ITEM(v, r->values)) {
        struct json_writer w;
        struct buffer b;
        struct text t;

        if (!valid(r, sender, v) || !valid(r, strict, v) || valid(r, reader, v))
            continue;
        buffer_init(&b, LIMIT_MIB);
        json_begin(&w, &b, 0);
        json_value(&w, v);
        t = arena_text(r->arena, buffer_text(&b));
        buffer_release(&b);
        return t;
    }
    return TEXT("");
}

static void
check_side(struct round *r, const struct compare *c, enum side side, struct contract *const contracts[2],
           struct contract *const strict[2], const struct text texts[2])
{
    int sender = side == SIDE_REQUEST ? 0 : 1;
    struct text broken;

    if (worst(c, side) > LEVEL_INFO)
        return;
    broken = broken_by(r, contracts[sender], strict[sender], contracts[1 - sender]);
    check_that(broken.length == 0, "%s: %.*s breaks, and nothing is said\n  old %.*s\n  new %.*s", side_name(side),
               TEXT_PRINT(broken), TEXT_PRINT(texts[0]), TEXT_PRINT(texts[1]));
}

static void
run_pair(struct round *r)
{
    const struct compare_options options = { .today = TEXT("2026-01-01") };
    struct tape tapes[2];
    struct contract *contracts[2], *strict[2];
    struct text texts[2], ignored;
    struct error err = { 0 };
    struct compare *c;

    memset(tapes, 0, sizeof tapes);
    for (unsigned i = 0; i < TAPE; i++)
        tapes[0].bytes[i] = (uint8_t)draw(256);
    tapes[1] = tapes[0];
    for (unsigned i = draw(3) + 1; i > 0; i--)
        tapes[1].bytes[draw(24)] = (uint8_t)draw(256);
    for (int i = 0; i < 2; i++) {
        contracts[i] = contract_of(r, &tapes[i], &texts[i]);
        tapes[i].strict = true;
        strict[i] = contract_of(r, &tapes[i], &ignored);
    }
    c = compare_contracts(contracts[0], contracts[1], &options, &err);
    check_that(c != NULL, "%s", err.what);
    check_side(r, c, SIDE_REQUEST, contracts, strict, texts);
    check_side(r, c, SIDE_RESPONSE, contracts, strict, texts);
    r->pairs++;
    r->changed += !text_equal(texts[0], texts[1]);
    r->told += compare_count(c) > 0;
    compare_free(c);
    for (int i = 0; i < 2; i++) {
        contract_free(contracts[i]);
        contract_free(strict[i]);
    }
}

static void
what_breaks_is_never_said_to_break_nobody(void **unused)
{
    const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
    struct round r = { .scratch = schema_scratch_new() };
    struct arena *keep = arena_new(0, 64 * LIMIT_MIB);
    struct document document;
    struct document_error err = { 0 };
    struct buffer b;

    (void)unused;
    state = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    buffer_init(&b, LIMIT_MIB);
    buffer_print(&b, "[");
    for (unsigned i = 0; i < VALUES; i++) {
        buffer_print(&b, i > 0 ? "," : "");
        value(&b, 0);
    }
    buffer_print(&b, "]");
    check_that(document_parse(&document, buffer_text(&b), NULL, keep, &err) == 0, "%s at %u", err.what, err.place);
    r.values = document.root;
    r.arena = arena_new(0, 64 * LIMIT_MIB);
    for (long i = rounds != NULL ? strtol(rounds, NULL, 10) : 2000; i > 0; i--) {
        run_pair(&r);
        arena_reset(r.arena);
    }
    print_message("%u pairs, %u of different texts, of %u something was told\n", r.pairs, r.changed, r.told);
    check_that(r.changed > r.pairs / 4 && r.told > 0, "the pairs are all equal");
    buffer_release(&b);
    arena_free(r.arena);
    arena_free(keep);
    schema_scratch_free(r.scratch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_breaks_is_never_said_to_break_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
