/* report.c -- violations with their places; only called when something is wrong, but for checking_valid. */
#include "contract/report.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "json/pointer.h"
#include "json/write.h"

#define QUOTED_MAX 60

const struct check_policy check_policy_default = {
    .unknown_query = true,
    .undocumented = true,
    .max_body = LIMIT_BODY_HELD,
};

struct checking
checking_begin(struct check *check, enum side side, struct verdict *verdict)
{
    verdict->checked = true;
    return (struct checking){ check, verdict, side,
                              side == SIDE_REQUEST ? &check->request_budget : &check->response_budget };
}

struct violation *
report_add(const struct checking *c, enum violation_id id, struct text instance, struct place place)
{
    struct violation *v;

    if (c->check->policy->ignore & (1u << id))
        return NULL;
    v = verdict_add(c->verdict, c->check->arena, id, c->side);
    if (v == NULL)
        return NULL;
    v->instance = instance;
    if (place.value != NULL) {
        v->file = text_of(place.document->name);
        document_position(place.document, place.value->place, &v->line, &v->column);
        v->pointer = pointer_to(place.document->root, place.value, c->check->arena);
    }
    return v;
}

bool
report_said(const struct checking *c, enum violation_id id)
{
    for (uint32_t i = 0; i < c->verdict->count; i++) {
        if (c->verdict->list[i].id == id && c->verdict->list[i].side == c->side)
            return true;
    }
    return false;
}

void
report_found(const struct checking *c, enum violation_id id, struct text instance, struct place place,
             const char *expected, struct text found)
{
    struct violation *v = report_add(c, id, instance, place);

    if (v == NULL)
        return;
    v->expected = text_of(expected);
    v->found = report_quote(found, c->check->arena);
}

void
report_unchecked(const struct checking *c, enum unchecked_id reason, struct text instance)
{
    verdict_unchecked(c->verdict, reason, c->side, instance);
}

struct text
report_quote(struct text t, struct arena *arena)
{
    struct buffer b;
    struct text out;
    size_t length = t.length < QUOTED_MAX ? t.length : QUOTED_MAX;

    /* not in the middle of a character */
    while (length < t.length && length > 0 && ((unsigned char)t.data[length] & 0xc0) == 0x80)
        length--;
    buffer_init(&b, LIMIT_KIB);
    json_escape(&b, text_slice(t, 0, length));
    if (length < t.length)
        buffer_print(&b, "… (%zu bytes)", t.length);
    out = arena_text(arena, buffer_text(&b));
    buffer_release(&b);
    return out;
}

static struct schema_run
run_of(const struct checking *c)
{
    return (struct schema_run){ .scratch = c->check->scratch,
                                .arena = c->check->arena,
                                .budget = *c->budget,
                                .side = c->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE };
}

static void
note_unchecked(const struct checking *c, unsigned bits, struct text instance)
{
    if (bits & SCHEMA_UNCHECKED_BUDGET)
        report_unchecked(c, UNCHECKED_BUDGET, instance);
    if (bits & SCHEMA_UNCHECKED_PATTERN)
        report_unchecked(c, UNCHECKED_PATTERN, instance);
    if (bits & SCHEMA_UNCHECKED_FORMAT)
        report_unchecked(c, UNCHECKED_FORMAT, instance);
    if (bits & SCHEMA_UNCHECKED_SCHEMA)
        report_unchecked(c, UNCHECKED_NO_SCHEMA, instance);
}

bool
checking_valid(const struct checking *c, const struct shape *shape, const struct value *value, struct text instance)
{
    bool unnamed;

    return checking_valid_named(c, shape, value, instance, &unnamed);
}

bool
checking_valid_named(const struct checking *c, const struct shape *shape, const struct value *value,
                     struct text instance, bool *unnamed)
{
    struct schema_run run;
    bool valid;

    *unnamed = false;

    if (shape->broken)
        report_unchecked(c, UNCHECKED_NO_SCHEMA, instance);
    if (shape->schema == NULL)
        return true;
    run = run_of(c);
    valid = schema_check(shape->schema, value, &run);
    *c->budget = run.budget;
    *unnamed = run.unnamed;
    if (run.unchecked != 0)
        note_unchecked(c, run.unchecked, instance);
    return valid;
}

struct explaining {
    const struct checking *c;
    enum violation_id id;
    struct text instance;
};

/* Is it a member that the schema does not allow? */
static bool
is_extra(const struct schema_problem *p)
{
    return strcmp(p->keyword, "additionalProperties") == 0 || strcmp(p->keyword, "unevaluatedProperties") == 0 ||
           text_ends(p->pointer, TEXT("/additionalProperties")) ||
           text_ends(p->pointer, TEXT("/unevaluatedProperties"));
}

static void
on_problem(void *arg, const struct schema_problem *p)
{
    const struct explaining *e = arg;
    struct arena *arena = e->c->check->arena;
    bool extra = e->id == VIOLATION_BODY_SCHEMA && is_extra(p);
    struct text instance = e->instance.length == 0
                               ? p->instance
                               : arena_print(arena, "%.*s%.*s", TEXT_PRINT(e->instance), TEXT_PRINT(p->instance));
    struct violation *v =
        report_add(e->c, extra ? VIOLATION_BODY_EXTRA : e->id, instance, (struct place){ NULL, NULL });

    if (v == NULL)
        return;
    v->keyword = text_of(p->keyword);
    v->pointer = p->pointer;
    v->expected = p->expected;
    v->found = p->found;
    v->hint = p->hint;
    if (p->document != NULL && p->place != NULL) {
        v->file = text_of(p->document->name);
        document_position(p->document, p->place->place, &v->line, &v->column);
    }
}

void
report_schema(const struct checking *c, enum violation_id id, const struct shape *shape, const struct value *value,
              struct text instance)
{
    struct explaining e = { c, id, instance };
    struct schema_run run = run_of(c);

    /* The budget of the check may be what is left of a hostile message: explaining has the same ceiling again. */
    run.budget = LIMIT_CHECK_BUDGET;
    if (shape->schema != NULL && schema_explain(shape->schema, value, &run, LIMIT_VIOLATIONS, on_problem, &e) == 0)
        (void)report_add(c, id, instance,
                         (struct place){ schema_document(shape->schema), schema_source(shape->schema) });
}
