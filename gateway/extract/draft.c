/* draft.c -- the model as an OpenAPI 3.1 document. */
#include "base/limits.h"
#include "extract/draft.h"
#include "extract/wording.h"

/* ---- what is settled before anything is written ---- */

/* Operations of one path have its parameters under the same names. */
static void
share_names(struct extract *x, struct operation *leader, struct operation *o)
{
    for (uint32_t i = 0; i < o->path.count; i++) {
        struct template_segment *to = &leader->path.segments[i], *from = &o->path.segments[i];

        if (to->name.length > 0 && to->inferred && !from->inferred && !template_has(&leader->path, from->name)) {
            for (struct parameter *p = leader->parameters; p != NULL; p = p->next)
                if (p->place == PLACE_PATH && text_equal(p->name, to->name))
                    p->name = from->name;
            to->name = from->name;
            to->inferred = false;
        }
    }
    for (uint32_t i = 0; i < o->path.count; i++) {
        struct template_segment *to = &leader->path.segments[i], *from = &o->path.segments[i];

        for (struct parameter *p = o->parameters; p != NULL; p = p->next)
            if (p->place == PLACE_PATH && from->name.length > 0 && text_equal(p->name, from->name))
                p->name = arena_text(x->arena, to->name);
        from->name = to->name;
    }
}

static void
join_bodies(struct body *to, struct body *from)
{
    struct variant **v = &to->variants;
    struct sample **s = &to->samples;

    while (*v != NULL)
        v = &(*v)->next;
    *v = from->variants;
    while (*s != NULL)
        s = &(*s)->next;
    *s = from->samples;
}

/* A response without a status is the success that is named, or else 200. */
static void
settle_status(struct operation *o)
{
    struct answer *zero = NULL, *success = NULL, **at;

    for (struct answer *a = o->answers; a != NULL; a = a->next) {
        if (a->status == 0)
            zero = a;
        else if (a->status / 100 == 2 && (success == NULL || (success->body != NULL && a->body == NULL)))
            success = a;
    }
    if (zero == NULL)
        return;
    if (success == NULL) {
        zero->status = 200;
        zero->source = source_at_most(zero->source, SURE_MEDIUM);
        if (zero->source.note.length == 0)
            zero->source.note = TEXT("no status is said: 200");
        return;
    }
    if (success->body == NULL)
        success->body = zero->body;
    else if (zero->body != NULL)
        join_bodies(success->body, zero->body);
    for (at = &o->answers; *at != zero; at = &(*at)->next)
        ;
    *at = zero->next;
}

static bool
has_class(const struct operation *o, unsigned class)
{
    for (const struct answer *a = o->answers; a != NULL; a = a->next)
        if (a->status / 100 == class)
            return true;
    return false;
}

static void
sort_answers(struct operation *o)
{
    struct answer *sorted = NULL;

    while (o->answers != NULL) {
        struct answer *a = o->answers, **at = &sorted;

        o->answers = a->next;
        while (*at != NULL && (*at)->status <= a->status)
            at = &(*at)->next;
        a->next = *at;
        *at = a;
    }
    o->answers = sorted;
}

static void
settle_answers(struct extract *x, struct operation *o)
{
    settle_status(o);
    for (const struct answer *general = x->answers; general != NULL; general = general->next) {
        struct source source = source_at_most(general->source, SURE_LOW);
        struct answer *a;

        source.note = TEXT("said of all endpoints");
        if (general->status == 0 || (a = model_answer(x, &o->answers, general->status, &source)) == NULL)
            continue;
        if (a->description.length == 0)
            a->description = general->description;
        if (a->body == NULL)
            a->body = general->body;
    }
    if (!has_class(o, 2)) {
        struct source source = source_at_most(o->source, SURE_LOW);
        struct answer *a;

        source.note = TEXT("not in the document");
        a = model_answer(x, &o->answers, 200, &source);
        if (a != NULL)
            a->description = TEXT("No success is in the document: assumed.");
        notes_add(&x->notes, EXTRACT_ASSUMED, &source, x->arena,
                  "no response of %.*s %.*s is described: 200 without a body", TEXT_PRINT(method_names[o->method]),
                  TEXT_PRINT(template_text(&o->path, x->arena)));
    }
    sort_answers(o);
}

