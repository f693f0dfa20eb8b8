/* script_list.c -- lists as scripts and expressions use them: array, sum, count, all, any, len, copy.
 *
 * A list is an array of JSON: a table with items, or the view of an array. */
#include "rules/script_internal.h"

/* ---- lists ---- */

/* How many items; of anything but a list an error in the name of the function. */
static lua_Integer
list_length(lua_State *L, const char *function)
{
    lua_Integer length;

    if (script_view_length(L, 1, true, &length))
        return length;
    if (lua_type(L, 1) == LUA_TTABLE) {
        length = (lua_Integer)lua_rawlen(L, 1);
        if (length > 0 || script_is_marked(L, 1))
            return length;
        script_charge_scan(L, 0);
        lua_pushnil(L);
        if (!lua_next(L, 1))
            return 0;
    }
    return script_error(L, "%s wants a list, not %s", function,
                        lua_isnoneornil(L, 1)          ? "something that is missing"
                        : lua_type(L, 1) == LUA_TTABLE ? "an object"
                                                       : script_type_name(L, 1));
}

static void
push_item(lua_State *L, lua_Integer i)
{
    if (lua_type(L, 1) == LUA_TTABLE)
        (void)lua_rawgeti(L, 1, i);
    else
        script_view_item(L, 1, i);
}

/* What the function says of the item; it gets the item and its number. */
static bool
holds(lua_State *L, lua_Integer i)
{
    bool result;

    lua_pushvalue(L, 2);
    push_item(L, i);
    lua_pushinteger(L, i);
    lua_call(L, 2, 1);
    result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

static int
list_count(lua_State *L)
{
    lua_Integer length = list_length(L, "count"), count = 0;

    if (lua_isnoneornil(L, 2)) {
        count = length;
    } else {
        luaL_checktype(L, 2, LUA_TFUNCTION);
        for (lua_Integer i = 1; i <= length; i++)
            count += holds(L, i);
    }
    lua_pushinteger(L, count);
    return 1;
}

static int
list_all(lua_State *L)
{
    lua_Integer length = list_length(L, "all");
    bool all = true;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    for (lua_Integer i = 1; all && i <= length; i++)
        all = holds(L, i);
    lua_pushboolean(L, all);
    return 1;
}

static int
list_any(lua_State *L)
{
    lua_Integer length = list_length(L, "any");
    bool any = false;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    for (lua_Integer i = 1; !any && i <= length; i++)
        any = holds(L, i);
    lua_pushboolean(L, any);
    return 1;
}

/* ---- sum ---- */

/* The number of an item: the item, a member of it, or what a function makes of it. */
static void
push_summand(lua_State *L, lua_Integer i)
{
    int type = lua_type(L, 2);

    if (type == LUA_TFUNCTION)
        lua_pushvalue(L, 2);
    push_item(L, i);
    if (type == LUA_TFUNCTION) {
        lua_call(L, 1, 1);
    } else if (type == LUA_TSTRING) {
        if (script_type_name(L, -1)[0] != 't')
            script_error(L, "sum: item %I is a %s, without members", i, script_type_name(L, -1));
        lua_pushvalue(L, 2);
        (void)lua_gettable(L, -2);
        lua_remove(L, -2);
    }
    if (lua_type(L, -1) != LUA_TNUMBER && script_kind(L, -1) != KIND_NUMBER)
        script_error(L, "sum: of item %I the number is %s", i, lua_isnil(L, -1) ? "missing" : script_type_name(L, -1));
}

/* As decimals are added: 0.1 and 0.2 are 0.3. */
static int
list_sum(lua_State *L)
{
    lua_Integer length = list_length(L, "sum");

    lua_settop(L, 2);
    if (!lua_isnil(L, 2) && lua_type(L, 2) != LUA_TSTRING)
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushinteger(L, 0);
    for (lua_Integer i = 1; i <= length; i++) {
        push_summand(L, i);
        lua_arith(L, LUA_OPADD);
    }
    script_charge(L, (uint64_t)length);
    if (!lua_isinteger(L, -1))
        lua_pushnumber(L, script_tidy(lua_tonumber(L, -1)));
    return 1;
}

/* ---- len ---- */

static lua_Integer
count_members(lua_State *L)
{
    lua_Integer count = 0;

    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pop(L, 1);
        count++;
    }
    script_charge_scan(L, (uint64_t)count);
    return count;
}

/* Items of a list, members of an object, characters of a text. */
static int
list_len(lua_State *L)
{
    struct text text;
    lua_Integer length;

    if (lua_type(L, 1) == LUA_TSTRING) {
        text.data = lua_tolstring(L, 1, &text.length);
        script_charge(L, text.length / 16);
        length = (lua_Integer)text_code_points(text);
    } else if (lua_type(L, 1) == LUA_TTABLE) {
        length = count_members(L);
    } else if (!script_view_length(L, 1, false, &length)) {
        return script_error(L, "len wants a list, an object or a text, not %s",
                            lua_isnoneornil(L, 1) ? "something that is missing" : script_type_name(L, 1));
    }
    lua_pushinteger(L, length);
    return 1;
}

/* ---- array, copy ---- */

static int
list_array(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_getmetatable(L, 1) && !script_is_marked(L, 1))
        return script_error(L, "array: this table has a metatable");
    lua_settop(L, 1);
    script_charge_scan(L, lua_rawlen(L, 1));
    if (!script_has_list_keys(L, 1))
        return script_error(L, "array: its keys are not 1, 2, 3 …; for something that is not there put null");
    script_mark_array(L);
    return 1;
}

static int
list_is_array(lua_State *L)
{
    lua_Integer length;

    if (lua_type(L, 1) == LUA_TTABLE)
        script_charge_scan(L, lua_rawlen(L, 1));
    lua_pushboolean(L, script_is_list(L, 1) || script_view_length(L, 1, true, &length));
    return 1;
}

/* A new table for the one on top. Deep, but not for functions and objects. */
static void
push_copy(lua_State *L, int depth)
{
    int from = lua_gettop(L);

    if (lua_type(L, from) != LUA_TTABLE) {
        script_view_copy(L);
        return;
    }
    if (depth >= LIMIT_JSON_DEPTH)
        script_error(L, "copy: the table is nested too deeply, or contains itself");
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L);
    lua_pushnil(L);
    script_charge_scan(L, 0);
    while (lua_next(L, from)) {
        push_copy(L, depth + 1);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, from + 1);
    }
    if (lua_getmetatable(L, from))
        lua_setmetatable(L, -2);
    lua_replace(L, from);
}

static int
list_copy(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    push_copy(L, 0);
    return 1;
}

void
script_open_lists(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "array", list_array }, { "is_array", list_is_array }, { "copy", list_copy },
        { "sum", list_sum },     { "count", list_count },       { "all", list_all },
        { "any", list_any },     { "len", list_len },           { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}
