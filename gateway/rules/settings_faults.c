/* settings_faults.c -- faults that do not come from the settings file: of the command line, of the admin listener. */
#include "rules/judge.h"
#include "rules/settings_internal.h"
#include "rules/units.h"

/* One more file, or text, has these keys. */
static int
take(struct settings *s, const struct document *document, struct error *err)
{
    struct settings_reader r = { .settings = s, .document = document, .err = err };

    read_rules(&r, VALUE_MEMBER(document->root, "fault_presets"), &s->fault_presets);
    read_rules(&r, VALUE_MEMBER(document->root, "faults"), &s->faults);
    read_seed(&r, VALUE_MEMBER(document->root, "seed"));
    return r.failed ? -1 : 0;
}

static int
load(struct settings *s, struct text path, unsigned depth, struct error *err)
{
    struct document *document = ARENA_NEW(s->arena, struct document);
    struct settings_reader r = { .settings = s, .document = document, .file = path, .err = err };
    const struct value *include;

    if (document == NULL)
        return error_memory(err);
    if (depth > 8)
        return error_set(err, ERROR_CONFIG, path.data, "files include each other in a circle");
    if (document_read(document, path.data, s->arena, err) < 0 ||
        units_expand(document, document->root, s->arena, err) < 0 ||
        judge_document(document, "faults.schema.json", err) < 0 || take(s, document, err) < 0)
        return -1;
    include = VALUE_MEMBER(document->root, "include");
    for (uint32_t i = 0; include != NULL && i < include->count; i++) {
        struct text file = { NULL, 0 };

        read_path(&r, value_item(include, i), &file);
        if (r.failed || load(s, file, depth + 1, err) < 0)
            return -1;
    }
    return 0;
}

int
faults_override(struct settings *s, const struct settings_overrides *o, struct error *err)
{
    if (o == NULL || o->faults == NULL)
        return 0;
    s->faults = NULL;
    return load(s, arena_text(s->arena, text_of(o->faults)), 0, err);
}

int
settings_put_faults(struct settings *s, struct text source, const char *name, struct error *err)
{
    struct document *document = ARENA_NEW(s->arena, struct document);
    struct text copy = arena_text(s->arena, source);
    const struct value *include;

    if (document == NULL || (copy.data == NULL && source.length > 0))
        return error_memory(err);
    if (document_read_text(document, copy, name, s->arena, err) < 0 ||
        judge_document(document, "faults.schema.json", err) < 0)
        return -1;
    include = VALUE_MEMBER(document->root, "include");
    if (include != NULL)
        return error_set(err, ERROR_CONFIG, document_where(document, include, s->arena).data,
                         "files are not read here; write the rules themselves");
    s->faults = NULL;
    return take(s, document, err);
}

int
settings_switch_fault(struct settings *s, struct text name, bool on)
{
    struct fault_switch *one = ARENA_NEW(s->arena, struct fault_switch);

    if (one == NULL || (one->name = arena_text(s->arena, name)).data == NULL)
        return -1;
    one->on = on;
    one->next = s->fault_switches;
    s->fault_switches = one;
    return 0;
}
