/* policy.c -- how an operation is treated: built-in defaults, then `defaults`, the service, the operation. */
#include "base/limits.h"
#include "rules/settings_internal.h"

#define SECOND INT64_C(1000000000)

const struct policy policy_default = {
    .request = MODE_OBSERVE,
    .response = MODE_OBSERVE,
    .undocumented = MODE_OBSERVE,
    .record = true,
    .max_body = LIMIT_BODY_HELD,
    .connect_timeout = 5 * SECOND,
    .first_byte_timeout = 60 * SECOND,
    .idle_timeout = 60 * SECOND,
    .tunnel_idle_timeout = 3600 * SECOND,
    .check = { .unknown_query = true, .undocumented = true, .max_body = LIMIT_BODY_HELD },
};

static void
read_mode(const struct value *v, enum mode *mode)
{
    if (v != NULL)
        *mode = read_is(v, "enforce") ? MODE_ENFORCE : read_is(v, "observe") ? MODE_OBSERVE : MODE_OFF;
}

/* *flag is whether the value is `word`. */
static void
read_word(const struct value *v, const char *word, bool *flag)
{
    if (v != NULL)
        *flag = read_is(v, word);
}

static void
read_ignore(const struct value *v, uint32_t *ignore)
{
    _Static_assert(VIOLATION_IDS <= 32, "one bit per violation");

    if (v == NULL)
        return;
    *ignore = 0;
    for (VALUE_EACH_ITEM(item, v)) {
        enum violation_id id = violation_of(value_text(item));

        if (id < VIOLATION_IDS)
            *ignore |= UINT32_C(1) << id;
    }
}

static void
read_timeouts(struct settings_reader *r, const struct value *v, struct policy *policy)
{
    if (v == NULL)
        return;
    read_duration(r, VALUE_MEMBER(v, "connect"), &policy->connect_timeout);
    read_duration(r, VALUE_MEMBER(v, "first_byte"), &policy->first_byte_timeout);
    read_duration(r, VALUE_MEMBER(v, "idle"), &policy->idle_timeout);
    read_duration(r, VALUE_MEMBER(v, "total"), &policy->total_timeout);
    read_duration(r, VALUE_MEMBER(v, "tunnel_idle"), &policy->tunnel_idle_timeout);
    read_duration(r, VALUE_MEMBER(v, "tunnel_total"), &policy->tunnel_total_timeout);
}

/* "client" or "header:NAME" */
static void
read_rate_by(struct settings_reader *r, const struct value *v, struct rate_settings *rate)
{
    struct text by = { NULL, 0 };

    read_text(r, v, &by);
    if (!text_starts(by, TEXT("header:")))
        return;
    rate->by = RATE_BY_HEADER;
    rate->header = text_from(by, 7);
}

/* The whole burst fits into a day, so that sums of times never overflow. */
static void
judge_rate(struct settings_reader *r, const struct value *v, struct rate_settings *rate)
{
    if (rate->per < SECOND / 1000 || rate->per > 24 * 3600 * SECOND)
        read_fail(r, v, "per is from 1ms to 24h");
    else if (rate->requests > rate->per)
        read_fail(r, v, "that is more than one request in a nanosecond");
    if (r->failed)
        return;
    rate->interval = rate->per / rate->requests;
    if (rate->burst > 24 * 3600 * SECOND / rate->interval)
        read_fail(r, v, "a burst of %u takes longer than 24h to be earned at this rate", (unsigned)rate->burst);
}

static void
read_rate(struct settings_reader *r, const struct value *v, struct policy *policy)
{
    struct rate_settings *rate;

    if (v == NULL)
        return;
    policy->rate = NULL; /* "off" */
    if (!value_is(v, VALUE_OBJECT))
        return;
    rate = ARENA_NEW(r->settings->arena, struct rate_settings);
    if (rate == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    read_count(r, VALUE_MEMBER(v, "requests"), &rate->requests);
    rate->burst = rate->requests;
    read_count(r, VALUE_MEMBER(v, "burst"), &rate->burst);
    read_duration(r, VALUE_MEMBER(v, "per"), &rate->per);
    read_rate_by(r, VALUE_MEMBER(v, "by"), rate);
    judge_rate(r, v, rate);
    policy->rate = rate;
}

void
policy_own_rate(struct settings_reader *r, struct policy *policy, struct text service, struct text operation)
{
    struct arena *arena = r->settings->arena;
    struct rate_settings *own;

    if (policy->rate == NULL)
        return;
    own = ARENA_NEW(arena, struct rate_settings);
    if (own == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    *own = *policy->rate;
    own->name =
        operation.length > 0 ? arena_print(arena, "%.*s %.*s", TEXT_PRINT(service), TEXT_PRINT(operation)) : service;
    policy->rate = own;
}

void
policy_read(struct settings_reader *r, const struct value *v, struct policy *policy)
{
    if (v == NULL)
        return;
    read_mode(VALUE_MEMBER(v, "request"), &policy->request);
    read_mode(VALUE_MEMBER(v, "response"), &policy->response);
    read_mode(VALUE_MEMBER(v, "undocumented"), &policy->undocumented);
    read_word(VALUE_MEMBER(v, "unchecked"), "pass", &policy->unchecked_pass);
    read_word(VALUE_MEMBER(v, "paths"), "lenient", &policy->paths_lenient);
    read_word(VALUE_MEMBER(v, "options"), "refuse", &policy->options_refuse);
    read_word(VALUE_MEMBER(v, "upgrades"), "ignore", &policy->upgrades_ignored);
    read_word(VALUE_MEMBER(v, "unknown_query"), "report", &policy->check.unknown_query);
    read_word(VALUE_MEMBER(v, "duplicate_keys"), "pass", &policy->check.duplicate_keys_pass);
    read_ignore(VALUE_MEMBER(v, "ignore"), &policy->check.ignore);
    read_flag(VALUE_MEMBER(v, "record"), &policy->record);
    read_size_t(r, VALUE_MEMBER(v, "max_body"), &policy->max_body);
    read_timeouts(r, VALUE_MEMBER(v, "timeouts"), policy);
    read_count(r, VALUE_MEMBER(v, "retries"), &policy->retries);
    read_word(VALUE_MEMBER(v, "refuse_with"), "contract", &policy->refuse_contract);
    read_rate(r, VALUE_MEMBER(v, "rate_limit"), policy);
    policy->check.undocumented = policy->undocumented != MODE_OFF;
    policy->check.undocumented_refused = policy->undocumented == MODE_ENFORCE;
    policy->check.max_body = policy->max_body;
}
