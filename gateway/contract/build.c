/* build.c -- the operations of a document, with their place in the tree of paths.
 *
 * What stands in the document wrongly was said by lint; here only what takes more than one object to see: templates
 * against parameters, operationIds and paths against each other. */
#include "contract/loader_private.h"

#include <stdlib.h>

#include "schema/uri.h"

static const struct method {
    struct text field;
    struct text name;
    enum edition since;
} methods[] = {
    { { "get", 3 }, { "GET", 3 }, EDITION_30 },         { { "put", 3 }, { "PUT", 3 }, EDITION_30 },
    { { "post", 4 }, { "POST", 4 }, EDITION_30 },       { { "delete", 6 }, { "DELETE", 6 }, EDITION_30 },
    { { "options", 7 }, { "OPTIONS", 7 }, EDITION_30 }, { { "head", 4 }, { "HEAD", 4 }, EDITION_30 },
    { { "patch", 5 }, { "PATCH", 5 }, EDITION_30 },     { { "trace", 5 }, { "TRACE", 5 }, EDITION_30 },
    { { "query", 5 }, { "QUERY", 5 }, EDITION_32 },
};

static const struct method *
method_of(struct loader *l, struct text field)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (text_equal(methods[i].field, field) && l->contract->edition >= methods[i].since)
            return &methods[i];
    return NULL;
}

/* ---- base paths ---- */

#define SERVER_CHOICES 256 /* of values for the variables of one URL; more are not looked at */

/* The value of a variable: choice 0 is its default, 1 the first of its enum, and so on. What is left of the choice is
 * for the next variable. */
static const struct value *
choose_value(const struct value *variable, uint32_t *choice)
{
    const struct value *values = VALUE_MEMBER(variable, "enum");
    uint32_t count = value_is(values, VALUE_ARRAY) ? values->count : 0, mine = *choice % (count + 1);

    *choice /= count + 1;
    if (mine > 0)
        for (VALUE_EACH_ITEM(item, values))
            if (--mine == 0)
                return item;
    return VALUE_MEMBER(variable, "default");
}

/* The URL with each {name} replaced by a value of that variable; choice ends at 0 as long as there is such a choice. */
static struct text
fill_variables(struct loader *l, struct place server, struct text url, uint32_t *choice)
{
    struct text out = TEXT("");
    struct arena *arena = loader_arena(l);
    struct place variables = LOADER_AT(l, server, "variables");

    for (;;) {
        size_t open = text_find(url, '{');
        size_t close = open < url.length ? open + text_find(text_from(url, open), '}') : url.length;
        const struct value *variable, *chosen;

        if (close >= url.length)
            return arena_print(arena, "%.*s%.*s", TEXT_PRINT(out), TEXT_PRINT(url));
        variable = loader_member(l, variables.value, text_slice(url, open + 1, close - open - 1));
        chosen = choose_value(variable, choice);
        if (chosen != NULL && (chosen->type == VALUE_STRING || chosen->type == VALUE_NUMBER))
            out = arena_print(arena, "%.*s%.*s%.*s", TEXT_PRINT(out), (int)open, url.data,
                              TEXT_PRINT(value_text(chosen)));
        else
            out = arena_print(arena, "%.*s%.*s", TEXT_PRINT(out), (int)close + 1, url.data);
        url = text_from(url, close + 1);
    }
}

/* "/api/v1" of "https://host/api/v1/", "" of "https://host" and of "/". */
static struct text
base_of(struct loader *l, struct place server, uint32_t *choice)
{
    struct text url = fill_variables(l, server, loader_text(l, server.value, TEXT("url")), choice);
    size_t size = url.length + 32;
    char *out = arena_alloc(loader_arena(l), size);
    struct text path = out != NULL ? uri_resolve(TEXT("http://host/"), url, out, size) : TEXT("");

    path = uri_split(path).path;
    while (path.length > 0 && path.data[path.length - 1] == '/')
        path.length--;
    return path.length > 0 ? path : TEXT("");
}

