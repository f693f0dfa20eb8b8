/* parameters.c -- find what was sent for each parameter, read it, ask the schema.
 *
 * Text has no types, so a value is read in the ways that the schema allows, the plainest first: one text, then an
 * array, then an object; the first that is valid is what was meant. When none is, the first that could be read is
 * explained. */
#include "contract/parameters.h"

#include "base/limits.h"
#include "contract/query.h"
#include "json/document.h"

#define SCALAR_TYPES                                                                                                   \
    (SCHEMA_TYPE_NULL | SCHEMA_TYPE_BOOLEAN | SCHEMA_TYPE_INTEGER | SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_STRING)

static const struct parameter_ids request_ids = { VIOLATION_PARAMETER_MISSING, VIOLATION_PARAMETER_SCHEMA,
                                                  VIOLATION_PARAMETER_SYNTAX };

static const struct value *
make_value(const struct checking *c, const struct shape *shape, const struct part *part, bool guess)
{
    struct schema_run run = { .scratch = c->check->scratch,
                              .arena = c->check->arena,
                              .budget = *c->budget,
                              .side = c->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE };
    const struct value *v = part_value(part, shape->schema, &run, guess);

    *c->budget = run.budget;
    return v;
}

bool
part_is_valid(const struct checking *c, const struct shape *shape, const struct part *part, struct text instance,
              const struct value **value)
{
    const struct value *guessed;

    *value = make_value(c, shape, part, false);
    if (*value == NULL) {
        report_unchecked(c, UNCHECKED_BUDGET, instance);
        return true;
    }
    if (checking_valid(c, shape, *value, instance))
        return true;
    guessed = make_value(c, shape, part, true);
    return guessed != NULL && checking_valid(c, shape, guessed, instance);
}

void
report_missing(const struct checking *c, const struct parameter *p, enum violation_id id)
{
    struct violation *v = report_add(c, id, p->label, p->place);

    if (v == NULL)
        return;
    v->expected = TEXT("to be sent");
    v->found = TEXT("nothing");
}

static struct style_reader
reader_of(const struct checking *c, const struct parameter *p, const struct sent *sent)
{
    return (struct style_reader){ .arena = c->check->arena,
                                  .name = p->name,
                                  .style = (enum style)p->style,
                                  .explode = p->explode,
                                  .decoding = sent->decoding };
}

/* ---- one parameter ---- */

/* A reading that could be made: kept to be explained when no reading is valid. */
struct reading {
    const struct value *value;
    struct value scalar;
    const char *wrong;
};

static void
keep(struct reading *first, const struct value *value)
{
    if (first->value != NULL)
        return;
    first->scalar = *value;
    first->value =
        value->span == 1 && value->type != VALUE_ARRAY && value->type != VALUE_OBJECT ? &first->scalar : value;
}

/* One text: a string where that is valid, else what it is written like. */
static bool
scalar_valid(const struct checking *c, const struct parameter *p, const struct sent *sent, struct reading *first)
{
    unsigned types = p->shape.types;
    struct style_reader r = reader_of(c, p, sent);
    struct text text;
    struct value v;

    if (!style_scalar(&r, sent->values[0], &text)) {
        first->wrong = first->wrong == NULL ? r.wrong : first->wrong;
        return false;
    }
    part_scalar(&v, text, types);
    if (checking_valid(c, &p->shape, &v, p->label))
        return true;
    if ((types & SCHEMA_TYPE_STRING) && types != SCHEMA_TYPE_ANY) {
        struct value other;

        part_scalar(&other, text, types & ~SCHEMA_TYPE_STRING);
        if (other.type != VALUE_STRING && checking_valid(c, &p->shape, &other, p->label))
            return true;
    }
    keep(first, &v);
    return false;
}

static bool
part_valid(const struct checking *c, const struct parameter *p, const struct part *part, const char *wrong,
           struct reading *first)
{
    const struct value *v;

    if (part == NULL) {
        first->wrong = first->wrong == NULL ? wrong : first->wrong;
        return false;
    }
    if (part_is_valid(c, &p->shape, part, p->label, &v))
        return true;
    keep(first, v);
    return false;
}

