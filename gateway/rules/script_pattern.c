/* script_pattern.c -- the string functions with patterns: find, match, gmatch, gsub.
 *
 * Patterns are regular expressions of ECMA-262 (schema/pattern.h), not Lua's. Compiled ones are kept with the script, a
 * bounded number. A pattern is looked up anew after everything that may have compiled others. */
#include "rules/script_internal.h"

#include <stdlib.h>
#include <string.h>

#include "schema/pattern.h"

#define SOURCE_CEILING (4 * LIMIT_KIB) /* of a pattern in a script */
#define STEPS_PER_WORK 4               /* a step of PCRE2 is dearer than one of Lua */
#define BYTES_PER_STEP 64              /* looked at */

/* ---- patterns ---- */

static void
forget_pattern(struct script_pattern *kept)
{
    pattern_free(kept->pattern);
    free(kept->source);
    *kept = (struct script_pattern){ 0 };
}

void
script_forget_patterns(struct script *s)
{
    for (int i = 0; i < PATTERN_CACHE; i++)
        forget_pattern(&s->patterns[i]);
    pattern_scratch_free(s->scratch);
}

/* Lua's own patterns would be valid expressions that never match. */
static bool
looks_like_lua(struct text source)
{
    for (size_t i = 0; i + 1 < source.length; i++) {
        if (source.data[i] == '%' && strchr("acdlpsuwxACDLPSUWX", source.data[i + 1]) != NULL &&
            source.data[i + 1] != '\0')
            return true;
    }
    return false;
}

/* Compiled, in the place of the one that was used least lately. NULL with err. */
static struct pattern *
compile(struct script *s, struct text source, struct error *err)
{
    struct script_pattern *kept = &s->patterns[0];
    struct pattern *pattern;
    char *copy;

    for (int i = 1; i < PATTERN_CACHE; i++) {
        if (s->patterns[i].used < kept->used)
            kept = &s->patterns[i];
    }
    if (s->scratch == NULL && (s->scratch = pattern_scratch_new()) == NULL)
        error_memory(err);
    if (s->scratch == NULL || (pattern = pattern_new_groups(source, err)) == NULL)
        return NULL;
    if ((copy = malloc(source.length + 1)) == NULL) {
        pattern_free(pattern);
        error_memory(err);
        return NULL;
    }
    forget_pattern(kept);
    if (source.length > 0)
        memcpy(copy, source.data, source.length);
    *kept = (struct script_pattern){ copy, source.length, pattern, ++s->pattern_clock };
    return pattern;
}

static struct pattern *
pattern_of(lua_State *L, int index)
{
    struct script *s = script_of(L);
    struct error err = { 0 };
    struct pattern *pattern;
    struct text source;

    source.data = luaL_checklstring(L, index, &source.length);
    for (int i = 0; i < PATTERN_CACHE; i++) {
        struct script_pattern *kept = &s->patterns[i];

        if (kept->pattern != NULL && text_equal(text_make(kept->source, kept->length), source)) {
            kept->used = ++s->pattern_clock;
            return kept->pattern;
        }
    }
    if (source.length > SOURCE_CEILING)
        script_error(L, "a pattern may have %I bytes", (lua_Integer)SOURCE_CEILING);
    if (looks_like_lua(source))
        script_error(L,
                     "the pattern '%s' is one of Lua's; here patterns are regular expressions: \\\\d, not %%d (and "
                     "[%%]d for that text itself)",
                     source.data);
    script_charge(L, 1000 + 100 * source.length);
    if ((pattern = compile(s, source, &err)) == NULL)
        script_error(L, "%s", err.what);
    return pattern;
}

/* ---- searching ---- */

struct search {
    lua_State *L;
    int pattern; /* stack index, or upvalue, of its source */
    struct text subject;
    uint32_t count;
    struct pattern_span spans[PATTERN_GROUPS + 1];
};

