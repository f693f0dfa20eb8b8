/* redaction_internal.h -- between the files that redact; nobody else includes it. */
#ifndef RULES_REDACTION_INTERNAL_H
#define RULES_REDACTION_INTERNAL_H

#include "base/buffer.h"
#include "http/media_type.h"
#include "http/message.h"
#include "http/query.h"
#include "rules/card_number.h"
#include "rules/redaction.h"
#include "schema/pattern.h"
#include "traffic/exchange.h"

enum redact_action {
    REDACT_NONE,
    REDACT_REMOVE,
    REDACT_MASK,
    REDACT_HASH,
};

/* Names of one kind. Case, '_', '-' and spaces are ignored: card_number, Card-Number and cardNumber are one name. Of a
 * name in steps (user[password], user.password) each step counts. */
struct name_entry {
    struct text name; /* folded; empty: the slot is free */
    uint64_t hash;
    enum redact_action action;
};

struct name_set {
    struct name_entry *entries;
    uint32_t size; /* a power of two, or 0 */
    uint32_t count;
    uint64_t lengths; /* bit per length of a folded name */
    uint32_t longest;
    uint32_t seconds[32][32]; /* by the low five bits of the first and the last byte: a bit for those of the second */
    uint32_t second[256];     /* by the first byte of a name: a bit for each second byte (its low five bits) */
    uint64_t ends[256];       /* by the last byte of a name: a bit for each byte before it (name_set_before) */
};

struct pointer_rule {
    struct text *tokens; /* unescaped; "*" stands for any */
    uint32_t count;
    enum redact_action action;
};

struct pattern_rule {
    struct pattern *pattern;
    bool luhn;
    enum redact_action action;
};

struct redaction {
    struct arena *arena;
    struct name_set headers;
    struct name_set queries;
    struct name_set fields; /* members of JSON objects, form fields */
    struct pointer_rule *pointers;
    uint32_t pointer_count;
    struct pattern_rule *patterns;
    uint32_t pattern_count;
    bool cards;  /* card numbers in any text are masked */
    bool active; /* there is a rule at all */
    struct text hash_key;
};

struct redaction_scratch {
    struct pattern_scratch *patterns;
    struct buffer built; /* what is being put together */
};

/* One message that is being redacted. A failure is remembered, so that a run of calls is asked once, at the end. */
struct redacting {
    const struct redaction *rules;
    struct redaction_scratch *scratch;
    struct exchange *x;
    struct arena *arena;
    enum side side;
    uint32_t room;  /* places that x->redacted has room for */
    unsigned depth; /* of texts inside of texts */
    bool failed;    /* no memory */
};

/* ---- redaction_names.c ---- */

/* Add or replace. 0, or -1 without memory. */
int name_set_add(struct name_set *set, struct text name, enum redact_action action, struct arena *arena);
enum redact_action name_set_find(const struct name_set *set, struct text name);

/* Which bit a byte has: letters one of their own, whatever their case. */
static inline unsigned
name_set_before(unsigned char byte)
{
    return (byte & 31u) | (~(unsigned)byte & 64u) >> 1;
}

/* The last two bytes rule out almost every name. */
static inline bool
name_set_may_have(const struct name_set *set, struct text name)
{
    uint64_t before = name.length > 0 ? set->ends[(unsigned char)name.data[name.length - 1]] : 0;

    return name.length == 1
               ? before != 0
               : before != 0 && (before >> name_set_before((unsigned char)name.data[name.length - 2]) & 1) != 0;
}

/* The built-in names of credentials, cookies and card data, all masked. */
int redaction_add_defaults(struct redaction *r);

/* ---- redaction_text.c: every function gives true when it changed *t, whose new bytes are in the arena ---- */

/* "***" (of a mail address "***@masked.invalid"), or the keyed hash of the secret, or nothing. */
struct text redact_value(struct redacting *d, enum redact_action action, struct text secret);

/* Card numbers and patterns anywhere in a text. */
bool redact_patterns(struct redacting *d, struct text *t);

/* Pairs of a query string or form; each place is noted as "KIND NAME" (or "body /NAME"). */
bool redact_pairs(struct redacting *d, const struct name_set *names, const char *kind, struct text *t);

/* A URL or request target: user information, query, fragment, patterns. NULL for kind notes nothing. */
bool redact_url(struct redacting *d, const char *kind, struct text *t);

/* "Bearer …" or "Basic …": credentials, whatever the field is called. */
bool redact_is_credential(struct text value);

/* The value of a header field of this name. */
bool redact_header_value(struct redacting *d, enum redact_action action, const struct header *h, struct text *t);

/* Note "request KIND NAME", once. */
void redact_note(struct redacting *d, const char *kind, struct text name);

/* ---- redaction_inside.c: the same ---- */

/* A text that says nothing of what is in it: URLs, a=b, JSON, XML, patterns, one inside the other. */
bool redact_inside(struct redacting *d, struct text *t);

/* The same for one that may be percent-encoded; `plus` as in percent_decode. */
bool redact_encoded(struct redacting *d, bool plus, struct text *t);

/* The path of a target: patterns, also where they are encoded, and parameters (;jsessionid=). */
bool redact_path(struct redacting *d, struct text *path);

/* ---- redaction_quote.c ---- */

/* Is one of its words the name of something that is redacted? */
bool redact_names_secret(const struct redaction *r, struct text t);

/* ---- redaction_multipart.c ---- */

bool redact_multipart(struct redacting *d, const struct media_type *type, struct text *t, bool *readable);

/* ---- redaction_json.c ---- */

/* Only the redacted values are written anew, every other byte stays. False in *readable when it is no JSON. */
bool redact_json(struct redacting *d, struct text *t, bool *readable);

/* ---- redaction_body.c ---- */

/* The body of a message, whatever it is. */
void redact_body(struct redacting *d, struct message *m);

#endif
