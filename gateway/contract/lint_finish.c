/* lint_finish.c -- what can only be looked at when all schemas are compiled and all operations known. */
#include "contract/lint.h"
#include "contract/loader_private.h"

#include "base/limits.h"

static void
remember(struct loader *l, struct place value, struct place other, const char *what)
{
    struct expectation *e = ARENA_NEW(loader_arena(l), struct expectation);

    if (e == NULL)
        return;
    *e = (struct expectation){ value, other, what, NULL };
    if (l->last_expectation == NULL)
        l->last_expectation = &l->expectations;
    *l->last_expectation = e;
    l->last_expectation = &e->next;
}

void
lint_expect(struct loader *l, struct place value, struct place schema, const char *what)
{
    if (l->examples)
        remember(l, value, schema, what);
}

void
lint_link_target(struct loader *l, struct place id, struct place parameters)
{
    if (value_is(id.value, VALUE_STRING))
        remember(l, id, parameters, NULL);
}

/* ---- links ---- */

static bool
has_parameter(const struct operation *o, struct text name)
{
    static const char *const prefixes[] = { "path.", "query.", "header.", "cookie." };

    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (text_starts(name, text_of(prefixes[i]))) {
            name = text_from(name, strlen(prefixes[i]));
            break;
        }
    for (unsigned in = 0; in < LOCATIONS; in++)
        for (uint32_t i = 0; i < o->parameter_count[in]; i++)
            if (text_equal(o->parameters[in][i].name, name))
                return true;
    return false;
}

static void
finish_link(struct loader *l, const struct expectation *e)
{
    const struct operation *o = contract_operation_named(l->contract, value_text(e->value.value));

    if (o == NULL) {
        loader_defect(l, LEVEL_ERROR, e->value, "no operation has the operationId '%.*s'",
                      TEXT_PRINT(value_text(e->value.value)));
        return;
    }
    if (!value_is(e->other.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, e->other.value))
        if (!has_parameter(o, value_text(key)))
            loader_defect_key(l, LEVEL_ERROR, e->other.document, key, "the operation '%.*s' has no parameter '%.*s'",
                              TEXT_PRINT(o->id), TEXT_PRINT(value_text(key)));
}

/* ---- examples ---- */

struct finishing {
    struct loader *l;
    const struct expectation *e;
};

static void
on_problem(void *arg, const struct schema_problem *p)
{
    const struct finishing *f = arg;
    struct place at = { f->e->value.document, p->value != NULL ? p->value : f->e->value.value };

    loader_defect(f->l, LEVEL_ERROR, at, "this %s breaks its schema%s%.*s: expected %.*s, found %.*s", f->e->what,
                  p->instance.length > 0 ? " at " : "", TEXT_PRINT(p->instance), TEXT_PRINT(p->expected),
                  TEXT_PRINT(p->found));
}

/* An example may be of a request or of a response: what is readOnly or writeOnly may be there or not. */
static bool
is_valid(const struct schema *schema, const struct value *value, struct schema_run *run)
{
    static const enum schema_side sides[] = { SCHEMA_RESPONSE, SCHEMA_REQUEST, SCHEMA_BOTH };

    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        run->budget = LIMIT_CHECK_BUDGET;
        run->side = sides[i];
        if (schema_check(schema, value, run))
            return true;
    }
    return false;
}

static void
finish_example(struct loader *l, const struct expectation *e, struct schema_scratch *scratch)
{
    struct shape shape = loader_shape(l, e->other);
    struct schema_run run = { .scratch = scratch, .arena = loader_arena(l), .budget = LIMIT_CHECK_BUDGET };
    struct finishing f = { l, e };

    if (shape.schema == NULL || is_valid(shape.schema, e->value.value, &run))
        return;
    run.budget = LIMIT_CHECK_BUDGET;
    (void)schema_explain(shape.schema, e->value.value, &run, EXAMPLE_PROBLEMS, on_problem, &f);
}

/* ---- repeated keys ---- */

static void
note_repeated(struct loader *l, const struct document *document)
{
    struct index seen = { 0 };

    for (uint32_t i = 0; i < document->values; i++) {
        const struct value *object = document->root + i;

        if (object->type != VALUE_OBJECT || !(object->flags & VALUE_DUPLICATE_KEY))
            continue;
        for (VALUE_EACH_MEMBER(key, object)) {
            if (index_find(&seen, object, value_text(key)) != NULL)
                loader_defect_key(l, LEVEL_ERROR, document, key,
                                  "the key '%.*s' is in this object twice; only the last one counts",
                                  TEXT_PRINT(value_text(key)));
            (void)index_put(&seen, loader_arena(l), object, value_text(key), key);
        }
    }
}

static void
finish_documents(struct loader *l)
{
    const struct index *documents = &l->sources.by_document;

    for (uint32_t i = 0; i < documents->capacity; i++) {
        const struct source *source = documents->slots[i].value;

        if (source != NULL && source->document.duplicate_keys > 0)
            note_repeated(l, &source->document);
    }
}

int
lint_finish(struct loader *l, struct error *err)
{
    struct schema_scratch *scratch = NULL;

    finish_documents(l);
    if (l->examples && (scratch = schema_scratch_new()) == NULL)
        return error_memory(err);
    for (const struct expectation *e = l->expectations; e != NULL; e = e->next) {
        if (e->what == NULL)
            finish_link(l, e);
        else
            finish_example(l, e, scratch);
    }
    schema_scratch_free(scratch);
    return 0;
}
