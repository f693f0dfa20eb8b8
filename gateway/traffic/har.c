/* har.c -- any entry as HAR 1.2 wants it. The objects of the specification are tables: which members there are, of
 * which type, and what stands for "unknown". */
#include "traffic/har.h"

#include "base/limits.h"
#include "base/time_text.h"
#include "base/version.h"
#include "http/query.h"
#include "json/number.h"
#include "json/write.h"
#include "schema/format.h"
#include "traffic/har_parts.h"

enum har_kind {
    HAR_STRING,
    HAR_DATE,    /* ISO 8601 as HAR writes it */
    HAR_ADDRESS, /* an IPv4 or IPv6 address, nothing else */
    HAR_URL,
    HAR_INTEGER,
    HAR_SIZE,  /* an integer from -1 on: nobody knows */
    HAR_TIME,  /* milliseconds, never negative */
    HAR_PHASE, /* milliseconds, -1: it never was */
    HAR_FLAG,
    HAR_OBJECT,
    HAR_LIST, /* of objects */
};

struct har_member {
    struct text name;
    enum har_kind kind;
    bool required;
    struct text unknown; /* JSON that a required member gets; objects and lists: empty */
    const struct har_member *members;
};

/* clang-format off */
#define MEMBER(name, kind)             { { name, sizeof(name) - 1 }, kind, false, { NULL, 0 }, NULL }
#define REQUIRED(name, kind, json)     { { name, sizeof(name) - 1 }, kind, true, { json, sizeof(json) - 1 }, NULL }
#define INSIDE(name, kind, members)    { { name, sizeof(name) - 1 }, kind, true, { NULL, 0 }, members }
#define OPTIONAL(name, kind, members)  { { name, sizeof(name) - 1 }, kind, false, { NULL, 0 }, members }
#define END                            { { NULL, 0 }, HAR_STRING, false, { NULL, 0 }, NULL }

static const struct har_member pair_members[] = {
    REQUIRED("name", HAR_STRING, "\"\""), REQUIRED("value", HAR_STRING, "\"\""), MEMBER("comment", HAR_STRING), END };
static const struct har_member cookie_members[] = {
    REQUIRED("name", HAR_STRING, "\"\""), REQUIRED("value", HAR_STRING, "\"\""), MEMBER("path", HAR_STRING),
    MEMBER("domain", HAR_STRING), MEMBER("expires", HAR_DATE), MEMBER("httpOnly", HAR_FLAG), MEMBER("secure", HAR_FLAG),
    MEMBER("comment", HAR_STRING), END };
static const struct har_member parameter_members[] = {
    REQUIRED("name", HAR_STRING, "\"\""), MEMBER("value", HAR_STRING), MEMBER("fileName", HAR_STRING),
    MEMBER("contentType", HAR_STRING), MEMBER("comment", HAR_STRING), END };
static const struct har_member post_members[] = {
    REQUIRED("mimeType", HAR_STRING, "\"\""), OPTIONAL("params", HAR_LIST, parameter_members),
    MEMBER("text", HAR_STRING), MEMBER("comment", HAR_STRING), END };
static const struct har_member request_members[] = {
    REQUIRED("method", HAR_STRING, "\"\""), REQUIRED("url", HAR_URL, "\"http://localhost/\""),
    REQUIRED("httpVersion", HAR_STRING, "\"unknown\""), INSIDE("cookies", HAR_LIST, cookie_members),
    INSIDE("headers", HAR_LIST, pair_members), INSIDE("queryString", HAR_LIST, pair_members),
    OPTIONAL("postData", HAR_OBJECT, post_members), REQUIRED("headersSize", HAR_SIZE, "-1"),
    REQUIRED("bodySize", HAR_SIZE, "-1"), MEMBER("comment", HAR_STRING), END };
static const struct har_member content_members[] = {
    REQUIRED("size", HAR_SIZE, "-1"), MEMBER("compression", HAR_INTEGER), REQUIRED("mimeType", HAR_STRING, "\"\""),
    MEMBER("text", HAR_STRING), MEMBER("encoding", HAR_STRING), MEMBER("comment", HAR_STRING), END };
static const struct har_member response_members[] = {
    REQUIRED("status", HAR_INTEGER, "0"), REQUIRED("statusText", HAR_STRING, "\"\""),
    REQUIRED("httpVersion", HAR_STRING, "\"unknown\""), INSIDE("cookies", HAR_LIST, cookie_members),
    INSIDE("headers", HAR_LIST, pair_members), INSIDE("content", HAR_OBJECT, content_members),
    REQUIRED("redirectURL", HAR_STRING, "\"\""), REQUIRED("headersSize", HAR_SIZE, "-1"),
    REQUIRED("bodySize", HAR_SIZE, "-1"), MEMBER("comment", HAR_STRING), END };
