/* compare_expression.c -- the address of a callback, which is found in the request that asks for it: when are two of
 * them the same, and could clients have given it before? (OAS 3.1 4.8.20.4, runtime expressions) */
#include "drift/compare_internal.h"

/* The next "{$request.body#/url" of a text, without the brace that ends it; false: there is none. *before: what stands
 * in front of it, or all the rest. */
static bool
next_source(struct text *rest, struct text *before, struct text *source)
{
    size_t open = text_search(*rest, TEXT("{$")), close;

    *before = text_slice(*rest, 0, open);
    if (open >= rest->length)
        return false;
    *rest = text_from(*rest, open);
    close = text_find(*rest, '}');
    *source = text_slice(*rest, 0, close);
    *rest = text_from(*rest, close);
    return true;
}

/* A whole expression needs no braces. */
static struct text
in_braces(struct compare *c, struct text written)
{
    return text_starts(written, TEXT("$")) ? compare_print(c, "{%.*s}", TEXT_PRINT(written)) : written;
}

static struct text
lower(struct compare *c, struct text t)
{
    char *out = COMPARE_TAKE(c, char, t.length + 1);

    for (size_t i = 0; out != NULL && i < t.length; i++)
        out[i] = t.data[i] >= 'A' && t.data[i] <= 'Z' ? (char)(t.data[i] + 32) : t.data[i];
    return out != NULL ? text_make(out, t.length) : t;
}

/* Headers have no case; what a variable of the path is called does not matter. */
static struct text
source_form(struct compare *c, struct text source, struct text path)
{
    static const struct text variable = TEXT("{$request.path.");
    uint32_t number;

    if (text_starts(source, TEXT("{$request.header.")) || text_starts(source, TEXT("{$response.header.")))
        return lower(c, source);
    if (!text_starts(source, variable))
        return source;
    number = path_variable(path, text_from(source, variable.length));
    return number > 0 ? compare_print(c, "%.*s{%u", TEXT_PRINT(variable), number) : source;
}

struct text
expression_form(struct compare *c, struct text written, struct text path)
{
    struct text rest = in_braces(c, written), form = TEXT(""), before, source;

    while (next_source(&rest, &before, &source)) {
        struct text plain = source_form(c, source, path);

        form = compare_print(c, "%.*s%.*s%.*s", TEXT_PRINT(form), TEXT_PRINT(before), TEXT_PRINT(plain));
    }
    return compare_print(c, "%.*s%.*s", TEXT_PRINT(form), TEXT_PRINT(before));
}

/* ---- could it be given before? ---- */

static const struct operation *
operation_at(const struct contract *contract, const struct value *place)
{
    for (uint32_t i = 0; i < contract_operation_count(contract); i++)
        if (operation_source(contract_operation(contract, i)) == place)
            return contract_operation(contract, i);
    return NULL;
}

/* Does the request have this part? `source`: "{$request.query.url" */
static bool
request_has(struct compare *c, const struct operation *operation, struct text source)
{
    static const struct text body = TEXT("{$request.body");
    static const char *const places[] = { "path", "query", "header" };
    struct text near;

    if (text_starts(source, body))
        return operation_has_field(operation, SIDE_REQUEST, text_from(source, body.length + 1), c->arena, &near);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct text start = compare_print(c, "{$request.%s.", places[i]);

        if (text_starts(source, start))
            return operation_has_parameter(operation, text_of(places[i]), text_from(source, start.length), c->arena,
                                           &near);
    }
    return true; /* $url, $method */
}

bool
expression_known(struct compare *c, struct text written, struct compare_place old)
{
    const struct operation *operation = operation_at(c->sides[OLD].contract, old.value);
    struct text rest = in_braces(c, written), before, source;
    bool asked = false;

    while (operation != NULL && next_source(&rest, &before, &source)) {
        if (!text_starts(source, TEXT("{$request.")))
            continue; /* what the service answers is not given by clients */
        if (!request_has(c, operation, source))
            return false;
        asked = true;
    }
    return asked;
}
