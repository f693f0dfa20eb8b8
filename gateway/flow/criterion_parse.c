/* criterion_parse.c -- a simple condition becomes a tree, by recursive descent: its operators. */
#include "flow/criterion_parse.h"

#include "base/limits.h"

static const struct condition *parse_or(struct parser *p);

static const struct condition *
pair(struct parser *p, enum condition_kind kind, const struct condition *left, const struct condition *right,
     size_t from)
{
    struct condition *c = right != NULL ? parser_node(p, kind, from) : NULL;

    if (c == NULL)
        return NULL;
    c->left = left;
    c->right = right;
    return c;
}

/* ---- operators ---- */

static const struct condition *
parse_group(struct parser *p)
{
    size_t from = p->at++;
    const struct condition *c = parse_or(p);

    if (c == NULL)
        return NULL;
    parser_skip_space(p);
    if (p->at == p->text.length || p->text.data[p->at] != ')')
        return parser_wrong(p, p->at, "the ')' for the '(' of column %zu is missing",
                            text_code_points(text_slice(p->text, 0, from)) + 1);
    p->at++;
    return c;
}

static const struct condition *parse_operand(struct parser *p);

static const struct condition *
parse_not(struct parser *p)
{
    size_t from = p->at++;
    const struct condition *c = parse_operand(p);
    struct condition *not = c != NULL ? parser_node(p, CONDITION_NOT, from) : NULL;

    if (not != NULL)
        not ->left = c;
    return not ;
}

static const struct condition *
parse_operand(struct parser *p)
{
    const struct condition *c;
    char next;

    parser_skip_space(p);
    if (p->at == p->text.length)
        return parser_wrong(p, p->at, "a value is missing at the end");
    if (++p->depth > LIMIT_CONDITION_NESTING)
        return parser_wrong(p, p->at, "nested more than %d deep", LIMIT_CONDITION_NESTING);
    next = p->text.data[p->at];
    c = next == '(' ? parse_group(p) : next == '!' ? parse_not(p) : parser_operand(p);
    p->depth--;
    return c;
}

struct operator
{
    const char *sign;
    enum condition_kind kind;
};

/* Longer signs first. */
static const struct operator relations[] = {
    { "<=", CONDITION_LESS_EQUAL },
    { ">=", CONDITION_MORE_EQUAL },
    { "<", CONDITION_LESS },
    { ">", CONDITION_MORE },
    { NULL, 0 },
};
static const struct operator equalities[] = { { "==", CONDITION_EQUAL }, { "!=", CONDITION_UNEQUAL }, { NULL, 0 } };
static const struct operator ands[] = { { "&&", CONDITION_AND }, { NULL, 0 } };
static const struct operator ors[] = { { "||", CONDITION_OR }, { NULL, 0 } };

/* operand { sign operand }, from the left. */
static const struct condition *
parse_chain(struct parser *p, const struct operator* operators, const struct condition *(*operand)(struct parser *))
{
    size_t from;
    const struct condition *left;

    parser_skip_space(p);
    from = p->at;
    left = operand(p);
    while (left != NULL) {
        const struct operator* o = operators;

        parser_skip_space(p);
        while (o->sign != NULL && !parser_is_ahead(p, p->at, o->sign))
            o++;
        if (o->sign == NULL)
            return left;
        p->at += strlen(o->sign);
        left = pair(p, o->kind, left, operand(p), from);
    }
    return NULL;
}

static const struct condition *
parse_relation(struct parser *p)
{
    return parse_chain(p, relations, parse_operand);
}

static const struct condition *
parse_equality(struct parser *p)
{
    return parse_chain(p, equalities, parse_relation);
}

static const struct condition *
parse_and(struct parser *p)
{
    return parse_chain(p, ands, parse_equality);
}

static const struct condition *
parse_or(struct parser *p)
{
    return parse_chain(p, ors, parse_and);
}

/* What stands where an operator should be, and what was likely meant. */
static const struct condition *
wrong_rest(struct parser *p)
{
    struct text word = parser_word_at(p, p->at);

    if (parser_is_ahead(p, p->at, "="))
        return parser_wrong(p, p->at, "equality is written '=='");
    if (parser_is_ahead(p, p->at, "&") || text_equal_nocase(word, TEXT("and")))
        return parser_wrong(p, p->at, "'and' is written '&&'");
    if (parser_is_ahead(p, p->at, "|") || text_equal_nocase(word, TEXT("or")))
        return parser_wrong(p, p->at, "'or' is written '||'");
    if (parser_is_ahead(p, p->at, ")"))
        return parser_wrong(p, p->at, "there is no '(' for this ')'");
    return parser_wrong(p, p->at, "an operator is missing before '%.*s'", word.length > 0 ? (int)word.length : 1,
                        p->text.data + p->at);
}

const struct condition *
condition_parse(struct text text, struct arena *arena, struct error *err)
{
    struct parser p = { .text = text, .arena = arena, .err = err };
    const struct condition *c;

    if (!text_is_utf8(text)) {
        (void)error_set(err, ERROR_CONFIG, NULL, "the condition is no UTF-8");
        return NULL;
    }
    parser_skip_space(&p);
    if (p.at == text.length)
        return parser_wrong(&p, 0, "the condition is empty");
    c = parse_or(&p);
    if (c == NULL)
        return NULL;
    parser_skip_space(&p);
    return p.at == text.length ? c : wrong_rest(&p);
}

const struct expression *
condition_expression(const struct condition *c, uint32_t *index)
{
    const struct expression *e;

    if (c == NULL)
        return NULL;
    if (c->kind == CONDITION_EXPRESSION)
        return (*index)-- == 0 ? c->readings->expression : NULL;
    e = condition_expression(c->left, index);
    return e != NULL ? e : condition_expression(c->right, index);
}
