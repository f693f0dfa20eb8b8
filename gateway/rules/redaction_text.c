/* redaction_text.c -- secrets in texts: patterns, query strings, URLs, header values. What a text is made of stays:
 * `Bearer ***`, `a=***&b=2`. */
#include <string.h>

#include "base/hash.h"
#include "http/query.h"
#include "rules/card_number.h"
#include "rules/redaction_internal.h"

#define HASH_SHOWN  16  /* bytes of the digest */
#define MAIL_BYTES  254 /* RFC 5321 4.5.3.1.3, without its brackets */
#define PLACES_MORE 32

/* The bytes collected in the scratch buffer, as a text in the arena. */
static bool
take_built(struct redacting *d, struct text *t)
{
    struct text built = arena_text(d->arena, buffer_text(&d->scratch->built));

    if (built.data == NULL || buffer_failed(&d->scratch->built)) {
        d->failed = true;
        return false;
    }
    *t = built;
    return true;
}

/* One that a `format: email` lets pass (RFC 5321 4.1.2, without quotes), and nothing else beside it. */
static bool
is_mail_address(struct text t)
{
    size_t at = text_find(t, '@'), dots = 0;

    if (at == 0 || at + 3 >= t.length || t.length > MAIL_BYTES)
        return false;
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        dots += i > at && c == '.';
        if (c <= ' ' || c >= 0x7f || strchr("\"(),:;<>[\\]", c) != NULL || (c == '@' && i != at))
            return false;
    }
    return dots > 0;
}

struct text
redact_value(struct redacting *d, enum redact_action action, struct text secret)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[HASH_DIGEST_BYTES];
    char hex[5 + HASH_SHOWN * 2] = "hash:";
    struct text result;

    if (action == REDACT_REMOVE)
        return TEXT("");
    if (action != REDACT_HASH) /* an address stays one: whoever plays a recording back would break its format */
        return is_mail_address(secret) ? TEXT("***@masked.invalid") : TEXT("***");
    if (hash_hmac_sha256(d->rules->hash_key, secret, digest) < 0) {
        d->failed = true;
        return TEXT("***");
    }
    for (size_t i = 0; i < HASH_SHOWN; i++) {
        hex[5 + i * 2] = digits[digest[i] >> 4];
        hex[6 + i * 2] = digits[digest[i] & 15];
    }
    result = arena_text(d->arena, text_make(hex, sizeof(hex)));
    d->failed = d->failed || result.data == NULL;
    return result;
}

/* "request header Authorization"; by hand, because every exchange with credentials has one. */
static struct text
place_text(struct redacting *d, struct text kind, struct text name)
{
    struct text side = text_of(side_name(d->side));
    char *out = arena_alloc(d->arena, side.length + kind.length + name.length + 2);
    size_t n = side.length;

    if (out == NULL)
        return text_make(NULL, 0);
    memcpy(out, side.data, n);
    out[n++] = ' ';
    memcpy(out + n, kind.data, kind.length);
    n += kind.length;
    if (name.length > 0) {
        out[n++] = ' ';
        memcpy(out + n, name.data, name.length);
    }
    return text_make(out, n + name.length);
}

void
redact_note(struct redacting *d, const char *kind, struct text name)
{
    struct exchange *x = d->x;
    struct text place;

    if (kind == NULL || x == NULL)
        return;
    place = place_text(d, text_of(kind), name);
    if (place.data == NULL) {
        d->failed = true;
        return;
    }
    for (uint32_t i = 0; i < x->redacted_count; i++)
        if (text_equal(x->redacted[i], place))
            return;
    if (x->redacted_count >= d->room) { /* what a recording had has no room at all */
        struct text *grown = arena_alloc(d->arena, ((size_t)x->redacted_count * 2 + PLACES_MORE) * sizeof(grown[0]));

        if (grown == NULL) {
            d->failed = true;
            return;
        }
        if (x->redacted_count > 0)
            memcpy(grown, x->redacted, x->redacted_count * sizeof(grown[0]));
        x->redacted = grown;
        d->room = x->redacted_count * 2 + PLACES_MORE;
    }
    x->redacted[x->redacted_count++] = place;
}

/* ---- card numbers and patterns ---- */

static bool
redact_cards(struct redacting *d, struct text *t)
{
    struct buffer *built = &d->scratch->built;
    size_t done = 0, start, end;

    if (!d->rules->cards || !card_number_search(*t, 0, &start, &end))
        return false;
    buffer_clear(built);
    do {
        buffer_add(built, text_slice(*t, done, start - done));
        buffer_add(built, TEXT("***"));
        done = end;
    } while (card_number_search(*t, done, &start, &end));
    buffer_add(built, text_from(*t, done));
    return take_built(d, t);
}

/* One code point further, so that a match of nothing does not stand still. */
static size_t
step(struct text t, size_t at)
{
    size_t bytes = text_utf8_sequence(text_from(t, at));

    return at + (bytes > 0 ? bytes : 1);
}

