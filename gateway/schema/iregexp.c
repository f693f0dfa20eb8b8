/* iregexp.c -- compiled patterns that are kept for the next value, because a filter asks the same of thousands. */
#include "schema/iregexp.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "schema/pattern.h"

/* Compiling one, in the units of a budget (a value looked at): some 50 us. */
#define COMPILE_UNITS 500
#define BYTE_UNITS    4

struct kept {
    char *source; /* NULL: free */
    size_t length;
    uint64_t hash;
    uint64_t used; /* when, in matches */
    bool whole;
    struct pattern *pattern; /* NULL: it is no I-Regexp */
};

struct iregexp {
    struct path_regex regex;
    struct pattern_scratch *scratch;
    uint64_t matches;
    struct kept kept[LIMIT_IREGEXP_KEPT];
};

static int
on_match(void *arg, struct text pattern, struct text text, bool whole, uint32_t *budget)
{
    return iregexp_match(arg, pattern, text, whole, budget);
}

struct iregexp *
iregexp_new(void)
{
    struct iregexp *r = calloc(1, sizeof(*r));

    if (r == NULL || (r->scratch = pattern_scratch_new()) == NULL) {
        free(r);
        return NULL;
    }
    r->regex = (struct path_regex){ .match = on_match, .arg = r };
    return r;
}

static void
forget(struct kept *k)
{
    free(k->source);
    pattern_free(k->pattern);
    *k = (struct kept){ 0 };
}

void
iregexp_free(struct iregexp *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < LIMIT_IREGEXP_KEPT; i++)
        forget(&r->kept[i]);
    pattern_scratch_free(r->scratch);
    free(r);
}

const struct path_regex *
iregexp_regex(const struct iregexp *r)
{
    return &r->regex;
}

static struct pattern *
compile(struct text source, bool whole)
{
    struct pattern *pattern = NULL;
    struct buffer translation;

    buffer_init(&translation, LIMIT_PATTERN_BYTES);
    if (iregexp_translate(source, whole, &translation) && !buffer_failed(&translation))
        pattern = pattern_new(buffer_text(&translation), NULL);
    buffer_release(&translation);
    return pattern;
}

/* The place for a new one: a free one, or that of the one that was not used for longest. */
static struct kept *
oldest(struct iregexp *r)
{
    struct kept *found = &r->kept[0];

    for (size_t i = 1; i < LIMIT_IREGEXP_KEPT; i++) {
        if (r->kept[i].used < found->used)
            found = &r->kept[i];
    }
    return found;
}

/* NULL: no memory, or the budget is used up. */
static struct kept *
keep(struct iregexp *r, struct text source, bool whole, uint64_t hash, uint32_t *budget)
{
    uint64_t units = COMPILE_UNITS + (uint64_t)source.length * BYTE_UNITS;
    struct kept *k = oldest(r);

    if (budget != NULL && *budget < units) {
        *budget = 0;
        return NULL;
    }
    if (budget != NULL)
        *budget -= (uint32_t)units;
    forget(k);
    if ((k->source = malloc(source.length + 1)) == NULL)
        return NULL;
    if (source.length > 0)
        memcpy(k->source, source.data, source.length);
    k->length = source.length;
    k->hash = hash;
    k->whole = whole;
    k->pattern = compile(source, whole);
    return k;
}

static struct kept *
find(struct iregexp *r, struct text source, bool whole, uint64_t hash)
{
    for (size_t i = 0; i < LIMIT_IREGEXP_KEPT; i++) {
        struct kept *k = &r->kept[i];

        if (k->hash == hash && k->source != NULL && k->whole == whole &&
            text_equal(text_make(k->source, k->length), source))
            return k;
    }
    return NULL;
}

int
iregexp_match(struct iregexp *r, struct text pattern, struct text text, bool whole, uint32_t *budget)
{
    uint64_t hash;
    struct kept *k;

    if (pattern.length > LIMIT_PATTERN_BYTES)
        return -1;
    hash = hash_text(pattern, hash_seed());
    if ((k = find(r, pattern, whole, hash)) == NULL && (k = keep(r, pattern, whole, hash, budget)) == NULL)
        return -1;
    k->used = ++r->matches;
    return k->pattern != NULL ? pattern_matches(k->pattern, text, r->scratch, budget) : -1;
}
