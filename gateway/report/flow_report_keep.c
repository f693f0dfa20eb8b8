/* flow_report_keep.c -- copies of what was sent and received, without what must not be told.
 *
 * Redaction first, on whole bodies; then secrets that were given are masked wherever they occur; then bodies are cut,
 * so that no half of a secret is left at the end. What the checks quote was cut before it came here: there a beginning
 * of a secret that ends in "…" is masked, too. */
#include "base/base64.h"
#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "json/write.h"
#include "report/flow_report_internal.h"

#define SHORTEST_SECRET 3
#define BEGINNING       6 /* bytes of a secret that are masked in front of a "…" */

/* ---- secrets ---- */

static void
add_encoded(struct buffer *out, struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        char c = t.data[i];

        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || strchr("-._~", c) != NULL)
            buffer_byte(out, c);
        else
            buffer_print(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static int
add_needle(struct flow_report *r, struct text needle)
{
    for (uint32_t i = 0; i < r->needle_count; i++)
        if (text_equal(r->needles[i], needle))
            return 0;
    needle = arena_text(r->arena, needle);
    r->needles[r->needle_count++] = needle;
    return needle.data != NULL ? 0 : -1;
}

/* As it is, percent-encoded, in base64, and as JSON writes it. */
static int
add_forms(struct flow_report *r, struct text secret)
{
    static void (*const forms[])(struct buffer * out, struct text t) = { buffer_add, add_encoded, base64_write,
                                                                         json_escape_inside };
    int result = 0;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct buffer form;

        buffer_init(&form, LIMIT_MIB);
        forms[i](&form, secret);
        if (buffer_failed(&form) || add_needle(r, buffer_text(&form)) < 0)
            result = -1;
        buffer_release(&form);
    }
    return result;
}

