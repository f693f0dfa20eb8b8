#include "mistakes.h"

#include "base/buffer.h"
#include "json/number.h"
#include "rules/lifecycle.h"

#define FOLDER "tests/cases/rules/lifecycle"
#define MS     INT64_C(1000000)

/* ---- services, by the names of their contracts ---- */

static const char *const service_names[] = { "shop", "billing" };
static struct contract *contracts[2];

static const struct contract *
contract_of(void *arg, struct text service)
{
    (void)arg;
    for (size_t i = 0; i < 2; i++)
        if (text_equal(text_of(service_names[i]), service))
            return contracts[i];
    return NULL;
}

static bool
name_of(void *arg, uint32_t index, struct text *service)
{
    (void)arg;
    if (index < 2)
        *service = text_of(service_names[index]);
    return index < 2;
}

static const struct lifecycle_services services = { contract_of, name_of, NULL };

static int
load_contracts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct error err = { .kind = ERROR_NONE };
        char path[200];

        (void)snprintf(path, sizeof path, FOLDER "/contracts/%s.yaml", service_names[i]);
        contracts[i] = contract_load(path, NULL, &err);
        check_that(contracts[i] != NULL, "%s: %s", err.where, err.what);
    }
    return 0;
}

static int
free_contracts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++)
        contract_free(contracts[i]);
    return 0;
}

/* ---- scenarios: rules, exchanges, and what is found ---- */

struct scenario {
    const char *name; /* of the file */
    struct arena *arena;
    struct document document;
    struct lifecycles *rules;
    struct buffer found; /* a line per finding, as in `findings` */
};

#define MEMORIES 4

/* How the exchanges are told: all of it must find the same. */
struct way {
    const char *name;
    uint32_t memories;
    bool late; /* nothing is settled before the end */
};

static int64_t
integer_of(const struct value *v, int64_t otherwise)
{
    struct decimal d;
    int64_t integer;

    if (v == NULL)
        return otherwise;
    decimal_read(&d, value_text(v));
    return decimal_to_i64(&d, &integer) ? integer : otherwise;
}

static int64_t
time_of(const struct value *line, uint32_t index)
{
    const struct value *at = VALUE_MEMBER(line, "at");

    return integer_of(value_is(at, VALUE_ARRAY) ? value_item(at, index) : at, 0) * MS;
}

static struct text
member_text(const struct value *v, const char *name)
{
    const struct value *member = value_member(v, text_of(name));

    return member != NULL ? value_text(member) : TEXT("");
}

static void
on_found(void *arg, const struct watch_finding *f)
{
    struct scenario *s = arg;

    buffer_print(&s->found, "%s %.*s %.*s %.*s %s %.*s: expected %.*s, found %.*s (%u:%u)", violation_name(f->id),
                 TEXT_PRINT(f->rule), TEXT_PRINT(f->service), TEXT_PRINT(f->operation), side_name(f->side),
                 TEXT_PRINT(f->instance), TEXT_PRINT(f->expected), TEXT_PRINT(f->found), f->line, f->column);
    for (uint32_t i = 0; i < f->exchange_count; i++)
        buffer_print(&s->found, " %.*s", TEXT_PRINT(f->exchanges[i]));
    buffer_print(&s->found, " since %lld\n", (long long)(f->since / MS));
}

/* { a: POST /orders, status: 201, at: [0, 10], header: {…}, request: …, response: … }: an observation. */
static void
observe(struct scenario *s, const struct value *line, struct exchange *x, struct contract_match *match,
        struct observation *o)
{
    struct text target = member_text(line, "do"), service = member_text(line, "service");
    struct text method = text_slice(target, 0, text_find(target, ' ')), path = text_from(target, method.length + 1);
    const struct value *headers = VALUE_MEMBER(line, "header"), *status = VALUE_MEMBER(line, "status");

