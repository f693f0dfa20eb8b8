#include "cli/flow_mask.h"

#include <stdlib.h>

#include "base/limits.h"
#include "json/write.h"
#include "traffic/redacted.h"

#define SECRETS        256 /* tokens and passwords, in all their spellings */
#define LEARNED        64  /* what was redacted last */
#define LEARNED_STRING 6   /* shorter ones are words of everyday */
#define LEARNED_NUMBER 8
#define WHOLE_WORD     8 /* a secret that is shorter counts only where letters and digits do not go on */
#define LEAST          3

struct flow_mask {
    const struct redaction *redaction;
    struct redaction *own;
    struct redaction_scratch *scratch;
    struct arena *arena;
    struct text given[SECRETS];   /* as they were added */
    struct text secrets[SECRETS]; /* and as they may be spelled */
    uint32_t given_count, count;
    struct buffer learned[LEARNED];
    uint32_t learned_count; /* ever */
};

/* ---- secrets ---- */

static void
add_spelling(struct flow_mask *m, struct text secret)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (text_equal(m->secrets[i], secret))
            return;
    if (m->count < SECRETS)
        m->secrets[m->count++] = arena_text(m->arena, secret);
}

static void
percent_encode(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' ||
                     c == '_' || c == '~';

        if (plain)
            buffer_byte(out, (char)c);
        else
            buffer_print(out, "%%%02X", c);
    }
}

void
flow_mask_secret(struct flow_mask *m, struct text secret)
{
    struct buffer spelled;

    if (secret.length < LEAST || m->given_count == SECRETS)
        return;
    m->given[m->given_count++] = arena_text(m->arena, secret);
    add_spelling(m, secret);
    buffer_init(&spelled, 16 * secret.length + 64);
    json_escape_inside(&spelled, secret);
    add_spelling(m, buffer_text(&spelled));
    buffer_clear(&spelled);
    percent_encode(&spelled, secret);
    add_spelling(m, buffer_text(&spelled));
    buffer_release(&spelled);
}

const struct text *
flow_mask_secrets(const struct flow_mask *m, uint32_t *count)
{
    *count = m->given_count;
    return m->given;
}

static void
learn(struct flow_mask *m, struct text secret, size_t least)
{
    struct buffer *place = &m->learned[m->learned_count % LEARNED];

    if (secret.length < least || secret.length > 16 * LIMIT_KIB)
        return;
    for (uint32_t i = 0; i < LEARNED && i < m->learned_count; i++)
        if (text_equal(buffer_text(&m->learned[i]), secret))
            return;
    buffer_clear(place);
    buffer_add(place, secret);
    m->learned_count++;
}

/* ---- texts ---- */

static bool
is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

/* Does a short secret stand alone here? */
static bool
stands(struct text t, size_t at, size_t length)
{
    if (length >= WHOLE_WORD || t.data == NULL)
        return true;
    return (at == 0 || !is_word((unsigned char)t.data[at - 1])) &&
           (at + length >= t.length || !is_word((unsigned char)t.data[at + length]));
}

/* A number stays one, so that JSON stays JSON. */
static struct text
mask_of(struct text secret)
{
    for (size_t i = 0; i < secret.length && secret.data != NULL; i++)
        if (secret.data[i] < '0' || secret.data[i] > '9')
            return TEXT("***");
    return TEXT("0");
}

