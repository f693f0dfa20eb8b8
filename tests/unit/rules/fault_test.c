#include "mistakes.h"

#include <math.h>

#include "base/hash.h"
#include "base/limits.h"
#include "rules/fault.h"
#include "rules/ruleset.h"
#include "rules/script.h"

/* Settings, one exchange after the other, and counters as simple as can be. */
struct bench {
    struct ruleset *r;
    const struct faults *faults;
    struct script *script;
    struct arena *arena;
    uint64_t keys[4096], counts[4096];
    struct header headers[2];
    struct exchange exchange;
    struct contract_match match;
    struct document request, response;
    struct fault_look look;
};

static uint64_t
count_one(void *arg, uint64_t key)
{
    struct bench *b = arg;

    for (size_t i = 0; i < 4096; i++) {
        if (b->keys[i] == 0)
            b->keys[i] = key;
        if (b->keys[i] == key)
            return ++b->counts[i];
    }
    return 0;
}

static int
load_ruleset(const char *path, struct error *err)
{
    struct settings *settings = settings_load(path, NULL, err);
    struct ruleset *r = settings != NULL ? ruleset_new(settings, NULL, NULL, err) : NULL;

    ruleset_drop(r);
    return r != NULL ? 0 : -1;
}

static struct bench *
bench_of(const char *path)
{
    struct bench *b = calloc(1, sizeof *b);
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load(path, NULL, &err);

    assert_non_null(b);
    check_that(settings != NULL, "%s: %s", err.where, err.what);
    b->r = ruleset_new(settings, NULL, NULL, &err);
    check_that(b->r != NULL, "%s: %s", err.where, err.what);
    b->faults = ruleset_faults(b->r);
    b->script = faults_script(b->faults, &err);
    b->arena = arena_new(0, SIZE_MAX);
    return b;
}

static struct bench *
bench(void)
{
    return bench_of("tests/cases/rules/faults/gateway.yaml");
}

static void
bench_free(struct bench *b)
{
    script_free(b->script);
    ruleset_drop(b->r);
    arena_free(b->arena);
    free(b);
}

static void
header(struct bench *b, const char *name, const char *value)
{
    struct exchange *x = &b->exchange;

    x->request.headers = b->headers;
    b->headers[x->request.header_count++] = (struct header){ .name = text_of(name), .value = text_of(value) };
}

/* The next exchange; body may be NULL. */
static void
next(struct bench *b, const char *service, const char *method, const char *path, const char *body)
{
    const struct service *s = ruleset_service_named(b->r, text_of(service));

    assert_non_null(s);
    arena_reset(b->arena);
    b->exchange = (struct exchange){ .arena = b->arena };
    b->exchange.request.method = text_of(method);
    b->exchange.request.path = text_of(path);
    contract_find(s->contract, text_of(method), text_of(path), true, b->arena, &b->match);
    b->look = (struct fault_look){ .exchange = &b->exchange,
                                   .service = s,
                                   .match = &b->match,
                                   .count = count_one,
                                   .count_arg = b,
                                   .script = b->script,
                                   .arena = b->arena };
    if (body != NULL) {
        assert_int_equal(document_parse(&b->request, text_of(body), NULL, b->arena, NULL), 0);
        b->look.request = b->request.root;
    }
}

/* "first-two slow": who fires. */
static const char *
fire(struct bench *b, enum side side)
{
    static char names[512];
    struct fault_firing firings[FAULT_MOST];
    uint32_t count = faults_choose(b->faults, &b->look, side, firings);

    names[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        (void)snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.*s", i > 0 ? " " : "",
                       TEXT_PRINT(firings[i].rule->name));
    return names;
}

static void
mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    check_folder("tests/cases/rules/faults/mistakes", 20, load_ruleset);
}

