/* script_internal.h -- between the files of script.h, the only ones that know Lua.
 *
 * Lua raises an error by a long jump. Functions here that begin with a lua_State may raise, and are called from Lua
 * alone; they keep nothing on the C heap while they do. Whatever else works on the state (what script.h promises to the
 * host, on whose frames memory may hang) goes through script_protect, and never jumps.
 *
 * Every full userdata that a script can see begins with its kind: scripts cannot make any themselves. */
#ifndef RULES_SCRIPT_INTERNAL_H
#define RULES_SCRIPT_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/limits.h"
#include "json/number.h"
#include "rules/script.h"
#include "schema/pattern.h"

/* Why a run was stopped for good. */
enum script_abort {
    ABORT_NONE,
    ABORT_STEPS,
    ABORT_MEMORY,
};

enum script_kind {
    KIND_NONE, /* no userdata of ours */
    KIND_NULL,
    KIND_NUMBER, /* kept as it was written */
    KIND_OBJECT, /* of the host, with methods */
    KIND_VIEW,   /* of a value on a tape */
    KIND_GROUP,  /* the `request` of the variable request.body */
    KIND_CLOSED, /* a table of the closed environment, or the globals of a file */
};

/* What the registry keeps, by number. */
enum script_place {
    PLACE_GLOBALS, /* table: the closed environment */
    PLACE_NULL,    /* the value */
    PLACE_ARRAY,   /* metatable of arrays */
    PLACE_NUMBER,  /* metatables of the kinds */
    PLACE_OBJECT,
    PLACE_VIEW,
    PLACE_GROUP,
    PLACE_EXPRESSION, /* the globals of expressions */
    PLACE_FUNCTIONS,  /* table: what the file gave */
    PLACE_LOADED,     /* table: by name, what required files gave */
    PLACE_OPEN,       /* table: metatables of the globals that may be assigned as long as the file runs */
    PLACE_COUNT,
};

#define PATTERN_CACHE 64

struct script_pattern {
    char *source;
    size_t length;
    struct pattern *pattern;
    uint64_t used; /* when it was last */
};

struct script_definition {
    struct script_definition *next;
    const char *name;
    script_function *function;
    void *arg;
};

struct script_expression;

struct script {
    lua_State *state;
    struct script_options options;
    size_t used;         /* bytes */
    size_t long_texts;   /* of these in large blocks that are texts */
    size_t large_tables; /* and in others */
    int64_t steps_left;
    uint64_t steps; /* of this run */
    int interval;   /* instructions from one count to the next */
    enum script_abort abort;
    char abort_where[256];
    lua_State *running;
    struct script_run *run;    /* that is running; NULL: a file is loaded, or an expression computed */
    const void *refused_block; /* the allocation that was refused last */
    size_t refused_size;
    int places[PLACE_COUNT];
    struct script_definition *definitions;
    bool loading;
    bool loaded;
    char *folder; /* of required files; NULL: there are none */
    char **names;
    uint32_t name_count;
    uint64_t runs; /* numbers them */
    struct pattern_scratch *scratch;
    struct script_pattern patterns[PATTERN_CACHE];
    uint64_t pattern_clock;
    bool redacted;       /* the present evaluation met something that was */
    uint64_t evaluation; /* the number of the present one: views of others are dead */
    struct script_expression **expressions;
    int expression_count;
};

struct script_run {
    struct script *script;
    lua_State *thread;
    int reference;
    uint64_t number;
    int64_t steps_left;
    enum script_state state;
    bool begun;
    int pushed;  /* arguments, or what a paused function gives */
    int results; /* on top of the stack; SCRIPT_FAILED: one, what was raised */
};

/* ---- script.c: ceilings ---- */

static inline struct script *
script_of(lua_State *L)
{
    return *(struct script **)lua_getextraspace(L);
}

/* A run of so many steps begins, or goes on, on this thread. */
void script_begin(struct script *s, lua_State *L, uint64_t steps, int64_t left);
void script_end(struct script *s);

/* For functions in C whose work grows with what they are given: so many instructions' worth was done. Raises. */
void script_charge(lua_State *L, uint64_t steps);

/* A table was gone through, which had so many keys. It may have had places for many more, which nobody can tell. */
void script_charge_scan(lua_State *L, uint64_t found);

/* The run is over: raises what pcall does not catch. */
int script_abort_now(lua_State *L);

/* Raises an error that names the line of the innermost Lua function. Formats are those of lua_pushfstring. */
int script_error(lua_State *L, const char *format, ...) __attribute__((noreturn));

/* "file:line" of that function, or empty. Never raises. */
void script_position(lua_State *L, char *where, size_t size);

/* Calls f under protection with `arg` (light userdata) and what the topmost `given` values are. LUA_OK and `results`
 * values on the stack, or what went wrong, and nothing. */
int script_protect(lua_State *L, lua_CFunction f, void *arg, int given, int results);

