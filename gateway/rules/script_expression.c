/* script_expression.c -- conditions over values on a tape.
 *
 * An expression is compiled into a function whose parameters are its variables: `local body = ...; return EXPRESSION`.
 * Each variable has one view for its life, which is pointed at the present value, so that an evaluation makes nothing
 * but what it looks at inside. Of a variable with dots (request.body) the first name is a parameter, too: a group. */
#include "rules/script_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/script_expression.h"

#define SOURCE_CEILING (16 * LIMIT_KIB)

static void
expression_free(struct script_expression *e)
{
    if (e != NULL)
        arena_free(e->arena);
}

void
script_forget_expressions(struct script *s)
{
    for (int i = 0; i < s->expression_count; i++)
        expression_free(s->expressions[i]);
    free(s->expressions);
}

/* ---- groups ---- */

int
script_find_variable(const struct script_expression *e, struct text name)
{
    for (uint32_t i = 0; i < e->variable_count; i++) {
        if (text_equal(e->variables[i].name, name))
            return (int)i;
    }
    return -1;
}

static int
find_group(const struct script_expression *e, struct text prefix)
{
    for (uint32_t i = 0; i < e->group_count; i++) {
        if (text_equal(e->groups[i].prefix, prefix))
            return (int)i;
    }
    return -1;
}

/* group.key is a variable, or a group again. */
static int
index_group(lua_State *L)
{
    const struct script_group *group = lua_touserdata(L, 1);
    const struct script_expression *e = group->expression;
    char name[256];
    struct text key = { "?", 1 };
    int found, length;

    if (lua_type(L, 2) == LUA_TSTRING)
        key.data = lua_tolstring(L, 2, &key.length);
    length = snprintf(name, sizeof name, "%.*s.%.*s", TEXT_PRINT(group->prefix), TEXT_PRINT(key));
    if (length < 0 || (size_t)length >= sizeof name)
        return script_error(L, "'%s' has no such member", name);
    if ((found = script_find_variable(e, text_of(name))) >= 0)
        script_push_variable(L, &e->variables[found]);
    else if ((found = find_group(e, text_of(name))) >= 0)
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, e->groups[found].reference);
    else
        return script_error(L, "'%s' is not known here", name);
    return 1;
}

static int
assign_group(lua_State *L)
{
    return script_error(L, "messages cannot be changed here");
}

void
script_open_groups(lua_State *L)
{
    static const luaL_Reg functions[] = { { "__index", index_group }, { "__newindex", assign_group }, { NULL, NULL } };

    script_new_metatable(L, "table", functions);
    script_set_place(L, PLACE_GROUP);
    /* the globals of all expressions: none but the closed environment */
    script_push_place(L, PLACE_GLOBALS);
    script_close_table(L, "globals");
    script_set_place(L, PLACE_EXPRESSION);
}

/* ---- names ---- */

/* The part of a name before its n-th dot, counted from 1; the whole name where there are not so many. */
static struct text
before_dot(struct text name, unsigned n)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '.' && --n == 0)
            return text_slice(name, 0, i);
    }
    return name;
}

static bool
has_parameter(const struct script_expression *e, struct text name)
{
    for (uint32_t i = 0; i < e->parameter_count; i++) {
        if (text_equal(e->parameters[i].name, name))
            return true;
    }
    return false;
}

static size_t
count_dots(struct text name)
{
    size_t dots = 0;

    for (size_t i = 0; i < name.length; i++)
        dots += name.data[i] == '.';
    return dots;
}

/* The variable's groups, each once, and its parameter. */
static int
add_variable(struct script_expression *e, struct text name, struct error *err)
{
    struct text first = before_dot(name, 1), prefix;

    if (!word_is_identifier(first))
        return error_set(err, ERROR_CONFIG, e->where, "a variable of an expression cannot be called '%.*s'",
                         TEXT_PRINT(name));
    for (unsigned n = 1; (prefix = before_dot(name, n)).length < name.length; n++) {
        if (find_group(e, prefix) < 0)
            e->groups[e->group_count++].prefix = prefix;
    }
    e->variables[e->variable_count++].name = name;
    if (!has_parameter(e, first))
        e->parameters[e->parameter_count++].name = first;
    return 0;
}

