#include "cli/log_where.h"

static bool
verdict_has_violations(const struct exchange *x)
{
    return x->request_verdict.count + x->request_verdict.dropped + x->response_verdict.count +
               x->response_verdict.dropped >
           0;
}

static bool
verdict_is_unchecked(const struct exchange *x)
{
    return x->request_verdict.unchecked_count + x->response_verdict.unchecked_count > 0;
}

static bool
verdict_is_refused(const struct exchange *x)
{
    return x->outcome == OUTCOME_REFUSED;
}

static bool
verdict_is_ok(const struct exchange *x)
{
    return (x->request_verdict.checked || x->response_verdict.checked) && !verdict_has_violations(x) &&
           !verdict_is_unchecked(x) && !verdict_is_refused(x);
}

static const struct {
    const char *word;
    bool (*holds)(const struct exchange *x);
} verdicts[] = {
    { "violations", verdict_has_violations },
    { "unchecked", verdict_is_unchecked },
    { "refused", verdict_is_refused },
    { "ok", verdict_is_ok },
};

#define VERDICT_COUNT (sizeof(verdicts) / sizeof(verdicts[0]))

static bool
service_holds(const struct exchange *x, struct text value)
{
    return text_equal(x->service, value);
}

static bool
operation_holds(const struct exchange *x, struct text value)
{
    return text_equal(x->operation, value);
}

static bool
method_holds(const struct exchange *x, struct text value)
{
    return text_equal_nocase(x->request.method, value);
}

/* "404", or "4xx" for all that begin with 4. */
static bool
status_holds(const struct exchange *x, struct text value)
{
    unsigned status = x->refusal.status != 0 ? x->refusal.status : x->has_response ? x->response.status : 0;
    uint64_t number;

    if (text_to_u64(value, &number))
        return status == number;
    return status / 100 == (unsigned)(value.data[0] - '0');
}

static bool
verdict_holds(const struct exchange *x, struct text value)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        if (text_equal(value, text_of(verdicts[i].word)))
            return verdicts[i].holds(x);
    return false;
}

/* ---- what an index tells ---- */

static bool
may_be(const struct index *index, uint16_t number, struct text value)
{
    return number == INDEX_TEXT_OTHER || text_equal(index_text(index, number), value);
}

static bool
service_may_hold(const struct index *index, const struct index_line *line, struct text value)
{
    return may_be(index, line->service, value);
}

static bool
operation_may_hold(const struct index *index, const struct index_line *line, struct text value)
{
    return may_be(index, line->operation, value);
}

static bool
method_may_hold(const struct index *index, const struct index_line *line, struct text value)
{
    return line->method == INDEX_TEXT_OTHER || text_equal_nocase(index_text(index, line->method), value);
}

/* What Plumbline answered itself may have replaced the status that is in the index. */
static bool
status_may_hold(const struct index *index, const struct index_line *line, struct text value)
{
    uint64_t number;

    (void)index;
    if (line->outcome != OUTCOME_DELIVERED)
        return true;
    if (text_to_u64(value, &number))
        return line->status == number;
    return line->status / 100 == value.data[0] - '0';
}

static bool
verdict_may_hold(const struct index *index, const struct index_line *line, struct text value)
{
    (void)index;
    if (text_equal(value, TEXT("violations")))
        return line->violations > 0;
    return !text_equal(value, TEXT("ok")) || line->violations == 0;
}

/* ---- the conditions ---- */

static bool
any_value(struct text value)
{
    return value.length > 0;
}

static bool
is_status(struct text value)
{
    uint64_t number;

    return text_to_u64(value, &number) || (value.length == 3 && value.data[0] >= '1' && value.data[0] <= '5' &&
                                           text_equal_nocase(text_from(value, 1), TEXT("xx")));
}

static bool
is_verdict(struct text value)
{
    for (size_t i = 0; i < VERDICT_COUNT; i++)
        if (text_equal(value, text_of(verdicts[i].word)))
            return true;
    return false;
}

static const struct condition {
    const char *name;
    bool (*judge)(struct text value);
    bool (*holds)(const struct exchange *x, struct text value);
    bool (*may_hold)(const struct index *index, const struct index_line *line, struct text value);
    const char *values; /* for messages */
} conditions_known[] = {
    { "service", any_value, service_holds, service_may_hold, "a service's name" },
    { "operation", any_value, operation_holds, operation_may_hold, "an operation's name" },
    { "method", any_value, method_holds, method_may_hold, "a method" },
    { "status", is_status, status_holds, status_may_hold, "404 or 4xx" },
    { "verdict", is_verdict, verdict_holds, verdict_may_hold, "violations, unchecked, refused or ok" },
};

static const struct condition *
find_condition(struct text condition)
{
    struct text name = text_slice(condition, 0, text_find(condition, '='));

    for (size_t i = 0; i < sizeof(conditions_known) / sizeof(conditions_known[0]); i++)
        if (name.length < condition.length && text_equal(name, text_of(conditions_known[i].name)))
            return &conditions_known[i];
    return NULL;
}

static struct text
value_of(struct text condition)
{
    return text_from(condition, text_find(condition, '=') + 1);
}

int
log_where_judge(const struct option_list *conditions, struct error *err)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct text text = text_of(conditions->items[i]);
        const struct condition *condition = find_condition(text);

        if (condition == NULL)
            return error_set(err, ERROR_USAGE, "--where", "'%s' is none of " LOG_WHERE_HELP, conditions->items[i]);
        if (!condition->judge(value_of(text)))
            return error_set(err, ERROR_USAGE, "--where", "'%s': behind '%s=' stands %s", conditions->items[i],
                             condition->name, condition->values);
    }
    return 0;
}

bool
log_where_holds(const struct option_list *conditions, const struct exchange *x)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct text text = text_of(conditions->items[i]);

        if (!find_condition(text)->holds(x, value_of(text)))
            return false;
    }
    return true;
}

bool
log_where_may_hold(const struct option_list *conditions, const struct index *index, const struct index_line *line)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct text text = text_of(conditions->items[i]);

        if (!find_condition(text)->may_hold(index, line, value_of(text)))
            return false;
    }
    return true;
}
