/* reader_code.c -- code: examples, messages and commands. */
#include "base/limits.h"
#include "extract/example.h"
#include "extract/reader.h"
#include "extract/wording.h"

static uint32_t
lines_before(struct text whole, const char *at)
{
    uint32_t count = 0;

    for (const char *c = whole.data; c < at; c++)
        count += *c == '\n';
    return count;
}

/* ---- examples ---- */

/* A request, or a response? By the label; else by what is missing yet. */
static bool
is_request(const struct reader *r)
{
    const struct operation *o = r->operation;
    const struct variant *v = NULL;

    if (r->label.kind == LABEL_REQUEST || r->label.kind == LABEL_PARAMETERS)
        return o->method != METHOD_GET && o->method != METHOD_HEAD;
    if (r->label.kind == LABEL_RESPONSE || r->label.kind == LABEL_STATUSES || r->status != 0)
        return false;
    if (o->method == METHOD_GET || o->method == METHOD_HEAD || o->method == METHOD_DELETE)
        return false;
    if (o->request != NULL && o->request->definition == r->definition)
        v = o->request->current;
    for (const struct answer *a = o->answers; a != NULL && v == NULL; a = a->next)
        if (a->body != NULL)
            return false;
    return v == NULL;
}

static struct body **
body_of(struct reader *r, const struct source *source)
{
    struct answer *answer;

    if (is_request(r))
        return &r->operation->request;
    answer = model_answer(r->x, &r->operation->answers, r->status, source);
    return answer != NULL ? &answer->body : NULL;
}

static void
add_stray(struct reader *r, const struct shape_example *example)
{
    struct extract *x = r->x;
    struct stray *stray = ARENA_NEW(x->arena, struct stray), **at = &x->strays;
    uint32_t count = 0;

    for (; *at != NULL; at = &(*at)->next)
        count++;
    if (count >= LIMIT_EXTRACT_MEMBERS)
        return;
    if (stray == NULL || (stray->shape = shape_new(&example->source, x->arena)) == NULL ||
        !shape_add(stray->shape, example->document->root, example, x->arena)) {
        x->failed = true;
        return;
    }
    stray->title = r->title;
    stray->sample = (struct sample){ .value = example->document->root, .source = example->source };
    *at = stray;
    notes_add(&x->notes, EXTRACT_UNREAD, &example->source, x->arena,
              "an example belongs to no endpoint; kept in x-unplaced");
}

/* The notes of the mender: to the list, and to the example. */
static void
take_notes(struct reader *r, const struct example *e, struct source *source)
{
    struct buffer all;

    if (e->note_count == 0)
        return;
    source->sure = source->sure > SURE_MEDIUM ? SURE_MEDIUM : source->sure;
    buffer_init(&all, LIMIT_EXTRACT_LINE);
    for (uint32_t i = 0; i < e->note_count && i < EXAMPLE_NOTES; i++) {
        struct source at = *source;

        at.line += e->notes[i].line;
        notes_add(&r->x->notes, EXTRACT_MENDED, &at, r->arena, "%.*s", TEXT_PRINT(e->notes[i].what));
        buffer_print(&all, "%sline %u: %.*s", i > 0 ? "; " : "", at.line, TEXT_PRINT(e->notes[i].what));
    }
    if (e->note_count > EXAMPLE_NOTES)
        buffer_print(&all, "; and %u more", e->note_count - EXAMPLE_NOTES);
    source->note = arena_text(r->arena, buffer_text(&all));
    buffer_release(&all);
}

/* Names that stand twice. To find the last of each takes the square of their number, so there may not be many. */
static bool
settle_repeats(struct reader *r, const struct document *document, const struct source *source)
{
    for (const struct value *v = document->root; v < document->root + document->values; v++)
        if ((v->flags & VALUE_DUPLICATE_KEY) != 0 && v->count > LIMIT_EXTRACT_MEMBERS) {
            reader_unread(r, source->line, "an example with many names, some of which stand twice", TEXT(""));
            return false;
        }
    notes_add(&r->x->notes, EXTRACT_MENDED, source, r->arena,
              "a name stands twice in an object: the last one was taken");
    return true;
}

/* The example as a document. NULL: there is none. *end is behind it. */
static const struct document *
parse_example(struct reader *r, struct text text, struct source *source, size_t *end)
{
    const struct document_options options = { .lines = true,
                                              .max_depth = LIMIT_EXTRACT_NESTING + 1,
                                              .duplicates = true };
    struct document *document = ARENA_NEW(r->arena, struct document);
    struct example e;
    const char *why;
    int result = document != NULL ? example_read(&e, text_slice(text, 0, LIMIT_EXTRACT_EXAMPLE), r->arena, &why) : -1;

    *end = result < 0 ? text.length : e.end;
    if (result < 0)
        r->x->failed = true;
    if (result == 0)
        reader_unread(r, source->line, why, text_slice(text, 0, LIMIT_EXTRACT_SHOWN));
    if (result <= 0)
        return NULL;
    if (document_parse(document, e.json, &options, r->arena, NULL) < 0) {
        reader_unread(r, source->line, "an example that could not be mended", text_slice(text, 0, LIMIT_EXTRACT_SHOWN));
        return NULL;
    }
    take_notes(r, &e, source);
    if (document->duplicate_keys > 0 && !settle_repeats(r, document, source))
        return NULL;
    return document;
}