static int
add_variables(struct script_expression *e, const struct text *names, uint32_t count, struct error *err)
{
    size_t groups = 0;

    for (uint32_t i = 0; i < count; i++)
        groups += count_dots(names[i]);
    e->variables = ARENA_ARRAY(e->arena, struct variable, count);
    e->parameters = ARENA_ARRAY(e->arena, struct parameter, count);
    e->groups = ARENA_ARRAY(e->arena, struct group, groups);
    if (e->variables == NULL || e->parameters == NULL || e->groups == NULL)
        return error_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        struct text name = arena_text(e->arena, names[i]);

        if (name.data == NULL)
            return error_memory(err);
        if (add_variable(e, name, err) < 0)
            return -1;
    }
    for (uint32_t i = 0; i < e->parameter_count; i++) {
        e->parameters[i].variable = script_find_variable(e, e->parameters[i].name);
        e->parameters[i].group = find_group(e, e->parameters[i].name);
        e->parameters[i].used = words_have(e->source, e->parameters[i].name);
    }
    return 0;
}

/* Is it one of the closed environment? Otherwise those are added to what may have been meant. */
struct known {
    struct text name;
    bool found;
    const char *names[256];
    size_t count;
};

static int
look_up_global(lua_State *L)
{
    struct known *known = lua_touserdata(L, 1);

    script_push_place(L, PLACE_GLOBALS);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        struct text name;

        lua_pop(L, 1);
        name.data = lua_tolstring(L, -1, &name.length); /* the table keeps it */
        known->found |= text_equal(name, known->name);
        if (known->count < sizeof known->names / sizeof known->names[0])
            known->names[known->count++] = name.data;
    }
    return 0;
}

static int
unknown(struct script *s, const struct script_expression *e, struct text name, struct error *err)
{
    struct known known = { .name = name };
    const char *nearest;

    for (uint32_t i = 0; i < e->parameter_count && i < 64; i++)
        known.names[known.count++] = arena_text(e->arena, e->parameters[i].name).data;
    if (script_protect(s->state, look_up_global, &known, 0, 0) != LUA_OK)
        return error_memory(err);
    if (known.found)
        return 0;
    nearest = text_nearest(name, known.names, known.count);
    if (nearest != NULL)
        return error_set(err, ERROR_CONFIG, e->where, "'%.*s' is not known here; did you mean '%s'?", TEXT_PRINT(name),
                         nearest);
    return error_set(err, ERROR_CONFIG, e->where, "'%.*s' is not known here", TEXT_PRINT(name));
}

/* Behind a group's name: each .member must be one of its own, up to a variable. */
static int
check_members(const struct script_expression *e, struct text name, struct text behind, struct error *err)
{
    while (script_find_variable(e, name) < 0 && word_is(word_next(&behind), ".")) {
        struct word member = word_next(&behind);
        struct text longer = arena_print(e->arena, "%.*s.%.*s", TEXT_PRINT(name), TEXT_PRINT(member.text));

        if (longer.data == NULL)
            return error_memory(err);
        if (script_find_variable(e, longer) < 0 && find_group(e, longer) < 0)
            return error_set(err, ERROR_CONFIG, e->where, "'%.*s' is not known here", TEXT_PRINT(longer));
        name = longer;
    }
    return 0;
}

