#include "cli/replay_judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cli/contracts.h"
#include "cli/onlooker.h"
#include "cli/replay_input.h"
#include "contract/check.h"
#include "traffic/recheck.h"

#define LACKING_MOST 32

struct replay_judge {
    struct replay_judge_options options;
    struct schema_scratch *scratch;
    struct redaction_scratch *redacting;
    struct onlooker *onlooker; /* NULL: there are no rules over several exchanges */
    struct replay_verdicts counts;
    struct {
        char place[160];
        uint64_t count;
    } lacking[LACKING_MOST];
    uint32_t lacking_count;
    bool no_memory;
};

struct replay_judge *
replay_judge_new(const struct replay_judge_options *options, struct error *err)
{
    struct replay_judge *j = calloc(1, sizeof *j);

    if (j == NULL) {
        error_memory(err);
        return NULL;
    }
    j->options = *options;
    j->scratch = schema_scratch_new();
    j->redacting = redaction_scratch_new();
    if (j->scratch == NULL || j->redacting == NULL)
        error_memory(err);
    else if (onlooker_new(&j->onlooker, options->ruleset, options->findings, options->command, err) == 0)
        return j;
    replay_judge_free(j);
    return NULL;
}

void
replay_judge_free(struct replay_judge *j)
{
    if (j == NULL)
        return;
    onlooker_free(j->onlooker);
    redaction_scratch_free(j->redacting);
    schema_scratch_free(j->scratch);
    free(j);
}

const struct replay_verdicts *
replay_judge_verdicts(const struct replay_judge *j)
{
    return &j->counts;
}

const char *
replay_judge_lacking(const struct replay_judge *j, uint32_t index, uint64_t *count)
{
    if (index >= j->lacking_count)
        return NULL;
    *count = j->lacking[index].count;
    return j->lacking[index].place;
}

/* ---- findings ---- */

struct finding_draft {
    struct replay_judge *judge;
    const struct replay_item *item;
};

static void
add(struct replay_judge *j, const struct replay_item *item, struct finding f)
{
    f.expected = redaction_quoted(j->options.redaction, f.expected, f.instance, j->redacting, item->arena);
    f.found = redaction_quoted(j->options.redaction, f.found, f.instance, j->redacting, item->arena);
    f.service = item->recorded.service;
    f.operation = replay_operation_name(item);
    f.count = 1;
    f.first = f.last = item->begin != 0 ? item->begin : item->recorded.started;
    f.seen_at = item->seen_at;
    if (item->recorded.id[0] != '\0')
        f.examples[f.example_count++] = text_of(item->recorded.id);
    if (finding_list_add_one(j->options.findings, &f) < 0)
        j->no_memory = true;
}

/* What is gone or of another kind breaks clients; what is new should not. */
static enum level
level_of(const struct difference *d)
{
    if (d->kind == DIFFERENCE_STATUS)
        return LEVEL_ERROR;
    if (text_equal(text_of(d->keyword), TEXT("extra")) || d->kind == DIFFERENCE_HEADER)
        return LEVEL_WARN;
    return LEVEL_ERROR;
}

static struct text
message_of(const struct difference *d)
{
    static const struct {
        const char *keyword;
        struct text body, header;
    } messages[] = {
        { "missing", TEXT("the recorded answer has it, the new one does not"),
          TEXT("the field is not there any more") },
        { "extra", TEXT("the new answer has it, the recorded one does not"), TEXT("the field was not there before") },
        { "type", TEXT("it is of another type than in the recorded answer"), TEXT("the field is another one") },
    };

    if (d->kind == DIFFERENCE_STATUS)
        return TEXT("the status is not the recorded one");
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (text_equal(text_of(messages[i].keyword), text_of(d->keyword)))
            return d->kind == DIFFERENCE_HEADER ? messages[i].header : messages[i].body;
    return d->kind == DIFFERENCE_HEADER ? TEXT("the field's value is not the recorded one")
                                        : TEXT("the value is not the recorded one");
}

