/* script_evaluate.c -- expressions at work: their truth, and what their conditions compared. */
#include "rules/script_expression.h"

#define SHOWN_BYTES    200              /* of an operand */
#define OPERANDS_BYTES (64 * LIMIT_KIB) /* and their sources */

void
script_push_variable(lua_State *L, const struct variable *v)
{
    if (v->value != NULL && (v->value->type == VALUE_ARRAY || v->value->type == VALUE_OBJECT))
        (void)lua_rawgeti(L, LUA_REGISTRYINDEX, v->reference);
    else
        script_push_view(L, v->value);
}

static void
set_variables(struct script *s, struct script_expression *e, const struct script_variable *variables, uint32_t count)
{
    s->evaluation++;
    for (uint32_t i = 0; i < e->variable_count; i++)
        e->variables[i].value = NULL;
    for (uint32_t i = 0; i < count; i++) {
        int place = i < e->variable_count && text_equal(e->variables[i].name, variables[i].name)
                        ? (int)i
                        : script_find_variable(e, variables[i].name);

        if (place < 0)
            continue;
        e->variables[place].value = variables[i].value;
        script_view_set(e->variables[place].view, variables[i].value, s->evaluation);
    }
}

/* Nothing that was kept can be reached any more. */
static void
forget_variables(struct script *s, struct script_expression *e)
{
    s->evaluation++;
    for (uint32_t i = 0; i < e->variable_count; i++)
        e->variables[i].value = NULL;
}

/* What is computed: one of an expression's functions. */
struct evaluation {
    const struct script_expression *expression;
    int function;
};

static int
call_function(lua_State *L)
{
    const struct evaluation *evaluation = lua_touserdata(L, 1);
    const struct script_expression *e = evaluation->expression;

    luaL_checkstack(L, (int)e->parameter_count + 8, NULL);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, evaluation->function);
    for (uint32_t i = 0; i < e->parameter_count; i++) {
        if (!e->parameters[i].used)
            lua_pushnil(L);
        else if (e->parameters[i].variable >= 0)
            script_push_variable(L, &e->variables[e->parameters[i].variable]);
        else
            (void)lua_rawgeti(L, LUA_REGISTRYINDEX, e->groups[e->parameters[i].group].reference);
    }
    lua_call(L, (int)e->parameter_count, 1);
    return 1;
}

/* The value on the stack of the main thread, or -1 with err and nothing. */
static int
compute(struct script *s, const struct script_expression *e, int function, struct error *err)
{
    const uint64_t steps = s->options.steps < LIMIT_EXPRESSION_STEPS ? s->options.steps : LIMIT_EXPRESSION_STEPS;
    struct evaluation evaluation = { e, function };
    struct error inner = { 0 };
    lua_State *L = s->state;
    int status;

    if (!lua_checkstack(L, LUA_MINSTACK))
        return error_memory(err);
    if (s->long_texts > 0) /* they make every step dearer, and are likely garbage of the last message */
        (void)lua_gc(L, LUA_GCCOLLECT);
    script_begin(s, L, steps, (int64_t)steps);
    s->redacted = false;
    lua_pushcfunction(L, call_function);
    lua_pushlightuserdata(L, &evaluation);
    status = lua_pcall(L, 1, 1, 0);
    script_end(s);
    if (status == LUA_OK && s->abort == ABORT_NONE && !s->redacted)
        return 0;
    if (s->redacted)
        (void)error_set(&inner, ERROR_CONFIG, NULL, "%s", SCRIPT_REDACTED);
    else
        script_failure(s, L, status, &inner);
    lua_pop(L, 1);
    return error_set(err, inner.kind, e->where, "%s", inner.what);
}

enum script_truth
script_evaluate(struct script *s, int expression, const struct script_variable *variables, uint32_t count,
                struct error *err)
{
    struct script_expression *e = s->expressions[expression];
    enum script_truth truth = SCRIPT_UNKNOWN;

    set_variables(s, e, variables, count);
    if (compute(s, e, e->function, err) == 0) {
        truth = lua_toboolean(s->state, -1) ? SCRIPT_TRUE : SCRIPT_FALSE;
        lua_pop(s->state, 1);
    }
    forget_variables(s, e);
    return truth;
}

/* ---- operands ---- */

/* Not more bytes than that, without cutting a character. */
static size_t
whole_characters(struct text t, size_t most)
{
    if (t.data == NULL || t.length <= most)
        return t.length;
    while (most > 0 && ((unsigned char)t.data[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* A number, a string: nobody needs to be told what it is. */
static bool
is_constant(struct text source)
{
    struct word first = word_next(&source);

    return (first.kind == WORD_LITERAL || word_is_keyword(first.text) || word_is(first, "null")) &&
           word_next(&source).kind == WORD_END;
}

/* "source is value", with a comma before it, if something is there. */
static void
add_operand(struct script *s, const struct script_expression *e, int function, struct text source, struct buffer *out)
{
    struct buffer json;
    const char *why = NULL;
    struct text shown = TEXT("missing");

    if (is_constant(source) || compute(s, e, function, NULL) < 0)
        return;
    buffer_init(&json, LIMIT_MIB);
    if (!lua_isnil(s->state, -1))
        shown = script_write_json(s, s->state, lua_gettop(s->state), &json, &why) ? buffer_text(&json) : text_of(why);
    lua_pop(s->state, 1);
    buffer_print(out, "%s%.*s is ", buffer_length(out) > 0 ? ", " : "", TEXT_PRINT(source));
    buffer_add(out, text_slice(shown, 0, whole_characters(shown, SHOWN_BYTES)));
    if (shown.length > SHOWN_BYTES)
        buffer_add(out, TEXT("…"));
    buffer_release(&json);
}

/* Of the first condition that does not hold. */
static void
add_operands(struct script *s, const struct script_expression *e, struct buffer *out)
{
    for (uint32_t i = 0; i < e->part_count; i++) {
        const struct part *part = &e->parts[i];
        bool holds;

        if (compute(s, e, part->whole, NULL) < 0)
            return;
        holds = lua_toboolean(s->state, -1);
        lua_pop(s->state, 1);
        if (holds)
            continue;
        add_operand(s, e, part->left, part->words.left, out);
        add_operand(s, e, part->right, part->words.right, out);
        return;
    }
}

struct text
script_operands(struct script *s, int expression, const struct script_variable *variables, uint32_t count,
                struct arena *arena)
{
    struct script_expression *e = s->expressions[expression];
    struct buffer out;
    struct text text;

    buffer_init(&out, OPERANDS_BYTES);
    set_variables(s, e, variables, count);
    add_operands(s, e, &out);
    forget_variables(s, e);
    text = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}
