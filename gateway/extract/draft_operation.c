/* draft_operation.c -- one operation of the draft. */
#include "extract/draft.h"
#include "extract/wording.h"

/* ---- names ---- */

static void
add_word(struct buffer *b, struct text word)
{
    for (size_t i = 0; i < word.length; i++) {
        bool begins = i == 0 || !is_name_byte(word.data[i - 1]) || word.data[i - 1] == '_';
        char c = word.data[i];

        if ((!is_letter(c) && !is_digit(c)))
            continue;
        buffer_byte(b, begins && c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c);
    }
}

/* GET /orders/{order_id} is getOrdersByOrderId. */
static struct text
name_of(struct extract *x, const struct operation *o)
{
    struct buffer b;
    struct text id;

    buffer_init(&b, 16384);
    for (size_t i = 0; i < method_names[o->method].length; i++)
        buffer_byte(&b, (char)(method_names[o->method].data[i] | 0x20));
    for (uint32_t i = 0; i < o->path.count; i++) {
        const struct template_segment *s = &o->path.segments[i];

        if (s->name.length > 0)
            buffer_add(&b, TEXT("By"));
        add_word(&b, s->name.length > 0 ? s->name : s->shape);
    }
    if (o->path.count == 0)
        buffer_add(&b, TEXT("Root"));
    id = arena_text(x->arena, buffer_text(&b));
    buffer_release(&b);
    return id;
}

/* The first segment that says what it is about. */
static struct text
tag_of(const struct operation *o)
{
    for (uint32_t i = 0; i < o->path.count; i++) {
        struct text t = o->path.segments[i].shape;

        if (o->path.segments[i].name.length > 0 || wording_are(t, "api|rest|public|v1|v2|v3|v4") ||
            (t.length > 1 && t.data[0] == 'v' && is_digit(t.data[1])))
            continue;
        return t;
    }
    return TEXT("general");
}

/* Names have no '_' of their own, so that a number behind one makes them unique. */
void
draft_name_operations(struct extract *x)
{
    for (struct operation *o = x->operations; o != NULL; o = o->next) {
        unsigned number = 1;

        o->tag = tag_of(o);
        o->name = name_of(x, o);
        for (const struct operation *other = x->operations; other != o; other = other->next)
            number += text_equal(other->name, o->name);
        o->id = number == 1 ? o->name : arena_print(x->arena, "%.*s_%u", TEXT_PRINT(o->name), number);
    }
}

/* ---- parts ---- */

