/* sending.c -- what a sender asks of an operation: parameters, media types, servers, credentials. */
#include "contract/sending.h"

#include "base/limits.h"
#include "contract/sending_style.h"
#include "http/query.h"

static const enum location locations[] = {
    [SENDING_PATH] = IN_PATH,
    [SENDING_QUERY] = IN_QUERY,
    [SENDING_HEADER] = IN_HEADER,
    [SENDING_COOKIE] = IN_COOKIE,
    [SENDING_QUERYSTRING] = IN_QUERYSTRING,
};

static const struct parameter *
find_parameter(const struct operation *o, enum location in, struct text name)
{
    for (uint32_t i = 0; i < o->parameter_count[in]; i++) {
        const struct parameter *p = &o->parameters[in][i];

        if (in == IN_HEADER ? text_equal_nocase(p->name, name) : text_equal(p->name, name))
            return p;
    }
    return NULL;
}

static struct style_writer
writer_for(const struct parameter *p, enum location in, struct text name, struct buffer *out)
{
    bool pairs = in == IN_QUERY || in == IN_COOKIE;
    struct style_writer w = { .out = out,
                              .name = name,
                              .style = p != NULL ? (enum style)p->style
                                       : pairs   ? STYLE_FORM
                                                 : STYLE_SIMPLE,
                              .explode = p != NULL ? p->explode : pairs,
                              .between = in == IN_COOKIE ? "; " : "&" };

    if (in == IN_HEADER || w.style == STYLE_COOKIE)
        w.escaping = ESCAPE_NOTHING;
    else if (p != NULL && in == IN_QUERY && value_is(VALUE_MEMBER(p->place.value, "allowReserved"), VALUE_TRUE))
        w.escaping = ESCAPE_RESERVED;
    return w;
}

/* As its media type says: JSON, or the text itself. */
static bool
write_content(struct style_writer *w, const struct media *media, const struct value *value, bool named)
{
    if (named) {
        if (!style_write_text(w, w->name))
            return false;
        buffer_byte(w->out, '=');
    }
    return media->kind != MEDIA_JSON && value->type < VALUE_ARRAY ? style_write_text(w, style_scalar_text(value))
                                                                  : style_write_json(w, value);
}

/* A text that is a query already: only what no query can hold is encoded. */
static void
write_ready_query(struct buffer *out, struct text query)
{
    for (size_t i = 0; i < query.length; i++) {
        char c = query.data[i];

        if (c > ' ' && c < 0x7f && c != '#')
            buffer_byte(out, c);
        else
            percent_encode(out, text_slice(query, i, 1));
    }
}

static bool
write_querystring(const struct operation *o, const struct parameter *p, const struct value *value,
                  struct style_writer *w, const char **why)
{
    const struct media *media = p != NULL ? p->content : NULL;

    if (media != NULL && media->kind != MEDIA_FORM)
        return write_content(w, media, value, false);
    if (value->type == VALUE_OBJECT)
        return sending_form(o, media != NULL ? media->name : TEXT(""), value, w->out, why);
    if (value->type == VALUE_ARRAY) {
        w->wrong = "a query is an object, or a text";
        return false;
    }
    write_ready_query(w->out, style_scalar_text(value));
    return true;
}

bool
sending_parameter(const struct operation *o, enum sending_place place, struct text name, const struct value *value,
                  struct buffer *out, const char **why)
{
    enum location in = locations[place];
    const struct parameter *p = find_parameter(o, in, name);
    struct style_writer w = writer_for(p, in, name, out);
    bool fine;

    *why = "";
    if (value->type == VALUE_NULL)
        return true;
    if (in == IN_QUERYSTRING)
        fine = write_querystring(o, p, value, &w, why);
    else if (p != NULL && p->content != NULL)
        fine = write_content(&w, p->content, value, in == IN_QUERY || in == IN_COOKIE);
    else
        fine = style_write(&w, value);
    if (w.wrong != NULL)
        *why = w.wrong;
    return fine;
}

/* ---- media types ---- */

struct text
sending_type(const struct operation *o, uint32_t index)
{
    return o->body != NULL && index < o->body->media.count ? o->body->media.items[index].name
                                                           : (struct text){ NULL, 0 };
}

/* Is it in the list already? */
static bool
has_type(struct text list, struct text type)
{
    struct text one;

    while (header_list_next(&list, &one))
        if (text_equal_nocase(one, type))
            return true;
    return false;
}

struct text
sending_accepts(const struct operation *o, struct arena *arena)
{
    struct buffer b;
    struct text list;

    buffer_init(&b, 4 * LIMIT_KIB);
    for (uint32_t i = 0; i < o->response_count; i++)
        for (uint32_t m = 0; m < o->responses[i].media.count; m++) {
            struct text type = o->responses[i].media.items[m].name;

            if (has_type(buffer_text(&b), type))
                continue;
            if (buffer_length(&b) > 0)
                buffer_add(&b, TEXT(", "));
            buffer_add(&b, type);
        }
    list = buffer_length(&b) > 0 ? arena_text(arena, buffer_text(&b)) : text_make(NULL, 0);
    buffer_release(&b);
    return list;
}

/* ---- servers and credentials ---- */

const struct value *
sending_servers(const struct operation *o)
{
    return o->servers.value;
}

uint32_t
sending_ways(const struct operation *o)
{
    return o->security_count;
}

uint32_t
sending_way_schemes(const struct operation *o, uint32_t way)
{
    return o->security[way].count;
}

struct sending_scheme
sending_way_scheme(const struct operation *o, uint32_t way, uint32_t index)
{
    static const enum sending_credential kinds[] = {
        [SCHEME_UNKNOWN] = SENDING_UNKNOWN, [SCHEME_BASIC] = SENDING_BASIC, [SCHEME_BEARER] = SENDING_BEARER,
        [SCHEME_HTTP] = SENDING_SCHEME,     [SCHEME_KEY] = SENDING_KEY,     [SCHEME_MUTUAL_TLS] = SENDING_UNKNOWN,
    };
    const struct security_scheme *s = o->security[way].schemes[index];

    return (struct sending_scheme){
        .name = s->name,
        .kind = kinds[s->kind],
        .scheme = s->scheme,
        .parameter = s->parameter,
        .in = s->in == IN_QUERY    ? SENDING_QUERY
              : s->in == IN_COOKIE ? SENDING_COOKIE
                                   : SENDING_HEADER,
    };
}
