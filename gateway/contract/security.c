/* security.c -- alternatives are tried in order; the first whose schemes are all satisfied ends it. */
#include "contract/security.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "http/query.h"

enum credential {
    CREDENTIAL_FINE,
    CREDENTIAL_MISSING,
    CREDENTIAL_MALFORMED,
    CREDENTIAL_UNCHECKED, /* nothing in the message can tell: mutual TLS, an unknown scheme */
};

/* ---- shapes ---- */

static bool
is_token68_character(char c)
{
    char letter = (char)(c | 0x20);

    /* '+' to '9' is + , - . / and the digits */
    return (letter >= 'a' && letter <= 'z') || (c >= '+' && c <= '9' && c != ',') || c == '_' || c == '~';
}

/* token68 of RFC 9110 11.2, b64token of RFC 6750 2.1. */
static bool
is_token68(struct text t)
{
    size_t i = 0;

    while (i < t.length && is_token68_character(t.data[i]))
        i++;
    if (i == 0)
        return false;
    while (i < t.length && t.data[i] == '=')
        i++;
    return i == t.length;
}

/* base64 of "user:password": is there a colon in what it decodes to? (RFC 7617 2) */
static bool
is_user_and_password(struct text t)
{
    unsigned bits = 0, value = 0;
    bool colon = false;

    if (t.length % 4 != 0) /* padded, RFC 4648 4 */
        return false;
    for (unsigned padding = 0; padding < 2 && t.length > 0 && t.data[t.length - 1] == '='; padding++)
        t.length--;
    for (size_t i = 0; i < t.length; i++) {
        int digit = base64_digit(t.data[i]);

        if (digit < 0)
            return false;
        value = (value << 6 | (unsigned)digit) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            colon = colon || (value >> bits & 0xff) == ':';
        }
    }
    return colon;
}

/* ---- one scheme ---- */

/* "Bearer abc": the credentials behind the scheme, compared without case. */
static enum credential
check_authorization(const struct message *request, struct text scheme, bool (*shape)(struct text))
{
    enum credential result = CREDENTIAL_MISSING;
    unsigned fields = 0;

    for (uint32_t i = 0; i < request->header_count; i++) {
        struct text value = request->headers[i].value, rest;

        if (request->headers[i].id != HEADER_AUTHORIZATION)
            continue;
        if (++fields > 1) /* one field is allowed (RFC 9110 11.6.2); who reads the other? */
            return CREDENTIAL_MALFORMED;
        if (!text_equal_nocase(text_slice(value, 0, scheme.length), scheme))
            continue;
        rest = text_from(value, scheme.length);
        if (rest.length > 0 && rest.data[0] != ' ')
            continue;
        rest = text_trim(rest);
        result = rest.length > 0 && (shape == NULL || shape(rest)) ? CREDENTIAL_FINE : CREDENTIAL_MALFORMED;
    }
    return result;
}

static enum credential
present(bool found, struct text value)
{
    return !found ? CREDENTIAL_MISSING : value.length > 0 ? CREDENTIAL_FINE : CREDENTIAL_MALFORMED;
}

static enum credential
check_query_key(const struct message *request, struct text name, struct arena *arena)
{
    struct text rest = request->query, key;
    struct query_pair pair;

    while (query_next(&rest, &pair))
        if (percent_decode(pair.name, true, arena, &key) && text_equal(key, name))
            return present(true, pair.value);
    return CREDENTIAL_MISSING;
}

static enum credential
check_cookie_key(const struct message *request, struct text name)
{
    for (uint32_t i = 0; i < request->header_count; i++) {
        struct text_split split = text_split_start(request->headers[i].value);
        struct text pair;

        while (request->headers[i].id == HEADER_COOKIE && text_split_next(&split, ';', &pair)) {
            size_t equals = text_find(pair, '=');

            if (equals < pair.length && text_equal(text_trim(text_slice(pair, 0, equals)), name))
                return present(true, text_trim(text_from(pair, equals + 1)));
        }
    }
    return CREDENTIAL_MISSING;
}

static enum credential
check_key(const struct message *request, const struct security_scheme *s, struct arena *arena)
{
    const struct header *header;

    if (s->in == IN_QUERY)
        return check_query_key(request, s->parameter, arena);
    if (s->in == IN_COOKIE)
        return check_cookie_key(request, s->parameter);
    header = message_header_named(request, s->parameter);
    return present(header != NULL, header != NULL ? header->value : TEXT(""));
}

static enum credential
check_scheme(const struct message *request, const struct security_scheme *s, struct arena *arena)
{
    switch (s->kind) {
    case SCHEME_BASIC:
        return check_authorization(request, TEXT("Basic"), is_user_and_password);
    case SCHEME_BEARER:
        return check_authorization(request, TEXT("Bearer"), is_token68);
    case SCHEME_HTTP:
        return check_authorization(request, s->scheme, NULL);
    case SCHEME_KEY:
        return check_key(request, s, arena);
    case SCHEME_MUTUAL_TLS:
    case SCHEME_UNKNOWN:
        break;
    }
    return CREDENTIAL_UNCHECKED;
}

/* ---- all of them ---- */

