/* github.c -- annotations of GitHub Actions: a workflow command per finding, which the runner shows on the contract's
 * line (docs.github.com, "Workflow commands for GitHub Actions"). Other systems show them as lines of a log. */
#include <inttypes.h>

#include "report/annotation.h"

static const char *const commands[] = { [LEVEL_INFO] = "notice", [LEVEL_WARN] = "warning", [LEVEL_ERROR] = "error" };

/* What would end the command or one of its properties is percent-encoded; other control characters have no place in a
 * log. */
static void
add_escaped(struct buffer *out, struct text t, bool property)
{
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            buffer_print(out, "%%%02X", c);
        else if (c < ' ' || c == 0x7f)
            buffer_print(out, "\\x%02x", c);
        else
            buffer_byte(out, (char)c);
    }
}

static void
add(void *arg, const struct annotation *a)
{
    struct buffer *out = arg;

    buffer_print(out, "::%s ", commands[a->level]);
    if (a->file.length > 0) {
        buffer_add(out, TEXT("file="));
        add_escaped(out, a->file, true);
        if (a->line > 0)
            buffer_print(out, ",line=%u,col=%u", a->line, a->column);
        buffer_byte(out, ',');
    }
    buffer_add(out, TEXT("title="));
    add_escaped(out, a->title, true);
    buffer_add(out, TEXT("::"));
    add_escaped(out, a->message, false);
    buffer_byte(out, '\n');
}

void
report_github(struct buffer *out, const struct report_summary *s, struct finding_list *findings)
{
    if (!annotations_of_findings(findings, add, out))
        out->failed = true;
    buffer_print(out, "%" PRIu64 " %s, %" PRIu64 " errors, %" PRIu64 " warnings, %" PRIu64 " info\n", s->exchanges,
                 s->unit != NULL ? s->unit : "exchanges", s->errors, s->warnings, s->infos);
}

void
flow_report_github(struct buffer *out, struct flow_report *r)
{
    if (!annotations_of_flow(r, add, out))
        out->failed = true;
    flow_report_summary(out, r);
}
