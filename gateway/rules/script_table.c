/* script_table.c -- the table functions of the closed environment.
 *
 * Written anew, because Lua's own ones trust __len and __index: those can say that there is no end. These look at the
 * table itself, and what they do counts as steps. Sorting keeps the order of equals, so it is the same everywhere. */
#include "rules/script_internal.h"

/* How many items a table has. */
static lua_Integer
length_of(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    return (lua_Integer)lua_rawlen(L, index);
}

/* Items from..to go to places further up or down. */
static void
shift(lua_State *L, lua_Integer from, lua_Integer to, lua_Integer by)
{
    script_charge(L, to >= from ? (uint64_t)(to - from) : 0);
    for (lua_Integer i = by > 0 ? to : from; i >= from && i <= to; i += by > 0 ? -1 : 1) {
        (void)lua_rawgeti(L, 1, i);
        lua_rawseti(L, 1, i + by);
    }
}

static int
table_insert(lua_State *L)
{
    lua_Integer length = length_of(L, 1), at = length + 1;

    if (lua_gettop(L) == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, at >= 1 && at <= length + 1, 2, "position out of bounds");
        shift(L, at, length, 1);
    } else if (lua_gettop(L) != 2) {
        return script_error(L, "wrong number of arguments to 'insert'");
    }
    lua_rawseti(L, 1, at);
    return 0;
}

static int
table_remove(lua_State *L)
{
    lua_Integer length = length_of(L, 1), at = luaL_optinteger(L, 2, length);

    if (length == 0 && (at == 0 || at == 1)) {
        lua_pushnil(L);
        return 1;
    }
    luaL_argcheck(L, at >= 1 && at <= length + 1, 2, "position out of bounds");
    (void)lua_rawgeti(L, 1, at);
    shift(L, at + 1, length, -1);
    if (at <= length) {
        lua_pushnil(L);
        lua_rawseti(L, 1, length);
    }
    return 1;
}