/* The subject is looked at once, not in each search. */
static void
search_start(struct search *search, lua_State *L, int subject, int pattern)
{
    search->L = L;
    search->pattern = pattern;
    search->subject.data = luaL_checklstring(L, subject, &search->subject.length);
    script_charge(L, search->subject.length / BYTES_PER_STEP);
}

static bool
search_from(struct search *search, size_t from)
{
    lua_State *L = search->L;
    struct pattern *pattern = pattern_of(L, search->pattern);
    uint64_t work;
    int found = pattern_search_groups(pattern, search->subject, from, script_of(L)->scratch, search->spans,
                                      &search->count, &work);

    script_charge(L, 10 + STEPS_PER_WORK * work +
                         ((found == 1 ? search->spans[0].end : search->subject.length) - from) / BYTES_PER_STEP);
    if (found < 0)
        script_error(L, "the pattern '%s' takes too long on this text", lua_tostring(L, search->pattern));
    return found == 1;
}

/* Where the next search may begin, behind an empty match at the next character. */
static size_t
behind(const struct search *search)
{
    size_t at = search->spans[0].end;

    if (search->spans[0].start < at)
        return at;
    do
        at++;
    while (at < search->subject.length && ((unsigned char)search->subject.data[at] & 0xC0) == 0x80);
    return at;
}

static void
push_span(const struct search *search, uint32_t i)
{
    struct pattern_span span = search->spans[i];

    if (span.start == PATTERN_UNSET)
        lua_pushnil(search->L);
    else
        (void)lua_pushlstring(search->L, search->subject.data + span.start, span.end - span.start);
}

/* The groups, or the whole match where there is none. */
static int
push_groups(const struct search *search, bool whole)
{
    luaL_checkstack(search->L, (int)search->count, NULL);
    if (search->count == 1 && whole) {
        push_span(search, 0);
        return 1;
    }
    for (uint32_t i = 1; i < search->count; i++)
        push_span(search, i);
    return (int)search->count - 1;
}

static void
check_utf8(const struct search *search)
{
    if (!text_is_utf8(search->subject))
        script_error(search->L, "patterns are for texts, and this one is no UTF-8");
}

/* ---- find, match ---- */

/* The third argument: a place from 1, or from the end; false: behind it. In front of a character, never inside. */
static bool
first_place(const struct search *search, size_t *from)
{
    lua_Integer init = luaL_optinteger(search->L, 3, 1);
    size_t length = search->subject.length;

    if (init > 0)
        *from = (size_t)init - 1;
    else
        *from = init == 0 || init < -(lua_Integer)length ? 0 : length - (size_t)-init;
    if (*from > length)
        return false;
    while (*from<length && * from> 0 && ((unsigned char)search->subject.data[*from] & 0xC0) == 0x80)
        ++*from;
    return true;
}

static int
find_plain(const struct search *search, size_t from)
{
    lua_State *L = search->L;
    struct text needle, rest = text_from(search->subject, from);
    size_t at;

    needle.data = luaL_checklstring(L, 2, &needle.length);
    script_charge(L, rest.length / 8 * (1 + needle.length / BYTES_PER_STEP));
    at = text_search(rest, needle);
    if (at == rest.length && needle.length > 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)from + (lua_Integer)at + 1);
    lua_pushinteger(L, (lua_Integer)from + (lua_Integer)at + (lua_Integer)needle.length);
    return 2;
}

static int
text_find_pattern(lua_State *L)
{
    struct search search;
    size_t from;

    search_start(&search, L, 1, 2);
    if (first_place(&search, &from)) {
        if (lua_toboolean(L, 4))
            return find_plain(&search, from);
        check_utf8(&search);
        if (search_from(&search, from)) {
            lua_pushinteger(L, (lua_Integer)search.spans[0].start + 1);
            lua_pushinteger(L, (lua_Integer)search.spans[0].end);
            return 2 + push_groups(&search, false);
        }
    }
    lua_pushnil(L);
    return 1;
}

