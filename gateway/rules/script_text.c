/* script_text.c -- the string functions of the closed environment: Lua's own, within bounds, and those with patterns.
 */
#include "rules/script_internal.h"

#include <string.h>

/* ---- what Lua does, within bounds; upvalue: Lua's function ---- */

static int
call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int
text_rep(lua_State *L)
{
    size_t length, separator = 0;
    lua_Integer count = luaL_checkinteger(L, 2);

    (void)luaL_checklstring(L, 1, &length);
    (void)luaL_optlstring(L, 3, "", &separator);
    if (count > 0 && (uint64_t)(length + separator) > LIMIT_SCRIPT_TEXT / (uint64_t)count)
        return script_error(L, "'rep' would make a text of more than %I bytes", (lua_Integer)LIMIT_SCRIPT_TEXT);
    if (length + separator == 0)
        lua_settop(L, 1); /* as often as it may be */
    else
        return call_original(L);
    return 1;
}

static int
text_byte(lua_State *L)
{
    lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, first);
    size_t length;

    (void)luaL_checklstring(L, 1, &length);
    last = last < 0 ? last + (lua_Integer)length + 1 : last > (lua_Integer)length ? (lua_Integer)length : last;
    first = first < -(lua_Integer)length || first == 0 ? 1 : first < 0 ? first + (lua_Integer)length + 1 : first;
    if (last >= first && last - first >= LIMIT_SCRIPT_VALUES)
        return script_error(L, "'byte' gives at most %d values", LIMIT_SCRIPT_VALUES);
    return call_original(L);
}

/* Is a conversion for addresses in it? */
static bool
has_address(const char *format)
{
    while ((format = strchr(format, '%')) != NULL) {
        format++;
        format += strspn(format, "-+ #0123456789.");
        if (*format == 'p')
            return true;
        format += *format != '\0';
    }
    return false;
}

static int
text_format(lua_State *L)
{
    size_t total;

    if (has_address(luaL_checklstring(L, 1, &total)))
        return script_error(L, "'%%p' is not here: addresses are different in each process");
    for (int i = 2; i <= lua_gettop(L); i++) {
        int type = lua_type(L, i);

        if (type == LUA_TTABLE || type == LUA_TUSERDATA || type == LUA_TFUNCTION) {
            script_tostring(L, i);
            lua_replace(L, i);
        }
        total += lua_rawlen(L, i) + 128;
    }
    if (total > LIMIT_SCRIPT_TEXT)
        return script_error(L, "'format' would make a text of more than %I bytes", (lua_Integer)LIMIT_SCRIPT_TEXT);
    return call_original(L);
}

/* ---- the library ---- */

static const char *const taken[] = { "char", "len", "lower", "reverse", "sub", "upper", NULL };

static const luaL_Reg bounded[] = {
    { "rep", text_rep },
    { "byte", text_byte },
    { "format", text_format },
    { NULL, NULL },
};

/* Texts have these as methods; and no arithmetic: "10" + 1 is a mistake to be told. */
static void
set_methods(lua_State *L)
{
    lua_pushliteral(L, "");
    script_new_metatable(L, "string", NULL);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void
script_open_text(lua_State *L)
{
    script_open_library(L, luaopen_string);
    script_take(L, -2, taken);
    script_add_patterns(L);
    for (const luaL_Reg *one = bounded; one->name != NULL; one++) {
        (void)lua_getfield(L, -2, one->name);
        lua_pushcclosure(L, one->func, 1);
        lua_setfield(L, -2, one->name);
    }
    set_methods(L);
    script_close_library(L, "string");
}
