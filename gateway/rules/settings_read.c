/* settings_read.c -- single values of a settings file. The schema has judged types and words already. */
#include <stdarg.h>
#include <stdio.h>

#include "json/number.h"
#include "rules/settings_internal.h"
#include "rules/units.h"

void
read_fail(struct settings_reader *r, const struct value *v, const char *format, ...)
{
    struct text where = document_where(r->document, v, r->settings->arena);
    va_list arguments;

    va_start(arguments, format);
    error_vset(r->err, ERROR_CONFIG, where.data, format, arguments);
    va_end(arguments);
    r->failed = true;
}

void
read_text(struct settings_reader *r, const struct value *v, struct text *result)
{
    if (v == NULL)
        return;
    *result = arena_text(r->settings->arena, value_text(v));
    if (result->data == NULL) {
        error_memory(r->err);
        r->failed = true;
    }
}

void
read_path(struct settings_reader *r, const struct value *v, struct text *result)
{
    struct text path = { NULL, 0 };

    if (v == NULL)
        return;
    read_text(r, v, &path);
    *result = units_path(path, r->file, r->settings->arena);
}

void
read_duration(struct settings_reader *r, const struct value *v, int64_t *nanoseconds)
{
    if (v != NULL && !units_duration(value_text(v), nanoseconds))
        read_fail(r, v, "'%.*s' is no duration; write 200ms, 2s, 1m or 1h", TEXT_PRINT(value_text(v)));
}

void
read_size(struct settings_reader *r, const struct value *v, uint64_t *bytes)
{
    if (v != NULL && !units_size(value_text(v), bytes))
        read_fail(r, v, "'%.*s' is no size; write 1000, 64KiB, 1MiB or 10GiB", TEXT_PRINT(value_text(v)));
}

void
read_size_t(struct settings_reader *r, const struct value *v, size_t *bytes)
{
    uint64_t size = *bytes;

    read_size(r, v, &size);
    *bytes = (size_t)size;
}

void
read_count(struct settings_reader *r, const struct value *v, uint32_t *count)
{
    struct decimal number;
    int64_t integer;

    if (v == NULL)
        return;
    decimal_read(&number, value_text(v));
    if (!decimal_to_i64(&number, &integer) || integer < 0 || integer > UINT32_MAX)
        read_fail(r, v, "'%.*s' is too large", TEXT_PRINT(value_text(v)));
    else
        *count = (uint32_t)integer;
}

void
read_flag(const struct value *v, bool *flag)
{
    if (v != NULL)
        *flag = v->type == VALUE_TRUE;
}

bool
read_is(const struct value *v, const char *word)
{
    return value_is(v, VALUE_STRING) && text_equal(value_text(v), text_of(word));
}

void
read_texts(struct settings_reader *r, const struct value *v, struct text **list, uint32_t *count)
{
    if (v == NULL)
        return;
    *list = ARENA_ARRAY(r->settings->arena, struct text, v->count);
    if (*list == NULL) {
        error_memory(r->err);
        r->failed = true;
        return;
    }
    *count = 0;
    for (VALUE_EACH_ITEM(item, v))
        read_text(r, item, &(*list)[(*count)++]);
}
