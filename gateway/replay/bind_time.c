/* bind_time.c -- dates of recorded requests moved to the time of the run. */
#include "replay/bind_time.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/time_text.h"
#include "json/document.h"
#include "replay/bind_edit.h"
#include "rules/units.h"

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)
#define NEAR   (5 * 366 * DAY) /* numbers that far from the recording's start are no dates */

/* ---- one date ---- */

static bool
is_digits(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
    return t.length > 0;
}

/* "+02:00" or "Z" at the end, as nanoseconds; the text says how it is written. */
static struct text
offset_of(struct text date, int64_t *ns)
{
    struct text end = text_from(date, date.length > 6 ? date.length - 6 : 0);
    uint64_t hours, minutes;

    *ns = 0;
    if (end.length < 6 || (end.data[0] != '+' && end.data[0] != '-') || end.data[3] != ':')
        return text_from(date, date.length - 1);
    if (text_to_u64(text_slice(end, 1, 2), &hours) && text_to_u64(text_slice(end, 4, 2), &minutes))
        *ns = (int64_t)(hours * 60 + minutes) * 60 * SECOND * (end.data[0] == '-' ? -1 : 1);
    return end;
}

static bool
add_safely(int64_t a, int64_t b, int64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum) && *sum > -(INT64_C(60) * 366 * DAY) && *sum < INT64_C(280) * 365 * DAY;
}

static bool
shift_date_time(struct text date, int64_t by, struct buffer *out)
{
    int64_t ns, offset, local;
    struct text end, told;
    size_t point, digits = 0;

    if (!time_text_read(date, &ns) || date.length < 20)
        return false;
    end = offset_of(date, &offset);
    if (!add_safely(ns, by, &ns) || !add_safely(ns, offset, &local))
        return false;
    point = text_find(date, '.');
    if (point < date.length)
        digits = date.length - end.length - point - 1;
    told = time_text_rfc3339(local, digits > 9 ? 9 : (unsigned)digits);
    buffer_add(out, text_slice(told, 0, 10));
    buffer_byte(out, date.data[10]);
    buffer_add(out, text_slice(told, 11, told.length - 12));
    for (size_t i = 9; i < digits; i++)
        buffer_byte(out, '0');
    buffer_add(out, end);
    return true;
}

