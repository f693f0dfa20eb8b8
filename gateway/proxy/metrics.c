/* metrics.c -- counting on workers, adding up for whoever asks. */
#include "proxy/metrics.h"

#include <stdlib.h>

#include "base/limits.h"
#include "proxy/ledger.h"
#include "proxy/transit.h"
#include "rules/watch.h"

/* Upper bounds in nanoseconds; the last bucket has none. */
static const struct {
    int64_t most;
    const char *label;
} buckets[METRICS_BUCKETS] = {
    { 500000, "0.0005" },  { 1000000, "0.001" }, { 2500000, "0.0025" }, { 5000000, "0.005" },  { 10000000, "0.01" },
    { 25000000, "0.025" }, { 50000000, "0.05" }, { 100000000, "0.1" },  { 250000000, "0.25" }, { 500000000, "0.5" },
    { 1000000000, "1" },   { 5000000000, "5" },  { 10000000000, "10" }, { INT64_MAX, "+Inf" },
};

static const char *const classes[METRICS_CLASSES] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };

struct counters *
counters_new(const struct ruleset *ruleset)
{
    struct counters *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->operation_count = ruleset_operation_count(ruleset);
    c->service_count = ruleset_service_count(ruleset);
    c->operations = calloc(c->operation_count + c->service_count + 1, sizeof(operation_place));
    c->services = calloc(c->service_count + 1, sizeof(struct service_counters));
    c->health = calloc(c->service_count + 1, sizeof(struct service_health));
    if (c->operations != NULL && c->services != NULL && c->health != NULL)
        return c;
    counters_free(c);
    return NULL;
}

void
counters_free(struct counters *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; c->operations != NULL && i < c->operation_count + c->service_count + 1; i++)
        free(atomic_load(&c->operations[i]));
    free(c->operations);
    free(c->services);
    free(c->health);
    free(c);
}

/* ---- counting ---- */

static uint32_t
place_of(const struct counters *c, const struct transit *t)
{
    const struct service *s = t->route.service;

    if (s == NULL)
        return c->operation_count + c->service_count;
    if (t->route.match.operation == NULL)
        return c->operation_count + s->index;
    return s->first_operation + operation_index(t->route.match.operation);
}

/* NULL: no memory. */
static struct operation_counters *
counters_at(struct counters *c, uint32_t place)
{
    struct operation_counters *o = atomic_load_explicit(&c->operations[place], memory_order_relaxed);

    if (o != NULL)
        return o;
    o = calloc(1, sizeof *o);
    atomic_store_explicit(&c->operations[place], o, memory_order_release);
    return o;
}

static void
count_duration(struct duration_counters *d, int64_t took)
{
    unsigned bucket = 0;

    while (took > buckets[bucket].most)
        bucket++;
    count_add(&d->buckets[bucket], 1);
    count_add(&d->ns, (uint64_t)took);
}

static unsigned
class_of(const struct exchange *x)
{
    unsigned status = x->refusal.status != 0 ? x->refusal.status : x->has_response ? x->response.status : 0;

    return status >= 100 && status < 600 ? status / 100 : 0;
}

static unsigned
refusal_class(const struct transit *t)
{
    if (t->refusal.own != 0)
        return t->refusal.own - 1u;
    return REFUSAL_IDS + (t->refusal.side == SIDE_RESPONSE);
}

static void
count_verdict(struct operation_counters *o, const struct verdict *v, enum side side)
{
    for (uint32_t i = 0; i < v->count; i++)
        count_add(&o->violations[side][v->list[i].id], 1);
    for (uint32_t i = 0; i < v->unchecked_count; i++)
        count_add(&o->unchecked[v->unchecked[i].reason], 1);
}

static void
count_operation(struct operation_counters *o, const struct exchange *x)
{
    int64_t took = x->outcome == OUTCOME_TUNNEL ? x->times.response_end : x->times.finished; /* the handshake alone */

    count_add(&o->requests[class_of(x)], 1);
    count_verdict(o, &x->request_verdict, SIDE_REQUEST);
    count_verdict(o, &x->response_verdict, SIDE_RESPONSE);
    count_duration(&o->duration, took);
}

static void
count_service(struct service_counters *s, const struct transit *t)
{
    const struct exchange *x = &t->exchange;

    count_add(&s->bytes[SIDE_REQUEST], x->request.body_bytes);
    count_add(&s->bytes[SIDE_RESPONSE], x->response.body_bytes);
    if (x->times.first_byte >= 0 && x->times.sent >= 0)
        count_duration(&s->first_byte, x->times.first_byte > x->times.sent ? x->times.first_byte - x->times.sent : 0);
    if (x->outcome == OUTCOME_REFUSED)
        count_add(&s->refusals[refusal_class(t)], 1);
}

