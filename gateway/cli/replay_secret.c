#include "cli/replay_secret.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "contract/sending.h"

static int
read_value(struct text *value, struct arena *arena, struct error *err)
{
    const char *name, *found;

    if (value->length == 0)
        return 0;
    if (text_starts(*value, TEXT("env:"))) {
        name = arena_text(arena, text_from(*value, 4)).data;
        found = name != NULL ? getenv(name) : NULL;
        if (found == NULL || found[0] == '\0')
            return error_set(err, ERROR_CONFIG, "--token", "the environment has no %s", name != NULL ? name : "");
        *value = arena_text(arena, text_of(found));
    } else if (text_starts(*value, TEXT("file:"))) {
        name = arena_text(arena, text_from(*value, 5)).data;
        if (name == NULL || file_read(value, name, arena, err) < 0)
            return -1;
        while (value->length > 0 && strchr("\r\n", value->data[value->length - 1]) != NULL)
            value->length--;
    }
    for (size_t i = 0; i < value->length; i++)
        if ((unsigned char)value->data[i] < 0x20)
            return error_set(err, ERROR_CONFIG, "--token",
                             "it has control characters, which no header field can carry");
    return 0;
}

/* ---- names of security schemes ---- */

static bool
find_in_operation(const struct operation *o, struct text name, struct sending_scheme *found)
{
    for (uint32_t way = 0; way < sending_ways(o); way++)
        for (uint32_t i = 0; i < sending_way_schemes(o, way); i++) {
            *found = sending_way_scheme(o, way, i);
            if (text_equal(found->name, name))
                return true;
        }
    return false;
}

static bool
find_scheme(const struct ruleset *ruleset, struct text name, struct sending_scheme *found)
{
    for (uint32_t s = 0; ruleset != NULL && s < ruleset_service_count(ruleset); s++) {
        const struct contract *c = ruleset_service(ruleset, s)->contract;

        for (uint32_t i = 0; i < contract_operation_count(c); i++)
            if (find_in_operation(contract_operation(c, i), name, found))
                return true;
    }
    return false;
}

static struct text
with_scheme(struct text scheme, struct text value, struct arena *arena)
{
    if (value.data != NULL && value.length > scheme.length && value.data[scheme.length] == ' ' &&
        text_equal_nocase(text_slice(value, 0, scheme.length), scheme))
        return value;
    return arena_print(arena, "%.*s %.*s", TEXT_PRINT(scheme), TEXT_PRINT(value));
}

static struct text
basic(struct text value, struct arena *arena)
{
    struct buffer b;
    struct text result;

    if (text_find(value, ':') == value.length)
        return with_scheme(TEXT("Basic"), value, arena);
    buffer_init(&b, LIMIT_MIB);
    base64_write(&b, value);
    result = with_scheme(TEXT("Basic"), buffer_text(&b), arena);
    buffer_release(&b);
    return result;
}

/* A scheme becomes the place of its credential. */
static void
place(struct replay_secret *s, const struct sending_scheme *scheme, struct arena *arena)
{
    bool left_out = s->value.length == 0;

    if (scheme->kind == SENDING_KEY) {
        s->name = scheme->in == SENDING_QUERY    ? arena_print(arena, "query:%.*s", TEXT_PRINT(scheme->parameter))
                  : scheme->in == SENDING_COOKIE ? TEXT("Cookie")
                                                 : scheme->parameter;
        if (scheme->in == SENDING_COOKIE && !left_out)
            s->value = arena_print(arena, "%.*s=%.*s", TEXT_PRINT(scheme->parameter), TEXT_PRINT(s->value));
        return;
    }
    s->name = TEXT("Authorization");
    if (left_out)
        return;
    s->value = scheme->kind == SENDING_BASIC    ? basic(s->value, arena)
               : scheme->kind == SENDING_SCHEME ? with_scheme(scheme->scheme, s->value, arena)
                                                : with_scheme(TEXT("Bearer"), s->value, arena);
}

int
replay_secret_read(struct replay_secret *s, const char *option, const struct ruleset *ruleset, struct arena *arena,
                   struct error *err)
{
    struct text whole = text_of(option);
    struct sending_scheme scheme;

    s->name = text_slice(whole, 0, text_find(whole, '='));
    s->value = text_from(whole, s->name.length + 1);
    if (s->name.length == 0 || s->name.length == whole.length) /* not shown: it may be the secret itself */
        return error_set(err, ERROR_USAGE, "--token",
                         "wanted is NAME=VALUE, NAME=env:VARIABLE or NAME=file:PATH; NAME is a security scheme, a "
                         "header field, query:KEY or body:/POINTER");
    if (read_value(&s->value, arena, err) < 0)
        return -1;
    if (find_scheme(ruleset, s->name, &scheme)) {
        place(s, &scheme, arena);
        return 0;
    }
    if (!text_starts(s->name, TEXT("query:")) && !text_starts(s->name, TEXT("body:")) &&
        !header_is_token(text_starts(s->name, TEXT("header:")) ? text_from(s->name, 7) : s->name))
        return error_set(err, ERROR_USAGE, "--token",
                         "'%.*s' is no security scheme, header field, query:KEY or "
                         "body:/POINTER",
                         TEXT_PRINT(s->name));
    return 0;
}
