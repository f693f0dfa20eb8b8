/* criterion_operand.c -- the operands of a condition: literals, and runtime expressions with what is behind them.
 *
 * The one difficulty is where a runtime expression ends: its grammar lets names and pointers hold nearly anything. Here
 * it ends at white space, at a parenthesis, a bracket, or an operator; what cannot be written then goes by an output of
 * another name. */
#include "base/limits.h"
#include "flow/criterion_parse.h"

#define READINGS 4 /* of one operand; each is a dot less */

/* ---- errors ---- */

const struct condition *
parser_wrong(struct parser *p, size_t at, const char *format, ...)
{
    size_t column = text_code_points(text_slice(p->text, 0, at)) + 1;
    struct text what;
    va_list arguments;

    va_start(arguments, format);
    what = arena_vprint(p->arena, format, arguments);
    va_end(arguments);
    if (what.data == NULL)
        (void)error_memory(p->err);
    else
        (void)error_set(p->err, ERROR_CONFIG, NULL, "column %zu: %.*s", column, TEXT_PRINT(what));
    return NULL;
}

/* ---- bytes ---- */

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void
parser_skip_space(struct parser *p)
{
    while (p->at < p->text.length && is_space(p->text.data[p->at]))
        p->at++;
}

bool
parser_is_ahead(const struct parser *p, size_t at, const char *word)
{
    return text_starts(text_from(p->text, at), text_of(word));
}

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           (unsigned char)c >= 0x80;
}

struct text
parser_word_at(const struct parser *p, size_t at)
{
    size_t end = at;

    while (end < p->text.length && is_word(p->text.data[end]))
        end++;
    return text_slice(p->text, at, end - at);
}

/* ---- nodes ---- */

struct condition *
parser_node(struct parser *p, enum condition_kind kind, size_t from)
{
    struct condition *c;

    if (++p->terms > LIMIT_CONDITION_TERMS) {
        (void)parser_wrong(p, from, "more than %d operands and operators; split it into several criteria",
                           LIMIT_CONDITION_TERMS);
        return NULL;
    }
    c = ARENA_NEW(p->arena, struct condition);
    if (c == NULL) {
        (void)error_memory(p->err);
        return NULL;
    }
    c->kind = kind;
    c->text = text_slice(p->text, from, p->at - from);
    return c;
}

/* ---- literals ---- */

static const struct condition *
literal(struct parser *p, enum value_type type, struct text text, size_t from)
{
    struct condition *c = parser_node(p, CONDITION_LITERAL, from);

    if (c != NULL)
        c->literal =
            (struct value){ .type = (uint8_t)type, .span = 1, .count = (uint32_t)text.length, .data = text.data };
    return c;
}

/* 'it''s': a quote in it is written twice. */
static const struct condition *
parse_text(struct parser *p)
{
    size_t from = p->at++, length = 0;
    char quote = p->text.data[from];
    char *out = arena_alloc(p->arena, p->text.length + 1);

    if (out == NULL) {
        (void)error_memory(p->err);
        return NULL;
    }
    for (; p->at < p->text.length; p->at++) {
        if (p->text.data[p->at] == quote) {
            if (p->at + 1 == p->text.length || p->text.data[p->at + 1] != quote)
                break;
            p->at++;
        }
        out[length++] = p->text.data[p->at];
    }
    if (p->at == p->text.length)
        return parser_wrong(p, from, "the closing quote of this text is missing");
    p->at++;
    return literal(p, VALUE_STRING, text_make(out, length), from);
}

static const struct condition *
parse_number(struct parser *p)
{
    size_t from = p->at, end = from;
    struct text number;

    while (end < p->text.length && (is_word(p->text.data[end]) || p->text.data[end] == '.' ||
                                    (p->text.data[end] == '+' && (p->text.data[end - 1] | 0x20) == 'e')))
        end++;
    number = text_slice(p->text, from, end - from);
    if (!document_is_json(number))
        return parser_wrong(p, from, "'%.*s' is no number; text stands in quotes: '…'", TEXT_PRINT(number));
    p->at = end;
    return literal(p, VALUE_NUMBER, number, from);
}

static const struct condition *
parse_word(struct parser *p)
{
    static const struct {
        const char *name;
        enum value_type type;
    } words[] = { { "true", VALUE_TRUE }, { "false", VALUE_FALSE }, { "null", VALUE_NULL } };
    struct text word = parser_word_at(p, p->at);
    size_t from = p->at;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_equal(word, text_of(words[i].name))) {
            p->at += word.length;
            return literal(p, words[i].type, TEXT(""), from);
        }
    if (p->text.data[from] == '=')
        return parser_wrong(p, from, "equality is written '=='");
    if (word.length == 0)
        return parser_wrong(p, from, "a value is missing before '%c'", p->text.data[from]);
    return parser_wrong(p, from, "'%.*s' is no value; text stands in quotes ('%.*s'), expressions begin with '$'",
                        TEXT_PRINT(word), TEXT_PRINT(word));
}