static void
on_difference(void *arg, const struct difference *d)
{
    static const struct text rules[] = { TEXT("replay-status"), TEXT("replay-header"), TEXT("replay-body") };
    struct finding_draft *draft = arg;

    add(draft->judge, draft->item,
        (struct finding){ .rule = rules[d->kind],
                          .level = level_of(d),
                          .side = SIDE_RESPONSE,
                          .instance = d->place,
                          .keyword = text_of(d->keyword),
                          .message = message_of(d),
                          .expected = d->expected,
                          .found = d->found });
}

static void
add_unanswered(struct replay_judge *j, const struct replay_item *item)
{
    struct text found = text_of(call_failure_what(item->failure));

    if (item->why != NULL)
        found = arena_print(item->arena, "%.*s: %s", TEXT_PRINT(found), item->why);
    add(j, item,
        (struct finding){ .rule = TEXT("replay-unanswered"),
                          .level = LEVEL_ERROR,
                          .side = SIDE_RESPONSE,
                          .keyword = text_of(call_failure_id(item->failure)),
                          .message = TEXT("there was no answer"),
                          .expected = arena_print(item->arena, "%u", item->recorded.response.status),
                          .found = found });
}

/* "path:order_id" of "GET /api/orders/{order_id} path:order_id". */
static struct text
place_alone(struct text to)
{
    size_t last = to.length;

    while (last > 0 && to.data[last - 1] != ' ')
        last--;
    return text_from(to, last);
}

static void
add_unresolved(struct replay_judge *j, const struct replay_item *item)
{
    for (uint32_t i = 0; i < item->request.bound_count; i++) {
        const struct bound *b = &item->request.bounds[i];

        if (b->unresolved)
            add(j, item,
                (struct finding){ .rule = TEXT("replay-unresolved"),
                                  .level = LEVEL_ERROR,
                                  .side = SIDE_REQUEST,
                                  .instance = place_alone(b->to),
                                  .keyword = TEXT("unresolved"),
                                  .message = TEXT("the request was not sent: a value of it was not in the new run"),
                                  .expected = arena_print(item->arena, "a value in place of %.*s, from exchange %llu",
                                                          TEXT_PRINT(b->recorded), (unsigned long long)b->from),
                                  .found = text_of(b->why) });
    }
}

static void
count_lacking(struct replay_judge *j, struct text place)
{
    uint32_t i = 0;

    j->counts.no_secret++;
    while (i < j->lacking_count && !text_equal(text_of(j->lacking[i].place), text_slice(place, 0, 159)))
        i++;
    if (i == LACKING_MOST)
        return;
    if (i == j->lacking_count)
        (void)snprintf(j->lacking[j->lacking_count++].place, sizeof j->lacking[0].place, "%.*s", TEXT_PRINT(place));
    j->lacking[i].count++;
}

/* ---- the new exchange ---- */

/* Times of the loop's clock as those of an exchange. */
static int64_t
since(const struct replay_item *item, int64_t moment)
{
    return moment > 0 && moment >= item->sent ? moment - item->sent : -1;
}

static void
make_exchange(const struct replay_item *item, struct exchange *made)
{
    const struct exchange *x = &item->recorded;
    size_t base = item->target->base.length;

    *made = (struct exchange){ .arena = item->arena, .started = item->begin, .service = x->service };
    memcpy(made->id, x->id, sizeof made->id);
    made->operation = x->operation;
    made->responder = TEXT("upstream");
    made->upstream = item->target->host;
    made->scheme = item->target->upstream.tls != NULL ? TEXT("https") : TEXT("http");
    made->request = item->request.message;
    if (made->request.path.length > base && base > 0) { /* contracts know nothing of where the target stands */
        made->request.target = text_from(made->request.target, base);
        made->request.path = text_from(made->request.path, base);
    }
    made->response = item->answer;
    made->has_response = item->end == REPLAY_ANSWERED;
    made->times = (struct exchange_times){ .request_head = 0, .request_end = 0, .connected = 0, .sent = 0 };
    made->times.first_byte = since(item, item->head);
    made->times.response_end = made->times.finished = since(item, item->over);
    made->outcome = OUTCOME_DELIVERED;
}

