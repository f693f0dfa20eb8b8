/* model.c -- what documents say about an API, before it is written as a contract. */
#include "extract/model.h"

#include "base/limits.h"
#include "extract/wording.h"

void
extract_sample_write(struct json_writer *w, const struct value *value)
{
    if (value->type == VALUE_OBJECT) {
        bool twice = (value->flags & VALUE_DUPLICATE_KEY) != 0;

        json_object(w);
        for (VALUE_EACH_MEMBER(key, value)) {
            if (twice && value_member(value, value_text(key)) != value_next(key))
                continue;
            json_key(w, value_text(key));
            extract_sample_write(w, value_next(key));
        }
        json_end_object(w);
    } else if (value->type == VALUE_ARRAY) {
        json_array(w);
        for (VALUE_EACH_ITEM(item, value))
            extract_sample_write(w, item);
        json_end_array(w);
    } else {
        json_value(w, value);
    }
}

static void *
made(struct extract *x, void *thing)
{
    x->failed = x->failed || thing == NULL;
    return thing;
}

/* Names that were said are better than those that were inferred. */
static void
take_names(struct template *path, const struct template *from)
{
    for (uint32_t i = 0; i < path->count; i++) {
        struct template_segment *s = &path->segments[i];
        const struct template_segment *other = &from->segments[i];

        if (s->example.length == 0)
            s->example = other->example;
        if (other->name.length > 0 && (s->name.length == 0 || (s->inferred && !other->inferred)) &&
            !template_has(path, other->name)) {
            s->shape = other->shape;
            s->name = other->name;
            s->inferred = other->inferred;
        }
    }
}

struct operation *
model_operation(struct extract *x, enum extract_method method, const struct template *path, const struct source *source)
{
    struct operation *o, *fits = NULL;

    for (o = x->operations; o != NULL; o = o->next) {
        if (o->method != method)
            continue;
        if (template_equal(&o->path, path)) {
            take_names(&o->path, path);
            return o;
        }
        if (fits == NULL && path->origin.length > 0 && template_fits(path, &o->path))
            fits = o; /* a URL with octocat where a template has {owner} */
    }
    if (fits != NULL)
        return fits;
    if (x->operation_count >= LIMIT_EXTRACT_OPERATIONS) {
        if (x->operation_count++ == LIMIT_EXTRACT_OPERATIONS)
            notes_add(&x->notes, EXTRACT_UNREAD, source, x->arena, "more than %d endpoints: the others were left out",
                      LIMIT_EXTRACT_OPERATIONS);
        return NULL;
    }
    o = made(x, ARENA_NEW(x->arena, struct operation));
    if (o == NULL)
        return NULL;
    *o = (struct operation){ .method = method, .path = *path, .source = *source };
    *(x->last != NULL ? &x->last->next : &x->operations) = o;
    x->last = o;
    x->operation_count++;
    return o;
}

struct parameter *
model_parameter(struct extract *x, struct operation *o, enum place place, struct text name, const struct source *source)
{
    struct parameter **at = &o->parameters;
    uint32_t count = 0;

    for (; *at != NULL; at = &(*at)->next, count++) {
        bool same = place == PLACE_HEADER ? text_equal_nocase((*at)->name, name) : text_equal((*at)->name, name);

        if ((*at)->place == place && same)
            return *at;
    }
    if (count >= LIMIT_EXTRACT_MEMBERS)
        return NULL;
    *at = made(x, ARENA_NEW(x->arena, struct parameter));
    if (*at == NULL || ((*at)->shape = made(x, shape_new(source, x->arena))) == NULL) {
        *at = NULL;
        return NULL;
    }
    (*at)->place = place;
    (*at)->name = arena_text(x->arena, name);
    return *at;
}

struct answer *
model_answer(struct extract *x, struct answer **list, unsigned status, const struct source *source)
{
    while (*list != NULL && (*list)->status != status)
        list = &(*list)->next;
    if (*list != NULL)
        return *list;
    *list = made(x, ARENA_NEW(x->arena, struct answer));
    if (*list != NULL)
        **list = (struct answer){ .status = status, .source = *source };
    return *list;
}