/* ---- expressions ---- */

static size_t
expression_end(const struct parser *p)
{
    size_t end = p->at;

    while (end < p->text.length) {
        char c = p->text.data[end];

        if (is_space(c) || c == '(' || c == ')' || c == '<' || c == '>' || c == '=' || c == '[' ||
            parser_is_ahead(p, end, "!=") || parser_is_ahead(p, end, "&&") || parser_is_ahead(p, end, "||"))
            break;
        end++;
    }
    return end;
}

/* Append ".a.b" to *last. */
static const struct access **
add_members(struct parser *p, const struct access **last, struct text members)
{
    struct text_split split = text_split_start(members);
    struct text name;

    while (last != NULL && text_split_next(&split, '.', &name)) {
        struct access *a = ARENA_NEW(p->arena, struct access);

        if (a == NULL)
            return NULL;
        a->name = name;
        *last = a;
        last = &a->next;
    }
    return last;
}

/* "[0]", "['name']" */
static bool
parse_index(struct parser *p, struct access *a)
{
    size_t from = p->at, close = from + text_find(text_from(p->text, from), ']');
    struct text inside = text_trim(text_slice(p->text, from + 1, close - from - 1));
    uint64_t index;

    if (close >= p->text.length) {
        (void)parser_wrong(p, from, "the closing ']' is missing");
        return false;
    }
    p->at = close + 1;
    if (text_to_u64(inside, &index) && index < UINT32_MAX) {
        a->is_index = true;
        a->index = (uint32_t)index;
        return true;
    }
    if (inside.length >= 2 && (inside.data[0] == '\'' || inside.data[0] == '"') &&
        inside.data[inside.length - 1] == inside.data[0]) {
        a->name = text_slice(inside, 1, inside.length - 2);
        return true;
    }
    (void)parser_wrong(p, from, "'[%.*s]' is no index: [0], or ['name']", TEXT_PRINT(inside));
    return false;
}

static bool
parse_member(struct parser *p, struct access *a)
{
    a->name = parser_word_at(p, p->at + 1);
    if (a->name.length == 0) {
        (void)parser_wrong(p, p->at, "a name is missing behind '.'");
        return false;
    }
    p->at += 1 + a->name.length;
    return true;
}

/* What stands behind the first bracket. */
static bool
parse_access(struct parser *p, const struct access **first)
{
    const struct access **last = first;

    while (p->at < p->text.length && (p->text.data[p->at] == '[' || p->text.data[p->at] == '.')) {
        struct access *a = ARENA_NEW(p->arena, struct access);

        if (a == NULL) {
            (void)error_memory(p->err);
            return false;
        }
        if (!(p->text.data[p->at] == '[' ? parse_index(p, a) : parse_member(p, a)))
            return false;
        *last = a;
        last = &a->next;
    }
    return true;
}

/* The head as an expression with the last of its dots taken for members; NULL: it is none. */
static struct reading *
read_head(struct parser *p, struct text head, size_t length, const struct access *behind, struct error *err)
{
    struct reading *r = ARENA_NEW(p->arena, struct reading);
    const struct access **last;

    if (r == NULL)
        return NULL;
    r->expression = expression_parse(text_slice(head, 0, length), p->arena, err);
    if (r->expression == NULL)
        return NULL;
    last = length < head.length ? add_members(p, &r->access, text_from(head, length + 1)) : &r->access;
    if (last == NULL)
        return NULL;
    *last = behind;
    return r;
}

static const struct condition *
parse_expression(struct parser *p)
{
    size_t from = p->at, length;
    struct error why = { .kind = ERROR_NONE };
    const struct access *behind = NULL;
    struct reading *first = NULL, **last = &first;
    struct condition *c;
    struct text head;

    head = text_slice(p->text, from, expression_end(p) - from);
    p->at += head.length;
    if (!parse_access(p, &behind))
        return NULL;
    length = head.length;
    for (unsigned i = 0; i < READINGS && length > 1; i++) {
        struct reading *r = read_head(p, head, length, behind, first == NULL ? &why : NULL);

        if (r != NULL) {
            *last = r;
            last = &r->next;
        }
        do
            length--;
        while (length > 1 && head.data[length] != '.');
    }
    if (first == NULL)
        return why.kind != ERROR_NONE ? parser_wrong(p, from, "%s", why.what)
                                      : parser_wrong(p, from, "'%.*s' is no runtime expression", TEXT_PRINT(head));
    c = parser_node(p, CONDITION_EXPRESSION, from);
    if (c != NULL)
        c->readings = first;
    return c;
}

const struct condition *
parser_operand(struct parser *p)
{
    char next = p->text.data[p->at];

    if (next == '$')
        return parse_expression(p);
    if (next == '\'' || next == '"')
        return parse_text(p);
    return next == '-' || (next >= '0' && next <= '9') ? parse_number(p) : parse_word(p);
}