    memset(x, 0, sizeof *x);
    memset(match, 0, sizeof *match);
    (void)snprintf(x->id, sizeof x->id, "%.*s", TEXT_PRINT(member_text(line, "id")));
    x->request.path = text_slice(path, 0, text_find(path, '?'));
    x->request.query = text_from(path, x->request.path.length + 1);
    x->has_response = status != NULL;
    x->response.status = (uint16_t)integer_of(status, 0);
    x->outcome = VALUE_MEMBER(line, "refused") != NULL ? OUTCOME_REFUSED : OUTCOME_DELIVERED;
    if (value_is(headers, VALUE_OBJECT) && headers->count > 0) {
        x->request.headers = ARENA_ARRAY(s->arena, struct header, headers->count);
        for (VALUE_EACH_MEMBER(name, headers))
            x->request.headers[x->request.header_count++] =
                (struct header){ .name = value_text(name), .value = value_text(value_next(name)) };
    }
    contract_find(contract_of(NULL, service.length > 0 ? service : TEXT("shop")), method, x->request.path, true,
                  s->arena, match);
    check_that(match->operation != NULL, "%s: no operation for %.*s", s->name, TEXT_PRINT(target));
    *o = (struct observation){ .exchange = x,
                               .operation = match->operation,
                               .match = match,
                               .request = VALUE_MEMBER(line, "request"),
                               .response = VALUE_MEMBER(line, "response"),
                               .answered = x->has_response && x->outcome == OUTCOME_DELIVERED,
                               .begin = time_of(line, 0),
                               .end = time_of(line, 1) };
}

/* The beginning of the oldest exchange that is still to come. */
static int64_t
settled_after(const struct value *line, const struct value *end)
{
    int64_t settled = INT64_MAX;

    for (line = value_next(line); line < end; line = value_next(line))
        if (VALUE_MEMBER(line, "do") != NULL && time_of(line, 0) < settled)
            settled = time_of(line, 0);
    return settled;
}

static void
tell_exchange(struct scenario *s, const struct value *line, struct lifecycle_memory **memories, const struct way *way,
              int64_t settled)
{
    struct contract_match match;
    struct observation o;
    struct exchange x;

    observe(s, line, &x, &match, &o);
    for (const struct lifecycle_note *note = lifecycle_note(s->rules, &o, s->arena); note != NULL;
         note = lifecycle_note_next(note))
        lifecycle_feed(memories[lifecycle_note_shard(note, way->memories)], note, settled, on_found, s);
}

static void
check_counts(const struct scenario *s, struct lifecycle_memory **memories, uint32_t count)
{
    const struct value *root = s->document.root;
    struct lifecycle_counts all = { 0, 0, 0, 0 }, one;

    for (uint32_t i = 0; i < count; i++) {
        lifecycle_counts(memories[i], &one);
        all.forgotten += one.forgotten;
        all.overflow += one.overflow;
    }
    check_that((int64_t)all.forgotten == integer_of(VALUE_MEMBER(root, "forgotten"), 0), "%s: %llu were forgotten",
               s->name, (unsigned long long)all.forgotten);
    check_that((int64_t)all.overflow == integer_of(VALUE_MEMBER(root, "overflow"), 0), "%s: %llu overflows", s->name,
               (unsigned long long)all.overflow);
}