static struct variant *
add_variant(struct extract *x, struct body *body, const struct source *source)
{
    struct variant **at = &body->variants, *last = NULL;
    uint32_t count = 0;

    for (; *at != NULL; at = &(*at)->next, count++)
        last = *at;
    if (count >= LIMIT_EXTRACT_EXAMPLES)
        return last;
    *at = made(x, ARENA_NEW(x->arena, struct variant));
    if (*at != NULL && ((*at)->shape = made(x, shape_new(source, x->arena))) == NULL)
        *at = NULL;
    return *at;
}

/* The body, at this definition: its current variant, NULL when it has none yet. */
static bool
begin_body(struct extract *x, struct body **body, uint32_t definition, const struct source *source)
{
    if (*body == NULL && (*body = made(x, ARENA_NEW(x->arena, struct body))) == NULL)
        return false;
    if ((*body)->variants == NULL)
        (*body)->source = *source;
    if ((*body)->definition != definition)
        (*body)->current = NULL;
    (*body)->definition = definition;
    return true;
}

struct shape *
model_shape(struct extract *x, struct body **body, uint32_t definition, struct text name, const struct source *source)
{
    if (!begin_body(x, body, definition, source))
        return NULL;
    name = text_slice(name, 0, text_find(name, '.'));
    for (struct variant *v = (*body)->variants; v != NULL && (*body)->current == NULL; v = v->next)
        if (shape_has(v->shape, name))
            (*body)->current = v;
    if ((*body)->current == NULL)
        (*body)->current = add_variant(x, *body, source);
    return (*body)->current != NULL ? (*body)->current->shape : NULL;
}

/* The shape for an example: that of its section, one that looks alike, or a new one. */
static struct shape *
shape_for(struct extract *x, struct body **body, uint32_t definition, const struct shape_example *example)
{
    if (!begin_body(x, body, definition, &example->source))
        return NULL;
    for (struct variant *v = (*body)->variants; v != NULL && (*body)->current == NULL; v = v->next)
        if (shape_alike(v->shape, example->document->root))
            (*body)->current = v;
    if ((*body)->current == NULL)
        (*body)->current = add_variant(x, *body, &example->source);
    return (*body)->current != NULL ? (*body)->current->shape : NULL;
}

bool
model_sample(struct extract *x, struct body **body, uint32_t definition, const struct shape_example *example)
{
    struct shape *shape = shape_for(x, body, definition, example);
    struct sample **at;

    if (shape == NULL)
        return false;
    if (!shape_add(shape, example->document->root, example, x->arena)) {
        x->failed = true;
        return false;
    }
    if ((*body)->sample_count++ >= LIMIT_EXTRACT_EXAMPLES)
        return true;
    for (at = &(*body)->samples; *at != NULL; at = &(*at)->next)
        ;
    *at = made(x, ARENA_NEW(x->arena, struct sample));
    if (*at == NULL)
        return false;
    **at = (struct sample){ .value = example->document->root, .source = example->source };
    return true;
}

unsigned
model_scheme(struct extract *x, enum scheme_kind kind, struct text name, const struct source *source)
{
    uint32_t i = 0;

    while (i < x->scheme_count && (x->schemes[i].kind != kind || !text_equal_nocase(x->schemes[i].name, name)))
        i++;
    if (i == MODEL_SCHEMES)
        return 0;
    if (i == x->scheme_count) {
        x->schemes[i] = (struct scheme){ .kind = kind, .name = arena_text(x->arena, name), .source = *source };
        x->scheme_count++;
    } else if (x->schemes[i].source.sure < source->sure) {
        x->schemes[i].source = *source;
    }
    return 1u << i;
}

void
model_server(struct extract *x, struct text url, const struct source *source)
{
    while (text_ends(url, TEXT("/")))
        url.length--;
    for (uint32_t i = 0; i < x->server_count; i++)
        if (text_equal(x->servers[i].url, url))
            return;
    if (x->server_count < MODEL_SERVERS)
        x->servers[x->server_count++] = (struct server){ .url = arena_text(x->arena, url), .source = *source };
}
