/* compile.h -- the state while one schema object is compiled, and what the keywords' compile functions use to write
 * instructions. */
#ifndef SCHEMA_COMPILE_H
#define SCHEMA_COMPILE_H

#include "schema/keywords.h"

struct compiling {
    struct schema_set *set;
    struct schema *schema;
    const struct resource *resource;
    const struct value *source;    /* the schema object */
    const struct keyword *keyword; /* whose value is being compiled */
    bool members_done, items_done; /* one instruction for several keywords */
};

/* Append an instruction; the caller fills in `with`. NULL: no memory. Valid until the next call. */
struct op *compile_op(struct compiling *c, enum op_code code, enum op_group group, const struct value *place);

/* The compiled form of a subschema (perhaps compiled later). Never NULL, unless memory is out. */
const struct schema *compile_schema(struct compiling *c, const struct value *place);
struct schema *compile_place(struct schema_set *set, const struct document *document, const struct value *place);

/* The schemas of an array. NULL: no memory. */
struct schema_list *compile_list(struct compiling *c, const struct value *array);

/* Where a reference leads, compiled; NULL when it leads nowhere. */
const struct schema *compile_target(struct compiling *c, struct text reference);

/* Report that the value of a keyword is not what it should be ("a whole number >= 0"), and leave it unchecked. */
int compile_wrong(struct compiling *c, const char *keyword, const struct value *value, const char *wanted);
int compile_unchecked(struct compiling *c, const struct value *place, unsigned bits);

/* A neighbour keyword of the schema, when the dialect has it. */
const struct value *compile_neighbour(struct compiling *c, const char *name);

/* The pattern with this text; NULL (and a defect) when it cannot be expressed. */
const struct pattern *compile_pattern(struct compiling *c, const struct value *place);

/* A whole number >= 0, perhaps written 2.0; what is larger than anything countable becomes UINT64_MAX. */
bool compile_natural(const struct value *value, uint64_t *number);

/* Are these anyOf or oneOf branches checked by the instruction for the discriminator beside them? */
bool compile_discriminated(struct compiling *c, const struct value *branches);

/* Is this the keyword that is being compiled? */
static inline bool
compile_is(const struct compiling *c, const char *name)
{
    return strcmp(c->keyword->name, name) == 0;
}

/* ---- loops.c ---- */

/* Find schemas that apply themselves to the same value without end; report and mark them. */
int loops_find(struct schema_set *set, struct schema *schema);

/* ---- the compile functions of the table, by file ---- */

compile_fn compile_type, compile_bound, compile_multiple, compile_length, compile_pattern_keyword, compile_count,
    compile_unique, compile_const, compile_enum, compile_format; /* assertions.c */
compile_fn compile_ref, compile_dynamic_ref, compile_recursive_ref, compile_all_of, compile_alternatives, compile_not,
    compile_if, compile_unevaluated, compile_contains, compile_items, compile_property_names; /* applicators.c */
compile_fn compile_members, compile_dependent_required, compile_dependent_schemas, compile_dependencies; /* members.c */
compile_fn compile_discriminator; /* discriminator.c */

#endif
