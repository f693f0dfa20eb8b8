/* parameter_places.c -- what was sent for each parameter: in the path, in headers, in cookies. The query has a file of
 * its own (query.c). */
#include "contract/parameter_places.h"

#include "contract/query.h"

static const struct parameter_ids request_ids = { VIOLATION_PARAMETER_MISSING, VIOLATION_PARAMETER_SCHEMA,
                                                  VIOLATION_PARAMETER_SYNTAX };

/* ---- path ---- */

static void
check_path(const struct checking *c, const struct contract_match *match)
{
    const struct operation *o = match->operation;

    for (uint32_t i = 0; i < o->slot_count && i < match->parameter_count; i++) {
        const struct parameter *p = o->slots[i].parameter;
        struct sent sent = { &match->parameters[i].value, 1, DECODE_PATH };

        if (p != NULL)
            check_parameter(c, p, &sent, &request_ids);
    }
}

/* ---- headers ---- */

#define HEADER_LINES 16 /* lines of one field that are looked at one by one; more are joined */

/* All lines of one field as one list value (RFC 9110 5.3); Set-Cookie is never a list. */
static struct text
join(const struct checking *c, const struct text *lines, uint32_t count)
{
    struct text joined = lines[0];

    for (uint32_t i = 1; i < count; i++)
        joined = arena_print(c->check->arena, "%.*s, %.*s", TEXT_PRINT(joined), TEXT_PRINT(lines[i]));
    return joined;
}

static uint32_t
lines_of(const struct message *m, struct text name, struct text *lines)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < m->header_count && count < HEADER_LINES; i++)
        if (text_equal_nocase(m->headers[i].name, name))
            lines[count++] = m->headers[i].value;
    return count;
}

void
check_headers(const struct checking *c, const struct parameter *headers, uint32_t count, const struct message *message,
              const struct parameter_ids *ids)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct parameter *p = &headers[i];
        struct text lines[HEADER_LINES], joined;
        uint32_t found;

        if (p->ignored)
            continue;
        found = lines_of(message, p->name, lines);
        if (found == 0) {
            if (p->required)
                report_missing(c, p, ids->missing);
            continue;
        }
        if (text_equal_nocase(p->name, TEXT("set-cookie"))) {
            for (uint32_t line = 0; line < found; line++)
                check_parameter(c, p, &(struct sent){ &lines[line], 1, DECODE_NOTHING }, ids);
            continue;
        }
        joined = join(c, lines, found);
        check_parameter(c, p, &(struct sent){ &joined, 1, DECODE_NOTHING }, ids);
    }
}

/* ---- cookies (RFC 6265 5.4) ---- */

#define COOKIE_VALUES 16 /* cookies of one name */

static uint32_t
cookies_of(const struct message *m, struct text name, struct text *values)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text_split split;
        struct text pair;

        if (m->headers[i].id != HEADER_COOKIE)
            continue;
        split = text_split_start(m->headers[i].value);
        while (count < COOKIE_VALUES && text_split_next(&split, ';', &pair)) {
            size_t equals = text_find(pair, '=');

            if (equals < pair.length && text_equal(text_trim(text_slice(pair, 0, equals)), name))
                values[count++] = text_trim(text_from(pair, equals + 1));
        }
    }
    return count;
}

static void
check_cookies(const struct checking *c, const struct operation *o, const struct message *request)
{
    for (uint32_t i = 0; i < o->parameter_count[IN_COOKIE]; i++) {
        const struct parameter *p = &o->parameters[IN_COOKIE][i];
        struct text values[COOKIE_VALUES];
        struct sent sent = { values, cookies_of(request, p->name, values), DECODE_COOKIE };

        if (p->style == STYLE_COOKIE)
            sent.decoding = DECODE_NOTHING;
        if (sent.count > 0)
            check_parameter(c, p, &sent, &request_ids);
        else if (p->required)
            report_missing(c, p, VIOLATION_PARAMETER_MISSING);
    }
}

void
check_parameters(const struct checking *c, const struct contract_match *match, const struct message *request)
{
    const struct operation *o = match->operation;

    if (o->parameter_count[IN_PATH] > 0)
        check_path(c, match);
    check_query(c, o, request, &request_ids);
    check_headers(c, o->parameters[IN_HEADER], o->parameter_count[IN_HEADER], request, &request_ids);
    if (o->parameter_count[IN_COOKIE] > 0)
        check_cookies(c, o, request);
}