static void
count_answer(struct service_health *h, const struct exchange *x)
{
    if (x->times.first_byte >= 0)
        atomic_store_explicit(&h->answered, (uint64_t)(x->started + x->times.first_byte), memory_order_relaxed);
}

void
counters_upstream_failed(struct counters *c, const struct transit *t, const char *why)
{
    struct service_health *h = &c->health[t->route.service->index];

    atomic_store_explicit(&h->why, why, memory_order_relaxed);
    atomic_store_explicit(&h->failed, (uint64_t)(t->exchange.started + transit_time(t)), memory_order_relaxed);
}

static uint64_t
found(const struct verdict *v)
{
    return (uint64_t)v->count + v->dropped;
}

void
counters_exchange(struct counters *c, const struct transit *t)
{
    const struct exchange *x = &t->exchange;
    struct operation_counters *o = counters_at(c, place_of(c, t));

    if (o != NULL)
        count_operation(o, x);
    count_service(&c->services[t->route.service != NULL ? t->route.service->index : c->service_count], t);
    if (t->route.service != NULL)
        count_answer(&c->health[t->route.service->index], x);
    if (x->request_verdict.count + x->response_verdict.count > 0)
        count_add(&c->violations, found(&x->request_verdict) + found(&x->response_verdict));
    if (x->outcome == OUTCOME_REFUSED)
        count_add(&c->refused, 1);
    if (x->outcome == OUTCOME_CLIENT_GONE)
        count_add(&c->client_gone, 1);
    count_add(&c->request_bytes, x->request.body_bytes);
    count_add(&c->response_bytes, x->response.body_bytes);
    count_add(&c->exchanges, 1);
    count_add(&c->in_flight, UINT64_MAX);
}

void
counters_finding(struct counters *c, const struct ruleset *ruleset, const struct watch_finding *f)
{
    const struct service *s = ruleset_service_named(ruleset, f->service);
    const struct operation *o = s != NULL ? contract_operation_named(s->contract, f->operation) : NULL;
    struct operation_counters *counters = o != NULL ? counters_at(c, s->first_operation + operation_index(o)) : NULL;

    if (counters != NULL)
        count_add(&counters->violations[f->side][f->id], 1);
    count_add(&c->violations, 1);
}

/* ---- adding up ---- */

void
metrics_totals_add(struct metrics_totals *sum, const struct counters *c)
{
    sum->exchanges += count_of(&c->exchanges);
    sum->refused += count_of(&c->refused);
    sum->violations += count_of(&c->violations);
    sum->connections += count_of(&c->connections);
    sum->accepted += count_of(&c->accepted);
    sum->handshakes_failed += count_of(&c->handshakes_failed);
    sum->in_flight += count_of(&c->in_flight);
    sum->waiting += count_of(&c->waiting);
    sum->client_gone += count_of(&c->client_gone);
    sum->unrecorded += count_of(&c->unrecorded);
    sum->tunnels += count_of(&c->tunnels);
    sum->tunnels_opened += count_of(&c->tunnels_opened);
    for (int side = 0; side < 2; side++)
        sum->tunnel_bytes[side] += count_of(&c->tunnel_bytes[side]);
    sum->request_bytes += count_of(&c->request_bytes);
    sum->response_bytes += count_of(&c->response_bytes);
}

static void
describe(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_print(out, "# HELP plumbline_%s %s\n# TYPE plumbline_%s %s\n", name, help, name, type);
}

static void
single(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
    describe(out, name, type, help);
    buffer_print(out, "plumbline_%s %llu\n", name, (unsigned long long)value);
}

/* A label value: backslash, quote and line feed escaped (Prometheus text format 0.0.4). */
static void
label(struct buffer *out, const char *name, struct text value)
{
    buffer_print(out, "%s=\"", name);
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '\\' || value.data[i] == '"')
            buffer_byte(out, '\\');
        if (value.data[i] == '\n')
            buffer_add(out, TEXT("\\n"));
        else
            buffer_byte(out, value.data[i]);
    }
    buffer_byte(out, '"');
}

static void
labels(struct buffer *out, const struct ledger_operation *o)
{
    label(out, "service", o->service);
    buffer_byte(out, ',');
    label(out, "operation", o->operation);
}

