/* script.h -- Lua 5.4 in a closed environment: expressions (invariants), and files of functions (the sandbox). The one
 * door to Lua.
 *
 * Closed means: no io, os, package, debug, load, coroutine, next, random or raw access; text chunks only; string
 * functions without Lua patterns (find, match, gmatch and gsub are there, with regular expressions of ECMA-262; a
 * replacement names groups as %1); string.rep, string.format and table.concat with ceilings; pairs in the order of the
 * keys; globals cannot be assigned once the file has run. Beside Lua's own there are null, array, is_array, copy,
 * round, near, sum, count, all, any and len. Every run has a ceiling of steps, every state one of memory; reaching one
 * ends the run for good: pcall does not catch it. An error names its file:line.
 *
 * How JSON looks in Lua, both ways:
 *   null                  the value `null` (missing is nil)
 *   true, false, strings  themselves
 *   whole numbers         integers where they fit in 64 bits (also 75.00 and 1e2)
 *   other numbers         floats, of up to 15 significant digits, and written with up to 15 again: 19.99 stays 19.99,
 *                         and 0.1 + 0.2 is written 0.3. Numbers that 15 digits or 64 bits cannot hold stay as they
 *                         were written: opaque values, equal by value, used as floats in arithmetic
 *   arrays                tables made by array{…} or read from JSON; also unmarked ones with the keys 1..n, n > 0
 *   objects               other tables, whose keys are strings alone; {} is the empty object, array{} the empty array
 *
 * A script belongs to one thread at a time. No I/O but reading the named files, no clock. */
#ifndef RULES_SCRIPT_H
#define RULES_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/document.h"

struct script;
struct script_run;
struct script_call;

struct script_options {
    size_t memory;  /* bytes that the state may take up; 0: LIMIT_SCRIPT_MEMORY */
    uint64_t steps; /* VM instructions of one run; 0: LIMIT_SCRIPT_STEPS */
    /* Members of objects are written in this order (<0, 0, >0); NULL: by name. */
    int (*order)(void *arg, struct text a, struct text b);
    void *arg;
};

/* New, or NULL with err. Options may be NULL. */
struct script *script_new(const struct script_options *options, struct error *err);
void script_free(struct script *s); /* accepts NULL; no run may be left */

/* ---- functions in C that scripts can call ---- */

/* Gives what a script_return_… or script_raise_… gave, or script_pause. */
typedef int script_function(struct script_call *call, void *arg);

/* Before anything is loaded: a global function; or, with a table name, one of a global table ("lifecycle", "allows");
 * with the name "*" what the table has for any name that is not there, which is the function's only argument. Names and
 * arg are borrowed for the script's life. */
int
script_define(struct script *s, const char *table, const char *name, script_function *f, void *arg, struct error *err);

/* Methods of objects that are handed to runs (store, services): `object:name(…)`. Static tables, ended by a NULL. */
struct script_method {
    const char *name;
    script_function *function; /* its arg is the object; script_arg numbers do not count it */
};

uint32_t script_arg_count(const struct script_call *call);
bool script_arg_is_nil(const struct script_call *call, uint32_t index); /* from 0; nil or not there */
/* False: it is not of that kind. Text is borrowed until the function returns. */
bool script_arg_text(const struct script_call *call, uint32_t index, struct text *text);
bool script_arg_integer(const struct script_call *call, uint32_t index, int64_t *integer);
bool script_arg_boolean(const struct script_call *call, uint32_t index, bool *boolean);
/* The value as JSON, appended. False: it cannot be written (a function in it, a circle, too deep); then *why is
 * literal. */
bool script_arg_json(const struct script_call *call, uint32_t index, struct buffer *json, const char **why);

/* Results, in order; each gives what the function is to return (the number of results so far). */
int script_return_nothing(struct script_call *call);
int script_return_nil(struct script_call *call);
int script_return_boolean(struct script_call *call, bool boolean);
int script_return_integer(struct script_call *call, int64_t integer);
int script_return_number(struct script_call *call, double number);
int script_return_text(struct script_call *call, struct text text);
int script_return_value(struct script_call *call, const struct value *value); /* copied into tables */

