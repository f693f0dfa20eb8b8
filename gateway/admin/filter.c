#include "admin/filter.h"

#include "base/time_text.h"
#include "http/query.h"

/* ---- reading ---- */

static bool
read_plain(struct text *to, struct text value)
{
    *to = value;
    return value.length > 0;
}

static bool
read_service(struct filter *f, struct text value)
{
    return read_plain(&f->service, value);
}

static bool
read_operation(struct filter *f, struct text value)
{
    return read_plain(&f->operation, value);
}

static bool
read_method(struct filter *f, struct text value)
{
    return read_plain(&f->method, value);
}

static bool
read_before(struct filter *f, struct text value)
{
    return read_plain(&f->before, value);
}

/* "404", or "4xx". */
static bool
read_status(struct filter *f, struct text value)
{
    uint64_t number;

    if (value.length == 3 && value.data[0] >= '1' && value.data[0] <= '5' &&
        text_equal_nocase(text_from(value, 1), TEXT("xx"))) {
        f->status_from = (uint16_t)((value.data[0] - '0') * 100);
        f->status_to = (uint16_t)(f->status_from + 99);
        return true;
    }
    if (value.length != 3 || !text_to_u64(value, &number) || number < 100 || number > 599)
        return false;
    f->status_from = f->status_to = (uint16_t)number;
    return true;
}

static bool
read_verdict(struct filter *f, struct text value)
{
    static const char *const words[] = { [FILTER_OK] = "ok",
                                         [FILTER_VIOLATIONS] = "violations",
                                         [FILTER_UNCHECKED] = "unchecked",
                                         [FILTER_REFUSED] = "refused" };

    for (int i = FILTER_OK; i <= FILTER_REFUSED; i++) {
        if (text_equal(value, text_of(words[i]))) {
            f->verdict = (enum filter_verdict)i;
            return true;
        }
    }
    return false;
}

static bool
read_since(struct filter *f, struct text value)
{
    return time_text_read(value, &f->since);
}

static bool
read_until(struct filter *f, struct text value)
{
    return time_text_read(value, &f->until);
}

static bool
read_limit(struct filter *f, struct text value)
{
    uint64_t number;

    if (!text_to_u64(value, &number) || number < 1 || number > FILTER_LIMIT_MOST)
        return false;
    f->limit = (uint32_t)number;
    return true;
}

static const struct {
    const char *name;
    const char *wanted;
    bool (*read)(struct filter *f, struct text value);
    bool list; /* of a list alone */
} keys[] = {
    { "service", "the name of a service", read_service, false },
    { "operation", "an operationId, or METHOD and path", read_operation, false },
    { "status", "a status or a class of them: 404, 4xx", read_status, false },
    { "method", "a method", read_method, false },
    { "verdict", "ok, violations, unchecked or refused", read_verdict, false },
    { "since", "a time as in RFC 3339: 2026-01-31T23:59:59Z", read_since, false },
    { "until", "a time as in RFC 3339: 2026-01-31T23:59:59Z", read_until, false },
    { "limit", "a number from 1 to 1000", read_limit, true },
    { "before", "the id of an exchange", read_before, true },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool
refuse(struct api_call *call, struct text name, const char *detail)
{
    api_problem_at(call, 400, arena_print(call->request->arena, "query %.*s", TEXT_PRINT(name)), text_of(detail));
    return false;
}

static bool
read_pair(struct filter *f, struct api_call *call, const struct query_pair *pair, bool list)
{
    struct arena *arena = call->request->arena;
    struct text name, value;
    size_t key = 0;

    if (!percent_decode(pair->name, true, arena, &name) || !percent_decode(pair->value, true, arena, &value))
        return refuse(call, pair->name, "this is not percent-encoded UTF-8");
    while (key < KEYS && !text_equal(name, text_of(keys[key].name)))
        key++;
    if (key == KEYS || (keys[key].list && !list))
        return refuse(call, name, "there is no such parameter");
    if (!keys[key].read(f, value))
        return refuse(call, name, arena_print(arena, "expected %s", keys[key].wanted).data);
    return true;
}

bool
filter_read(struct filter *f, struct api_call *call, bool list)
{
    struct text rest = call->request->message.query;
    struct query_pair pair;

    *f = (struct filter){ .limit = FILTER_LIMIT };
    while (query_next(&rest, &pair))
        if (!read_pair(f, call, &pair, list))
            return false;
    return true;
}

/* ---- matching ---- */

uint16_t
filter_status(const struct exchange *x)
{
    return x->refusal.status != 0 ? x->refusal.status : x->has_response ? x->response.status : 0;
}

static bool
has_violations(const struct exchange *x)
{
    return x->request_verdict.count + x->response_verdict.count > 0;
}

static bool
has_unchecked(const struct exchange *x)
{
    return x->request_verdict.unchecked_count + x->response_verdict.unchecked_count > 0;
}

static bool
was_checked(const struct exchange *x)
{
    return x->request_verdict.checked || x->response_verdict.checked;
}

struct text
filter_verdict_of(const struct exchange *x)
{
    if (x->outcome == OUTCOME_REFUSED)
        return TEXT("refused");
    if (has_violations(x))
        return TEXT("violations");
    if (has_unchecked(x))
        return TEXT("unchecked");
    return was_checked(x) ? TEXT("ok") : TEXT("none");
}

static bool
verdict_matches(enum filter_verdict wanted, const struct exchange *x)
{
    switch (wanted) {
    case FILTER_ANY:
        return true;
    case FILTER_OK:
        return text_equal(filter_verdict_of(x), TEXT("ok"));
    case FILTER_VIOLATIONS:
        return has_violations(x);
    case FILTER_UNCHECKED:
        return has_unchecked(x);
    case FILTER_REFUSED:
        return x->outcome == OUTCOME_REFUSED;
    }
    return true;
}

bool
filter_matches(const struct filter *f, const struct exchange *x)
{
    uint16_t status = filter_status(x);

    return (f->service.length == 0 || text_equal(f->service, x->service)) &&
           (f->operation.length == 0 || text_equal(f->operation, x->operation)) &&
           (f->method.length == 0 || text_equal(f->method, x->request.method)) &&
           (f->status_to == 0 || (status >= f->status_from && status <= f->status_to)) &&
           verdict_matches(f->verdict, x) && (f->since == 0 || x->started >= f->since) &&
           (f->until == 0 || x->started < f->until) &&
           (f->before.length == 0 || text_compare(text_of(x->id), f->before) < 0);
}
