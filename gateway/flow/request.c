/* request.c -- a request, put together in the order in which it is written: where to, path and query, header fields,
 * credentials, body. */
#include "flow/request.h"

#include "base/version.h"
#include "flow/request_internal.h"
#include "http/query.h"
#include "schema/uri.h"

int
building_fail(struct building *b, struct flow_place place, const char *format, ...)
{
    struct text where = place.value != NULL ? document_where(place.document, place.value, b->arena) : TEXT("");
    va_list arguments;

    va_start(arguments, format);
    (void)error_vset(b->err, ERROR_INPUT, where.data, format, arguments);
    va_end(arguments);
    return -1;
}

const struct value *
building_fill(struct building *b, const struct flow_value *value, struct flow_place place, const char *what)
{
    struct error why = { .kind = ERROR_NONE };
    const struct value *filled =
        value->constant ? value->value : expression_fill(value->value, b->sending->scope, b->arena, &why);

    if (filled == NULL)
        (void)building_fail(b, place, "%s: %s", what, why.kind != ERROR_NONE ? why.what : "it has no value");
    return filled;
}

/* ---- header fields ---- */

bool
building_has_header(const struct building *b, struct text name)
{
    for (uint32_t i = 0; i < b->header_count; i++)
        if (text_equal_nocase(b->headers[i].name, name))
            return true;
    return false;
}

static bool
is_field_value(struct text t)
{
    for (size_t i = 0; i < t.length; i++)
        if (((unsigned char)t.data[i] < ' ' && t.data[i] != '\t') || t.data[i] == 0x7f)
            return false;
    return true;
}

/* Fields that say how the message is framed, or how it travels, are nobody's to choose (RFC 9112 6, RFC 9110 7.6.1). */
static bool
is_framing(struct text name)
{
    static const struct text framing[] = {
        { "content-length", 14 }, { "transfer-encoding", 17 },
        { "connection", 10 },     { "upgrade", 7 },
        { "expect", 6 },          { "te", 2 },
        { "trailer", 7 },         { "keep-alive", 10 },
    };

    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++)
        if (text_equal_nocase(name, framing[i]))
            return true;
    return false;
}

static int
add_header(struct building *b, struct text name, struct text value, struct flow_place place)
{
    if (b->header_count == LIMIT_HEADER_FIELDS)
        return building_fail(b, place, "more than %d header fields", LIMIT_HEADER_FIELDS);
    b->headers[b->header_count++] =
        (struct header){ .name = name, .value = text_trim(value), .id = (uint8_t)header_id_of(name) };
    return 0;
}

int
building_header(struct building *b, struct text name, struct text value, struct flow_place place)
{
    if (!header_is_token(name))
        return building_fail(b, place, "'%.*s' is no name of a header field", TEXT_PRINT(name));
    if (is_framing(name))
        return building_fail(b, place, "the header field '%.*s' is written by Plumbline itself; take it out",
                             TEXT_PRINT(name));
    if (!is_field_value(value))
        return building_fail(b, place, "the value of '%.*s' holds a line break or another control character",
                             TEXT_PRINT(name));
    return add_header(b, name, value, place);
}

/* ---- parameters ---- */

static const enum sending_place places[] = {
    [FLOW_IN_PATH] = SENDING_PATH,     [FLOW_IN_QUERY] = SENDING_QUERY,   [FLOW_IN_QUERYSTRING] = SENDING_QUERYSTRING,
    [FLOW_IN_HEADER] = SENDING_HEADER, [FLOW_IN_COOKIE] = SENDING_COOKIE,
};
static const char *const place_names[] = { "", "path", "query", "querystring", "header", "cookie" };

static void
add_pairs(struct buffer *out, struct text pairs, const char *separator)
{
    if (pairs.length > 0 && buffer_length(out) > 0)
        buffer_add(out, text_of(separator));
    buffer_add(out, pairs);
}

void
building_query(struct building *b, struct text pairs)
{
    add_pairs(&b->query, pairs, "&");
}

void
building_cookie(struct building *b, struct text pairs)
{
    add_pairs(&b->cookies, pairs, "; ");
}

