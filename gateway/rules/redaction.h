/* redaction.h -- what must not be written down is taken out before anything is written.
 *
 * Rules name header fields, JSON member names, JSON Pointers, query keys, form fields and PCRE2 patterns (card numbers
 * with a Luhn check); the action is `remove`, `mask` or `hash` (keyed, so that equal values stay equal and replays
 * still join up). JSON types are kept: a number becomes a number. On by default for credentials, cookies and card data.
 * A compiled redaction never changes; any thread may use it, each with a scratch of its own. */
#ifndef RULES_REDACTION_H
#define RULES_REDACTION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "json/document.h"

struct exchange;
struct redaction;
struct redaction_scratch;

/* Compile: the defaults and, when `rules` is not NULL, the operator's (docs/schema/gateway.schema.json, `redaction`).
 * New or NULL. */
struct redaction *redaction_new(const struct document *document, const struct value *rules, struct error *err);
void redaction_free(struct redaction *r);

struct redaction_scratch *redaction_scratch_new(void);
void redaction_scratch_free(struct redaction_scratch *scratch);

/* Replace header values, target, bodies and found values of violations in the exchange by redacted copies (in its
 * arena) and list the places in x->redacted. The original bytes are not changed. A body that may hold secrets but
 * cannot be read (coded, truncated, no JSON or form where a rule wants one) is replaced by its length and hash. 0, or
 * -1 (no memory: then nothing of the exchange may be written). */
int redaction_apply(const struct redaction *r, struct exchange *x, struct redaction_scratch *scratch);

/* Is there nothing to redact in this JSON text? For whoever has read it anyway. */
bool redaction_is_clean(const struct redaction *r, const struct document *document);

/* A single text by the patterns and query keys (log lines, targets on the admin page). In the arena. */
struct text
redaction_target(const struct redaction *r, struct text target, struct redaction_scratch *scratch, struct arena *arena);

/* What a rule over exchanges found, at this instance: all of it is taken out where it names a secret. In the arena. */
struct text redaction_quoted(const struct redaction *r, struct text quoted, struct text instance,
                             struct redaction_scratch *scratch, struct arena *arena);

#endif
