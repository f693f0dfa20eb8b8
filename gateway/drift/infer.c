/* infer.c -- which exchanges are evidence, and for which operation. */
#include "drift/infer.h"

#include <stdlib.h>

#include "base/limits.h"
#include "drift/infer_internal.h"

#define INFER_BYTES (256 * LIMIT_MIB) /* all tallies */

struct infer *
infer_new(void)
{
    struct infer *infer = calloc(1, sizeof(*infer));

    if (infer == NULL)
        return NULL;
    infer->arena = arena_new(0, INFER_BYTES);
    if (infer->arena == NULL) {
        free(infer);
        return NULL;
    }
    return infer;
}

void
infer_free(struct infer *infer)
{
    if (infer == NULL)
        return;
    arena_free(infer->arena);
    free(infer);
}

/* Methods that a Path Item can have; CONNECT and made-up ones are no operations. */
static bool
is_method(struct text method)
{
    static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD" };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (text_equal(method, text_of(methods[i])))
            return true;
    return false;
}

static bool
is_evidence(const struct exchange *x)
{
    return x->amends == 0 && x->outcome == OUTCOME_DELIVERED && x->refusal.status == 0 && x->fault_count == 0 &&
           is_method(x->request.method) && x->request.path.length > 0 && x->request.path.data[0] == '/';
}

void
infer_add(struct infer *infer, const struct exchange *x)
{
    struct infer_operation *operation = NULL;
    struct infer_node *node;

    infer->counts.exchanges++;
    if (!is_evidence(x)) {
        infer->counts.left_out++;
        return;
    }
    node = infer_node_of(infer, x->request.path);
    if (node != NULL)
        operation = infer_operation_of(infer, node, x->request.method);
    if (operation == NULL) {
        infer->counts.left_out++;
        return;
    }
    infer_operation_add(infer, operation, x);
    infer->counts.full = infer->counts.full || arena_used(infer->arena) > INFER_BYTES - LIMIT_MIB;
}

static uint64_t
count_operations(const struct infer_node *node)
{
    uint64_t count = 0;

    for (const struct infer_operation *o = node->operations; o != NULL; o = o->next)
        count++;
    for (const struct infer_node *child = node->children; child != NULL; child = child->next)
        count += count_operations(child);
    return count;
}

struct infer_counts
infer_counts(const struct infer *infer)
{
    struct infer_counts counts = infer->counts;

    counts.operations = count_operations(&infer->root);
    return counts;
}