static int
table_concat(lua_State *L)
{
    size_t separator_length, total = 0;
    lua_Integer last = length_of(L, 1);
    const char *separator = luaL_optlstring(L, 2, "", &separator_length);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    luaL_Buffer buffer;

    last = luaL_optinteger(L, 4, last);
    luaL_buffinit(L, &buffer);
    for (lua_Integer i = first; i <= last; i++) {
        int type = lua_rawgeti(L, 1, i);

        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            return script_error(L, "item %I in 'concat' is a %s", i, script_type_name(L, -1));
        total += lua_rawlen(L, -1) + separator_length;
        if (total > LIMIT_SCRIPT_TEXT)
            return script_error(L, "'concat' would make a text of more than %I bytes", (lua_Integer)LIMIT_SCRIPT_TEXT);
        luaL_addvalue(&buffer);
        if (i == last)
            break; /* i + 1 might not be a number any more */
        luaL_addlstring(&buffer, separator, separator_length);
        script_charge(L, 1);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int
table_unpack(lua_State *L)
{
    lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, length_of(L, 1));
    uint64_t count = last >= first ? (uint64_t)last - (uint64_t)first + 1 : 0;

    if (count > LIMIT_SCRIPT_VALUES || (last >= first && count == 0))
        return script_error(L, "'unpack' gives at most %d values", LIMIT_SCRIPT_VALUES);
    luaL_checkstack(L, (int)count, NULL);
    script_charge(L, count);
    for (uint64_t i = 0; i < count; i++)
        (void)lua_rawgeti(L, 1, first + (lua_Integer)i);
    return (int)count;
}

static int
table_pack(lua_State *L)
{
    int count = lua_gettop(L);

    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

/* ---- sorting: merging, from pairs upwards ---- */

/* Is the value on top less than the one below it? Pops both. */
static bool
top_is_less(lua_State *L, int function)
{
    bool less;

    if (function != 0) {
        lua_pushvalue(L, function);
        lua_rotate(L, -3, 1); /* function, below, top */
        lua_rotate(L, -2, 1); /* function, top, below */
        lua_call(L, 2, 1);
        less = lua_toboolean(L, -1);
        lua_pop(L, 1);
    } else {
        less = lua_compare(L, -1, -2, LUA_OPLT);
        lua_pop(L, 2);
    }
    return less;
}

/* The sorted stretches [from, middle) and [middle, end) of one table become one of the other. Places from 1. */
static void
merge(lua_State *L, int source, int target, int function, lua_Integer from, lua_Integer middle, lua_Integer end)
{
    lua_Integer left = from, right = middle;

    for (lua_Integer at = from; at < end; at++) {
        bool take_right = left >= middle;

        if (left < middle && right < end) {
            (void)lua_rawgeti(L, source, left);
            (void)lua_rawgeti(L, source, right);
            take_right = top_is_less(L, function);
        }
        (void)lua_rawgeti(L, source, take_right ? right++ : left++);
        lua_rawseti(L, target, at);
    }
}

/* The first `length` items of the table, by a function or by '<'. */
static void
sort(lua_State *L, int table, int function, lua_Integer length)
{
    int source, target;

    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, length < INT32_MAX ? (int)length : 0, 0);
    source = table;
    target = lua_gettop(L);
    for (lua_Integer width = 1; width < length; width *= 2) {
        int other = source;

        script_charge(L, (uint64_t)length);
        for (lua_Integer from = 1; from <= length; from += 2 * width) {
            lua_Integer middle = from + width <= length ? from + width : length + 1;

            merge(L, source, target, function, from, middle, middle + width <= length ? middle + width : length + 1);
        }
        source = target;
        target = other;
    }
    for (lua_Integer i = 1; source != table && i <= length; i++) {
        (void)lua_rawgeti(L, source, i);
        lua_rawseti(L, table, i);
    }
    lua_pop(L, 1);
}

static int
table_sort(lua_State *L)
{
    lua_Integer length = length_of(L, 1);

    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    sort(L, 1, lua_isnil(L, 2) ? 0 : 2, length);
    return 0;
}

/* ---- keys in order ---- */

/* The keys of one kind, in a new table; *ordered: they came in their order. */
static lua_Integer
keys_of(lua_State *L, int index, int type, bool *ordered)
{
    lua_Integer count = 0;

    *ordered = type != LUA_TSTRING;
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        int found = lua_type(L, -2);

        lua_pop(L, 1);
        if (type != LUA_TNONE ? found != type : found == LUA_TNUMBER || found == LUA_TSTRING)
            continue;
        if (type == LUA_TNUMBER && count > 0) {
            (void)lua_rawgeti(L, -2, count);
            *ordered &= lua_compare(L, -1, -2, LUA_OPLT) != 0;
            lua_pop(L, 1);
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, ++count);
    }
    script_charge_scan(L, (uint64_t)count);
    return count;
}

/* Appends the items of the table on top to the one below it, and pops it. */
static lua_Integer
append(lua_State *L, lua_Integer to, lua_Integer count)
{
    for (lua_Integer i = 1; i <= count; i++) {
        (void)lua_rawgeti(L, -1, i);
        lua_rawseti(L, -3, to + i);
    }
    lua_pop(L, 1);
    return to + count;
}

void
script_sorted_keys(lua_State *L, int index)
{
    static const int types[] = { LUA_TSTRING, LUA_TNONE };
    lua_Integer count, total;
    bool ordered;

    index = lua_absindex(L, index);
    total = keys_of(L, index, LUA_TNUMBER, &ordered);
    if (!ordered)
        sort(L, lua_gettop(L), 0, total);
    if (total > 0 && total == (lua_Integer)lua_rawlen(L, index) && script_is_marked(L, index))
        return; /* an array has no others */
    for (int i = 0; i < 2; i++) {
        count = keys_of(L, index, types[i], &ordered);
        if (types[i] == LUA_TSTRING)
            sort(L, lua_gettop(L), 0, count);
        total = append(L, total, count);
    }
}

void
script_open_table(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "insert", table_insert },
        { "remove", table_remove },
        { "concat", table_concat },
        { "unpack", table_unpack },
        { "pack", table_pack },
        { "sort", table_sort },
        { NULL, NULL },
    };

    lua_pushnil(L); /* where the other libraries have what they take from */
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    script_close_library(L, "table");
}
