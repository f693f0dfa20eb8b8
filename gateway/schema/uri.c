/* uri.c -- RFC 3986: split (appendix B), merge and remove dot segments (5.2), put together (5.3). */
#include "schema/uri.h"

static bool
scheme_char(char c, bool first)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

struct uri
uri_split(struct text rest)
{
    struct uri u = { 0 };
    size_t at = text_find(rest, '#');

    if (at < rest.length) {
        u.has_fragment = true;
        u.fragment = text_from(rest, at + 1);
        rest = text_slice(rest, 0, at);
    }
    at = text_find(rest, '?');
    if (at < rest.length) {
        u.has_query = true;
        u.query = text_from(rest, at + 1);
        rest = text_slice(rest, 0, at);
    }
    at = 0;
    while (at < rest.length && scheme_char(rest.data[at], at == 0))
        at++;
    if (at > 0 && at < rest.length && rest.data[at] == ':') {
        u.has_scheme = true;
        u.scheme = text_slice(rest, 0, at);
        rest = text_from(rest, at + 1);
    }
    if (text_starts(rest, TEXT("//"))) {
        rest = text_from(rest, 2);
        at = text_find(rest, '/');
        u.has_authority = true;
        u.authority = text_slice(rest, 0, at);
        rest = text_from(rest, at);
    }
    u.path = rest;
    return u;
}

struct output {
    char *data;
    size_t length;
    size_t size;
    bool full;
};

static void
put(struct output *o, struct text t)
{
    if (t.length > o->size - o->length) {
        o->full = true;
        return;
    }
    if (t.length > 0)
        memcpy(o->data + o->length, t.data, t.length);
    o->length += t.length;
}

static void
put_lower(struct output *o, struct text t)
{
    size_t from = o->length;

    put(o, t);
    for (size_t i = from; i < o->length; i++) {
        if (o->data[i] >= 'A' && o->data[i] <= 'Z')
            o->data[i] = (char)(o->data[i] | 0x20);
    }
}

/* Remove "." and ".." from the path written at data[start..] (5.2.4), in place. */
static void
remove_dots(struct output *o, size_t start)
{
    char *path = o->data + start;
    size_t length = o->length - start, in = 0, out = 0;
    bool rooted = length > 0 && path[0] == '/';

    while (in < length) {
        size_t begin = in + (path[in] == '/' ? 1 : 0), end = begin;
        bool slash = begin > in;

        while (end < length && path[end] != '/')
            end++;
        if (end - begin == 1 && path[begin] == '.') {
            if (end == length && slash)
                path[out++] = '/';
        } else if (end - begin == 2 && path[begin] == '.' && path[begin + 1] == '.') {
            while (out > 0 && path[out - 1] != '/')
                out--;
            if (out > 0)
                out--;
            if (end == length && (slash || out > 0))
                path[out++] = '/';
        } else {
            if (slash && (out > 0 || rooted))
                path[out++] = '/';
            memmove(path + out, path + begin, end - begin);
            out += end - begin;
        }
        in = end;
    }
    o->length = start + out;
}

/* The path of a relative reference: the base's up to its last slash, then the reference's (5.2.3). */
static void
put_merged(struct output *o, const struct uri *base, struct text path)
{
    size_t keep = base->path.length;

    while (keep > 0 && base->path.data[keep - 1] != '/')
        keep--;
    if (base->has_authority && base->path.length == 0)
        put(o, TEXT("/"));
    put(o, text_slice(base->path, 0, keep));
    put(o, path);
}

static void
put_authority(struct output *o, const struct uri *u)
{
    size_t at = text_find(u->authority, '@');

    if (!u->has_authority)
        return;
    put(o, TEXT("//"));
    if (at < u->authority.length) { /* user information keeps its case */
        put(o, text_slice(u->authority, 0, at));
        put_lower(o, text_from(u->authority, at));
    } else {
        put_lower(o, u->authority);
    }
}

struct text
uri_resolve(struct text base_text, struct text reference, char *out, size_t size)
{
    struct uri base = uri_split(base_text), r = uri_split(reference);
    struct output o = { .data = out, .size = size };
    bool own = r.has_scheme || r.has_authority;
    const struct uri *head = r.has_scheme ? &r : &base;
    size_t path;

    if (head->has_scheme) {
        put_lower(&o, head->scheme);
        put(&o, TEXT(":"));
    }
    put_authority(&o, own ? &r : &base);
    path = o.length;
    if (own || (r.path.length > 0 && r.path.data[0] == '/')) {
        put(&o, r.path);
        if (r.path.length > 0 && r.path.data[0] == '/') /* urn:a:b has no segments */
            remove_dots(&o, path);
    } else if (r.path.length == 0) {
        put(&o, base.path);
    } else {
        put_merged(&o, &base, r.path);
        remove_dots(&o, path);
    }
    if (r.has_query || (!own && r.path.length == 0 && base.has_query)) {
        put(&o, TEXT("?"));
        put(&o, r.has_query ? r.query : base.query);
    }
    if (o.full)
        return text_make(NULL, 0);
    return text_make(out, o.length);
}

struct text
uri_decode(struct text t, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] == '%' && i + 2 < t.length && text_hex_digit(t.data[i + 1]) >= 0 &&
            text_hex_digit(t.data[i + 2]) >= 0) {
            out[length++] = (char)(text_hex_digit(t.data[i + 1]) * 16 + text_hex_digit(t.data[i + 2]));
            i += 2;
        } else {
            out[length++] = t.data[i];
        }
    }
    return (struct text){ out, length };
}
