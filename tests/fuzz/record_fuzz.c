/* record_fuzz.c -- any JSON as an entry of a recording. What can be read must come back the same when it is written and
 * read again, and may be redacted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "rules/redaction.h"
#include "traffic/finding.h"
#include "traffic/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static bool
read_text(struct exchange *x, struct text line, struct arena *arena)
{
    struct document *document = ARENA_NEW(arena, struct document);
    struct error err = { .kind = ERROR_NONE };

    if (document_parse(document, line, NULL, arena, NULL) < 0)
        return false;
    x->arena = arena;
    if (record_read(x, document->root, &err) == 0)
        return true;
    demand(err.kind != ERROR_NONE && err.what[0] != '\0');
    return false;
}

/* The second writing is the first one over again. */
static void
come_back(const struct exchange *x, struct arena *arena)
{
    struct buffer first, second;
    struct exchange again;

    buffer_init(&first, LIMIT_RECORD_LINE);
    buffer_init(&second, LIMIT_RECORD_LINE);
    record_write(&first, x, LIMIT_MIB);
    demand(!buffer_failed(&first) && text_find(buffer_text(&first), '\n') == buffer_length(&first) - 1);
    demand(read_text(&again, buffer_text(&first), arena));
    demand(text_equal(x->request.target, again.request.target) || !text_is_utf8(x->request.target));
    demand(x->request.header_count == again.request.header_count);
    demand(text_equal(x->response.body, again.response.body) || x->response.body.length > LIMIT_MIB ||
           x->response.body_state == BODY_NONE);
    record_write(&second, &again, LIMIT_MIB);
    demand(!buffer_failed(&second));
    demand(read_text(&again, buffer_text(&second), arena));
    buffer_release(&first);
    buffer_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct redaction *redaction;
    static struct redaction_scratch *scratch;
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct finding_list *findings = finding_list_new();
    struct exchange x;

    if (redaction == NULL) {
        redaction = redaction_new(NULL, NULL, NULL);
        scratch = redaction_scratch_new();
    }
    if (read_text(&x, text_make((const char *)data, size), arena)) {
        come_back(&x, arena);
        demand(finding_list_add(findings, &x, TEXT("fuzz:1")) == 0);
        demand(redaction_apply(redaction, &x, scratch) == 0);
        come_back(&x, arena);
    }
    finding_list_free(findings);
    arena_free(arena);
    return 0;
}
