/* flow_html_try.c -- one try of a step on the page: why it failed, its criteria, what is wrong with its messages, and
 * both of them, with violations marked where they are. */
#include <inttypes.h>

#include "base/limits.h"
#include "flow/criterion.h"
#include "report/flow_html.h"
#include "report/html_exchange.h"
#include "report/page.h"

/* ---- criteria ---- */

static void
add_check(struct flow_page *p, const char *kind, struct text sign, struct text condition, struct text told)
{
    MARKUP(p->out, "<li><span class=\"sign {}\">{}</span><span><code>{}</code>", text_of(kind), sign, condition);
    if (told.length > 0)
        MARKUP(p->out, "<br><span class=\"told {}\">{}</span>", text_of(kind), told);
    MARKUP_RAW(p->out, "</span></li>\n");
}

/* In the order in which they are judged: before the one that is not met all hold, those behind it nobody asked. */
static void
add_criteria(struct flow_page *p, const struct told_step *s, const struct told_try *t)
{
    bool judged = t->exchange != NULL && t->exchange->has_response && s->step->criterion_count > 0 &&
                  (t->unmet != UINT32_MAX || t->failure == FLOW_FINE);

    if (!judged)
        return;
    MARKUP_RAW(p->out, "<h4>Criteria</h4><ul class=\"checks\">\n");
    for (uint32_t i = 0; i < s->step->criterion_count; i++) {
        struct text condition = flow_keep_text(p->report, criterion_text(s->step->criteria[i]), p->arena);

        if (i < t->unmet)
            add_check(p, "fine", TEXT("✓"), condition, TEXT(""));
        else if (i == t->unmet)
            add_check(p, "bad", TEXT("✕"), condition, t->criterion_told);
        else
            add_check(p, "soft", TEXT("–"), condition, TEXT("")); /* nobody asked */
    }
    MARKUP_RAW(p->out, "</ul>\n");
}

/* ---- violations ---- */

static void
add_violation(struct flow_page *p, const struct violation *v)
{
    const char *kind = page_level_class(violation_level(v->id));

    MARKUP(p->out, "<li><span class=\"sign {}\">!</span><span><span class=\"{}\">{} {}</span> <code>{}</code>",
           text_of(kind), text_of(kind), text_of(side_name(v->side)), text_of(violation_name(v->id)), v->instance);
    if (v->expected.length > 0)
        MARKUP(p->out, "<br>expected <code>{}</code>", v->expected);
    if (v->found.length > 0)
        MARKUP(p->out, "<br>found <code>{}</code>", v->found);
    if (v->expected.length == 0 && v->found.length == 0)
        MARKUP(p->out, "<br>{}", text_of(violation_what(v->id)));
    if (v->hint.length > 0)
        MARKUP(p->out, "<br>{}", v->hint);
    if (v->file.length > 0 && v->line > 0) {
        MARKUP(p->out, "<br><span class=\"soft\">contract <code>{}", v->file);
        buffer_print(p->out, ":%u:%u ", v->line, v->column);
        MARKUP(p->out, "{}</code></span>", v->pointer);
    }
    MARKUP_RAW(p->out, "</span></li>\n");
}

static void
add_unchecked(struct flow_page *p, const struct unchecked *u)
{
    MARKUP(p->out,
           "<li><span class=\"sign soft\">?</span><span class=\"soft\">{} unchecked: {} <code>{}</code></span></li>\n",
           text_of(side_name(u->side)), text_of(unchecked_what(u->reason)), u->instance);
}

static void
add_violations(struct flow_page *p, const struct exchange *x)
{
    const struct verdict *both[] = { &x->request_verdict, &x->response_verdict };

    if (both[0]->count + both[1]->count + both[0]->unchecked_count + both[1]->unchecked_count == 0)
        return;
    MARKUP_RAW(p->out, "<h4>Against the contract</h4><ul class=\"checks\">\n");
    for (size_t side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < both[side]->count; i++)
            add_violation(p, &both[side]->list[i]);
        for (uint32_t i = 0; i < both[side]->unchecked_count; i++)
            add_unchecked(p, &both[side]->unchecked[i]);
    }
    MARKUP_RAW(p->out, "</ul>\n");
}

