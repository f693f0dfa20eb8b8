/* redaction_quote.c -- what rules over exchanges say they found: values from several places of several messages, named
 * in the text itself ("body.total is 19.99, body.net + body.tax is 20.00"), so no single place tells whether one of
 * them is a secret. The names do. */
#include "rules/redaction_internal.h"

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool
is_secret(const struct redaction *r, struct text word)
{
    if (name_set_find(&r->fields, word) != REDACT_NONE || name_set_find(&r->headers, word) != REDACT_NONE ||
        name_set_find(&r->queries, word) != REDACT_NONE)
        return true;
    for (uint32_t i = 0; i < r->pointer_count; i++)
        if (r->pointers[i].count > 0 && text_equal(r->pointers[i].tokens[r->pointers[i].count - 1], word))
            return true;
    return false;
}

bool
redact_names_secret(const struct redaction *r, struct text t)
{
    size_t start = 0;

    for (size_t i = 0; i <= t.length; i++) {
        if (i < t.length && is_word(t.data[i]))
            continue;
        if (i > start && is_secret(r, text_slice(t, start, i - start)))
            return true;
        start = i + 1;
    }
    return false;
}

struct text
redaction_quoted(const struct redaction *r, struct text quoted, struct text instance, struct redaction_scratch *scratch,
                 struct arena *arena)
{
    struct redacting d = { .rules = r, .scratch = scratch, .arena = arena };

    if (!r->active || quoted.length == 0)
        return quoted;
    if (redact_names_secret(r, quoted) || redact_names_secret(r, instance))
        return TEXT("***");
    redact_inside(&d, &quoted);
    redact_patterns(&d, &quoted);
    return d.failed ? TEXT("***") : quoted;
}
