/* grammar.c -- is it JSON? The same grammar as parse.c, without a tape and without memory. */
#include "json/document.h"

#include "base/limits.h"
#include "json/scan.h"

/* One bit per open container: is it an object? */
struct nesting {
    uint64_t bits[LIMIT_JSON_DEPTH / 64];
    uint32_t depth;
};

static bool
in_object(const struct nesting *n)
{
    return n->bits[(n->depth - 1) / 64] >> ((n->depth - 1) % 64) & 1;
}

static bool
enter(struct nesting *n, bool object)
{
    uint64_t bit = UINT64_C(1) << (n->depth % 64);

    if (n->depth == LIMIT_JSON_DEPTH)
        return false;
    n->bits[n->depth / 64] = (n->bits[n->depth / 64] & ~bit) | (object ? bit : 0);
    n->depth++;
    return true;
}

/* White space, a string, a colon. */
static const char *
check_key(const char *at, const char *end, struct scan_fault *fault)
{
    bool escaped;

    at = scan_space(at, end);
    if (at == end || *at != '"' || (at = scan_string(at + 1, end, &escaped, fault)) == NULL)
        return NULL;
    at = scan_space(at + 1, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

/* Behind a value, as parse_between. */
static const char *
check_between(struct nesting *n, const char *at, const char *end, struct scan_fault *fault)
{
    while (n->depth > 0) {
        bool object = in_object(n);

        at = scan_space(at, end);
        if (at == end)
            return NULL;
        if (*at == ',')
            return object ? check_key(at + 1, end, fault) : at + 1;
        if (*at != (object ? '}' : ']'))
            return NULL;
        n->depth--;
        at++;
    }
    return at;
}

/* A value that is no container. */
static const char *
check_scalar(const char *at, const char *end, struct scan_fault *fault)
{
    bool ignored;

    if (*at == '"') {
        at = scan_string(at + 1, end, &ignored, fault);
        return at != NULL ? at + 1 : NULL;
    }
    if (*at == '-' || (unsigned char)(*at - '0') <= 9)
        return scan_number(at, end, &ignored, fault);
    return scan_literal(at, end, fault);
}

bool
document_is_json(struct text source)
{
    const char *at = source.data, *end = source.data + source.length;
    struct scan_fault fault;
    struct nesting nesting = { .depth = 0 };

    do {
        if (source.length == 0 || (at = scan_space(at, end)) == end)
            return false;
        if (*at == '{' || *at == '[') {
            bool object = *at == '{';

            at = scan_space(at + 1, end);
            if (at == end || !enter(&nesting, object))
                return false;
            if (*at != (object ? '}' : ']')) {
                if (object && (at = check_key(at, end, &fault)) == NULL)
                    return false;
                continue;
            }
        } else if ((at = check_scalar(at, end, &fault)) == NULL) {
            return false;
        }
        if ((at = check_between(&nesting, at, end, &fault)) == NULL)
            return false;
    } while (nesting.depth > 0);
    return scan_space(at, end) == end;
}
