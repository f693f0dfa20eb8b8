/* script_load.c -- files of functions.
 *
 * A file has globals of its own, behind which the closed environment lies. They may be assigned as long as files are
 * run; then they are closed for good. A file is run on a coroutine, like everything, so that a failure has its place.
 */
#include "rules/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "rules/script_words.h"

/* ---- a file as a function ---- */

/* The function on top gets globals of its own. */
static void
set_globals(lua_State *L)
{
    (void)script_new_kind(L, KIND_CLOSED, sizeof(enum script_kind), 0);
    script_new_metatable(L, "globals", NULL);
    lua_newtable(L); /* where they are kept */
    lua_newtable(L);
    script_push_place(L, PLACE_GLOBALS);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__index");
    lua_setfield(L, -2, "__newindex");
    script_push_place(L, PLACE_OPEN);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    lua_setmetatable(L, -2);
    (void)lua_setupvalue(L, -2, 1);
}

/* 0 and a function on the stack, or -1 with err and nothing. Never raises. */
static int
compile(lua_State *L, struct text source, const char *name, struct error *err)
{
    char chunk[300], where[300];
    const char *message, *line;
    int status;

    if (!lua_checkstack(L, 4))
        return error_memory(err);
    if (words_have(source, TEXT("_ENV"))) /* which Lua 5.4.4 compiles wrongly where it is a constant */
        return error_set(err, ERROR_CONFIG, name, "_ENV is not for scripts");
    (void)snprintf(chunk, sizeof chunk, "@%s", name);
    status = luaL_loadbufferx(L, source.data != NULL ? source.data : "", source.length, chunk, "t");
    if (status == LUA_OK)
        return 0;
    message = status == LUA_ERRSYNTAX && lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    /* "file:12: what", where the name may have been shortened */
    line = message != NULL ? strstr(message, ": ") : NULL;
    if (line == NULL) {
        (void)error_set(err, ERROR_CONFIG, name, "%s", message != NULL ? message : "no memory for this script");
    } else {
        const char *digits = line;

        while (digits > message && digits[-1] >= '0' && digits[-1] <= '9')
            digits--;
        (void)snprintf(where, sizeof where, "%s:%.*s", name, (int)(line - digits), digits);
        (void)error_set(err, ERROR_CONFIG, where, "%s", line + 2);
    }
    lua_pop(L, 1);
    return -1;
}

static int
compile_file(lua_State *L, const char *path, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_SCRIPT_FILE);
    struct text source;
    int result = -1;

    if (arena == NULL)
        return error_memory(err);
    if (file_read(&source, path, arena, err) == 0)
        result = compile(L, source, path, err);
    arena_free(arena);
    return result;
}

/* ---- require ---- */

static bool
is_module_name(struct text name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return name.length > 0 && name.length < 64;
}

/* Its function on the stack, or an error. */
static void
load_module(lua_State *L, const char *name)
{
    struct script *s = script_of(L);
    struct error err = { 0 };
    char path[1024];

    (void)snprintf(path, sizeof path, "%s%s.lua", s->folder, name);
    if (compile_file(L, path, &err) < 0)
        script_error(L, "require '%s': %s: %s", name, err.where, err.what);
    set_globals(L);
}

static int
require(lua_State *L)
{
    struct script *s = script_of(L);
    struct text name;

    name.data = luaL_checklstring(L, 1, &name.length);
    if (!s->loading)
        return script_error(L, "require is for the top of a file, not for functions that are called later");
    if (!is_module_name(name) || s->folder == NULL)
        return script_error(L, "require '%s': there is no such file in this folder", name.data);
    script_push_place(L, PLACE_LOADED);
    switch (lua_getfield(L, -1, name.data)) {
    case LUA_TNIL:
        break;
    case LUA_TLIGHTUSERDATA:
        return script_error(L, "require '%s': it requires this file itself", name.data);
    default:
        return 1;
    }
    lua_pushlightuserdata(L, s); /* it is being loaded */
    lua_setfield(L, 2, name.data);
    lua_settop(L, 2);
    load_module(L, name.data);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, 1);
        lua_replace(L, -2);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name.data);
    return 1;
}

void
script_open_require(lua_State *L)
{
    lua_pushcfunction(L, require);
    lua_setfield(L, -2, "require");
}

/* ---- running the file ---- */

struct load {
    struct script *script;
    lua_State *thread;
    int reference;
    size_t room;
    bool no_memory;
};

/* The function on top goes to a thread. */
static int
make_thread(lua_State *L)
{
    struct load *load = lua_touserdata(L, 1);

    set_globals(L);
    load->thread = lua_newthread(L);
    load->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_xmove(L, load->thread, 1);
    return 0;
}

