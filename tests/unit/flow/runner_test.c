/* The cases of tests/cases/flow/run, and what is no data: many runs at once, rules, stopping. Each file of cases
 * belongs to the Arazzo document of its name; the service answers what the case says. */
#include "unit.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "flow/runner.h"
#include "json/write.h"
#include "net/service.h"

#define FOLDER "tests/cases/flow/run/"
#define HELD   64

/* ---- the service ---- */

struct held {
    struct service_answer *answer;
    struct service_later *later;
    const struct value *says;
};

static struct service_server *server;
static char base[64];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static const struct value *script; /* of the case; NULL: 200 {} */
static uint32_t asked[32];         /* by member of `answers` */
static uint32_t requests, hold, most;
static char last[256];
static struct text unheld;
static struct held held[HELD];
static uint32_t held_count;

static const struct value *
answer_for(const char *request)
{
    const struct value *answers = VALUE_MEMBER(script, "answers");
    uint32_t place = 0;

    if (answers == NULL)
        return NULL;
    for (VALUE_EACH_MEMBER(key, answers)) {
        const struct value *list = value_next(key);
        uint32_t index = asked[place];

        if (text_equal(value_text(key), text_of(request))) {
            asked[place]++;
            return value_item(list, index < list->count ? index : list->count - 1);
        }
        place++;
    }
    return NULL;
}

static uint64_t
number_of(const struct value *object, struct text key, uint64_t otherwise)
{
    const struct value *v = value_member(object, key);
    uint64_t number = otherwise;

    if (v != NULL)
        assert_true(text_to_u64(value_text(v), &number));
    return number;
}

static void
fill(struct service_answer *answer, const struct value *says)
{
    const struct value *json = VALUE_MEMBER(says, "json"), *text = VALUE_MEMBER(says, "text");
    const struct value *type = VALUE_MEMBER(says, "type"), *after = VALUE_MEMBER(says, "retry_after");
    const struct value *location = VALUE_MEMBER(says, "location");
    uint64_t bytes = number_of(says, TEXT("bytes"), 0);
    struct json_writer w;

    answer->status = (uint16_t)number_of(says, TEXT("status"), 200);
    service_answer_header(answer, TEXT("Content-Type"), type != NULL ? value_text(type) : TEXT("application/json"));
    if (after != NULL)
        service_answer_header(answer, TEXT("Retry-After"), value_text(after));
    if (location != NULL)
        service_answer_header(answer, TEXT("Location"), value_text(location));
    if (text != NULL) {
        buffer_add(&answer->body, value_text(text));
        return;
    }
    for (uint64_t i = 0; i < bytes; i++)
        buffer_byte(&answer->body, (char)(0xf0 + i % 16));
    if (bytes > 0)
        return;
    json_begin(&w, &answer->body, 0);
    if (json != NULL)
        json_value(&w, json);
    else
        buffer_add(&answer->body, TEXT("{}"));
}

static void
give_held(void)
{
    for (uint32_t i = 0; i < held_count; i++) {
        fill(held[i].answer, held[i].says);
        service_later_give(held[i].later);
    }
    held_count = 0;
}

static void
on_request(void *arg, const struct service_request *request, struct service_answer *answer)
{
    const struct value *says;
    bool never;

    (void)arg;
    (void)pthread_mutex_lock(&lock);
    requests++;
    (void)snprintf(last, sizeof(last), "%.*s %.*s", TEXT_PRINT(request->message.method),
                   TEXT_PRINT(request->message.path));
    says = answer_for(last);
    never = VALUE_MEMBER(says, "never") != NULL;
    if (!never && (hold == 0 || text_equal(unheld, text_of(last)))) {
        fill(answer, says);
    } else {
        assert_true(held_count < HELD);
        held[held_count++] = (struct held){ answer, service_answer_later(answer), says };
        if (held_count > most)
            most = held_count;
        if (!never && held_count == hold)
            give_held();
    }
    (void)pthread_mutex_unlock(&lock);
}