static struct text
replace(struct text t, struct text secret, struct arena *arena)
{
    size_t at = text_search(t, secret), from = 0;
    struct text result;
    struct buffer out;

    if (secret.length == 0 || at == t.length)
        return t;
    buffer_init(&out, t.length + t.length / LEAST * 3 + 16);
    while (at < t.length) {
        bool alone = stands(t, at, secret.length);

        buffer_add(&out, text_slice(t, from, at - from));
        buffer_add(&out, alone ? mask_of(secret) : text_slice(t, at, secret.length));
        from = at + secret.length;
        at = from + text_search(text_from(t, from), secret);
    }
    buffer_add(&out, text_from(t, from));
    result = buffer_failed(&out) ? TEXT("***") : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

struct text
flow_mask_text(const struct flow_mask *m, struct text t, struct arena *arena)
{
    if (t.length == 0)
        return t;
    for (uint32_t i = 0; i < m->count; i++)
        t = replace(t, m->secrets[i], arena);
    for (uint32_t i = 0; i < LEARNED && i < m->learned_count; i++)
        t = replace(t, buffer_text(&m->learned[i]), arena);
    return t;
}

/* True: there was something. */
static bool
mask(const struct flow_mask *m, struct text *t, struct arena *arena)
{
    struct text masked = flow_mask_text(m, *t, arena);
    bool changed = masked.data != t->data;

    *t = masked;
    return changed;
}

/* ---- exchanges ---- */

/* Lists that redaction and masking change in place. */
static int
copy_lists(struct exchange *x, struct arena *arena)
{
    struct message *messages[] = { &x->request, &x->response };
    struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };

    for (int i = 0; i < 2; i++) {
        struct header *headers = ARENA_ARRAY(arena, struct header, messages[i]->header_count + 1);
        struct violation *list = ARENA_ARRAY(arena, struct violation, verdicts[i]->count + 1);

        if (headers == NULL || list == NULL)
            return -1;
        if (messages[i]->header_count > 0)
            memcpy(headers, messages[i]->headers, messages[i]->header_count * sizeof headers[0]);
        if (verdicts[i]->count > 0)
            memcpy(list, verdicts[i]->list, verdicts[i]->count * sizeof list[0]);
        messages[i]->headers = headers;
        verdicts[i]->list = list;
        verdicts[i]->capacity = verdicts[i]->count;
    }
    return 0;
}

static void
learn_all(struct flow_mask *m, const struct value *v)
{
    for (const struct value *at = v; at < v + v->span; at++) {
        if (at->type == VALUE_STRING)
            learn(m, value_text(at), LEARNED_STRING);
        else if (at->type == VALUE_NUMBER)
            learn(m, value_text(at), LEARNED_NUMBER);
    }
}

/* Both are bodies of one shape, but for what was replaced or removed. */
static void
learn_differences(struct flow_mask *m, const struct value *was, const struct value *is)
{
    if (is == NULL || is->type != was->type) {
        learn_all(m, was);
    } else if (was->type == VALUE_OBJECT) {
        for (VALUE_EACH_MEMBER(key, was))
            learn_differences(m, value_next(key), value_member(is, value_text(key)));
    } else if (was->type == VALUE_ARRAY) {
        const struct value *left = value_first(is);
        uint32_t at = 0;

        for (VALUE_EACH_ITEM(item, was)) {
            learn_differences(m, item, at < is->count ? left : NULL);
            left = at++ < is->count ? value_next(left) : left;
        }
    } else if (was->type >= VALUE_NUMBER && !text_equal(value_text(was), value_text(is))) {
        learn_all(m, was);
    }
}

static void
learn_body(struct flow_mask *m, struct text was, struct text is, struct arena *arena)
{
    struct document before, after;

    if (was.data == is.data || was.length > LIMIT_BODY_HELD)
        return;
    if (document_parse(&before, was, NULL, arena, NULL) == 0 && document_parse(&after, is, NULL, arena, NULL) == 0)
        learn_differences(m, before.root, after.root);
}

/* "Bearer abc": the credentials without their scheme. */
static void
learn_header(struct flow_mask *m, const struct header *was)
{
    size_t space = text_find(was->value, ' ');

    if (was->id == HEADER_AUTHORIZATION || was->id == HEADER_PROXY_AUTHORIZATION)
        learn(m, space < was->value.length ? text_from(was->value, space + 1) : was->value, LEARNED_STRING);
    else if (was->id != HEADER_COOKIE && was->id != HEADER_SET_COOKIE && was->id != HEADER_HOST)
        learn(m, was->value, LEARNED_STRING);
}