static bool
shift_date(struct text date, int64_t by, struct buffer *out)
{
    char midnight[] = "0000-00-00T00:00:00Z";
    int64_t ns, days = (by + (by < 0 ? -DAY / 2 : DAY / 2)) / DAY;

    if (date.length != 10)
        return false;
    memcpy(midnight, date.data, 10);
    if (!time_text_read(text_of(midnight), &ns) || !add_safely(ns, days * DAY, &ns))
        return false;
    buffer_add(out, text_slice(time_text_rfc3339(ns, 0), 0, 10));
    return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool
shift_http(struct text date, int64_t by, struct buffer *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char standard[40];
    size_t month;
    int64_t ns;

    if (date.length != 29 || date.data[3] != ',' || !text_ends(date, TEXT(" GMT")))
        return false;
    month = text_search(text_of(months), text_slice(date, 8, 3));
    if (month >= 36 || month % 3 != 0)
        return false;
    (void)snprintf(standard, sizeof standard, "%.4s-%02zu-%.2sT%.8sZ", date.data + 12, month / 3 + 1, date.data + 5,
                   date.data + 17);
    if (!time_text_read(text_of(standard), &ns) || !add_safely(ns, by, &ns))
        return false;
    buffer_add(out, time_text_http_date(ns));
    return true;
}

/* Digits, and maybe a fraction, which stays. */
static bool
shift_epoch(struct text date, int64_t unit, int64_t by, struct buffer *out)
{
    size_t whole = text_find(date, '.');
    uint64_t number;
    int64_t ns;

    if (!is_digits(text_slice(date, 0, whole)) || (whole < date.length && !is_digits(text_from(date, whole + 1))) ||
        !text_to_u64(text_slice(date, 0, whole), &number) || number > (uint64_t)(INT64_MAX / 2 / unit) ||
        !add_safely((int64_t)number * unit, by, &ns) || ns < 0)
        return false;
    buffer_unsigned(out, (uint64_t)(ns / unit));
    buffer_add(out, text_from(date, whole));
    return true;
}

bool
time_shift_text(struct text date, enum time_format format, int64_t by, struct buffer *out)
{
    switch (format) {
    case TIME_DATE_TIME:
        return shift_date_time(date, by, out);
    case TIME_DATE:
        return shift_date(date, by, out);
    case TIME_HTTP:
        return shift_http(date, by, out);
    case TIME_EPOCH:
        return shift_epoch(date, SECOND, by, out);
    case TIME_EPOCH_MS:
        return shift_epoch(date, SECOND / 1000, by, out);
    case TIME_ANY:
        break;
    }
    return shift_date_time(date, by, out) || shift_date(date, by, out) || shift_http(date, by, out) ||
           shift_epoch(date, text_find(date, '.') >= 12 ? SECOND / 1000 : SECOND, by, out);
}

/* ---- rules ---- */

struct rule {
    struct text operation, place; /* may be empty: any */
    enum time_format format;
    int64_t by;
    bool by_said;
};

struct time_shift {
    struct arena *arena;
    struct rule *rules;
    uint32_t count, room;
    int64_t recorded, by;
};

struct time_shift *
time_shift_new(void)
{
    struct time_shift *s = calloc(1, sizeof *s);

    if (s != NULL && (s->arena = arena_new(0, LIMIT_REPLAY_BINDINGS)) == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void
time_shift_free(struct time_shift *s)
{
    if (s == NULL)
        return;
    arena_free(s->arena);
    free(s);
}

uint32_t
time_shift_count(const struct time_shift *s)
{
    return s->count;
}

void
time_shift_begin(struct time_shift *s, int64_t recorded, int64_t now)
{
    s->recorded = recorded;
    s->by = now - recorded;
}

static bool
read_format(struct text word, enum time_format *format)
{
    static const struct {
        struct text word;
        enum time_format format;
    } formats[] = {
        { TEXT("date-time"), TIME_DATE_TIME }, { TEXT("date"), TIME_DATE },         { TEXT("http-date"), TIME_HTTP },
        { TEXT("epoch"), TIME_EPOCH },         { TEXT("epoch-ms"), TIME_EPOCH_MS },
    };

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (text_equal(word, formats[i].word)) {
            *format = formats[i].format;
            return true;
        }
    return false;
}

/* "30d", "-2h", "+1w": units.h knows no days and no signs. */
static bool
read_duration(struct text word, int64_t *by)
{
    bool negative = text_starts(word, TEXT("-"));
    uint64_t count;
    int64_t days = 0;

    if (negative || text_starts(word, TEXT("+")))
        word = text_from(word, 1);
    if (text_ends(word, TEXT("d")))
        days = 1;
    else if (text_ends(word, TEXT("w")))
        days = 7;
    if (days > 0) {
        if (!text_to_u64(text_slice(word, 0, word.length - 1), &count) || count > 36500)
            return false;
        *by = (int64_t)count * days * DAY;
    } else if (!units_duration(word, by)) {
        return false;
    }
    *by = negative ? -*by : *by;
    return true;
}

/* "POST /orders query:since", "body:/due" */
static bool
read_place(struct text word, struct rule *rule)
{
    static const char *const kinds[] = { "path:", "query:", "header:", "cookie:", "body:" };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t at = text_search(word, text_of(kinds[i]));

        if (at == word.length || (at > 0 && word.data[at - 1] != ' '))
            continue;
        rule->operation = text_trim(text_slice(word, 0, at));
        rule->place = text_from(word, at);
        return rule->place.length > strlen(kinds[i]);
    }
    return false;
}

static int
add(struct time_shift *s, const struct rule *rule)
{
    struct rule *copy;

    if (s->count == s->room) {
        uint32_t room = s->room > 0 ? s->room * 2 : 8;
        struct rule *rules = arena_grow(s->arena, s->rules, s->room * sizeof *rules, room * sizeof *rules);

        if (rules == NULL)
            return -1;
        s->rules = rules;
        s->room = room;
    }
    copy = &s->rules[s->count++];
    *copy = *rule;
    copy->operation = arena_text(s->arena, rule->operation);
    copy->place = arena_text(s->arena, rule->place);
    return copy->operation.data != NULL && copy->place.data != NULL ? 0 : -1;
}

int
time_shift_take(struct time_shift *s, const char *word, struct error *err)
{
    struct text t = text_of(word), front = t;
    struct rule rule = { .format = TIME_ANY };
    size_t equals = t.length;

    while (equals > 0 && t.data[equals - 1] != '=')
        equals--;
    if (equals > 0 && read_duration(text_from(t, equals), &rule.by)) {
        rule.by_said = true;
        front = text_slice(t, 0, equals - 1);
    }
    if (!read_format(front, &rule.format) && !read_place(front, &rule))
        return error_set(err, ERROR_USAGE, "--shift-time",
                         "'%s' is neither a format (date-time, date, http-date, epoch, epoch-ms) nor a place "
                         "(body:/POINTER, query:NAME, header:NAME, path:NAME); '=30d' or '=-2h' may follow",
                         word);
    return add(s, &rule) < 0 ? error_memory(err) : 0;
}

static int
take_entry(struct time_shift *s, const struct document *d, const struct value *entry, struct arena *arena,
           struct error *err)
{
    const struct value *at = VALUE_MEMBER(entry, "at"), *format = VALUE_MEMBER(entry, "format");
    const struct value *by = VALUE_MEMBER(entry, "by"), *wrong = NULL;
    struct rule rule = { .format = TIME_ANY, .by_said = by != NULL };

    if (at != NULL && !read_place(value_text(at), &rule))
        wrong = at;
    else if (format != NULL && !read_format(value_text(format), &rule.format))
        wrong = format;
    else if (by != NULL && !read_duration(value_text(by), &rule.by))
        wrong = by;
    if (wrong != NULL)
        return error_set(err, ERROR_CONFIG, document_where(d, wrong, arena).data,
                         "'%.*s' is no place of a request, format or duration", (int)wrong->count, wrong->data);
    return add(s, &rule) < 0 ? error_memory(err) : 0;
}

int
time_shift_load(struct time_shift *s, const char *path, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_REPLAY_BINDINGS * 4);
    struct document document = { .root = NULL };
    const struct value *list;
    int result = arena == NULL ? error_memory(err) : document_read(&document, path, arena, err);

    if (result == 0 && value_is(list = VALUE_MEMBER(document.root, "shift_time"), VALUE_ARRAY)) {
        for (VALUE_EACH_ITEM(entry, list))
            if (result == 0)
                result = take_entry(s, &document, entry, arena, err);
    }
    arena_free(arena);
    return result;
}

/* ---- a request ---- */

struct shifting {
    const struct time_shift *s;
    struct text operation;
    const struct bound_request *request;
    struct edits edits;
};

static bool
is_bound(const struct shifting *s, struct text place, struct text value)
{
    for (uint32_t i = 0; i < s->request->bound_count; i++) {
        const struct bound *b = &s->request->bounds[i];

        if (b->why == NULL && text_ends(b->to, place) && text_search(value, b->now) < value.length)
            return true;
    }
    return false;
}

/* By format alone, a number is only a date when it is near the recording. */
static bool
is_near(const struct shifting *s, const struct rule *rule, struct text value)
{
    int64_t unit = rule->format == TIME_EPOCH_MS ? SECOND / 1000 : SECOND, ns;
    uint64_t number;

    if (rule->place.length > 0 || (rule->format != TIME_EPOCH && rule->format != TIME_EPOCH_MS))
        return true;
    if (!text_to_u64(text_slice(value, 0, text_find(value, '.')), &number) || number > (uint64_t)(INT64_MAX / unit))
        return false;
    ns = (int64_t)number * unit - s->s->recorded;
    return ns > -NEAR && ns < NEAR;
}

static bool
is_about(const struct shifting *s, const struct rule *rule, const struct leaf *leaf)
{
    return (rule->operation.length == 0 || text_equal(rule->operation, s->operation)) &&
           (rule->place.length == 0 || text_equal(rule->place, leaf->place) || text_equal(rule->place, leaf->at)) &&
           is_near(s, rule, leaf->value);
}

static bool
shift_leaf(void *arg, const struct leaf *leaf)
{
    struct shifting *s = arg;
    struct buffer out, raw;
    bool done = false;

    if (leaf->value.length < 9 || leaf->value.length > 64 || is_bound(s, leaf->place, leaf->value))
        return true;
    buffer_init(&out, 256);
    buffer_init(&raw, 1024);
    for (uint32_t i = 0; i < s->s->count && !done; i++) {
        const struct rule *rule = &s->s->rules[i];

        done = is_about(s, rule, leaf) &&
               time_shift_text(leaf->value, rule->format, rule->by_said ? rule->by : s->s->by, &out);
    }
    if (done) {
        edits_encode(&raw, leaf->form, buffer_text(&out));
        edits_add(&s->edits, leaf->raw, arena_text(s->edits.arena, buffer_text(&raw)));
    }
    s->edits.out_of_memory = s->edits.out_of_memory || buffer_failed(&out) || buffer_failed(&raw);
    buffer_release(&out);
    buffer_release(&raw);
    return !s->edits.out_of_memory;
}

int
time_shift_request(const struct time_shift *s, const struct exchange *x, const struct contract_match *match,
                   struct arena *arena, struct bound_request *request, uint32_t *moved)
{
    struct shifting shifting = { .s = s, .request = request, .edits = { .arena = arena } };
    struct message m = x->request;
    struct walk w = { .arena = arena, .message = &m, .match = match, .fn = shift_leaf, .arg = &shifting };

    *moved = 0;
    if (s->count == 0)
        return 0;
    m.target = request->target;
    m.headers = request->headers;
    m.header_count = request->header_count;
    m.body = request->body;
    m.body_plain = m.body_plain || message_header(&m, HEADER_CONTENT_ENCODING) == NULL;
    shifting.operation = walk_operation(x, match, arena);
    if (shifting.operation.data == NULL)
        return -1;
    (void)walk_request(&w);
    *moved = shifting.edits.count;
    return edits_apply(&shifting.edits, request, w.body);
}
