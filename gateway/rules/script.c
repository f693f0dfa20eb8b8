/* script.c -- a Lua state under its ceilings: memory, steps, and how a run is stopped for good.
 *
 * Steps are counted by a hook, every so many instructions. Some single instructions and functions do much: what is
 * allocated counts as steps, functions in C say what they did (script_charge), and every instruction costs more while
 * there are long texts, because it may compare them.
 *
 * A run that has reached a ceiling is over. From then on the hook comes at every instruction and raises again: so
 * nothing that runs on the way out (__close, a handler, a comparison) gets further than that, and pcall raises once
 * more instead of returning. */
#include "rules/script_internal.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_INTERVAL 1000             /* instructions */
#define LARGE_BLOCK    (16 * LIMIT_KIB) /* and so many bytes of long texts double the price of an instruction */
#define BYTES_PER_STEP 64               /* allocated */
#define SCAN_BYTES     4096 /* of large tables, for each step that going through a table costs in addition */

/* In front of a large block: which count it belongs to. */
union large_header {
    bool text;
    max_align_t alignment;
};

/* ---- memory ---- */

/* The hook comes at the next instruction. Safe inside of an allocation: lua_sethook only sets fields. */
static void on_count(lua_State *L, lua_Debug *ar);

static void
spend(struct script *s, size_t steps)
{
    if (s->steps_left < 0)
        return;
    s->steps_left -= (int64_t)steps;
    if (s->steps_left < 0 && s->running != NULL)
        lua_sethook(s->running, on_count, LUA_MASKCOUNT, 1);
}

/* Lua asks again once it has collected its garbage; refused a second time, it is out of memory. Near the ceiling every
 * allocation may mean such a collection, which goes through all that is alive. */
static void
refuse(struct script *s, const void *block, size_t size)
{
    if (s->refused_size == size && s->refused_block == block && s->abort == ABORT_NONE) {
        s->abort = ABORT_MEMORY;
        if (s->running != NULL)
            lua_sethook(s->running, on_count, LUA_MASKCOUNT, 1);
    }
    s->refused_block = block;
    s->refused_size = size;
    spend(s, s->used / BYTES_PER_STEP);
}

static size_t *
large_count(struct script *s, const union large_header *header)
{
    return header->text ? &s->long_texts : &s->large_tables;
}

/* It is large, and stays so, or becomes small. Only growing may fail. */
static void *
resize_large(struct script *s, void *block, size_t old, size_t size)
{
    union large_header *header = (union large_header *)block - 1, *moved;

    if (size < LARGE_BLOCK) {
        *large_count(s, header) -= old;
        memmove(header, block, size);
        if ((moved = realloc(header, size)) == NULL)
            return header;
        return moved;
    }
    moved = realloc(header, sizeof *header + size);
    if (moved == NULL)
        return size <= old ? block : NULL;
    *large_count(s, moved) += size - old;
    return moved + 1;
}

/* It is small, or not there yet, and becomes large. */
static void *
make_large(struct script *s, void *block, size_t old, size_t size, bool text)
{
    union large_header *header = malloc(sizeof *header + size);

    if (header == NULL)
        return NULL;
    header->text = text;
    *large_count(s, header) += size;
    if (old > 0)
        memcpy(header + 1, block, old);
    free(block);
    return header + 1;
}

/* realloc, with a header in front of large blocks. */
static void *
resize(struct script *s, void *block, size_t old, size_t size, bool text)
{
    void *moved;

    if (old >= LARGE_BLOCK)
        return resize_large(s, block, old, size);
    if (size >= LARGE_BLOCK)
        return make_large(s, block, old, size, text);
    if ((moved = realloc(block, size)) == NULL)
        return size <= old ? block : NULL; /* Lua relies on shrinking */
    return moved;
}

static void
release(struct script *s, void *block, size_t old)
{
    union large_header *header = block;

    if (block != NULL && old >= LARGE_BLOCK) {
        header--;
        *large_count(s, header) -= old;
    }
    free(header);
    s->used -= old;
}

static void *
allocate(void *arg, void *block, size_t old, size_t size)
{
    struct script *s = arg;
    bool text = block == NULL && old == LUA_TSTRING; /* then `old` says what is made */
    void *moved;

    if (block == NULL)
        old = 0;
    if (size == 0) {
        release(s, block, old);
        return NULL;
    }
    if (size > old && size - old > s->options.memory - s->used) {
        refuse(s, block, size);
        return NULL;
    }
    if ((moved = resize(s, block, old, size, text)) == NULL)
        return NULL;
    if (size > old)
        spend(s, size / BYTES_PER_STEP);
    s->refused_size = 0;
    s->used += size - old;
    return moved;
}

