/* patch_yaml.c -- the place that an operation is about, who changes it, and whether the change was right. */
#include "drift/patch_internal.h"

#include "base/error.h"
#include "base/limits.h"
#include "json/compare.h"
#include "json/write.h"

bool
yaml_refuse(struct yaml_edit *e, uint32_t place, const char *why)
{
    *e->refused = (struct patch_refused){ why, place };
    return false;
}

/* ---- the place ---- */

/* Would a change here count elsewhere, too? */
static bool
is_own(struct yaml_edit *e, const struct yaml_node *node)
{
    if (node->kind == YAML_ALIAS)
        return yaml_refuse(e, node->start, "this is an alias: a change would have to be made at its anchor");
    if (node->shared)
        return yaml_refuse(e, node == e->node && e->key != NULL ? e->key->start : node->start,
                           "this has an anchor that an alias means: a change would count there, too");
    return true;
}

static bool
all_own(struct yaml_edit *e, const struct yaml_node *node)
{
    for (uint32_t i = 0; i < node->span; i++)
        if (!is_own(e, node + i))
            return false;
    return true;
}

static bool
find_member(struct yaml_edit *e, const struct value *object)
{
    const struct yaml_node *key = e->parent + 1;
    const struct value *name = object + 1;

    for (uint32_t i = 0; i < object->count; i++) {
        const struct yaml_node *value = yaml_next(key);

        if (text_equal(value_text(name), e->name)) {
            e->key = key;
            e->node = value;
            e->next = i + 1 < object->count ? yaml_next(value) : NULL;
            return true;
        }
        e->before = value;
        key = yaml_next(value);
        name = value_next(name + 1);
    }
    return true;
}

static bool
find_item(struct yaml_edit *e, const struct value *array, bool adding)
{
    const struct yaml_node *item = e->parent + 1;
    uint32_t index;

    if (!patch_index(e->name, array->count, adding, &index))
        return false;
    for (uint32_t i = 0; i < index; i++, item = yaml_next(item))
        e->before = item;
    if (index == array->count)
        return true;
    e->node = item;
    e->next = adding ? item : index + 1 < array->count ? yaml_next(item) : NULL;
    return true;
}

/* One token further: the target becomes the parent. `at` is what the target means. */
static bool
descend(struct yaml_edit *e, const struct value **at, struct text token, bool adding)
{
    const struct value *inside;

    if (e->node == NULL || !is_own(e, e->node))
        return false;
    e->above = e->parent;
    e->above_key = e->key;
    e->parent = e->node;
    e->before = e->key = e->node = e->next = NULL;
    if (!patch_token(token, e->arena, &e->name))
        return false;
    if ((*at)->type == VALUE_OBJECT && find_member(e, *at)) {
        inside = value_member(*at, e->name);
    } else if ((*at)->type == VALUE_ARRAY && find_item(e, *at, adding)) {
        uint32_t index = 0;

        (void)patch_index(e->name, (*at)->count, adding, &index);
        inside = value_item(*at, index);
    } else {
        return false;
    }
    *at = inside;
    return true;
}

static bool
find_target(struct yaml_edit *e, const struct value *root, const struct yaml_node *nodes)
{
    struct text rest = text_from(e->op->path, 1);
    const struct value *at = root;

    e->node = nodes;
    *e->refused = (struct patch_refused){ NULL, 0 };
    for (bool last = false; !last;) {
        size_t slash = text_find(rest, '/');

        last = slash == rest.length;
        if (!descend(e, &at, text_slice(rest, 0, slash), last && e->op->kind == PATCH_ADD))
            return e->refused->why != NULL ? false : yaml_refuse(e, 0, "the path leads nowhere");
        rest = text_from(rest, slash + 1);
    }
    if (e->key == NULL && e->op->kind != PATCH_ADD && e->node == NULL)
        return yaml_refuse(e, e->parent->start, "the path leads nowhere");
    return true;
}

/* ---- the change ---- */

static bool
change(struct yaml_edit *e)
{
    bool flow = e->parent->style == YAML_FLOW, item = e->parent->kind == YAML_SEQUENCE;

    if (e->op->kind == PATCH_ADD && (e->key == NULL || item)) {
        if (e->parent->count == 0 && yaml_block_open(e))
            return true;
        return flow ? yaml_flow_insert(e) : yaml_block_insert(e);
    }
    if (!all_own(e, e->node))
        return false;
    if (e->op->kind == PATCH_REMOVE)
        return flow ? yaml_flow_remove(e) : yaml_block_remove(e);
    return yaml_replace(e);
}

/* Does the text say what the document says after the operation? */
static bool
is_right(const struct value *before, const struct patch_op *op, struct text after, struct arena *arena)
{
    struct document expected, found;
    struct buffer json, patched;
    struct json_writer w;
    const char *why;
    bool right;

    buffer_init(&json, LIMIT_FILE_BYTES);
    buffer_init(&patched, LIMIT_FILE_BYTES);
    json_begin(&w, &json, 0);
    json_value(&w, before);
    right = !buffer_failed(&json) && patch_apply(buffer_text(&json), op, arena, &patched, &why) &&
            document_parse(&expected, buffer_text(&patched), NULL, arena, NULL) == 0 &&
            document_read_text(&found, after, "changed.yaml", arena, NULL) == 0 &&
            value_equal(expected.root, found.root, NULL) == 1;
    buffer_release(&patched);
    buffer_release(&json);
    return right;
}

bool
patch_yaml_apply(struct text yaml, const struct patch_op *op, struct arena *scratch, struct buffer *out,
                 struct patch_refused *refused)
{
    struct yaml_edit e = { .yaml = yaml, .op = op, .arena = scratch, .out = out, .refused = refused };
    size_t length = buffer_length(out);
    const struct yaml_node *nodes;
    struct document document, value;
    bool good;

    if (op->path.length == 0 || op->path.data[0] != '/')
        return yaml_refuse(&e, 0, "the whole document is not replaced");
    if (document_read_text(&document, yaml, "contract.yaml", scratch, NULL) < 0 ||
        !yaml_nodes(document.source, scratch, &nodes))
        return yaml_refuse(&e, 0, "it is no YAML");
    if (op->kind != PATCH_REMOVE) {
        if (document_parse(&value, op->value, NULL, scratch, NULL) < 0)
            return yaml_refuse(&e, 0, "the value is no JSON");
        e.value = value.root;
    }
    e.manner = yaml_manner_of(yaml, nodes);
    good = find_target(&e, document.root, nodes) && change(&e);
    if (good && (buffer_failed(out) || !is_right(document.root, op, text_from(buffer_text(out), length), scratch)))
        good = yaml_refuse(&e, e.node != NULL ? e.node->start : e.parent->start,
                           "it is written in a way that is not changed safely");
    if (!good)
        buffer_truncate(out, length);
    return good;
}