/* The parameter as it is written, in the arena. data is NULL with err. */
static struct text
written(struct building *b, const struct flow_parameter *p)
{
    struct text what = arena_print(b->arena, "the parameter '%.*s' (%s)", TEXT_PRINT(p->name), place_names[p->in]);
    const struct value *value = building_fill(b, &p->value, p->place, what.data);
    struct text out = { NULL, 0 };
    const char *why = "";
    struct buffer text;

    if (value == NULL)
        return out;
    buffer_init(&text, LIMIT_HEADER_BYTES);
    if (!sending_parameter(b->operation, places[p->in], p->name, value, &text, &why))
        (void)building_fail(b, p->place, "%s: %s", what.data, why);
    else if (buffer_failed(&text))
        (void)building_fail(b, p->place, "%s is too long: more than %zu bytes", what.data, LIMIT_HEADER_BYTES);
    else if ((out = arena_text(b->arena, buffer_text(&text))).data == NULL)
        (void)error_memory(b->err);
    buffer_release(&text);
    return out;
}

static int
add_parameter(struct building *b, const struct flow_parameter *p)
{
    struct text value;

    if (p->in == FLOW_IN_NONE || p->in == FLOW_IN_PATH)
        return 0;
    value = written(b, p);
    if (value.data == NULL)
        return -1;
    if (p->in == FLOW_IN_HEADER)
        return building_header(b, p->name, value, p->place);
    if (p->in == FLOW_IN_COOKIE)
        building_cookie(b, value);
    else
        building_query(b, value);
    return 0;
}

static const struct flow_parameter *
path_parameter(const struct step *step, struct text name)
{
    for (uint32_t i = 0; i < step->parameter_count; i++)
        if (step->parameters[i].in == FLOW_IN_PATH && text_equal(step->parameters[i].name, name))
            return &step->parameters[i];
    return NULL;
}

/* What stands for {name}. An empty one would be another path, and dots are taken for steps in the tree by who reads
 * them (RFC 3986 5.2.4), encoded or not. */
static int
add_path_value(struct building *b, struct text name)
{
    const struct step *step = b->sending->step;
    const struct flow_parameter *p = path_parameter(step, name);
    struct contract_match *match = &b->request->match;
    struct text value;

    if (p == NULL)
        return building_fail(b, step->place, "the path needs a parameter '%.*s' (in: path)", TEXT_PRINT(name));
    value = written(b, p);
    if (value.data == NULL)
        return -1;
    if (value.length == 0)
        return building_fail(b, p->place, "the parameter '%.*s' (path) is empty: it would be another path",
                             TEXT_PRINT(name));
    if (text_equal(value, TEXT(".")) || text_equal(value, TEXT("..")))
        return building_fail(b, p->place, "the parameter '%.*s' (path) is '%.*s': it would be another path",
                             TEXT_PRINT(name), TEXT_PRINT(value));
    buffer_add(&b->path, value);
    if (match->parameter_count < MATCH_PARAMETERS)
        match->parameters[match->parameter_count++] = (struct operation_parameter_value){ name, value };
    return 0;
}

/* "/orders/{id}" with its variables replaced. */
static int
add_path(struct building *b)
{
    struct text rest = operation_path(b->operation);

    while (rest.length > 0) {
        size_t open = text_find(rest, '{'), close = open + text_find(text_from(rest, open), '}');

        buffer_add(&b->path, text_slice(rest, 0, open));
        if (close >= rest.length) {
            buffer_add(&b->path, text_from(rest, open));
            return 0;
        }
        if (add_path_value(b, text_slice(rest, open + 1, close - open - 1)) < 0)
            return -1;
        rest = text_from(rest, close + 1);
    }
    return 0;
}

static int
add_parameters(struct building *b)
{
    const struct step *step = b->sending->step;

    for (uint32_t i = 0; i < step->parameter_count; i++)
        if (add_parameter(b, &step->parameters[i]) < 0)
            return -1;
    return 0;
}

/* ---- all of it ---- */

/* The base URL, its authority, and the path that it begins with. */
static int
begin_at_server(struct building *b, struct text *origin)
{
    const struct flow_sending *s = b->sending;
    struct text base =
        flow_request_server(s->step->source, b->operation, s->servers, s->server_count, b->arena, b->err);
    struct uri uri;

    if (base.data == NULL)
        return -1;
    uri = uri_split(base);
    b->authority = uri.authority;
    *origin = text_slice(base, 0, base.length - uri.path.length);
    buffer_add(&b->path, uri.path);
    return 0;
}

