/*
 * Two contracts compared: the cases of tests/cases/diff, in which every id of the table is met on every side on
 * which it can be.
 *
 * A case has `schema`, `parameter`, `operation`, `path`, `webhook`, `callbacks` or `document`: [old, new]. A schema is
 * put into the request and the answer of one operation; a parameter is a query parameter p (and is seen by requests
 * alone); a webhook is a Path Item, `callbacks` are those of one operation. `expect` lists "LEVEL side id instance".
 * Both contracts must also be equal to themselves.
 *
 * Each schema is put into a webhook and a callback as well, where the same must be said of the other side, and into the
 * callback of a webhook, where all is as in an operation.
 */
#include "../unit.h"

#include <glob.h>

#include "base/limits.h"
#include "drift/compare.h"
#include "json/write.h"

struct suite {
    struct arena *arena;
    const char *file;
    unsigned run, failed;
    unsigned met[CHANGE_IDS]; /* bits by what it counted as */
};

static struct text
json_of(struct suite *s, const struct value *v)
{
    struct json_writer w;
    struct buffer b;
    struct text t;

    if (v == NULL)
        return TEXT("{}");
    buffer_init(&b, LIMIT_MIB);
    json_begin(&w, &b, 0);
    json_value(&w, v);
    t = arena_text(s->arena, buffer_text(&b));
    buffer_release(&b);
    return t;
}

/* Where an operation stands that has the schema. */
enum place {
    IN_PATHS,
    IN_WEBHOOK,
    IN_CALLBACK,
    IN_CALLBACK_OF_WEBHOOK,
    PLACES,
};

static const struct {
    const char *before, *after;
    bool turned;
} frames[PLACES] = {
    [IN_PATHS] = { "\"paths\":{\"/x\":", "}", false },
    [IN_WEBHOOK] = { "\"webhooks\":{\"paid\":", "}", true },
    [IN_CALLBACK] = { "\"paths\":{\"/x\":{\"get\":{\"responses\":{},\"callbacks\":{\"paid\":{\"$request.query.u\":",
                      "}}}}}", true },
    [IN_CALLBACK_OF_WEBHOOK] = { "\"webhooks\":{\"paid\":{\"get\":{\"callbacks\":{\"got\":{\"$request.query.u\":",
                                 "}}}}}", false },
};

#define SCHEMA_ITEM                                                                                                    \
    "%s{\"post\":{\"operationId\":\"op\",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":%.*s}}},"      \
    "\"responses\":{\"200\":{\"description\":\"d\",\"content\":{\"application/json\":{\"schema\":%.*s}}}}}}%s"
#define PARAMETER_PATHS                                                                                                \
    "\"paths\":{\"/"                                                                                                   \
    "x\":{\"get\":{\"operationId\":\"op\",\"parameters\":[{\"in\":\"query\",\"name\":\"p\",\"schema\":%.*s}],"         \
    "\"responses\":{\"200\":{\"description\":\"d\"}}}}}"

static struct text
part_of(struct suite *s, const struct value *c, const char *kind, int which)
{
    const struct value *pair = value_member(c, text_of(kind));

    return json_of(s, value_is(pair, VALUE_ARRAY) ? value_item(pair, (uint32_t)which) : NULL);
}

