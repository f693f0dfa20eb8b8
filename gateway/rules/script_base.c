/* script_base.c -- the basic functions, math and utf8 of the closed environment.
 *
 * What Lua's own functions do well is taken from them, by name: what is not in the lists here is not there. The rest is
 * written anew: pcall lets nothing through that ends a run, pairs has an order, tostring gives no addresses. There is
 * no next: it passes over places that are empty, as often as it is asked, and who counts them? */
#include "rules/script_internal.h"

/* ---- errors ---- */

/* `status` of what was called; below its results, `skipped` values are not the caller's business. */
static int
finish_pcall(lua_State *L, int status, lua_KContext skipped)
{
    struct script *s = script_of(L);

    if (status == LUA_ERRMEM && s->abort == ABORT_NONE)
        s->abort = ABORT_MEMORY;
    if (s->abort != ABORT_NONE)
        return script_abort_now(L);
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - (int)skipped;
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

static int
base_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1); /* for success */
    lua_insert(L, 1);
    return finish_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall), 0);
}

/* The handler is called once the stack is unwound: it cannot be the one that overflows it. */
static int
finish_xpcall(lua_State *L, int status, lua_KContext skipped)
{
    int results = finish_pcall(L, status, skipped);

    if (status == LUA_OK || status == LUA_YIELD)
        return results;
    lua_pushvalue(L, 2);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
    return 2;
}

static int
base_xpcall(lua_State *L)
{
    int args = lua_gettop(L) - 2;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return finish_xpcall(L, lua_pcallk(L, args, LUA_MULTRET, 0, 2, finish_xpcall), 2);
}

/* ---- values ---- */

static int
base_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, script_type_name(L, 1));
    return 1;
}

static int
base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    script_tostring(L, 1);
    return 1;
}

void
script_tostring(lua_State *L, int index)
{
    int type = lua_type(L, index);

    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL || type == LUA_TNUMBER || type == LUA_TSTRING ||
        type == LUA_TBOOLEAN || type == LUA_TNIL)
        (void)luaL_tolstring(L, index, NULL);
    else
        lua_pushstring(L, script_type_name(L, index)); /* Lua would give the address */
}

/* Upvalue: Lua's tonumber. */
static int
base_tonumber(lua_State *L)
{
    if (script_kind(L, 1) == KIND_NUMBER) {
        lua_pushinteger(L, 0);
        lua_pushvalue(L, 1);
        lua_arith(L, LUA_OPADD);
        return 1;
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* ---- metatables ---- */

/* Without __gc: it would run wherever memory happens to be collected. */
static int
base_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return script_error(L, "the metatable of this %s cannot be changed",
                            script_is_marked(L, 1) ? "array" : "table");
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return script_error(L, "a metatable cannot have __gc here");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int
base_getmetatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    (void)luaL_getmetafield(L, 1, "__metatable");
    return 1;
}

/* ---- going through tables ---- */

/* 1..n; of anything that has an index. */
static int
next_item(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 2) + 1;

    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int
base_ipairs(lua_State *L)
{
    if (script_type_name(L, 1)[0] != 't')
        return luaL_typeerror(L, 1, "table");
    lua_pushcfunction(L, next_item);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* Upvalues: the keys in order, and how many were given already. */
static int
next_pair(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));

    lua_settop(L, 1);
    for (;;) {
        lua_pushinteger(L, ++at);
        lua_replace(L, lua_upvalueindex(2));
        if (lua_rawgeti(L, lua_upvalueindex(1), at) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) /* else it was removed meanwhile */
            return 2;
        lua_settop(L, 1);
    }
}

/* Numbers in their order, then strings in theirs: what a script does for each pair it does in the same order in every
 * process, where Lua's own order depends on addresses. Keys of other types come last, in no order. */
static int
base_pairs(lua_State *L)
{
    if (script_kind(L, 1) == KIND_VIEW)
        return script_view_pairs(L);
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    script_sorted_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 2);
    lua_pushvalue(L, 1);
    return 2;
}

/* ---- utf8 ---- */

/* Upvalue: Lua's utf8.len. */
static int
utf8_length(lua_State *L)
{
    size_t length;

    (void)luaL_checklstring(L, 1, &length);
    script_charge(L, length / 8);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* ---- the lists ---- */

static const char *const base_taken[] = { "assert", "error", "select", NULL };

static const luaL_Reg base_written[] = {
    { "pcall", base_pcall },
    { "xpcall", base_xpcall },
    { "type", base_type },
    { "tostring", base_tostring },
    { "setmetatable", base_setmetatable },
    { "getmetatable", base_getmetatable },
    { "ipairs", base_ipairs },
    { "pairs", base_pairs },
    { NULL, NULL },
};

/* No random: the host has one that can be repeated. */
static const char *const math_taken[] = {
    "abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
    "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
    "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult",        NULL,
};

static const char *const utf8_taken[] = { "char", "charpattern", "codes", "offset", NULL };

void
script_take(lua_State *L, int from, const char *const *names)
{
    from = lua_absindex(L, from);
    for (; *names != NULL; names++) {
        (void)lua_getfield(L, from, *names);
        lua_setfield(L, -2, *names);
    }
}

void
script_open_library(lua_State *L, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    lua_newtable(L);
}

void
script_close_library(lua_State *L, const char *name)
{
    script_close_table(L, name);
    lua_setfield(L, -3, name);
    lua_pop(L, 1);
}

void
script_open_base(lua_State *L)
{
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    lua_rotate(L, -2, 1);
    script_take(L, -2, base_taken);
    luaL_setfuncs(L, base_written, 0);
    (void)lua_getfield(L, -2, "tonumber");
    lua_pushcclosure(L, base_tonumber, 1);
    lua_setfield(L, -2, "tonumber");
    lua_remove(L, -2);

    script_open_library(L, luaopen_math);
    script_take(L, -2, math_taken);
    script_close_library(L, "math");
    script_open_library(L, luaopen_utf8);
    script_take(L, -2, utf8_taken);
    (void)lua_getfield(L, -2, "len");
    lua_pushcclosure(L, utf8_length, 1);
    lua_setfield(L, -2, "len");
    script_close_library(L, "utf8");
}
