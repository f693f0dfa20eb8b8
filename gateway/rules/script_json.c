/* script_json.c -- Lua values as JSON.
 *
 * Runs under protection, because looking a key up may need memory; what it keeps on the C heap hangs on a struct of
 * the caller. Tables are read raw: nothing of the script runs meanwhile. Circles are found by their depth. */
#include "rules/script_internal.h"

#include <stdlib.h>

#include "json/write.h"

struct writing {
    struct json_writer writer;
    struct script *script;
    const char *why;
    struct text *keys; /* of all objects that are open, those of the innermost last */
    size_t key_count;
    size_t key_room;
    unsigned depth;
};

static bool write_value(lua_State *L, struct writing *w, int index);

static bool
give_up(struct writing *w, const char *why)
{
    w->why = why;
    return false;
}

/* ---- what a table is ---- */

/* Its keys are 1..n and nothing else; *count is n. */
static bool
has_list_keys(lua_State *L, int index, lua_Integer *count)
{
    lua_Integer highest = 0;
    bool list = true;

    *count = 0;
    lua_pushnil(L);
    while (list && lua_next(L, index)) {
        lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

        list = key >= 1;
        if (key > highest)
            highest = key;
        ++*count;
        lua_pop(L, list ? 1 : 2);
    }
    return list && highest == *count;
}

bool
script_has_list_keys(lua_State *L, int index)
{
    lua_Integer count;

    return has_list_keys(L, lua_absindex(L, index), &count);
}

bool
script_is_list(lua_State *L, int index)
{
    lua_Integer count;

    return lua_type(L, index) == LUA_TTABLE &&
           (script_is_marked(L, index) || (has_list_keys(L, lua_absindex(L, index), &count) && count > 0));
}

/* ---- objects ---- */

static bool
keep_key(struct writing *w, struct text key)
{
    if (w->key_count == w->key_room) {
        size_t room = w->key_room > 0 ? 2 * w->key_room : 64;
        struct text *grown = realloc(w->keys, room * sizeof *grown);

        if (grown == NULL)
            return give_up(w, "there is no memory");
        w->keys = grown;
        w->key_room = room;
    }
    w->keys[w->key_count++] = key;
    return true;
}

static int
by_order(const void *left, const void *right, void *arg)
{
    const struct script_options *options = arg;
    const struct text *a = left, *b = right;
    int order = options->order != NULL ? options->order(options->arg, *a, *b) : 0;

    return order != 0 ? order : text_compare(*a, *b);
}

