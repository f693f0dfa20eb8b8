/* fault_when.c -- `when` of a rule, read and held against the contracts. Its schema has judged types and words. */
#include "rules/fault_internal.h"

#include "base/time_text.h"
#include "json/number.h"
#include "rules/units.h"

#define CANDIDATES          256
#define SECOND              INT64_C(1000000000)

#define NAMES_BEFORE_ANSWER (NAMES_OF_REQUEST | NAME_BIT(NAME_BODY))

/* How many values: of a list its items, else the one. */
static uint32_t
count_of(const struct value *v)
{
    return v == NULL ? 0 : value_is(v, VALUE_ARRAY) ? v->count : 1;
}

static const struct value *
item_of(const struct value *v, uint32_t index)
{
    return value_is(v, VALUE_ARRAY) ? value_item(v, index) : v;
}

static int
read_words(struct fault_reader *r, const char *key, struct text **words, uint32_t *count)
{
    const struct value *v = fault_condition(r, key);

    *count = count_of(v);
    *words = ARENA_ARRAY(r->faults->arena, struct text, *count);
    for (uint32_t i = 0; *words != NULL && i < *count; i++)
        (*words)[i] = value_text(item_of(v, i)); /* the settings outlive the rules */
    return *words != NULL ? 0 : error_memory(r->err);
}

/* ---- services and operations ---- */

static int
fail_service(const struct fault_reader *r, const struct value *v)
{
    const char *names[CANDIDATES];
    uint32_t count = 0;
    struct text hint;

    for (uint32_t i = 0; i < r->faults->service_count && count < CANDIDATES; i++)
        names[count++] = arena_text(r->faults->arena, r->faults->services[i].settings->name).data;
    hint = fault_hint(r->faults->arena, value_text(v), names, count);
    return fault_fail(r, v, "there is no service '%.*s'%.*s", TEXT_PRINT(value_text(v)), TEXT_PRINT(hint));
}

static int
read_services(struct fault_reader *r, struct fault_when *when)
{
    const struct value *v = fault_condition(r, "service");
    const struct faults *f = r->faults;

    when->services = ARENA_ARRAY(f->arena, const struct service *, count_of(v));
    if (when->services == NULL)
        return error_memory(r->err);
    for (uint32_t i = 0; i < count_of(v); i++) {
        const struct service *found = NULL;

        for (uint32_t s = 0; s < f->service_count && found == NULL; s++)
            if (text_equal(f->services[s].settings->name, value_text(item_of(v, i))))
                found = &f->services[s];
        if (found == NULL)
            return fail_service(r, item_of(v, i));
        when->services[when->service_count++] = found;
    }
    return 0;
}

/* The services that a rule is about. */
static uint32_t
scope(const struct faults *f, const struct fault_when *when, uint32_t index, const struct service **service)
{
    uint32_t count = when->service_count > 0 ? when->service_count : f->service_count;

    if (index < count)
        *service = when->service_count > 0 ? when->services[index] : &f->services[index];
    return count;
}

static int
fail_operation(const struct fault_reader *r, const struct fault_when *when, const struct value *v)
{
    const char *names[CANDIDATES];
    const struct service *s = NULL;
    uint32_t count = 0;
    struct text hint;

    for (uint32_t i = 0; i < scope(r->faults, when, i, &s); i++)
        for (uint32_t o = 0; o < contract_operation_count(s->contract) && count < CANDIDATES; o++)
            names[count++] = arena_text(r->faults->arena, operation_id(contract_operation(s->contract, o))).data;
    hint = fault_hint(r->faults->arena, value_text(v), names, count);
    if (when->service_count == 1)
        return fault_fail(r, v, "service '%.*s' has no operation '%.*s'%.*s",
                          TEXT_PRINT(when->services[0]->settings->name), TEXT_PRINT(value_text(v)), TEXT_PRINT(hint));
    return fault_fail(r, v, "no service has an operation '%.*s'%.*s", TEXT_PRINT(value_text(v)), TEXT_PRINT(hint));
}

