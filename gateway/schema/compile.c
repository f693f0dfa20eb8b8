/* compile.c -- from schema objects to programs.
 *
 * Nothing recurses: a subschema gets its (still empty) struct schema at once and waits in a queue, so that a chain
 * of ten thousand references needs no stack, and a schema that contains itself is nothing special. */
#include "schema/compile.h"

#include "base/limits.h"

static struct schema *
new_schema(struct schema_set *set, const struct document *document, const struct value *place)
{
    struct schema *s = ARENA_NEW(set->arena, struct schema);
    struct chain *link = ARENA_NEW(set->arena, struct chain);

    if (s == NULL || link == NULL || map_put(&set->schemas, place, (struct text){ 0 }, s) < 0) {
        (void)set_no_memory(set);
        return NULL;
    }
    s->types = SCHEMA_TYPE_ANY;
    s->source = place;
    s->resource = set_resource_of(set, document, place);
    if (s->resource->dynamic != NULL)
        s->flags |= SCHEMA_DYNAMIC;
    *link = (struct chain){ s, set->pending };
    set->pending = link;
    return s;
}

struct schema *
compile_place(struct schema_set *set, const struct document *document, const struct value *place)
{
    struct schema *s = map_find(&set->schemas, place, (struct text){ 0 });

    return s != NULL ? s : new_schema(set, document, place);
}

const struct schema *
compile_schema(struct compiling *c, const struct value *place)
{
    const struct value *reference = VALUE_MEMBER(place, "$ref");
    const struct schema *there = NULL;

    /* A reference and nothing else: one step less for every check. */
    if (value_is(reference, VALUE_STRING) && (place->count == 1 || dialect_lone_reference(&c->resource->dialect)))
        there = compile_target(c, value_text(reference));
    return there != NULL ? there : compile_place(c->set, c->resource->document, place);
}

struct schema_list *
compile_list(struct compiling *c, const struct value *array)
{
    struct schema_list *list = arena_alloc(c->set->arena, sizeof(*list) + array->count * sizeof(const struct schema *));

    if (list == NULL) {
        (void)set_no_memory(c->set);
        return NULL;
    }
    list->count = 0;
    for (VALUE_EACH_ITEM(item, array)) {
        if ((list->items[list->count] = compile_schema(c, item)) == NULL)
            return NULL;
        list->count++;
    }
    return list;
}

struct op *
compile_op(struct compiling *c, enum op_code code, enum op_group group, const struct value *place)
{
    struct schema_set *set = c->set;
    struct op *op;

    if (set->scratch_count == set->scratch_capacity) {
        uint32_t bigger = set->scratch_capacity > 0 ? set->scratch_capacity * 2 : 64;

        op = arena_grow(set->arena, set->scratch, set->scratch_capacity * sizeof(*op), bigger * sizeof(*op));
        if (op == NULL) {
            (void)set_no_memory(set);
            return NULL;
        }
        set->scratch = op;
        set->scratch_capacity = bigger;
    }
    op = &set->scratch[set->scratch_count++];
    *op = (struct op){ .code = (uint8_t)code, .group = (uint8_t)group, .place = place };
    if (c->keyword != NULL)
        op->keyword = (uint16_t)(c->keyword - keywords);
    return op;
}

int
compile_unchecked(struct compiling *c, const struct value *place, unsigned bits)
{
    struct op *op = compile_op(c, OP_UNCHECKED, GROUP_ANY, place);

    if (op == NULL)
        return -1;
    op->unchecked = bits;
    return 0;
}

int
compile_wrong(struct compiling *c, const char *keyword, const struct value *value, const char *wanted)
{
    set_defect(c->set, c->resource->document, value, false, "'%s' must be %s; it is not checked", keyword, wanted);
    return compile_unchecked(c, value, SCHEMA_UNCHECKED_SCHEMA);
}

const struct value *
compile_neighbour(struct compiling *c, const char *name)
{
    const struct keyword *keyword = keyword_find(c->set, &c->resource->dialect, text_of(name));

    return keyword != NULL ? value_member(c->source, text_of(name)) : NULL;
}

const struct schema *
compile_target(struct compiling *c, struct text reference)
{
    struct schema *s = map_find(&c->set->targets, c->resource, reference);
    struct target target;

    if (s != NULL)
        return s;
    target = set_resolve(c->set, c->resource, reference);
    if (target.resource == NULL)
        return NULL;
    s = compile_place(c->set, target.resource->document, target.place);
    if (s == NULL || map_put(&c->set->targets, c->resource, reference, s) < 0) {
        (void)set_no_memory(c->set);
        return NULL;
    }
    return s;
}

