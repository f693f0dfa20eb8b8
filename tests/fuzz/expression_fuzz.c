/* expression_fuzz.c -- any text as an expression, and as JSON with expressions in it, seen from a small scope.
 *
 * What is refused says why; what is filled in is a whole tape: written and read again, it is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "flow/arazzo.h"
#include "flow/expression.h"
#include "json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static const struct value *
json(struct text text, struct arena *arena)
{
    struct document *document = ARENA_NEW(arena, struct document);

    return document != NULL && document_parse(document, text, NULL, arena, NULL) == 0 ? document->root : NULL;
}

static struct text
written(const struct value *v, struct arena *arena)
{
    struct buffer out;
    struct json_writer w;
    struct text copy;

    buffer_init(&out, 64 * LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    copy = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return copy;
}

static const struct value *
outputs_of(void *arg, struct text id)
{
    return id.length > 0 && id.data[0] == 'a' ? arg : NULL;
}

static void
parse_one(struct text text, const struct flow_scope *scope, struct arena *arena)
{
    struct error err = { .kind = ERROR_NONE };
    const struct expression *e = expression_parse(text, arena, &err);
    struct expression_view view;
    const char *why = NULL;

    demand((e == NULL) == (err.kind != ERROR_NONE));
    demand(e == NULL || expression_is(text));
    if (e == NULL)
        return;
    expression_view(e, &view);
    demand(view.name_count <= EXPRESSION_NAMES && text_equal(expression_text(e), text));
    demand(expression_evaluate(e, scope, arena, &why) != NULL || why != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct header header = { .name = { "A", 1 }, .value = { "b", 1 } };
    static const struct message message = {
        .method = { "GET", 3 }, .query = { "a=b", 3 }, .headers = &header, .header_count = 1, .status = 200
    };
    struct text input = text_make((const char *)data, size);
    struct arena *arena = arena_new(0, 256 * LIMIT_MIB);
    struct flow flow = { .arazzo = size % 2 == 0 ? TEXT("1.1.0") : TEXT("1.0.1") };
    struct document document = { .root = NULL };
    struct flow_scope scope = { .request = &message, .response = &message, .url = TEXT("http://a/"), .flow = &flow };
    struct error err = { .kind = ERROR_NONE };
    const struct value *payload, *filled;

    demand(arena != NULL);
    flow.document = &document;
    scope.inputs =
        json(TEXT("{\"outputs\": {\"a\": [1, {\"b\": [\"c\"]}]}, \"a\": {\"b\": [true]}, \"a.b\": 1.50}"), arena);
    document.root = scope.inputs;
    scope.outputs = scope.inputs;
    scope.step = outputs_of;
    scope.workflow = outputs_of;
    scope.arg = (void *)(uintptr_t)scope.inputs;
    parse_one(input, &scope, arena);
    payload = json(input, arena);
    if (payload != NULL) {
        filled = expression_fill(payload, &scope, arena, &err);
        demand((filled == NULL) == (err.kind != ERROR_NONE));
        if (filled != NULL) {
            struct text text = written(filled, arena);
            const struct value *again = json(text, arena);

            demand(again != NULL && again->span == filled->span && text_equal(written(again, arena), text));
        }
    }
    arena_free(arena);
    return 0;
}