static void
add_base(struct loader *l, struct place server, struct text base, uint64_t *bits)
{
    struct contract *c = l->contract;
    uint32_t i = 0;

    while (i < c->base_count && !text_equal(c->bases[i], base))
        i++;
    if (i == CONTRACT_BASES) {
        loader_defect(l, LEVEL_WARN, server, "more than %d base paths; paths below this one are not matched",
                      CONTRACT_BASES);
        return;
    }
    if (i == c->base_count)
        c->bases[c->base_count++] = base;
    *bits |= UINT64_C(1) << i;
}

/* A base for each of the values that the server's variables list. */
static void
add_server(struct loader *l, struct place server, uint64_t *bits)
{
    for (uint32_t i = 0; i < SERVER_CHOICES; i++) {
        uint32_t left = i;
        struct text base = base_of(l, server, &left);

        if (left > 0)
            return;
        add_base(l, server, base, bits);
    }
}

int
build_bases(struct loader *l, struct place owner, uint64_t *bits)
{
    struct place servers = LOADER_AT(l, owner, "servers");

    if (!value_is(servers.value, VALUE_ARRAY) || servers.value->count == 0)
        return 0;
    *bits = 0;
    for (VALUE_EACH_ITEM(item, servers.value)) {
        if (value_is(item, VALUE_OBJECT))
            add_server(l, (struct place){ servers.document, item }, bits);
    }
    return 0;
}

static void
order_bases(struct contract *c)
{
    for (uint32_t i = 0; i < c->base_count; i++) {
        uint32_t at = i;

        while (at > 0 && c->bases[c->base_order[at - 1]].length < c->bases[i].length) {
            c->base_order[at] = c->base_order[at - 1];
            at--;
        }
        c->base_order[at] = (uint8_t)i;
    }
}

/* The servers of the owner, else those of what it is in (OAS 3.1 4.8.9, 4.8.10). */
static struct place
servers_of(struct loader *l, struct place owner, struct place around)
{
    struct place servers = LOADER_AT(l, owner, "servers");

    return value_is(servers.value, VALUE_ARRAY) && servers.value->count > 0 ? servers : around;
}

/* ---- templates against parameters ---- */

static int
link_slots(struct loader *l, struct operation *o)
{
    struct text names[MATCH_PARAMETERS];
    uint32_t count = path_template_variables(o->path, names, MATCH_PARAMETERS);

    if (count > MATCH_PARAMETERS)
        count = MATCH_PARAMETERS;
    o->slots = ARENA_ARRAY(loader_arena(l), struct slot, count + 1);
    if (o->slots == NULL)
        return -1;
    o->slot_count = count;
    for (uint32_t s = 0; s < count; s++) {
        o->slots[s].name = names[s];
        for (uint32_t p = 0; p < o->parameter_count[IN_PATH]; p++)
            if (text_equal(o->parameters[IN_PATH][p].name, names[s]))
                o->slots[s].parameter = &o->parameters[IN_PATH][p];
        if (o->slots[s].parameter == NULL)
            loader_defect(l, LEVEL_ERROR, o->place,
                          "no parameter describes '{%.*s}' of the path '%.*s'; it may be anything",
                          TEXT_PRINT(names[s]), TEXT_PRINT(o->path));
    }
    for (uint32_t p = 0; p < o->parameter_count[IN_PATH]; p++) {
        const struct parameter *parameter = &o->parameters[IN_PATH][p];
        bool used = false;

        for (uint32_t s = 0; s < count; s++)
            used = used || o->slots[s].parameter == parameter;
        if (!used)
            loader_defect(l, LEVEL_ERROR, parameter->place,
                          "the path '%.*s' has no '{%.*s}'; this parameter is never looked at", TEXT_PRINT(o->path),
                          TEXT_PRINT(parameter->name));
    }
    return 0;
}