static int
read_operations(struct fault_reader *r, struct fault_when *when)
{
    const struct value *v = fault_condition(r, "operation");
    const struct service *s = NULL;
    uint32_t services = scope(r->faults, when, UINT32_MAX, &s);

    when->operations = ARENA_ARRAY(r->faults->arena, const struct operation *, count_of(v) * (size_t)services);
    if (when->operations == NULL)
        return error_memory(r->err);
    for (uint32_t i = 0; i < count_of(v); i++) {
        uint32_t before = when->operation_count;

        for (uint32_t k = 0; k < scope(r->faults, when, k, &s); k++) {
            const struct operation *o = contract_operation_named(s->contract, value_text(item_of(v, i)));

            if (o != NULL)
                when->operations[when->operation_count++] = o;
        }
        if (when->operation_count == before)
            return fail_operation(r, when, item_of(v, i));
    }
    return 0;
}

/* ---- fields and statuses ---- */

static int
read_header(const struct fault_reader *r, const struct value *v, struct fault_header *h)
{
    struct error why = { .kind = ERROR_NONE };
    const struct value *matches = VALUE_MEMBER(v, "matches"), *value = VALUE_MEMBER(v, "value");
    struct text written = value_text(v);

    if (value_is(v, VALUE_STRING)) {
        size_t equals = text_find(written, '=');

        h->name = text_slice(written, 0, equals);
        h->test = equals < written.length ? HEADER_IS_EQUAL : HEADER_IS_THERE;
        h->value = text_from(written, equals + 1);
        return 0;
    }
    h->name = value_text(VALUE_MEMBER(v, "name"));
    h->value = value_text(matches != NULL ? matches : value != NULL ? value : v);
    h->test = matches != NULL                     ? HEADER_MATCHES
              : value != NULL                     ? HEADER_IS_EQUAL
              : VALUE_MEMBER(v, "absent") != NULL ? HEADER_IS_ABSENT
                                                  : HEADER_IS_THERE;
    if (matches == NULL)
        return 0;
    h->pattern = pattern_new(value_text(matches), &why);
    return h->pattern != NULL ? 0 : fault_fail(r, matches, "%s", why.what);
}

static int
read_headers(struct fault_reader *r, struct fault_when *when)
{
    const struct value *v = fault_condition(r, "header");

    when->headers = ARENA_ARRAY(r->faults->arena, struct fault_header, count_of(v));
    if (when->headers == NULL)
        return error_memory(r->err);
    for (uint32_t i = 0; i < count_of(v); i++)
        if (read_header(r, item_of(v, i), &when->headers[when->header_count++]) < 0)
            return -1;
    return 0;
}

static int
read_statuses(struct fault_reader *r, struct fault_when *when, enum side side)
{
    const struct value *v = fault_condition(r, "status");

    if (v != NULL && side == SIDE_REQUEST)
        return fault_fail(r, v, "there is no answer yet on the request's side; say side: response as well");
    when->statuses = ARENA_ARRAY(r->faults->arena, struct fault_statuses, count_of(v));
    if (when->statuses == NULL)
        return error_memory(r->err);
    for (uint32_t i = 0; i < count_of(v); i++) {
        struct text written = value_text(item_of(v, i));
        struct fault_statuses *s = &when->statuses[when->status_count++];
        uint64_t number = 0;

        if (text_to_u64(written, &number))
            *s = (struct fault_statuses){ (uint16_t)number, (uint16_t)number };
        else
            *s = (struct fault_statuses){ (uint16_t)((written.data[0] - '0') * 100),
                                          (uint16_t)((written.data[0] - '0') * 100 + 99) };
    }
    return 0;
}

/* ---- times ---- */

