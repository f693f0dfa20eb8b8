/* reader_endpoint.c -- endpoints: from a method and a path to an operation that the next blocks are about. */
#include "base/limits.h"
#include "extract/reader.h"
#include "extract/wording.h"

/* The type of a value in a path or query. */
void
reader_value(struct reader *r, struct parameter *p, struct text value)
{
    size_t digits = 0;

    while (digits < value.length && is_digit(value.data[digits]))
        digits++;
    if (p->example.length == 0)
        p->example = arena_text(r->arena, value);
    if (p->shape->told)
        return;
    if (value.length > 0 && digits == value.length && value.length <= 15 && (value.length == 1 || value.data[0] != '0'))
        p->shape->types |= SHAPE_INTEGER;
    else if (text_equal(value, TEXT("true")) || text_equal(value, TEXT("false")))
        p->shape->types |= SHAPE_BOOLEAN;
    else
        p->shape->types |= SHAPE_STRING;
}

void
reader_query(struct reader *r, struct operation *o, struct text query, const struct source *source)
{
    struct text rest = text_slice(query, 0, text_find(query, '#'));
    unsigned count = 0;

    while (rest.length > 0 && count++ < 64) {
        size_t end = 0, equals;
        struct text pair, name, value;
        struct parameter *p;

        while (end < rest.length && strchr("&,}]", rest.data[end]) == NULL)
            end++;
        pair = text_slice(rest, 0, end);
        rest = text_from(rest, end + 1);
        equals = text_find(pair, '=');
        name = wording_bare(text_slice(pair, 0, equals));
        value = wording_trim(text_from(pair, equals + 1));
        while (name.length > 0 && strchr("?[{<:", name.data[0]) != NULL)
            name = text_from(name, 1);
        if (!wording_identifier(name) || (p = model_parameter(r->x, o, PLACE_QUERY, name, source)) == NULL)
            continue;
        if (value.length > 0 && strchr("{<[:$", value.data[0]) == NULL)
            reader_value(r, p, value);
    }
}

/* How many segments of a URL's path are in front of the path of an endpoint that is known: of the one that is told
 * about, or of the longest other one of that method. path->count: of none. */
static uint32_t
base_of(const struct reader *r, unsigned methods, const struct template *path)
{
    uint32_t best = r->operation != NULL ? template_base(path, &r->operation->path) : path->count;

    for (const struct operation *o = r->x->operations; o != NULL && best == path->count; o = o->next)
        if (o->definitions > 0 && (methods >> o->method & 1) != 0 && template_equal(path, &o->path))
            return path->count;
    for (const struct operation *o = r->x->operations; o != NULL && best > 0; o = o->next)
        if (o->definitions > 0 && (methods >> o->method & 1) != 0 && template_base(path, &o->path) < best)
            best = template_base(path, &o->path);
    return best;
}

/* The server of a URL. What of the path is in the server's base, or in front of the path of the endpoint that is told
 * about, is taken off. */
static void
take_server(struct reader *r, unsigned methods, struct template *path, struct text written, const struct source *source)
{
    struct extract *x = r->x;
    uint32_t base;

    if (path->origin.length == 0)
        return;
    for (uint32_t i = 0; i < x->server_count; i++) {
        struct text url = x->servers[i].url;
        struct template rest;

        if (url.length > path->origin.length && text_starts(written, url) &&
            (written.length == url.length || strchr("/?", written.data[url.length]) != NULL) &&
            template_read(&rest, text_from(written, url.length), r->arena)) {
            rest.origin = path->origin;
            *path = rest;
            return;
        }
    }
    base = base_of(r, methods, path);
    if (base < path->count) {
        struct template front = *path;

        front.count = base;
        model_server(x,
                     arena_print(x->arena, "%.*s%.*s", TEXT_PRINT(path->origin),
                                 base > 0 ? (int)template_text(&front, x->arena).length : 0,
                                 template_text(&front, x->arena).data),
                     source);
        path->segments += base;
        path->count -= base;
        return;
    }
    model_server(x, path->origin, source);
}

/* A command is a weak reason to be called after its section. */
static void
name_operation(struct reader *r, struct operation *o)
{
    bool better = o->weak && !r->weak;

    if (o->title.length == 0 || (better && r->title.length > 0))
        o->title = r->title;
    if ((o->description.length == 0 && o->definitions == 0) || (better && r->prose.length > 0))
        o->description = wording_plain(r->prose, 400, r->arena);
    o->weak = r->weak && (o->definitions == 0 || o->weak);
}

static void
take_path_values(struct reader *r, struct operation *o, const struct template *path, const struct source *source)
{
    if (path->count != o->path.count)
        return;
    for (uint32_t i = 0; i < path->count; i++) {
        struct parameter *p;

        if (o->path.segments[i].name.length == 0)
            continue;
        p = model_parameter(r->x, o, PLACE_PATH, o->path.segments[i].name, source);
        if (p != NULL && path->segments[i].example.length > 0)
            reader_value(r, p, path->segments[i].example);
    }
}

void
reader_endpoint(struct reader *r, unsigned methods, struct text written, bool about, struct source source)
{
    const struct block *waiting = r->waiting;
    struct operation *o = NULL;
    struct template path;

    if (!template_read(&path, written, r->arena)) {
        reader_unread(r, source.line, "a path that is none", written);
        return;
    }
    take_server(r, methods, &path, written, &source);
    for (enum extract_method m = METHOD_GET; m < METHOD_COUNT; m++) {
        if ((methods >> m & 1) == 0 || (o = model_operation(r->x, m, &path, &source)) == NULL)
            continue;
        if (o->source.sure < source.sure)
            o->source = source;
        take_path_values(r, o, &path, &source);
        reader_query(r, o, path.query, &source);
        if (about)
            name_operation(r, o);
    }
    if (o == NULL || !about)
        return;
    r->method = METHOD_COUNT;
    r->path = (struct text){ NULL, 0 };
    if (o == r->operation)
        return;
    r->operation = o;
    r->definition = ++o->definitions;
    r->scope = r->level;
    r->status = 0;
    r->told = NULL;
    if (waiting != NULL) {
        r->label = r->waiting_label;
        r->waiting = NULL;
        reader_example(r, waiting, waiting->text, NULL, SURE_MEDIUM);
    }
    r->label = (struct label){ .kind = LABEL_NONE };
}

void
reader_pair(struct reader *r, bool about)
{
    struct source source = reader_source(r, 0, SURE_HIGH);

    if (r->path.length == 0 && r->method != METHOD_COUNT && r->section_path.length > 0) {
        r->path = r->section_path;
        r->path_line = r->section_line;
        r->section_used = true;
    }
    if (r->method == METHOD_COUNT || r->path.length == 0)
        return;
    source.line = r->path_line;
    reader_endpoint(r, 1u << r->method, r->path, about, source);
    r->path = (struct text){ NULL, 0 };
    r->method = METHOD_COUNT;
}