static int
by_text(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Lines in any order. */
static struct text
sorted(struct scenario *s, struct text lines)
{
    struct text_split split = text_split_start(lines);
    struct text list[64], line, all = TEXT("");
    size_t count = 0;

    while (text_split_next(&split, '\n', &line))
        if (line.length > 0 && count < 64)
            list[count++] = line;
    qsort(list, count, sizeof list[0], by_text);
    for (size_t i = 0; i < count; i++)
        all = arena_print(s->arena, "%.*s%.*s\n", TEXT_PRINT(all), TEXT_PRINT(list[i]));
    return all;
}

static bool
run(struct scenario *s, const struct way *way)
{
    const struct value *root = s->document.root, *lines = VALUE_MEMBER(root, "exchanges");
    const struct value *expected = VALUE_MEMBER(root, "findings");
    struct lifecycle_limits limits = { (uint32_t)integer_of(VALUE_MEMBER(root, "entities"), 0), 0 };
    struct lifecycle_memory *memories[MEMORIES];
    struct text wanted = TEXT(""), found;
    int64_t last = 0;

    buffer_init(&s->found, 1 << 20);
    for (uint32_t i = 0; i < way->memories; i++)
        memories[i] = lifecycle_memory_new(s->rules, &limits);
    for (VALUE_EACH_ITEM(line, lines)) {
        int64_t settled = way->late ? INT64_MIN : settled_after(line, line_end);

        if (VALUE_MEMBER(line, "do") != NULL)
            tell_exchange(s, line, memories, way, settled);
        else
            for (uint32_t i = 0; i < way->memories; i++)
                lifecycle_tick(memories[i], integer_of(VALUE_MEMBER(line, "tick"), 0) * MS, settled, on_found, s);
        last = VALUE_MEMBER(line, "do") != NULL ? time_of(line, 1) : integer_of(VALUE_MEMBER(line, "tick"), 0) * MS;
    }
    for (uint32_t i = 0; i < way->memories; i++)
        lifecycle_tick(memories[i], last, INT64_MAX, on_found, s);
    check_counts(s, memories, way->memories);
    for (uint32_t i = 0; i < way->memories; i++)
        lifecycle_memory_free(memories[i]);

    if (value_is(expected, VALUE_ARRAY) && expected->count > 0)
        for (VALUE_EACH_ITEM(line, expected))
            wanted = arena_print(s->arena, "%.*s%.*s\n", TEXT_PRINT(wanted), TEXT_PRINT(value_text(line)));
    found = sorted(s, buffer_text(&s->found));
    wanted = sorted(s, wanted);
    buffer_release(&s->found);
    if (text_equal(found, wanted))
        return true;
    (void)fprintf(stderr, "%s, %s\n  expected\n%.*s  found\n%.*s", s->name, way->name, TEXT_PRINT(wanted),
                  TEXT_PRINT(found));
    return false;
}

static bool
run_scenario(const char *path)
{
    static const struct way ways[] = { { "one memory", 1, false },
                                       { "four shards", MEMORIES, false },
                                       { "settled at the end", 1, true } };
    struct scenario s = { .name = path, .arena = arena_new(0, SIZE_MAX) };
    struct error err = { .kind = ERROR_NONE };
    bool holds = true;

    check_that(document_read(&s.document, path, s.arena, &err) == 0, "%s: %s", err.where, err.what);
    s.rules = lifecycles_read(&s.document, VALUE_MEMBER(s.document.root, "lifecycles"), &services, &err);
    check_that(s.rules != NULL, "%s: %s", err.where, err.what);
    for (size_t i = 0; i < (VALUE_MEMBER(s.document.root, "one_way") != NULL ? 1 : 3); i++)
        holds = run(&s, &ways[i]) && holds;
    lifecycles_free(s.rules);
    arena_free(s.arena);
    return holds;
}

static void
each_scenario_finds_what_it_says(void **state)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    const char **names;
    size_t count, cases = 0, failed = 0;

    (void)state;
    assert_int_equal(file_list(FOLDER, arena, &names, &count, NULL), 0);
    for (size_t i = 0; i < count; i++)
        if (text_ends(text_of(names[i]), TEXT(".yaml"))) {
            failed += !run_scenario(arena_print(arena, "%s/%s", FOLDER, names[i]).data);
            cases++;
        }
    assert_int_equal(failed, 0);
    assert_true(cases >= 14);
    arena_free(arena);
}

/* ---- mistakes ---- */

static int
load_rules(const char *path, struct error *err)
{
    struct arena *arena = arena_new(0, SIZE_MAX);
    struct document document;
    struct lifecycles *rules = NULL;

    if (document_read(&document, path, arena, err) == 0)
        rules = lifecycles_read(&document, VALUE_MEMBER(document.root, "lifecycles"), &services, err);
    arena_free(arena); /* what was read stays */
    lifecycles_free(rules);
    return rules != NULL ? 0 : -1;
}

static void
each_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    check_folder(FOLDER "/mistakes", 15, load_rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scenario_finds_what_it_says),
        cmocka_unit_test(each_mistake_is_told_with_its_place),
    };

    return cmocka_run_group_tests(tests, load_contracts, free_contracts);
}