static struct text
paths_of(struct suite *s, const struct value *c, enum place place, int which)
{
    static const struct {
        const char *kind, *before, *after;
    } kinds[] = {
        { "operation", "\"paths\":{\"/x\":{\"post\":", "}}" },
        { "path", "\"paths\":{\"/x\":", "}" },
        { "webhook", "\"webhooks\":{\"paid\":", "}" },
        { "callbacks", "\"paths\":{\"/x\":{\"post\":{\"responses\":{},\"callbacks\":", "}}}" },
    };
    struct text t;

    if (VALUE_MEMBER(c, "schema") != NULL) {
        t = part_of(s, c, "schema", which);
        return arena_print(s->arena, SCHEMA_ITEM, frames[place].before, TEXT_PRINT(t), TEXT_PRINT(t),
                           frames[place].after);
    }
    if (VALUE_MEMBER(c, "parameter") != NULL) {
        t = part_of(s, c, "parameter", which);
        return arena_print(s->arena, PARAMETER_PATHS, TEXT_PRINT(t));
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (value_member(c, text_of(kinds[i].kind)) != NULL) {
            t = part_of(s, c, kinds[i].kind, which);
            return arena_print(s->arena, "%s%.*s%s", kinds[i].before, TEXT_PRINT(t), kinds[i].after);
        }
    check_that(false, "%s: a case without contracts", s->file);
    return TEXT("");
}

/* The document of a case: old or new. */
static struct text
document_of(struct suite *s, const struct value *c, enum place place, int which)
{
    const struct value *version = VALUE_MEMBER(c, "openapi"), *components = VALUE_MEMBER(c, "components");
    const struct value *document = VALUE_MEMBER(c, "document");
    struct text openapi = TEXT("3.1.0"), more, paths;

    if (value_is(version, VALUE_ARRAY))
        openapi = value_text(value_item(version, (uint32_t)which));
    else if (version != NULL)
        openapi = value_text(version);
    if (document != NULL) {
        more = json_of(s, value_item(document, (uint32_t)which));
        return arena_print(s->arena, "{\"openapi\":\"%.*s\",\"info\":{\"title\":\"t\",\"version\":\"1\"},%.*s",
                           TEXT_PRINT(openapi), TEXT_PRINT(text_from(more, 1)));
    }
    if (value_is(components, VALUE_ARRAY))
        components = value_item(components, (uint32_t)which);
    more = json_of(s, components);
    paths = paths_of(s, c, place, which);
    return arena_print(s->arena,
                       "{\"openapi\":\"%.*s\",\"info\":{\"title\":\"t\",\"version\":\"1\"},%.*s,"
                       "\"components\":%.*s}",
                       TEXT_PRINT(openapi), TEXT_PRINT(paths), TEXT_PRINT(more));
}

static struct contract *
load(struct suite *s, const struct value *c, enum place place, int which)
{
    struct error err = { 0 };
    struct text text = document_of(s, c, place, which);
    struct contract *contract = contract_load_text(text, which == 0 ? "old.json" : "new.json", NULL, &err);

    check_that(contract != NULL, "%s: %s: %s\n%.*s", s->file, err.where, err.what, TEXT_PRINT(text));
    return contract;
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *
listing(struct suite *s, const char **lines, size_t count)
{
    struct text all = TEXT("");

    qsort(lines, count, sizeof *lines, by_bytes);
    for (size_t i = 0; i < count; i++)
        all = arena_print(s->arena, "%.*s    %s\n", TEXT_PRINT(all), lines[i]);
    return arena_text(s->arena, all).data;
}

static const char *
found(struct suite *s, const struct contract *old, const struct contract *now, const struct value *today, bool note)
{
    const struct compare_options options = { .today = today != NULL ? value_text(today) : TEXT("2026-01-01") };
    struct error err = { 0 };
    struct compare *c = compare_contracts(old, now, &options, &err);
    const char *lines[256];
    const char *all;
    size_t count = 0;

    check_that(c != NULL, "%s: %s", s->file, err.what);
    for (uint32_t i = 0; i < compare_count(c) && count < 256; i++) {
        const struct compare_change *change = compare_at(c, i);
        const char *level = change->level == LEVEL_ERROR ? "ERR" : change->level == LEVEL_WARN ? "WARN" : "INFO";

        check_that(change->places[0].document != NULL && change->places[1].document != NULL, "%s: %s has no place",
                   s->file, change_name(change->id));
        lines[count++] =
            arena_print(s->arena, "%s %s %s%s%.*s", level, side_name(change->side), change_name(change->id),
                        change->instance.length > 0 ? " " : "", TEXT_PRINT(change->instance))
                .data;
        if (note)
            s->met[change->id] |= 1u << change->as;
    }
    all = listing(s, lines, count);
    compare_free(c);
    return all;
}

/* "ERR response type-changed" of "ERR request type-changed" */
static struct text
other_side(struct suite *s, struct text line)
{
    size_t level = text_find(line, ' ') + 1;
    struct text rest = text_from(line, level), side = text_slice(rest, 0, text_find(rest, ' '));

    return arena_print(s->arena, "%.*s%s%.*s", TEXT_PRINT(text_slice(line, 0, level)),
                       text_equal(side, TEXT("request")) ? "response" : "request",
                       TEXT_PRINT(text_from(rest, side.length)));
}

static const char *
expected(struct suite *s, const struct value *list, bool turned)
{
    const char *lines[256];
    size_t count = 0;

    if (value_is(list, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, list))
            lines[count++] = (turned ? other_side(s, value_text(item)) : arena_text(s->arena, value_text(item))).data;
    return listing(s, lines, count);
}

static void
run_at(struct suite *s, const struct value *c, enum place place)
{
    struct text name = value_text(VALUE_MEMBER(c, "name"));
    struct contract *old = load(s, c, place, 0), *now = load(s, c, place, 1);
    const struct value *today = VALUE_MEMBER(c, "today");
    const char *wanted = expected(s, VALUE_MEMBER(c, "expect"), frames[place].turned);
    const char *got = found(s, old, now, today, true);

    s->run++;
    if (strcmp(wanted, got) != 0) {
        s->failed++;
        print_message("%s: '%.*s'\n  %s\n  expected\n%s  found\n%s", s->file, TEXT_PRINT(name), frames[place].before,
                      wanted, got);
    }
    for (int i = 0; i < 2; i++) {
        const struct contract *one = i == 0 ? old : now;
        const char *same = found(s, one, one, today, false);

        check_that(same == NULL || same[0] == '\0', "%s: '%.*s': against itself\n%s", s->file, TEXT_PRINT(name), same);
    }
    contract_free(old);
    contract_free(now);
}

/* OpenAPI 3.0 has no webhooks. */
static void
run_case(struct suite *s, const struct value *c)
{
    const struct value *version = VALUE_MEMBER(c, "openapi");

    run_at(s, c, IN_PATHS);
    if (VALUE_MEMBER(c, "schema") == NULL)
        return;
    run_at(s, c, IN_CALLBACK);
    if (version != NULL)
        return;
    run_at(s, c, IN_WEBHOOK);
    run_at(s, c, IN_CALLBACK_OF_WEBHOOK);
}

static void
run_file(struct suite *s)
{
    struct document document;
    struct error err = { 0 };

    check_that(document_read(&document, s->file, s->arena, &err) == 0, "%s: %s", err.where, err.what);
    for (VALUE_EACH_ITEM(c, VALUE_MEMBER(document.root, "cases"))) {
        struct text name = value_text(VALUE_MEMBER(c, "name"));
        const char *only = getenv("CASE");

        if (only == NULL || text_search(name, text_of(only)) < name.length)
            run_case(s, c);
    }
}

static void
check_all_met(const struct suite *s)
{
    unsigned missing = 0;

    for (unsigned i = 0; i < CHANGE_IDS; i++) {
        unsigned wanted = 0;

        for (unsigned as = 0; as < 2; as++)
            wanted |= change_who((enum change_id)i, (enum side)as)[0] != '\0' ? 1u << as : 0;
        if (s->met[i] == wanted)
            continue;
        missing++;
        print_message("'%s' is met as %s%s%s, which is not what the table says\n", change_name((enum change_id)i),
                      s->met[i] & 1 ? "a request" : "", s->met[i] == 3 ? " and " : "",
                      s->met[i] & 2    ? "a response"
                      : s->met[i] == 0 ? "nothing"
                                       : "");
    }
    check_that(missing == 0, "%u changes are met by no case, or where they should not be", missing);
}

static void
every_case_of_the_folder_holds_and_every_change_is_met(void **state)
{
    struct suite s = { 0 };
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/cases/diff/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        s.arena = arena_new(0, 256 * LIMIT_MIB);
        s.file = files.gl_pathv[i];
        run_file(&s);
        arena_free(s.arena);
    }
    print_message("%u cases of %zu files\n", s.run, files.gl_pathc);
    check_that(s.run > 0, "no case ran");
    check_that(s.failed == 0, "%u of %u cases failed", s.failed, s.run);
    if (getenv("CASE") == NULL)
        check_all_met(&s);
    globfree(&files);
}

/* A contract of tests/cases/contract, which leaves out what all of them say. */
static struct text
checked_contract(struct suite *s, const struct value *root)
{
    const struct value *contract = VALUE_MEMBER(root, "contract"), *version = VALUE_MEMBER(root, "openapi");
    struct text openapi = version != NULL ? value_text(version) : TEXT("3.1.0"), own = json_of(s, contract);
    const char *info = VALUE_MEMBER(contract, "info") == NULL ? ",\"info\":{\"title\":\"t\",\"version\":\"1\"}" : "";

    return arena_print(s->arena, "{\"openapi\":\"%.*s\"%s,%.*s", TEXT_PRINT(openapi), info,
                       TEXT_PRINT(text_from(own, 1)));
}

/* The contracts that the checker is tested with, each against itself as another reading of the same text. */
static void
contracts_of_all_kinds_are_equal_to_themselves(void **state)
{
    struct suite s = { 0 };
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/cases/contract/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct document document;
        struct error err = { 0 };
        struct contract *both[2];
        struct text text;
        const char *got;

        s.arena = arena_new(0, 256 * LIMIT_MIB);
        s.file = files.gl_pathv[i];
        check_that(document_read(&document, s.file, s.arena, &err) == 0, "%s: %s", err.where, err.what);
        text = checked_contract(&s, document.root);
        for (int which = 0; which < 2; which++) {
            both[which] = contract_load_text(text, "contract.json", NULL, &err);
            check_that(both[which] != NULL, "%s: %s: %s", s.file, err.where, err.what);
        }
        got = found(&s, both[0], both[1], NULL, false);
        check_that(got == NULL || got[0] == '\0', "%s\n%s", s.file, got);
        contract_free(both[0]);
        contract_free(both[1]);
        arena_free(s.arena);
    }
    assert_true(files.gl_pathc > 10);
    globfree(&files);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_folder_holds_and_every_change_is_met),
        cmocka_unit_test(contracts_of_all_kinds_are_equal_to_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