/* Say why, by the first reading that could be made. */
static void
report_reading(const struct checking *c, const struct parameter *p, const struct sent *sent,
               const struct parameter_ids *ids, const struct reading *first)
{
    if (first->value != NULL)
        report_schema(c, ids->schema, &p->shape, first->value, p->label);
    else if (first->wrong != NULL)
        report_found(c, ids->syntax, p->label, p->place, first->wrong, sent->values[0]);
    else
        report_unchecked(c, UNCHECKED_BUDGET, p->label); /* only memory is left as a reason */
}

static void
check_shaped(const struct checking *c, const struct parameter *p, const struct sent *sent,
             const struct parameter_ids *ids)
{
    struct reading first = { .value = NULL };
    unsigned types = p->shape.types;
    struct style_reader r;
    struct part *part;

    if (p->style == STYLE_DEEP)
        types &= ~SCHEMA_TYPE_OBJECT; /* read by its own keys */
    if (sent->count == 1 && (types & SCALAR_TYPES) && scalar_valid(c, p, sent, &first))
        return;
    if ((types & SCHEMA_TYPE_ARRAY) && (types != SCHEMA_TYPE_ANY || sent->count > 1)) {
        r = reader_of(c, p, sent);
        part = style_array(&r, sent->values, sent->count);
        if (part_valid(c, p, part, r.wrong, &first))
            return;
    }
    if ((types & SCHEMA_TYPE_OBJECT) && types != SCHEMA_TYPE_ANY) {
        r = reader_of(c, p, sent);
        part = style_object(&r, sent->values, sent->count);
        if (part_valid(c, p, part, r.wrong, &first))
            return;
    }
    if (first.value == NULL && first.wrong == NULL)
        first.wrong = sent->count > 1 ? "one value; it was sent more than once" : "name[key]=value (style deepObject)";
    report_reading(c, p, sent, ids, &first);
}

void
check_content_text(const struct checking *c, const struct media *media, struct text text, struct text instance,
                   const struct parameter_ids *ids)
{
    struct document document;
    struct document_error error;
    struct value v;

    if (media->kind == MEDIA_JSON) {
        if (document_parse(&document, text, NULL, c->check->arena, &error) < 0) {
            report_found(c, ids->syntax, instance, media->place, "JSON", text);
            return;
        }
        if (!checking_valid(c, &media->shape, document.root, instance))
            report_schema(c, ids->schema, &media->shape, document.root, instance);
        return;
    }
    if (media->kind != MEDIA_TEXT) {
        report_unchecked(c, UNCHECKED_MEDIA_TYPE, instance);
        return;
    }
    part_scalar(&v, text, media->shape.types);
    if (!checking_valid(c, &media->shape, &v, instance))
        report_schema(c, ids->schema, &media->shape, &v, instance);
}

void
check_parameter(const struct checking *c, const struct parameter *p, const struct sent *sent,
                const struct parameter_ids *ids)
{
    struct style_reader r = reader_of(c, p, sent);
    struct text text;

    if (p->allow_empty && sent->count == 1 && sent->values[0].length == 0)
        return;
    if (p->content == NULL && p->shape.schema != NULL) {
        check_shaped(c, p, sent, ids);
        return;
    }
    if (p->shape.broken || (p->content == NULL && sent->count == 1)) {
        if (p->shape.broken)
            report_unchecked(c, UNCHECKED_NO_SCHEMA, p->label);
        if (sent->count == 1 && !style_decode(&r, sent->values[0], &text))
            report_found(c, ids->syntax, p->label, p->place, r.wrong, sent->values[0]);
        return;
    }
    if (p->content == NULL)
        return;
    if (sent->count > 1)
        report_found(c, ids->syntax, p->label, p->place, "one value; it was sent more than once", sent->values[1]);
    else if (!style_decode(&r, sent->values[0], &text))
        report_found(c, ids->syntax, p->label, p->place, r.wrong, sent->values[0]);
    else
        check_content_text(c, p->content, text, p->label, ids);
}

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
