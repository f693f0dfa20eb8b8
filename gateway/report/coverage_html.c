/* coverage_html.c -- coverage as a table that people can read at a glance: a row per operation, its answers one by
 * one, the rest as shares; what was never seen unfolds. */
#include <inttypes.h>

#include "base/limits.h"
#include "report/coverage.h"
#include "report/markup.h"
#include "report/page.h"

struct row {
    struct text service, operation;
    uint64_t exchanges;
    struct tally_total totals[TALLY_KINDS];
    struct buffer answers, unseen;
};

struct coverage_page {
    struct buffer *out;
    struct row row;
    struct text service; /* whose rows are being written */
    bool begun;
};

static void
add_share(struct buffer *out, const struct tally_total *t)
{
    if (t->documented == 0) {
        MARKUP_RAW(out, "<td class=\"number soft\">–</td>");
        return;
    }
    buffer_print(out, "<td class=\"number%s\">%" PRIu64 "<small>/%" PRIu64 "</small></td>",
                 t->seen == t->documented ? "" : " warn", t->seen, t->documented);
}

static void
end_row(struct coverage_page *p)
{
    struct row *r = &p->row;

    if (!p->begun)
        return;
    if (!text_equal(p->service, r->service))
        MARKUP(p->out, "<tr class=\"group\"><td colspan=\"7\">{}</td></tr>\n", r->service);
    p->service = r->service;
    if (r->exchanges == 0) {
        MARKUP(p->out, "<tr><td>{}</td><td class=\"number bad\">never</td><td colspan=\"5\"></td></tr>\n",
               r->operation);
        return;
    }
    MARKUP_RAW(p->out, "<tr><td>");
    if (buffer_length(&r->unseen) > 0) {
        MARKUP(p->out, "<details><summary>{}</summary><ul class=\"unseen\">", r->operation);
        buffer_add(p->out, buffer_text(&r->unseen));
        MARKUP_RAW(p->out, "</ul></details>");
    } else {
        markup_text(p->out, r->operation);
    }
    buffer_print(p->out, "</td><td class=\"number\">%" PRIu64 "</td><td>", r->exchanges);
    buffer_add(p->out, buffer_text(&r->answers));
    MARKUP_RAW(p->out, "</td>");
    for (int i = TALLY_PARAMETER; i < TALLY_KINDS; i++)
        add_share(p->out, &r->totals[i]);
    MARKUP_RAW(p->out, "</tr>\n");
}

static void
begin_row(struct coverage_page *p, const struct tally_item *item)
{
    end_row(p);
    p->begun = true;
    p->row.service = item->service->settings->name;
    p->row.operation = operation_id(item->operation);
    p->row.exchanges = item->seen;
    memset(p->row.totals, 0, sizeof p->row.totals);
    buffer_clear(&p->row.answers);
    buffer_clear(&p->row.unseen);
}

static void
add_answer(struct row *r, const struct tally_item *item)
{
    MARKUP(&r->answers, "<span class=\"chip {}\">{}</span> ", item->seen > 0 ? TEXT("fine") : TEXT("soft"),
           item->answer);
}

static void
add_unseen(struct row *r, const struct tally_item *item)
{
    MARKUP(&r->unseen, "<li>{} {} <code>{}</code>", text_of(item->side == SIDE_REQUEST ? "request" : "answer"),
           item->answer, item->place);
    if (item->kind == TALLY_ENUM_VALUE)
        MARKUP(&r->unseen, " = <code>{}</code>", item->detail);
    if (item->kind == TALLY_BRANCH)
        MARKUP(&r->unseen, " as {}", item->detail);
    if (item->required)
        MARKUP_RAW(&r->unseen, " <small>required</small>");
    MARKUP_RAW(&r->unseen, "</li>");
}

static void
take(void *arg, const struct tally_item *item)
{
    struct coverage_page *p = arg;

    if (item->kind == TALLY_OPERATION) {
        begin_row(p, item);
        return;
    }
    p->row.totals[item->kind].documented++;
    p->row.totals[item->kind].seen += item->seen > 0;
    if (item->kind == TALLY_ANSWER)
        add_answer(&p->row, item);
    else if (item->seen == 0)
        add_unseen(&p->row, item);
}

void
coverage_html(struct buffer *out, const struct report_summary *s)
{
    struct coverage_page p = { .out = out };

    if (s->tally == NULL)
        return;
    buffer_init(&p.row.answers, LIMIT_MIB);
    buffer_init(&p.row.unseen, LIMIT_FILE_BYTES);
    MARKUP_RAW(out,
               "<section class=\"card\"><header><h2>Coverage</h2><span class=\"soft\">what the contracts document, "
               "and what of it was seen; an operation unfolds into what never was</span></header>\n<table "
               "class=\"coverage\">\n<thead><tr><th>operation</th><th class=\"number\">exchanges</th>"
               "<th>answers</th><th class=\"number\">parameters</th><th class=\"number\">members</th>"
               "<th class=\"number\">enum values</th><th class=\"number\">branches</th></tr></thead>\n<tbody>\n");
    if (tally_each(s->tally, take, &p) < 0 || buffer_failed(&p.row.answers) || buffer_failed(&p.row.unseen))
        out->failed = true;
    end_row(&p);
    MARKUP_RAW(out, "</tbody>\n</table></section>\n");
    buffer_release(&p.row.answers);
    buffer_release(&p.row.unseen);
}
