/* compare_headers.c -- the fields of an answer that clients act on. */
#include "http/media_type.h"
#include "replay/compare_internal.h"
#include "traffic/redacted.h"

#include <stdio.h>

enum way {
    AS_VALUE,
    AS_PRESENCE, /* its value is new every time */
    AS_LIST,     /* members in any order, in any case */
    AS_TYPE,     /* a media type and its charset */
    AS_PLACE,    /* a URI: without the origin */
    AS_COOKIES,  /* which names are set */
};

/* docs/replay.md lists them. */
static const struct {
    struct text name;
    enum way way;
} fields[] = {
    { TEXT("Content-Type"), AS_TYPE },
    { TEXT("Location"), AS_PLACE },
    { TEXT("Content-Location"), AS_PLACE },
    { TEXT("ETag"), AS_PRESENCE },
    { TEXT("Last-Modified"), AS_PRESENCE },
    { TEXT("Retry-After"), AS_PRESENCE },
    { TEXT("Cache-Control"), AS_LIST },
    { TEXT("Vary"), AS_LIST },
    { TEXT("Allow"), AS_LIST },
    { TEXT("Accept-Patch"), AS_LIST },
    { TEXT("Content-Language"), AS_LIST },
    { TEXT("Content-Disposition"), AS_VALUE },
    { TEXT("WWW-Authenticate"), AS_VALUE },
    { TEXT("Link"), AS_VALUE },
    { TEXT("Deprecation"), AS_PRESENCE },
    { TEXT("Sunset"), AS_PRESENCE },
    { TEXT("Access-Control-Allow-Origin"), AS_VALUE },
    { TEXT("Access-Control-Allow-Methods"), AS_LIST },
    { TEXT("Access-Control-Allow-Headers"), AS_LIST },
    { TEXT("Access-Control-Expose-Headers"), AS_LIST },
    { TEXT("Set-Cookie"), AS_COOKIES },
};

static struct text
value_of(const struct message *m, struct text name)
{
    const struct header *h = message_header_named(m, name);

    return h != NULL ? h->value : text_make(NULL, 0);
}

/* ---- ways ---- */

static bool
types_equal(struct text a, struct text b)
{
    struct media_type x, y;

    if (!media_type_parse(a, &x) || !media_type_parse(b, &y))
        return text_equal(a, b);
    return text_equal_nocase(x.type, y.type) && text_equal_nocase(x.subtype, y.subtype) &&
           text_equal_nocase(media_type_parameter(&x, TEXT("charset")), media_type_parameter(&y, TEXT("charset")));
}

/* Path, query and fragment: where the service stands, only the gateway knows. */
static struct text
without_origin(struct text uri)
{
    size_t scheme = text_search(uri, TEXT("://"));

    if (scheme == uri.length)
        return uri;
    uri = text_from(uri, scheme + 3);
    return text_from(uri, text_find(uri, '/'));
}

static bool
has_member(const struct message *m, struct text name, struct text wanted)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        struct text rest = m->headers[i].value, member;

        while (text_equal_nocase(m->headers[i].name, name) && header_list_next(&rest, &member))
            if (text_equal_nocase(member, wanted))
                return true;
    }
    return false;
}

static bool
lists_within(const struct message *a, const struct message *b, struct text name)
{
    for (uint32_t i = 0; i < a->header_count; i++) {
        struct text rest = a->headers[i].value, member;

        while (text_equal_nocase(a->headers[i].name, name) && header_list_next(&rest, &member))
            if (!has_member(b, name, member))
                return false;
    }
    return true;
}

static struct text
cookie_name(const struct header *h)
{
    return text_trim(text_slice(h->value, 0, text_find(h->value, '=')));
}

static bool
sets_cookie(const struct message *m, struct text name)
{
    for (uint32_t i = 0; i < m->header_count; i++)
        if (m->headers[i].id == HEADER_SET_COOKIE && text_equal(cookie_name(&m->headers[i]), name))
            return true;
    return false;
}

static void
compare_cookies(struct compare_state *s, const struct message *a, const struct message *b, const char *keyword)
{
    bool missing = text_equal(text_of(keyword), TEXT("missing"));

    for (uint32_t i = 0; i < a->header_count; i++) {
        const struct header *h = &a->headers[i];
        struct text name = cookie_name(h);

        if (h->id == HEADER_SET_COOKIE && !sets_cookie(b, name))
            compare_tell(s, DIFFERENCE_HEADER, keyword, TEXT("header Set-Cookie"),
                         missing ? arena_print(s->arena, "the cookie %.*s", TEXT_PRINT(name)) : TEXT("nothing"),
                         missing ? TEXT("nothing") : arena_print(s->arena, "the cookie %.*s", TEXT_PRINT(name)));
    }
}

static bool
are_equal(struct compare_state *s, struct text name, enum way way, struct text a, struct text b)
{
    switch (way) {
    case AS_PRESENCE:
        return true;
    case AS_TYPE:
        return types_equal(a, b);
    case AS_PLACE:
        a = without_origin(a);
        b = without_origin(b);
        return text_equal(a, b) || text_equal(a, compare_back(s, b));
    case AS_LIST:
        return lists_within(&s->x->response, s->answer, name) && lists_within(s->answer, &s->x->response, name);
    default:
        return text_equal(a, b) || text_equal(a, compare_back(s, b));
    }
}

/* ---- one field ---- */

static bool
is_redacted(const struct exchange *x, struct text name)
{
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        struct text place;

        if (redacted_place(x->redacted[i], SIDE_RESPONSE, &place) && text_starts(place, TEXT("header ")) &&
            text_equal_nocase(text_from(place, 7), name))
            return true;
    }
    return false;
}

static void
compare_field(struct compare_state *s, struct text name, enum way way)
{
    const struct message *before = &s->x->response;
    bool was = message_header_named(before, name) != NULL, is = message_header_named(s->answer, name) != NULL;
    struct text a, b, place;

    if ((!was && !is) || is_redacted(s->x, name) || (s->c->noise != NULL && noise_has_header(s->c->noise, name)))
        return;
    if (way == AS_COOKIES) {
        compare_cookies(s, before, s->answer, "missing");
        compare_cookies(s, s->answer, before, "extra");
        return;
    }
    a = value_of(before, name);
    b = value_of(s->answer, name);
    if (was && is && are_equal(s, name, way, a, b))
        return;
    place = arena_print(s->arena, "header %.*s", TEXT_PRINT(name));
    compare_tell(s, DIFFERENCE_HEADER,
                 !is   ? "missing"
                 : was ? "value"
                       : "extra",
                 place, was ? compare_shown(s, a) : TEXT("nothing"), is ? compare_shown(s, b) : TEXT("nothing"));
}

void
compare_headers(struct compare_state *s)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        compare_field(s, fields[i].name, fields[i].way);
    for (uint32_t i = 0; i < s->c->header_count; i++)
        compare_field(s, s->c->headers[i], AS_VALUE);
}