/* "08:00", "08:00:30": ns since midnight. */
static bool
time_of_day(struct text t, int64_t *ns)
{
    uint64_t h = 0, m = 0, s = 0;

    if (t.length != 5 && t.length != 8)
        return false;
    if (!text_to_u64(text_slice(t, 0, 2), &h) || !text_to_u64(text_slice(t, 3, 2), &m) ||
        (t.length == 8 && !text_to_u64(text_slice(t, 6, 2), &s)))
        return false;
    *ns = (int64_t)(h * 3600 + m * 60 + s) * SECOND;
    return true;
}

static int
read_moment(const struct fault_reader *r, const struct value *v, bool *daily, int64_t *ns)
{
    *daily = time_of_day(value_text(v), ns);
    if (*daily || time_text_read(value_text(v), ns))
        return 0;
    return fault_fail(r, v, "'%.*s' is no time; write 2026-01-31T08:00:00Z, or a time of day: 08:00",
                      TEXT_PRINT(value_text(v)));
}

static int
read_window(struct fault_reader *r, struct fault_when *when)
{
    const struct value *from = fault_condition(r, "from"), *to;
    bool from_daily = false, to_daily = false;

    when->from = INT64_MIN;
    when->to = INT64_MAX;
    if (from != NULL && read_moment(r, from, &from_daily, &when->from) < 0)
        return -1;
    to = fault_condition(r, "to");
    if (to != NULL && read_moment(r, to, &to_daily, &when->to) < 0)
        return -1;
    when->windowed = from != NULL || to != NULL;
    when->daily = from_daily || to_daily;
    if (from != NULL && to != NULL && from_daily != to_daily)
        return fault_fail(r, to, "from and to are both times, or both times of day");
    if (when->daily && from == NULL)
        when->from = 0;
    if (when->daily && to == NULL)
        when->to = 24 * 3600 * SECOND;
    if (when->windowed && !when->daily && when->from >= when->to)
        return fault_fail(r, to, "to is not after from");
    return 0;
}

static int
read_count(const struct fault_reader *r, const struct value *v, uint64_t *count)
{
    if (v != NULL && !text_to_u64(value_text(v), count))
        return fault_fail(r, v, "'%.*s' is no whole number that fits", TEXT_PRINT(value_text(v)));
    return 0;
}

static int
read_burst(struct fault_reader *r, struct fault_when *when)
{
    const struct value *v = fault_condition(r, "burst"), *length = VALUE_MEMBER(v, "for"),
                       *every = VALUE_MEMBER(v, "every");

    if (v == NULL)
        return 0;
    if (!units_duration(value_text(every), &when->burst_every) || when->burst_every < SECOND / 1000)
        return fault_fail(r, every, "a period is at least 1ms");
    if (length != NULL && (!units_duration(value_text(length), &when->burst_for) || when->burst_for <= 0 ||
                           when->burst_for >= when->burst_every))
        return fault_fail(r, length, "a burst is shorter than its period, and longer than nothing");
    return read_count(r, VALUE_MEMBER(v, "first"), &when->burst_first);
}

/* ---- how often ---- */

static int
read_counts(struct fault_reader *r, struct fault_when *when)
{
    const struct value *percent = fault_condition(r, "percent");
    struct decimal number;

    if (percent != NULL) {
        decimal_read(&number, value_text(percent));
        when->shared = true;
        when->percent = decimal_to_double(&number);
    }
    return read_count(r, fault_condition(r, "skip"), &when->skip) < 0 ||
                   read_count(r, fault_condition(r, "first"), &when->first) < 0 ||
                   read_count(r, fault_condition(r, "every"), &when->every) < 0
               ? -1
               : 0;
}

/* Some operation of the rule must have such a parameter. */
static bool
has_parameter(const struct faults *f, const struct fault_when *when, struct text name, struct text *near)
{
    const struct service *s = NULL;

    for (uint32_t i = 0; i < when->operation_count; i++)
        if (operation_has_parameter(when->operations[i], TEXT("path"), name, f->arena, near))
            return true;
    for (uint32_t i = 0; when->operation_count == 0 && i < scope(f, when, i, &s); i++)
        for (uint32_t o = 0; o < contract_operation_count(s->contract); o++)
            if (operation_has_parameter(contract_operation(s->contract, o), TEXT("path"), name, f->arena, near))
                return true;
    return false;
}