static struct text
describe_scheme(const struct security_scheme *s, struct arena *arena)
{
    static const char *const where[LOCATIONS] = { "path", "query", "header", "cookie", "query" };

    switch (s->kind) {
    case SCHEME_BASIC:
        return TEXT("Authorization: Basic <base64 of user:password>");
    case SCHEME_BEARER:
        return TEXT("Authorization: Bearer <token>");
    case SCHEME_HTTP:
        return arena_print(arena, "Authorization: %.*s <credentials>", TEXT_PRINT(s->scheme));
    case SCHEME_KEY:
        return arena_print(arena, "the key '%.*s' (%s)", TEXT_PRINT(s->parameter), where[s->in]);
    default:
        return s->name;
    }
}

/* "Authorization: Bearer <token>, or the key 'api_key' (header) and …" */
static struct text
describe(const struct operation *o, struct arena *arena)
{
    struct buffer b;
    struct text out;

    buffer_init(&b, LIMIT_KIB);
    for (uint32_t i = 0; i < o->security_count; i++)
        for (uint32_t s = 0; s < o->security[i].count; s++) {
            buffer_add(&b, s > 0 ? TEXT(" and ") : i > 0 ? TEXT(", or ") : TEXT(""));
            buffer_add(&b, describe_scheme(o->security[i].schemes[s], arena));
        }
    out = arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return out;
}

/* The state of a whole alternative: the worst of its schemes. */
static enum credential
check_alternative(const struct message *request, const struct alternative *a, struct arena *arena,
                  const struct security_scheme **unchecked)
{
    enum credential result = CREDENTIAL_FINE;

    for (uint32_t i = 0; i < a->count; i++) {
        enum credential one = check_scheme(request, a->schemes[i], arena);

        if (one == CREDENTIAL_MISSING)
            return one;
        if (one == CREDENTIAL_MALFORMED)
            result = one;
        if (one == CREDENTIAL_UNCHECKED) {
            *unchecked = a->schemes[i];
            result = result == CREDENTIAL_FINE ? one : result;
        }
    }
    return result;
}

void
check_security(const struct checking *c, const struct operation *o, const struct message *request)
{
    const struct security_scheme *unchecked = NULL;
    bool malformed = false, unknown = false;
    struct violation *v;

    if (o->security_count == 0)
        return;
    for (uint32_t i = 0; i < o->security_count; i++) {
        enum credential result = check_alternative(request, &o->security[i], c->check->arena, &unchecked);

        if (result == CREDENTIAL_FINE)
            return;
        malformed = malformed || result == CREDENTIAL_MALFORMED;
        unknown = unknown || result == CREDENTIAL_UNCHECKED;
    }
    if (unknown) {
        report_unchecked(c, UNCHECKED_NO_SCHEMA, unchecked->label);
        return;
    }
    v = report_add(c, VIOLATION_SECURITY_MISSING,
                   o->security[0].count > 0 ? o->security[0].schemes[0]->label : TEXT(""), o->security_place);
    if (v == NULL)
        return;
    v->expected = describe(o, c->check->arena);
    v->found = malformed ? TEXT("malformed credentials") : TEXT("none"); /* never the credentials themselves */
}

/* ---- the answer ---- */

static void
add_challenge(struct buffer *b, const struct security_scheme *s, struct text realm)
{
    struct buffer one;
    static const char *const where[LOCATIONS] = { "path", "query", "header", "cookie", "query" };

    buffer_init(&one, LIMIT_KIB);
    if (s->kind == SCHEME_BASIC)
        buffer_print(&one, "Basic realm=\"%.*s\", charset=\"UTF-8\"", TEXT_PRINT(realm));
    else if (s->kind == SCHEME_BEARER)
        buffer_print(&one, "Bearer realm=\"%.*s\"", TEXT_PRINT(realm));
    else if (s->kind == SCHEME_HTTP)
        buffer_print(&one, "%.*s realm=\"%.*s\"", TEXT_PRINT(s->scheme), TEXT_PRINT(realm));
    else if (s->kind == SCHEME_KEY)
        buffer_print(&one, "ApiKey realm=\"%.*s\", in=\"%s\", name=\"%.*s\"", TEXT_PRINT(realm), where[s->in],
                     TEXT_PRINT(s->parameter));
    if (buffer_length(&one) > 0 && text_search(buffer_text(b), buffer_text(&one)) == buffer_length(b)) {
        if (buffer_length(b) > 0)
            buffer_add(b, TEXT(", "));
        buffer_add(b, buffer_text(&one));
    }
    buffer_release(&one);
}

/* A title may hold anything: only what a quoted string may hold as it is stays (RFC 9110 5.6.4). */
static struct text
realm_of(const struct contract *c, struct arena *arena)
{
    char *out = arena_alloc(arena, c->title.length + 1);
    size_t n = 0;

    for (size_t i = 0; out != NULL && i < c->title.length && n < 64; i++)
        if (c->title.data[i] >= ' ' && c->title.data[i] < 0x7f && c->title.data[i] != '"' && c->title.data[i] != '\\')
            out[n++] = c->title.data[i];
    return n > 0 ? (struct text){ out, n } : TEXT("api");
}

struct text
operation_challenge(const struct operation *o, struct arena *arena)
{
    struct text realm = realm_of(o->contract, arena), out;
    struct buffer b;

    buffer_init(&b, 4 * LIMIT_KIB);
    for (uint32_t i = 0; i < o->security_count; i++)
        for (uint32_t s = 0; s < o->security[i].count; s++)
            add_challenge(&b, o->security[i].schemes[s], realm);
    for (size_t i = b.start; i < b.end; i++) /* names come from the document: nothing of them ends a header */
        if ((unsigned char)b.data[i] < ' ' || b.data[i] == 0x7f)
            b.data[i] = '?';
    out = arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return out;
}
