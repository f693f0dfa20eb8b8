/* path_filter.c -- reading a filter (RFC 9535 2.3.5): or, and, not, comparisons, existence, functions; and whether its
 * types fit (2.4.3). */
#include "json/path_internal.h"

static struct path_expression *read_or(struct path_reader *r);

static struct path_expression *
expression_new(struct path_reader *r, enum path_expression_kind kind, size_t place)
{
    struct path_expression *e = ARENA_NEW(r->arena, struct path_expression);

    if (e == NULL) {
        path_no_memory(r);
        return NULL;
    }
    e->kind = kind;
    e->place = place;
    return e;
}

static struct path_expression *
fail(const struct path_reader *r, size_t place, const char *what)
{
    path_fail(r, place, "%s", what);
    return NULL;
}

/* ---- literals ---- */

static struct path_expression *
literal_new(struct path_reader *r, size_t place, enum value_type type, struct text text)
{
    struct path_expression *e = expression_new(r, EXPRESSION_LITERAL, place);
    struct value *v = ARENA_NEW(r->arena, struct value);

    if (e == NULL || v == NULL) {
        path_no_memory(r);
        return NULL;
    }
    *v = (struct value){ .type = (uint8_t)type, .span = 1, .count = (uint32_t)text.length, .data = text.data };
    e->literal = v;
    return e;
}

static struct path_expression *
read_string_literal(struct path_reader *r)
{
    size_t place = r->at;
    struct text text;

    return path_read_string(r, &text) == 0 ? literal_new(r, place, VALUE_STRING, text) : NULL;
}

static struct path_expression *
read_number_literal(struct path_reader *r)
{
    size_t place = r->at;
    struct text text;

    return path_read_number(r, &text) == 0 ? literal_new(r, place, VALUE_NUMBER, text) : NULL;
}

/* ---- functions ---- */

static struct path_expression *read_primary(struct path_reader *r);

static enum path_type
type_of(const struct path_expression *e)
{
    if (e->kind == EXPRESSION_CALL)
        return e->function->result;
    return e->kind == EXPRESSION_QUERY && !e->query->singular ? PATH_NODES : PATH_VALUE;
}

/* May this be the argument of such a parameter? No function of the standard takes a condition. */
static bool
fits(const struct path_expression *argument, enum path_type parameter)
{
    if (parameter == PATH_NODES)
        return argument->kind == EXPRESSION_QUERY;
    return type_of(argument) == parameter;
}

static int
read_argument(struct path_reader *r, struct path_expression *call, uint32_t index, struct path_expression **place)
{
    const struct path_function *f = call->function;
    struct path_expression *argument;

    if (index == f->parameters)
        return path_fail(r, r->at, "%s() takes %u argument%s", f->name, f->parameters, f->parameters == 1 ? "" : "s");
    if ((argument = read_primary(r)) == NULL)
        return -1;
    if (!fits(argument, f->parameter[index]))
        return path_fail(r, argument->place,
                         f->parameter[index] == PATH_NODES
                             ? "%s() takes a query here"
                             : "%s() takes one value here: a literal, a query without wildcards, or value(...)",
                         f->name);
    *place = argument;
    return 0;
}

/* Behind the '('. */
static int
read_arguments(struct path_reader *r, struct path_expression *call)
{
    struct path_expression **last = &call->first;
    uint32_t count = 0;

    path_skip_blank(r);
    if (path_peek(r) != ')') {
        do {
            path_skip_blank(r);
            if (read_argument(r, call, count++, last) < 0)
                return -1;
            last = &(*last)->next;
            path_skip_blank(r);
        } while (path_take(r, ","));
    }
    if (count < call->function->parameters)
        return path_fail(r, r->at, "%s() takes %u argument%s", call->function->name, call->function->parameters,
                         call->function->parameters == 1 ? "" : "s");
    return path_take(r, ")") ? 0 : path_fail(r, r->at, "a ')' is missing behind what %s() takes", call->function->name);
}

static struct path_expression *
read_call(struct path_reader *r, struct text name, size_t place)
{
    struct path_expression *call = expression_new(r, EXPRESSION_CALL, place);
    int result;

    if (call == NULL)
        return NULL;
    if ((call->function = path_function_find(name)) == NULL) {
        path_fail(r, place, "there is no function %.*s(); there are length, count, match, search and value",
                  name.length > 40 ? 40 : (int)name.length, name.data);
        return NULL;
    }
    if (path_enter(r) < 0)
        return NULL;
    result = read_arguments(r, call);
    r->depth--;
    return result < 0 ? NULL : call;
}

/* true, false, null, or the name of a function, which has its '(' at once. */
static struct path_expression *
read_word(struct path_reader *r)
{
    static const struct {
        struct text word;
        enum value_type type;
    } literals[] = {
        { TEXT("true"), VALUE_TRUE },
        { TEXT("false"), VALUE_FALSE },
        { TEXT("null"), VALUE_NULL },
    };
    size_t place = r->at;
    struct text word;
    char c;

    while ((c = path_peek(r)) == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        r->at++;
    word = text_slice(r->source, place, r->at - place);
    if (path_take(r, "("))
        return read_call(r, word, place);
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        if (text_equal(word, literals[i].word))
            return literal_new(r, place, literals[i].type, text_make(NULL, 0));
    }
    return fail(r, place,
                "this is no word of JSONPath: there are true, false, null and the functions; texts are quoted");
}

/* ---- what is compared ---- */

static struct path_expression *
read_subquery(struct path_reader *r)
{
    struct path_expression *e = expression_new(r, EXPRESSION_QUERY, r->at);

    if (e == NULL || (e->query = path_read_query(r)) == NULL)
        return NULL;
    return e;
}

