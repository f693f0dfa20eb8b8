/* match.c -- a record against the values that a query asks for. */
#include "sandbox/match.h"

#include "json/compare.h"
#include "json/pointer.h"

const struct value *
match_member(const struct value *record, struct text name)
{
    if (text_starts(name, TEXT("/")))
        return pointer_find(record, name);
    return value_member(record, name);
}

static bool
match_value(const struct value *found, const struct value *wanted)
{
    if (found == NULL)
        return wanted->type == VALUE_NULL;
    return value_equal(found, wanted, NULL) == 1;
}

static bool
match_any(const struct value *found, const struct value *array)
{
    for (VALUE_EACH_ITEM(wanted, array))
        if (match_value(found, wanted))
            return true;
    return false;
}

bool
match_record(const struct value *record, const struct value *where)
{
    if (where == NULL)
        return true;
    for (VALUE_EACH_MEMBER(name, where)) {
        const struct value *found = match_member(record, value_text(name)), *wanted = value_next(name);

        if (!(wanted->type == VALUE_ARRAY ? match_any(found, wanted) : match_value(found, wanted)))
            return false;
    }
    return true;
}