static void
the_first_two_of_each_entity_are_hit_and_no_others(void **state)
{
    struct bench *b = bench();

    (void)state;
    for (int round = 0; round < 4; round++)
        for (int order = 0; order < 3; order++) {
            char body[64];

            (void)snprintf(body, sizeof body, "{\"order_id\": \"ORD%d\"}", order);
            next(b, "erp", "POST", "/orders", body);
            assert_string_equal(fire(b, SIDE_REQUEST), round < 2 ? "first-two" : "slow slower");
        }
    next(b, "erp", "POST", "/orders", "{}");
    assert_string_equal(fire(b, SIDE_REQUEST), "slow slower");
    bench_free(b);
}

/* Firings of the rule `counted`, exchange by exchange: "+" and "-". */
static void
check_numbers(struct bench *b, const char *expected)
{
    for (const char *p = expected; *p != '\0'; p++) {
        next(b, "orders", "GET", "/api/orders/ORD1", NULL);
        check_that((fire(b, SIDE_REQUEST)[0] != '\0') == (*p == '+'), "%s, at %d", expected, (int)(p - expected));
    }
}

/* The same bench with these rules, as a reload has them. */
static void
reload(struct bench *b, const char *rules)
{
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load("tests/cases/rules/faults/gateway.yaml", NULL, &err);

    assert_non_null(settings);
    check_that(settings_put_faults(settings, text_of(rules), "rules", &err) == 0, "%s: %s", err.where, err.what);
    ruleset_drop(b->r);
    b->r = ruleset_new(settings, NULL, NULL, &err);
    check_that(b->r != NULL, "%s: %s", err.where, err.what);
    b->faults = ruleset_faults(b->r);
}

static void
a_reload_goes_on_counting_unless_the_rule_says_something_else(void **state)
{
    struct bench *b = bench();

    (void)state;
    reload(b, "faults: [{name: counted, when: {first: 2}, status: 503}]");
    check_numbers(b, "+");
    reload(b, "faults:\n  - {name: before, when: {service: erp}, status: 500}\n"
              "  - {name: counted, when: { first: 2 }, status: 503} # moved\n");
    check_numbers(b, "+-");
    reload(b, "faults: [{name: counted, when: {first: 1}, status: 503}]");
    check_numbers(b, "+-");
    bench_free(b);
}

static void
delays_add_up_and_of_other_effects_the_first_counts(void **state)
{
    struct bench *b = bench();

    (void)state;
    next(b, "erp", "GET", "/orders/ORD1", NULL);
    assert_string_equal(fire(b, SIDE_REQUEST), "slow slower");
    next(b, "orders", "GET", "/api/orders/ORD1", NULL);
    header(b, "X-Case", "cut");
    assert_string_equal(fire(b, SIDE_RESPONSE), "cut");
    bench_free(b);
}

static void
what_a_rule_wants_of_an_operation_is_known_before_its_traffic(void **state)
{
    struct bench *b = bench();
    const struct service *erp = ruleset_service_named(b->r, TEXT("erp"));
    const struct service *orders = ruleset_service_named(b->r, TEXT("orders"));

    (void)state;
    assert_int_equal(fault_concern(NULL, erp, NULL), 0);
    assert_int_equal(fault_concern(b->faults, erp, contract_operation_named(erp->contract, TEXT("createErpOrder"))),
                     FAULT_ON_REQUEST | FAULT_ON_RESPONSE | FAULT_REQUEST_BODY | FAULT_RESPONSE_BODY);
    assert_int_equal(fault_concern(b->faults, erp, contract_operation_named(erp->contract, TEXT("getErpOrder"))) &
                         FAULT_REQUEST_BODY,
                     0);
    assert_int_equal(fault_concern(b->faults, orders, NULL), FAULT_ON_REQUEST | FAULT_ON_RESPONSE | FAULT_ASKED);
    bench_free(b);
    b = bench_of("rules/gateway.yaml");
    for (uint32_t i = 0; i < ruleset_service_count(b->r); i++) {
        const struct service *s = ruleset_service(b->r, i);

        for (uint32_t o = 0; o < contract_operation_count(s->contract); o++)
            assert_int_equal(fault_concern(b->faults, s, contract_operation(s->contract, o)), 0);
    }
    bench_free(b);
}

