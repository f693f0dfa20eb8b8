/* patch.c -- where the bytes are that an operation is about, and what comes in their place. */
#include "drift/patch.h"

#include "base/limits.h"
#include "drift/patch_internal.h"
#include "json/pointer.h"
#include "json/write.h"

const char *
patch_name(enum patch_kind kind)
{
    static const char *const names[] = { "add", "remove", "replace" };

    return names[kind];
}

struct target {
    const struct value *parent; /* NULL: the target is the root */
    const struct value *before; /* the item or key in front of it, or NULL */
    const struct value *key;    /* of a member that is there */
    const struct value *value;  /* NULL: it is not there */
    struct text name;           /* of a member, unescaped */
    uint32_t index;             /* in an array */
};

/* ---- the text ---- */

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
string_end(struct text json, size_t at)
{
    for (at++; at < json.length && json.data[at] != '"'; at++)
        at += json.data[at] == '\\';
    return at + 1;
}

/* Behind the value that begins here. The text is valid JSON. */
static size_t
value_end(struct text json, size_t at)
{
    unsigned depth = 0;

    do {
        char c = json.data[at];

        if (c == '"') {
            at = string_end(json, at);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        at++;
    } while (at < json.length &&
             (depth > 0 ||
              (json.data[at - 1] != '}' && json.data[at - 1] != ']' && json.data[at - 1] != '"' &&
               json.data[at] != ',' && json.data[at] != '}' && json.data[at] != ']' && !is_space(json.data[at]))));
    return at;
}

/* The white space in front of a place. */
static struct text
space_before(struct text json, size_t at)
{
    size_t start = at;

    while (start > 0 && is_space(json.data[start - 1]))
        start--;
    return text_slice(json, start, at - start);
}

static bool
has_line(struct text space)
{
    return text_find(space, '\n') < space.length;
}

/* ---- the target ---- */

bool
patch_index(struct text token, uint32_t count, bool adding, uint32_t *index)
{
    uint64_t number;

    if (adding && text_equal(token, TEXT("-"))) {
        *index = count;
        return true;
    }
    if (!text_to_u64(token, &number) || (token.length > 1 && token.data[0] == '0') || number > count ||
        (number == count && !adding))
        return false;
    *index = (uint32_t)number;
    return true;
}

bool
patch_token(struct text token, struct arena *arena, struct text *name)
{
    char *out = arena_alloc(arena, token.length + 1);
    size_t length = 0;

    for (size_t i = 0; out != NULL && i < token.length; i++) {
        char c = token.data[i];

        if (c == '~') {
            if (++i == token.length || (token.data[i] != '0' && token.data[i] != '1'))
                return false;
            c = token.data[i] == '1' ? '/' : '~';
        }
        out[length++] = c;
    }
    *name = text_make(out, length);
    return out != NULL;
}

static bool
find_target(const struct value *root, const struct patch_op *op, struct arena *arena, struct target *t)
{
    size_t slash = op->path.length;
    const struct value *at;

    *t = (struct target){ .value = root };
    if (op->path.length == 0)
        return true;
    while (slash > 0 && op->path.data[slash - 1] != '/')
        slash--;
    if (slash == 0 || (t->parent = pointer_find(root, text_slice(op->path, 0, slash - 1))) == NULL)
        return false;
    t->value = NULL;
    if (!patch_token(text_from(op->path, slash), arena, &t->name))
        return false;
    at = t->parent + 1;
    if (t->parent->type == VALUE_OBJECT) {
        for (uint32_t i = 0; i < t->parent->count; i++, at = value_next(at + 1)) {
            if (text_equal(value_text(at), t->name)) {
                t->key = at;
                t->value = at + 1;
                return true;
            }
            t->before = at;
        }
        return op->kind == PATCH_ADD;
    }
    if (t->parent->type != VALUE_ARRAY || !patch_index(t->name, t->parent->count, op->kind == PATCH_ADD, &t->index))
        return false;
    for (uint32_t i = 0; i < t->index; i++, at = value_next(at))
        t->before = at;
    t->value = t->index < t->parent->count ? at : NULL;
    return true;
}

/* ---- writing ---- */

/* The value, its lines indented like the line that it is put in; on one line where the neighbours are. */
static void
put_value(struct buffer *out, struct text value, struct text indent, bool lines, struct arena *arena)
{
    struct document document;
    struct json_writer w;
    struct buffer laid;
    struct text_split split;
    struct text line;
    bool first = true;

    if (document_parse(&document, value, NULL, arena, NULL) < 0)
        return;
    buffer_init(&laid, LIMIT_FILE_BYTES);
    json_begin(&w, &laid, lines ? 2 : 0);
    json_value(&w, document.root);
    split = text_split_start(buffer_text(&laid));
    for (; text_split_next(&split, '\n', &line); first = false) {
        if (!first) {
            buffer_byte(out, '\n');
            buffer_add(out, indent);
        }
        buffer_add(out, line);
    }
    if (buffer_failed(&laid))
        out->failed = true;
    buffer_release(&laid);
}

/* What stands behind the last line feed. */
static struct text
indent_of(struct text space)
{
    size_t at = space.length;

    while (at > 0 && space.data[at - 1] != '\n')
        at--;
    return text_from(space, at);
}

static void
put_member(struct buffer *out, const struct target *t, const struct patch_op *op, struct text space,
           struct arena *arena)
{
    if (t->parent->type == VALUE_OBJECT) {
        json_escape(out, t->name);
        buffer_add(out, TEXT(": "));
    }
    put_value(out, op->value, indent_of(space), has_line(space), arena);
}

/* A member or item that is new. */
static void
insert(struct text json, const struct target *t, const struct patch_op *op, struct arena *arena, struct buffer *out)
{
    const struct value *neighbour = t->before != NULL ? t->before : t->value;
    size_t at, close = value_end(json, t->parent->place) - 1;
    struct text space;

    if (neighbour == NULL) { /* it is empty: its first line is one step further in than its own */
        struct text line = text_slice(json, 0, t->parent->place);
        size_t start = t->parent->place, end;

        while (start > 0 && json.data[start - 1] != '\n')
            start--;
        line = text_from(line, start);
        for (end = 0; end < line.length && is_space(line.data[end]); end++)
            ;
        space = start > 0 ? arena_print(arena, "\n%.*s  ", (int)end, line.data) : TEXT("");
        buffer_add(out, text_slice(json, 0, t->parent->place + 1));
        buffer_add(out, space);
        put_member(out, t, op, space, arena);
        buffer_add(out, text_slice(space, 0, space.length > 2 ? space.length - 2 : 0));
        buffer_add(out, text_from(json, close));
        return;
    }
    space = space_before(json, neighbour->place);
    if (t->before != NULL) {
        const struct value *last = t->parent->type == VALUE_OBJECT ? t->before + 1 : t->before;

        at = value_end(json, last->place);
        if (space.length == 0)
            space = TEXT(" ");
        buffer_add(out, text_slice(json, 0, at));
        buffer_byte(out, ',');
        buffer_add(out, space);
        put_member(out, t, op, space, arena);
        buffer_add(out, text_from(json, at));
    } else {
        at = t->value->place;
        buffer_add(out, text_slice(json, 0, at));
        put_member(out, t, op, space, arena);
        buffer_byte(out, ',');
        buffer_add(out, space.length > 0 ? space : TEXT(" "));
        buffer_add(out, text_from(json, at));
    }
}

static void
replace(struct text json, const struct target *t, const struct patch_op *op, struct arena *arena, struct buffer *out)
{
    struct text space = space_before(json, t->key != NULL ? t->key->place : t->value->place);
    bool lines = t->parent == NULL || has_line(space);

    buffer_add(out, text_slice(json, 0, t->value->place));
    put_value(out, op->value, indent_of(space), lines && t->value->type >= VALUE_ARRAY, arena);
    buffer_add(out, text_from(json, value_end(json, t->value->place)));
}

static void
take_out(struct text json, const struct target *t, struct buffer *out)
{
    size_t start = t->key != NULL ? t->key->place : t->value->place;
    size_t end = value_end(json, t->value->place), next = end;

    while (is_space(json.data[next]))
        next++;
    if (json.data[next] == ',') { /* what follows takes its place */
        for (next++; is_space(json.data[next]); next++)
            ;
    } else if (t->before != NULL) { /* the last one: its comma goes, too; the bracket stays where it is */
        const struct value *last = t->parent->type == VALUE_OBJECT ? t->before + 1 : t->before;

        start = value_end(json, last->place);
        next = end;
    } else { /* the only one */
        start -= space_before(json, start).length;
    }
    buffer_add(out, text_slice(json, 0, start));
    buffer_add(out, text_from(json, next));
}

bool
patch_apply(struct text json, const struct patch_op *op, struct arena *scratch, struct buffer *out, const char **why)
{
    struct document document;
    struct target target;

    *why = NULL;
    if (document_parse(&document, json, NULL, scratch, NULL) < 0)
        *why = "the document is no JSON";
    else if ((op->path.length > 0 && op->path.data[0] != '/') || !text_is_utf8(op->path))
        *why = "the path is no JSON Pointer";
    else if (!find_target(document.root, op, scratch, &target) || (op->kind == PATCH_REMOVE && target.parent == NULL))
        *why = "the path leads nowhere";
    if (*why != NULL)
        return false;
    if (op->kind == PATCH_REMOVE)
        take_out(json, &target, out);
    else if (op->kind == PATCH_ADD && target.parent != NULL && target.key == NULL)
        insert(json, &target, op, scratch, out);
    else
        replace(json, &target, op, scratch, out);
    if (buffer_failed(out))
        *why = "it becomes too large";
    return *why == NULL;
}
