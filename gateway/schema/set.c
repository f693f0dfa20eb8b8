/* set.c -- the life of a schema_set, its defects, and members of big objects found without walking them. */
#include "schema/set.h"

#include <stdarg.h>

#include "base/limits.h"
#include "schema/compile.h"

#define INDEX_FROM 16u /* members; smaller objects are walked */

struct member_index {
    struct names names;
    const struct value **keys;
};

struct schema_set *
schema_set_new(const struct schema_set_options *options)
{
    struct arena *arena = arena_new(0, LIMIT_SCHEMA_BYTES);
    struct schema_set *set = arena != NULL ? ARENA_NEW(arena, struct schema_set) : NULL;

    if (set == NULL) {
        arena_free(arena);
        return NULL;
    }
    set->arena = arena;
    if (options != NULL)
        set->options = *options;
    if (keywords_index(set) < 0) {
        schema_set_free(set);
        return NULL;
    }
    return set;
}

void
schema_set_free(struct schema_set *set)
{
    if (set == NULL)
        return;
    for (const struct pattern_list *p = set->pattern_list; p != NULL; p = p->next)
        pattern_free(p->pattern);
    map_release(&set->sources);
    map_release(&set->resources);
    map_release(&set->anchors);
    map_release(&set->schemas);
    map_release(&set->targets);
    map_release(&set->indexes);
    map_release(&set->patterns);
    map_release(&set->wanted);
    map_release(&set->around);
    arena_free(set->arena); /* the set itself is in it */
}

int
set_no_memory(struct schema_set *set)
{
    set->no_memory = true;
    return -1;
}

void
set_defect(struct schema_set *set, const struct document *document, const struct value *place, bool fatal,
           const char *format, ...)
{
    struct schema_defect defect = { .document = document, .place = place, .fatal = fatal };
    va_list arguments;

    if (set->options.defect == NULL)
        return;
    va_start(arguments, format);
    defect.what = arena_vprint(set->arena, format, arguments);
    va_end(arguments);
    set->options.defect(set->options.arg, &defect);
}

static struct member_index *
index_members(struct schema_set *set, const struct value *object)
{
    struct member_index *index = ARENA_NEW(set->arena, struct member_index);
    struct text *list = ARENA_ARRAY(set->arena, struct text, object->count);
    uint32_t at = object->count;

    if (index == NULL || list == NULL ||
        (index->keys = ARENA_ARRAY(set->arena, const struct value *, object->count)) == NULL)
        return NULL;
    for (VALUE_EACH_MEMBER(key, object)) { /* backwards: of repeated keys the last counts */
        at--;
        list[at] = value_text(key);
        index->keys[at] = key;
    }
    if (names_build(&index->names, list, object->count, set->arena) < 0 ||
        map_put(&set->indexes, object, (struct text){ 0 }, index) < 0)
        return NULL;
    return index;
}

static const struct value *
look_up(const struct member_index *index, struct text name)
{
    uint32_t at = names_find(&index->names, name.data, (uint32_t)name.length);

    return at != NAMES_NONE ? value_next(index->keys[at]) : NULL;
}

const struct value *
set_member_find(const struct schema_set *set, const struct value *object, struct text name)
{
    const struct member_index *index = NULL;

    if (object->count > INDEX_FROM)
        index = map_find(&set->indexes, object, (struct text){ 0 });
    return index != NULL ? look_up(index, name) : value_member(object, name);
}

const struct value *
set_member(struct schema_set *set, const struct value *object, struct text name)
{
    const struct member_index *index;

    if (object->type != VALUE_OBJECT || object->count <= INDEX_FROM)
        return value_member(object, name);
    index = map_find(&set->indexes, object, (struct text){ 0 });
    if (index == NULL)
        index = index_members(set, object);
    return index != NULL ? look_up(index, name) : value_member(object, name);
}

const struct document *
schema_document(const struct schema *schema)
{
    return schema->resource->document;
}

const struct value *
schema_source(const struct schema *schema)
{
    return schema->source;
}

const struct schema *
schema_compiled(const struct schema_set *set, const struct document *document, const struct value *place)
{
    (void)document; /* the place alone says which */
    return map_find(&set->schemas, place, (struct text){ 0 });
}

/* Only what was indexed while compiling is used, so that any thread may ask. */
const struct value *
schema_follow(const struct schema_set *set, const struct document *from, struct text reference,
              const struct document **document)
{
    const struct source *source = map_find(&set->sources, from, (struct text){ 0 });
    struct target target = { 0 };

    if (source != NULL)
        target = set_find(set, source->resources[0], reference);
    if (target.resource == NULL)
        return NULL;
    *document = target.resource->document;
    return target.place;
}