static size_t
read_example(struct reader *r, const struct block *block, struct text text, struct body **body, enum sure sure)
{
    struct source source = { .file = r->file,
                             .line = block->line + lines_before(block->text, text.data),
                             .sure = sure };
    struct shape_example example = { 0 };
    size_t end;

    example.document = parse_example(r, text, &source, &end);
    if (example.document == NULL)
        return end;
    example.source = source;
    if (body == NULL && r->operation != NULL)
        body = body_of(r, &source);
    if (body != NULL)
        (void)model_sample(r->x, body, r->definition, &example);
    else if (r->operation == NULL)
        add_stray(r, &example);
    return end;
}

void
reader_example(struct reader *r, const struct block *block, struct text text, struct body **body, enum sure sure)
{
    (void)read_example(r, block, text, body, sure);
}

/* ---- messages ---- */

/* a=b&c[d]=e: fields of a form. */
static void
read_form(struct reader *r, const struct message *m, struct text data, struct source source)
{
    struct body **body = &r->operation->request;
    struct shape *shape = model_shape(r->x, body, r->definition, text_slice(data, 0, text_find(data, '=')), &source),
                 *field;
    struct text_split split = text_split_start(data);
    struct text pair;

    if (shape == NULL)
        return;
    shape->types |= SHAPE_OBJECT;
    (*body)->media = m->form ? "multipart/form-data" : "application/x-www-form-urlencoded";
    while (text_split_next(&split, '&', &pair)) {
        size_t equals = text_find(pair, '='), length = 0, digits = 0;
        struct text value = text_from(pair, equals + 1);
        char name[128];

        for (size_t i = 0; i < equals && length + 3 < sizeof name; i++) { /* a[b] is a.b, a[] and a[0] are a[] */
            if (pair.data[i] == '"' || pair.data[i] == '\'')
                continue;
            if (pair.data[i] != '[' && pair.data[i] != ']')
                name[length++] = pair.data[i];
            else if (pair.data[i] == '[' && (is_digit(i + 1 < equals ? pair.data[i + 1] : 'x') ||
                                             (i + 1 < equals && pair.data[i + 1] == ']'))) {
                name[length++] = '[';
                name[length++] = ']';
                i += text_find(text_from(pair, i), ']');
            } else if (pair.data[i] == '[')
                name[length++] = '.';
        }
        while (digits < value.length && is_digit(value.data[digits]))
            digits++;
        if (!wording_identifier(text_make(name, length)) ||
            (field = shape_at(shape, arena_text(r->arena, text_make(name, length)), &source, r->arena)) == NULL)
            continue;
        if (!field->told && (field->types & (SHAPE_OBJECT | SHAPE_ARRAY)) == 0)
            field->types |= value.length > 0 && digits == value.length ? SHAPE_INTEGER : SHAPE_STRING;
    }
}

static void
read_data(struct reader *r, const struct block *block, const struct message *m)
{
    for (uint32_t i = 0; i < m->data_count; i++) {
        struct text data = m->data[i], bare = wording_trim(data);
        struct source source = { .file = r->file,
                                 .line = block->line + lines_before(block->text, data.data),
                                 .sure = SURE_HIGH };

        if (bare.length == 0 || bare.data[0] == '@')
            continue;
        if (bare.data[0] == '{' || bare.data[0] == '[')
            reader_example(r, block, data, &r->operation->request, SURE_HIGH);
        else if (m->query)
            reader_query(r, r->operation, data, &source);
        else if (text_find(bare, '=') < bare.length)
            read_form(r, m, bare, source);
        else
            reader_unread(r, source.line, "a body that is no JSON and no form", bare);
    }
}

static void
read_headers(struct reader *r, const struct block *block, const struct message *m)
{
    struct text name, value;

    for (uint32_t i = 0; i < m->header_count; i++)
        if (message_field(m->headers[i], &name, &value))
            reader_header(r, name, value,
                          (struct source){ .file = r->file,
                                           .line = block->line + lines_before(block->text, m->headers[i].data),
                                           .sure = SURE_HIGH });
    if (m->basic) {
        const struct source source = { .file = r->file, .line = block->line, .sure = SURE_HIGH };

        r->operation->schemes |= model_scheme(r->x, SCHEME_BASIC, TEXT("basic"), &source);
    }
}

