/* expression.c -- the grammar of runtime expressions (Arazzo 1.0.1 4.7, 1.1.0 Runtime Expressions).
 *
 * The two ABNFs differ in how strict names are; the wider one is read, so that documents of both load. Beyond them,
 * `$response.body.a.b` is taken for `$response.body#/a/b`: the specification writes it so in its own examples. */
#include "flow/expression.h"

#include "json/pointer.h"

struct expression {
    struct expression_view view;
    struct text text;
};

struct reader {
    struct arena *arena;
    struct error *err;
    struct expression *e;
    struct text rest; /* behind "$request." */
};

static int
refuse(const struct reader *r, const char *what)
{
    return error_set(r->err, ERROR_CONFIG, NULL, "'%.*s' is no runtime expression: %s", TEXT_PRINT(r->e->text), what);
}

static void
add_name(struct reader *r, struct text name)
{
    r->e->view.names[r->e->view.name_count++] = name;
}

/* The part in front of the first `end`, cut off together with it; all of it when there is none. */
static struct text
cut(struct text *rest, struct text end)
{
    size_t place = text_search(*rest, end);
    struct text part = text_slice(*rest, 0, place);

    *rest = text_from(*rest, place + end.length);
    return part;
}

/* ---- JSON Pointers ---- */

static bool
pointer_is_well_formed(struct text pointer)
{
    if (pointer.length > 0 && pointer.data[0] != '/')
        return false;
    for (size_t i = 0; i < pointer.length; i++)
        if (pointer.data[i] == '~' &&
            (i + 1 == pointer.length || (pointer.data[i + 1] != '0' && pointer.data[i + 1] != '1')))
            return false;
    return true;
}

static int
take_pointer(struct reader *r, struct text pointer)
{
    if (!pointer_is_well_formed(pointer))
        return refuse(r, "behind '#' stands a JSON Pointer, such as #/items/0/id");
    r->e->view.pointer = pointer;
    r->e->view.has_pointer = true;
    return 0;
}

/* Takes "#/pointer" off the end of what is left. */
static int
split_pointer(struct reader *r)
{
    size_t mark = text_find(r->rest, '#');
    struct text pointer = text_from(r->rest, mark + 1);

    if (mark == r->rest.length)
        return 0;
    r->rest = text_slice(r->rest, 0, mark);
    return take_pointer(r, pointer);
}

/* ".items[0].id" as "/items/0/id". */
static int
take_properties(struct reader *r, struct text properties)
{
    struct buffer out;
    struct text pointer;

    buffer_init(&out, properties.length * 2 + 1);
    while (properties.length > 0) {
        char first = properties.data[0];
        size_t end = 1;

        while (end < properties.length && properties.data[end] != '.' && properties.data[end] != '[')
            end++;
        pointer = text_slice(properties, 1, end - 1);
        properties = text_from(properties, end);
        if (first == '[' && text_ends(pointer, TEXT("]")))
            pointer.length--;
        else if (first == '[')
            pointer.length = 0;
        if (pointer.length == 0)
            break;
        pointer_add(&out, pointer);
    }
    pointer = arena_text(r->arena, buffer_text(&out));
    buffer_release(&out);
    if (pointer.length == 0 || properties.length > 0)
        return refuse(r, "behind 'body' stands nothing, or '#' with a JSON Pointer, such as body#/id");
    return take_pointer(r, pointer);
}

/* ---- what stands behind each root ---- */

static int
read_nothing(struct reader *r)
{
    return r->rest.length == 0 ? 0 : refuse(r, "nothing may stand behind it");
}

static int
read_header(struct reader *r)
{
    if (!header_is_token(r->rest))
        return refuse(r, "behind 'header.' stands the name of a header field");
    add_name(r, TEXT("header"));
    add_name(r, r->rest);
    return 0;
}

static int
read_body(struct reader *r)
{
    struct text rest = text_from(r->rest, 4);

    add_name(r, TEXT("body"));
    if (rest.length == 0)
        return 0;
    if (rest.data[0] == '#')
        return take_pointer(r, text_from(rest, 1));
    return take_properties(r, rest);
}

static bool
is_body(struct text rest)
{
    return text_starts(rest, TEXT("body")) &&
           (rest.length == 4 || rest.data[4] == '#' || rest.data[4] == '.' || rest.data[4] == '[');
}

static int
read_response(struct reader *r)
{
    if (is_body(r->rest))
        return read_body(r);
    if (!text_starts(r->rest, TEXT("header.")))
        return refuse(r, "an answer has $response.header.NAME and $response.body");
    r->rest = text_from(r->rest, 7);
    return read_header(r);
}

static int
read_request(struct reader *r)
{
    static const struct text kinds[] = { { "query", 5 }, { "path", 4 } };

    if (is_body(r->rest))
        return read_body(r);
    if (text_starts(r->rest, TEXT("header."))) {
        r->rest = text_from(r->rest, 7);
        return read_header(r);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = kinds[i].length;

        if (!text_starts(r->rest, kinds[i]) || r->rest.length < length + 2 || r->rest.data[length] != '.')
            continue;
        add_name(r, kinds[i]);
        add_name(r, text_from(r->rest, length + 1));
        return 0;
    }
    return refuse(r, "a request has header.NAME, query.NAME, path.NAME and body");
}

static int
read_name(struct reader *r)
{
    if (split_pointer(r) < 0)
        return -1;
    if (r->rest.length == 0)
        return refuse(r, "a name is missing");
    add_name(r, r->rest);
    return 0;
}

