/* limiting.c -- who is counted, and what is told about it. */
#include "proxy/limiting.h"

#include <string.h>

#include "net/loop.h"
#include "proxy/admission.h"
#include "proxy/client.h"
#include "proxy/generation.h"
#include "proxy/peer.h"
#include "proxy/responder.h"
#include "proxy/worker.h"

/* What tells this caller from others. Those without the field are told apart by their address: they would share one
 * rate with every stranger otherwise. Nobody can name another one's address in a field. */
static struct text
caller_of(const struct transit *t, const struct rate_settings *rate)
{
    const struct message *m = &t->exchange.request;
    struct arena *arena = t->exchange.arena;
    struct text all = TEXT("header");
    char address[1 + sizeof(struct ip)] = "";
    struct ip ip;

    for (uint32_t i = 0; rate->by == RATE_BY_HEADER && i < m->header_count; i++) {
        if (text_equal_nocase(m->headers[i].name, rate->header))
            all = arena_print(arena, "%.*s,%.*s", TEXT_PRINT(all), TEXT_PRINT(m->headers[i].value));
    }
    if (all.length != 6)
        return all;
    ip = client_ip(t->client);
    ip = peer_client(ruleset_settings(t->ruleset), &ip, m);
    ip = ip_client(&ip);
    memcpy(address + 1, &ip, sizeof ip); /* behind a NUL, which no field has */
    return arena_text(arena, text_make(address, sizeof address));
}

bool
limiting_passes(struct transit *t)
{
    const struct rate_settings *rate = t->policy->rate;

    if (rate == NULL)
        return true;
    t->rate = rate;
    t->rate_answer = rate_table_take(t->worker->rates, rate, caller_of(t, rate), loop_now(t->worker->loop));
    return t->rate_answer.passes;
}

bool
limiting_enters(struct transit *t)
{
    const struct service_settings *s = t->route.service->settings;
    struct responder *r = &t->share->generation->responders[t->route.service->index];
    struct admission_flow *flow;

    if (s->max_in_flight == 0)
        return true;
    flow = atomic_load_explicit(&r->flow, memory_order_acquire);
    if (flow == NULL) {
        flow = admission_flow(t->worker->door.admission, s->name);
        atomic_store_explicit(&r->flow, flow, memory_order_release);
    }
    if (flow == NULL || !admission_flow_enter(flow, s->max_in_flight))
        return false;
    t->flow = flow;
    return true;
}

void
limiting_leaves(struct transit *t)
{
    if (t->flow != NULL)
        admission_flow_leave(t->flow);
    t->flow = NULL;
}

static unsigned
whole_seconds(int64_t nanoseconds)
{
    return (unsigned)((nanoseconds + LOOP_SECOND - 1) / LOOP_SECOND);
}

unsigned
limiting_retry_after(const struct transit *t)
{
    unsigned seconds = whole_seconds(t->rate_answer.wait);

    return seconds > 0 ? seconds : 1;
}

/* A structured field's string (RFC 9651 3.3.3): printable ASCII, quote and backslash escaped. */
static void
add_name(struct buffer *out, struct text name)
{
    buffer_byte(out, '"');
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];

        if (c == '"' || c == '\\')
            buffer_byte(out, '\\');
        buffer_byte(out, c >= 0x20 && c < 0x7f ? c : '?');
    }
    buffer_byte(out, '"');
}

void
limiting_add_fields(struct buffer *out, const struct transit *t, const struct message *m)
{
    const struct rate_settings *rate = t->rate;

    if (rate == NULL || message_header_named(m, TEXT("RateLimit")) != NULL ||
        message_header_named(m, TEXT("RateLimit-Policy")) != NULL)
        return;
    buffer_add(out, TEXT("RateLimit-Policy: "));
    add_name(out, rate->name);
    buffer_print(out, ";q=%u", (unsigned)rate->requests);
    if (rate->per % LOOP_SECOND == 0) /* the draft counts in seconds, and says nothing of shorter times */
        buffer_print(out, ";w=%u", (unsigned)(rate->per / LOOP_SECOND));
    buffer_add(out, TEXT("\r\nRateLimit: "));
    add_name(out, rate->name);
    buffer_print(out, ";r=%u;t=%u\r\n", (unsigned)t->rate_answer.left, whole_seconds(t->rate_answer.full));
}