static void
an_expression_over_the_body_decides(void **state)
{
    struct bench *b = bench();

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct document response;

        next(b, "erp", "GET", "/orders/ORD1", NULL);
        b->exchange.has_response = true;
        assert_int_equal(document_parse(&response, i == 0 ? TEXT("{\"total\": 100.5}") : TEXT("{\"total\": 99}"), NULL,
                                        b->arena, NULL),
                         0);
        b->look.response = response.root;
        assert_string_equal(fire(b, SIDE_RESPONSE), i == 0 ? "big" : "");
    }
    bench_free(b);
}

/* The share of those that it hits, by entity and ordinal: the same whoever comes first. */
static void
chance_is_repeatable_whatever_the_order_of_entities(void **state)
{
    static char hits[2][8][100];
    int total = 0;

    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        struct bench *b = bench();

        for (int i = 0; i < 800; i++) {
            int client = pass == 0 ? i % 8 : 7 - i / 100, ordinal = pass == 0 ? i / 8 : i % 100;
            char name[2] = { (char)('a' + client), '\0' };

            next(b, "erp", "GET", "/orders/ORD1", NULL);
            header(b, "X-Client", name);
            b->exchange.has_response = true;
            hits[pass][client][ordinal] = fire(b, SIDE_RESPONSE)[0] != '\0';
            total += hits[0][client][ordinal] && pass == 0;
        }
        bench_free(b);
    }
    assert_memory_equal(hits[0], hits[1], sizeof hits[0]);
    check_that(total > 150 && total < 250, "25 %% of 800, and %d were hit", total);
}

static void
check_case(struct bench *b, const char *name, int64_t now, const char *expected)
{
    next(b, "orders", "GET", "/api/orders/ORD1", NULL);
    header(b, "X-Case", name);
    b->look.now = now;
    check_that(strcmp(fire(b, SIDE_REQUEST), expected) == 0, "%s at %lld: expected '%s'", name, (long long)now,
               expected);
}

#define HOUR   INT64_C(3600000000000)
#define SECOND INT64_C(1000000000)

static void
windows_bursts_and_every_nth_hold_to_their_time_and_number(void **state)
{
    const int64_t day = INT64_C(1767225600) * SECOND; /* 2026-01-01T00:00:00Z */
    struct bench *b = bench();

    (void)state;
    check_case(b, "night", day + 23 * HOUR, "night");
    check_case(b, "night", day + 5 * HOUR, "night");
    check_case(b, "night", day + 6 * HOUR, "");
    check_case(b, "night", day + 21 * HOUR, "");
    check_case(b, "window", day - 1, "");
    check_case(b, "window", day, "window");
    check_case(b, "window", day + 24 * HOUR, "");
    check_case(b, "burst", day + 9 * SECOND, "burst");
    check_case(b, "burst", day + 10 * SECOND, "");
    check_case(b, "burst", day + 61 * SECOND, "burst");
    for (int i = 0; i < 6; i++)
        check_case(b, "burst-first", day + i / 3 * 60 * SECOND, i % 3 < 2 ? "burst-first" : "");
    for (int i = 1; i <= 10; i++)
        check_case(b, "third", day, i == 4 || i == 7 || i == 10 ? "third" : "");
    bench_free(b);
}

static void
a_path_is_matched_by_whole_segments(void **state)
{
    struct bench *b = bench();

    (void)state;
    check_case(b, "path", 0, "path");
    next(b, "orders", "GET", "/api/orders/ORD12", NULL);
    header(b, "X-Case", "path");
    assert_string_equal(fire(b, SIDE_REQUEST), "");
    next(b, "orders", "GET", "/api/orders/ORD1/invoice", NULL);
    header(b, "X-Case", "path");
    assert_string_equal(fire(b, SIDE_REQUEST), "path");
    header(b, "X-No", "");
    assert_string_equal(fire(b, SIDE_REQUEST), "");
    bench_free(b);
}