static const struct har_member cached_members[] = {
    MEMBER("expires", HAR_DATE), REQUIRED("lastAccess", HAR_DATE, "\"1970-01-01T00:00:00.000Z\""),
    REQUIRED("eTag", HAR_STRING, "\"\""), REQUIRED("hitCount", HAR_INTEGER, "0"), MEMBER("comment", HAR_STRING), END };
static const struct har_member cache_members[] = {
    OPTIONAL("beforeRequest", HAR_OBJECT, cached_members), OPTIONAL("afterRequest", HAR_OBJECT, cached_members),
    MEMBER("comment", HAR_STRING), END };
static const struct har_member timings_members[] = {
    MEMBER("blocked", HAR_PHASE), MEMBER("dns", HAR_PHASE), MEMBER("connect", HAR_PHASE),
    REQUIRED("send", HAR_PHASE, "0"), REQUIRED("wait", HAR_PHASE, "0"), REQUIRED("receive", HAR_PHASE, "0"),
    MEMBER("ssl", HAR_PHASE), MEMBER("comment", HAR_STRING), END };
/* pageref is left to the custom ones: there are no pages in what we write */
static const struct har_member entry_members[] = {
    REQUIRED("startedDateTime", HAR_DATE, "\"1970-01-01T00:00:00.000Z\""), REQUIRED("time", HAR_TIME, "0"),
    INSIDE("request", HAR_OBJECT, request_members), INSIDE("response", HAR_OBJECT, response_members),
    INSIDE("cache", HAR_OBJECT, cache_members), INSIDE("timings", HAR_OBJECT, timings_members),
    MEMBER("serverIPAddress", HAR_ADDRESS), MEMBER("connection", HAR_STRING), MEMBER("comment", HAR_STRING), END };
/* clang-format on */

struct har_writing {
    struct json_writer w;
    struct arena *scratch;
};

/* ---- values ---- */

static bool
is_format(const char *name, struct text t)
{
    return format_check_text(format_find(text_of(name), false), t);
}

static bool
integer_of(const struct value *v, int64_t *number)
{
    struct decimal decimal;
    double real;
    uint64_t digits;

    if (value_is(v, VALUE_STRING) && v->count < 16 && text_to_u64(value_text(v), &digits)) {
        *number = (int64_t)digits;
        return true;
    }
    if (!value_is(v, VALUE_NUMBER))
        return false;
    decimal_read(&decimal, value_text(v));
    if (decimal_to_i64(&decimal, number))
        return true;
    real = decimal_to_double(&decimal); /* sizes of some tools are fractions */
    *number = real > -1e15 && real < 1e15 ? (int64_t)real : 0;
    return real > -1e15 && real < 1e15;
}

/* A number that is not below `least`, as it was written. */
static struct text
number_of(const struct value *v, double least)
{
    struct decimal decimal;
    double real;

    if (!value_is(v, VALUE_NUMBER))
        return text_make(NULL, 0);
    decimal_read(&decimal, value_text(v));
    real = decimal_to_double(&decimal);
    return real >= least && real < 1e15 ? value_text(v) : text_make(NULL, 0);
}

/* "2026-11-21T06:47:04.087Z" stays; other ways to write a time become this one. */
static struct text
date_of(const struct value *v)
{
    static const char *const plain = "dddd-dd-ddTdd:dd:dd";
    struct text t;
    int64_t ns;
    bool strict;

    if (!value_is(v, VALUE_STRING) || !har_time_read(v, &ns))
        return text_make(NULL, 0);
    t = value_text(v);
    strict = t.length > 19 && is_format("date-time", t);
    for (size_t i = 0; i < 19 && strict; i++)
        strict = plain[i] == 'd' ? t.data[i] >= '0' && t.data[i] <= '9' : t.data[i] == plain[i];
    return strict && t.data[t.length - 1] != 'z' ? t : time_text_rfc3339(ns, 9);
}

static struct text
address_of(const struct value *v)
{
    struct text t = value_is(v, VALUE_STRING) ? value_text(v) : text_make(NULL, 0);

    if (t.length > 2 && t.data[0] == '[' && t.data[t.length - 1] == ']')
        t = text_slice(t, 1, t.length - 2);
    return is_format("ipv4", t) || is_format("ipv6", t) ? t : text_make(NULL, 0);
}