static int
add_head(struct building *b)
{
    const struct flow_place place = b->sending->step->place;
    struct text accepts = sending_accepts(b->operation, b->arena);

    if (add_parameters(b) < 0 || building_credentials(b) < 0)
        return -1;
    if (buffer_length(&b->cookies) > 0 &&
        building_header(b, TEXT("Cookie"), arena_text(b->arena, buffer_text(&b->cookies)), place) < 0)
        return -1;
    if (!building_has_header(b, TEXT("Accept")) &&
        building_header(b, TEXT("Accept"), accepts.length > 0 ? accepts : TEXT("*/*"), place) < 0)
        return -1;
    if (!building_has_header(b, TEXT("User-Agent")) &&
        building_header(b, TEXT("User-Agent"), TEXT("plumbline/" PLUMBLINE_VERSION), place) < 0)
        return -1;
    if (!building_has_header(b, TEXT("Host")) && building_header(b, TEXT("Host"), b->authority, place) < 0)
        return -1;
    if (b->has_body && !building_has_header(b, TEXT("Content-Type")) &&
        building_header(b, TEXT("Content-Type"), b->content_type, place) < 0)
        return -1;
    return 0;
}

static void
fill_message(struct building *b, struct text path, struct text query, bool has_query, struct text target)
{
    struct message *m = &b->request->message;

    *m = (struct message){ .is_request = true,
                           .minor = 1,
                           .method = operation_method(b->operation),
                           .target = target,
                           .path = path,
                           .query = query,
                           .has_query = has_query,
                           .authority = b->authority,
                           .header_count = b->header_count,
                           .keep_alive = true };
    if (!b->has_body)
        return;
    m->framing = FRAMING_LENGTH;
    m->has_length = true;
    m->length = m->body_bytes = b->body.length;
    m->body_state = BODY_WHOLE;
    m->body = b->body;
}

/* Content-Length is the last field: what is fetched has it written by libcurl. */
static int
finish(struct building *b, struct text origin)
{
    const struct flow_place place = b->sending->step->place;
    struct text path = buffer_text(&b->path), query = buffer_text(&b->query), target;
    bool has_query = query.length > 0;
    uint32_t fields = b->header_count;
    struct header *headers;

    if (buffer_failed(&b->path) || buffer_failed(&b->query) || buffer_failed(&b->cookies) ||
        path.length + query.length + 1 > LIMIT_REQUEST_LINE)
        return building_fail(b, place, "path and query are too long: more than %zu bytes", LIMIT_REQUEST_LINE);
    if (b->has_body && add_header(b, TEXT("Content-Length"), arena_print(b->arena, "%zu", b->body.length), place) < 0)
        return -1;
    target = arena_print(b->arena, "%.*s%s%.*s", TEXT_PRINT(path), has_query ? "?" : "", TEXT_PRINT(query));
    b->request->url = arena_print(b->arena, "%.*s%.*s", TEXT_PRINT(origin), TEXT_PRINT(target));
    headers = ARENA_ARRAY(b->arena, struct header, b->header_count);
    if (target.data == NULL || b->request->url.data == NULL || headers == NULL)
        return error_memory(b->err);
    memcpy(headers, b->headers, b->header_count * sizeof *headers);
    fill_message(b, text_slice(target, 0, path.length), text_slice(target, path.length + 1, query.length), has_query,
                 target);
    b->request->message.headers = headers;
    b->request->fetch = (struct fetch_request){ .method = operation_method(b->operation),
                                                .url = b->request->url,
                                                .headers = headers,
                                                .header_count = fields,
                                                .body = b->body,
                                                .has_body = b->has_body };
    return 0;
}

int
flow_request_build(const struct flow_sending *sending, struct arena *arena, struct flow_request *request,
                   struct error *err)
{
    struct building b = {
        .sending = sending, .operation = sending->step->operation, .arena = arena, .err = err, .request = request
    };
    struct text origin = { NULL, 0 };
    int result = -1;

    *request = (struct flow_request){ .match = { .operation = b.operation, .path_known = true } };
    buffer_init(&b.path, LIMIT_REQUEST_LINE);
    buffer_init(&b.query, LIMIT_REQUEST_LINE);
    buffer_init(&b.cookies, LIMIT_HEADER_BYTES);
    if (begin_at_server(&b, &origin) == 0 && add_path(&b) == 0 && building_body(&b) == 0 && add_head(&b) == 0)
        result = finish(&b, origin);
    buffer_release(&b.path);
    buffer_release(&b.query);
    buffer_release(&b.cookies);
    return result;
}