static void
the_status_of_the_answer_decides(void **state)
{
    static const uint16_t statuses[] = { 404, 503, 200, 403 };
    struct bench *b = bench();

    (void)state;
    for (int i = 0; i < 4; i++) {
        next(b, "orders", "GET", "/api/orders/ORD1", NULL);
        header(b, "X-Case", "after");
        b->exchange.has_response = true;
        b->exchange.response.status = statuses[i];
        assert_string_equal(fire(b, SIDE_RESPONSE), i < 2 ? "after" : "");
    }
    bench_free(b);
}

static void
check_asked(struct bench *b, const char *service, const char *asked, enum side side, const char *expected)
{
    struct text why;
    unsigned bits;

    next(b, service, "GET", "/api/orders/ORD1", NULL);
    b->look.asked = text_of(asked);
    bits = fault_asked_concern(b->faults, b->look.service, b->look.asked, b->arena, &why);
    assert_int_equal(bits != 0, why.length == 0);
    if (bits == 0)
        check_that(text_search(why, text_of(expected)) < why.length, "%s: %.*s", asked, TEXT_PRINT(why));
    else
        check_that(strcmp(fire(b, side), expected) == 0, "%s: expected %s", asked, expected);
}

static void
a_client_gets_what_it_asks_for_where_that_is_allowed(void **state)
{
    struct bench *b = bench();
    struct fault_firing firings[FAULT_MOST];

    (void)state;
    check_asked(b, "orders", "status=503; token=sesame", SIDE_REQUEST, "asked-status");
    assert_int_equal(faults_choose(b->faults, &b->look, SIDE_REQUEST, firings), 1);
    assert_int_equal(firings[0].rule->status, 503);
    assert_int_equal(firings[0].rule->index, FAULT_ASKED_INDEX(b->faults));
    check_asked(b, "orders", "delay=200ms, reset;side=response;token=sesame", SIDE_REQUEST, "asked-delay");
    assert_string_equal(fire(b, SIDE_RESPONSE), "asked-reset");
    check_asked(b, "orders", "connection-reset; token=sesame", SIDE_REQUEST, "connection-reset");
    check_asked(b, "orders", "off;token=sesame", SIDE_REQUEST, "off");
    check_asked(b, "orders", "mutate=drop-required;token=sesame", SIDE_RESPONSE, "asked-mutate");
    check_asked(b, "orders", "status=503", SIDE_REQUEST, "the token is missing");
    check_asked(b, "orders", "status=503; token=Sesame", SIDE_REQUEST, "the token is missing");
    check_asked(b, "orders", "statsu=503; token=sesame", SIDE_REQUEST, "did you mean 'status'?");
    check_asked(b, "orders", "status=99; token=sesame", SIDE_REQUEST, "status wants a number from 200 to 599");
    check_asked(b, "orders", "stale; side=response; token=sesame", SIDE_REQUEST, "is no side of this fault");
    check_asked(b, "orders", " , ; token=sesame", SIDE_REQUEST, "there is no fault ''");
    check_asked(b, "erp", "status=503", SIDE_REQUEST, "lets no client ask");
    bench_free(b);
}

static void
delays_keep_to_their_distribution(void **state)
{
    struct fault_rule uniform = { .distribution = FAULT_UNIFORM, .a = 50 * SECOND / 1000, .b = 2 * SECOND };
    struct fault_rule normal = { .distribution = FAULT_NORMAL, .a = SECOND, .b = SECOND / 10 };
    struct fault_rule lognormal = { .distribution = FAULT_LOGNORMAL, .a = SECOND, .b = 500 };
    double sum = 0, squares = 0;
    int below = 0;

    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t random = hash_mix(i, 1);
        int64_t u = fault_delay(&uniform, random), n = fault_delay(&normal, random);

        assert_true(u >= uniform.a && u <= uniform.b);
        assert_int_equal(u, fault_delay(&uniform, random));
        sum += (double)n / 1e9;
        squares += ((double)n / 1e9 - 1) * ((double)n / 1e9 - 1);
        below += fault_delay(&lognormal, random) < SECOND;
    }
    check_that(fabs(sum / 10000 - 1) < 0.01, "mean %g", sum / 10000);
    check_that(fabs(sqrt(squares / 10000) - 0.1) < 0.01, "deviation %g", sqrt(squares / 10000));
    check_that(abs(below - 5000) < 200, "%d of 10000 are below the median", below);
}

