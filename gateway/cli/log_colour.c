#include "cli/log_colour.h"

#include "report/exchange_text.h"

static struct text
colour_of(const struct exchange *x)
{
    const struct verdict *a = &x->request_verdict, *b = &x->response_verdict;
    unsigned status = x->refusal.status != 0 ? x->refusal.status : x->has_response ? x->response.status : 0;

    if (x->outcome == OUTCOME_REFUSED || a->count + b->count > 0 || status >= 500)
        return TEXT("\033[31m");
    if (x->outcome == OUTCOME_CLIENT_GONE || a->unchecked_count + b->unchecked_count > 0 || status >= 400)
        return TEXT("\033[33m");
    return text_make(NULL, 0);
}

void
log_colour_line(struct buffer *out, const struct exchange *x, bool wanted)
{
    struct text colour = wanted ? colour_of(x) : text_make(NULL, 0);

    buffer_add(out, colour);
    exchange_text_line(out, x);
    if (colour.length == 0 || buffer_length(out) == 0)
        return;
    buffer_truncate(out, buffer_length(out) - 1); /* the colour ends before the line does */
    buffer_add(out, TEXT("\033[0m\n"));
}
