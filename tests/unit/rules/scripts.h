/* What the tests of script.h share: a script from a text, and a run of a function of it to its end. */
#ifndef SCRIPTS_H
#define SCRIPTS_H

#include "base/buffer.h"
#include "rules/script.h"

/* The text, as rules/test.lua. */
static struct script *
script_from(const struct script_options *options, const char *source)
{
    struct error err = { 0 };
    struct script *s = script_new(options, &err);

    check_that(s != NULL, "%s", err.what);
    check_that(script_load_text(s, text_of(source), "rules/test.lua", &err) == 0, "%s: %s", err.where, err.what);
    return s;
}

static void
add_result(const struct script_run *run, uint32_t index, struct buffer *out)
{
    struct buffer json;
    const char *why = "";

    buffer_init(&json, 1024 * 1024);
    if (script_result_json(run, index, &json, &why))
        buffer_add(out, buffer_text(&json));
    else
        buffer_print(out, "cannot be written: %s", why);
    buffer_release(&json);
}

/* What `f` of the script gives, as JSON; of several results each on its own, with spaces between; or the error. */
__attribute__((unused)) static const char *
result_of(struct script *s, const char *argument)
{
    static struct buffer text;
    struct error err = { 0 };
    struct script_run *run = script_run_new(s, TEXT("f"), &err);
    struct arena *arena = arena_new(0, 64 * 1024 * 1024);
    struct document document;

    check_that(run != NULL, "%s", err.what);
    buffer_release(&text);
    buffer_init(&text, 2 * 1024 * 1024);
    if (argument != NULL) {
        check_that(document_parse(&document, text_of(argument), NULL, arena, NULL) == 0, "%s", argument);
        assert_int_equal(script_push_value(run, document.root), 0);
    }
    if (script_resume(run, &err) != SCRIPT_DONE) {
        buffer_print(&text, "%s: %s", err.where, err.what);
    } else {
        for (uint32_t i = 0; i < script_result_count(run); i++) {
            if (i > 0)
                buffer_byte(&text, ' ');
            if (script_result_is_nil(run, i))
                buffer_add(&text, TEXT("nil"));
            else
                add_result(run, i, &text);
        }
    }
    buffer_byte(&text, '\0');
    script_run_free(run);
    arena_free(arena);
    return text.data;
}

/* The same of a file that consists of this body of `f`. */
__attribute__((unused)) static const char *
result_with(const struct script_options *options, const char *body, const char *argument)
{
    struct buffer source;
    struct script *s;
    const char *result;

    buffer_init(&source, 1024 * 1024);
    buffer_print(&source, "local h = {}; function h.f(v) %s end; return h", body);
    buffer_byte(&source, '\0');
    s = script_from(options, source.data);
    result = result_of(s, argument);
    script_free(s);
    buffer_release(&source);
    return result;
}

#define check_result(body, argument, expected) assert_string_equal(result_with(NULL, (body), (argument)), (expected))

#endif
