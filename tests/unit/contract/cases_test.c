/* Runs every case of tests/cases/contract/: a piece of a contract each, and messages with what is to be found.
 *
 *   description: one sentence
 *   openapi: 3.1.0                       (3.1.0 unless said)
 *   contract: { paths: … }               (info is added when it is missing)
 *   defects: ["6: what is said"]         (line and a part of the text of each; only looked at when it is there)
 *   cases:
 *     - name: what is shown
 *       request: { method: GET, target: "/a?b=c", headers: ["X-A: b"], body: text or a value that is sent as JSON }
 *       response: { status: 200, headers: [...], body: ... }
 *       expect: ["request parameter-schema query b"]      (side, id, instance; in any order)
 *       unchecked: ["request pattern query b"]
 *       says: ["expected integer"]         (each is a part of one of the violations' lines)
 *       operation: "GET /a"                (the operation that is found; "" for none)
 *       allow: "GET, HEAD"
 *       challenge: 'Bearer realm="api"'
 *       policy: { unknown_query: false, undocumented: false, duplicate_keys: pass, bare: true, max_body: 100 }
 *
 * One case alone: CASE='part of its name' build/unit/contract/cases_test */
#include "unit.h"

#include <glob.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "contract/check.h"
#include "json/write.h"

struct suite {
    struct arena *arena;
    struct schema_scratch *scratch;
    struct contract *contract;
    const char *file;
    struct text lines; /* of defects */
    unsigned run, failed;
};

/* ---- the contract of a file ---- */

static void
on_defect(void *arg, const struct contract_defect *defect)
{
    struct suite *s = arg;

    s->lines = arena_print(s->arena, "%.*s%s %.*s: %.*s\n", TEXT_PRINT(s->lines), level_name(defect->level),
                           TEXT_PRINT(defect->pointer), TEXT_PRINT(defect->what));
}

static struct text
contract_text(struct suite *s, const struct value *root)
{
    const struct value *contract = VALUE_MEMBER(root, "contract"), *version = VALUE_MEMBER(root, "openapi");
    struct json_writer w;
    struct buffer b;
    struct text text;

    buffer_init(&b, LIMIT_MIB);
    json_begin(&w, &b, 2);
    json_object(&w);
    JSON_KEY(&w, "openapi");
    json_string(&w, version != NULL ? value_text(version) : TEXT("3.1.0"));
    if (VALUE_MEMBER(contract, "info") == NULL) {
        JSON_KEY(&w, "info");
        json_raw(&w, TEXT("{\"title\": \"api\", \"version\": \"1\"}"));
    }
    for (VALUE_EACH_MEMBER(key, contract)) {
        json_key(&w, value_text(key));
        json_value(&w, value_next(key));
    }
    json_end_object(&w);
    text = arena_text(s->arena, buffer_text(&b));
    buffer_release(&b);
    return text;
}

/* ---- messages ---- */

static void
add_header(struct message *m, struct text name, struct text value)
{
    m->headers[m->header_count++] = (struct header){ name, value, (uint8_t)header_id_of(name), false };
}

static void
read_body(struct suite *s, struct message *m, const struct value *message)
{
    const struct value *body = VALUE_MEMBER(message, "body"), *state = VALUE_MEMBER(message, "state");

    m->framing = FRAMING_NONE;
    if (body != NULL && body->type == VALUE_STRING) {
        m->body = value_text(body);
    } else if (body != NULL) {
        struct json_writer w;
        struct buffer b;

        buffer_init(&b, LIMIT_MIB);
        json_begin(&w, &b, 0);
        json_value(&w, body);
        m->body = arena_text(s->arena, buffer_text(&b));
        buffer_release(&b);
        if (message_header(m, HEADER_CONTENT_TYPE) == NULL)
            add_header(m, TEXT("Content-Type"), TEXT("application/json"));
    }
    m->body_state = body != NULL ? BODY_WHOLE : BODY_NONE;
    m->body_bytes = m->length = m->body.length;
    if (body != NULL)
        m->framing = value_is(VALUE_MEMBER(message, "chunked"), VALUE_TRUE) ? FRAMING_CHUNKED : FRAMING_LENGTH;
    if (value_is(state, VALUE_STRING))
        m->body_state = text_equal(value_text(state), TEXT("too-large"))   ? BODY_TOO_LARGE
                        : text_equal(value_text(state), TEXT("truncated")) ? BODY_TRUNCATED
                                                                           : BODY_STREAM;
}

