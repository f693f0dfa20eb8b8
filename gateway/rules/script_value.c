/* script_value.c -- JSON values in Lua: null, arrays, and numbers that are kept as they were written. */
#include "rules/script_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PRECISE_DIGITS 15   /* that a double always keeps */
#define LOWEST_DIGIT   -306 /* 10 to this is a normal double, and so are those above */
#define HIGHEST_DIGIT  308

/* ---- kinds ---- */

void *
script_new_kind(lua_State *L, enum script_kind kind, size_t size, int values)
{
    enum script_kind *made = lua_newuserdatauv(L, size, values);

    memset(made, 0, size);
    *made = kind;
    return made;
}

const char *
script_type_name(lua_State *L, int index)
{
    switch (script_kind(L, index)) {
    case KIND_NULL:
        return "null";
    case KIND_NUMBER:
        return "number";
    case KIND_VIEW:
    case KIND_GROUP:
    case KIND_CLOSED:
        return "table";
    case KIND_OBJECT:
        return "object";
    default:
        return luaL_typename(L, index);
    }
}

void
script_new_metatable(lua_State *L, const char *name, const luaL_Reg *functions)
{
    lua_newtable(L);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    if (functions != NULL)
        luaL_setfuncs(L, functions, 0);
}

static int
refuse_change(lua_State *L)
{
    return script_error(L, "this cannot be changed");
}

void
script_close_table(lua_State *L, const char *name)
{
    (void)script_new_kind(L, KIND_CLOSED, sizeof(enum script_kind), 1);
    lua_rotate(L, -2, 1);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, -3, 1);
    script_new_metatable(L, name, NULL);
    lua_rotate(L, -2, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_change);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

/* ---- null and arrays ---- */

void
script_push_null(lua_State *L)
{
    script_push_place(L, PLACE_NULL);
}

bool
script_is_null(lua_State *L, int index)
{
    return script_kind(L, index) == KIND_NULL;
}

static int
null_text(lua_State *L)
{
    lua_pushliteral(L, "null");
    return 1;
}

void
script_mark_array(lua_State *L)
{
    script_push_place(L, PLACE_ARRAY);
    lua_setmetatable(L, -2);
}

bool
script_is_marked(lua_State *L, int index)
{
    bool marked;

    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    script_push_place(L, PLACE_ARRAY);
    marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

/* ---- numbers ---- */

bool
script_decimal(lua_State *L, int index, struct decimal *d, char out[32])
{
    const struct script_number *kept = lua_touserdata(L, index);

    if (script_kind(L, index) == KIND_NUMBER) {
        decimal_read(d, text_make(kept->text, kept->length));
    } else if (lua_type(L, index) != LUA_TNUMBER) {
        return false;
    } else if (lua_isinteger(L, index)) {
        decimal_from(d, lua_tointeger(L, index));
    } else if (script_print_number(out, 32, lua_tonumber(L, index))) {
        decimal_read(d, text_of(out));
    } else {
        return false;
    }
    return true;
}

bool
script_print_number(char *out, size_t size, double number)
{
    if (!isfinite(number))
        return false;
    (void)snprintf(out, size, "%.15g", number == 0 ? 0.0 : number); /* no -0 */
    return true;
}

/* Of up to 15 digits. Powers of ten up to the 22nd are exact, so one operation gives the nearest double (Clinger 1990);
 * further away it is looked for. */
static double
nearest_double(const struct decimal *d)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

    if (d->exponent < -22 || d->exponent > 22)
        return decimal_to_double(d);
    return d->exponent < 0 ? (double)d->mantissa / powers[-d->exponent] : (double)d->mantissa * powers[d->exponent];
}

void
script_push_number(lua_State *L, struct text number, bool integer)
{
    struct decimal d;
    struct script_number *kept;
    uint64_t small;
    int64_t whole;

    if (integer && text_to_u64(number, &small) && small <= INT64_MAX) {
        lua_pushinteger(L, (lua_Integer)small);
        return;
    }
    decimal_read(&d, number);
    if (decimal_to_i64(&d, &whole)) {
        lua_pushinteger(L, whole);
        return;
    }
    if (d.digits <= PRECISE_DIGITS && d.exponent + d.digits > LOWEST_DIGIT && d.exponent + d.digits <= HIGHEST_DIGIT) {
        lua_pushnumber(L, nearest_double(&d));
        return;
    }
    kept = script_new_kind(L, KIND_NUMBER, sizeof *kept + number.length, 0);
    kept->length = (uint32_t)number.length;
    memcpy(kept->text, number.data, number.length);
    script_push_place(L, PLACE_NUMBER);
    lua_setmetatable(L, -2);
}

static int
number_text(lua_State *L)
{
    const struct script_number *kept = lua_touserdata(L, 1);

    lua_pushlstring(L, kept->text, kept->length);
    return 1;
}