static int
refuse_global(lua_State *L)
{
    return script_error(L, "globals cannot be assigned: use local, or the store");
}

static int
close_globals(lua_State *L)
{
    script_push_place(L, PLACE_OPEN);
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i > 0; i--) {
        (void)lua_rawgeti(L, -1, i);
        lua_pushcfunction(L, refuse_global);
        lua_setfield(L, -2, "__newindex");
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_rawseti(L, -2, i);
    }
    return 0;
}

/* The table that the file gave, into that of all functions. Raises what is wrong with it. */
static int
take_functions(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TTABLE)
        return luaL_error(L, "the file gives no table of functions; does it end in 'return handlers'?");
    script_push_place(L, PLACE_FUNCTIONS);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TFUNCTION)
            return luaL_error(L, "the table that the file gives must hold functions by name alone, and %s is a %s",
                              lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "an item",
                              script_type_name(L, -1));
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 3);
    }
    return 0;
}

static int
by_name(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

static bool
add_name(struct script *s, struct load *load, const char *name)
{
    if (s->name_count + 1 >= load->room) {
        size_t room = load->room > 0 ? 2 * load->room : 32;
        char **grown = realloc(s->names, room * sizeof *grown);

        if (grown == NULL)
            return false;
        s->names = grown;
        load->room = room;
    }
    if ((s->names[s->name_count] = strdup(name)) == NULL)
        return false;
    s->name_count++;
    return true;
}

static int
collect_names(lua_State *L)
{
    struct load *load = lua_touserdata(L, 1);

    script_push_place(L, PLACE_FUNCTIONS);
    lua_pushnil(L);
    while (!load->no_memory && lua_next(L, 2)) {
        lua_pop(L, 1);
        load->no_memory = !add_name(load->script, load, lua_tostring(L, -1));
    }
    return 0;
}

static void
forget_names(struct script *s)
{
    for (uint32_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
    s->names = NULL;
    s->name_count = 0;
}

static int
names_of(struct script *s, struct load *load, struct error *err)
{
    forget_names(s);
    if (script_protect(s->state, collect_names, load, 0, 0) != LUA_OK || load->no_memory)
        return error_memory(err);
    if (s->name_count > 0)
        qsort(s->names, s->name_count, sizeof *s->names, by_name);
    return 0;
}

/* What the file's function gave is on top of its thread. */
static int
take_result(struct script *s, struct load *load, const char *name, struct error *err)
{
    lua_State *L = s->state;

    lua_settop(load->thread, 1);
    lua_xmove(load->thread, L, 1);
    lua_pushcfunction(L, take_functions);
    lua_pushlightuserdata(L, load);
    lua_rotate(L, -3, 2);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
        return names_of(s, load, err);
    (void)error_set(err, ERROR_CONFIG, name, "%s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
    lua_pop(L, 1);
    return -1;
}

/* Runs the function on top of the main thread. */
static int
run_file(struct script *s, const char *name, struct error *err)
{
    struct load load = { .script = s, .reference = LUA_NOREF };
    int status, results = 0, result = -1;

    if (script_protect(s->state, make_thread, &load, 1, 0) != LUA_OK)
        return error_memory(err);
    script_begin(s, load.thread, s->options.steps, (int64_t)s->options.steps);
    s->loading = true;
    status = lua_resume(load.thread, s->state, 0, &results);
    s->loading = false;
    script_end(s);
    if (status == LUA_OK && s->abort == ABORT_NONE)
        result = take_result(s, &load, name, err);
    else
        script_failure(s, load.thread, status, err);
    if (script_protect(s->state, close_globals, NULL, 0, 0) != LUA_OK && result == 0)
        result = error_memory(err);
    luaL_unref(s->state, LUA_REGISTRYINDEX, load.reference);
    s->loaded = true;
    return result;
}

int
script_load(struct script *s, const char *path, struct error *err)
{
    const char *name = file_name(path);

    free(s->folder);
    if ((s->folder = strndup(path, (size_t)(name - path))) == NULL)
        return error_memory(err);
    return compile_file(s->state, path, err) < 0 ? -1 : run_file(s, path, err);
}

int
script_load_text(struct script *s, struct text source, const char *name, struct error *err)
{
    free(s->folder);
    s->folder = NULL;
    return compile(s->state, source, name, err) < 0 ? -1 : run_file(s, name, err);
}

bool
script_has(const struct script *s, struct text name)
{
    for (uint32_t i = 0; i < s->name_count; i++) {
        if (text_equal(text_of(s->names[i]), name))
            return true;
    }
    return false;
}

const char *
script_name(const struct script *s, uint32_t index)
{
    return index < s->name_count ? s->names[index] : NULL;
}
