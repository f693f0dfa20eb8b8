/* redaction.c -- the rules, compiled, and the order in which an exchange is gone through: heads and bodies first, then
 * what verdicts quote of them. */
#include "rules/redaction.h"

#include <stdlib.h>

#include "base/limits.h"
#include "json/pointer.h"
#include "json/write.h"
#include "rules/redaction_internal.h"
#include "traffic/redacted.h"

/* ---- compiling ---- */

struct rule_reader {
    struct redaction *redaction;
    const struct document *document;
    const struct value *rule;
    enum redact_action action;
    struct error *err;
};

static int
fail_at(const struct rule_reader *r, const struct value *v, const char *what)
{
    return error_set(r->err, ERROR_CONFIG, document_where(r->document, v, r->redaction->arena).data, "%s", what);
}

static int
read_name(struct rule_reader *r, const struct value *v, struct name_set *set)
{
    uint32_t before = set->count;

    if (v == NULL)
        return 0;
    if (name_set_find(set, value_text(v)) == REDACT_NONE) {
        if (name_set_add(set, value_text(v), r->action, r->redaction->arena) < 0)
            return error_memory(r->err);
        return set->count > before ? 0 : fail_at(r, v, "a name has 1 to 63 characters besides '_' and '-'");
    }
    return name_set_add(set, value_text(v), r->action, r->redaction->arena) < 0 ? error_memory(r->err) : 0;
}

static int
read_pointer(struct rule_reader *r, const struct value *v)
{
    struct arena *arena = r->redaction->arena;
    struct pointer_rule *rule = &r->redaction->pointers[r->redaction->pointer_count];
    struct text_split split;
    struct text part;

    if (v == NULL)
        return 0;
    split = text_split_start(text_from(value_text(v), 1));
    rule->tokens = ARENA_ARRAY(arena, struct text, value_text(v).length);
    if (rule->tokens == NULL)
        return error_memory(r->err);
    while (text_split_next(&split, '/', &part)) {
        char *out = arena_alloc(arena, part.length + 1);
        size_t length = 0;

        if (out == NULL)
            return error_memory(r->err);
        for (size_t i = 0; i < part.length; i++) { /* RFC 6901 4: ~1 is '/', ~0 is '~' */
            bool escape = part.data[i] == '~' && i + 1 < part.length;

            out[length++] = !escape ? part.data[i] : part.data[++i] == '1' ? '/' : '~';
        }
        rule->tokens[rule->count++] = text_make(out, length);
    }
    rule->action = r->action;
    r->redaction->pointer_count++;
    return 0;
}

static int
read_pattern(struct rule_reader *r, const struct value *v)
{
    struct redaction *redaction = r->redaction;
    struct pattern_rule *rule = &redaction->patterns[redaction->pattern_count];
    struct error why = { .kind = ERROR_NONE };

    if (v == NULL)
        return VALUE_MEMBER(r->rule, "luhn") == NULL ? 0 : fail_at(r, r->rule, "'luhn' belongs to a 'pattern'");
    rule->pattern = pattern_new_pcre(value_text(v), false, &why);
    if (rule->pattern == NULL)
        return fail_at(r, v, why.what);
    rule->luhn = value_is(VALUE_MEMBER(r->rule, "luhn"), VALUE_TRUE);
    rule->action = r->action;
    redaction->pattern_count++;
    return 0;
}

static int
read_rule(struct rule_reader *r)
{
    const struct value *action = VALUE_MEMBER(r->rule, "action");
    struct redaction *redaction = r->redaction;

    r->action = text_equal(value_text(action), TEXT("remove")) ? REDACT_REMOVE
                : text_equal(value_text(action), TEXT("hash")) ? REDACT_HASH
                                                               : REDACT_MASK;
    if (r->action == REDACT_HASH && redaction->hash_key.length == 0)
        return fail_at(r, action, "to hash wants a 'hash_key' in 'redaction'; write hash_key: ${NAME}");
    if (read_name(r, VALUE_MEMBER(r->rule, "header"), &redaction->headers) < 0 ||
        read_name(r, VALUE_MEMBER(r->rule, "query"), &redaction->queries) < 0 ||
        read_name(r, VALUE_MEMBER(r->rule, "field"), &redaction->fields) < 0 ||
        read_pointer(r, VALUE_MEMBER(r->rule, "pointer")) < 0)
        return -1;
    return read_pattern(r, VALUE_MEMBER(r->rule, "pattern"));
}