/* ---- steps ---- */

/* Lua's own ceiling on calls in calls is its stack of megabytes; long before, something has gone wrong. The same for
 * arguments of a "...", which a function may pass on to itself with one more: each call copies them all. */
static void
check_stack(lua_State *L, lua_Debug *current)
{
    lua_Debug deepest;

    if (lua_getstack(L, LIMIT_SCRIPT_CALLS, &deepest))
        script_error(L, "stack overflow: more than %d functions have called each other", LIMIT_SCRIPT_CALLS);
    if (lua_getlocal(L, current, -2 * LIMIT_SCRIPT_VALUES) != NULL)
        script_error(L, "stack overflow: a function has more than %d arguments", 2 * LIMIT_SCRIPT_VALUES);
}

static void
on_count(lua_State *L, lua_Debug *ar)
{
    struct script *s = script_of(L);

    if (s->abort == ABORT_NONE && s->steps_left >= 0)
        s->steps_left -= (int64_t)s->interval * (int64_t)(1 + s->long_texts / LARGE_BLOCK);
    if (s->abort == ABORT_NONE && s->steps_left >= 0)
        check_stack(L, ar);
    else
        (void)script_abort_now(L);
}

void
script_charge(lua_State *L, uint64_t steps)
{
    struct script *s = script_of(L);

    spend(s, steps < INT64_MAX / 2 ? (size_t)steps : INT64_MAX / 2);
    if (s->steps_left < 0)
        (void)script_abort_now(L);
}

void
script_charge_scan(lua_State *L, uint64_t found)
{
    script_charge(L, 1 + found + script_of(L)->large_tables / SCAN_BYTES);
}

int
script_abort_now(lua_State *L)
{
    struct script *s = script_of(L);

    if (s->abort == ABORT_NONE)
        s->abort = ABORT_STEPS;
    if (s->abort_where[0] == '\0')
        script_position(L, s->abort_where, sizeof s->abort_where);
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    lua_pushnil(L); /* script_failure knows the words; to make them here might need memory */
    return lua_error(L);
}

void
script_begin(struct script *s, lua_State *L, uint64_t steps, int64_t left)
{
    s->abort = ABORT_NONE;
    s->abort_where[0] = '\0';
    s->refused_size = 0;
    s->steps = steps;
    s->steps_left = left;
    s->interval = steps < COUNT_INTERVAL ? (int)steps + 1 : COUNT_INTERVAL;
    s->running = L;
    lua_sethook(L, on_count, LUA_MASKCOUNT, s->interval);
}

void
script_end(struct script *s)
{
    s->running = NULL;
}

/* ---- errors ---- */

void
script_position(lua_State *L, char *where, size_t size)
{
    lua_Debug ar;

    where[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        if (!lua_getinfo(L, "Sl", &ar) || ar.currentline <= 0)
            continue;
        (void)snprintf(where, size, "%s:%d", ar.source[0] == '@' || ar.source[0] == '=' ? ar.source + 1 : ar.short_src,
                       ar.currentline);
        return;
    }
}

int
script_error(lua_State *L, const char *format, ...)
{
    char where[256];
    va_list arguments;

    script_position(L, where, sizeof where);
    lua_pushfstring(L, where[0] != '\0' ? "%s: " : "%s", where);
    va_start(arguments, format);
    (void)lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    (void)lua_error(L);
    abort(); /* not reached: lua_error jumps */
}

/* "file:12: what" in two; false: it does not begin with a place. */
static bool
split_place(struct text message, struct text *where, struct text *what)
{
    for (size_t at = 0; at < message.length; at++) {
        size_t digits = at + 1;

        if (message.data[at] != ':')
            continue;
        while (digits < message.length && message.data[digits] >= '0' && message.data[digits] <= '9')
            digits++;
        if (digits == at + 1 || digits + 1 >= message.length || message.data[digits] != ':' ||
            message.data[digits + 1] != ' ')
            continue;
        *where = text_slice(message, 0, digits);
        *what = text_from(message, digits + 2);
        return true;
    }
    return false;
}

/* Lua shortens the names of files to "...end/of/path.lua"; this one has the place in full. */
static bool
same_place(struct text shortened, struct text full)
{
    if (text_starts(shortened, TEXT("...")))
        shortened = text_from(shortened, 3);
    return text_ends(full, shortened);
}

static void
raised_text(struct text message, const char *place, struct error *err)
{
    struct text where = text_of(place), what = message, said;
    char said_place[sizeof err->where];

    if (split_place(message, &said, &what) && !same_place(said, where))
        where = said;
    (void)snprintf(said_place, sizeof said_place, "%.*s", TEXT_PRINT(where));
    (void)error_set(err, ERROR_CONFIG, said_place, "%.*s", TEXT_PRINT(what));
}