static struct message
read_message(struct suite *s, const struct value *message, bool is_request)
{
    const struct value *headers = VALUE_MEMBER(message, "headers"), *status = VALUE_MEMBER(message, "status");
    const struct value *method = VALUE_MEMBER(message, "method"), *target = VALUE_MEMBER(message, "target");
    struct message m = { .is_request = is_request, .minor = 1 };
    uint64_t number = 200;

    m.headers = ARENA_ARRAY(s->arena, struct header, 64);
    if (value_is(headers, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(line, headers)) {
            size_t colon = text_find(value_text(line), ':');

            add_header(&m, text_slice(value_text(line), 0, colon), text_trim(text_from(value_text(line), colon + 1)));
        }
    if (status != NULL)
        (void)text_to_u64(value_text(status), &number);
    m.status = is_request ? 0 : (uint16_t)number;
    if (is_request) {
        size_t question;

        m.method = method != NULL ? value_text(method) : TEXT("GET");
        m.target = target != NULL ? value_text(target) : TEXT("/");
        question = text_find(m.target, '?');
        m.path = text_slice(m.target, 0, question);
        m.has_query = question < m.target.length;
        m.query = text_from(m.target, question + 1);
    }
    read_body(s, &m, message);
    return m;
}

/* ---- what is expected against what came ---- */

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, one line each. */
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
expected_lines(struct suite *s, const struct value *list)
{
    const char *lines[256];
    size_t count = 0;

    if (value_is(list, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, list))
            lines[count++] = arena_text(s->arena, value_text(item)).data;
    return listing(s, lines, count);
}

static const char *
line_of(struct suite *s, enum side side, const char *id, struct text instance)
{
    return arena_print(s->arena, "%s %s%s%.*s", side_name(side), id, instance.length > 0 ? " " : "",
                       TEXT_PRINT(instance))
        .data;
}

static const char *
found_lines(struct suite *s, const struct verdict *verdicts, bool unchecked)
{
    const char *lines[256];
    size_t count = 0;

    for (int side = 0; side < 2; side++) {
        const struct verdict *v = &verdicts[side];

        for (uint32_t i = 0; !unchecked && i < v->count; i++)
            lines[count++] = line_of(s, v->list[i].side, violation_name(v->list[i].id), v->list[i].instance);
        for (uint32_t i = 0; unchecked && i < v->unchecked_count; i++)
            lines[count++] =
                line_of(s, v->unchecked[i].side, unchecked_name(v->unchecked[i].reason), v->unchecked[i].instance);
    }
    return listing(s, lines, count);
}

static void
check_equal(struct suite *s, struct text name, const char *what, const char *expected, const char *found)
{
    if (strcmp(expected, found) == 0)
        return;
    s->failed++; /* the others are told, too */
    print_message("%s: '%.*s': %s\n  expected\n%s  found\n%s  again: CASE='%.*s' make unit T=contract/cases\n", s->file,
                  TEXT_PRINT(name), what, expected, found, TEXT_PRINT(name));
}

static void
check_says(struct suite *s, struct text name, const struct value *says, const struct verdict *verdicts)
{
    struct text all = TEXT("");

    for (int side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side].count; i++)
            all = arena_print(s->arena, "%.*s    %.*s\n", TEXT_PRINT(all),
                              TEXT_PRINT(violation_line(&verdicts[side].list[i], s->arena)));
    if (!value_is(says, VALUE_ARRAY))
        return;
    for (VALUE_EACH_ITEM(part, says))
        check_that(text_search(all, value_text(part)) < all.length, "%s: '%.*s': expected \"%.*s\" in\n%.*s", s->file,
                   TEXT_PRINT(name), TEXT_PRINT(value_text(part)), TEXT_PRINT(all));
}

/* ---- one case ---- */

static struct check_policy
read_policy(const struct value *policy)
{
    struct check_policy p = check_policy_default;
    const struct value *max_body = VALUE_MEMBER(policy, "max_body"), *ignore = VALUE_MEMBER(policy, "ignore");
    uint64_t number;

    if (value_is(VALUE_MEMBER(policy, "unknown_query"), VALUE_FALSE))
        p.unknown_query = false;
    if (value_is(VALUE_MEMBER(policy, "undocumented"), VALUE_FALSE))
        p.undocumented = false;
    if (value_is(VALUE_MEMBER(policy, "duplicate_keys"), VALUE_STRING))
        p.duplicate_keys_pass = true;
    if (max_body != NULL && text_to_u64(value_text(max_body), &number))
        p.max_body = number;
    if (value_is(ignore, VALUE_STRING))
        p.ignore = 1u << violation_of(value_text(ignore));
    return p;
}

