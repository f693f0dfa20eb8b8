#include "rules/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/limits.h"

#define ENVIRONMENT_NAME_MAX 128

struct unit {
    struct text name;
    uint64_t factor;
};

static const struct unit duration_units[] = {
    { { "ns", 2 }, 1 },
    { { "us", 2 }, 1000 },
    { { "ms", 2 }, 1000000 },
    { { "s", 1 }, 1000000000 },
    { { "m", 1 }, 60000000000 },
    { { "h", 1 }, 3600000000000 },
    { { "d", 1 }, 86400000000000 },
};

static const struct unit size_units[] = {
    { { "", 0 }, 1 },
    { { "B", 1 }, 1 },
    { { "KiB", 3 }, 1024 },
    { { "MiB", 3 }, 1048576 },
    { { "GiB", 3 }, 1073741824 },
    { { "KB", 2 }, 1000 },
    { { "MB", 2 }, 1000000 },
    { { "GB", 2 }, 1000000000 },
};

static bool
number_with_unit(struct text t, const struct unit *units, size_t count, uint64_t *result)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < t.length && t.data[digits] >= '0' && t.data[digits] <= '9')
        digits++;
    if (!text_to_u64(text_slice(t, 0, digits), &number))
        return false;
    for (size_t i = 0; i < count; i++)
        if (text_equal(text_from(t, digits), units[i].name))
            return !__builtin_mul_overflow(number, units[i].factor, result) && *result <= INT64_MAX;
    return false;
}

bool
units_duration(struct text t, int64_t *nanoseconds)
{
    uint64_t result = 0;

    if (!text_equal(t, TEXT("0")) &&
        !number_with_unit(t, duration_units, sizeof(duration_units) / sizeof(duration_units[0]), &result))
        return false;
    *nanoseconds = (int64_t)result;
    return true;
}

bool
units_size(struct text t, uint64_t *bytes)
{
    return number_with_unit(t, size_units, sizeof(size_units) / sizeof(size_units[0]), bytes);
}

/* One ${NAME}; `rest` begins behind "${". */
static int
add_variable(struct buffer *out, struct text *rest, const char *where, struct error *err)
{
    size_t length = text_find(*rest, '}');
    char name[ENVIRONMENT_NAME_MAX];
    const char *value;

    if (length == rest->length || length == 0 || length >= sizeof(name))
        return error_set(err, ERROR_CONFIG, where,
                         "'${' wants a name and '}' behind it; write '$${' for the characters");
    snprintf(name, sizeof(name), "%.*s", (int)length, rest->data);
    value = getenv(name);
    if (value == NULL)
        return error_set(err, ERROR_CONFIG, where, "the environment has no %s; set it, or take '${%s}' out", name,
                         name);
    buffer_add(out, text_of(value));
    *rest = text_from(*rest, length + 1);
    return 0;
}

int
units_environment(struct text t, const char *where, struct arena *arena, struct text *result, struct error *err)
{
    struct buffer out;
    size_t at;
    int failed = 0;

    if (text_search(t, TEXT("${")) == t.length) {
        *result = arena_text(arena, t);
        return result->data == NULL ? error_memory(err) : 0;
    }
    buffer_init(&out, LIMIT_MIB);
    while ((at = text_search(t, TEXT("${"))) < t.length && failed == 0) {
        bool literal = at > 0 && t.data[at - 1] == '$';

        buffer_add(&out, text_slice(t, 0, literal ? at - 1 : at));
        t = text_from(t, at + 2);
        if (literal)
            buffer_add(&out, TEXT("${"));
        else
            failed = add_variable(&out, &t, where, err);
    }
    buffer_add(&out, t);
    *result = arena_text(arena, buffer_text(&out));
    if (failed == 0 && (buffer_failed(&out) || result->data == NULL))
        failed = error_memory(err);
    buffer_release(&out);
    return failed;
}

/* "rules/../contracts/x" is "contracts/x", unless "rules" is a link that leads elsewhere. */
static struct text
without_detours(struct text path, struct arena *arena)
{
    size_t dots = text_search(path, TEXT("/../"));
    size_t begin = dots;
    struct stat about;

    while (begin > 0 && path.data[begin - 1] != '/')
        begin--;
    if (dots == path.length || dots == begin || text_equal(text_slice(path, begin, dots - begin), TEXT("..")))
        return path;
    if (lstat(arena_text(arena, text_slice(path, 0, dots)).data, &about) != 0 || !S_ISDIR(about.st_mode))
        return path;
    return without_detours(arena_print(arena, "%.*s%.*s", (int)begin, path.data, TEXT_PRINT(text_from(path, dots + 4))),
                           arena);
}

struct text
units_path(struct text path, struct text file, struct arena *arena)
{
    size_t slash = file.length;

    if (path.length > 0 && path.data[0] == '/')
        return arena_text(arena, path);
    while (slash > 0 && file.data[slash - 1] != '/')
        slash--;
    return without_detours(
        arena_print(arena, "%.*s%.*s", (int)slash, file.data != NULL ? file.data : "", TEXT_PRINT(path)), arena);
}

int
units_expand(const struct document *document, const struct value *value, struct arena *arena, struct error *err)
{
    for (uint32_t i = 0; i < value->span; i++) {
        struct value *v = (struct value *)(uintptr_t)&value[i];
        struct text expanded;

        if (v->type != VALUE_STRING || text_search(value_text(v), TEXT("${")) == v->count)
            continue;
        if (units_environment(value_text(v), document_where(document, v, arena).data, arena, &expanded, err) < 0)
            return -1;
        v->data = expanded.data;
        v->count = (uint32_t)expanded.length;
        v->flags |= VALUE_OUTSIDE;
    }
    return 0;
}
