/* A file of functions, an expression and a JSON body, with lines "---" between them, under small ceilings. Whatever
 * they are, nothing crashes, hangs or leaks; a function of the host holds memory while the script may want to jump. */
#include <stdint.h>
#include <stdlib.h>

#include "rules/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct text
part(struct text *rest)
{
    size_t at = text_search(*rest, TEXT("\n---\n"));
    struct text first = text_slice(*rest, 0, at);

    *rest = text_from(*rest, at + 5);
    return first;
}

/* Gives back what it is given, with memory on its frame. */
static int
echo(struct script_call *call, void *arg)
{
    struct buffer json;
    struct text text = { 0 };
    const char *why = NULL;

    (void)arg;
    buffer_init(&json, 10000);
    if (script_arg_json(call, 0, &json, &why) && script_arg_text(call, 1, &text))
        (void)script_return_text(call, text);
    (void)script_return_text(call, buffer_text(&json));
    if (why != NULL)
        (void)script_raise(call, "it cannot be written: %s", why);
    buffer_release(&json);
    return script_return_integer(call, script_arg_count(call));
}

static int
wait_for(struct script_call *call, void *arg)
{
    (void)arg;
    return script_pause(call);
}

static const struct script_method methods[] = { { "echo", echo }, { "wait", wait_for }, { NULL, NULL } };

static void
run_all(struct script *s, const struct value *body)
{
    for (uint32_t i = 0; i < 8 && script_name(s, i) != NULL; i++) {
        struct script_run *run = script_run_new(s, text_of(script_name(s, i)), NULL);
        struct error err = { 0 };
        struct buffer json;
        const char *why;
        enum script_state state = SCRIPT_PAUSED;

        if (run == NULL)
            continue;
        buffer_init(&json, 100000);
        (void)script_push_value(run, body);
        (void)script_push_object(run, methods, NULL);
        for (int turn = 0; turn < 5 && state == SCRIPT_PAUSED; turn++) {
            state = script_resume(run, &err);
            (void)script_push_integer(run, turn);
        }
        if (state == SCRIPT_FAILED && err.kind == ERROR_NONE)
            abort();
        for (uint32_t result = 0; result < 3; result++)
            (void)script_result_json(run, result, &json, &why);
        (void)script_run_raised(run, &json);
        script_run_free(run);
        buffer_release(&json);
    }
}

static void
evaluate(struct script *s, struct text source, const struct value *body, struct arena *arena)
{
    static const struct text names[] = { { "body", 4 }, { "request.body", 12 } };
    struct script_variable variables[] = { { names[0], body }, { names[1], body } };
    struct error err = { 0 };
    int expression = script_expression(s, source, "here", names, 2, &err);

    if (expression < 0 && err.kind == ERROR_NONE)
        abort();
    if (expression < 0)
        return;
    if (script_evaluate(s, expression, variables, 2, &err) == SCRIPT_UNKNOWN && err.kind == ERROR_NONE)
        abort();
    (void)script_operands(s, expression, variables, 2, arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* the first byte says how much memory: little makes every allocation fail once */
    struct script_options options = { .memory = 1 << 20, .steps = 20000 };
    struct text input = text_make((const char *)data, size), source, expression;
    struct arena *arena = arena_new(0, 1 << 20);
    struct document document = { 0 };
    struct script *s;

    if (size > 0 && data[0] >= '0' && data[0] <= '9') {
        options.memory = (size_t)(data[0] - '0') * 4096 + 40000;
        input = text_from(input, 1);
    }
    source = part(&input);
    expression = part(&input);
    if (document_parse(&document, input, NULL, arena, NULL) < 0)
        document.root = NULL;
    if ((s = script_new(&options, NULL)) != NULL && script_define(s, "host", "echo", echo, NULL, NULL) == 0 &&
        script_define(s, NULL, "wait", wait_for, NULL, NULL) == 0) {
        if (script_load_text(s, source, "fuzz.lua", NULL) == 0)
            run_all(s, document.root);
        evaluate(s, expression, document.root, arena);
    }
    script_free(s);
    arena_free(arena);
    return 0;
}
