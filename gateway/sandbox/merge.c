#include "sandbox/merge.h"

#include "json/write.h"

static void merge(struct json_writer *w, const struct value *target, const struct value *patch, bool keep_nulls);

static void
merge_objects(struct json_writer *w, const struct value *target, const struct value *patch, bool keep_nulls)
{
    json_object(w);
    if (target != NULL && target->type == VALUE_OBJECT && target->count > 0)
        for (VALUE_EACH_MEMBER(key, target)) {
            const struct value *change = value_member(patch, value_text(key));

            if (value_is(change, VALUE_NULL) && !keep_nulls)
                continue;
            json_key(w, value_text(key));
            if (change != NULL)
                merge(w, value_next(key), change, keep_nulls);
            else
                json_value(w, value_next(key));
        }
    if (patch->count > 0)
        for (VALUE_EACH_MEMBER(key, patch)) {
            if ((value_is(value_next(key), VALUE_NULL) && !keep_nulls) || value_member(target, value_text(key)) != NULL)
                continue;
            json_key(w, value_text(key));
            merge(w, NULL, value_next(key), keep_nulls);
        }
    json_end_object(w);
}

static void
merge(struct json_writer *w, const struct value *target, const struct value *patch, bool keep_nulls)
{
    if (value_is(patch, VALUE_OBJECT))
        merge_objects(w, target, patch, keep_nulls);
    else
        json_value(w, patch);
}

static void
merge_whole(struct buffer *out, const struct value *target, const struct value *patch, bool keep_nulls)
{
    struct json_writer w;

    json_begin(&w, out, 0);
    if (patch != NULL) {
        merge(&w, target, patch, keep_nulls);
    } else if (target != NULL) {
        json_value(&w, target);
    } else {
        json_object(&w);
        json_end_object(&w);
    }
}

void
merge_patch(struct buffer *out, const struct value *target, const struct value *patch)
{
    merge_whole(out, target, patch, false);
}

void
merge_patches(struct buffer *out, const struct value *first, const struct value *second)
{
    merge_whole(out, first, second, true);
}