static void
write_requests(struct buffer *out, const struct ledger *l)
{
    describe(out, "requests_total", "counter", "Requests by service, operation and class of the answered status.");
    for (uint32_t i = 0; i < l->operation_count; i++) {
        for (unsigned class = 0; class < METRICS_CLASSES; class ++) {
            uint64_t sum = count_of(&l->operations[i].counters.requests[class]);

            if (sum == 0)
                continue;
            buffer_add(out, TEXT("plumbline_requests_total{"));
            labels(out, &l->operations[i]);
            buffer_print(out, ",status=\"%s\"} %llu\n", classes[class], (unsigned long long)sum);
        }
    }
}

static void
write_violations(struct buffer *out, const struct ledger *l)
{
    describe(out, "violations_total", "counter", "Violations by service, operation, side and rule.");
    for (uint32_t i = 0; i < l->operation_count; i++) {
        for (unsigned rule = 0; rule < 2 * VIOLATION_IDS; rule++) {
            unsigned side = rule / VIOLATION_IDS, id = rule % VIOLATION_IDS;
            uint64_t sum = count_of(&l->operations[i].counters.violations[side][id]);

            if (sum == 0)
                continue;
            buffer_add(out, TEXT("plumbline_violations_total{"));
            labels(out, &l->operations[i]);
            buffer_print(out, ",side=\"%s\",rule=\"%s\"} %llu\n", side_name((enum side)side),
                         violation_name((enum violation_id)id), (unsigned long long)sum);
        }
    }
}

static void
write_unchecked(struct buffer *out, const struct ledger *l)
{
    describe(out, "unchecked_total", "counter", "Parts of exchanges that were not checked, by reason.");
    for (uint32_t i = 0; i < l->operation_count; i++) {
        for (unsigned id = 0; id < UNCHECKED_IDS; id++) {
            uint64_t sum = count_of(&l->operations[i].counters.unchecked[id]);

            if (sum == 0)
                continue;
            buffer_add(out, TEXT("plumbline_unchecked_total{"));
            labels(out, &l->operations[i]);
            buffer_print(out, ",reason=\"%s\"} %llu\n", unchecked_name((enum unchecked_id)id), (unsigned long long)sum);
        }
    }
}

static void
write_refusals(struct buffer *out, const struct ledger *l)
{
    describe(out, "refusals_total", "counter",
             "Requests that Plumbline answered itself, by service and reason: an id of docs/refusals.md, or the side.");
    for (uint32_t i = 0; i < l->service_count; i++) {
        for (unsigned id = 0; id < METRICS_REFUSALS; id++) {
            uint64_t sum = count_of(&l->services[i].counters.refusals[id]);

            if (sum == 0)
                continue;
            buffer_add(out, TEXT("plumbline_refusals_total{"));
            label(out, "service", l->services[i].name);
            buffer_print(out, ",reason=\"%s\"} %llu\n",
                         id < REFUSAL_IDS ? refusal_name((enum refusal_id)id)
                                          : side_name(id == REFUSAL_IDS ? SIDE_REQUEST : SIDE_RESPONSE),
                         (unsigned long long)sum);
        }
    }
}

/* One histogram: `labels` is what its lines have in common, without a comma at the end. */
static void
write_histogram(struct buffer *out, const char *name, struct text labels, const struct duration_counters *d)
{
    uint64_t sum = 0;

    for (unsigned b = 0; b < METRICS_BUCKETS; b++) {
        sum += count_of(&d->buckets[b]);
        buffer_print(out, "plumbline_%s_bucket{%.*s,le=\"%s\"} %llu\n", name, TEXT_PRINT(labels), buckets[b].label,
                     (unsigned long long)sum);
    }
    buffer_print(out, "plumbline_%s_sum{%.*s} %.9f\n", name, TEXT_PRINT(labels), (double)count_of(&d->ns) / 1e9);
    buffer_print(out, "plumbline_%s_count{%.*s} %llu\n", name, TEXT_PRINT(labels), (unsigned long long)sum);
}

static void
write_durations(struct buffer *out, const struct ledger *l)
{
    struct buffer common;

    buffer_init(&common, LIMIT_POINTER_BYTES);
    describe(out, "request_duration_seconds", "histogram", "From the request's first byte to the response's last.");
    for (uint32_t i = 0; i < l->operation_count; i++) {
        buffer_clear(&common);
        labels(&common, &l->operations[i]);
        write_histogram(out, "request_duration_seconds", buffer_text(&common), &l->operations[i].counters.duration);
    }
    describe(out, "upstream_first_byte_seconds", "histogram",
             "From the last byte of the request to the first of the upstream's answer.");
    for (uint32_t i = 0; i < l->service_count; i++) {
        buffer_clear(&common);
        label(&common, "service", l->services[i].name);
        write_histogram(out, "upstream_first_byte_seconds", buffer_text(&common), &l->services[i].counters.first_byte);
    }
    buffer_release(&common);
}