static void
learn_message(struct flow_mask *m, const struct message *was, const struct message *is, struct arena *arena)
{
    for (uint32_t i = 0; i < was->header_count; i++) {
        const struct header *h = message_header_named(is, was->headers[i].name);

        if (h == NULL || (h->value.data != was->headers[i].value.data && !text_equal(h->value, was->headers[i].value)))
            learn_header(m, &was->headers[i]);
    }
    if (is->body_digest.length == 0)
        learn_body(m, was->body, is->body, arena);
}

/* What was masked is a redacted place like others, so that a check of the recording does not judge it. */
static void
note_place(struct exchange *x, struct arena *arena, struct text place)
{
    struct text *list = ARENA_ARRAY(arena, struct text, x->redacted_count + 1);

    if (list == NULL)
        return;
    for (uint32_t i = 0; i < x->redacted_count; i++) {
        if (text_equal(x->redacted[i], place))
            return;
        list[i] = x->redacted[i];
    }
    list[x->redacted_count] = place;
    x->redacted = list;
    x->redacted_count++;
}

static void
note_query(struct exchange *x, struct arena *arena, struct text was, struct text is)
{
    struct text_split a = text_split_start(was), b = text_split_start(is);
    struct text one, other;

    while (text_split_next(&a, '&', &one) && text_split_next(&b, '&', &other))
        if (!text_equal(one, other))
            note_place(x, arena,
                       arena_print(arena, "request query %.*s", TEXT_PRINT(text_slice(one, 0, text_find(one, '=')))));
}

static void
mask_fields(const struct flow_mask *m, struct exchange *x, struct message *message, struct arena *arena)
{
    const char *side = message->is_request ? "request" : "response";

    for (uint32_t i = 0; i < message->header_count; i++)
        if (mask(m, &message->headers[i].value, arena))
            note_place(x, arena, arena_print(arena, "%s header %.*s", side, TEXT_PRINT(message->headers[i].name)));
    if (message->body_digest.length == 0 && mask(m, &message->body, arena))
        note_place(x, arena, arena_print(arena, "%s body", side));
}

static void
mask_target(const struct flow_mask *m, struct exchange *x, struct arena *arena)
{
    struct message *request = &x->request;
    struct text query = request->query;

    if (mask(m, &request->path, arena))
        note_place(x, arena, TEXT("request path"));
    if (mask(m, &request->query, arena))
        note_query(x, arena, query, request->query);
    (void)mask(m, &request->target, arena);
}

static void
mask_verdict(const struct flow_mask *m, struct verdict *verdict, struct arena *arena)
{
    for (uint32_t i = 0; i < verdict->count; i++) {
        (void)mask(m, &verdict->list[i].found, arena);
        (void)mask(m, &verdict->list[i].expected, arena);
        (void)mask(m, &verdict->list[i].hint, arena);
    }
}

static void
mask_all(const struct flow_mask *m, struct exchange *x, struct arena *arena)
{
    mask_target(m, x, arena);
    mask_fields(m, x, &x->request, arena);
    if (x->has_response)
        mask_fields(m, x, &x->response, arena);
    mask_verdict(m, &x->request_verdict, arena);
    mask_verdict(m, &x->response_verdict, arena);
    (void)mask(m, &x->refusal.detail, arena);
}

/* Known secrets go first, while they are whole: redaction may take a part of one. What it took is known then, too. */
static int
mask_exchange(struct flow_mask *m, const struct exchange *was, struct arena *arena, struct exchange *x)
{
    *x = *was;
    x->arena = arena;
    x->searched_by = NULL; /* it may have been looked at by other rules */
    if (copy_lists(x, arena) < 0)
        return -1;
    mask_all(m, x, arena);
    if (redaction_apply(m->redaction, x, m->scratch) < 0)
        return -1;
    if (x->redacted_count > 0) {
        learn_message(m, &was->request, &x->request, arena);
        if (was->has_response)
            learn_message(m, &was->response, &x->response, arena);
        mask_all(m, x, arena);
    }
    return 0;
}