/* A literal, a query or a call. */
static struct path_expression *
read_primary(struct path_reader *r)
{
    char next = path_peek(r);

    if (next == '@' || next == '$')
        return read_subquery(r);
    if (next == '\'' || next == '"')
        return read_string_literal(r);
    if (next == '-' || (next >= '0' && next <= '9'))
        return read_number_literal(r);
    if (next >= 'a' && next <= 'z')
        return read_word(r);
    return fail(r, r->at, "'@', '$', a literal or a function is missing");
}

static bool
take_comparison(struct path_reader *r, enum path_comparison *comparison)
{
    static const char *const operators[] = {
        [PATH_EQUAL] = "==", [PATH_NOT_EQUAL] = "!=", [PATH_LESS_OR_EQUAL] = "<=", [PATH_GREATER_OR_EQUAL] = ">=",
        [PATH_LESS] = "<",   [PATH_GREATER] = ">",
    };

    for (unsigned i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (path_take(r, operators[i])) {
            *comparison = (enum path_comparison)i;
            return true;
        }
    }
    return false;
}

static int
check_comparable(const struct path_reader *r, const struct path_expression *e)
{
    if (type_of(e) == PATH_VALUE)
        return 0;
    if (e->kind == EXPRESSION_CALL)
        return path_fail(r, e->place, "%s() is true or false; it cannot be compared", e->function->name);
    return path_fail(r, e->place, "this query may give several values; only single ones can be compared");
}

/* Behind the first operand and the operator. */
static struct path_expression *
read_comparison(struct path_reader *r, struct path_expression *left, enum path_comparison comparison)
{
    struct path_expression *e = expression_new(r, EXPRESSION_COMPARE, left->place), *right;

    if (e == NULL || check_comparable(r, left) < 0)
        return NULL;
    path_skip_blank(r);
    if ((right = read_primary(r)) == NULL || check_comparable(r, right) < 0)
        return NULL;
    e->comparison = comparison;
    e->first = left;
    left->next = right;
    return e;
}

/* Does it say true or false when it stands alone? */
static int
check_test(const struct path_reader *r, const struct path_expression *e)
{
    if (e->kind == EXPRESSION_QUERY || type_of(e) == PATH_LOGICAL)
        return 0;
    if (e->kind == EXPRESSION_CALL)
        return path_fail(r, e->place, "%s() gives a value, which must be compared with something", e->function->name);
    return path_fail(r, e->place, "a filter wants a comparison or a query");
}

/* ---- and, or, not ---- */

/* Behind the '('. */
static struct path_expression *
read_parentheses(struct path_reader *r)
{
    struct path_expression *inside;

    if (path_enter(r) < 0)
        return NULL;
    path_skip_blank(r);
    inside = read_or(r);
    r->depth--;
    if (inside == NULL)
        return NULL;
    path_skip_blank(r);
    return path_take(r, ")") ? inside : fail(r, r->at, "a ')' is missing");
}

/* Behind the '!': parentheses or what stands alone; a comparison would have to be in parentheses. */
static struct path_expression *
read_negation(struct path_reader *r, size_t place)
{
    struct path_expression *not = expression_new(r, EXPRESSION_NOT, place), *inside;

    if (not == NULL)
        return NULL;
    path_skip_blank(r);
    inside = path_take(r, "(") ? read_parentheses(r) : read_primary(r);
    if (inside == NULL)
        return NULL;
    if (inside->kind >= EXPRESSION_LITERAL && check_test(r, inside) < 0)
        return NULL;
    not ->first = inside;
    return not ;
}

static struct path_expression *
read_basic(struct path_reader *r)
{
    size_t place = r->at, before;
    struct path_expression *e;
    enum path_comparison comparison;

    if (path_take(r, "!"))
        return read_negation(r, place);
    if (path_take(r, "("))
        return read_parentheses(r);
    if ((e = read_primary(r)) == NULL)
        return NULL;
    before = r->at;
    path_skip_blank(r);
    if (take_comparison(r, &comparison))
        return read_comparison(r, e, comparison);
    if (path_peek(r) == '=')
        return fail(r, r->at, "'=' is no comparison: equality is written '==', a pattern match(@.name, 'pattern')");
    r->at = before;
    return check_test(r, e) == 0 ? e : NULL;
}

/* One or more of `read` with the operator between them; a single one stays what it is. */
static struct path_expression *
read_chain(struct path_reader *r, struct path_expression *(*read)(struct path_reader *), const char *operator,
           enum path_expression_kind kind)
{
    size_t place = r->at, before;
    struct path_expression *first = read(r), *last = first, *all;

    if (first == NULL)
        return NULL;
    for (;;) {
        before = r->at;
        path_skip_blank(r);
        if (!path_take(r, operator))
            break;
        path_skip_blank(r);
        if ((last->next = read(r)) == NULL)
            return NULL;
        last = last->next;
    }
    r->at = before;
    if (last == first)
        return first;
    if ((all = expression_new(r, kind, place)) == NULL)
        return NULL;
    all->first = first;
    return all;
}

static struct path_expression *
read_and(struct path_reader *r)
{
    return read_chain(r, read_basic, "&&", EXPRESSION_AND);
}

static struct path_expression *
read_or(struct path_reader *r)
{
    return read_chain(r, read_and, "||", EXPRESSION_OR);
}

const struct path_expression *
path_read_filter(struct path_reader *r)
{
    path_skip_blank(r);
    return read_or(r);
}