const struct pattern *
compile_pattern(struct compiling *c, const struct value *place)
{
    struct schema_set *set = c->set;
    struct pattern *pattern = map_find(&set->patterns, NULL, value_text(place));
    struct pattern_list *link;
    struct error err = { 0 };

    if (pattern != NULL)
        return pattern;
    pattern = pattern_new(value_text(place), &err);
    if (pattern == NULL) {
        set_defect(set, c->resource->document, place, false, "%s; it is not checked", err.what);
        return NULL;
    }
    link = ARENA_NEW(set->arena, struct pattern_list);
    if (link == NULL) {
        pattern_free(pattern);
        (void)set_no_memory(set);
        return NULL;
    }
    *link = (struct pattern_list){ pattern, set->pattern_list };
    set->pattern_list = link;
    if (map_put(&set->patterns, NULL, value_text(place), pattern) < 0)
        (void)set_no_memory(set);
    return pattern;
}

/* A multiple of 0.01 has two digits behind the point at most. */
static bool
narrow_places(struct schema *s, const struct decimal *divisor)
{
    if (!divisor->small || divisor->mantissa != 1 || divisor->exponent > 0 || divisor->exponent < -UINT8_MAX)
        return false;
    if (-divisor->exponent < s->places)
        s->places = (uint8_t)-divisor->exponent;
    return true;
}

/* Narrow s->least and s->most to what surely satisfies the instruction. */
static bool
narrow(struct schema *s, const struct op *op)
{
    uint64_t least = s->least, most = s->most;

    switch ((enum op_code)op->code) {
    case OP_MIN_LENGTH: /* a code point has at most four bytes */
        least = op->with.number > 0 ? op->with.number * 4 - 3 : 0;
        break;
    case OP_MAX_LENGTH:
        most = op->with.number;
        break;
    case OP_MINIMUM:
        least = op->with.bound->integer > 0 ? (uint64_t)op->with.bound->integer : 0;
        break;
    case OP_MAXIMUM:
        most = op->with.bound->integer > 0 ? (uint64_t)op->with.bound->integer : 0;
        break;
    case OP_MULTIPLE:
        return narrow_places(s, &op->with.bound->limit);
    default:
        return false;
    }
    if (((op->code == OP_MINIMUM || op->code == OP_MAXIMUM) &&
         (!op->with.bound->whole || (op->code == OP_MAXIMUM && op->with.bound->integer < 0))) ||
        least > UINT32_MAX)
        return false;
    s->least = least > s->least ? (uint32_t)least : s->least;
    s->most = most < s->most ? (uint32_t)most : s->most;
    return true;
}

/* See enum quick. For texts and numbers nothing may be asked of any instance, because that is asked of them, too. */
static void
find_quick(struct schema *s)
{
    bool text = (s->types & SCHEMA_TYPE_STRING) != 0;
    enum op_group group = text ? GROUP_STRING : GROUP_NUMBER;

    s->least = 0;
    s->most = UINT32_MAX;
    s->places = UINT8_MAX;
    if (s->ends[GROUP_LAST] == 1 && s->ends[GROUP_OBJECT] == 0) {
        if (s->code->code == OP_ENUM && text)
            s->quick = QUICK_WORD;
        else if (s->code->code == OP_APPLY && s->types == SCHEMA_TYPE_ANY)
            s->quick = QUICK_SAME;
        return;
    }
    if (s->types == SCHEMA_TYPE_OBJECT && s->ends[GROUP_LAST] == 1 && s->code->code == OP_MEMBERS)
        s->quick = QUICK_MEMBERS;
    if (s->ends[GROUP_LAST] != s->ends[GROUP_OBJECT] || (!text && (s->types & SCHEMA_TYPE_INTEGER) == 0))
        return;
    for (uint32_t i = schema_begin(s, group); i < s->ends[group]; i++) {
        if (!narrow(s, &s->code[i]))
            return;
    }
    if (s->least <= s->most)
        s->quick = text ? QUICK_TEXT : (s->types & SCHEMA_TYPE_NUMBER) != 0 ? QUICK_DECIMAL : QUICK_NATURAL;
}

/* The instructions collected for a schema, sorted by group, in memory of their own. */
static int
pack(struct schema_set *set, struct schema *s)
{
    struct op *code = ARENA_ARRAY(set->arena, struct op, set->scratch_count);
    uint32_t at = 0;

    if (code == NULL)
        return set_no_memory(set);
    for (uint32_t group = 0; group < GROUPS; group++) {
        for (uint32_t i = 0; i < set->scratch_count; i++) {
            if (set->scratch[i].group == group)
                code[at++] = set->scratch[i];
        }
        s->ends[group] = at;
    }
    s->code = code;
    find_quick(s);
    return 0;
}