/* ---- operations ---- */

static int
name_operation(struct loader *l, struct operation *o)
{
    struct contract *c = l->contract;
    struct text line = arena_print(c->arena, "%.*s %.*s", TEXT_PRINT(o->method), TEXT_PRINT(o->path));
    const struct value *id = VALUE_MEMBER(o->place.value, "operationId");
    const struct operation *other;

    if (line.data == NULL)
        return -1;
    o->id = value_is(id, VALUE_STRING) && id->count > 0 ? value_text(id) : line;
    other = index_find(&c->names, NULL, o->id);
    if (other != NULL && o->id.data != line.data)
        loader_defect(l, other->place.value == o->place.value ? LEVEL_WARN : LEVEL_ERROR,
                      (struct place){ o->place.document, id },
                      "the operationId '%.*s' is taken by %.*s %.*s; it names that operation in settings and reports",
                      TEXT_PRINT(o->id), TEXT_PRINT(other->method), TEXT_PRINT(other->path));
    else if (index_put(&c->names, c->arena, NULL, o->id, o) < 0)
        return -1;
    return index_find(&c->names, NULL, line) != NULL ? 0 : index_put(&c->names, c->arena, NULL, line, o);
}

/* A body where the method gives it no meaning (RFC 9110 9.3.1, 9.3.2, 9.3.5). */
static void
note_body_of_get(struct loader *l, const struct operation *o)
{
    const struct value *body = VALUE_MEMBER(o->place.value, "requestBody");

    if (body != NULL && (text_equal(o->method, TEXT("GET")) || text_equal(o->method, TEXT("HEAD")) ||
                         text_equal(o->method, TEXT("DELETE")) || text_equal(o->method, TEXT("TRACE"))))
        loader_defect(l, LEVEL_WARN, (struct place){ o->place.document, body },
                      "HTTP gives the body of a %.*s request no meaning; it is checked all the same",
                      TEXT_PRINT(o->method));
}

struct context {
    struct text path;
    struct place item; /* the Path Item Object */
    struct place servers;
    uint64_t bases;
};

static int
build_operation(struct loader *l, const struct context *in, struct text method, struct place at)
{
    struct contract *c = l->contract;
    struct operation *o = &c->operations[c->operation_count];

    o->contract = c;
    o->index = c->operation_count++;
    o->method = method;
    o->path = in->path;
    o->place = at;
    o->bases = in->bases;
    o->servers = servers_of(l, at, in->servers);
    o->summary = LOADER_TEXT(l, at.value, "summary");
    o->deprecated = loader_true(l, at.value, TEXT("deprecated"));
    if (name_operation(l, o) < 0 || build_bases(l, at, &o->bases) < 0 || build_parameters(l, o, in->item) < 0 ||
        link_slots(l, o) < 0 || build_body(l, o) < 0 || build_responses(l, o) < 0 || build_security(l, o) < 0)
        return -1;
    note_body_of_get(l, o);
    return path_tree_add(c->paths, c->arena, o);
}

/* Call build_operation for each operation of a path item, or only count them (in NULL). */
static int
each_operation(struct loader *l, const struct context *in, struct place item, uint32_t *count)
{
    if (!value_is(item.value, VALUE_OBJECT))
        return 0;
    for (VALUE_EACH_MEMBER(key, item.value)) {
        struct place at = { item.document, value_next(key) };
        const struct method *method = method_of(l, value_text(key));

        if (method != NULL && value_is(at.value, VALUE_OBJECT)) {
            (*count)++;
            if (in != NULL && build_operation(l, in, method->name, at) < 0)
                return -1;
        }
        if (l->contract->edition < EDITION_32 || !text_equal(value_text(key), TEXT("additionalOperations")) ||
            !value_is(at.value, VALUE_OBJECT))
            continue;
        for (VALUE_EACH_MEMBER(name, at.value)) {
            struct place other = { item.document, value_next(name) };

            if (!value_is(other.value, VALUE_OBJECT))
                continue;
            (*count)++;
            if (in != NULL && build_operation(l, in, value_text(name), other) < 0)
                return -1;
        }
    }
    return 0;
}