/* The strings are kept alive by the table, which nobody changes meanwhile. */
static bool
collect_keys(lua_State *L, struct writing *w, int index)
{
    lua_pushnil(L);
    while (lua_next(L, index)) {
        struct text key = { 0 };

        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING)
            key.data = lua_tolstring(L, -1, &key.length);
        if (key.data == NULL ? !give_up(w, "the keys of a table are neither 1, 2, 3 … nor strings alone")
                             : !keep_key(w, key)) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

static bool
write_object(lua_State *L, struct writing *w, int index)
{
    size_t first = w->key_count, end;
    bool written = true;

    if (!collect_keys(L, w, index))
        return false;
    end = w->key_count;
    if (end > first)
        qsort_r(w->keys + first, end - first, sizeof *w->keys, by_order, &w->script->options);
    json_object(&w->writer);
    for (size_t i = first; written && i < end; i++) {
        struct text key = w->keys[i];

        json_key(&w->writer, key);
        (void)lua_pushlstring(L, key.data, key.length);
        (void)lua_rawget(L, index);
        written = write_value(L, w, lua_gettop(L));
        lua_pop(L, 1);
    }
    json_end_object(&w->writer);
    w->key_count = first;
    return written;
}

/* ---- everything ---- */

static bool
write_array(lua_State *L, struct writing *w, int index, lua_Integer count)
{
    bool written = true;

    json_array(&w->writer);
    for (lua_Integer i = 1; written && i <= count; i++) {
        (void)lua_rawgeti(L, index, i);
        written = write_value(L, w, lua_gettop(L));
        lua_pop(L, 1);
    }
    json_end_array(&w->writer);
    return written;
}

static bool
write_table(lua_State *L, struct writing *w, int index)
{
    lua_Integer count;
    bool list, written;

    if (w->depth >= LIMIT_JSON_DEPTH)
        return give_up(w, "it is nested too deeply, or contains itself");
    if (!lua_checkstack(L, 8))
        return give_up(w, "there is no memory");
    w->depth++;
    list = has_list_keys(L, index, &count);
    if (script_is_marked(L, index) && !list)
        return give_up(w, "an array has other keys than 1, 2, 3 …: there is a hole, or a name");
    written =
        list && (count > 0 || script_is_marked(L, index)) ? write_array(L, w, index, count) : write_object(L, w, index);
    w->depth--;
    return written;
}

static bool
write_number(lua_State *L, struct writing *w, int index)
{
    char number[32];

    if (lua_isinteger(L, index))
        json_integer(&w->writer, lua_tointeger(L, index));
    else if (script_print_number(number, sizeof number, lua_tonumber(L, index)))
        json_raw(&w->writer, text_of(number));
    else
        return give_up(w, "infinity and nan are no JSON numbers");
    return true;
}

static bool
write_view(struct writing *w, const struct script_view *view)
{
    if (view->evaluation != w->script->evaluation)
        return give_up(w, "it belongs to an evaluation that is over");
    for (uint32_t i = 0; i < view->value->span; i++) {
        if (view->value[i].flags & VALUE_REDACTED)
            return give_up(w, "redacted");
    }
    json_value(&w->writer, view->value);
    return true;
}

static bool
write_userdata(lua_State *L, struct writing *w, int index)
{
    const struct script_number *number = lua_touserdata(L, index);

    switch (script_kind(L, index)) {
    case KIND_NULL:
        json_null(&w->writer);
        return true;
    case KIND_NUMBER:
        json_raw(&w->writer, text_make(number->text, number->length));
        return true;
    case KIND_VIEW:
        return write_view(w, lua_touserdata(L, index));
    default:
        return give_up(w, "there is an object of the program in it");
    }
}

static bool
write_value(lua_State *L, struct writing *w, int index)
{
    struct text string;

    if (buffer_failed(w->writer.out))
        return give_up(w, "it is too large");
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        json_bool(&w->writer, lua_toboolean(L, index));
        return true;
    case LUA_TNUMBER:
        return write_number(L, w, index);
    case LUA_TSTRING:
        string.data = lua_tolstring(L, index, &string.length);
        json_string(&w->writer, string);
        return true;
    case LUA_TTABLE:
        return write_table(L, w, index);
    case LUA_TUSERDATA:
        return write_userdata(L, w, index);
    case LUA_TFUNCTION:
        return give_up(w, "there is a function in it");
    default:
        return give_up(w, "it is nil");
    }
}

static int
write_protected(lua_State *L)
{
    struct writing *w = lua_touserdata(L, 1);

    (void)write_value(L, w, 2);
    return 0;
}

bool
script_write_json(struct script *s, lua_State *L, int index, struct buffer *json, const char **why)
{
    struct writing w = { .script = s };
    size_t before = buffer_length(json);
    int status;

    json_begin(&w.writer, json, 0);
    if (!lua_checkstack(L, 2)) {
        *why = "there is no memory";
        return false;
    }
    lua_pushvalue(L, index);
    status = script_protect(L, write_protected, &w, 1, 0);
    free(w.keys);
    if (status == LUA_OK && w.why == NULL && buffer_failed(json))
        w.why = "it is too large";
    if (status == LUA_OK && w.why == NULL)
        return true;
    *why = w.why != NULL ? w.why : "there is no memory";
    buffer_truncate(json, before);
    return false;
}
