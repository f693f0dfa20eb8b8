/* infer_write.c -- the tallies as an OpenAPI document. */
#include "drift/infer_writing.h"

#include "base/limits.h"

static void
write_path(struct writing *w, const struct infer_node *node, const struct writing_template *t)
{
    json_key(&w->w, t->path.length > 0 ? t->path : TEXT("/"));
    json_object(&w->w);
    for (const struct infer_operation *o = node->operations; o != NULL; o = o->next) {
        json_key(&w->w, writing_method(w, o->method));
        writing_operation(w, t, o);
    }
    json_end_object(&w->w);
}

void
writing_each(struct writing *w, const struct infer_node *node, const struct writing_template *t, writing_fn *visit)
{
    if (node->operations != NULL)
        visit(w, node, t);
    for (const struct infer_node *child = node->children; child != NULL; child = child->next) {
        struct writing_template inside = *t;
        struct text segment = writing_segment(w, child->segment);

        if (child->variable) {
            segment = writing_variable(w, t, node->variable ? TEXT("") : node->segment);
            inside.values[inside.count] = child->values;
            inside.names[inside.count++] = segment;
            segment = arena_print(w->arena, "{%.*s}", TEXT_PRINT(segment));
        } else if (text_equal(t->tag, TEXT("root")) && segment.length > 0 &&
                   !(segment.data[0] == 'v' && segment.length < 4)) {
            inside.tag = segment;
        }
        inside.path = arena_print(w->arena, "%.*s/%.*s", TEXT_PRINT(t->path), TEXT_PRINT(segment));
        writing_each(w, child, &inside, visit);
    }
}

static void
write_head(struct writing *w, struct text title, struct text from)
{
    const struct infer_counts counts = infer_counts(w->infer);
    struct json_writer *j = &w->w;

    JSON_KEY(j, "openapi");
    json_string(j, TEXT("3.1.0"));
    JSON_KEY(j, "info");
    json_object(j);
    JSON_KEY(j, "title");
    json_string(j, title);
    JSON_KEY(j, "version");
    json_string(j, TEXT("0.1.0"));
    JSON_KEY(j, "description");
    json_string(j, arena_print(w->arena,
                               "Inferred from %llu exchanges of %.*s. `x-seen` says how often a statement was seen.",
                               (unsigned long long)(counts.exchanges - counts.left_out), TEXT_PRINT(from)));
    json_end_object(j);
    JSON_KEY(j, "servers");
    json_raw(j, TEXT("[\n    { \"url\": \"/\" }\n  ]"));
    JSON_KEY(j, "security");
    json_array(j);
    json_end_array(j);
}

static void
write_schemes(struct writing *w)
{
    struct json_writer *j = &w->w;

    if (!w->bearer && !w->basic)
        return;
    JSON_KEY(j, "components");
    json_object(j);
    JSON_KEY(j, "securitySchemes");
    json_object(j);
    if (w->bearer) {
        JSON_KEY(j, "bearerAuth");
        json_raw(j, TEXT("{ \"type\": \"http\", \"scheme\": \"bearer\" }"));
    }
    if (w->basic) {
        JSON_KEY(j, "basicAuth");
        json_raw(j, TEXT("{ \"type\": \"http\", \"scheme\": \"basic\" }"));
    }
    json_end_object(j);
    json_end_object(j);
}

void
infer_write(struct infer *infer, struct text title, struct text from, struct buffer *out)
{
    struct writing w = { .infer = infer, .arena = arena_new(0, LIMIT_EXCHANGE_ARENA) };
    const struct writing_template root = { .tag = TEXT("root") };

    if (w.arena == NULL)
        return;
    infer_paths_finish(infer, &infer->root);
    json_begin(&w.w, out, 2);
    json_object(&w.w);
    write_head(&w, title, from);
    JSON_KEY(&w.w, "paths");
    json_object(&w.w);
    writing_each(&w, &infer->root, &root, write_path);
    json_end_object(&w.w);
    write_schemes(&w);
    JSON_KEY(&w.w, "tags");
    json_array(&w.w);
    for (uint32_t i = 0; i < w.tag_count; i++) {
        json_object(&w.w);
        JSON_KEY(&w.w, "name");
        json_string(&w.w, w.tags[i]);
        JSON_KEY(&w.w, "description");
        json_string(&w.w, arena_print(w.arena, "Below /%.*s.", TEXT_PRINT(w.tags[i])));
        json_end_object(&w.w);
    }
    json_end_array(&w.w);
    json_end_object(&w.w);
    buffer_byte(out, '\n');
    arena_free(w.arena);
}
