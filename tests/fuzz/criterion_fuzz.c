/* criterion_fuzz.c -- any condition over any answer: the first line of the input is the criterion's type and condition
 * ("s$statusCode == 200", "r^2", "j$.a"), the rest JSON of the body.
 *
 * Beside crashes it looks for what must be true: what is refused says why, what is judged says something, judging twice
 * gives the same, and a simple condition in "!( )" holds when it does not, and the other way round. */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "flow/criterion_condition.h"
#include "json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

/* A Criterion Object in the arena; NULL: the line is no text that JSON could hold. */
static const struct document *
object_of(struct text line, struct arena *arena)
{
    struct document *document = ARENA_NEW(arena, struct document);
    char kind = line.length > 0 ? line.data[0] : 's';
    struct json_writer w;
    struct buffer json;
    bool fine;

    buffer_init(&json, LIMIT_MIB);
    json_begin(&w, &json, 0);
    json_object(&w);
    JSON_KEY(&w, "condition");
    json_string(&w, text_from(line, 1));
    JSON_KEY(&w, "context");
    json_string(&w, TEXT("$response.body"));
    JSON_KEY(&w, "type");
    json_string(&w, kind == 'r' ? TEXT("regex") : kind == 'j' ? TEXT("jsonpath") : TEXT("simple"));
    json_end_object(&w);
    fine = document != NULL && !buffer_failed(&json) &&
           document_parse(document, arena_text(arena, buffer_text(&json)), NULL, arena, NULL) == 0;
    buffer_release(&json);
    return fine ? document : NULL;
}

static void
check_opposite(const struct criterion *c, const struct flow_scope *scope, enum criterion_verdict verdict,
               struct arena *arena)
{
    struct text not = arena_print(arena, "!(%.*s)", TEXT_PRINT(criterion_text(c)));
    const struct condition *opposite = condition_parse(not, arena, NULL);
    struct judging judging = { .scope = scope, .arena = arena, .budget = LIMIT_CHECK_BUDGET };

    if (opposite == NULL || text_find(criterion_text(c), '\0') < criterion_text(c).length) /* a ceiling */
        return;
    demand(condition_holds(opposite, &judging) == (verdict == CRITERION_FAILS));
}

static void
judge(const struct criterion *c, const struct value *body, struct criterion_scratch *scratch, struct arena *arena)
{
    struct header headers[] = { { .name = TEXT("X-Count"), .value = TEXT("3") } };
    const struct message response = { .status = 200, .headers = headers, .header_count = 1 };
    const struct flow_scope scope = { .response = &response, .response_body = body, .inputs = body };
    struct text told, again;
    enum criterion_verdict verdict = criterion_judge(c, &scope, scratch, arena, &told);

    demand(verdict == criterion_judge(c, &scope, scratch, arena, &again));
    demand(text_equal(told, again));
    demand(verdict == CRITERION_HOLDS || told.length > 0);
    if (criterion_kind(c) == CRITERION_SIMPLE)
        check_opposite(c, &scope, verdict, arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_make((const char *)data, size);
    struct text line = text_slice(input, 0, text_find(input, '\n'));
    struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
    struct criterion_scratch *scratch = criterion_scratch_new();
    struct error err = { .kind = ERROR_NONE };
    const struct document *object;
    struct document body;

    demand(arena != NULL && scratch != NULL);
    object = object_of(line, arena);
    if (object != NULL) {
        const struct criterion *c = criterion_compile(object, object->root, arena, &err);

        demand((c == NULL) == (err.kind != ERROR_NONE && err.what[0] != '\0'));
        if (c != NULL && document_parse(&body, text_from(input, line.length + 1), NULL, arena, NULL) == 0)
            judge(c, body.root, scratch, arena);
    }
    criterion_scratch_free(scratch);
    arena_free(arena);
    return 0;
}
