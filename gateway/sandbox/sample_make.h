/* sample_make.h -- the inside of sample.h: one maker per sample, one function per kind of value.
 *
 * A *plan* is a list of schema objects that hold for the same value. The *goal* of a value is such a list as it was
 * found (a property may be described in two branches of an allOf); sample_expand makes a plan of it by following $ref
 * and allOf and by choosing branches, so that every keyword that matters stands in some part of the plan and nobody
 * needs to look further. */
#ifndef SANDBOX_SAMPLE_MAKE_H
#define SANDBOX_SAMPLE_MAKE_H

#include "base/arena.h"
#include "base/random.h"
#include "sandbox/sample.h"
#include "schema/parts.h"

#define SAMPLE_NAMED    8      /* properties that discriminators decide */
#define SAMPLE_WORK     40000u /* values made before giving up */
#define SAMPLE_WIDE     1500u  /* values made before optional properties are left out */
#define SAMPLE_OPTIONAL 6u     /* depth below which optional properties are left out */
#define SAMPLE_DEPTH    80u    /* depth that is never exceeded */
#define SAMPLE_STRING   65536u /* code points of the longest string that is made */

/* A property whose value a discriminator asks for. */
struct sample_named {
    struct text property;
    struct text value;
};

struct sample_plan {
    struct schema_parts parts;
    struct sample_named named[SAMPLE_NAMED];
    uint32_t named_count;
    bool impossible;
};

/* The values around the one that is being made, innermost first. */
struct sample_level {
    const struct sample_plan *plan;
    const struct sample_level *outer;
};

struct sample_maker {
    const struct sample_options *options;
    struct random random;
    struct arena *plans;  /* lists of names; lives as long as the maker */
    struct arena *checks; /* reset before every check */
    struct pattern_scratch *patterns;
    const struct sample_level *level;
    uint32_t depth;
    uint32_t work; /* values that may still be made */
    bool calm;     /* the first try: everything usual. Later ones choose at random */
    bool sparse;   /* optional properties are left out */
};

/* ---- sample.c ---- */

/* Append a value for the goal, tried and checked. False: nothing was appended. */
bool sample_make(struct sample_maker *m, const struct sample_plan *goal, struct buffer *out);

/* Does the JSON text satisfy every part of the goal? */
bool sample_holds(struct sample_maker *m, const struct sample_plan *goal, struct text json);

/* Chance, but never in the first try. */
bool sample_perhaps(struct sample_maker *m, double percent);

/* ---- sample_plan.c ---- */

void sample_add(struct sample_plan *plan, const struct document *document, const struct value *schema);

/* Follow references and allOf, choose branches; *plan is written anew. */
void sample_expand(struct sample_maker *m, const struct sample_plan *goal, struct sample_plan *plan);

/* One more schema for a plan, expanded. */
void sample_extend(struct sample_maker *m, struct sample_plan *plan, const struct document *document,
                   const struct value *schema);

/* The SCHEMA_TYPE_… bits that every part allows; *likely are those that the keywords speak of, where no part names a
 * type. */
unsigned sample_types(const struct sample_plan *plan, unsigned *likely);

/* Is one of its schemas being made from already, further out? */
bool sample_recurs(const struct sample_maker *m, const struct sample_plan *plan);

/* ---- one file each ---- */

bool sample_number(struct sample_maker *m, const struct sample_plan *plan, bool whole, struct buffer *out);
bool sample_string(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out);
bool sample_array(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out);
bool sample_object(struct sample_maker *m, const struct sample_plan *plan, struct buffer *out);

/* Text (not JSON) of `least` to `most` code points: that a pattern matches, or in a format. False: not in this try. */
bool sample_pattern(struct sample_maker *m, struct text pattern, uint64_t least, uint64_t most, struct buffer *out);
bool sample_format(struct sample_maker *m, struct text format, uint64_t least, uint64_t most, struct buffer *out);

/* A short plain word. Borrowed, forever. */
struct text sample_word(struct sample_maker *m);

#endif
