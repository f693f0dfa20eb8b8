/* reader_auth.c -- credentials, other header fields, and where the server is. */
#include "extract/reader.h"
#include "extract/wording.h"

static void
demand(struct reader *r, enum scheme_kind kind, struct text name, const struct source *source)
{
    unsigned bit = model_scheme(r->x, kind, name, source);

    if (r->operation != NULL)
        r->operation->schemes |= bit;
    else
        r->x->general |= bit;
}

static bool
is_key_name(struct text name)
{
    return wording_are(
        name, "x-api-key|api-key|apikey|api_key|x-auth-token|x-access-token|x-auth-key|x-api-token|access-token|"
              "auth-token|x-token|private-token|ocp-apim-subscription-key|x-authorization");
}

bool
reader_credentials(struct reader *r, struct text name, struct text value, struct source source)
{
    if (text_equal_nocase(name, TEXT("authorization"))) {
        if (wording_have(value, "basic"))
            demand(r, SCHEME_BASIC, TEXT("basic"), &source);
        else if (wording_have(value, "bearer|jwt") || wording_have(value, "oauth"))
            demand(r, SCHEME_BEARER, TEXT("bearer"), &source);
        else
            demand(r, SCHEME_HEADER, TEXT("Authorization"), &source);
        return true;
    }
    if (!is_key_name(name))
        return false;
    demand(r, SCHEME_HEADER, name, &source);
    return true;
}

void
reader_header(struct reader *r, struct text name, struct text value, struct source source)
{
    struct parameter *p;

    if (reader_credentials(r, name, value, source) || r->operation == NULL)
        return;
    if (wording_are(
            name, "host|user-agent|accept|content-type|content-length|connection|accept-encoding|accept-language|date|"
                  "cache-control|cookie|origin|referer|transfer-encoding|location|etag|server|link|retry-after|status"))
        return;
    source.sure = SURE_MEDIUM;
    p = model_parameter(r->x, r->operation, PLACE_HEADER, name, &source);
    if (p != NULL && p->shape->types == 0)
        p->shape->types = SHAPE_STRING;
    if (p != NULL && p->example.length == 0 && value.length < 100 && text_find(value, '<') == value.length)
        p->example = arena_text(r->arena, value);
}

/* The URL of the line: with a scheme, or a bare host in code. */
static void
take_server(struct reader *r, struct text line)
{
    struct source source = reader_source(r, 0, SURE_HIGH);
    size_t at = text_search(line, TEXT("http")), end, dots = 0;
    struct text span;

    if (at < line.length) {
        struct endpoint e;

        if (endpoint_find(line, at > 0 ? at - 1 : 0, &e, &end) && text_search(e.path, TEXT("://")) < e.path.length)
            model_server(r->x, text_slice(e.path, 0, text_find(e.path, '?')), &source);
        return;
    }
    span = wording_code_span(line, 0, &end);
    for (size_t i = 0; i < span.length; i++) {
        if (!is_name_byte(span.data[i]) && strchr(".-/:", span.data[i]) == NULL)
            return;
        dots += span.data[i] == '.';
    }
    if (dots < 1 || !is_letter(span.data[0]) || wording_have(span, "json|md|yaml|js|py"))
        return;
    source.sure = SURE_MEDIUM;
    source.note = TEXT("no scheme is said: https");
    model_server(r->x, arena_print(r->arena, "https://%.*s", TEXT_PRINT(span)), &source);
}

/* A name such as X-API-Key in the line. */
static struct text
key_in(struct text line)
{
    for (size_t at = 0; at < line.length; at++) {
        size_t end = at;

        while (end < line.length && (is_name_byte(line.data[end]) || line.data[end] == '-'))
            end++;
        if (end > at && is_key_name(text_slice(line, at, end - at)))
            return text_slice(line, at, end - at);
        at = end > at ? end : at;
    }
    return (struct text){ NULL, 0 };
}

void
reader_prose(struct reader *r, struct text line)
{
    struct source source = reader_source(r, 0, SURE_MEDIUM);
    struct text key;

    if ((wording_have(line, "base|server|host|endpoint|production|sandbox|staging") || r->label.kind == LABEL_BASE ||
         (wording_have(line, "all") && wording_have(line, "call|request"))) &&
        endpoint_method(line) == METHOD_COUNT)
        take_server(r, line);
    if (!wording_have(line,
                      "token|authorization|authentication|authenticate|key|apikey|api_key|bearer|basic|credential") &&
        text_search(line, TEXT("-")) == line.length)
        return;
    key = key_in(line);
    if (wording_have(line, "bearer")) {
        demand(r, SCHEME_BEARER, TEXT("bearer"), &source);
    } else if (wording_have(line, "basic") && wording_have(line, "auth|authentication|authorization|http")) {
        demand(r, SCHEME_BASIC, TEXT("basic"), &source);
    } else if (key.length > 0 && wording_have(line, "query|parameter")) {
        demand(r, SCHEME_QUERY, key, &source);
    } else if (key.length > 0) {
        demand(r, SCHEME_HEADER, key, &source);
    } else if (wording_have(line, "header") && wording_have(line, "token|authorization|credential|key")) {
        source.sure = SURE_LOW;
        source.note = TEXT("a token in a header that is not named: Authorization");
        demand(r, SCHEME_HEADER, TEXT("Authorization"), &source);
    }
}
