/* fault_read.c -- `faults` and `fault_presets` of all files as one list of rules. */
#include "rules/fault_internal.h"

#include <stdlib.h>

/* ---- what a rule says, or its preset does ---- */

static const struct value *
look_up(struct fault_reader *r, const struct value *own, const struct value *other, const char *key)
{
    const struct value *v = value_member(own, text_of(key));

    r->document = r->own;
    if (v != NULL)
        return v;
    r->document = r->other;
    return value_member(other, text_of(key));
}

const struct value *
fault_member(struct fault_reader *r, const char *key)
{
    return look_up(r, r->rule, r->preset, key);
}

const struct value *
fault_condition(struct fault_reader *r, const char *key)
{
    return look_up(r, VALUE_MEMBER(r->rule, "when"), VALUE_MEMBER(r->preset, "when"), key);
}

int
fault_fail(const struct fault_reader *r, const struct value *v, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    error_vset(r->err, ERROR_CONFIG, document_where(r->document, v, r->faults->arena).data, format, arguments);
    va_end(arguments);
    return -1;
}

struct text
fault_hint(struct arena *arena, struct text word, const char *const *names, uint32_t count)
{
    const char *near = text_nearest(word, names, count);

    return near != NULL ? arena_print(arena, "; did you mean '%s'?", near) : TEXT("");
}

/* ---- what makes a rule the one that it is ---- */

bool
fault_is_counted(const struct fault_full *full)
{
    const struct fault_when *w = &full->when;

    return w->shared || w->skip > 0 || w->first > 0 || w->every > 0 || w->burst_first > 0 ||
           full->rule.effect == FAULT_MUTATE ||
           (full->rule.effect == FAULT_DELAY && full->rule.distribution != FAULT_FIXED);
}

static uint64_t
hash_value(const struct value *v, uint64_t sum)
{
    for (uint32_t i = 0; v != NULL && i < v->span; i++) {
        sum = hash_mix(sum, v[i].type);
        sum = hash_mix(sum, v[i].count);
        if (v[i].data != NULL)
            sum = hash_stable(value_text(&v[i]), sum);
    }
    return sum;
}

/* ---- one rule ---- */

static const struct fault_full *
find_preset(const struct faults *f, struct text name)
{
    for (uint32_t i = 0; i < f->preset_count; i++)
        if (text_equal(f->presets[i].rule.name, name))
            return &f->presets[i];
    return NULL;
}

static int
fail_preset(const struct fault_reader *r, const struct value *v)
{
    const struct faults *f = r->faults;
    const char **names = ARENA_ARRAY(f->arena, const char *, f->preset_count);

    if (names == NULL)
        return error_memory(r->err);
    for (uint32_t i = 0; i < f->preset_count; i++)
        names[i] = f->presets[i].rule.name.data;
    return fault_fail(r, v, "there is no preset '%.*s'%.*s", TEXT_PRINT(value_text(v)),
                      TEXT_PRINT(fault_hint(f->arena, value_text(v), names, f->preset_count)));
}

static int
read_preset(struct fault_reader *r)
{
    const struct value *v = VALUE_MEMBER(r->rule, "preset");
    const struct fault_full *preset;

    if (v == NULL)
        return 0;
    preset = find_preset(r->faults, value_text(v));
    if (preset == NULL)
        return fail_preset(r, v);
    r->preset = preset->source;
    r->other = preset->document;
    return 0;
}

static int
read_name(const struct fault_reader *r, struct fault_full *full)
{
    const struct value *name = VALUE_MEMBER(r->rule, "name"),
                       *v = name != NULL ? name : VALUE_MEMBER(r->rule, "preset");
    const struct fault_rule *before;

    if (v == NULL)
        return fault_fail(r, r->rule, "the rule has no name; recordings tell what was injected by it");
    full->rule.name = arena_text(r->faults->arena, value_text(v));
    before = fault_named(r->faults, full->rule.name);
    if (before != NULL)
        return fault_fail(r, v, "there is a rule '%.*s' already, at %.*s; give this one another name",
                          TEXT_PRINT(full->rule.name), TEXT_PRINT(before->where));
    return 0;
}

/* What the reader stands at, but for the name. */
static int
read_rest(struct fault_reader *r, struct fault_full *full)
{
    const struct value *enabled = VALUE_MEMBER(r->rule, "enabled"), *last = VALUE_MEMBER(r->rule, "last");

    full->source = r->rule;
    full->document = r->own;
    full->rule.enabled = !value_is(enabled, VALUE_FALSE);
    for (const struct fault_switch *s = r->settings->fault_switches; s != NULL; s = s->next)
        if (text_equal(s->name, full->rule.name)) {
            full->rule.enabled = s->on;
            break;
        }
    full->rule.last = value_is(last, VALUE_TRUE);
    if (fault_read_effect(r, full) < 0 || fault_read_when(r, full) < 0)
        return -1;
    full->chance = hash_stable(full->rule.name, 0);
    full->identity = hash_value(r->preset, hash_value(r->rule, full->chance));
    return full->rule.where.data != NULL ? 0 : error_memory(r->err);
}

static int
read_rule(struct fault_reader *r, const struct document *document, const struct value *v)
{
    struct faults *f = r->faults;
    struct fault_full *full = &f->rules[f->count];

    r->own = r->document = document;
    r->rule = v;
    r->preset = NULL;
    r->other = NULL;
    full->rule.index = f->count;
    full->rule.where = document_where(document, v, f->arena);
    if (read_preset(r) < 0 || read_name(r, full) < 0)
        return -1;
    f->count++; /* from here on faults_free looks at it */
    return read_rest(r, full);
}