/* Identifiers of steps have no dots in 1.1, but may have some in 1.0: ".outputs." ends them. */
static int
read_step(struct reader *r)
{
    struct text id, whole;

    if (split_pointer(r) < 0)
        return -1;
    whole = r->rest;
    id = cut(&r->rest, TEXT(".outputs."));
    if (id.length == whole.length)
        id = cut(&whole, TEXT("."));
    else
        whole = text_make(NULL, 0);
    if (id.length == 0 || (r->rest.length == 0 && whole.length == 0))
        return refuse(r, "an output of a step is $steps.STEP.outputs.NAME");
    add_name(r, id);
    if (r->rest.length > 0) {
        add_name(r, TEXT("outputs"));
        add_name(r, r->rest);
    } else {
        add_name(r, whole); /* whoever checks names says what it should be */
    }
    return 0;
}

static int
read_workflow(struct reader *r)
{
    static const struct text fields[] = { { "inputs", 6 }, { "outputs", 7 } };
    static const struct text ends[] = { { ".inputs.", 8 }, { ".outputs.", 9 } };

    if (split_pointer(r) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        struct text rest = r->rest, id = cut(&rest, ends[i]);

        if (id.length == 0 || rest.length == 0)
            continue;
        add_name(r, id);
        add_name(r, fields[i]);
        add_name(r, rest);
        return 0;
    }
    return refuse(r, "of a workflow there is $workflows.ID.inputs.NAME and $workflows.ID.outputs.NAME");
}

/* Two names: of a source and of something in it; of a kind of components and of one. */
static int
read_pair(struct reader *r)
{
    struct text first;

    if (r->e->view.root == EXPRESSION_COMPONENTS && split_pointer(r) < 0)
        return -1;
    first = cut(&r->rest, TEXT("."));
    if (first.length == 0 || r->rest.length == 0)
        return refuse(r, "two names are wanted behind it, with a '.' between them");
    add_name(r, first);
    add_name(r, r->rest);
    return 0;
}

static int
read_message(struct reader *r)
{
    return refuse(r, "$message is of AsyncAPI, which Plumbline does not do");
}

static const struct root {
    struct text word;
    enum expression_root root;
    bool dotted; /* "." and more stands behind it */
    int (*read)(struct reader *r);
} roots[] = {
    { { "$url", 4 }, EXPRESSION_URL, false, read_nothing },
    { { "$method", 7 }, EXPRESSION_METHOD, false, read_nothing },
    { { "$statusCode", 11 }, EXPRESSION_STATUS, false, read_nothing },
    { { "$self", 5 }, EXPRESSION_SELF, false, read_nothing },
    { { "$request", 8 }, EXPRESSION_REQUEST, true, read_request },
    { { "$response", 9 }, EXPRESSION_RESPONSE, true, read_response },
    { { "$message", 8 }, EXPRESSION_RESPONSE, true, read_message },
    { { "$inputs", 7 }, EXPRESSION_INPUTS, true, read_name },
    { { "$outputs", 8 }, EXPRESSION_OUTPUTS, true, read_name },
    { { "$steps", 6 }, EXPRESSION_STEPS, true, read_step },
    { { "$workflows", 10 }, EXPRESSION_WORKFLOWS, true, read_workflow },
    { { "$sourceDescriptions", 19 }, EXPRESSION_SOURCES, true, read_pair },
    { { "$components", 11 }, EXPRESSION_COMPONENTS, true, read_pair },
};

/* Which root the text begins with, or NULL. */
static const struct root *
root_of(struct text text)
{
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        size_t length = roots[i].word.length;

        if (!text_starts(text, roots[i].word))
            continue;
        if (roots[i].dotted ? text.length > length && text.data[length] == '.' : text.length == length)
            return &roots[i];
    }
    return NULL;
}

const struct expression *
expression_parse(struct text text, struct arena *arena, struct error *err)
{
    struct reader r = { .arena = arena, .err = err, .e = ARENA_NEW(arena, struct expression) };
    const struct root *root = root_of(text);

    if (r.e == NULL || ((r.e->text = arena_text(arena, text)).data == NULL && text.length > 0)) {
        error_memory(err);
        return NULL;
    }
    if (root == NULL) {
        refuse(&r, "it begins with $inputs., $steps., $response., $statusCode or another root of Arazzo");
        return NULL;
    }
    r.e->view.root = root->root;
    r.rest = text_from(r.e->text, root->word.length + root->dotted);
    return root->read(&r) == 0 ? r.e : NULL;
}

void
expression_view(const struct expression *e, struct expression_view *view)
{
    *view = e->view;
}

struct text
expression_text(const struct expression *e)
{
    return e->text;
}

bool
expression_is(struct text text)
{
    return root_of(text) != NULL;
}

bool
expression_next(struct text *rest, struct text *before, struct text *expression)
{
    struct text whole = *rest;

    for (size_t i = text_search(whole, TEXT("{$")); i + 1 < whole.length;) {
        struct text inside = text_from(whole, i + 1);
        size_t end = text_find(inside, '}');

        if (end == inside.length)
            break;
        inside = text_slice(inside, 0, end);
        if (expression_is(inside)) {
            *before = text_slice(whole, 0, i);
            *expression = inside;
            *rest = text_from(whole, i + end + 2);
            return true;
        }
        i += 2 + text_search(text_from(whole, i + 2), TEXT("{$"));
    }
    *before = whole;
    *rest = text_make(NULL, 0);
    return false;
}

bool
expression_is_within(struct text text)
{
    struct text before, expression;

    return expression_next(&text, &before, &expression);
}
