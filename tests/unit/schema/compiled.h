/* compiled.h -- schemas for the tests of schema/: from a text or from a case. */
#ifndef UNIT_SCHEMA_COMPILED_H
#define UNIT_SCHEMA_COMPILED_H

#include "unit.h"

#include "base/limits.h"
#include "json/pointer.h"
#include "json/write.h"
#include "schema/schema.h"

struct compiled {
    struct arena *arena;
    struct schema_set *set;
    const struct schema *schema;
    struct schema_run run;
    struct document document;
    char defects[4096];  /* "/pointer: what\n", each */
    char problems[4096]; /* "keyword | instance | pointer | expected | found | hint\n", each */
};

__attribute__((unused)) static void
compiled_on_defect(void *arg, const struct schema_defect *defect)
{
    struct compiled *c = arg;
    size_t used = strlen(c->defects);
    struct text pointer = TEXT("?");

    if (defect->place != NULL)
        pointer = pointer_to(defect->document->root, defect->place, c->arena);
    (void)snprintf(c->defects + used, sizeof(c->defects) - used, "%.*s: %.*s\n", TEXT_PRINT(pointer),
                   TEXT_PRINT(defect->what));
}

/* `text` may be used up to compiled_free. NULL schema: it cannot be used. */
__attribute__((unused)) static struct compiled *
compiled_from(const char *text, enum schema_dialect dialect, bool assert_formats)
{
    struct compiled *c = calloc(1, sizeof(*c));
    struct schema_set_options options = { .assert_formats = assert_formats, .defect = compiled_on_defect, .arg = c };
    struct document_error why = { .what = "" };

    assert_non_null(c);
    c->arena = arena_new(0, 256 * LIMIT_MIB);
    c->set = schema_set_new(&options);
    assert_non_null(c->set);
    check_that(document_parse(&c->document, text_of(text), NULL, c->arena, &why) == 0, "%s: %s", text, why.what);
    c->schema = schema_compile(c->set, &c->document, c->document.root, dialect);
    c->run = (struct schema_run){ .scratch = schema_scratch_new(), .arena = c->arena, .budget = LIMIT_CHECK_BUDGET };
    assert_non_null(c->run.scratch);
    return c;
}

__attribute__((unused)) static void
compiled_free(struct compiled *c)
{
    schema_scratch_free(c->run.scratch);
    schema_set_free(c->set);
    arena_free(c->arena);
    free(c);
}

__attribute__((unused)) static const struct value *
compiled_instance(struct compiled *c, const char *text)
{
    struct document *document = ARENA_NEW(c->arena, struct document);

    assert_non_null(document);
    check_that(document_parse(document, text_of(text), NULL, c->arena, NULL) == 0, "no JSON: %s", text);
    return document->root;
}

__attribute__((unused)) static bool
compiled_accepts(struct compiled *c, const char *instance)
{
    return schema_check(c->schema, compiled_instance(c, instance), &c->run);
}

__attribute__((unused)) static void
compiled_on_problem(void *arg, const struct schema_problem *p)
{
    struct compiled *c = arg;
    size_t used = strlen(c->problems);

    (void)snprintf(c->problems + used, sizeof(c->problems) - used, "%s | %.*s | %.*s | %.*s | %.*s%s%.*s\n", p->keyword,
                   TEXT_PRINT(p->instance), TEXT_PRINT(p->pointer), TEXT_PRINT(p->expected), TEXT_PRINT(p->found),
                   p->hint.length > 0 ? " | " : "", TEXT_PRINT(p->hint));
}

__attribute__((unused)) static unsigned
compiled_explain(struct compiled *c, const struct value *instance)
{
    c->problems[0] = '\0';
    return schema_explain(c->schema, instance, &c->run, LIMIT_VIOLATIONS, compiled_on_problem, c);
}

/* ---- cases: tests/cases/schema/NAME.json ---- */

__attribute__((unused)) static const struct value *
compiled_cases(struct document *document, const char *name, struct arena *arena)
{
    struct error err = { .kind = ERROR_NONE };
    char path[128];

    (void)snprintf(path, sizeof(path), "tests/cases/schema/%s", name);
    check_that(document_read(document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    return document->root;
}

/* The schema of a case as a document of its own, in the dialect that it names. */
__attribute__((unused)) static struct compiled *
compiled_case(const struct value *test, struct arena *arena)
{
    const struct value *schema = VALUE_MEMBER(test, "schema"), *word = VALUE_MEMBER(test, "dialect");
    enum schema_dialect dialect = SCHEMA_2020_12;
    struct json_writer w;
    struct buffer out;
    struct compiled *c;

    if (value_is(word, VALUE_STRING)) {
        struct text d = value_text(word);

        dialect = text_equal(d, TEXT("draft4"))   ? SCHEMA_DRAFT4
                  : text_equal(d, TEXT("oas3.0")) ? SCHEMA_OAS30
                  : text_equal(d, TEXT("oas3.1")) ? SCHEMA_OAS31
                                                  : SCHEMA_2020_12;
    }
    buffer_init(&out, LIMIT_MIB);
    json_begin(&w, &out, 0);
    json_value(&w, schema);
    buffer_byte(&out, '\0');
    assert_false(buffer_failed(&out));
    c = compiled_from(arena_text(arena, buffer_text(&out)).data, dialect, true);
    buffer_release(&out);
    return c;
}

#endif