static int
begin(void **state)
{
    const struct service_options options = { .address = "127.0.0.1:0", .max_body = LIMIT_MIB, .handler = on_request };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    server = service_start(&options, &err);
    check_that(server != NULL, "%s", err.what);
    service_url(server, base, sizeof(base));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    service_stop(server);
    return 0;
}

/* NULL: everything is answered 200 {}. */
static void
play(const struct value *c)
{
    (void)pthread_mutex_lock(&lock);
    give_held();
    script = c;
    memset(asked, 0, sizeof(asked));
    requests = most = 0;
    hold = (uint32_t)number_of(c, TEXT("hold"), 0);
    unheld = VALUE_MEMBER(c, "unheld") != NULL ? value_text(VALUE_MEMBER(c, "unheld")) : (struct text){ NULL, 0 };
    (void)pthread_mutex_unlock(&lock);
}

/* ---- the listener ---- */

struct ear {
    char told[1 << 16];
    size_t length;
    char outputs[4096], why[1024];
    enum flow_failure failure;
    uint32_t ended, by_failure[FLOW_STOPPED + 1], tries;
    int64_t own; /* of tries: what is not waiting for the answer */
    unsigned stop_after;
};

static void hear(struct ear *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void
hear(struct ear *e, const char *format, ...)
{
    va_list arguments;

    if (e->length > sizeof(e->told) - 256)
        return; /* the endless ones are not compared */
    va_start(arguments, format);
    e->length += (size_t)vsnprintf(e->told + e->length, sizeof(e->told) - e->length, format, arguments);
    va_end(arguments);
}

static void
on_begin(void *arg, const struct workflow *w, uint64_t run, uint32_t depth)
{
    (void)run;
    (void)depth;
    hear(arg, "begin %.*s\n", TEXT_PRINT(w->id));
}

static void
on_tried(void *arg, const struct flow_try *t)
{
    struct ear *e = arg;

    e->tries++;
    hear(e, "%.*s", TEXT_PRINT(t->step->id));
    if (t->element >= 0)
        hear(e, "[%d]", (int)t->element);
    if (t->exchange != NULL && t->exchange->has_response)
        hear(e, " %u", (unsigned)t->exchange->response.status);
    else
        hear(e, " -");
    hear(e, " %s", flow_failure_name(t->failure));
    if (t->then[0] != '\0')
        hear(e, " %s", t->then);
    if (t->then_to.length > 0)
        hear(e, " %.*s", TEXT_PRINT(t->then_to));
    hear(e, "\n");
    if (t->exchange != NULL && t->exchange->times.finished >= 0)
        e->own += t->took - t->exchange->times.finished;
    if (e->stop_after > 0 && e->tries == e->stop_after)
        runner_stop();
}

static void
on_found(void *arg, const struct watch_finding *w)
{
    hear(arg, "found %s %.*s of %.*s %.*s\n", violation_name(w->id), TEXT_PRINT(w->rule), TEXT_PRINT(w->service),
         TEXT_PRINT(w->operation));
}

static void
on_end(void *arg, const struct flow_result *r, uint32_t depth)
{
    struct ear *e = arg;
    struct buffer out;
    struct json_writer w;

    hear(e, "end %.*s %s\n", TEXT_PRINT(r->workflow->id), flow_failure_name(r->failure));
    if (depth > 0)
        return;
    e->ended++;
    e->failure = r->failure;
    e->by_failure[r->failure]++;
    (void)snprintf(e->why, sizeof(e->why), "%.*s", TEXT_PRINT(r->why));
    buffer_init(&out, sizeof(e->outputs) - 1);
    json_begin(&w, &out, 0);
    if (r->outputs != NULL)
        json_value(&w, r->outputs);
    assert_false(buffer_failed(&out));
    (void)snprintf(e->outputs, sizeof(e->outputs), "%.*s", TEXT_PRINT(buffer_text(&out)));
    buffer_release(&out);
}

static struct flow_listener
listening(struct ear *e)
{
    *e = (struct ear){ .length = 0 };
    return (struct flow_listener){ .begin = on_begin, .tried = on_tried, .found = on_found, .end = on_end, .arg = e };
}

/* ---- cases ---- */

static struct flow *
load(const char *path)
{
    struct error err = { .kind = ERROR_NONE };
    struct flow *f = flow_load(path, NULL, &err);

    check_that(f != NULL, "%s: %s", err.where, err.what);
    return f;
}

static void
compare(const char *name, const struct value *c, const char *what, const char *found)
{
    const struct value *wanted = value_member(c, text_of(what));
    struct buffer out;
    struct json_writer w;

    if (wanted == NULL)
        return;
    buffer_init(&out, LIMIT_MIB);
    if (wanted->type == VALUE_STRING) {
        buffer_add(&out, value_text(wanted));
    } else {
        json_begin(&w, &out, 0);
        json_value(&w, wanted);
    }
    buffer_byte(&out, '\0');
    check_that(strcmp(buffer_text(&out).data, found) == 0, "%s: %s\n  expected  %s\n  found     %s", name, what,
               buffer_text(&out).data, found);
    buffer_release(&out);
}

static void
compare_told(const char *name, const struct value *c, const struct ear *e)
{
    const struct value *told = VALUE_MEMBER(c, "told");
    const char *at = e->told;

    if (told == NULL)
        return;
    for (VALUE_EACH_ITEM(line, told)) {
        size_t length = strcspn(at, "\n");

        check_that(text_equal(value_text(line), text_make(at, length)), "%s\n  expected  %.*s\n  found     %.*s\n%s",
                   name, TEXT_PRINT(value_text(line)), (int)length, at, e->told);
        at += length + (at[length] != '\0');
    }
    check_that(at[0] == '\0', "%s: more was told: %s\nwhy: %s", name, at, e->why);
}

/* A sentence holds this. */
static void
compare_why(const char *name, const struct value *c, const struct ear *e)
{
    const struct value *why = VALUE_MEMBER(c, "why");

    if (why != NULL)
        check_that(text_search(text_of(e->why), value_text(why)) < strlen(e->why),
                   "%s: why\n  expected  %.*s\n  found     %s", name, TEXT_PRINT(value_text(why)), e->why);
}

static void
compare_all(const char *name, const struct value *c, const struct ear *e, int64_t took)
{
    compare_told(name, c, e);
    compare(name, c, "end", flow_failure_name(e->failure));
    compare(name, c, "outputs", e->outputs);
    compare_why(name, c, e);
    (void)pthread_mutex_lock(&lock);
    compare(name, c, "last", last);
    check_that(number_of(c, TEXT("requests"), requests) == requests, "%s: %u requests", name, (unsigned)requests);
    check_that(number_of(c, TEXT("most"), most) == most, "%s: %u side by side", name, (unsigned)most);
    (void)pthread_mutex_unlock(&lock);
    check_that(took >= (int64_t)number_of(c, TEXT("least_ms"), 0) * CLOCK_MILLI, "%s: took %ld ms", name,
               (long)(took / CLOCK_MILLI));
    check_that(took <= (int64_t)number_of(c, TEXT("most_ms"), 60000) * CLOCK_MILLI, "%s: took %ld ms", name,
               (long)(took / CLOCK_MILLI));
}

static void
run_case(const struct flow *f, const struct value *c, const struct ruleset *rules, const char *name)
{
    static struct ear ear;
    const struct value *id = VALUE_MEMBER(c, "workflow"), *closed = VALUE_MEMBER(c, "closed");
    const struct workflow *w = id != NULL ? flow_workflow(f, value_text(id)) : NULL;
    const struct flow_server to = { .url = text_of(closed != NULL ? "http://127.0.0.1:1" : base) };
    const struct runner_options options = {
        .flow = f,
        .workflows = id != NULL ? &w : NULL,
        .workflow_count = 1,
        .inputs = VALUE_MEMBER(c, "inputs"),
        .servers = &to,
        .server_count = 1,
        .ruleset = rules,
        .unchecked = VALUE_MEMBER(c, "unchecked") != NULL,
        .timeout = (int64_t)number_of(c, TEXT("timeout_ms"), 0) * CLOCK_MILLI,
        .listener = listening(&ear),
    };
    struct error err = { .kind = ERROR_NONE };
    int64_t began = clock_monotonic();

    check_that(id == NULL || w != NULL, "%s: there is no such workflow", name);
    play(c);
    check_that(runner_run(&options, &err) == 0, "%s: %s", name, err.what);
    compare_all(name, c, &ear, clock_monotonic() - began);
    play(NULL);
}

/* rules: NULL, or what they are held against. */
static void
run_cases(const char *topic, const struct ruleset *rules)
{
    struct error err = { .kind = ERROR_NONE };
    struct arena *arena = arena_new(0, 16 * LIMIT_MIB);
    struct document document;
    struct flow *f;
    char path[128];

    (void)snprintf(path, sizeof(path), FOLDER "%s.arazzo.yaml", topic);
    f = load(path);
    (void)snprintf(path, sizeof(path), FOLDER "%s.yaml", topic);
    check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    for (VALUE_EACH_ITEM(c, document.root))
        run_case(f, c, rules, arena_text(arena, value_text(VALUE_MEMBER(c, "description"))).data);
    arena_free(arena);
    flow_free(f);
}

static void
steps_run_and_lead_on_as_the_document_says(void **state)
{
    (void)state;
    run_cases("steps", NULL);
}

static void
steps_are_tried_again_as_the_document_says(void **state)
{
    (void)state;
    run_cases("retries", NULL);
}

static void
workflows_lists_and_groups_nest(void **state)
{
    (void)state;
    run_cases("nested", NULL);
}

static void
arazzo_1_1_orders_steps_and_bounds_their_time(void **state)
{
    (void)state;
    run_cases("later", NULL);
}

static void
exchanges_are_held_against_rules(void **state)
{
    struct error err = { .kind = ERROR_NONE };
    struct settings *settings = settings_load(FOLDER "gateway.yaml", NULL, &err);
    struct ruleset *rules;

    (void)state;
    check_that(settings != NULL, "%s: %s", err.where, err.what);
    rules = ruleset_new(settings, NULL, NULL, &err);
    check_that(rules != NULL, "%s: %s", err.where, err.what);
    run_cases("rules", rules);
    ruleset_drop(rules);
}

/* ---- what is no data ---- */

static struct runner_options
options_of(const struct flow *f, const struct workflow **w, const char *id, struct flow_server *to, struct ear *e)
{
    *to = (struct flow_server){ .url = text_of(base) };
    *w = flow_workflow(f, text_of(id));
    assert_non_null(*w);
    return (struct runner_options){
        .flow = f, .workflows = w, .workflow_count = 1, .servers = to, .server_count = 1, .listener = listening(e)
    };
}

static void
a_stop_ends_all_runs_in_the_middle(void **state)
{
    static struct ear ear;
    struct flow *f = load(FOLDER "steps.arazzo.yaml");
    struct error err = { .kind = ERROR_NONE };
    const struct workflow *w;
    struct flow_server to;
    struct runner_options options = options_of(f, &w, "circle", &to, &ear);

    (void)state;
    options.repeat = options.concurrency = 20;
    ear.stop_after = 100;
    play(NULL);
    assert_int_equal(runner_run(&options, &err), 0);
    assert_int_equal(ear.by_failure[FLOW_STOPPED], 20);
    assert_true(ear.tries < 200);
    flow_free(f);
}

static void
a_stop_does_not_wait_for_retries_or_answers(void **state)
{
    static struct ear ear;
    static const char *const cases[] = { "{\"answers\":{\"GET /any/a\":[{\"status\":503,\"retry_after\":\"50\"}]}}",
                                         "{\"answers\":{\"GET /any/a\":[{\"status\":500},{\"never\":true}]}}" };
    struct flow *f = load(FOLDER "retries.arazzo.yaml");
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    const struct workflow *w;
    struct flow_server to;
    struct document document;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct runner_options options = options_of(f, &w, "once", &to, &ear);
        int64_t began = clock_monotonic();

        assert_int_equal(document_parse(&document, text_of(cases[i]), NULL, arena, NULL), 0);
        play(document.root);
        ear.stop_after = 1;
        assert_int_equal(runner_run(&options, &err), 0);
        assert_int_equal(ear.failure, FLOW_STOPPED);
        assert_true(clock_monotonic() - began < 10 * CLOCK_SECOND);
        play(NULL);
    }
    arena_free(arena);
    flow_free(f);
}