/* ---- messages ---- */

/* The violations that are about a place in a body. */
static size_t
find_marks(struct flow_page *p, const struct verdict *verdict, struct html_mark *marks)
{
    size_t count = 0;

    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct violation *v = &verdict->list[i];
        const struct finding f = { .rule = text_of(violation_name(v->id)),
                                   .level = violation_level(v->id),
                                   .side = v->side,
                                   .message = text_of(violation_what(v->id)),
                                   .expected = v->expected };

        count += html_mark_of(&marks[count], &f, v->instance, p->arena);
    }
    return count;
}

static void
add_exchange(struct flow_page *p, const struct exchange *x)
{
    size_t most = (size_t)x->request_verdict.count + x->response_verdict.count, count = 0;
    struct html_mark *marks = ARENA_ARRAY(p->arena, struct html_mark, most + 1);

    if (marks != NULL) {
        count = find_marks(p, &x->request_verdict, marks);
        count += find_marks(p, &x->response_verdict, marks + count);
    }
    html_exchange(p->out, x, marks, count, p->arena);
}

void
flow_html_json(struct flow_page *p, const char *title, struct text json)
{
    if (json.length == 0 || text_equal(json, TEXT("{}")))
        return;
    MARKUP(p->out, "<details class=\"message\"><summary><b>{}</b></summary>\n", text_of(title));
    html_body(p->out, json, NULL, 0, p->arena);
    MARKUP_RAW(p->out, "</details>\n");
}

/* ---- the try ---- */

void
flow_html_duration(struct flow_page *p, int64_t ns)
{
    flow_duration(p->out, ns);
}

/* "Try 2 of 5: criterion · 3.1 ms · next in 500 ms" */
static void
add_heading(struct flow_page *p, const struct told_step *s, const struct told_try *t)
{
    if (s->try_count > 1 || t->attempt > 1) {
        buffer_print(p->out, "<b>Try %u", t->attempt);
        if (t->limit > 0)
            buffer_print(p->out, " of %u", t->limit + 1);
        MARKUP_RAW(p->out, "</b> · ");
    }
    if (told_try_failed(t))
        MARKUP(p->out, "<span class=\"bad\">{}</span>", text_of(flow_failure_name(t->failure)));
    else
        MARKUP_RAW(p->out, "<span class=\"fine\">passed</span>");
    MARKUP_RAW(p->out, " <span class=\"soft\">· ");
    flow_html_duration(p, t->took);
    if (t->wait > 0) {
        MARKUP_RAW(p->out, " · next in ");
        flow_html_duration(p, t->wait);
    }
    if (t->then_to.length > 0)
        MARKUP(p->out, " · {} {}", text_of(t->then), t->then_to);
    MARKUP_RAW(p->out, "</span>");
    if (t->why.length > 0 && t->criterion.length == 0) /* else the criterion says it */
        MARKUP(p->out, "<br>{}", t->why);
}

/* A try that was followed by another one is folded: what counts is how it ended. */
void
flow_html_try(struct flow_page *p, const struct told_step *s, const struct told_try *t)
{
    bool folded = t->next != NULL;

    MARKUP(p->out, "<{} class=\"try\"", folded ? TEXT("details") : TEXT("div"));
    if (t->exchange != NULL && t->exchange->id[0] != '\0')
        MARKUP(p->out, " id=\"x-{}\"", text_of(t->exchange->id));
    MARKUP(p->out, "><{}>", folded ? TEXT("summary") : TEXT("p"));
    add_heading(p, s, t);
    MARKUP(p->out, "</{}>\n", folded ? TEXT("summary") : TEXT("p"));
    add_criteria(p, s, t);
    if (t->exchange != NULL) {
        add_violations(p, t->exchange);
        add_exchange(p, t->exchange);
    }
    if (t->outputs.length > 0 && !text_equal(t->outputs, TEXT("{}"))) {
        MARKUP_RAW(p->out, "<div class=\"pair\">");
        flow_html_json(p, "Outputs", t->outputs);
        MARKUP_RAW(p->out, "</div>\n");
    }
    MARKUP(p->out, "</{}>\n", folded ? TEXT("details") : TEXT("div"));
    arena_reset(p->arena);
}
