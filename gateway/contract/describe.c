/* describe.c -- what others ask of a loaded contract and its operations. */
#include "contract/model.h"
#include "contract/source.h"

#include "base/buffer.h"

#define COLUMN_MAX 4096

struct text
contract_title(const struct contract *c)
{
    return c->title;
}

struct text
contract_version(const struct contract *c)
{
    return c->version;
}

struct text
contract_dialect(const struct contract *c)
{
    return c->openapi;
}

struct text
contract_file(const struct contract *c)
{
    return c->file;
}

struct text
contract_name(const struct contract *c)
{
    return c->name;
}

/* A file is there twice when it has two URIs (3.2 $self): then the one by which it was opened counts. */
const struct document *
contract_document_next(const struct contract *c, uint32_t *place)
{
    while (*place < c->sources.capacity) {
        const struct index_slot *slot = &c->sources.slots[(*place)++];
        const struct source *source = slot->hash != 0 ? slot->value : NULL;

        if (source != NULL && text_equal(slot->key, source->uri))
            return &source->document;
    }
    return NULL;
}

const struct document *
contract_document_named(const struct contract *c, struct text file)
{
    const struct document *d;
    uint32_t place = 0;

    while ((d = contract_document_next(c, &place)) != NULL)
        if (text_equal(text_of(d->name), file))
            return d;
    return NULL;
}

const struct document *
contract_document(const struct contract *c)
{
    return c->document;
}

const struct schema_set *
contract_schemas(const struct contract *c)
{
    return c->set;
}

uint32_t
contract_defects(const struct contract *c)
{
    return c->defects;
}

uint32_t
contract_operation_count(const struct contract *c)
{
    return c->operation_count;
}

const struct operation *
contract_operation(const struct contract *c, uint32_t index)
{
    return index < c->operation_count ? &c->operations[index] : NULL;
}

uint32_t
contract_base_count(const struct contract *c)
{
    return c->base_count;
}

struct text
contract_base(const struct contract *c, uint32_t index)
{
    return index < c->base_count ? c->bases[index] : TEXT("");
}

const struct operation *
contract_operation_named(const struct contract *c, struct text name)
{
    return index_find(&c->names, NULL, name);
}

struct text
operation_id(const struct operation *o)
{
    return o->id;
}

struct text
operation_method(const struct operation *o)
{
    return o->method;
}

struct text
operation_path(const struct operation *o)
{
    return o->path;
}

struct text
operation_summary(const struct operation *o)
{
    return o->summary;
}

bool
operation_deprecated(const struct operation *o)
{
    return o->deprecated;
}

uint32_t
operation_index(const struct operation *o)
{
    return o->index;
}

const struct contract *
operation_contract(const struct operation *o)
{
    return o->contract;
}

const struct value *
operation_source(const struct operation *o)
{
    return o->place.value;
}

const struct document *
operation_document(const struct operation *o)
{
    return o->place.document;
}

const struct response *
response_of(const struct operation *operation, uint16_t status)
{
    const struct response *range = NULL, *otherwise = NULL;

    for (uint32_t i = 0; i < operation->response_count; i++) {
        const struct response *r = &operation->responses[i];

        if (r->status == status)
            return r;
        if (r->range != 0 && r->range == status / 100)
            range = r;
        if (r->status == 0 && r->range == 0)
            otherwise = r;
    }
    return range != NULL ? range : otherwise;
}

const struct value *
operation_response(const struct operation *o, uint16_t status, const struct document **document)
{
    const struct response *r = response_of(o, status);

    if (r == NULL)
        return NULL;
    if (document != NULL)
        *document = r->place.document;
    return r->place.value;
}

/* ---- columns ---- */

static struct text
column_end(struct buffer *b, struct arena *arena)
{
    struct text t = arena_text(arena, buffer_text(b));

    buffer_release(b);
    return t;
}

static void
column_add(struct buffer *b, const char *separator, struct text t)
{
    if (buffer_length(b) > 0)
        buffer_add(b, text_of(separator));
    buffer_add(b, t);
}

struct text
operation_request_types(const struct operation *o, struct arena *arena)
{
    struct buffer b;

    buffer_init(&b, COLUMN_MAX);
    for (uint32_t i = 0; o->body != NULL && i < o->body->media.count; i++)
        column_add(&b, " ", o->body->media.items[i].name);
    return column_end(&b, arena);
}

struct text
operation_statuses(const struct operation *o, struct arena *arena)
{
    struct buffer b;

    buffer_init(&b, COLUMN_MAX);
    for (uint32_t i = 0; i < o->response_count; i++)
        column_add(&b, " ", o->responses[i].key);
    return column_end(&b, arena);
}

/* Alternatives with "|", what is needed together with "+"; "-" for the anonymous one. */
struct text
operation_security(const struct operation *o, struct arena *arena)
{
    struct buffer b;

    buffer_init(&b, COLUMN_MAX);
    for (uint32_t i = 0; i < o->security_count; i++) {
        const struct alternative *a = &o->security[i];

        column_add(&b, " | ", a->count > 0 ? a->schemes[0]->name : TEXT("-"));
        for (uint32_t s = 1; s < a->count; s++)
            column_add(&b, "+", a->schemes[s]->name);
    }
    return column_end(&b, arena);
}