static int
check_names(struct script *s, const struct script_expression *e, struct error *err)
{
    struct text rest = e->source, name, behind;
    struct word before = { WORD_END, { 0 } };

    while (words_next_free(e->source, &rest, &before, &name, &behind)) {
        if (has_parameter(e, name) ? check_members(e, name, behind, err) < 0 : unknown(s, e, name, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- compiling ---- */

static int
make_references(lua_State *L)
{
    struct script_expression *e = lua_touserdata(L, 1);

    for (uint32_t i = 0; i < e->variable_count; i++) {
        struct variable *v = &e->variables[i];

        v->view = script_new_kind(L, KIND_VIEW, sizeof *v->view, 0);
        script_push_place(L, PLACE_VIEW);
        lua_setmetatable(L, -2);
        v->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    for (uint32_t i = 0; i < e->group_count; i++) {
        struct script_group *group = script_new_kind(L, KIND_GROUP, sizeof *group, 0);

        group->expression = e;
        group->prefix = e->groups[i].prefix;
        script_push_place(L, PLACE_GROUP);
        lua_setmetatable(L, -2);
        e->groups[i].reference = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 0;
}

/* The function on top gets the closed environment, and a place in the registry. */
static int
keep_function(lua_State *L)
{
    int *reference = lua_touserdata(L, 1);

    script_push_place(L, PLACE_EXPRESSION);
    (void)lua_setupvalue(L, 2, 1);
    *reference = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static int
compile_error(const struct script_expression *e, const char *message, struct error *err)
{
    const char *what = strstr(message, ": ");

    return error_set(err, ERROR_CONFIG, e->where, "the expression cannot be read: %s",
                     what != NULL ? what + 2 : message);
}

/* 0 or -1 with err. */
static int
compile(struct script *s, const struct script_expression *e, struct text source, int *reference, struct error *err)
{
    lua_State *L = s->state;
    struct buffer chunk;
    int status, result = -1;

    buffer_init(&chunk, 4 * SOURCE_CEILING);
    for (uint32_t i = 0; i < e->parameter_count; i++) {
        buffer_add(&chunk, i == 0 ? TEXT("local ") : TEXT(","));
        buffer_add(&chunk, e->parameters[i].name);
    }
    buffer_add(&chunk, e->parameter_count > 0 ? TEXT("=... return ") : TEXT("return "));
    buffer_add(&chunk, source);
    if (buffer_failed(&chunk) || !lua_checkstack(L, 4)) {
        error_memory(err);
    } else {
        status = luaL_loadbufferx(L, buffer_text(&chunk).data, buffer_length(&chunk), "=expression", "t");
        if (status != LUA_OK) {
            (void)compile_error(e, status == LUA_ERRSYNTAX ? lua_tostring(L, -1) : "no memory", err);
            lua_pop(L, 1);
        } else if (script_protect(L, keep_function, reference, 1, 0) != LUA_OK) {
            error_memory(err);
        } else {
            result = 0;
        }
    }
    buffer_release(&chunk);
    return result;
}

/* For messages: where a part does not compile alone, there is none. */
static void
compile_parts(struct script *s, struct script_expression *e)
{
    struct script_part words[SCRIPT_PARTS];
    uint32_t count = words_split(e->source, words);

    for (uint32_t i = 0; i < count; i++) {
        struct part *part = &e->parts[e->part_count];

        part->words = words[i];
        if (words[i].left.length == 0 || words[i].right.length == 0)
            continue;
        if (compile(s, e, words[i].whole, &part->whole, NULL) == 0 &&
            compile(s, e, words[i].left, &part->left, NULL) == 0 &&
            compile(s, e, words[i].right, &part->right, NULL) == 0)
            e->part_count++;
    }
}

static struct script_expression *
expression_new(struct script *s, struct text source, const char *where, const struct text *names, uint32_t count,
               struct error *err)
{
    struct arena *arena = arena_new(0, 4 * LIMIT_MIB);
    struct script_expression *e = arena != NULL ? ARENA_NEW(arena, struct script_expression) : NULL;

    if (e == NULL) {
        error_memory(err);
        arena_free(arena);
        return NULL;
    }
    e->arena = arena;
    e->where = arena_text(arena, text_of(where)).data;
    e->source = arena_text(arena, source);
    if (e->where == NULL || e->source.data == NULL)
        error_memory(err);
    else if (source.length > SOURCE_CEILING)
        error_set(err, ERROR_CONFIG, where, "an expression may have %zu bytes", SOURCE_CEILING);
    else if (word_next(&source).kind == WORD_END)
        error_set(err, ERROR_CONFIG, where, "the expression is empty");
    else if (add_variables(e, names, count, err) == 0 && compile(s, e, e->source, &e->function, err) == 0 &&
             check_names(s, e, err) == 0) {
        if (script_protect(s->state, make_references, e, 0, 0) == LUA_OK) {
            compile_parts(s, e);
            return e;
        }
        error_memory(err);
    }
    expression_free(e);
    return NULL;
}

int
script_expression(struct script *s, struct text source, const char *where, const struct text *names,
                  uint32_t name_count, struct error *err)
{
    struct script_expression *e, **grown;

    if ((e = expression_new(s, source, where, names, name_count, err)) == NULL)
        return -1;
    grown = realloc(s->expressions, ((size_t)s->expression_count + 1) * sizeof *grown);
    if (grown == NULL) {
        expression_free(e);
        return error_memory(err);
    }
    s->expressions = grown;
    s->expressions[s->expression_count] = e;
    s->loaded = true;
    return s->expression_count++;
}
