#include "replay/noise.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/document.h"
#include "json/write.h"
#include "schema/format.h"

enum noise_kind {
    NOISE_PLACE,
    NOISE_NAME,
    NOISE_FORMAT,
    NOISE_HEADER,
};

struct rule {
    enum noise_kind kind;
    struct text operation; /* empty: any */
    struct text word;      /* pointer, name, or header */
    const struct format *format;
    bool presence;
    bool learned;
    uint64_t seen;
};

struct noise {
    struct arena *arena;
    struct rule *rules;
    uint32_t count, room;
    bool of_operations;              /* a rule is about one alone */
    const struct format *formats[2]; /* built in */
};

struct noise *
noise_new(bool strict)
{
    struct noise *n = calloc(1, sizeof *n);

    if (n == NULL)
        return NULL;
    n->arena = arena_new(0, LIMIT_REPLAY_BYTES);
    if (n->arena == NULL) {
        free(n);
        return NULL;
    }
    if (!strict) {
        n->formats[0] = format_find(TEXT("date-time"), false);
        n->formats[1] = format_find(TEXT("uuid"), false);
    }
    return n;
}

void
noise_free(struct noise *n)
{
    if (n == NULL)
        return;
    arena_free(n->arena);
    free(n->rules);
    free(n);
}

static int
add(struct noise *n, const struct rule *rule)
{
    struct rule *copy;

    if (n->count == n->room) {
        uint32_t room = n->room > 0 ? n->room * 2 : 32;
        struct rule *rules = realloc(n->rules, room * sizeof rules[0]);

        if (rules == NULL)
            return -1;
        n->rules = rules;
        n->room = room;
    }
    copy = &n->rules[n->count++];
    *copy = *rule;
    n->of_operations = n->of_operations || rule->operation.length > 0;
    copy->operation = arena_text(n->arena, rule->operation);
    copy->word = arena_text(n->arena, rule->word);
    return copy->operation.data != NULL && copy->word.data != NULL ? 0 : -1;
}

/* ---- rules as people write them ---- */

/* "POST /api/orders response:/created_at", the operation may be missing. */
static bool
read_place(struct text at, struct rule *rule)
{
    size_t response = text_search(at, TEXT("response:"));

    if (response == at.length || (response > 0 && at.data[response - 1] != ' '))
        return false;
    rule->kind = NOISE_PLACE;
    rule->operation = response > 0 ? text_trim(text_slice(at, 0, response)) : text_make(NULL, 0);
    rule->word = text_from(at, response + 9);
    return rule->word.length == 0 || rule->word.data[0] == '/';
}

static bool
read_format(struct text name, struct rule *rule)
{
    rule->kind = NOISE_FORMAT;
    rule->word = name;
    rule->format = format_find(name, true);
    return rule->format != NULL;
}

int
noise_take(struct noise *n, const char *word, struct error *err)
{
    struct text t = text_of(word);
    struct rule rule = { .kind = NOISE_PLACE };
    bool good = false;

    if (text_starts(t, TEXT("format:"))) {
        good = read_format(text_from(t, 7), &rule);
    } else if (text_starts(t, TEXT("name:")) || text_starts(t, TEXT("header:"))) {
        rule.kind = text_starts(t, TEXT("name:")) ? NOISE_NAME : NOISE_HEADER;
        rule.word = text_from(t, text_find(t, ':') + 1);
        good = rule.word.length > 0;
    } else {
        good = read_place(t, &rule);
    }
    if (!good)
        return error_set(err, ERROR_USAGE, "--noise",
                         "'%s' is none of response:/POINTER, name:MEMBER, format:FORMAT, header:NAME", word);
    return add(n, &rule) < 0 ? error_memory(err) : 0;
}

static int
take_entry(struct noise *n, const struct document *d, const struct value *entry, struct arena *arena, struct error *err)
{
    const struct value *at = VALUE_MEMBER(entry, "at"), *name = VALUE_MEMBER(entry, "name");
    const struct value *format = VALUE_MEMBER(entry, "format"), *header = VALUE_MEMBER(entry, "header");
    const struct value *presence = VALUE_MEMBER(entry, "presence"), *it = NULL;
    struct rule rule = { .kind = NOISE_NAME, .presence = presence != NULL && presence->type == VALUE_TRUE };
    bool good = false;

    if (value_is(it = at, VALUE_STRING)) {
        good = read_place(value_text(at), &rule);
    } else if (value_is(it = format, VALUE_STRING)) {
        good = read_format(value_text(format), &rule);
    } else if (value_is(it = header, VALUE_STRING) || value_is(it = name, VALUE_STRING)) {
        rule.kind = it == header ? NOISE_HEADER : NOISE_NAME;
        rule.word = value_text(it);
        good = true;
    }
    if (!good)
        return error_set(err, ERROR_CONFIG, document_where(d, it != NULL ? it : entry, arena).data,
                         "noise is { at: \"response:/POINTER\" }, { name: MEMBER }, { format: FORMAT } or "
                         "{ header: NAME }, of a place and a format that there are");
    return add(n, &rule) < 0 ? error_memory(err) : 0;
}

