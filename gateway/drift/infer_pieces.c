/* infer_pieces.c -- parts for a contract that is there. */
#include "drift/infer_writing.h"

#include "base/limits.h"

/* What was only refused is no operation of the service. */
static bool
has_success(const struct infer_operation *o)
{
    for (const struct infer_response *r = o->responses; r != NULL; r = r->next)
        if (r->status < 400)
            return true;
    return false;
}

static void
visit_node(struct writing *w, const struct infer_node *node, const struct writing_template *t)
{
    for (const struct infer_operation *o = node->operations; o != NULL; o = o->next) {
        struct buffer out;

        if (!has_success(o))
            continue;
        buffer_init(&out, LIMIT_FILE_BYTES);
        json_begin(&w->w, &out, 0);
        writing_operation(w, t, o);
        if (!buffer_failed(&out))
            w->visit(w->arg, t->path.length > 0 ? t->path : TEXT("/"), writing_method(w, o->method), o->seen,
                     buffer_text(&out));
        buffer_release(&out);
    }
}

void
infer_each_operation(struct infer *infer, infer_operation_fn *visit, void *arg)
{
    struct writing w = {
        .infer = infer, .arena = arena_new(0, LIMIT_EXCHANGE_ARENA), .visit = visit, .arg = arg, .part = true
    };
    const struct writing_template root = { .tag = TEXT("root") };

    infer_paths_finish(infer, &infer->root);
    if (w.arena != NULL)
        writing_each(&w, &infer->root, &root, visit_node);
    arena_free(w.arena);
}

/* The template that a pointer into /paths names; of its variables nothing was counted. */
static void
read_template(struct writing *w, struct text pointer, uint64_t seen, struct writing_template *t)
{
    struct text_split split = text_split_start(text_from(pointer, TEXT("/paths/~1").length));
    struct text part;

    *t = (struct writing_template){ .tag = TEXT("root") };
    while (text_split_next(&split, '~', &part)) { /* "~1" is a slash; other escapes are rare enough */
        if (t->path.length > 0 && part.length > 0 && part.data[0] == '1')
            part = text_from(part, 1);
        t->path = arena_print(w->arena, "%.*s/%.*s", TEXT_PRINT(t->path), TEXT_PRINT(part));
        if (part.length > 2 && part.data[0] == '{' && t->count < INFER_DEPTH) {
            struct infer_shape *shape = infer_shape_new(w->infer->arena);

            if (shape == NULL)
                return;
            *shape = (struct infer_shape){ .seen = seen, .strings = seen, .texts_more = true, .formats_lost = 0xff };
            t->values[t->count] = shape;
            t->names[t->count++] = text_slice(part, 1, part.length - 2);
        } else if (text_equal(t->tag, TEXT("root")) && part.length > 0) {
            t->tag = part;
        }
    }
}

void
infer_write_method(struct infer *infer, struct text pointer, struct text method, struct infer_operation *tally,
                   infer_operation_fn *visit, void *arg)
{
    struct writing w = { .infer = infer, .arena = infer->arena, .visit = visit, .arg = arg, .part = true };
    struct infer_node node = { .operations = tally };
    struct writing_template t;

    tally->method = arena_text(infer->arena, method);
    tally->next = NULL;
    read_template(&w, pointer, tally->seen, &t);
    visit_node(&w, &node, &t);
}

static struct writing
part_begin(struct infer *infer, struct buffer *out)
{
    struct writing w = { .infer = infer, .arena = infer->arena, .part = true };

    json_begin(&w.w, out, 0);
    return w;
}

void
infer_write_response(struct infer *infer, const struct infer_response *response, struct buffer *out)
{
    struct writing w = part_begin(infer, out);

    writing_response(&w, response);
}

void
infer_write_media(struct infer *infer, const struct infer_content *content, struct buffer *out)
{
    struct writing w = part_begin(infer, out);

    writing_media(&w, content);
}

void
infer_write_query(struct infer *infer, const struct infer_field *field, struct buffer *out)
{
    struct writing w = part_begin(infer, out);

    writing_parameter(&w, field, "query", false);
}