static void
fail_fast_begins_nothing_more(void **state)
{
    static struct ear ear;
    struct flow *f = load(FOLDER "steps.arazzo.yaml");
    struct error err = { .kind = ERROR_NONE };
    const struct workflow *w;
    struct flow_server to;
    struct runner_options options = options_of(f, &w, "missing", &to, &ear);

    (void)state;
    options.repeat = 50;
    options.fail_fast = true;
    assert_int_equal(runner_run(&options, &err), 0);
    assert_int_equal(ear.ended, 1);
    assert_int_equal(ear.failure, FLOW_MISSING);
    flow_free(f);
}

static int64_t
cpu_time(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

/* Of memory that is there now. */
static long
kib_now(void)
{
    char *statm = unit_read_file("/proc/self/statm", NULL), *resident;
    long pages;

    (void)strtol(statm, &resident, 10);
    pages = strtol(resident, NULL, 10);
    free(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The service is in the same process: what it needs counts as well. */
static void
a_thousand_runs_at_once_are_cheap(void **state)
{
    static struct ear ear;
    static const char inputs[] = "{\"who\":\"me\"}";
    struct flow *f = load(FOLDER "steps.arazzo.yaml");
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct error err = { .kind = ERROR_NONE };
    const struct workflow *w;
    struct flow_server to;
    struct document document;
    struct runner_options options = options_of(f, &w, "three", &to, &ear);
    static const char says[] = "{\"answers\":{\"GET /any/me\":[{\"status\":200,\"json\":{\"id\":7}}],"
                               "\"POST /any/of-7\":[{\"status\":201}]}}";
    struct document played;
    struct rusage usage;
    long before = kib_now();
    int64_t cpu = cpu_time();

    (void)state;
    assert_int_equal(document_parse(&document, text_of(inputs), NULL, arena, NULL), 0);
    assert_int_equal(document_parse(&played, text_of(says), NULL, arena, NULL), 0);
    play(played.root);
    options.inputs = document.root;
    options.repeat = options.concurrency = 1000;
    assert_int_equal(runner_run(&options, &err), 0);
    check_that(ear.by_failure[FLOW_FINE] == 1000, "%u of 1000 are fine; the last: %s",
               (unsigned)ear.by_failure[FLOW_FINE], ear.why);
    assert_int_equal(ear.tries, 3000);
    cpu = cpu_time() - cpu;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    print_message("1000 runs at once: %ld KiB more, at most; %ld us of our own per step\n", usage.ru_maxrss - before,
                  (long)(cpu / 3000 / 1000));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(usage.ru_maxrss - before < 200 * 1024);
    assert_true(cpu / 3000 < CLOCK_MILLI);
#endif
    play(NULL);
    arena_free(arena);
    flow_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_runs_at_once_are_cheap), /* first: what memory it needs is the most so far */
        cmocka_unit_test(steps_run_and_lead_on_as_the_document_says),
        cmocka_unit_test(steps_are_tried_again_as_the_document_says),
        cmocka_unit_test(workflows_lists_and_groups_nest),
        cmocka_unit_test(arazzo_1_1_orders_steps_and_bounds_their_time),
        cmocka_unit_test(exchanges_are_held_against_rules),
        cmocka_unit_test(a_stop_ends_all_runs_in_the_middle),
        cmocka_unit_test(a_stop_does_not_wait_for_retries_or_answers),
        cmocka_unit_test(fail_fast_begins_nothing_more),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
