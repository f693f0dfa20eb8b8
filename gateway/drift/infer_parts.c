/* infer_parts.c -- the tallies of one operation as OpenAPI objects. */
#include "drift/infer_writing.h"

#include "http/problem.h"

void
writing_parameter(struct writing *w, const struct infer_field *field, const char *in, bool required)
{
    struct json_writer *j = &w->w;

    json_object(j);
    JSON_KEY(j, "name");
    json_string(j, field->name);
    JSON_KEY(j, "in");
    json_string(j, text_of(in));
    JSON_KEY(j, "required");
    json_bool(j, required);
    JSON_KEY(j, "schema");
    if (field->repeats) {
        json_object(j);
        JSON_KEY(j, "type");
        json_string(j, TEXT("array"));
        JSON_KEY(j, "items");
        json_raw(j, TEXT("{\"type\":\"string\"}"));
        infer_write_seen(j, field->shape->seen);
        json_end_object(j);
    } else {
        infer_schema_write_text(j, field->shape);
    }
    json_end_object(j);
}

static void
write_parameters(struct writing *w, const struct writing_template *t, const struct infer_operation *o)
{
    if (t->count == 0 && o->query == NULL && o->headers == NULL)
        return;
    JSON_KEY(&w->w, "parameters");
    json_array(&w->w);
    for (uint32_t i = 0; i < t->count; i++)
        writing_parameter(w, &(struct infer_field){ .name = t->names[i], .shape = t->values[i] }, "path", true);
    for (const struct infer_field *f = o->query; f != NULL; f = f->next)
        writing_parameter(w, f, "query", o->accepted >= INFER_LEAST && f->shape->seen >= o->accepted);
    for (const struct infer_field *f = o->headers; f != NULL; f = f->next)
        writing_parameter(w, f, "header", false);
    json_end_array(&w->w);
}

void
writing_media(struct writing *w, const struct infer_content *content)
{
    json_object(&w->w);
    if (content->form != NULL) {
        infer_form_write(&w->w, content->form, content->kind == MEDIA_FORM, w->infer);
    } else if (content->kind == MEDIA_JSON && content->shape->seen > 0) {
        JSON_KEY(&w->w, "schema");
        infer_schema_write(&w->w, content->shape, w->infer);
    } else if (content->kind == MEDIA_TEXT) {
        JSON_KEY(&w->w, "schema");
        json_raw(&w->w, TEXT("{ \"type\": \"string\" }"));
    }
    infer_write_seen(&w->w, content->seen);
    json_end_object(&w->w);
}

static void
write_content(struct writing *w, const struct infer_content *content)
{
    JSON_KEY(&w->w, "content");
    json_object(&w->w);
    for (; content != NULL; content = content->next) {
        json_key(&w->w, content->type);
        writing_media(w, content);
    }
    json_end_object(&w->w);
}

static void
write_body(struct writing *w, const struct infer_operation *o)
{
    if (o->content == NULL)
        return;
    JSON_KEY(&w->w, "requestBody");
    json_object(&w->w);
    JSON_KEY(&w->w, "required");
    json_bool(&w->w, o->accepted >= INFER_LEAST && o->with_body == o->accepted);
    write_content(w, o->content);
    json_end_object(&w->w);
}

void
writing_response(struct writing *w, const struct infer_response *r)
{
    struct json_writer *j = &w->w;

    json_object(j);
    JSON_KEY(j, "description");
    json_string(j, status_reason(r->status));
    infer_write_seen(j, r->seen);
    if (r->headers != NULL) {
        JSON_KEY(j, "headers");
        json_object(j);
        for (const struct infer_field *f = r->headers; f != NULL; f = f->next) {
            json_key(j, f->name);
            json_object(j);
            JSON_KEY(j, "schema");
            infer_schema_write_text(j, f->shape);
            json_end_object(j);
        }
        json_end_object(j);
    }
    if (r->content != NULL)
        write_content(w, r->content);
    json_end_object(j);
}

static void
write_security(struct writing *w, const struct infer_operation *o)
{
    const struct {
        const char *name;
        uint64_t seen;
    } schemes[] = { { "bearerAuth", o->bearer }, { "basicAuth", o->basic } };

    if (w->part || o->bearer + o->basic == 0)
        return;
    w->bearer = w->bearer || o->bearer > 0;
    w->basic = w->basic || o->basic > 0;
    JSON_KEY(&w->w, "security");
    json_array(&w->w);
    for (size_t i = 0; i < 2; i++) {
        if (schemes[i].seen == 0)
            continue;
        json_object(&w->w);
        json_key(&w->w, text_of(schemes[i].name));
        json_array(&w->w);
        json_end_array(&w->w);
        json_end_object(&w->w);
    }
    if (o->bearer + o->basic < o->accepted || o->accepted < INFER_LEAST) { /* or none */
        json_object(&w->w);
        json_end_object(&w->w);
    }
    json_end_array(&w->w);
}

void
writing_operation(struct writing *w, const struct writing_template *t, const struct infer_operation *o)
{
    struct json_writer *j = &w->w;
    struct text name = writing_operation_name(w, t, o->method);

    json_object(j);
    JSON_KEY(j, "operationId");
    json_string(j, name);
    JSON_KEY(j, "summary");
    json_string(j, arena_print(w->arena, "%.*s %.*s", TEXT_PRINT(o->method), TEXT_PRINT(t->path)));
    JSON_KEY(j, "description");
    json_string(j, arena_print(w->arena, "Seen %llu time%s.", (unsigned long long)o->seen, o->seen == 1 ? "" : "s"));
    if (!w->part) { /* the contract has tags of its own */
        JSON_KEY(j, "tags");
        json_array(j);
        json_string(j, t->tag);
        json_end_array(j);
        writing_tag(w, t->tag);
    }
    infer_write_seen(j, o->seen);
    write_security(w, o);
    write_parameters(w, t, o);
    write_body(w, o);
    JSON_KEY(j, "responses");
    json_object(j);
    for (const struct infer_response *r = o->responses; r != NULL; r = r->next) {
        json_key(j, arena_print(w->arena, "%u", r->status));
        writing_response(w, r);
    }
    if (o->responses == NULL) {
        JSON_KEY(j, "default");
        json_raw(j, TEXT("{ \"description\": \"No answer was seen.\" }"));
    }
    json_end_object(j);
    json_end_object(j);
}