/* Fills err in from what lua_resume or lua_pcall left on top of the stack, which is popped or stays. */
void script_failure(struct script *s, lua_State *L, int status, struct error *err);

/* A value that the registry keeps. */
static inline void
script_push_place(lua_State *L, enum script_place place)
{
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, script_of(L)->places[place]);
}

/* The value on top becomes it, and is popped. */
void script_set_place(lua_State *L, enum script_place place);

/* ---- kinds ---- */

static inline enum script_kind
script_kind(lua_State *L, int index)
{
    return lua_type(L, index) == LUA_TUSERDATA ? *(enum script_kind *)lua_touserdata(L, index) : KIND_NONE;
}

/* New userdata of that kind on the stack; without a metatable. `size` counts the kind. */
void *script_new_kind(lua_State *L, enum script_kind kind, size_t size, int values);

/* The name of a type as scripts see it: "null", "number", "table" … */
const char *script_type_name(lua_State *L, int index);

/* A metatable on the stack: __name, and no way to get at it. */
void script_new_metatable(lua_State *L, const char *name, const luaL_Reg *functions);

/* The table on top is replaced by something that reads from it and cannot be written to; the table is its first user
 * value. */
void script_close_table(lua_State *L, const char *name);

/* ---- the closed environment; each adds to the table on top ---- */

void script_open_base(lua_State *L);
void script_open_require(lua_State *L);
void script_open_table(lua_State *L);
void script_open_text(lua_State *L);
void script_open_lists(lua_State *L);
void script_open_numbers(lua_State *L);
void script_open_views(lua_State *L);
void script_open_groups(lua_State *L);
void script_open_values(lua_State *L);

/* Lua's own library, and on top of it a new table for what is taken from it. The second closes that table, which
 * becomes a member of the one below, and both are popped. */
void script_open_library(lua_State *L, lua_CFunction open);
void script_take(lua_State *L, int from, const char *const *names);
void script_close_library(lua_State *L, const char *name);

/* Pushes the text of a value, without addresses. */
void script_tostring(lua_State *L, int index);

/* Pushes a table with the keys of another in their order: numbers, strings, others. */
void script_sorted_keys(lua_State *L, int index);

/* ---- script_value.c, script_json.c: JSON ---- */

struct script_number {
    enum script_kind kind;
    uint32_t length;
    char text[];
};

void script_push_null(lua_State *L);
bool script_is_null(lua_State *L, int index);
void script_push_number(lua_State *L, struct text number, bool integer);
void script_push_json(lua_State *L, const struct value *value);

/* The table on top becomes an array. */
void script_mark_array(lua_State *L);
bool script_is_marked(lua_State *L, int index);

/* Is it written as an array: marked, or with the keys 1..n, n > 0? A table. */
bool script_is_list(lua_State *L, int index);
bool script_has_list_keys(lua_State *L, int index); /* also without any */

/* A number as JSON; false: it has none. 32 bytes are enough. */
bool script_print_number(char *out, size_t size, double number);

/* Any number: a float, or a decimal of at most 15 digits, or exactly as an integer or as it was written (`out` holds
 * its digits). A number was made sure of; the decimal is false for infinity and nan. */
double script_to_float(lua_State *L, int index);
void script_push_float(lua_State *L, int index);
bool script_decimal(lua_State *L, int index, struct decimal *d, char out[32]);

/* Rounded to the 15 digits that are written. */
double script_tidy(double number);

/* As JSON. False: it cannot be written; then *why is a literal. Never raises. */
bool script_write_json(struct script *s, lua_State *L, int index, struct buffer *json, const char **why);

/* ---- script_view.c: values on a tape, as expressions see them ---- */

#define SCRIPT_REDACTED "this was redacted before it was recorded"

struct script_view {
    enum script_kind kind;
    uint32_t at;              /* the item that was given last, from 0 */
    const struct value *item; /* where it is */
    const struct value *value;
    uint64_t evaluation;
};

/* Of arrays and objects; other values are themselves, NULL is nil. */
void script_push_view(lua_State *L, const struct value *value);
void script_view_set(struct script_view *view, const struct value *value, uint64_t evaluation);

/* False: it is no view, or none of an array, if it must be one. */
bool script_view_length(lua_State *L, int index, bool array, lua_Integer *length);
void script_view_item(lua_State *L, int index, lua_Integer i);
int script_view_pairs(lua_State *L);

/* The view on top becomes a table; anything else stays. */
void script_view_copy(lua_State *L);

/* ---- script_pattern.c ---- */

void script_add_patterns(lua_State *L); /* to the table on top */
void script_forget_patterns(struct script *s);

/* ---- script_expression.c ---- */

void script_forget_expressions(struct script *s);

/* ---- script_call.c ---- */

/* A global function that calls the host. */
void script_push_definition(lua_State *L, struct script_definition *definition);
void script_push_host_object(lua_State *L, const struct script_method *methods, void *object, uint64_t run);
void script_open_objects(lua_State *L);

#endif