static bool
redact_pattern(struct redacting *d, const struct pattern_rule *rule, struct text *t)
{
    struct buffer *built = &d->scratch->built;
    size_t from = 0, done = 0, start, end;
    bool found = false;
    int result;

    buffer_clear(built);
    while ((result = pattern_search(rule->pattern, *t, from, d->scratch->patterns, &start, &end)) == 1) {
        struct text match = text_slice(*t, start, end - start);

        from = end > from ? end : step(*t, from);
        if (match.length == 0 || (rule->luhn && !card_number_luhn(match))) {
            if (from >= t->length)
                break;
            continue;
        }
        found = true;
        buffer_add(built, text_slice(*t, done, start - done));
        buffer_add(built, rule->action == REDACT_MASK ? TEXT("***") : redact_value(d, rule->action, match));
        done = end;
    }
    if (result < 0) { /* nobody knows what is in it */
        *t = redact_value(d, rule->action == REDACT_REMOVE ? REDACT_MASK : rule->action, *t);
        return true;
    }
    if (!found)
        return false;
    buffer_add(built, text_from(*t, done));
    return take_built(d, t);
}

bool
redact_patterns(struct redacting *d, struct text *t)
{
    bool changed = redact_cards(d, t);

    for (uint32_t i = 0; i < d->rules->pattern_count && t->length > 0; i++)
        changed = redact_pattern(d, &d->rules->patterns[i], t) || changed;
    return changed;
}

/* ---- query strings, forms, URLs ---- */

static enum redact_action
pair_action(struct redacting *d, const struct name_set *names, const struct query_pair *pair, struct text *name)
{
    *name = pair->name;
    if (text_find(pair->name, '%') < pair->name.length)
        (void)percent_decode(pair->name, true, d->arena, name); /* else it is no name that anyone gave */
    return pair->has_value ? name_set_find(names, *name) : REDACT_NONE;
}

/* Could there be anything to do? The common no costs no copy. */
static bool
has_secret_pair(struct redacting *d, const struct name_set *names, struct text rest)
{
    struct query_pair pair;
    struct text name;

    while (query_next(&rest, &pair)) {
        if (pair_action(d, names, &pair, &name) != REDACT_NONE)
            return true;
        for (size_t i = 0; i < pair.value.length; i++)
            if (text_find(TEXT("%+=@<{["), pair.value.data[i]) < 7)
                return true;
    }
    return false;
}

static void
note_pair(struct redacting *d, const char *kind, struct text name)
{
    struct buffer pointer;

    if (kind == NULL || strcmp(kind, "body") != 0) {
        redact_note(d, kind, name);
        return;
    }
    buffer_init(&pointer, 4096);
    buffer_byte(&pointer, '/');
    for (size_t i = 0; i < name.length; i++) /* user[password] is /user/password, list[] is /list */
        if (name.data[i] == '[' && i + 1 < name.length && name.data[i + 1] != ']')
            buffer_byte(&pointer, '/');
        else if (name.data[i] != '[' && name.data[i] != ']')
            buffer_byte(&pointer, name.data[i]);
    redact_note(d, kind, buffer_failed(&pointer) ? TEXT("") : buffer_text(&pointer));
    buffer_release(&pointer);
}

/* The value of one pair. */
static bool
redact_pair(struct redacting *d, const struct name_set *names, const char *kind, struct query_pair *pair)
{
    struct text name;
    enum redact_action action = pair_action(d, names, pair, &name);

    if (action != REDACT_NONE)
        pair->value = redact_value(d, action, pair->value);
    else if (!redact_encoded(d, true, &pair->value))
        return false;
    note_pair(d, kind, name);
    return true;
}

bool
redact_pairs(struct redacting *d, const struct name_set *names, const char *kind, struct text *t)
{
    struct text rest = *t;
    struct query_pair pair;
    struct buffer out;
    bool changed = false, first = true;

    if (!has_secret_pair(d, names, *t))
        return false;
    buffer_init(&out, t->length * 16 + 4096);
    while (query_next(&rest, &pair)) {
        changed = redact_pair(d, names, kind, &pair) || changed;
        if (!first)
            buffer_byte(&out, '&');
        first = false;
        buffer_add(&out, pair.name);
        if (pair.has_value)
            buffer_byte(&out, '=');
        buffer_add(&out, pair.value);
    }
    if (changed) {
        *t = arena_text(d->arena, buffer_text(&out));
        d->failed = d->failed || buffer_failed(&out) || t->data == NULL;
    }
    buffer_release(&out);
    return changed;
}

/* scheme://user:password@host */
static bool
redact_user(struct redacting *d, struct text *t)
{
    size_t scheme = text_search(*t, TEXT("://"));
    size_t authority = scheme + 3, at = authority, end = authority;
    struct text changed;

    if (scheme == t->length)
        return false;
    for (; end < t->length && t->data[end] != '/' && t->data[end] != '?' && t->data[end] != '#'; end++)
        if (t->data[end] == '@')
            at = end;
    if (at == authority)
        return false;
    changed =
        arena_print(d->arena, "%.*s***%.*s", TEXT_PRINT(text_slice(*t, 0, authority)), TEXT_PRINT(text_from(*t, at)));
    d->failed = d->failed || changed.data == NULL;
    *t = changed;
    return true;
}

