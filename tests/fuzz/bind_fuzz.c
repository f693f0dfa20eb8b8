/* bind_fuzz.c -- lines of any recording, read, learned from and made again. A run that answers as recorded sends what
 * was recorded, byte by byte; one that answers otherwise never sends a broken head or breaks a body that was JSON; and
 * the rules that were learned can be read again. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "json/document.h"
#include "replay/bind.h"
#include "traffic/record.h"

#define MOST 16 /* exchanges of one input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct session {
    struct arena *arena;
    struct exchange exchanges[MOST];
    unsigned count;
};

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
read_lines(struct session *s, struct text lines)
{
    struct text_split split = text_split_start(lines);
    struct text line;

    while (s->count < MOST && text_split_next(&split, '\n', &line)) {
        struct document *document = ARENA_NEW(s->arena, struct document);
        struct exchange *x = &s->exchanges[s->count];

        *x = (struct exchange){ .arena = s->arena };
        if (document_parse(document, line, NULL, s->arena, NULL) == 0 && record_read(x, document->root, NULL) == 0)
            s->count++;
    }
}

static void
is_the_same(const struct exchange *x, const struct bound_request *r)
{
    demand(r->unresolved == 0 && text_equal(r->target, x->request.target) && text_equal(r->body, x->request.body));
    demand(r->header_count == x->request.header_count);
    for (uint32_t i = 0; i < r->header_count; i++)
        demand(text_equal(r->headers[i].value, x->request.headers[i].value));
}

static size_t
line_ends(struct text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.length; i++)
        count += t.data[i] == '\r' || t.data[i] == '\n';
    return count;
}

static void
is_whole(const struct exchange *x, const struct bound_request *r)
{
    demand(line_ends(r->target) <= line_ends(x->request.target));
    demand(r->header_count <= x->request.header_count);
    for (uint32_t i = 0; r->header_count == x->request.header_count && i < r->header_count; i++)
        demand(line_ends(r->headers[i].value) == line_ends(x->request.headers[i].value));
    if (r->header_count == x->request.header_count && r->body.length > 0 && x->request.body.length > 0 &&
        document_is_json(x->request.body))
        demand(document_is_json(r->body) || !text_is_utf8(r->body));
}

/* `shift`: exchange i is answered as exchange i + shift was. */
static void
run(struct session *s, struct bindings *rules, bool learn, unsigned shift)
{
    const struct binder_options options = { .rules = rules, .learn = learn, .take_ambiguous = true, .window = 8 };
    struct binder *b = binder_new(&options);

    for (unsigned i = 0; i < s->count; i++) {
        const struct exchange *x = &s->exchanges[i], *other = &s->exchanges[(i + shift) % s->count];
        struct bound_request request;
        uint64_t *needs;
        uint32_t count;

        demand(binder_read(b, i + 1, x, NULL, s->arena, &needs, &count) == 0);
        for (uint32_t n = 0; n < count; n++)
            demand(needs[n] > 0 && needs[n] <= i);
        demand(binder_request(b, i + 1, x, NULL, s->arena, &request) == 0);
        if (shift == 0)
            is_the_same(x, &request);
        else
            is_whole(x, &request);
        binder_answer(b, i + 1, x, other->has_response ? &other->response : NULL);
        (void)binder_to_recorded(b, other->response.body, s->arena);
    }
    binder_free(b);
}

static void
read_again(struct session *s, const struct bindings *rules)
{
    struct error err = { .kind = ERROR_NONE };
    struct bindings *again;
    struct buffer out;

    buffer_init(&out, LIMIT_FILE_BYTES);
    bindings_write(rules, &out);
    demand(!buffer_failed(&out));
    again = bindings_load_text(buffer_text(&out), "learned.yaml", &err);
    demand(again != NULL || err.kind != ERROR_NONE);
    if (again != NULL)
        run(s, again, false, 1);
    buffer_release(&out);
    bindings_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct session s = { .arena = arena_new(0, 64 * LIMIT_MIB) };
    struct bindings *rules = bindings_new();

    read_lines(&s, text_make((const char *)data, size));
    run(&s, rules, true, 0);
    run(&s, rules, true, 1);
    if (size % 16 == 0) /* the schema of the file is compiled each time */
        read_again(&s, rules);
    bindings_free(rules);
    arena_free(s.arena);
    return 0;
}