static int
text_match(lua_State *L)
{
    struct search search;
    size_t from;

    search_start(&search, L, 1, 2);
    check_utf8(&search);
    if (first_place(&search, &from) && search_from(&search, from))
        return push_groups(&search, true);
    lua_pushnil(L);
    return 1;
}

/* ---- gmatch ---- */

/* Upvalues: the subject, the pattern, where to begin. */
static int
next_match(lua_State *L)
{
    struct search search = { .L = L, .pattern = lua_upvalueindex(2) };
    size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));

    search.subject.data = lua_tolstring(L, lua_upvalueindex(1), &search.subject.length);
    if (from > search.subject.length || !search_from(&search, from)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, (lua_Integer)behind(&search));
    lua_replace(L, lua_upvalueindex(3));
    return push_groups(&search, true);
}

static int
text_gmatch(lua_State *L)
{
    struct search search;

    search_start(&search, L, 1, 2);
    check_utf8(&search);
    (void)pattern_of(L, 2);
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_match, 3);
    return 1;
}

/* ---- gsub ---- */

/* "<%1>": the group, %0 the whole match, %% a percent sign. */
static void
add_template(const struct search *search, luaL_Buffer *out, struct text template)
{
    for (size_t i = 0; i < template.length; i++) {
        char c = template.data[i];
        uint32_t group;

        if (c == '%' && ++i < template.length && (c = template.data[i]) != '%') {
            group = (uint32_t)(unsigned char)c - '0';
            if (group > 9 || group >= (search->count > 1 ? search->count : 2))
                script_error(search->L, "'%%%c' in the replacement is none of the pattern's groups", c);
            if (group == 1 && search->count == 1)
                group = 0;
            if (search->spans[group].start != PATTERN_UNSET)
                luaL_addlstring(out, search->subject.data + search->spans[group].start,
                                search->spans[group].end - search->spans[group].start);
            continue;
        }
        luaL_addchar(out, c);
    }
}

/* What the table or the function has for the match; the match itself where that is nothing. */
static void
add_replacement(const struct search *search, luaL_Buffer *out)
{
    lua_State *L = search->L;
    struct text template;
    int type = lua_type(L, 3);

    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        template.data = lua_tolstring(L, 3, &template.length);
        add_template(search, out, template);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_groups(search, true), 1);
    } else {
        push_span(search, search->count > 1 ? 1 : 0);
        (void)lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        push_span(search, 0);
    } else if (!lua_isstring(L, -1)) {
        script_error(L, "what replaces a match must be a text, not a %s", script_type_name(L, -1));
    }
    luaL_addvalue(out);
}

static int
text_gsub(lua_State *L)
{
    struct search search;
    lua_Integer ceiling, done = 0;
    size_t from = 0, copied = 0;
    luaL_Buffer out;
    int type = lua_type(L, 3);

    search_start(&search, L, 1, 2);
    check_utf8(&search);
    ceiling = luaL_optinteger(L, 4, (lua_Integer)search.subject.length + 1);
    luaL_argexpected(L, type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                     "string/function/table");
    luaL_buffinit(L, &out);
    while (done < ceiling && from <= search.subject.length && search_from(&search, from)) {
        size_t next = behind(&search), end = search.spans[0].end;

        luaL_addlstring(&out, search.subject.data + copied, search.spans[0].start - copied);
        add_replacement(&search, &out);
        copied = end;
        from = next;
        done++;
        if (luaL_bufflen(&out) > LIMIT_SCRIPT_TEXT)
            script_error(L, "'gsub' would make a text of more than %I bytes", (lua_Integer)LIMIT_SCRIPT_TEXT);
    }
    if (copied < search.subject.length)
        luaL_addlstring(&out, search.subject.data + copied, search.subject.length - copied);
    luaL_pushresult(&out);
    lua_pushinteger(L, done);
    return 2;
}

/* ---- the functions ---- */

void
script_add_patterns(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "find", text_find_pattern }, { "match", text_match }, { "gmatch", text_gmatch },
        { "gsub", text_gsub },         { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
}