/* A table or something else: as JSON where it can be written. On the main thread: one that failed cannot call. */
static void
raised_value(struct script *s, lua_State *L, const char *place, struct error *err)
{
    struct buffer json;
    const char *why = NULL;
    bool written = false;

    buffer_init(&json, sizeof err->what - 64);
    if (lua_checkstack(L, 1) && lua_checkstack(s->state, 1)) {
        lua_pushvalue(L, -1);
        lua_xmove(L, s->state, 1);
        written = script_write_json(s, s->state, lua_gettop(s->state), &json, &why);
        lua_pop(s->state, 1);
    }
    if (written)
        (void)error_set(err, ERROR_CONFIG, place, "it raised %.*s", TEXT_PRINT(buffer_text(&json)));
    else
        (void)error_set(err, ERROR_CONFIG, place, "it raised a %s", script_type_name(L, -1));
    buffer_release(&json);
}

void
script_failure(struct script *s, lua_State *L, int status, struct error *err)
{
    char place[sizeof s->abort_where];
    struct text message = { 0 };

    script_position(L, place, sizeof place);
    if (status == LUA_ERRMEM && s->abort == ABORT_NONE)
        s->abort = ABORT_MEMORY;
    if (s->abort != ABORT_NONE && s->abort_where[0] != '\0')
        (void)snprintf(place, sizeof place, "%s", s->abort_where);
    if (s->abort == ABORT_STEPS) {
        (void)error_set(err, ERROR_CONFIG, place, "it took more than %llu steps; does it end?",
                        (unsigned long long)s->steps);
    } else if (s->abort == ABORT_MEMORY) {
        (void)error_set(err, ERROR_CONFIG, place, "it needs more than the %zu KiB of memory that a script may have",
                        s->options.memory / LIMIT_KIB);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        message.data = lua_tolstring(L, -1, &message.length);
        raised_text(message, place, err);
    } else {
        raised_value(s, L, place, err);
    }
}

int
script_protect(lua_State *L, lua_CFunction f, void *arg, int given, int results)
{
    int status;

    if (!lua_checkstack(L, LUA_MINSTACK)) {
        lua_pop(L, given);
        return LUA_ERRMEM;
    }
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, arg);
    lua_rotate(L, -given - 2, 2);
    status = lua_pcall(L, given + 1, results, 0);
    if (status != LUA_OK)
        lua_pop(L, 1);
    return status;
}

/* ---- the state ---- */

void
script_set_place(lua_State *L, enum script_place place)
{
    script_of(L)->places[place] = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Everything that a script finds. */
static int
open_environment(lua_State *L)
{
    lua_newtable(L);
    lua_pushvalue(L, -1);
    script_set_place(L, PLACE_GLOBALS);
    script_open_values(L);
    script_open_base(L);
    script_open_table(L);
    script_open_text(L);
    script_open_lists(L);
    script_open_numbers(L);
    script_open_views(L);
    script_open_groups(L);
    script_open_require(L);
    script_open_objects(L);
    lua_pop(L, 1);
    lua_newtable(L);
    script_set_place(L, PLACE_FUNCTIONS);
    lua_newtable(L);
    script_set_place(L, PLACE_LOADED);
    lua_newtable(L);
    script_set_place(L, PLACE_OPEN);
    return 0;
}

struct script *
script_new(const struct script_options *options, struct error *err)
{
    struct script *s = calloc(1, sizeof *s);

    if (s == NULL) {
        error_memory(err);
        return NULL;
    }
    if (options != NULL)
        s->options = *options;
    if (s->options.memory == 0)
        s->options.memory = LIMIT_SCRIPT_MEMORY;
    if (s->options.steps == 0)
        s->options.steps = LIMIT_SCRIPT_STEPS;
    if ((s->state = lua_newstate(allocate, s)) != NULL) {
        *(struct script **)lua_getextraspace(s->state) = s;
        if (script_protect(s->state, open_environment, NULL, 0, 0) == LUA_OK)
            return s;
    }
    (void)error_set(err, ERROR_ENVIRONMENT, NULL, "no memory for a script, which may have %zu KiB",
                    s->options.memory / LIMIT_KIB);
    script_free(s);
    return NULL;
}

void
script_free(struct script *s)
{
    if (s == NULL)
        return;
    if (s->state != NULL)
        lua_close(s->state);
    script_forget_patterns(s);
    script_forget_expressions(s);
    while (s->definitions != NULL) {
        struct script_definition *next = s->definitions->next;

        free(s->definitions);
        s->definitions = next;
    }
    for (uint32_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
    free(s->folder);
    free(s);
}