struct told {
    char lines[4096];
};

static void
note_why(void *arg, const struct fault_rule *rule, bool fires, struct text why)
{
    struct told *t = arg;

    (void)snprintf(t->lines + strlen(t->lines), sizeof t->lines - strlen(t->lines), "%c %.*s: %.*s\n",
                   fires ? '+' : '-', TEXT_PRINT(rule->name), TEXT_PRINT(why));
}

static void
each_rule_says_why_it_did_or_did_not_fire(void **state)
{
    struct bench *b = bench();
    struct told told = { "" };

    (void)state;
    next(b, "erp", "POST", "/orders", "{\"order_id\": \"ORD1\"}");
    faults_explain(b->faults, &b->look, SIDE_REQUEST, note_why, &told);
    assert_non_null(strstr(told.lines, "+ first-two: all of `when` holds; it is number 1 of body:/order_id ORD1\n"
                                       "- slow: not looked at: first-two came before it\n"
                                       "- slower: not looked at"));
    told.lines[0] = '\0';
    next(b, "orders", "GET", "/api/orders/ORD1", NULL);
    faults_explain(b->faults, &b->look, SIDE_REQUEST, note_why, &told);
    assert_non_null(strstr(told.lines, "- first-two: it is about another operation\n"
                                       "- slow: it is about another service\n"));
    assert_non_null(strstr(told.lines, "- off: it is switched off"));
    assert_non_null(strstr(told.lines, "- night: the request has no header X-Case=night\n"));
    bench_free(b);
}

static void
a_rule_is_told_in_one_line(void **state)
{
    struct bench *b = bench();
    const struct fault_rule *first = fault_named(b->faults, TEXT("first-two"));

    (void)state;
    check_text(fault_when_text(b->faults, first, b->arena), "erp createErpOrder; the first 2 per body:/order_id");
    check_text(fault_does_text(first, b->arena), "status: 503");
    check_text(fault_when_text(b->faults, fault_named(b->faults, TEXT("third")), b->arena),
               "orders; X-Case matches ^thir; after 1; 1 of every 3");
    check_text(fault_when_text(b->faults, fault_named(b->faults, TEXT("after")), b->arena),
               "orders; X-Case=after; status 404 or 5XX; on the response");
    check_text(fault_does_text(fault_named(b->faults, TEXT("slower")), b->arena), "delay: 50ms to 2s");
    bench_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(the_first_two_of_each_entity_are_hit_and_no_others),
        cmocka_unit_test(a_reload_goes_on_counting_unless_the_rule_says_something_else),
        cmocka_unit_test(delays_add_up_and_of_other_effects_the_first_counts),
        cmocka_unit_test(what_a_rule_wants_of_an_operation_is_known_before_its_traffic),
        cmocka_unit_test(an_expression_over_the_body_decides),
        cmocka_unit_test(chance_is_repeatable_whatever_the_order_of_entities),
        cmocka_unit_test(windows_bursts_and_every_nth_hold_to_their_time_and_number),
        cmocka_unit_test(a_path_is_matched_by_whole_segments),
        cmocka_unit_test(the_status_of_the_answer_decides),
        cmocka_unit_test(a_client_gets_what_it_asks_for_where_that_is_allowed),
        cmocka_unit_test(delays_keep_to_their_distribution),
        cmocka_unit_test(each_rule_says_why_it_did_or_did_not_fire),
        cmocka_unit_test(a_rule_is_told_in_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