/* An error at the script's line. The second one raises a JSON value, which a run hands out (script_run_raised). */
int script_raise(struct script_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
int script_raise_value(struct script_call *call, const struct value *value);

/* The run pauses here: script_resume returns SCRIPT_PAUSED, and what is pushed before the next script_resume are the
 * function's results. Only where it may: then ask before anything is begun that will end later. Where it may not, it
 * raises. */
bool script_may_pause(const struct script_call *call);
int script_pause(struct script_call *call);

/* ---- files ---- */

/* Run the file; it must give a table of functions. `require "name"` in it runs name.lua of the same folder, once, and
 * gives what that gave. 0 or -1 with err ("file:line"). */
int script_load(struct script *s, const char *path, struct error *err);
/* The same from memory, for scripts that are part of the program; `require` finds nothing. */
int script_load_text(struct script *s, struct text source, const char *name, struct error *err);

/* Is there a function of this name in the table? And the names, in their order by name; NULL behind the last. */
bool script_has(const struct script *s, struct text name);
const char *script_name(const struct script *s, uint32_t index);

/* ---- runs: one call of such a function, on a coroutine of its own ---- */

enum script_state {
    SCRIPT_DONE,   /* the results can be read */
    SCRIPT_PAUSED, /* a function called script_pause */
    SCRIPT_FAILED, /* err says where and what; script_run_raised may have more */
};

/* New, or NULL (no such function, or no memory). Several runs of a script may be under way in turn. */
struct script_run *script_run_new(struct script *s, struct text function, struct error *err);
void script_run_free(struct script_run *run); /* accepts NULL; also one that is paused */

/* Arguments, and after a pause the results of what paused, in order. 0, or -1: no memory, or the run is over. */
int script_push_nil(struct script_run *run);
int script_push_integer(struct script_run *run, int64_t integer);
int script_push_text(struct script_run *run, struct text text);
int script_push_value(struct script_run *run, const struct value *value); /* copied into tables; NULL is nil */
int script_push_object(struct script_run *run, const struct script_method *methods, void *object);

/* Begin or go on. err is filled in for SCRIPT_FAILED alone. */
enum script_state script_resume(struct script_run *run, struct error *err);

uint32_t script_result_count(const struct script_run *run);
bool script_result_is_nil(const struct script_run *run, uint32_t index); /* also where there is none */
bool script_result_integer(const struct script_run *run, uint32_t index, int64_t *integer);
bool script_result_text(const struct script_run *run, uint32_t index, struct text *text); /* borrowed from the run */
bool script_result_json(const struct script_run *run, uint32_t index, struct buffer *json, const char **why);

/* SCRIPT_FAILED: was it a JSON value that was raised? Appended then. */
bool script_run_raised(const struct script_run *run, struct buffer *json);

/* ---- expressions ---- */

/* What an expression may name: "body", "request.body" … A name with dots is a member of a table of its own. */
struct script_variable {
    struct text name;
    /* NULL: nil. Seen through a read-only view: nothing is copied, nothing is kept. Arrays and objects are equal by
     * value. What was redacted (VALUE_REDACTED) makes the truth unknown where the expression looks at it. */
    const struct value *value;
};

/* Compile `source` ("near(body.total, body.net + body.tax, 0.005)"); `where` is file:line for messages. Beside the
 * variables it may use near(a, b, tolerance), round(x, digits), sum(list, "field" or function), count(list, function),
 * all(list, function), any(list, function), len, and the closed environment. A name that is neither is an error here.
 * The number of the expression, or -1 with err. */
int script_expression(struct script *s, struct text source, const char *where, const struct text *names,
                      uint32_t name_count, struct error *err);

enum script_truth {
    SCRIPT_FALSE, /* false or nil */
    SCRIPT_TRUE,
    SCRIPT_UNKNOWN, /* it could not be computed (an operation on nil, a ceiling): err says why */
};

/* Variables as they were named, in any order; those that are left out are nil. */
enum script_truth script_evaluate(struct script *s, int expression, const struct script_variable *variables,
                                  uint32_t count, struct error *err);

/* What its outermost comparison compares: "body.total is 19.99, body.net + body.tax is 20". In the arena; empty
 * where it compares nothing. For messages, after script_evaluate gave SCRIPT_FALSE. */
struct text script_operands(struct script *s, int expression, const struct script_variable *variables, uint32_t count,
                            struct arena *arena);

#endif