static int
read_rules(struct redaction *redaction, const struct document *document, const struct value *v, struct error *err)
{
    const struct value *list = VALUE_MEMBER(v, "rules"), *key = VALUE_MEMBER(v, "hash_key");
    struct rule_reader r = { .redaction = redaction, .document = document, .err = err };
    uint32_t count = list != NULL ? list->count : 0;

    if (key != NULL && (redaction->hash_key = arena_text(redaction->arena, value_text(key))).data == NULL)
        return error_memory(err);
    redaction->pointers = ARENA_ARRAY(redaction->arena, struct pointer_rule, count);
    redaction->patterns = ARENA_ARRAY(redaction->arena, struct pattern_rule, count);
    if (redaction->pointers == NULL || redaction->patterns == NULL)
        return error_memory(err);
    if (list == NULL)
        return 0;
    for (VALUE_EACH_ITEM(item, list)) {
        r.rule = item;
        if (read_rule(&r) < 0)
            return -1;
    }
    return 0;
}

struct redaction *
redaction_new(const struct document *document, const struct value *rules, struct error *err)
{
    struct redaction *r = calloc(1, sizeof(*r));

    if (r == NULL || (r->arena = arena_new(0, 16 * LIMIT_MIB)) == NULL) {
        error_memory(err);
        goto fail;
    }
    if (!value_is(VALUE_MEMBER(rules, "defaults"), VALUE_FALSE) && redaction_add_defaults(r) < 0) {
        error_memory(err);
        goto fail;
    }
    if (rules != NULL && read_rules(r, document, rules, err) < 0)
        goto fail;
    r->active =
        r->cards || r->headers.count + r->queries.count + r->fields.count + r->pointer_count + r->pattern_count > 0;
    return r;

fail:
    redaction_free(r);
    return NULL;
}

void
redaction_free(struct redaction *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->pattern_count; i++)
        pattern_free(r->patterns[i].pattern);
    arena_free(r->arena);
    free(r);
}

struct redaction_scratch *
redaction_scratch_new(void)
{
    struct redaction_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    buffer_init(&scratch->built, LIMIT_REDACTED_BODY * 2);
    scratch->patterns = pattern_scratch_new();
    if (scratch->patterns == NULL) {
        free(scratch);
        return NULL;
    }
    return scratch;
}

void
redaction_scratch_free(struct redaction_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pattern_scratch_free(scratch->patterns);
    buffer_release(&scratch->built);
    free(scratch);
}

/* ---- heads ---- */

static bool
redact_field(struct redacting *d, const struct header *h, enum redact_action action, struct text *value)
{
    if (action == REDACT_NONE && d->rules->headers.count > 0 && redact_is_credential(*value))
        action = REDACT_MASK;
    if (action != REDACT_NONE)
        return redact_header_value(d, action, h, value);
    if (d->rules->pattern_count > 0 && !text_is_utf8(*value)) { /* patterns are for text */
        *value = redact_value(d, REDACT_MASK, *value);
        return true;
    }
    return redact_inside(d, value);
}

/* The list is copied when the first field changes: the received bytes are not ours. */
static void
redact_fields(struct redacting *d, struct header **list, uint32_t *count)
{
    struct header *copy = NULL;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < *count; i++) {
        const struct header *h = &(*list)[i];
        enum redact_action action = name_set_find(&d->rules->headers, h->name);
        struct text value = h->value;
        bool changed = redact_field(d, h, action, &value);

        if (changed && copy == NULL) {
            copy = ARENA_ARRAY(d->arena, struct header, *count);
            if (copy == NULL) {
                d->failed = true;
                return;
            }
            memcpy(copy, *list, kept * sizeof(copy[0]));
        }
        if (changed)
            redact_note(d, "header", h->name);
        if (action == REDACT_REMOVE && changed)
            continue;
        if (copy != NULL) {
            copy[kept] = *h;
            copy[kept].value = value;
        }
        kept++;
    }
    if (copy != NULL) {
        *list = copy;
        *count = kept;
    }
}

/* Where the path begins: behind scheme and authority of an absolute target. */
static size_t
path_begin(struct text target)
{
    size_t scheme = text_search(target, TEXT("://"));

    if (text_starts(target, TEXT("/")) || scheme > text_find(target, '?') || scheme == target.length)
        return 0;
    return scheme + 3 + text_find(text_from(target, scheme + 3), '/');
}

/* The path and the query are parts of the target, and stay so. */
static void
redact_request_target(struct redacting *d, struct message *m)
{
    struct text target = m->target, path, behind;
    bool changed = redact_url(d, "query", &target);
    size_t front = path_begin(target), question = text_find(target, '?');

    path = text_slice(target, front, question > front ? question - front : 0);
    behind = text_from(target, question);
    if (redact_path(d, &path)) {
        redact_note(d, "path", TEXT(""));
        changed = true;
    }
    if (redact_patterns(d, &behind)) {
        redact_note(d, "query", TEXT(""));
        changed = true;
    }
    if (!changed)
        return;
    target = arena_print(d->arena, "%.*s%.*s%.*s", TEXT_PRINT(text_slice(target, 0, front)), TEXT_PRINT(path),
                         TEXT_PRINT(behind));
    d->failed = d->failed || target.data == NULL;
    m->target = target;
    m->path = text_slice(target, front, path.length);
    m->query = text_from(target, front + path.length + 1);
}

