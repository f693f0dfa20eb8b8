/* types.c -- what a schema says about types, for those who must turn text into values (parameters, forms) or make
 * values up.
 *
 * Hints, not verdicts: `not`, `if` and patterns are not looked at, and after a number of schemas nothing more is
 * learned. */
#include "schema/program.h"

#define STEPS 500u /* schemas looked at for one question */

static unsigned
types_of_value(const struct value *v)
{
    if (v->type == VALUE_NUMBER && (v->flags & VALUE_INTEGER) != 0)
        return SCHEMA_TYPE_INTEGER | SCHEMA_TYPE_NUMBER;
    return type_bits((enum value_type)v->type);
}

static unsigned types_within(const struct schema *s, unsigned *steps);

static unsigned
types_of_any(const struct schema_list *list, unsigned *steps)
{
    unsigned types = 0;

    for (uint32_t i = 0; i < list->count; i++)
        types |= types_within(list->items[i], steps);
    return types;
}

static unsigned
types_of_choices(const struct enum_rule *rule)
{
    unsigned types = rule->strings.slots != NULL ? SCHEMA_TYPE_STRING : 0;

    for (uint32_t i = 0; i < rule->count; i++)
        types |= types_of_value(rule->others[i]);
    return types;
}

static unsigned
types_within(const struct schema *s, unsigned *steps)
{
    unsigned types = s->types;

    if (*steps == 0)
        return types;
    --*steps;
    for (uint32_t i = schema_begin(s, GROUP_ANY); i < s->ends[GROUP_ANY]; i++) {
        const struct op *op = &s->code[i];

        if (op->code == OP_APPLY)
            types &= types_within(op->with.schema, steps);
        else if (op->code == OP_ANY_OF || op->code == OP_ONE_OF)
            types &= types_of_any(op->with.list, steps);
        else if (op->code == OP_DISCRIMINATOR && op->with.discriminator->branches != NULL)
            types &= types_of_any(op->with.discriminator->branches, steps);
        else if (op->code == OP_CONST)
            types &= types_of_value(op->with.value);
        else if (op->code == OP_ENUM)
            types &= types_of_choices(op->with.choices);
    }
    return types;
}

unsigned
schema_types(const struct schema *schema)
{
    unsigned steps = STEPS;

    return types_within(schema, &steps);
}

static const struct schema *
property_within(const struct schema *s, struct text name, bool additional, unsigned *steps)
{
    const struct schema *found = NULL;

    *steps -= *steps > 0;
    for (uint32_t i = schema_begin(s, GROUP_OBJECT); i < s->ends[GROUP_OBJECT]; i++) {
        const struct members_rule *rule = s->code[i].with.members;
        uint32_t at;

        if (s->code[i].code != OP_MEMBERS)
            continue;
        at = names_find(&rule->names, name.data, (uint32_t)name.length);
        if (at != NAMES_NONE && rule->members[at].schema != NULL)
            return rule->members[at].schema;
        if (additional && rule->additional != NULL && rule->additional->source->type == VALUE_OBJECT)
            return rule->additional;
    }
    for (uint32_t i = schema_begin(s, GROUP_ANY); i < s->ends[GROUP_ANY] && found == NULL && *steps > 0; i++) {
        if (s->code[i].code == OP_APPLY)
            found = property_within(s->code[i].with.schema, name, additional, steps);
    }
    return found;
}

const struct schema *
schema_property(const struct schema *schema, struct text name)
{
    unsigned first = STEPS, second = STEPS;
    const struct schema *declared = property_within(schema, name, false, &first);

    return declared != NULL ? declared : property_within(schema, name, true, &second);
}

static const struct schema *
items_within(const struct schema *s, unsigned *steps)
{
    const struct schema *found = NULL;

    *steps -= *steps > 0;
    for (uint32_t i = schema_begin(s, GROUP_ARRAY); i < s->ends[GROUP_ARRAY]; i++) {
        if (s->code[i].code == OP_ITEMS && s->code[i].with.items->rest != NULL)
            return s->code[i].with.items->rest;
    }
    for (uint32_t i = schema_begin(s, GROUP_ANY); i < s->ends[GROUP_ANY] && found == NULL && *steps > 0; i++) {
        if (s->code[i].code == OP_APPLY)
            found = items_within(s->code[i].with.schema, steps);
    }
    return found;
}

const struct schema *
schema_items(const struct schema *schema)
{
    unsigned steps = STEPS;

    return items_within(schema, &steps);
}