static int
compile_object(struct schema_set *set, struct schema *s)
{
    struct compiling c = { .set = set, .schema = s, .resource = s->resource, .source = s->source };
    const struct dialect *dialect = &s->resource->dialect;
    bool lone = dialect_lone_reference(dialect) && value_is(VALUE_MEMBER(s->source, "$ref"), VALUE_STRING);

    if (dialect->draft == DRAFT_4 || dialect->draft == DRAFT_OAS30)
        s->flags |= SCHEMA_WHOLE_AS_WRITTEN;
    for (VALUE_EACH_MEMBER(key, s->source)) {
        c.keyword = keyword_find(set, dialect, value_text(key));
        if (c.keyword == NULL || c.keyword->compile == NULL || (lone && !compile_is(&c, "$ref")))
            continue;
        if (c.keyword->compile(&c, value_next(key)) < 0)
            return set_no_memory(set);
    }
    return 0;
}

static int
compile_source(struct schema_set *set, struct schema *s)
{
    struct compiling c = { .set = set, .schema = s, .resource = s->resource, .source = s->source };

    if (s->resource->dialect.unusable)
        return compile_unchecked(&c, s->source, SCHEMA_UNCHECKED_SCHEMA);
    if (s->source->type == VALUE_FALSE)
        s->types = 0;
    if (value_is_boolean(s->source))
        return 0;
    if (s->source->type == VALUE_OBJECT)
        return compile_object(set, s);
    set_defect(set, s->resource->document, s->source, s->source == set->asked,
               "a schema is an object%s, not %s; it is not checked",
               s->resource->dialect.draft == DRAFT_OAS30 ? "" : " or a boolean", value_type_name(s->source));
    return compile_unchecked(&c, s->source, SCHEMA_UNCHECKED_SCHEMA);
}

static int
compile_one(struct schema_set *set, struct schema *s)
{
    set->scratch_count = 0;
    return compile_source(set, s) < 0 || pack(set, s) < 0 ? -1 : 0;
}

static int
drain(struct schema_set *set)
{
    while (set->pending != NULL) {
        struct chain *link = set->pending;

        set->pending = link->next;
        link->next = set->compiled;
        set->compiled = link;
        if (compile_one(set, link->schema) < 0)
            return -1;
    }
    return set->no_memory ? -1 : 0;
}

/* Every schema that a $dynamicRef may reach: compiling one can bring new documents with new anchors. */
static int
compile_dynamic_anchors(struct schema_set *set)
{
    bool again = true;

    while (again) {
        again = false;
        for (struct resource *r = set->all; r != NULL; r = r->next) {
            for (struct dynamic_anchor *a = r->dynamic; a != NULL; a = a->next) {
                if (a->schema != NULL || map_find(&set->wanted, NULL, a->name) == NULL)
                    continue;
                a->schema = compile_place(set, r->document, a->place);
                if (a->schema == NULL || drain(set) < 0)
                    return -1;
                again = true;
            }
        }
    }
    return 0;
}

static void
mark_dynamic(struct schema_set *set)
{
    if (!set->anchors_changed)
        return;
    set->anchors_changed = false;
    for (struct chain *link = set->compiled; link != NULL; link = link->next) {
        if (link->schema->resource->dynamic != NULL)
            link->schema->flags |= SCHEMA_DYNAMIC;
    }
}

/* Was no fatal defect reported about it, now or when it was compiled before? */
static bool
is_usable(const struct schema *s)
{
    return !s->resource->dialect.unusable && (s->source->type == VALUE_OBJECT || value_is_boolean(s->source));
}

const struct schema *
schema_compile(struct schema_set *set, const struct document *document, const struct value *place,
               enum schema_dialect dialect)
{
    struct source *source = set_source(set, document);
    struct chain *before;
    struct schema *s;

    if (source == NULL) {
        struct text uri = arena_print(set->arena, "plumbline:/document/%u", set->sources.count);

        if (schema_set_add(set, uri, document, dialect) < 0 || (source = set_source(set, document)) == NULL)
            return NULL;
    }
    set_identify(set, source, place);
    set->asked = place;
    s = compile_place(set, document, place);
    before = set->compiled;
    if (s == NULL || drain(set) < 0 || compile_dynamic_anchors(set) < 0)
        return NULL;
    mark_dynamic(set);
    if (loops_find(set, s) < 0) /* first, so that what is reported is the way back to it */
        return NULL;
    for (struct chain *link = set->compiled; link != before; link = link->next) {
        if (loops_find(set, link->schema) < 0)
            return NULL;
    }
    return is_usable(s) ? s : NULL;
}
