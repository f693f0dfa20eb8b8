/* metrics.c -- counting on workers, adding up for whoever asks. */
#include "proxy/metrics.h"

#include <stdlib.h>

#include "proxy/transit.h"

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
    c->operations = calloc(c->operation_count + c->service_count + 1, sizeof(struct operation_counters));
    c->services = calloc(c->service_count + 1, sizeof(struct service_counters));
    if (c->operations != NULL && c->services != NULL)
        return c;
    counters_free(c);
    return NULL;
}

void
counters_free(struct counters *c)
{
    if (c == NULL)
        return;
    free(c->operations);
    free(c->services);
    free(c);
}

/* ---- counting ---- */

static uint32_t
operation_place(const struct counters *c, const struct transit *t)
{
    const struct service *s = t->route.service;

    if (s == NULL)
        return c->operation_count + c->service_count;
    if (t->route.match.operation == NULL)
        return c->operation_count + s->index;
    return s->first_operation + operation_index(t->route.match.operation);
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
count_verdict(struct counters *c, struct operation_counters *o, const struct verdict *v, enum side side)
{
    for (uint32_t i = 0; i < v->count; i++)
        count_add(&o->violations[side][v->list[i].id], 1);
    for (uint32_t i = 0; i < v->unchecked_count; i++)
        count_add(&o->unchecked[v->unchecked[i].reason], 1);
    if (v->count > 0)
        count_add(&c->violations, v->count + v->dropped);
}

void
counters_exchange(struct counters *c, const struct transit *t)
{
    const struct exchange *x = &t->exchange;
    struct operation_counters *o = &c->operations[operation_place(c, t)];
    struct service_counters *s = &c->services[t->route.service != NULL ? t->route.service->index : c->service_count];
    int64_t took = x->outcome == OUTCOME_TUNNEL ? x->times.response_end : x->times.finished; /* the handshake alone */
    unsigned bucket = 0;

    count_add(&o->requests[class_of(x)], 1);
    count_verdict(c, o, &x->request_verdict, SIDE_REQUEST);
    count_verdict(c, o, &x->response_verdict, SIDE_RESPONSE);
    while (took > buckets[bucket].most)
        bucket++;
    count_add(&s->duration[bucket], 1);
    count_add(&s->duration_count, 1);
    count_add(&s->duration_ns, (uint64_t)took);
    if (x->outcome == OUTCOME_REFUSED) {
        count_add(&s->refusals[refusal_class(t)], 1);
        count_add(&c->refused, 1);
    }
    if (x->outcome == OUTCOME_CLIENT_GONE)
        count_add(&c->client_gone, 1);
    count_add(&c->request_bytes, x->request.body_bytes);
    count_add(&c->response_bytes, x->response.body_bytes);
    count_add(&c->exchanges, 1);
    count_add(&c->in_flight, UINT64_MAX);
}

/* ---- adding up ---- */

struct metrics_totals
metrics_totals(struct counters *const *workers, uint32_t count)
{
    struct metrics_totals sum = { .exchanges = 0 };

    for (uint32_t i = 0; i < count; i++) {
        const struct counters *c = workers[i];

        sum.exchanges += count_of(&c->exchanges);
        sum.refused += count_of(&c->refused);
        sum.violations += count_of(&c->violations);
        sum.connections += count_of(&c->connections);
        sum.accepted += count_of(&c->accepted);
        sum.handshakes_failed += count_of(&c->handshakes_failed);
        sum.in_flight += count_of(&c->in_flight);
        sum.client_gone += count_of(&c->client_gone);
        sum.unrecorded += count_of(&c->unrecorded);
        sum.tunnels += count_of(&c->tunnels);
        sum.tunnels_opened += count_of(&c->tunnels_opened);
        for (int side = 0; side < 2; side++)
            sum.tunnel_bytes[side] += count_of(&c->tunnel_bytes[side]);
    }
    return sum;
}

/* What is being written, by whom. */
struct page {
    struct buffer *out;
    const struct ruleset *ruleset;
    struct counters *const *workers;
    uint32_t count;
};

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

/* Which service and operation the counters at this place belong to; names are empty where there is none. */
static void
names_of(const struct page *p, uint32_t place, struct text *service, struct text *operation)
{
    uint32_t operations = ruleset_operation_count(p->ruleset), services = ruleset_service_count(p->ruleset);

    *service = *operation = (struct text){ NULL, 0 };
    if (place >= operations) {
        if (place - operations < services)
            *service = ruleset_service(p->ruleset, place - operations)->settings->name;
        return;
    }
    for (uint32_t i = 0; i < services; i++) {
        const struct service *s = ruleset_service(p->ruleset, i);

        if (place < s->first_operation || place - s->first_operation >= contract_operation_count(s->contract))
            continue;
        *service = s->settings->name;
        *operation = operation_id(contract_operation(s->contract, place - s->first_operation));
        return;
    }
}

static void
labels(const struct page *p, uint32_t place)
{
    struct text service, operation;

    names_of(p, place, &service, &operation);
    label(p->out, "service", service);
    buffer_byte(p->out, ',');
    label(p->out, "operation", operation);
}

static void
write_requests(const struct page *p, uint32_t places)
{
    describe(p->out, "requests_total", "counter", "Requests by service, operation and class of the answered status.");
    for (uint32_t place = 0; place < places; place++) {
        for (unsigned class = 0; class < METRICS_CLASSES; class ++) {
            uint64_t sum = 0;

            for (uint32_t i = 0; i < p->count; i++)
                sum += count_of(&p->workers[i]->operations[place].requests[class]);
            if (sum == 0)
                continue;
            buffer_add(p->out, TEXT("plumbline_requests_total{"));
            labels(p, place);
            buffer_print(p->out, ",status=\"%s\"} %llu\n", classes[class], (unsigned long long)sum);
        }
    }
}

static void
write_violations(const struct page *p, uint32_t places)
{
    describe(p->out, "violations_total", "counter", "Violations by service, operation, side and rule.");
    for (uint32_t place = 0; place < places; place++) {
        for (unsigned rule = 0; rule < 2 * VIOLATION_IDS; rule++) {
            unsigned side = rule / VIOLATION_IDS, id = rule % VIOLATION_IDS;
            uint64_t sum = 0;

            for (uint32_t i = 0; i < p->count; i++)
                sum += count_of(&p->workers[i]->operations[place].violations[side][id]);
            if (sum == 0)
                continue;
            buffer_add(p->out, TEXT("plumbline_violations_total{"));
            labels(p, place);
            buffer_print(p->out, ",side=\"%s\",rule=\"%s\"} %llu\n", side_name((enum side)side),
                         violation_name((enum violation_id)id), (unsigned long long)sum);
        }
    }
}

static void
write_unchecked(const struct page *p, uint32_t places)
{
    describe(p->out, "unchecked_total", "counter", "Parts of exchanges that were not checked, by reason.");
    for (uint32_t place = 0; place < places; place++) {
        for (unsigned id = 0; id < UNCHECKED_IDS; id++) {
            uint64_t sum = 0;

            for (uint32_t i = 0; i < p->count; i++)
                sum += count_of(&p->workers[i]->operations[place].unchecked[id]);
            if (sum == 0)
                continue;
            buffer_add(p->out, TEXT("plumbline_unchecked_total{"));
            labels(p, place);
            buffer_print(p->out, ",reason=\"%s\"} %llu\n", unchecked_name((enum unchecked_id)id),
                         (unsigned long long)sum);
        }
    }
}

static void
write_refusals(const struct page *p)
{
    uint32_t services = ruleset_service_count(p->ruleset);

    describe(p->out, "refusals_total", "counter",
             "Requests that Plumbline answered itself, by service and reason: an id of docs/refusals.md, or the side.");
    for (uint32_t s = 0; s <= services; s++) {
        struct text name = s < services ? ruleset_service(p->ruleset, s)->settings->name : (struct text){ NULL, 0 };

        for (unsigned id = 0; id < METRICS_REFUSALS; id++) {
            uint64_t sum = 0;

            for (uint32_t i = 0; i < p->count; i++)
                sum += count_of(&p->workers[i]->services[s].refusals[id]);
            if (sum == 0)
                continue;
            buffer_add(p->out, TEXT("plumbline_refusals_total{"));
            label(p->out, "service", name);
            buffer_print(p->out, ",reason=\"%s\"} %llu\n",
                         id < REFUSAL_IDS ? refusal_name((enum refusal_id)id)
                                          : side_name(id == REFUSAL_IDS ? SIDE_REQUEST : SIDE_RESPONSE),
                         (unsigned long long)sum);
        }
    }
}

static void
write_durations(const struct page *p)
{
    uint32_t services = ruleset_service_count(p->ruleset);

    describe(p->out, "request_duration_seconds", "histogram", "From the request's first byte to the response's last.");
    for (uint32_t s = 0; s <= services; s++) {
        struct text name = s < services ? ruleset_service(p->ruleset, s)->settings->name : (struct text){ NULL, 0 };
        uint64_t sum = 0, ns = 0;

        for (unsigned b = 0; b < METRICS_BUCKETS; b++) {
            for (uint32_t i = 0; i < p->count; i++)
                sum += count_of(&p->workers[i]->services[s].duration[b]);
            buffer_add(p->out, TEXT("plumbline_request_duration_seconds_bucket{"));
            label(p->out, "service", name);
            buffer_print(p->out, ",le=\"%s\"} %llu\n", buckets[b].label, (unsigned long long)sum);
        }
        for (uint32_t i = 0; i < p->count; i++)
            ns += count_of(&p->workers[i]->services[s].duration_ns);
        buffer_add(p->out, TEXT("plumbline_request_duration_seconds_sum{"));
        label(p->out, "service", name);
        buffer_print(p->out, "} %.9f\nplumbline_request_duration_seconds_count{", (double)ns / 1e9);
        label(p->out, "service", name);
        buffer_print(p->out, "} %llu\n", (unsigned long long)sum);
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
metrics_write(struct buffer *out, const struct ruleset *ruleset, struct counters *const *workers, uint32_t count,
              const struct recorder_totals *recorder)
{
    struct page p = { .out = out, .ruleset = ruleset, .workers = workers, .count = count };
    struct metrics_totals sum = metrics_totals(workers, count);
    uint32_t places = ruleset_operation_count(ruleset) + ruleset_service_count(ruleset) + 1;

    write_requests(&p, places);
    write_violations(&p, places);
    write_unchecked(&p, places);
    write_refusals(&p);
    write_durations(&p);
    single(out, "refused_total", "counter", "Requests that Plumbline answered itself.", sum.refused);
    single(out, "client_gone_total", "counter", "Exchanges whose client left early.", sum.client_gone);
    single(out, "connections", "gauge", "Client connections that are open.", sum.connections);
    single(out, "connections_total", "counter", "Client connections ever accepted.", sum.accepted);
    single(out, "tls_handshakes_failed_total", "counter", "Clients with whom no TLS came about.",
           sum.handshakes_failed);
    single(out, "in_flight", "gauge", "Exchanges that are not finished.", sum.in_flight);
    write_tunnels(out, &sum);
    write_recorder(out, recorder);
}