int
flow_keep_needles(struct flow_report *r, const struct text *secrets, uint32_t count)
{
    r->needles = ARENA_ARRAY(r->arena, struct text, count * (size_t)4 + 1);
    if (r->needles == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (secrets[i].length >= SHORTEST_SECRET && add_forms(r, secrets[i]) < 0)
            return -1;
    return 0;
}

/* How many bytes at the front are this secret, or its beginning where the text was cut off. */
static size_t
secret_at(struct text t, struct text secret)
{
    size_t same = 0;

    while (same < secret.length && same < t.length && t.data[same] == secret.data[same])
        same++;
    if (same == secret.length)
        return same;
    return same >= BEGINNING && text_starts(text_from(t, same), TEXT("…")) ? same : 0;
}

static size_t
any_secret_at(const struct flow_report *r, struct text t)
{
    size_t longest = 0;

    for (uint32_t i = 0; i < r->needle_count; i++) {
        size_t length = secret_at(t, r->needles[i]);

        longest = length > longest ? length : longest;
    }
    return longest;
}

static bool
holds_secret(const struct flow_report *r, struct text t)
{
    for (size_t i = 0; i < t.length && r->needle_count > 0; i++)
        if (any_secret_at(r, text_from(t, i)) > 0)
            return true;
    return false;
}

struct text
flow_keep_text(const struct flow_report *r, struct text t, struct arena *arena)
{
    struct buffer out;
    struct text kept;

    if (!holds_secret(r, t))
        return arena_text(arena, t);
    buffer_init(&out, LIMIT_FILE_BYTES);
    for (size_t i = 0; i < t.length;) {
        size_t secret = any_secret_at(r, text_from(t, i));

        if (secret > 0)
            buffer_add(&out, TEXT("***"));
        else
            buffer_byte(&out, t.data[i]);
        i += secret > 0 ? secret : 1;
    }
    kept = buffer_failed(&out) ? TEXT("***") : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return kept;
}

/* ---- exchanges ---- */

struct keeping {
    const struct flow_report *report;
    struct arena *arena; /* what stays */
    struct arena *work;  /* what goes: whole bodies */
    bool whole;
};

static void
keep(const struct keeping *k, struct text *t)
{
    *t = flow_keep_text(k->report, *t, k->arena);
}

static void
keep_fields(const struct keeping *k, struct header **list, uint32_t *count)
{
    struct header *copy = ARENA_ARRAY(k->arena, struct header, *count + (size_t)1);

    if (copy == NULL)
        *count = 0;
    for (uint32_t i = 0; i < *count; i++) {
        copy[i] = (*list)[i];
        keep(k, &copy[i].name);
        keep(k, &copy[i].value);
    }
    *list = copy;
}

/* Never within a character. */
static size_t
cut_at(struct text t, size_t most)
{
    if (t.length <= most)
        return t.length;
    while (most > 0 && ((unsigned char)t.data[most] & 0xc0u) == 0x80)
        most--;
    return most;
}

/* Decoded, masked, cut. What cannot be decoded is told by its length. */
static void
keep_body(const struct keeping *k, struct message *m)
{
    struct text plain = m->body;

    if (m->body_bytes == 0)
        m->body_bytes = m->body.length;
    if (m->body_state == BODY_WHOLE && !m->body_plain && m->body_digest.length == 0 &&
        coding_decode(m, LIMIT_REDACTED_BODY, k->work, &plain) != CODING_OK)
        plain = text_make(NULL, 0);
    if (m->body_digest.length > 0 || !k->whole)
        plain = text_make(NULL, 0);
    plain = flow_keep_text(k->report, plain, k->work);
    m->body = arena_text(k->arena, text_slice(plain, 0, cut_at(plain, k->report->options.body_bytes)));
    m->body_cut = m->body.length < plain.length || !k->whole;
    m->body_plain = true;
}

static void
keep_message(const struct keeping *k, struct message *m)
{
    m->path = m->query = m->version = text_make(NULL, 0);
    keep(k, &m->reason);
    keep(k, &m->method);
    keep(k, &m->target);
    keep(k, &m->authority);
    keep_fields(k, &m->headers, &m->header_count);
    keep_fields(k, &m->trailers, &m->trailer_count);
    if (m->body_state != BODY_NONE)
        keep_body(k, m);
    keep(k, &m->body_digest);
}

/* A list of its own, whose texts are borrowed still. */
static void
own_violations(struct verdict *v, struct arena *arena)
{
    struct violation *list = ARENA_ARRAY(arena, struct violation, v->count + (size_t)1);

    if (list == NULL)
        v->count = 0;
    else if (v->count > 0)
        memcpy(list, v->list, v->count * sizeof(list[0]));
    v->list = list;
    v->capacity = v->count;
}

static void
keep_verdict(const struct keeping *k, struct verdict *v)
{
    own_violations(v, k->arena);
    for (uint32_t i = 0; i < v->count; i++) {
        struct violation *one = &v->list[i];

        keep(k, &one->instance);
        keep(k, &one->keyword);
        keep(k, &one->file);
        keep(k, &one->pointer);
        keep(k, &one->expected);
        keep(k, &one->found);
        keep(k, &one->hint);
    }
    for (uint32_t i = 0; i < v->unchecked_count; i++)
        keep(k, &v->unchecked[i].instance);
}

/* Redaction writes into the lists of violations, and needs the arena. 0, or -1. */
static int
redact(struct flow_report *r, struct exchange *x, struct arena *work)
{
    x->arena = work;
    x->redacted = x->faults = x->fault_notes = NULL;
    x->redacted_count = x->fault_count = 0;
    own_violations(&x->request_verdict, work);
    own_violations(&x->response_verdict, work);
    return redaction_apply(r->options.redaction, x, r->scratch);
}

static void
keep_exchange(const struct keeping *k, struct exchange *x)
{
    keep(k, &x->service);
    keep(k, &x->operation);
    keep(k, &x->responder);
    keep(k, &x->client);
    keep(k, &x->upstream);
    keep(k, &x->scheme);
    keep(k, &x->refusal.reason);
    keep(k, &x->refusal.detail);
    keep_message(k, &x->request);
    if (x->has_response)
        keep_message(k, &x->response);
    keep_verdict(k, &x->request_verdict);
    keep_verdict(k, &x->response_verdict);
    x->redacted = NULL;
    x->redacted_count = 0;
    x->searched_by = NULL;
    x->arena = k->arena;
}

const struct exchange *
flow_keep_exchange(struct flow_report *r, const struct exchange *from, struct arena *arena, bool whole)
{
    const struct keeping k = { r, arena, arena_new(0, LIMIT_EXCHANGE_ARENA), whole };
    struct exchange *x = k.work != NULL ? ARENA_NEW(arena, struct exchange) : NULL;

    if (x != NULL) {
        *x = *from;
        if (redact(r, x, k.work) == 0)
            keep_exchange(&k, x);
        else
            x = NULL;
    }
    arena_free(k.work);
    return x;
}

/* ---- values ---- */

struct text
flow_keep_value(struct flow_report *r, const struct value *v, struct arena *arena)
{
    struct header type = { .name = TEXT("Content-Type"), .value = TEXT("application/json"), .id = HEADER_CONTENT_TYPE };
    struct exchange carrier = { .has_response = true };
    struct json_writer w;
    struct buffer out;
    const struct exchange *kept = NULL;

    if (v == NULL)
        return text_make(NULL, 0);
    buffer_init(&out, LIMIT_REDACTED_BODY);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    carrier.response = (struct message){
        .status = 200, .headers = &type, .header_count = 1, .body_state = BODY_WHOLE, .body = buffer_text(&out)
    };
    if (!buffer_failed(&out))
        kept = flow_keep_exchange(r, &carrier, arena, true);
    buffer_release(&out);
    return kept != NULL ? kept->response.body : text_make(NULL, 0);
}

struct text
flow_keep_told(struct flow_report *r, struct text told, struct text criterion, struct arena *arena)
{
    struct text plain = redaction_quoted(r->options.redaction, told, criterion, r->scratch, arena);

    return flow_keep_text(r, plain, arena);
}