/* "A token in the header" is the scheme that another line names. */
static unsigned
settle_schemes(const struct extract *x, unsigned schemes)
{
    unsigned better = 0, vague = 0;

    for (uint32_t i = 0; i < x->scheme_count; i++) {
        if (x->schemes[i].kind == SCHEME_HEADER && x->schemes[i].source.sure == SURE_LOW)
            vague |= 1u << i;
        else if (x->schemes[i].kind == SCHEME_BEARER || x->schemes[i].kind == SCHEME_BASIC ||
                 text_equal(x->schemes[i].name, TEXT("Authorization")))
            better |= 1u << i;
    }
    if (better == 0 || (schemes & vague) == 0)
        return schemes;
    return (schemes & ~vague) | (better & (~better + 1));
}

static void
settle(struct extract *x)
{
    if (x->settled)
        return;
    x->settled = true;
    for (struct operation *o = x->operations; o != NULL; o = o->next) {
        o->leader = o;
        for (struct operation *first = x->operations; first != o; first = first->next)
            if (first->leader == first && template_equal(&first->path, &o->path)) {
                o->leader = first;
                share_names(x, first, o);
                break;
            }
        settle_answers(x, o);
        o->schemes = settle_schemes(x, o->schemes);
    }
    for (struct operation *o = x->operations; o != NULL; o = o->next) /* a later one may have had the better names */
        if (o->leader != o)
            share_names(x, o->leader, o);
    x->general = settle_schemes(x, x->general);
    draft_name_operations(x);
}

/* ---- the document ---- */

static void
write_info(struct json_writer *w, const struct extract *x, struct text title)
{
    JSON_KEY(w, "info");
    json_object(w);
    JSON_KEY(w, "title");
    json_string(w, title.length > 0 ? title : x->title.length > 0 ? x->title : TEXT("Untitled API"));
    JSON_KEY(w, "version");
    json_string(w, TEXT("0.0.0"));
    JSON_KEY(w, "description");
    json_string(w, x->description.length > 0 ? x->description : TEXT("A draft, made from what documents say."));
    JSON_KEY(w, "contact");
    json_object(w);
    JSON_KEY(w, "name");
    json_string(w, TEXT("Not stated"));
    json_end_object(w);
    JSON_KEY(w, "license");
    json_object(w);
    JSON_KEY(w, "name");
    json_string(w, TEXT("Not stated"));
    JSON_KEY(w, "identifier");
    json_string(w, TEXT("NOASSERTION"));
    json_end_object(w);
    if (x->title_source.file.length > 0)
        source_write(w, &x->title_source);
    json_end_object(w);
}

/* The path of a URL whose host is made up, or the URL itself. Empty: it cannot be a server. */
static struct text
server_url(struct extract *x, struct text url, struct text *note)
{
    size_t host = text_search(url, TEXT("://")) + 3, slash;
    struct text path;

    for (size_t i = 0; i < url.length; i++)
        if (!is_name_byte(url.data[i]) && strchr(":/.-~%@", url.data[i]) == NULL)
            return (struct text){ NULL, 0 };
    if (host >= url.length)
        return (struct text){ NULL, 0 };
    slash = host + text_find(text_from(url, host), '/');
    path = text_from(url, slash);
    if (!wording_have(text_slice(url, host, slash - host), "example|localhost|127|yourdomain|yourapi|host|hostname"))
        return url;
    *note = arena_print(x->arena, "%.*s is an example's host", TEXT_PRINT(text_slice(url, 0, slash)));
    return path.length > 1 ? path : TEXT("/");
}