/* ---- values ---- */

/* Outputs and inputs are treated as a body with the same members would be. NULL where they cannot be told. */
static const struct value *
mask_value(struct flow_mask *m, const struct value *v, struct arena *arena)
{
    static const struct header json = { .name = { "Content-Type", 12 },
                                        .value = { "application/json", 16 },
                                        .id = HEADER_CONTENT_TYPE };
    struct header field = json;
    struct exchange x = { .arena = arena, .has_response = true };
    struct document document = { .root = NULL };
    struct json_writer w;
    struct buffer out;

    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    x.request.is_request = true;
    x.response.headers = &field;
    x.response.header_count = 1;
    x.response.body = arena_text(arena, buffer_text(&out));
    x.response.body_state = BODY_WHOLE;
    buffer_release(&out);
    (void)mask(m, &x.response.body, arena);
    if (x.response.body.length == 0 || redaction_apply(m->redaction, &x, m->scratch) < 0 ||
        x.response.body_digest.length > 0)
        return NULL;
    (void)mask(m, &x.response.body, arena);
    (void)document_parse(&document, x.response.body, NULL, arena, NULL);
    return document.root;
}

/* ---- what the runner tells ---- */

int
flow_mask_try(struct flow_mask *m, const struct flow_try *t, struct arena *arena, struct flow_try *safe,
              struct exchange *x)
{
    *safe = *t;
    if (t->exchange != NULL) {
        if (mask_exchange(m, t->exchange, arena, x) < 0)
            return -1;
        safe->exchange = x;
    }
    (void)mask(m, &safe->why, arena);
    (void)mask(m, &safe->criterion_told, arena);
    if (t->outputs != NULL)
        safe->outputs = mask_value(m, t->outputs, arena);
    return 0;
}

int
flow_mask_result(struct flow_mask *m, const struct flow_result *r, struct arena *arena, struct flow_result *safe)
{
    *safe = *r;
    (void)mask(m, &safe->why, arena);
    if (r->outputs != NULL)
        safe->outputs = mask_value(m, r->outputs, arena);
    if (r->inputs != NULL)
        safe->inputs = mask_value(m, r->inputs, arena);
    return 0;
}

int
flow_mask_finding(struct flow_mask *m, const struct watch_finding *f, struct arena *arena, struct watch_finding *safe)
{
    *safe = *f;
    safe->expected = redaction_quoted(m->redaction, f->expected, f->instance, m->scratch, arena);
    safe->found = redaction_quoted(m->redaction, f->found, f->instance, m->scratch, arena);
    (void)mask(m, &safe->expected, arena);
    (void)mask(m, &safe->found, arena);
    (void)mask(m, &safe->hint, arena);
    return 0;
}

/* ---- begin and end ---- */

struct flow_mask *
flow_mask_new(const struct redaction *redaction, struct error *err)
{
    struct flow_mask *m = calloc(1, sizeof *m);

    if (m == NULL) {
        error_memory(err);
        return NULL;
    }
    for (uint32_t i = 0; i < LEARNED; i++)
        buffer_init(&m->learned[i], 16 * LIMIT_KIB);
    m->redaction = redaction;
    if (redaction == NULL && (m->own = redaction_new(NULL, NULL, err)) == NULL)
        goto fail;
    if (redaction == NULL)
        m->redaction = m->own;
    m->arena = arena_new(0, LIMIT_SETTINGS_BYTES);
    m->scratch = redaction_scratch_new();
    if (m->arena != NULL && m->scratch != NULL)
        return m;
    error_memory(err);
fail:
    flow_mask_free(m);
    return NULL;
}

void
flow_mask_free(struct flow_mask *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < LEARNED; i++)
        buffer_release(&m->learned[i]);
    redaction_scratch_free(m->scratch);
    redaction_free(m->own);
    arena_free(m->arena);
    free(m);
}