int
noise_load(struct noise *n, const char *path, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_FILE_BYTES);
    struct document document;
    const struct value *list;
    int result = 0;

    if (arena == NULL)
        return error_memory(err);
    result = document_read(&document, path, arena, err);
    list = result == 0 ? VALUE_MEMBER(document.root, "noise") : NULL;
    if (value_is(list, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(entry, list))
            if (result == 0)
                result = take_entry(n, &document, entry, arena, err);
    arena_free(arena);
    return result;
}

/* ---- learning ---- */

int
noise_learn(struct noise *n, struct text operation, struct text place, bool presence)
{
    struct rule rule = { .kind = NOISE_PLACE, .operation = operation, .word = place, .presence = presence };

    if (text_starts(place, TEXT("header "))) {
        rule.kind = NOISE_HEADER;
        rule.operation = text_make(NULL, 0);
        rule.word = text_from(place, 7);
    }
    for (uint32_t i = 0; i < n->count; i++) {
        struct rule *known = &n->rules[i];

        if (known->kind == rule.kind && text_equal(known->word, rule.word) &&
            (known->operation.length == 0 || text_equal(known->operation, rule.operation))) {
            known->seen++;
            known->presence = known->presence || (known->learned && presence);
            return 0;
        }
    }
    rule.learned = true;
    rule.seen = 1;
    return add(n, &rule);
}

uint32_t
noise_learned(const struct noise *n)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n->count; i++)
        count += n->rules[i].learned;
    return count;
}

static int
most_seen_first(const void *a, const void *b)
{
    const struct rule *x = *(const struct rule *const *)a, *y = *(const struct rule *const *)b;

    if (x->seen != y->seen)
        return x->seen > y->seen ? -1 : 1;
    return text_compare(x->word, y->word);
}

static void
write_rule(const struct rule *rule, struct buffer *out)
{
    static const char *const keys[] = { "at", "name", "format", "header" };

    buffer_print(out, "  - { %s: \"", keys[rule->kind]);
    if (rule->operation.length > 0) {
        json_escape_inside(out, rule->operation);
        buffer_byte(out, ' ');
    }
    if (rule->kind == NOISE_PLACE)
        buffer_add(out, TEXT("response:"));
    json_escape_inside(out, rule->word);
    buffer_print(out, "\"%s", rule->presence ? ", presence: true" : "");
    if (rule->learned)
        buffer_print(out, ", seen: %llu", (unsigned long long)rule->seen);
    buffer_add(out, TEXT(" }\n"));
}

void
noise_write(const struct noise *n, struct buffer *out)
{
    const struct rule **sorted = calloc(n->count + 1, sizeof *sorted);

    if (sorted == NULL || n->count == 0) {
        free(sorted);
        return;
    }
    for (uint32_t i = 0; i < n->count; i++)
        sorted[i] = &n->rules[i];
    qsort(sorted, n->count, sizeof *sorted, most_seen_first);
    buffer_add(out, TEXT("noise:\n"));
    for (uint32_t i = 0; i < n->count; i++)
        write_rule(sorted[i], out);
    free(sorted);
}

/* ---- asking ---- */

static bool
rule_is_there(const struct rule *rule, const struct noise_place *place)
{
    if (rule->kind == NOISE_NAME)
        return place->name.length > 0 && text_equal(rule->word, place->name);
    return rule->kind == NOISE_PLACE && text_equal(rule->word, place->pointer) &&
           (rule->operation.length == 0 || text_equal(rule->operation, place->operation));
}

static bool
both_are(const struct format *format, struct text a, struct text b)
{
    return format != NULL && a.length > 0 && b.length > 0 && format_check_text(format, a) &&
           format_check_text(format, b);
}

bool
noise_has_value(const struct noise *n, const struct noise_place *place, struct text recorded, struct text now)
{
    for (size_t i = 0; i < sizeof n->formats / sizeof n->formats[0]; i++)
        if (both_are(n->formats[i], recorded, now))
            return true;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct rule *rule = &n->rules[i];

        if (rule->kind == NOISE_FORMAT ? both_are(rule->format, recorded, now) : rule_is_there(rule, place))
            return true;
    }
    return false;
}

bool
noise_has_presence(const struct noise *n, const struct noise_place *place)
{
    for (uint32_t i = 0; i < n->count; i++)
        if (n->rules[i].presence && rule_is_there(&n->rules[i], place))
            return true;
    return false;
}

bool
noise_asks_operation(const struct noise *n)
{
    return n->of_operations;
}

bool
noise_is_builtin_header(struct text name)
{
    static const struct text fields[] = {
        TEXT("Date"),         TEXT("Server"),      TEXT("Age"),        TEXT("Via"),
        TEXT("Connection"),   TEXT("Keep-Alive"),  TEXT("X-Runtime"),  TEXT("Content-Length"),
        TEXT("X-Request-Id"), TEXT("traceparent"), TEXT("tracestate"), TEXT("Transfer-Encoding"),
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (text_equal_nocase(fields[i], name))
            return true;
    return name.length > 10 && text_equal_nocase(text_slice(name, 0, 10), TEXT("plumbline-"));
}

bool
noise_has_header(const struct noise *n, struct text name)
{
    for (uint32_t i = 0; i < n->count; i++)
        if (n->rules[i].kind == NOISE_HEADER && text_equal_nocase(n->rules[i].word, name))
            return true;
    return noise_is_builtin_header(name);
}