static void
check_match(struct suite *s, struct text name, const struct value *c, const struct contract_match *match)
{
    const struct value *operation = VALUE_MEMBER(c, "operation"), *allow = VALUE_MEMBER(c, "allow");
    const struct value *challenge = VALUE_MEMBER(c, "challenge");
    struct text found = TEXT("");

    if (match->operation != NULL)
        found = arena_print(s->arena, "%.*s %.*s", TEXT_PRINT(operation_method(match->operation)),
                            TEXT_PRINT(operation_path(match->operation)));
    if (operation != NULL)
        check_equal(s, name, "operation", arena_text(s->arena, value_text(operation)).data,
                    arena_text(s->arena, found).data);
    if (allow != NULL)
        check_that(text_equal(match->allow, value_text(allow)), "%s: '%.*s': found Allow: %.*s", s->file,
                   TEXT_PRINT(name), TEXT_PRINT(match->allow));
    if (challenge != NULL) {
        found = operation_challenge(match->operation, s->arena);
        check_that(text_equal(found, value_text(challenge)), "%s: '%.*s': found WWW-Authenticate: %.*s", s->file,
                   TEXT_PRINT(name), TEXT_PRINT(found));
    }
}

static void
check_both(struct suite *s, const struct value *c, struct check *check, struct contract_match *match,
           struct verdict *verdicts)
{
    const struct value *response = VALUE_MEMBER(c, "response"), *request = VALUE_MEMBER(c, "request");
    struct message q = read_message(s, request, true), a;
    bool bare = value_is(VALUE_MEMBER(VALUE_MEMBER(c, "policy"), "bare"), VALUE_TRUE);

    contract_find(s->contract, q.method, q.path, bare, s->arena, match);
    if (request != NULL) {
        check_request_head(check, match, &q, &verdicts[0]);
        check_request_body(check, match, &q, &verdicts[0]);
    }
    if (response == NULL)
        return;
    a = read_message(s, response, false);
    check_response_head(check, match, &q, &a, &verdicts[1]);
    check_response_body(check, match, &q, &a, &verdicts[1]);
}

static void
run_case(struct suite *s, const struct value *c)
{
    struct text name = value_text(VALUE_MEMBER(c, "name"));
    struct check_policy policy = read_policy(VALUE_MEMBER(c, "policy"));
    struct check check = { .arena = s->arena,
                           .scratch = s->scratch,
                           .policy = &policy,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct verdict verdicts[2] = { { 0 }, { 0 } };
    struct contract_match match;

    check_both(s, c, &check, &match, verdicts);
    check_equal(s, name, "violations", expected_lines(s, VALUE_MEMBER(c, "expect")), found_lines(s, verdicts, false));
    check_equal(s, name, "unchecked", expected_lines(s, VALUE_MEMBER(c, "unchecked")), found_lines(s, verdicts, true));
    check_says(s, name, VALUE_MEMBER(c, "says"), verdicts);
    check_match(s, name, c, &match);
    s->run++;
}

static void
check_defects(struct suite *s, const struct value *defects)
{
    struct text rest = s->lines;
    unsigned lines = 0;

    if (!value_is(defects, VALUE_ARRAY))
        return;
    for (VALUE_EACH_ITEM(part, defects))
        check_that(text_search(s->lines, value_text(part)) < s->lines.length,
                   "%s: expected the defect \"%.*s\" in\n%.*s", s->file, TEXT_PRINT(value_text(part)),
                   TEXT_PRINT(s->lines));
    for (size_t i = 0; i < rest.length; i++)
        lines += rest.data[i] == '\n';
    check_that(lines == defects->count, "%s: expected %u defects, found %u:\n%.*s", s->file, defects->count, lines,
               TEXT_PRINT(s->lines));
}

static void
run_file(struct suite *s, const char *only)
{
    const struct contract_options options = { .defect = on_defect, .arg = s };
    struct document document;
    struct error err = { 0 };
    const struct value *cases;

    check_that(document_read(&document, s->file, s->arena, &err) == 0, "%s: %s", err.where, err.what);
    s->lines = TEXT("");
    s->contract = contract_load_text(contract_text(s, document.root), "contract.json", &options, &err);
    check_that(s->contract != NULL, "%s: %s: %s", s->file, err.where, err.what);
    check_defects(s, VALUE_MEMBER(document.root, "defects"));
    cases = VALUE_MEMBER(document.root, "cases");
    if (value_is(cases, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(c, cases)) {
            struct text name = value_text(VALUE_MEMBER(c, "name"));

            if (only == NULL || text_search(name, text_of(only)) < name.length)
                run_case(s, c);
        }
    contract_free(s->contract);
    s->contract = NULL;
}

static void
every_case_of_the_folder_holds(void **state)
{
    struct suite s = { .scratch = schema_scratch_new() };
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/cases/contract/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        s.arena = arena_new(0, 64 * LIMIT_MIB);
        s.file = files.gl_pathv[i];
        run_file(&s, getenv("CASE"));
        arena_free(s.arena);
    }
    print_message("%u cases of %zu files\n", s.run, files.gl_pathc);
    check_that(s.run > 0, "no case ran");
    check_that(s.failed == 0, "%u of %u cases failed", s.failed, s.run);
    globfree(&files);
    schema_scratch_free(s.scratch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_folder_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
