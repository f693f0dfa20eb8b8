/* arazzo_names.c -- what a name that leads nowhere was meant to be. */
#include "flow/arazzo_internal.h"

#include "base/buffer.h"

#define FEW 6 /* names that are all told */

void
flow_names_add(struct flow_reader *r, struct flow_names *names, struct text name)
{
    const char *copy = names->count < FLOW_NAMES && name.length > 0 ? arena_text(r->arena, name).data : NULL;

    if (copy != NULL)
        names->list[names->count++] = copy;
}

const char *
flow_hint(struct flow_reader *r, const struct flow_names *names, struct text word)
{
    const char *near = text_nearest(word, names->list, names->count);
    struct text told = TEXT("");

    if (near != NULL)
        return arena_print(r->arena, "; did you mean '%s'?", near).data;
    for (uint32_t i = 0; names->count <= FEW && i < names->count; i++)
        told = arena_print(r->arena, "%.*s%s'%s'", TEXT_PRINT(told), i > 0 ? ", " : "; there is ", names->list[i]);
    return told.data != NULL ? told.data : "";
}
