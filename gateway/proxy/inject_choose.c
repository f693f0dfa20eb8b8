/* inject_choose.c -- what fires for this exchange, and saying that it was done. */
#include "proxy/inject_internal.h"

#include "base/limits.h"
#include "http/coding.h"
#include "http/media_type.h"
#include "proxy/fault_counts.h"
#include "proxy/generation.h"
#include "proxy/worker.h"

#define NOTES (4 * FAULT_MOST) /* of both sides; a mutation and a delay may be there several times */

struct text
inject_body_text(const struct transit *t, enum side side)
{
    const struct body_copy *copy = side == SIDE_REQUEST ? &t->request_copy : &t->response_copy;
    bool complete = side == SIDE_REQUEST ? t->request_complete : t->response_complete;

    if (side == SIDE_REQUEST && complete && t->request_at_once.length > 0)
        return t->request_at_once;
    if (!complete || copy->cut || copy->failed)
        return (struct text){ NULL, 0 };
    return copy->length > 0 ? text_make(copy->data, copy->length) : TEXT("");
}

static bool
is_json(const struct message *m)
{
    struct media_type type;

    return media_type_parse(message_value(m, HEADER_CONTENT_TYPE), &type) && media_type_kind(&type) == MEDIA_JSON;
}

/* The check may have read it already. */
const struct value *
inject_body(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;
    struct message m = side == SIDE_REQUEST ? t->exchange.request : t->exchange.response;
    struct document document;
    struct text plain;

    if (inj->bodies[side] != NULL ||
        !(inj->concern & (side == SIDE_REQUEST ? FAULT_REQUEST_BODY : FAULT_RESPONSE_BODY)))
        return inj->bodies[side];
    m.body = inject_body_text(t, side);
    if (m.body.length == 0 || !is_json(&m) ||
        coding_decode(&m, t->policy->max_body, t->exchange.arena, &plain) != CODING_OK ||
        document_parse(&document, plain, NULL, t->exchange.arena, NULL) < 0)
        return NULL;
    return inj->bodies[side] = document.root;
}

void
inject_choose(struct transit *t, enum side side)
{
    struct injection *inj = t->injection;
    const struct fault_look look = {
        .exchange = &t->exchange,
        .service = t->route.service,
        .match = &t->route.match,
        .request = inject_body(t, SIDE_REQUEST),
        .response = side == SIDE_RESPONSE ? inject_body(t, SIDE_RESPONSE) : NULL,
        .now = t->exchange.started,
        .asked = inj->asked,
        .count = fault_counts_next,
        .count_arg = t->worker->fault_counts,
        .script = t->share->fault_script,
        .arena = t->exchange.arena,
    };

    inj->counts[side] = faults_choose(ruleset_faults(t->ruleset), &look, side, inj->firings[side]);
}

const struct fault_firing *
inject_firing(const struct injection *inj, enum side side, enum fault_effect effect)
{
    for (uint32_t i = 0; i < inj->counts[side]; i++)
        if (inj->firings[side][i].rule->effect == effect)
            return &inj->firings[side][i];
    return NULL;
}

const struct fault_firing *
inject_ender(const struct injection *inj, enum side side)
{
    uint32_t count = inj->counts[side];

    return count > 0 && fault_ends(inj->firings[side][count - 1].rule->effect) ? &inj->firings[side][count - 1] : NULL;
}

/* What keeps the exchange may outlive the rules. */
void
inject_note(struct transit *t, const struct fault_rule *rule, enum side side, struct text more)
{
    struct exchange *x = &t->exchange;

    fault_counts_fired(t->worker->fault_counts, rule);
    if (x->faults == NULL) {
        x->faults = ARENA_ARRAY(x->arena, struct text, NOTES);
        x->fault_notes = ARENA_ARRAY(x->arena, struct text, NOTES);
    }
    if (x->faults == NULL || x->fault_notes == NULL || x->fault_count == NOTES)
        return;
    x->faults[x->fault_count] = arena_text(x->arena, rule->name);
    x->fault_notes[x->fault_count++] =
        arena_print(x->arena, "%s %s%s%.*s", side_name(side), fault_effect_key(rule->effect),
                    more.length > 0 ? ": " : "", TEXT_PRINT(more));
}

void
inject_alters(struct transit *t)
{
    if (!inject_is_altered(t))
        verdict_unchecked(&t->exchange.response_verdict, UNCHECKED_INJECTED, SIDE_RESPONSE, (struct text){ NULL, 0 });
}

bool
inject_is_altered(const struct transit *t)
{
    return verdict_is_injected(&t->exchange.response_verdict);
}

/* Fields are ASCII. */
static void
add_ignored(struct buffer *out, struct text why)
{
    buffer_add(out, TEXT("Plumbline-Inject: ignored; "));
    for (size_t i = 0; i < why.length; i++)
        if (why.data[i] >= ' ' && why.data[i] <= '~')
            buffer_byte(out, why.data[i]);
    buffer_add(out, TEXT("\r\n"));
}

/* Names with commas; what was asked for in vain, and why. */
void
inject_add_fields(struct buffer *out, const struct transit *t)
{
    const struct exchange *x = &t->exchange;

    if (x->fault_count > 0)
        buffer_add(out, TEXT("Plumbline-Fault: "));
    for (uint32_t i = 0; i < x->fault_count; i++) {
        if (i > 0)
            buffer_add(out, TEXT(", "));
        buffer_add(out, x->faults[i]);
    }
    if (x->fault_count > 0)
        buffer_add(out, TEXT("\r\n"));
    if (t->injection->ignored.length > 0)
        add_ignored(out, t->injection->ignored);
}
