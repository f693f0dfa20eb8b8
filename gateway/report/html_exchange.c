#include "report/html_exchange.h"

#include <inttypes.h>

#include "report/marked_json.h"
#include "report/page.h"

/* What of an exchange is on its way into a page. */
struct shown {
    struct buffer *out;
    struct arena *arena;
    const struct html_mark *marks; /* of one side */
    size_t count;
};

/* ---- marks ---- */

bool
html_mark_of(struct html_mark *mark, const struct finding *f, struct text instance, struct arena *arena)
{
    if (!text_starts(instance, TEXT("/")) && violation_of(f->rule) != VIOLATION_BODY_SCHEMA) /* "" is the whole of it */
        return false;
    *mark = (struct html_mark){ f->side, instance, page_level_class(f->level), f->message };
    if (f->expected.length > 0)
        mark->remark = arena_print(arena, "expected %.*s", TEXT_PRINT(f->expected));
    return true;
}

/* ---- bodies ---- */

static void
add_json(struct buffer *out, const struct value *root, const struct html_mark *marks, size_t count, struct arena *arena)
{
    struct json_mark *found = ARENA_ARRAY(arena, struct json_mark, count + 1);
    size_t n = 0;

    for (size_t i = 0; found != NULL && i < count; i++) {
        const struct value *value = json_mark_find(root, marks[i].instance);

        if (value != NULL)
            found[n++] = (struct json_mark){ value, marks[i].kind, marks[i].remark };
    }
    marked_json(out, root, found, n);
}

void
html_body(struct buffer *out, struct text body, const struct html_mark *marks, size_t count, struct arena *arena)
{
    struct document document;
    struct document_error broken;

    if (body.length == 0)
        return;
    MARKUP_RAW(out, "<pre>");
    if (document_parse(&document, body, NULL, arena, &broken) == 0)
        add_json(out, document.root, marks, count, arena);
    else
        markup_text(out, body);
    MARKUP_RAW(out, "</pre>\n");
}

static void
add_body(const struct shown *s, const struct message *m)
{
    if (m->body_state == BODY_NONE || m->body_bytes + m->body.length + m->body_digest.length == 0)
        return;
    if (m->body_digest.length > 0)
        MARKUP(s->out, "<p class=\"note\">not shown: {}</p>\n", m->body_digest);
    else if (text_is_utf8(m->body))
        html_body(s->out, m->body, s->marks, s->count, s->arena);
    else
        MARKUP_RAW(s->out, "<p class=\"note\">no text</p>\n");
    if (m->body_state == BODY_STREAM)
        MARKUP_RAW(s->out, "<p class=\"note\">a stream: not kept</p>\n");
    else if (m->body_state == BODY_TRUNCATED)
        MARKUP_RAW(s->out, "<p class=\"note\">it broke off here</p>\n");
    else if (m->body_cut || m->body_state == BODY_TOO_LARGE)
        buffer_print(s->out, "<p class=\"note\">cut here: %" PRIu64 " bytes in all</p>\n", m->body_bytes);
}

/* ---- messages ---- */

static void
add_fields(const struct shown *s, const struct header *list, uint32_t count)
{
    if (count == 0)
        return;
    MARKUP_RAW(s->out, "<dl class=\"fields\">\n");
    for (uint32_t i = 0; i < count; i++)
        MARKUP(s->out, "<dt>{}</dt><dd>{}</dd>\n", list[i].name, list[i].value);
    MARKUP_RAW(s->out, "</dl>\n");
}

static const char *
status_kind(uint16_t status)
{
    return status >= 400 ? "bad" : status >= 300 ? "warn" : "fine";
}

static void
add_line(const struct shown *s, const struct message *m)
{
    if (m->is_request) {
        MARKUP(s->out, "<b>Request</b><code>{} {}</code>", m->method, m->target);
        return;
    }
    buffer_print(s->out, "<b>Answer</b><code class=\"%s\">%u</code> ", status_kind(m->status), m->status);
    MARKUP(s->out, "<span class=\"soft\">{}</span>", m->reason);
}

static void
add_message(const struct shown *s, const struct message *m)
{
    MARKUP_RAW(s->out, "<details class=\"message\" open><summary>");
    add_line(s, m);
    if (m->body_bytes > 0)
        buffer_print(s->out, " <span class=\"soft\">%" PRIu64 " bytes</span>", m->body_bytes);
    MARKUP_RAW(s->out, "</summary>\n");
    add_fields(s, m->headers, m->header_count);
    add_body(s, m);
    add_fields(s, m->trailers, m->trailer_count);
    MARKUP_RAW(s->out, "</details>\n");
}

/* Those of one side, in the arena. */
static struct shown
side_of(struct buffer *out, enum side side, const struct html_mark *marks, size_t count, struct arena *arena)
{
    struct html_mark *own = ARENA_ARRAY(arena, struct html_mark, count + 1);
    struct shown s = { .out = out, .arena = arena, .marks = own };

    for (size_t i = 0; own != NULL && i < count; i++)
        if (marks[i].side == side)
            own[s.count++] = marks[i];
    return s;
}

void
html_exchange(struct buffer *out, const struct exchange *x, const struct html_mark *marks, size_t count,
              struct arena *arena)
{
    struct shown request = side_of(out, SIDE_REQUEST, marks, count, arena);
    struct shown response = side_of(out, SIDE_RESPONSE, marks, count, arena);

    MARKUP_RAW(out, "<div class=\"pair\">\n");
    add_message(&request, &x->request);
    if (x->has_response)
        add_message(&response, &x->response);
    MARKUP_RAW(out, "</div>\n");
}