/* The pairs between `from` and the next '#' or the end. */
static bool
redact_part(struct redacting *d, const char *kind, struct text *t, size_t from)
{
    struct text rest = text_from(*t, from), part = text_slice(rest, 0, text_find(rest, '#'));
    struct text behind = text_from(rest, part.length), changed;

    if (!redact_pairs(d, &d->rules->queries, kind, &part))
        return false;
    changed = arena_print(d->arena, "%.*s%.*s%.*s", TEXT_PRINT(text_slice(*t, 0, from)), TEXT_PRINT(part),
                          TEXT_PRINT(behind));
    d->failed = d->failed || changed.data == NULL;
    *t = changed;
    return true;
}

bool
redact_url(struct redacting *d, const char *kind, struct text *t)
{
    bool changed = d->rules->queries.count > 0 && redact_user(d, t);
    size_t question = text_find(*t, '?'), hash;

    if (question < t->length)
        changed = redact_part(d, kind, t, question + 1) || changed;
    hash = text_find(*t, '#');
    if (hash < t->length) /* the implicit grant answers with a token there (RFC 6749 4.2.2) */
        changed = redact_part(d, kind, t, hash + 1) || changed;
    return changed;
}

/* ---- header values ---- */

/* What may stand behind a cookie (RFC 6265 4.1.1 and its successors); the value of anything else may be a secret. */
static bool
is_cookie_attribute(struct text part)
{
    static const char *const known[] = { "expires",  "max-age",  "domain",      "path",    "secure", "httponly",
                                         "samesite", "priority", "partitioned", "comment", "version" };
    struct text name = text_trim(text_slice(part, 0, text_find(part, '=')));

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text_equal_nocase(name, text_of(known[i])))
            return true;
    return name.length == 0;
}

/* "a=1; b=2" with every value redacted (RFC 6265 4.2), or of the first pair only (4.1, attributes behind it). */
static void
redact_cookie(struct redacting *d, enum redact_action action, bool first_only, struct text *t)
{
    struct buffer *built = &d->scratch->built;
    struct text_split split = text_split_start(*t);
    struct text part;
    size_t count = 0;

    buffer_clear(built);
    while (text_split_next(&split, ';', &part)) {
        size_t equals = text_find(part, '=');

        if (count++ > 0)
            buffer_byte(built, ';');
        if (first_only && count > 1 && is_cookie_attribute(part)) {
            buffer_add(built, part);
        } else if (equals < part.length) {
            buffer_add(built, text_slice(part, 0, equals + 1));
            buffer_add(built, redact_value(d, action, text_from(part, equals + 1)));
        } else if (text_trim(part).length > 0) { /* a nameless cookie */
            buffer_add(built, redact_value(d, action, text_trim(part)));
        }
    }
    take_built(d, t);
}

/* The schemes of the IANA registry, and those that are as common. Any other first word may be the secret itself. */
static bool
is_auth_scheme(struct text word)
{
    static const char *const known[] = { "Basic",
                                         "Bearer",
                                         "Concealed",
                                         "Digest",
                                         "DPoP",
                                         "GNAP",
                                         "HOBA",
                                         "Mutual",
                                         "Negotiate",
                                         "NTLM",
                                         "OAuth",
                                         "PrivateToken",
                                         "SCRAM-SHA-1",
                                         "SCRAM-SHA-256",
                                         "vapid",
                                         "Token",
                                         "ApiKey",
                                         "Hawk",
                                         "AWS4-HMAC-SHA256",
                                         "SharedKey",
                                         "AWS",
                                         "JWT",
                                         "Signature",
                                         "Key",
                                         "GoogleLogin" };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text_equal_nocase(word, text_of(known[i])))
            return true;
    return false;
}

bool
redact_is_credential(struct text value)
{
    return text_equal_nocase(text_slice(value, 0, 7), TEXT("Bearer ")) ||
           text_equal_nocase(text_slice(value, 0, 6), TEXT("Basic "));
}

bool
redact_header_value(struct redacting *d, enum redact_action action, const struct header *h, struct text *t)
{
    size_t space = text_find(*t, ' ');

    if (t->length == 0)
        return false;
    if (h->id == HEADER_COOKIE || h->id == HEADER_SET_COOKIE) {
        redact_cookie(d, action, h->id == HEADER_SET_COOKIE, t);
        return true;
    }
    if (space < t->length && is_auth_scheme(text_slice(*t, 0, space)) &&
        (h->id == HEADER_AUTHORIZATION || h->id == HEADER_PROXY_AUTHORIZATION || redact_is_credential(*t))) {
        /* the scheme says what kind of credentials there were (RFC 9110 11.4) */
        struct text instead = redact_value(d, action, text_trim(text_from(*t, space)));
        char *out = arena_alloc(d->arena, space + 1 + instead.length);

        d->failed = d->failed || out == NULL;
        if (out != NULL) {
            memcpy(out, t->data, space + 1);
            memcpy(out + space + 1, instead.data, instead.length);
            *t = text_make(out, space + 1 + instead.length);
        }
        return true;
    }
    *t = redact_value(d, action, *t);
    return true;
}