/* ---- presets ---- */

static int
add_preset(struct fault_reader *r, const struct document *document, const struct value *v, struct text name,
           const struct value *place)
{
    struct faults *f = r->faults;
    struct fault_full *full = &f->presets[f->preset_count];

    r->own = r->document = document;
    r->rule = v;
    r->preset = NULL;
    if (find_preset(f, name) != NULL)
        return place == NULL ? 0 /* the settings' own beats the built-in one */
                             : fault_fail(r, place, "there is a preset '%.*s' already, at %.*s", TEXT_PRINT(name),
                                          TEXT_PRINT(find_preset(f, name)->rule.where));
    full->rule.name = arena_text(f->arena, name);
    full->rule.where = document_where(document, place != NULL ? place : v, f->arena);
    f->preset_count++;
    return read_rest(r, full);
}

static int
add_builtin(struct fault_reader *r, const struct fault_builtin *b)
{
    struct arena *arena = r->faults->arena;
    struct document *document = ARENA_NEW(arena, struct document);
    struct text name = arena_print(arena, "preset %s", b->name);

    if (document == NULL || name.data == NULL)
        return error_memory(r->err);
    if (document_read_text(document, text_of(b->json), name.data, arena, r->err) < 0)
        return -1;
    return add_preset(r, document, document->root, text_of(b->name), NULL);
}

static int
read_presets(struct fault_reader *r)
{
    struct faults *f = r->faults;
    uint32_t count = fault_builtin_count;

    for (const struct rule_source *s = r->settings->fault_presets; s != NULL; s = s->next)
        count += s->value->count;
    f->presets = ARENA_ARRAY(f->arena, struct fault_full, count);
    if (f->presets == NULL)
        return error_memory(r->err);
    for (const struct rule_source *s = r->settings->fault_presets; s != NULL; s = s->next)
        for (VALUE_EACH_MEMBER(key, s->value))
            if (add_preset(r, s->document, value_next(key), value_text(key), key) < 0)
                return -1;
    for (uint32_t i = 0; i < fault_builtin_count; i++)
        if (add_builtin(r, &fault_builtins[i]) < 0)
            return -1;
    return 0;
}

/* ---- all of them ---- */

static int
read_rules(struct fault_reader *r)
{
    struct faults *f = r->faults;
    uint32_t count = 0;

    for (const struct rule_source *s = r->settings->faults; s != NULL; s = s->next)
        count += s->value->count;
    f->rules = ARENA_ARRAY(f->arena, struct fault_full, count);
    if (f->rules == NULL)
        return error_memory(r->err);
    for (const struct rule_source *s = r->settings->faults; s != NULL; s = s->next)
        for (VALUE_EACH_ITEM(item, s->value))
            if (read_rule(r, s->document, item) < 0)
                return -1;
    for (uint32_t i = 0; i < f->preset_count; i++)
        f->presets[i].rule.index = FAULT_ASKED_INDEX(f);
    return 0;
}

static bool
is_wanted(const struct settings *s, const struct service *services, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (services[i].settings->inject)
            return true;
    return s->faults != NULL || s->fault_presets != NULL;
}

int
faults_read(struct faults **made, const struct settings *settings, const struct service *services,
            uint32_t service_count, struct error *err)
{
    struct fault_reader r = { .settings = settings, .err = err };
    struct faults *f;
    bool good;

    *made = NULL;
    if (!is_wanted(settings, services, service_count))
        return 0;
    f = calloc(1, sizeof *f);
    if (f == NULL || (f->arena = arena_new(0, LIMIT_FAULT_BYTES)) == NULL) {
        free(f);
        return error_memory(err);
    }
    f->seed = settings->seed;
    f->services = services;
    f->service_count = service_count;
    r.faults = f;
    r.compiler = script_new(NULL, err);
    good = r.compiler != NULL && read_presets(&r) == 0 && read_rules(&r) == 0 && fault_note_concerns(f, err) == 0;
    script_free(r.compiler);
    if (!good) {
        faults_free(f);
        return -1;
    }
    *made = f;
    return 0;
}

static void
free_patterns(struct fault_full *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t h = 0; h < list[i].when.header_count; h++)
            pattern_free(list[i].when.headers[h].pattern);
}

void
faults_free(struct faults *f)
{
    if (f == NULL)
        return;
    free_patterns(f->rules, f->count);
    free_patterns(f->presets, f->preset_count);
    arena_free(f->arena);
    free(f);
}

/* ---- looking ---- */

uint32_t
fault_count(const struct faults *f)
{
    return f != NULL ? f->count : 0;
}

const struct fault_rule *
fault_at(const struct faults *f, uint32_t index)
{
    return index < fault_count(f) ? &f->rules[index].rule : NULL;
}

const struct fault_rule *
fault_preset_at(const struct faults *f, uint32_t index)
{
    return f != NULL && index < f->preset_count ? &f->presets[index].rule : NULL;
}

const struct fault_rule *
fault_named(const struct faults *f, struct text name)
{
    for (uint32_t i = 0; i < fault_count(f); i++)
        if (text_equal(f->rules[i].rule.name, name))
            return &f->rules[i].rule;
    return NULL;
}
