/* arazzo_component.c -- Reusable Objects: what "reference: $components.parameters.page" stands for. */
#include "flow/arazzo_internal.h"

#include "flow/expression.h"

const struct value *
flow_resolve(struct flow_reader *r, const struct value *v, const char *kind, const struct value **override)
{
    const struct value *at = VALUE_MEMBER(v, "reference"), *all, *found;
    struct flow_names names = { .count = 0 };
    struct text prefix, name;

    *override = NULL;
    if (at == NULL)
        return v;
    prefix = arena_print(r->arena, "$components.%s.", kind);
    if (!text_starts(value_text(at), prefix) || value_text(at).length == prefix.length) {
        flow_error(r, at, "'%.*s' cannot stand here; write %.*sNAME", TEXT_PRINT(value_text(at)), TEXT_PRINT(prefix));
        return NULL;
    }
    name = text_from(value_text(at), prefix.length);
    all = value_member(VALUE_MEMBER(r->document->root, "components"), text_of(kind));
    found = value_member(all, name);
    if (found != NULL) {
        *override = VALUE_MEMBER(v, "value");
        return found;
    }
    if (all != NULL) {
        for (VALUE_EACH_MEMBER(key, all))
            flow_names_add(r, &names, value_text(key));
    }
    flow_error(r, at, "components/%s has no '%.*s'%s", kind, TEXT_PRINT(name), flow_hint(r, &names, name));
    return NULL;
}