/* < 0, 0, > 0. Raises where one is no number. */
static int
compare(lua_State *L)
{
    char left[32], right[32];
    struct decimal a, b;

    if (!script_decimal(L, 1, &a, left) || !script_decimal(L, 2, &b, right))
        script_error(L, "attempt to compare %s with %s", script_type_name(L, 1), script_type_name(L, 2));
    return decimal_compare(&a, &b);
}

static int
number_equal(lua_State *L)
{
    bool numbers = script_kind(L, 1) == KIND_NUMBER && script_kind(L, 2) == KIND_NUMBER;

    lua_pushboolean(L, numbers && compare(L) == 0);
    return 1;
}

static int
number_less(lua_State *L)
{
    lua_pushboolean(L, compare(L) < 0);
    return 1;
}

static int
number_at_most(lua_State *L)
{
    lua_pushboolean(L, compare(L) <= 0);
    return 1;
}

double
script_to_float(lua_State *L, int index)
{
    const struct script_number *kept = lua_touserdata(L, index);
    struct decimal d;

    if (script_kind(L, index) != KIND_NUMBER)
        return lua_tonumber(L, index);
    decimal_read(&d, text_make(kept->text, kept->length));
    return decimal_to_double(&d);
}

void
script_push_float(lua_State *L, int index)
{
    if (script_kind(L, index) == KIND_NUMBER)
        lua_pushnumber(L, script_to_float(L, index));
    else if (lua_type(L, index) == LUA_TNUMBER)
        lua_pushvalue(L, index);
    else
        script_error(L, "attempt to perform arithmetic on a %s value", script_type_name(L, index));
}

/* Upvalue: what lua_arith calls it. */
static int
number_arithmetic(lua_State *L)
{
    int operation = (int)lua_tointeger(L, lua_upvalueindex(1));

    script_push_float(L, 1);
    if (operation != LUA_OPUNM)
        script_push_float(L, 2);
    lua_arith(L, operation);
    return 1;
}

static int
number_joined(lua_State *L)
{
    (void)luaL_tolstring(L, 1, NULL);
    (void)luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

static const luaL_Reg number_functions[] = {
    { "__tostring", number_text }, { "__eq", number_equal },      { "__lt", number_less },
    { "__le", number_at_most },    { "__concat", number_joined }, { NULL, NULL },
};

static const struct {
    const char *name;
    int operation;
} arithmetic[] = {
    { "__add", LUA_OPADD }, { "__sub", LUA_OPSUB }, { "__mul", LUA_OPMUL },   { "__div", LUA_OPDIV },
    { "__mod", LUA_OPMOD }, { "__pow", LUA_OPPOW }, { "__idiv", LUA_OPIDIV }, { "__unm", LUA_OPUNM },
};

void
script_open_values(lua_State *L)
{
    static const luaL_Reg null_functions[] = { { "__tostring", null_text }, { NULL, NULL } };

    script_new_metatable(L, "array", NULL);
    script_set_place(L, PLACE_ARRAY);
    script_new_metatable(L, "number", number_functions);
    for (size_t i = 0; i < sizeof arithmetic / sizeof arithmetic[0]; i++) {
        lua_pushinteger(L, arithmetic[i].operation);
        lua_pushcclosure(L, number_arithmetic, 1);
        lua_setfield(L, -2, arithmetic[i].name);
    }
    script_set_place(L, PLACE_NUMBER);
    (void)script_new_kind(L, KIND_NULL, sizeof(enum script_kind), 0);
    script_new_metatable(L, "null", null_functions);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "null");
    script_set_place(L, PLACE_NULL);
}

/* ---- from a tape ---- */

static void
push_array(lua_State *L, const struct value *value)
{
    lua_Integer at = 1;

    lua_createtable(L, value->count < INT32_MAX ? (int)value->count : 0, 0);
    for (VALUE_EACH_ITEM(item, value)) {
        script_push_json(L, item);
        lua_rawseti(L, -2, at++);
    }
    script_mark_array(L);
}

static void
push_object(lua_State *L, const struct value *value)
{
    lua_createtable(L, 0, value->count < INT32_MAX ? (int)value->count : 0);
    for (VALUE_EACH_MEMBER(key, value)) {
        (void)lua_pushlstring(L, key->data, key->count);
        script_push_json(L, value_next(key));
        lua_rawset(L, -3);
    }
}

void
script_push_json(lua_State *L, const struct value *value)
{
    luaL_checkstack(L, 8, "the value is nested too deeply");
    switch ((enum value_type)value->type) {
    case VALUE_NULL:
        script_push_null(L);
        break;
    case VALUE_FALSE:
    case VALUE_TRUE:
        lua_pushboolean(L, value->type == VALUE_TRUE);
        break;
    case VALUE_NUMBER:
        script_push_number(L, value_text(value), (value->flags & VALUE_INTEGER) != 0);
        break;
    case VALUE_STRING:
        (void)lua_pushlstring(L, value->data, value->count);
        break;
    case VALUE_ARRAY:
        push_array(L, value);
        break;
    case VALUE_OBJECT:
        push_object(L, value);
        break;
    }
}