static void
read_answer(struct reader *r, const struct block *block, const struct message *m)
{
    const struct source source = { .file = r->file,
                                   .line = block->line + lines_before(block->text, m->reason.data),
                                   .sure = SURE_HIGH };
    struct label label = { .kind = LABEL_RESPONSE, .status = m->status, .reason = m->reason };
    struct text bare = m->data_count > 0 ? wording_trim(m->data[0]) : (struct text){ NULL, 0 };
    struct answer *answer;

    r->label = label;
    r->status = m->status;
    if (r->operation == NULL)
        return;
    answer = model_answer(r->x, &r->operation->answers, m->status, &source);
    if (answer == NULL)
        return;
    if (answer->description.length == 0)
        answer->description = wording_plain(m->reason, 100, r->arena);
    if (bare.length > 0 && (bare.data[0] == '{' || bare.data[0] == '['))
        reader_example(r, block, m->data[0], &answer->body, SURE_HIGH);
}

static void
read_message(struct reader *r, const struct block *block, const struct message *m)
{
    struct source source = { .file = r->file, .line = block->line, .sure = SURE_HIGH };

    if (m->method == METHOD_COUNT) {
        read_answer(r, block, m);
        return;
    }
    source.line += lines_before(block->text, m->target.data);
    r->weak = true;
    reader_endpoint(r, 1u << m->method, m->target, true, source);
    r->weak = false;
    if (r->operation == NULL)
        return;
    read_headers(r, block, m);
    read_data(r, block, m);
    r->label = (struct label){ .kind = LABEL_NONE };
    r->status = 0;
}

/* ---- code ---- */

/* A line of code that is neither: "Status: 200 OK", "# Response", "/orders/{id}", "Authorization: Bearer x". */
static void
read_other_line(struct reader *r, struct text line, uint32_t number)
{
    struct source source = { .file = r->file, .line = number, .sure = SURE_HIGH };
    struct label label;
    struct endpoint e;
    struct text name, value;
    size_t end;

    while (line.length > 0 && strchr("/#*- ", line.data[0]) != NULL && line.length > 1 &&
           strchr("/#*- ", line.data[1]) != NULL)
        line = text_from(line, 1);
    label_read(line, true, &label);
    if (reader_half(r, line, &label, number))
        return;
    if (label.status != 0 || label.kind == LABEL_RESPONSE || label.kind == LABEL_REQUEST) {
        r->label = label;
        r->status = label.status;
        reader_status(r, &label);
    } else if (endpoint_find(line, 0, &e, &end) && e.alone) {
        if (e.methods != 0) {
            reader_endpoint(r, e.methods, e.path, true, source);
        } else if (r->label.kind == LABEL_BASE) {
            model_server(r->x, e.path, &source);
        } else if (e.path.length == wording_bare(line).length) {
            r->path = e.path;
            r->path_line = number;
            reader_pair(r, true);
        }
    } else if (message_field(line, &name, &value) &&
               (wording_are(name, "authorization") || text_find(name, '-') < name.length)) {
        reader_header(r, name, value, source);
    }
}

static size_t
read_piece(struct reader *r, const struct block *block, struct text code)
{
    struct message m;
    size_t end = 0;

    if (message_curl(&m, code) || message_http(&m, code)) {
        read_message(r, block, &m);
        return m.end;
    }
    if (code.data[0] == '{' || code.data[0] == '[') {
        if (r->operation == NULL && r->waiting == NULL &&
            (r->label.kind == LABEL_REQUEST || r->label.kind == LABEL_RESPONSE) &&
            code.data + code.length == block->text.data + block->text.length &&
            wording_trim(block->text).data == code.data) {
            r->waiting = block;
            r->waiting_label = r->label;
            return code.length;
        }
        if (r->operation == NULL)
            reader_flush_waiting(r);
        end = read_example(r, block, code, NULL, SURE_HIGH);
    }
    if (end == 0) {
        end = text_find(code, '\n') + 1;
        read_other_line(r, wording_trim(text_slice(code, 0, end)), block->line + lines_before(block->text, code.data));
    }
    return end;
}

/* Diagrams and programs are not read; what is shown as JavaScript is often JSON. */
static bool
is_other_language(struct text info, struct text code)
{
    if (wording_are(info,
                    "mermaid|plantuml|dot|graphviz|sql|python|py|ruby|php|java|go|node|csharp|html|css|xml|lua|kotlin|"
                    "swift|rust|proto|graphql|diff|ini|toml|c|cpp"))
        return true;
    return wording_are(info, "javascript|js|typescript|ts|yaml|yml") &&
           (code.length == 0 || (code.data[0] != '{' && code.data[0] != '['));
}

void
reader_code(struct reader *r, const struct block *block)
{
    struct text code = block->text;
    unsigned pieces = 0;

    if (is_other_language(block->info, wording_trim(code)))
        return;
    while (pieces++ < 400) {
        size_t blank = 0;

        while (blank < code.length && (unsigned char)code.data[blank] <= ' ')
            blank++;
        code = text_from(code, blank);
        if (code.length == 0)
            return;
        code = text_from(code, read_piece(r, block, code));
    }
    reader_unread(r, block->line, "code that is too long: its end was not read", TEXT(""));
}
