/* script_call.c -- functions and objects of the host, as scripts call them.
 *
 * A host's function has memory of its own on its frame, so nothing may jump over it: what it returns or raises is made
 * under protection and remembered in the call; only when it has returned does Lua hear of it. */
#include "rules/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome {
    OUTCOME_RESULTS,
    OUTCOME_MESSAGE, /* raise `message` */
    OUTCOME_VALUE,   /* raise what is on top of the stack */
    OUTCOME_MEMORY,
    OUTCOME_PAUSE,
};

struct script_call {
    lua_State *L;
    struct script *script;
    int first; /* stack index of the first argument */
    int args;
    int results;
    enum outcome outcome;
    char message[512];
};

struct host_object {
    enum script_kind kind;
    const struct script_method *methods;
    void *object;
    uint64_t run; /* in which alone it may be used */
};

/* ---- calling ---- */

static int
finish(lua_State *L, struct script_call *call)
{
    switch (call->outcome) {
    case OUTCOME_RESULTS:
        return call->results;
    case OUTCOME_PAUSE:
        return lua_yield(L, 0);
    case OUTCOME_VALUE:
        return lua_error(L);
    case OUTCOME_MEMORY:
        call->script->abort = ABORT_MEMORY;
        return script_abort_now(L);
    default:
        return script_error(L, "%s", call->message);
    }
}

static int
call_host(lua_State *L, script_function *function, void *arg, int first)
{
    struct script_call call = { .L = L, .script = script_of(L), .first = first, .args = lua_gettop(L) - first + 1 };

    if (call.args < 0)
        call.args = 0;
    (void)function(&call, arg);
    return finish(L, &call);
}

static int
call_definition(lua_State *L)
{
    const struct script_definition *definition = lua_touserdata(L, lua_upvalueindex(1));

    return call_host(L, definition->function, definition->arg, 1);
}

/* __index of a table whose members are computed: the table, then the name. */
static int
call_member(lua_State *L)
{
    const struct script_definition *definition = lua_touserdata(L, lua_upvalueindex(1));

    return call_host(L, definition->function, definition->arg, 2);
}

/* Upvalues: the method, and its object. */
static int
call_method(lua_State *L)
{
    const struct script_method *method = lua_touserdata(L, lua_upvalueindex(1));
    const struct host_object *object = lua_touserdata(L, lua_upvalueindex(2));
    const struct script_run *run = script_of(L)->run;

    if (run == NULL || run->number != object->run)
        return script_error(L, "'%s' belongs to a run that is over; objects cannot be kept from one run to the next",
                            method->name);
    return call_host(L, method->function, object->object, lua_touserdata(L, 1) == object && lua_gettop(L) > 0 ? 2 : 1);
}

/* ---- defining ---- */

static int
define(lua_State *L)
{
    const struct script_definition *definition = lua_touserdata(L, 1);
    const char *table = lua_touserdata(L, 2);

    script_push_place(L, PLACE_GLOBALS);
    if (table != NULL && lua_getfield(L, -1, table) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        script_close_table(L, table);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, table);
    }
    if (table != NULL)
        (void)lua_getiuservalue(L, -1, 1); /* what is behind the closed table */
    lua_pushlightuserdata(L, (void *)(uintptr_t)definition);
    if (strcmp(definition->name, "*") != 0) {
        lua_pushcclosure(L, call_definition, 1);
        lua_setfield(L, -2, definition->name);
        return 0;
    }
    lua_newtable(L);
    lua_rotate(L, -2, 1);
    lua_pushcclosure(L, call_member, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    return 0;
}

int
script_define(struct script *s, const char *table, const char *name, script_function *f, void *arg, struct error *err)
{
    struct script_definition *definition;

    if (s->loaded)
        return error_set(err, ERROR_CONFIG, NULL, "'%s' is defined after the script was loaded", name);
    if ((definition = malloc(sizeof *definition)) == NULL)
        return error_memory(err);
    *definition = (struct script_definition){ s->definitions, name, f, arg };
    s->definitions = definition;
    if (!lua_checkstack(s->state, 1))
        return error_memory(err);
    lua_pushlightuserdata(s->state, (void *)(uintptr_t)table);
    return script_protect(s->state, define, definition, 1, 0) == LUA_OK ? 0 : error_memory(err);
}

/* ---- objects ---- */

static const struct script_method *
find_method(const struct script_method *methods, const char *name)
{
    for (; methods->name != NULL; methods++) {
        if (strcmp(methods->name, name) == 0)
            return methods;
    }
    return NULL;
}

static int
no_method(lua_State *L, const struct script_method *methods, const char *name)
{
    const char *names[64], *nearest;
    size_t count = 0;

    for (; methods->name != NULL && count < sizeof names / sizeof names[0]; methods++)
        names[count++] = methods->name;
    nearest = text_nearest(text_of(name), names, count);
    if (nearest != NULL)
        return script_error(L, "there is no method '%s'; did you mean '%s'?", name, nearest);
    return script_error(L, "there is no method '%s'", name);
}

/* The method as a function that knows its object; made once per run, then kept with the object. */
static int
index_object(lua_State *L)
{
    const struct host_object *object = lua_touserdata(L, 1);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    const struct script_method *method;

    (void)lua_getiuservalue(L, 1, 1);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) == LUA_TFUNCTION)
        return 1;
    lua_pop(L, 1);
    if ((method = find_method(object->methods, name)) == NULL)
        return no_method(L, object->methods, name);
    lua_pushvalue(L, 2);
    lua_pushlightuserdata(L, (void *)(uintptr_t)method);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, call_method, 2);
    lua_pushvalue(L, -1);
    lua_insert(L, -4);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return 1;
}