static void
write_bytes(struct buffer *out, const struct ledger *l)
{
    describe(out, "body_bytes_total", "counter", "Bytes of bodies, by service and side, as they passed.");
    for (uint32_t i = 0; i < l->service_count; i++) {
        for (int side = 0; side < 2; side++) {
            buffer_add(out, TEXT("plumbline_body_bytes_total{"));
            label(out, "service", l->services[i].name);
            buffer_print(out, ",side=\"%s\"} %llu\n", side_name((enum side)side),
                         (unsigned long long)count_of(&l->services[i].counters.bytes[side]));
        }
    }
}

static void
write_tunnels(struct buffer *out, const struct metrics_totals *sum)
{
    single(out, "tunnels", "gauge", "Tunnels (WebSockets and other upgrades) that are open.", sum->tunnels);
    single(out, "tunnels_total", "counter", "Tunnels ever opened.", sum->tunnels_opened);
    describe(out, "tunnel_bytes_total", "counter", "Bytes that went through tunnels that have ended.");
    buffer_print(out, "plumbline_tunnel_bytes_total{from=\"client\"} %llu\n",
                 (unsigned long long)sum->tunnel_bytes[SIDE_REQUEST]);
    buffer_print(out, "plumbline_tunnel_bytes_total{from=\"upstream\"} %llu\n",
                 (unsigned long long)sum->tunnel_bytes[SIDE_RESPONSE]);
}

static void
write_watching(struct buffer *out, const struct metrics_totals *sum)
{
    single(out, "watched_total", "counter", "Exchanges that lifecycles and invariants were told of.", sum->watched);
    single(out, "watch_entities", "gauge", "Entities and keys that they remember.", sum->watch_entities);
    single(out, "watch_bytes", "gauge", "Memory of what they remember.", sum->watch_bytes);
    single(out, "watch_forgotten_total", "counter", "What they forgot by the bound on memory.", sum->watch_forgotten);
    single(out, "watch_undecided_total", "counter",
           "What they could not tell: too many exchanges overlapped, or an expression could not be computed.",
           sum->watch_overflow);
    single(out, "watch_untold_total", "counter",
           "Findings left out after a reload, because exchanges of before it were still under way.", sum->watch_untold);
}

static void
write_recorder(struct buffer *out, const struct recorder_totals *r)
{
    single(out, "recorded_total", "counter", "Exchanges written to the recording.", r->written);
    single(out, "recorded_bytes_total", "counter", "Bytes written to the recording.", r->bytes);
    single(out, "record_failed_total", "counter", "Exchanges lost because the recording could not be written.",
           r->failed);
    single(out, "record_dropped_total", "counter", "Exchanges dropped because the disk was slower than the traffic.",
           r->dropped);
    single(out, "record_waits_total", "counter", "Times a worker waited for the recorder.", r->waits);
    single(out, "record_failing", "gauge", "1 while the recording cannot be written.", r->failing);
}

void
metrics_write(struct buffer *out, const struct ledger *l, const struct recorder_totals *recorder)
{
    const struct metrics_totals *sum = &l->totals;

    write_requests(out, l);
    write_violations(out, l);
    write_unchecked(out, l);
    write_refusals(out, l);
    write_durations(out, l);
    write_bytes(out, l);
    single(out, "refused_total", "counter", "Requests that Plumbline answered itself.", sum->refused);
    single(out, "client_gone_total", "counter", "Exchanges whose client left early.", sum->client_gone);
    single(out, "connections", "gauge", "Client connections that are open.", sum->connections);
    single(out, "connections_total", "counter", "Client connections ever accepted.", sum->accepted);
    single(out, "tls_handshakes_failed_total", "counter", "Clients with whom no TLS came about.",
           sum->handshakes_failed);
    single(out, "in_flight", "gauge", "Exchanges that are not finished.", sum->in_flight);
    single(out, "record_waiting", "gauge", "Answers that wait for the disk (record.sync: always).", sum->waiting);
    write_tunnels(out, sum);
    write_watching(out, sum);
    write_recorder(out, recorder);
}