/* The value of a member that is no object or list. False: it has none that HAR could take. */
static bool
write_scalar(struct har_writing *h, const struct har_member *m, const struct value *v)
{
    struct json_writer *w = &h->w;
    struct text text = { NULL, 0 };
    int64_t number;

    switch (m->kind) {
    case HAR_STRING:
        if (!value_is(v, VALUE_STRING) && !value_is(v, VALUE_NUMBER))
            return false;
        text = value_text(v);
        break;
    case HAR_DATE:
        text = date_of(v);
        break;
    case HAR_ADDRESS:
        text = address_of(v);
        break;
    case HAR_URL:
        text = har_url(value_is(v, VALUE_STRING) ? value_text(v) : text, h->scratch);
        break;
    case HAR_INTEGER:
    case HAR_SIZE:
        if (!integer_of(v, &number) || (m->kind == HAR_SIZE && number < -1))
            return false;
        json_key(w, m->name);
        json_integer(w, number);
        return true;
    case HAR_TIME:
    case HAR_PHASE:
        text = number_of(v, m->kind == HAR_TIME ? 0 : -1);
        if (text.length == 0)
            return false;
        json_key(w, m->name);
        json_raw(w, text);
        return true;
    default:
        if (!value_is_boolean(v))
            return false;
        json_key(w, m->name);
        json_bool(w, v->type == VALUE_TRUE);
        return true;
    }
    if (text.length == 0 && m->kind != HAR_STRING)
        return false;
    json_key(w, m->name);
    json_string(w, text);
    return true;
}

/* ---- objects ---- */

static void write_members(struct har_writing *h, const struct har_member *members, const struct value *v);

static void
write_object(struct har_writing *h, const struct har_member *members, const struct value *v)
{
    json_object(&h->w);
    write_members(h, members, v);
    json_end_object(&h->w);
}

static void
write_list(struct har_writing *h, const struct har_member *members, const struct value *v)
{
    json_array(&h->w);
    if (value_is(v, VALUE_ARRAY))
        for (VALUE_EACH_ITEM(item, v))
            if (value_is(item, VALUE_OBJECT))
                write_object(h, members, item);
    json_end_array(&h->w);
}

static void
write_member(struct har_writing *h, const struct har_member *m, const struct value *parent)
{
    const struct value *v = value_member(parent, m->name);

    if (m->kind == HAR_OBJECT || m->kind == HAR_LIST) {
        bool right = value_is(v, m->kind == HAR_OBJECT ? VALUE_OBJECT : VALUE_ARRAY);

        if (!right && !m->required)
            return;
        json_key(&h->w, m->name);
        if (m->kind == HAR_OBJECT)
            write_object(h, m->members, right ? v : NULL);
        else if (m->members == cookie_members && (!right || v->count == 0))
            har_write_cookies(&h->w, VALUE_MEMBER(parent, "headers"), VALUE_MEMBER(parent, "method") != NULL);
        else
            write_list(h, m->members, v);
        return;
    }
    if (!write_scalar(h, m, v) && m->required) {
        json_key(&h->w, m->name);
        json_raw(&h->w, m->unknown);
    }
}

/* Names that HAR does not know begin with an underscore (HAR 1.2, "Custom Fields"). */
static void
write_custom(struct har_writing *h, const struct har_member *members, const struct value *key)
{
    struct text name = value_text(key);

    for (const struct har_member *m = members; m->name.length > 0; m++)
        if (text_equal(m->name, name))
            return;
    if (!text_starts(name, TEXT("_")))
        name = arena_print(h->scratch, "_%.*s", TEXT_PRINT(name));
    json_key(&h->w, name);
    json_value(&h->w, value_next(key));
}

static void
write_members(struct har_writing *h, const struct har_member *members, const struct value *v)
{
    for (const struct har_member *m = members; m->name.length > 0; m++)
        write_member(h, m, v);
    if (members == entry_members && address_of(VALUE_MEMBER(v, "serverIPAddress")).length == 0)
        har_write_server(&h->w, VALUE_MEMBER(VALUE_MEMBER(v, "_plumbline"), "upstream"));
    if (!value_is(v, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, v))
        write_custom(h, members, key);
}

void
har_write_entry(struct buffer *out, const struct value *entry, struct arena *scratch)
{
    struct har_writing h = { .scratch = scratch };

    json_begin(&h.w, out, 0);
    write_object(&h, entry_members, entry);
}

void
har_write_begin(struct buffer *out)
{
    buffer_add(out,
               TEXT("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"Plumbline\",\"version\":\"" PLUMBLINE_VERSION
                    "\"},\"entries\":[\n"));
}

void
har_write_end(struct buffer *out)
{
    buffer_add(out, TEXT("\n]}}\n"));
}