static int
read_per(struct fault_reader *r, struct fault_full *full)
{
    static const struct {
        struct text word;
        enum key_kind kind;
    } words[] = {
        { { "body:", 5 }, KEY_REQUEST },
        { { "path:", 5 }, KEY_PATH },
        { { "query:", 6 }, KEY_QUERY },
        { { "header:", 7 }, KEY_HEADER },
    };
    const struct value *v = fault_condition(r, "per");
    struct fault_when *when = &full->when;
    struct text near = { NULL, 0 };

    if (v == NULL)
        return 0;
    when->per_text = value_text(v);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_starts(when->per_text, words[i].word))
            when->per = (struct key_place){ words[i].kind, text_from(when->per_text, words[i].word.length) };
    if (!fault_is_counted(full))
        return fault_fail(r, v,
                          "per says whose exchanges are counted; say first, skip, every, percent or burst as well");
    if (when->per.kind == KEY_PATH && !has_parameter(r->faults, when, when->per.text, &near))
        return fault_fail(r, v, "no path of these operations has a parameter '%.*s'%s%.*s%s",
                          TEXT_PRINT(when->per.text), near.length > 0 ? "; did you mean '" : "", TEXT_PRINT(near),
                          near.length > 0 ? "'?" : "");
    return 0;
}

/* ---- where ---- */

static int
read_where(struct fault_reader *r, struct fault_full *full)
{
    const struct value *v = fault_condition(r, "where");
    struct expression *e = &full->when.where;
    struct name_space space = { .allowed = NAMES_OF_EXCHANGE, .side = ON_EXCHANGE };

    if (v == NULL)
        return 0;
    e->source = value_text(v);
    e->where = document_where(r->document, v, r->faults->arena);
    if (invariant_names_find(e, &space, r->faults->arena, r->err) < 0)
        return -1;
    for (uint32_t i = 0; i < e->named_count; i++) {
        struct text name = invariant_name_text(e->named[i].name);

        if (full->rule.side == SIDE_REQUEST && !(NAME_BIT(e->named[i].name) & NAMES_BEFORE_ANSWER))
            return fault_fail(r, v, "there is no %.*s yet on the request's side; say side: response as well",
                              TEXT_PRINT(name));
        full->when.names.wanted[e->named[i].name] = (struct wanted){ .used = true, .whole = true };
    }
    r->faults->expressions = true;
    e->number = fault_compile(full, r->compiler, r->err);
    return e->number < 0 ? -1 : 0;
}

int
fault_compile(const struct fault_full *full, struct script *script, struct error *err)
{
    const struct expression *e = &full->when.where;
    struct text names[NAME_COUNT];
    uint32_t allowed = full->rule.side == SIDE_REQUEST ? NAMES_BEFORE_ANSWER : NAMES_OF_EXCHANGE;
    uint32_t count = 0;

    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (allowed & NAME_BIT(i))
            names[count++] = invariant_name_text((enum invariant_name)i);
    return script_expression(script, e->source, e->where.data, names, count, err);
}

int
fault_read_when(struct fault_reader *r, struct fault_full *full)
{
    struct fault_when *when = &full->when;

    if (read_services(r, when) < 0 || read_operations(r, when) < 0 ||
        read_words(r, "method", &when->methods, &when->method_count) < 0 ||
        read_words(r, "path", &when->paths, &when->path_count) < 0 || read_headers(r, when) < 0 ||
        read_statuses(r, when, full->rule.side) < 0 || read_window(r, when) < 0 || read_burst(r, when) < 0 ||
        read_counts(r, when) < 0)
        return -1;
    full->counted = fault_is_counted(full);
    return read_per(r, full) < 0 ? -1 : read_where(r, full);
}