/* It stands in the recorded URL, as the Host field does. */
static void
redact_authority(struct redacting *d, struct message *m)
{
    size_t at = text_find(m->authority, '@');

    if (at < m->authority.length && d->rules->queries.count > 0)
        m->authority = text_from(m->authority, at + 1);
    if (name_set_find(&d->rules->headers, TEXT("Host")) != REDACT_NONE)
        m->authority = redact_value(d, name_set_find(&d->rules->headers, TEXT("Host")), m->authority);
    (void)redact_patterns(d, &m->authority);
}

/* ---- what verdicts quote ---- */

/* The quoted value, wherever it was repeated (refusals tell the client what was found). */
static void
replace_all(struct redacting *d, struct text *t, struct text needle)
{
    struct buffer *built = &d->scratch->built;
    struct text rest = *t;
    size_t at;

    if (needle.length < 3 || text_search(*t, needle) == t->length)
        return;
    buffer_clear(built);
    while ((at = text_search(rest, needle)) < rest.length) {
        buffer_add(built, text_slice(rest, 0, at));
        buffer_add(built, TEXT("***"));
        rest = text_from(rest, at + needle.length);
    }
    buffer_add(built, rest);
    *t = arena_text(d->arena, buffer_text(built));
    d->failed = d->failed || buffer_failed(built) || t->data == NULL;
}

static void
forget_in_refusal(struct redacting *d, struct text found)
{
    struct exchange *x = d->x;
    struct buffer escaped;

    if (x->refusal.status == 0)
        return;
    replace_all(d, &x->refusal.detail, found);
    if (!x->has_response || x->response.body_state != BODY_WHOLE)
        return;
    buffer_init(&escaped, LIMIT_MIB);
    json_escape(&escaped, found);
    if (buffer_length(&escaped) > 2) /* without its quotes: it stands inside a sentence */
        replace_all(d, &x->response.body, text_slice(buffer_text(&escaped), 1, buffer_length(&escaped) - 2));
    buffer_release(&escaped);
}

/* It is about a redacted place, or quotes a value that has one inside. "an object without it" quotes nothing. */
static bool
quotes_secret(const struct redaction *r, const struct exchange *x, const struct violation *v)
{
    if (v->found.length == 0)
        return false;
    if (v->id == VIOLATION_INVARIANT_BROKEN &&
        (redact_names_secret(r, v->found) || redact_names_secret(r, v->instance)))
        return true;
    return redacted_covers(x, v) || (strchr("{[\"", v->found.data[0]) != NULL && redacted_touches(x, v));
}

static void
redact_verdict(struct redacting *d, struct verdict *verdict)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        struct violation *v = &verdict->list[i];

        if (quotes_secret(d->rules, d->x, v)) {
            forget_in_refusal(d, v->found);
            v->found = TEXT("***");
        }
        if (text_starts(v->found, TEXT("/"))) /* a path that nobody knows */
            redact_path(d, &v->found);
        redact_inside(d, &v->found);
        redact_inside(d, &v->hint);
        redact_patterns(d, &v->instance);
    }
    for (uint32_t i = 0; i < verdict->unchecked_count; i++)
        redact_patterns(d, &verdict->unchecked[i].instance);
}

static void
redact_message(struct redacting *d, enum side side, struct message *m)
{
    d->side = side;
    redact_fields(d, &m->headers, &m->header_count);
    redact_fields(d, &m->trailers, &m->trailer_count);
    redact_body(d, m);
}

int
redaction_apply(const struct redaction *r, struct exchange *x, struct redaction_scratch *scratch)
{
    struct redacting d = { .rules = r, .scratch = scratch, .x = x, .arena = x->arena, .side = SIDE_REQUEST };

    if (!r->active)
        return 0;
    buffer_clear(&scratch->built);
    redact_request_target(&d, &x->request);
    redact_authority(&d, &x->request);
    redact_message(&d, SIDE_REQUEST, &x->request);
    redact_verdict(&d, &x->request_verdict); /* before the response, which may quote the request */
    if (x->has_response) {
        redact_message(&d, SIDE_RESPONSE, &x->response);
        redact_patterns(&d, &x->response.reason);
        redact_verdict(&d, &x->response_verdict);
    }
    redact_inside(&d, &x->refusal.detail);
    for (uint32_t i = 0; i < x->redacted_count; i++) /* a name may be a secret, too */
        redact_patterns(&d, &x->redacted[i]);
    return d.failed ? -1 : 0;
}

struct text
redaction_target(const struct redaction *r, struct text target, struct redaction_scratch *scratch, struct arena *arena)
{
    struct redacting d = { .rules = r, .scratch = scratch, .arena = arena };

    if (!r->active)
        return target;
    redact_url(&d, NULL, &target);
    redact_inside(&d, &target);
    return d.failed ? TEXT("***") : target;
}
