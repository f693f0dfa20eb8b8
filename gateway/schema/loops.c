/* loops.c -- schemas that apply themselves to the same instance without end ({"$ref": "#"}), found when compiling.
 *
 * A depth-first walk along the instructions that stay at the instance, with a stack of its own. A schema that is
 * reached while it is on the stack is reported and marked: a check asks before it enters such a one a second time
 * with the same value. Whether it comes to that depends on the value, when other keywords beside say no first.
 * Loops through $dynamicRef are ended by the limit on depth. */
#include <stdlib.h>

#include "schema/compile.h"

struct frame {
    struct schema *schema;
    uint32_t op;
    uint32_t branch;
};

struct walk_stack {
    struct frame *frames;
    uint32_t count;
    uint32_t capacity;
};

static int
push(struct walk_stack *stack, struct schema *s)
{
    if (stack->count == stack->capacity) {
        uint32_t bigger = stack->capacity > 0 ? stack->capacity * 2 : 64;
        struct frame *frames = realloc(stack->frames, bigger * sizeof(*frames));

        if (frames == NULL)
            return -1;
        stack->frames = frames;
        stack->capacity = bigger;
    }
    s->flags |= SCHEMA_ACTIVE;
    stack->frames[stack->count++] = (struct frame){ .schema = s };
    return 0;
}

/* The branch-th schema that the instruction applies to the same instance; NULL: no more. */
static const struct schema *
branch_of(const struct op *op, uint32_t branch)
{
    const struct schema_list *list = NULL;

    switch (op->code) {
    case OP_APPLY:
    case OP_NOT:
        return branch == 0 ? op->with.schema : NULL;
    case OP_DEPENDENT_SCHEMA:
        return branch == 0 ? op->with.dependency->schema : NULL;
    case OP_ANY_OF:
    case OP_ONE_OF:
        list = op->with.list;
        break;
    case OP_DISCRIMINATOR:
        list = op->with.discriminator->branches;
        break;
    case OP_IF: {
        const struct condition *condition = op->with.condition;
        const struct schema *all[] = { condition->test, condition->yes, condition->no };

        for (uint32_t i = 0; i < 3; i++) {
            if (all[i] != NULL && branch-- == 0)
                return all[i];
        }
        return NULL;
    }
    default:
        return NULL;
    }
    return list != NULL && branch < list->count ? list->items[branch] : NULL;
}

int
loops_find(struct schema_set *set, struct schema *schema)
{
    struct walk_stack stack = { 0 };
    int status = 0;

    if ((schema->flags & (SCHEMA_ENDS | SCHEMA_ACTIVE)) == 0)
        status = push(&stack, schema);
    while (status == 0 && stack.count > 0) {
        struct frame *top = &stack.frames[stack.count - 1];
        struct schema *s = top->schema, *next;
        const struct op *op = &s->code[top->op];

        if (top->op == s->ends[GROUP_ANY]) {
            s->flags = (uint8_t)((s->flags & ~SCHEMA_ACTIVE) | SCHEMA_ENDS);
            stack.count--;
            continue;
        }
        next = (struct schema *)(uintptr_t)branch_of(op, top->branch++); /* the set's own memory */
        if (next == NULL) {
            top->op++;
            top->branch = 0;
        } else if ((next->flags & SCHEMA_ACTIVE) != 0) {
            set_defect(set, s->resource->document, op->place, false,
                       "this leads back to a schema that is being applied to the same value; it is not checked again");
            next->flags |= SCHEMA_LOOPS;
        } else if ((next->flags & SCHEMA_ENDS) == 0) {
            status = push(&stack, next);
        }
    }
    free(stack.frames);
    return status == 0 ? 0 : set_no_memory(set);
}
