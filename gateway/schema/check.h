/* check.h -- the state of one check, for check.c and for explain.c, which asks check.c about every instruction.
 *
 * Three-valued logic in two: what cannot be checked (budget, patterns, formats) counts as true and is counted in
 * `doubts`. So false is always certain, and what would turn a doubtful true into false (not, oneOf, if,
 * maxContains) asks for doubts first. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H

#include "schema/program.h"
#include "schema/set.h"

/* A schema marked SCHEMA_LOOPS and the value that it is being applied to; on the stack. */
struct active {
    const struct schema *schema;
    const struct value *value;
    const struct active *before;
};

struct walk {
    struct schema_run *run;
    struct pattern_scratch *patterns;
    const struct resource **scope; /* the dynamic scope: resources entered, outermost first */
    const struct active *active;
    uint32_t scopes;
    uint32_t depth;
    uint32_t budget;
    uint32_t doubts;
    uint32_t unchecked;
};

/* Which members or items of one value have been evaluated; only there while an unevaluated… keyword needs to know. */
struct marks {
    uint64_t *bits; /* points to `few` for up to 64 */
    uint64_t few;
    uint32_t count;
    bool all;
};

void walk_begin(struct walk *w, struct schema_run *run);
void walk_end(struct walk *w);

/* Something could not be checked: true, and a doubt. */
bool walk_doubt(struct walk *w, unsigned bits);

/* The budget is used up. */
bool walk_spent(struct walk *w);

/* The type and the instructions, when walk_value has paid for them. */
bool walk_program(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks);

/* See enum quick: numbers of up to nine bytes without sign and exponent. */
static inline bool
walk_quick_number(const struct schema *s, const struct value *v)
{
    const char *at = v->data, *end;
    uint32_t number = 0, digit = 0;

    if (v->type != VALUE_NUMBER || v->count > 9)
        return false;
    for (end = at + v->count; at < end && (digit = (uint32_t)*at - '0') <= 9; at++)
        number = number * 10 + digit;
    if (at == end)
        return number >= s->least && number <= s->most;
    if (s->quick != QUICK_DECIMAL || *at != '.' || end - at - 1 > s->places)
        return false;
    while (++at < end) {
        if ((uint32_t)*at - '0' > 9)
            return false;
    }
    return number >= s->least && number < s->most;
}

/* Is it plain to see that the value satisfies the schema? */
static inline __attribute__((always_inline)) bool
walk_quick(const struct schema *s, const struct value *v)
{
    if (s->quick == QUICK_TEXT)
        return v->type == VALUE_STRING && v->count - s->least <= s->most - s->least;
    switch ((enum quick)s->quick) {
    case QUICK_NATURAL:
    case QUICK_DECIMAL:
        return walk_quick_number(s, v);
    case QUICK_WORD:
        return v->type == VALUE_STRING && names_find(&s->code->with.choices->strings, v->data, v->count) != NAMES_NONE;
    case QUICK_NONE:
    case QUICK_TEXT:
    case QUICK_SAME:
    case QUICK_MEMBERS:
        break;
    }
    return false;
}

/* Pays and is true where it is plain to see that the value satisfies the schema; otherwise ask walk_value. Inline,
 * because for most members that is all. */
static inline __attribute__((always_inline)) bool
walk_cheaply(struct walk *w, const struct schema *s, const struct value *v)
{
    uint32_t work = 1 + s->ends[GROUP_LAST];

    if (__builtin_expect(w->budget <= work, 0) || !walk_quick(s, v))
        return false;
    w->budget -= work;
    return true;
}

/* Does the value satisfy the schema? What it evaluates is added to marks, if not NULL. */
static inline bool
walk_value(struct walk *w, const struct schema *s, const struct value *v, struct marks *marks)
{
    for (;;) {
        uint32_t work = 1 + s->ends[GROUP_LAST];

        if (__builtin_expect(w->budget <= work, 0))
            return walk_spent(w);
        w->budget -= work;
        if (walk_quick(s, v))
            return true;
        if (work == 1 && (s->types & type_bits((enum value_type)v->type)) != 0)
            return true;
        if (s->quick != QUICK_SAME || (s->flags & (SCHEMA_DYNAMIC | SCHEMA_LOOPS | SCHEMA_TRACKS)) != 0)
            return walk_program(w, s, v, marks);
        s = s->code->with.schema;
    }
}

/* The same for one instruction. */
bool walk_op(struct walk *w, const struct schema *s, const struct op *op, const struct value *v, struct marks *marks);

bool walk_type(const struct schema *s, const struct value *v);

/* Does the name match the pattern? A pattern that cannot be run matches, with a doubt. */
bool walk_name_matches(struct walk *w, const struct pattern_rule *rule, struct text name);

/* The schema that a $dynamicRef means here. */
const struct schema *walk_dynamic(const struct walk *w, const struct dynamic *dynamic);

enum discriminator_verdict { DISCRIMINATOR_NONE, DISCRIMINATOR_UNKNOWN, DISCRIMINATOR_FOUND };

/* What the object's property says: nothing (not there, no string), a name nobody knows, or a name; *target is the
 * branch it means, if any. */
enum discriminator_verdict
walk_discriminator(const struct discriminator *d, const struct value *v, const struct schema **target);

/* Enter and leave a schema: depth, dynamic scope. False when it is too deep. */
bool walk_enter(struct walk *w, const struct schema *s);
void walk_leave(struct walk *w, uint32_t scopes);

/* Is the schema being applied to this value already? Those for the same value are on top. */
static inline bool
walk_is_active(const struct walk *w, const struct schema *s, const struct value *v)
{
    for (const struct active *a = w->active; a != NULL && a->value == v; a = a->before) {
        if (a->schema == s)
            return true;
    }
    return false;
}

struct schema_scratch {
    struct pattern_scratch *patterns;
    const struct resource **scope;
};

/* ---- marks.c ---- */

/* Begin with nothing marked. False: no memory (nothing may be said about evaluation then). */
bool marks_begin(struct marks *m, uint32_t count, struct walk *w);
void marks_merge(struct marks *into, const struct marks *from);

static inline void
marks_set(struct marks *m, uint32_t index)
{
    m->bits[index / 64] |= (uint64_t)1 << (index % 64);
}

static inline bool
marks_has(const struct marks *m, uint32_t index)
{
    return m->all || (m->bits[index / 64] >> (index % 64) & 1) != 0;
}

#endif