/* Two templates that match the same paths (OAS 3.1 4.8.8.2). */
static int
note_identical(struct loader *l, struct index *forms, const struct document *d, const struct value *key)
{
    struct text form = path_template_form(value_text(key), loader_arena(l));
    const struct value *other;

    if (form.data == NULL)
        return -1;
    other = index_find(forms, NULL, form);
    if (other == NULL)
        return index_put(forms, loader_arena(l), NULL, form, key);
    loader_defect_key(l, LEVEL_ERROR, d, key,
                      "the path '%.*s' matches the same as '%.*s'; the first with the method is used",
                      TEXT_PRINT(value_text(key)), TEXT_PRINT(value_text(other)));
    return 0;
}

/* A path item may be, or begin with, a reference (OAS 3.1 4.8.9 $ref): what it leads to. */
static struct place
referenced_item(struct loader *l, struct place item)
{
    struct place target = loader_follow(l, item);

    return target.value == item.value ? (struct place){ NULL, NULL } : target;
}

static int
build_path(struct loader *l, struct text path, struct place item, uint64_t document_bases, uint32_t *count,
           bool count_only)
{
    struct place target = referenced_item(l, item);
    struct place root = { l->contract->document, l->contract->document->root };
    struct place servers = servers_of(l, root, (struct place){ NULL, NULL });
    struct context in = { path, item, servers_of(l, item, servers), document_bases };

    if (each_operation(l, NULL, item, count) < 0 || each_operation(l, NULL, target, count) < 0)
        return -1;
    if (count_only)
        return 0;
    if (build_bases(l, item, &in.bases) < 0 || each_operation(l, &in, item, count) < 0)
        return -1;
    in.item = target;
    in.servers = servers_of(l, target, servers);
    in.bases = document_bases;
    return build_bases(l, target, &in.bases) < 0 ? -1 : each_operation(l, &in, target, count);
}

static int
build_paths(struct loader *l, struct place paths, uint64_t bases, uint32_t *count, bool count_only)
{
    struct index forms = { 0 };

    if (!value_is(paths.value, VALUE_OBJECT))
        return 0;
    for (VALUE_EACH_MEMBER(key, paths.value)) {
        struct place item = { paths.document, value_next(key) };

        if (key->count == 0 || key->data[0] != '/' || !value_is(item.value, VALUE_OBJECT) ||
            loader_member(l, paths.value, value_text(key)) != item.value) /* of a repeated key the last one */
            continue;
        if (!count_only && note_identical(l, &forms, paths.document, key) < 0)
            return -1;
        if (build_path(l, value_text(key), item, bases, count, count_only) < 0)
            return -1;
    }
    return 0;
}

int
build_operations(struct loader *l, struct error *err)
{
    struct contract *c = l->contract;
    struct place root = { c->document, c->document->root };
    struct place paths = LOADER_AT(l, root, "paths");
    uint64_t bases = 0;
    uint32_t count = 0;

    c->paths = path_tree_new(c->arena);
    if (c->paths == NULL || build_bases(l, root, &bases) < 0)
        return error_memory(err);
    if (bases == 0)
        add_base(l, root, TEXT(""), &bases);
    if (build_paths(l, paths, bases, &count, true) < 0)
        return error_memory(err);
    c->operations = ARENA_ARRAY(c->arena, struct operation, count + 1);
    if (c->operations == NULL || build_paths(l, paths, bases, &count, false) < 0)
        return error_memory(err);
    order_bases(c);
    return path_tree_finish(c->paths, c->arena) < 0 ? error_memory(err) : 0;
}
