/* script_run.c -- one call of a function of the file, on a coroutine of its own.
 *
 * The stack of a coroutine that failed is not unwound: its place can still be asked for. What is pushed goes over the
 * main thread, where errors are caught. */
#include "rules/script_internal.h"

#include <stdlib.h>

/* ---- beginning ---- */

struct beginning {
    struct script_run *run;
    struct text function;
    bool found;
};

static int
make_thread(lua_State *L)
{
    struct beginning *beginning = lua_touserdata(L, 1);
    lua_State *thread;

    script_push_place(L, PLACE_FUNCTIONS);
    (void)lua_pushlstring(L, beginning->function.data != NULL ? beginning->function.data : "",
                          beginning->function.length);
    if (lua_rawget(L, -2) != LUA_TFUNCTION)
        return 0;
    beginning->found = true;
    thread = lua_newthread(L);
    lua_rotate(L, -2, 1);
    lua_xmove(L, thread, 1);
    beginning->run->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    beginning->run->thread = thread;
    return 0;
}

struct script_run *
script_run_new(struct script *s, struct text function, struct error *err)
{
    struct script_run *run = calloc(1, sizeof *run);
    struct beginning beginning = { run, function, false };

    if (run == NULL) {
        error_memory(err);
        return NULL;
    }
    run->script = s;
    run->number = ++s->runs;
    run->steps_left = (int64_t)s->options.steps;
    run->reference = LUA_NOREF;
    if (script_protect(s->state, make_thread, &beginning, 0, 0) == LUA_OK && run->thread != NULL)
        return run;
    if (beginning.found)
        (void)error_memory(err);
    else
        (void)error_set(err, ERROR_CONFIG, NULL, "there is no function '%.*s'", TEXT_PRINT(function));
    free(run);
    return NULL;
}

void
script_run_free(struct script_run *run)
{
    if (run == NULL)
        return;
    luaL_unref(run->script->state, LUA_REGISTRYINDEX, run->reference);
    free(run);
}

/* ---- pushing ---- */

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

struct host_reference {
    const struct script_method *methods;
    void *object;
    uint64_t run;
};

static int
push_object(lua_State *L)
{
    const struct host_reference *given = lua_touserdata(L, 1);

    script_push_host_object(L, given->methods, given->object, given->run);
    return 1;
}

static bool
may_push(struct script_run *run)
{
    return (!run->begun || run->state == SCRIPT_PAUSED) && lua_checkstack(run->thread, 1);
}

/* Made on the main thread, then moved. */
static int
push(struct script_run *run, lua_CFunction f, void *arg)
{
    if (!may_push(run) || script_protect(run->script->state, f, arg, 0, 1) != LUA_OK)
        return -1;
    lua_xmove(run->script->state, run->thread, 1);
    run->pushed++;
    return 0;
}

int
script_push_nil(struct script_run *run)
{
    if (!may_push(run))
        return -1;
    lua_pushnil(run->thread);
    run->pushed++;
    return 0;
}

int
script_push_integer(struct script_run *run, int64_t integer)
{
    if (!may_push(run))
        return -1;
    lua_pushinteger(run->thread, integer);
    run->pushed++;
    return 0;
}

int
script_push_text(struct script_run *run, struct text text)
{
    return push(run, push_text, &text);
}

int
script_push_value(struct script_run *run, const struct value *value)
{
    return value != NULL ? push(run, push_value, (void *)(uintptr_t)value) : script_push_nil(run);
}

int
script_push_object(struct script_run *run, const struct script_method *methods, void *object)
{
    struct host_reference given = { methods, object, run->number };

    return push(run, push_object, &given);
}

/* ---- running ---- */

static enum script_state
failed(struct script_run *run, int status, struct error *err)
{
    script_failure(run->script, run->thread, status, err);
    run->results = 1;
    return run->state = SCRIPT_FAILED;
}

enum script_state
script_resume(struct script_run *run, struct error *err)
{
    struct script *s = run->script;
    int status;

    if (run->begun && run->state != SCRIPT_PAUSED) {
        (void)error_set(err, ERROR_CONFIG, NULL, "this run is over");
        return SCRIPT_FAILED;
    }
    run->begun = true;
    script_begin(s, run->thread, s->options.steps, run->steps_left);
    s->run = run;
    status = lua_resume(run->thread, s->state, run->pushed, &run->results);
    s->run = NULL;
    script_end(s);
    run->steps_left = s->steps_left;
    run->pushed = 0;
    if (status == LUA_YIELD) {
        lua_pop(run->thread, run->results);
        return run->state = SCRIPT_PAUSED;
    }
    /* A run that was aborted is over, even if it found a way to its end. */
    if (status != LUA_OK || s->abort != ABORT_NONE)
        return failed(run, status, err);
    return run->state = SCRIPT_DONE;
}

/* ---- results ---- */

/* Its place on the stack, or 0. */
static int
place_of(const struct script_run *run, uint32_t index)
{
    return run->begun && run->state == SCRIPT_DONE && index < (uint32_t)run->results
               ? lua_gettop(run->thread) - run->results + 1 + (int)index
               : 0;
}

uint32_t
script_result_count(const struct script_run *run)
{
    return run->begun && run->state == SCRIPT_DONE ? (uint32_t)run->results : 0;
}

bool
script_result_is_nil(const struct script_run *run, uint32_t index)
{
    int place = place_of(run, index);

    return place == 0 || lua_isnil(run->thread, place);
}

bool
script_result_integer(const struct script_run *run, uint32_t index, int64_t *integer)
{
    int place = place_of(run, index), is_integer = 0;
    lua_Integer found;

    if (place == 0 || lua_type(run->thread, place) != LUA_TNUMBER)
        return false;
    found = lua_tointegerx(run->thread, place, &is_integer);
    if (is_integer)
        *integer = found;
    return is_integer != 0;
}

bool
script_result_text(const struct script_run *run, uint32_t index, struct text *text)
{
    int place = place_of(run, index);

    if (place == 0 || lua_type(run->thread, place) != LUA_TSTRING)
        return false;
    text->data = lua_tolstring(run->thread, place, &text->length);
    return true;
}

/* Written on the main thread, as a thread that failed cannot call anything. */
static bool
write_json(const struct script_run *run, int place, struct buffer *json, const char **why)
{
    lua_State *main = run->script->state;
    bool written;

    if (!lua_checkstack(run->thread, 1) || !lua_checkstack(main, 1)) {
        *why = "there is no memory";
        return false;
    }
    lua_pushvalue(run->thread, place);
    lua_xmove(run->thread, main, 1);
    written = script_write_json(run->script, main, lua_gettop(main), json, why);
    lua_pop(main, 1);
    return written;
}

bool
script_result_json(const struct script_run *run, uint32_t index, struct buffer *json, const char **why)
{
    int place = place_of(run, index);

    if (place == 0) {
        *why = "there is no such result";
        return false;
    }
    return write_json(run, place, json, why);
}

bool
script_run_raised(const struct script_run *run, struct buffer *json)
{
    const char *why;
    int top = lua_gettop(run->thread);

    if (!run->begun || run->state != SCRIPT_FAILED || top == 0 || lua_type(run->thread, top) != LUA_TTABLE)
        return false;
    return write_json(run, top, json, &why);
}