void
script_open_objects(lua_State *L)
{
    static const luaL_Reg functions[] = { { "__index", index_object }, { NULL, NULL } };

    script_new_metatable(L, "object", functions);
    script_set_place(L, PLACE_OBJECT);
}

void
script_push_host_object(lua_State *L, const struct script_method *methods, void *object, uint64_t run)
{
    struct host_object *made = script_new_kind(L, KIND_OBJECT, sizeof *made, 1);

    made->methods = methods;
    made->object = object;
    made->run = run;
    script_push_place(L, PLACE_OBJECT);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
}

/* ---- arguments ---- */

uint32_t
script_arg_count(const struct script_call *call)
{
    return (uint32_t)call->args;
}

/* The type of an argument; nil where there is none. */
static int
arg_type(const struct script_call *call, uint32_t index)
{
    return index < (uint32_t)call->args ? lua_type(call->L, call->first + (int)index) : LUA_TNIL;
}

bool
script_arg_is_nil(const struct script_call *call, uint32_t index)
{
    return arg_type(call, index) == LUA_TNIL;
}

bool
script_arg_text(const struct script_call *call, uint32_t index, struct text *text)
{
    if (arg_type(call, index) != LUA_TSTRING)
        return false;
    text->data = lua_tolstring(call->L, call->first + (int)index, &text->length);
    return true;
}

bool
script_arg_integer(const struct script_call *call, uint32_t index, int64_t *integer)
{
    lua_Integer found;
    int is_integer = 0;

    if (arg_type(call, index) != LUA_TNUMBER)
        return false;
    found = lua_tointegerx(call->L, call->first + (int)index, &is_integer);
    if (!is_integer)
        return false;
    *integer = found;
    return true;
}

bool
script_arg_boolean(const struct script_call *call, uint32_t index, bool *boolean)
{
    if (arg_type(call, index) != LUA_TBOOLEAN)
        return false;
    *boolean = lua_toboolean(call->L, call->first + (int)index);
    return true;
}

bool
script_arg_json(const struct script_call *call, uint32_t index, struct buffer *json, const char **why)
{
    if (arg_type(call, index) == LUA_TNIL) {
        *why = "it is nil";
        return false;
    }
    return script_write_json(call->script, call->L, call->first + (int)index, json, why);
}

/* ---- results ---- */

static int
push_text(lua_State *L)
{
    const struct text *text = lua_touserdata(L, 1);

    (void)lua_pushlstring(L, text->data != NULL ? text->data : "", text->length);
    return 1;
}

static int
push_value(lua_State *L)
{
    script_push_json(L, lua_touserdata(L, 1));
    return 1;
}

/* A result was pushed, or there was no memory for it. */
static int
pushed(struct script_call *call, bool success)
{
    if (success)
        call->results++;
    else if (call->outcome == OUTCOME_RESULTS)
        call->outcome = OUTCOME_MEMORY;
    return call->results;
}

static bool
has_room(struct script_call *call)
{
    return call->outcome == OUTCOME_RESULTS && lua_checkstack(call->L, 1);
}

int
script_return_nothing(struct script_call *call)
{
    return call->results;
}

int
script_return_nil(struct script_call *call)
{
    if (!has_room(call))
        return pushed(call, false);
    lua_pushnil(call->L);
    return pushed(call, true);
}

int
script_return_boolean(struct script_call *call, bool boolean)
{
    if (!has_room(call))
        return pushed(call, false);
    lua_pushboolean(call->L, boolean);
    return pushed(call, true);
}

int
script_return_integer(struct script_call *call, int64_t integer)
{
    if (!has_room(call))
        return pushed(call, false);
    lua_pushinteger(call->L, integer);
    return pushed(call, true);
}

int
script_return_number(struct script_call *call, double number)
{
    if (!has_room(call))
        return pushed(call, false);
    lua_pushnumber(call->L, number);
    return pushed(call, true);
}

int
script_return_text(struct script_call *call, struct text text)
{
    return pushed(call, has_room(call) && script_protect(call->L, push_text, &text, 0, 1) == LUA_OK);
}

int
script_return_value(struct script_call *call, const struct value *value)
{
    if (value == NULL)
        return script_return_nil(call);
    return pushed(call,
                  has_room(call) && script_protect(call->L, push_value, (void *)(uintptr_t)value, 0, 1) == LUA_OK);
}

int
script_raise(struct script_call *call, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(call->message, sizeof call->message, format, arguments);
    va_end(arguments);
    call->outcome = OUTCOME_MESSAGE;
    return 0;
}

int
script_raise_value(struct script_call *call, const struct value *value)
{
    (void)script_return_value(call, value);
    if (call->outcome == OUTCOME_RESULTS)
        call->outcome = OUTCOME_VALUE;
    return 0;
}

bool
script_may_pause(const struct script_call *call)
{
    return call->script->run != NULL && lua_isyieldable(call->L);
}

int
script_pause(struct script_call *call)
{
    if (!script_may_pause(call))
        return script_raise(call, "this cannot wait here: not while the file is loaded, nor in a function that sort, "
                                  "gsub, sum and the like call");
    call->outcome = OUTCOME_PAUSE;
    return 0;
}