static void
write_servers(struct json_writer *w, struct extract *x)
{
    struct text written[MODEL_SERVERS];
    uint32_t count = 0;

    JSON_KEY(w, "servers");
    json_array(w);
    for (uint32_t i = 0; i < x->server_count; i++) {
        struct source source = x->servers[i].source;
        struct text url = server_url(x, x->servers[i].url, &source.note);
        uint32_t k = 0;

        while (k < count && !text_equal(written[k], url))
            k++;
        if (url.length == 0 || k < count)
            continue;
        written[count++] = url;
        json_object(w);
        JSON_KEY(w, "url");
        json_string(w, url);
        source_write(w, &source);
        json_end_object(w);
    }
    if (count == 0) {
        json_object(w);
        JSON_KEY(w, "url");
        json_string(w, TEXT("/"));
        JSON_KEY(w, "description");
        json_string(w, TEXT("No host is said."));
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_tags(struct json_writer *w, const struct extract *x)
{
    JSON_KEY(w, "tags");
    json_array(w);
    for (const struct operation *o = x->operations; o != NULL; o = o->next) {
        const struct operation *first = x->operations;

        while (first != o && !text_equal(first->tag, o->tag))
            first = first->next;
        if (first != o)
            continue;
        json_object(w);
        JSON_KEY(w, "name");
        json_string(w, o->tag);
        JSON_KEY(w, "description");
        json_string(w, arena_print(x->arena, "Endpoints of %.*s.", TEXT_PRINT(o->tag)));
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_paths(struct json_writer *w, struct extract *x)
{
    JSON_KEY(w, "paths");
    json_object(w);
    for (const struct operation *leader = x->operations; leader != NULL; leader = leader->next) {
        if (leader->leader != leader)
            continue;
        json_key(w, template_text(&leader->path, x->arena));
        json_object(w);
        for (const struct operation *o = leader; o != NULL; o = o->next)
            if (o->leader == leader)
                draft_operation(w, x, o);
        json_end_object(w);
    }
    json_end_object(w);
}

static void
write_schemes(struct json_writer *w, const struct extract *x)
{
    unsigned used = x->general;

    for (const struct operation *o = x->operations; o != NULL; o = o->next)
        used |= o->schemes;
    if (used == 0)
        return;
    JSON_KEY(w, "components");
    json_object(w);
    JSON_KEY(w, "securitySchemes");
    json_object(w);
    for (uint32_t i = 0; i < x->scheme_count; i++) {
        const struct scheme *s = &x->schemes[i];
        bool http = s->kind == SCHEME_BEARER || s->kind == SCHEME_BASIC;

        if ((used >> i & 1) == 0)
            continue;
        json_key(w, s->name);
        json_object(w);
        JSON_KEY(w, "type");
        json_string(w, http ? TEXT("http") : TEXT("apiKey"));
        if (http) {
            JSON_KEY(w, "scheme");
        } else {
            JSON_KEY(w, "in");
            json_string(w, s->kind == SCHEME_HEADER ? TEXT("header") : TEXT("query"));
            JSON_KEY(w, "name");
        }
        json_string(w, s->name);
        source_write(w, &s->source);
        json_end_object(w);
    }
    json_end_object(w);
    json_end_object(w);
}

static void
write_strays(struct json_writer *w, const struct extract *x)
{
    if (x->strays == NULL)
        return;
    JSON_KEY(w, "x-unplaced");
    json_array(w);
    for (const struct stray *s = x->strays; s != NULL; s = s->next) {
        json_object(w);
        JSON_KEY(w, "title");
        json_string(w, s->title);
        JSON_KEY(w, "schema");
        json_object(w);
        shape_write(w, s->shape);
        json_end_object(w);
        JSON_KEY(w, "example");
        extract_sample_write(w, s->sample.value);
        source_write(w, &s->sample.source);
        json_end_object(w);
    }
    json_end_array(w);
}

static void
write_unread(struct json_writer *w, const struct extract *x)
{
    JSON_KEY(w, "x-unread");
    json_array(w);
    for (const struct extract_note *n = x->notes.first; n != NULL; n = n->next) {
        if (n->kind != EXTRACT_UNREAD)
            continue;
        json_object(w);
        JSON_KEY(w, "file");
        json_string(w, n->file);
        JSON_KEY(w, "line");
        json_integer(w, n->line);
        JSON_KEY(w, "what");
        json_string(w, n->what);
        json_end_object(w);
    }
    json_end_array(w);
}

int
extract_write(struct extract *x, struct text title, struct buffer *out)
{
    struct json_writer w;

    settle(x);
    json_begin(&w, out, 2);
    json_object(&w);
    JSON_KEY(&w, "openapi");
    json_string(&w, TEXT("3.1.0"));
    write_info(&w, x, title);
    write_servers(&w, x);
    write_tags(&w, x);
    JSON_KEY(&w, "security");
    draft_security(&w, x, x->general);
    write_paths(&w, x);
    write_schemes(&w, x);
    write_strays(&w, x);
    write_unread(&w, x);
    json_end_object(&w);
    buffer_byte(out, '\n');
    return x->failed || buffer_failed(out) ? -1 : 0;
}