static void
check_contract(struct replay_judge *j, const struct replay_item *item, struct exchange *made, int64_t settled)
{
    struct check check = { .arena = item->arena,
                           .scratch = j->scratch,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    const struct recheck_more *more = NULL;
    struct route *route = ARENA_NEW(item->arena, struct route);
    struct observation seen;

    if (j->options.ruleset == NULL || route == NULL)
        return;
    contracts_route(j->options.ruleset, made, item->arena, route);
    if (route->service == NULL)
        return;
    check.policy = &route->policy->check;
    onlooker_begin(j->onlooker, route, made, &check, &more);
    recheck_exchange(&check, &route->match, more, made);
    made->request_verdict = (struct verdict){ .checked = false }; /* it was told when it was recorded */
    if (route->policy->response == MODE_OFF)
        made->response_verdict = (struct verdict){ .checked = false };
    if (onlooker_observe(j->onlooker, &seen))
        onlooker_feed(j->onlooker, &seen, settled);
}

/* What is written down is redacted first: a report, a recording. */
static void
keep(struct replay_judge *j, const struct replay_item *item, struct exchange *made)
{
    if (made->response_verdict.count == 0 && !j->options.recorded)
        return;
    if (redaction_apply(j->options.redaction, made, j->redacting) < 0 ||
        finding_list_add(j->options.findings, made, item->seen_at) < 0)
        j->no_memory = true;
}

static void
compare(struct replay_judge *j, const struct replay_item *item)
{
    struct finding_draft draft = { j, item };
    struct comparison comparison = j->options.comparison;

    if (item->no_comparison) {
        j->counts.uncompared++;
        return;
    }
    if (noise_asks_operation(comparison.noise))
        comparison.operation = replay_operation_place(item);
    switch (compare_answers(&comparison, &item->recorded, &item->answer, item->arena, on_difference, &draft)) {
    case COMPARE_EQUAL:
        j->counts.equal++;
        break;
    case COMPARE_DIFFERENT:
        j->counts.different++;
        break;
    case COMPARE_PARTLY:
        j->counts.partly++;
        break;
    case COMPARE_NO_MEMORY:
        j->counts.too_large++;
        break;
    }
}

static void
count_bounds(struct replay_judge *j, const struct replay_item *item)
{
    for (uint32_t i = 0; i < item->request.bound_count; i++) {
        const struct bound *b = &item->request.bounds[i];

        j->counts.bound += b->why == NULL;
        j->counts.ambiguous += b->why != NULL && !b->unresolved;
    }
    j->counts.renewed += item->request.renewed;
    j->counts.given += item->request.given;
}

int
replay_judge_item(struct replay_judge *j, struct replay_item *item, int64_t settled, struct exchange *made)
{
    *made = (struct exchange){ .arena = NULL };
    count_bounds(j, item);
    switch (item->end) {
    case REPLAY_ANSWERED:
        make_exchange(item, made);
        if (message_header_named(&item->answer, TEXT("Plumbline-Fault")) != NULL) {
            j->counts.injected++; /* it says nothing about the service */
        } else {
            compare(j, item);
            check_contract(j, item, made, settled);
        }
        keep(j, item, made);
        break;
    case REPLAY_FAILED:
        j->counts.unanswered++;
        add_unanswered(j, item);
        break;
    case REPLAY_UNRESOLVED:
        j->counts.unresolved++;
        add_unresolved(j, item);
        break;
    case REPLAY_NO_SECRET:
        count_lacking(j, item->lacking);
        break;
    case REPLAY_NO_TARGET:
        j->counts.no_target++;
        break;
    case REPLAY_TOO_LARGE:
        j->counts.too_large++;
        break;
    }
    return j->no_memory ? -1 : 0;
}

int
replay_judge_finish(struct replay_judge *j, struct report_summary *summary)
{
    return onlooker_finish(j->onlooker, summary) < 0 || j->no_memory ? -1 : 0;
}