void
draft_security(struct json_writer *w, const struct extract *x, unsigned schemes)
{
    json_array(w);
    for (uint32_t i = 0; i < x->scheme_count; i++) {
        if ((schemes >> i & 1) == 0)
            continue;
        json_object(w);
        json_key(w, x->schemes[i].name);
        json_array(w);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_parameter(struct json_writer *w, const struct parameter *p, bool path)
{
    static const char *const places[] = { [PLACE_PATH] = "path", [PLACE_QUERY] = "query", [PLACE_HEADER] = "header" };
    struct shape shape = *p->shape;

    if (shape.types == 0 || shape.types == SHAPE_OBJECT)
        shape.types = SHAPE_STRING;
    json_object(w);
    JSON_KEY(w, "name");
    json_string(w, p->name);
    JSON_KEY(w, "in");
    json_string(w, text_of(places[p->place]));
    if (path || shape.required == REQUIRED_YES) {
        JSON_KEY(w, "required");
        json_bool(w, true);
    }
    if (shape.description.length > 0) {
        JSON_KEY(w, "description");
        json_string(w, shape.description);
    }
    JSON_KEY(w, "schema");
    json_object(w);
    shape_write_type(w, &shape);
    if ((shape.types & SHAPE_ARRAY) != 0) {
        JSON_KEY(w, "items");
        json_object(w);
        if (shape.items != NULL)
            shape_write_type(w, shape.items);
        json_end_object(w);
    }
    json_end_object(w);
    if (shape_takes(&shape, p->example)) {
        JSON_KEY(w, "example");
        if (shape.types == SHAPE_STRING)
            json_string(w, p->example);
        else
            json_raw(w, p->example);
    }
    source_write(w, &shape.source);
    json_end_object(w);
}

static const struct parameter *
find_parameter(const struct operation *o, struct text name)
{
    for (const struct parameter *p = o->parameters; p != NULL; p = p->next)
        if (p->place == PLACE_PATH && text_equal(p->name, name))
            return p;
    return NULL;
}

static void
write_parameters(struct json_writer *w, const struct operation *o)
{
    struct shape shape = { .types = SHAPE_STRING, .source = o->source };

    if (o->parameters == NULL)
        return;
    JSON_KEY(w, "parameters");
    json_array(w);
    for (uint32_t i = 0; i < o->path.count; i++) {
        const struct template_segment *s = &o->path.segments[i];
        const struct parameter *p = find_parameter(o, s->name);
        const struct parameter made = { .name = s->name, .place = PLACE_PATH, .shape = &shape };
        struct parameter named = p != NULL ? *p : made;
        struct shape copy = *named.shape;

        if (s->name.length == 0)
            continue;
        if (s->inferred && copy.source.note.length == 0) {
            copy.source = source_at_most(copy.source, SURE_MEDIUM);
            copy.source.note = TEXT("the document has an example here: its name is inferred");
        }
        named.shape = &copy;
        write_parameter(w, &named, true);
    }
    for (const struct parameter *p = o->parameters; p != NULL; p = p->next)
        if (p->place != PLACE_PATH)
            write_parameter(w, p, false);
    json_end_array(w);
}

static void
write_samples(struct json_writer *w, const struct body *body, struct extract *x)
{
    unsigned number = 0;

    if (body->samples == NULL)
        return;
    JSON_KEY(w, "examples");
    json_object(w);
    for (const struct sample *s = body->samples; s != NULL; s = s->next) {
        number++;
        json_key(w, number == 1 ? TEXT("documented") : arena_print(x->arena, "documented_%u", number));
        json_object(w);
        JSON_KEY(w, "summary");
        json_string(w, arena_print(x->arena, "%.*s, line %u", TEXT_PRINT(s->source.file), s->source.line));
        JSON_KEY(w, "value");
        extract_sample_write(w, s->value);
        source_write(w, &s->source);
        json_end_object(w);
    }
    json_end_object(w);
}

static void
write_content(struct json_writer *w, const struct body *body, struct extract *x)
{
    const struct variant *v = body->variants;

    JSON_KEY(w, "content");
    json_object(w);
    json_key(w, text_of(body->media != NULL ? body->media : "application/json"));
    json_object(w);
    JSON_KEY(w, "schema");
    json_object(w);
    if (v != NULL && v->next != NULL) {
        JSON_KEY(w, "anyOf");
        json_array(w);
        for (; v != NULL; v = v->next) {
            json_object(w);
            shape_write(w, v->shape);
            json_end_object(w);
        }
        json_end_array(w);
    } else if (v != NULL) {
        shape_write(w, v->shape);
    }
    json_end_object(w);
    write_samples(w, body, x);
    json_end_object(w);
    json_end_object(w);
}

static void
write_request(struct json_writer *w, const struct operation *o, struct extract *x)
{
    if (o->request == NULL)
        return;
    JSON_KEY(w, "requestBody");
    json_object(w);
    JSON_KEY(w, "required");
    json_bool(w, o->method != METHOD_DELETE && o->method != METHOD_GET);
    write_content(w, o->request, x);
    source_write(w, &o->request->source);
    json_end_object(w);
}

static const char *
reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },           { 201, "Created" },       { 202, "Accepted" },           { 204, "No Content" },
        { 301, "Moved" },        { 304, "Not Modified" },  { 400, "Bad Request" },        { 401, "Unauthorized" },
        { 403, "Forbidden" },    { 404, "Not Found" },     { 405, "Method Not Allowed" }, { 409, "Conflict" },
        { 410, "Gone" },         { 415, "Unsupported" },   { 422, "Unprocessable" },      { 429, "Too Many Requests" },
        { 500, "Server Error" }, { 503, "Not available" },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return status < 300 ? "Success" : status < 400 ? "Elsewhere" : "Failure";
}

static void
write_answers(struct json_writer *w, const struct operation *o, struct extract *x)
{
    bool failure = false;

    JSON_KEY(w, "responses");
    json_object(w);
    for (const struct answer *a = o->answers; a != NULL; a = a->next) {
        failure = failure || a->status / 100 == 4;
        json_key(w, arena_print(x->arena, "%u", a->status));
        json_object(w);
        JSON_KEY(w, "description");
        json_string(w, a->description.length > 0 ? a->description : text_of(reason_of(a->status)));
        if (a->body != NULL && a->body->variants != NULL)
            write_content(w, a->body, x);
        source_write(w, &a->source);
        json_end_object(w);
    }
    if (!failure) {
        struct source source = source_at_most(o->source, SURE_LOW);

        source.note = TEXT("not in the document");
        JSON_KEY(w, "4XX");
        json_object(w);
        JSON_KEY(w, "description");
        json_string(w, TEXT("No failure is in the document: any is accepted."));
        source_write(w, &source);
        json_end_object(w);
    }
    json_end_object(w);
}

void
draft_operation(struct json_writer *w, struct extract *x, const struct operation *o)
{
    struct text method = method_names[o->method], name;
    char lower[16] = { 0 };

    for (size_t i = 0; i < method.length; i++)
        lower[i] = (char)(method.data[i] | 0x20);
    name = arena_print(x->arena, "%.*s %.*s", TEXT_PRINT(method), TEXT_PRINT(template_text(&o->path, x->arena)));
    json_key(w, text_of(lower));
    json_object(w);
    JSON_KEY(w, "operationId");
    json_string(w, o->id);
    JSON_KEY(w, "tags");
    json_array(w);
    json_string(w, o->tag);
    json_end_array(w);
    JSON_KEY(w, "summary");
    json_string(w, o->title.length > 0 ? o->title : name);
    JSON_KEY(w, "description");
    json_string(w, o->description.length > 0 ? o->description : name);
    if (o->schemes != 0 && o->schemes != x->general) {
        JSON_KEY(w, "security");
        draft_security(w, x, o->schemes);
    }
    write_parameters(w, o);
    write_request(w, o, x);
    write_answers(w, o, x);
    source_write(w, &o->source);
    json_end_object(w);
}
