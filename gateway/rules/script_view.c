/* script_view.c -- values on a tape as expressions see them: nothing is copied, nothing can be changed, and what is
 * kept beyond the evaluation is dead.
 *
 * Of a recording, values may have been replaced or taken out (VALUE_REDACTED). Who reads one, or misses a member of an
 * object that lost some, makes the whole evaluation unknown: pcall does not help, for what is computed would be a
 * guess.
 *
 * A view remembers where the item is that it gave last, so that going through a list does not begin anew for each. */
#include "rules/script_internal.h"

#include "json/compare.h"

#define MEMBERS_PER_STEP 8 /* looked at */

static const struct script_view *
check_view(lua_State *L, int index)
{
    const struct script_view *view = lua_touserdata(L, index);

    if (script_kind(L, index) != KIND_VIEW)
        script_error(L, "a value of the expression is expected, not %s", script_type_name(L, index));
    if (view->evaluation != script_of(L)->evaluation)
        script_error(L, "this value belongs to an evaluation that is over");
    return view;
}

static void
refuse_redacted(lua_State *L, const struct value *value)
{
    if ((value->flags & VALUE_REDACTED) == 0)
        return;
    script_of(L)->redacted = true;
    script_error(L, SCRIPT_REDACTED);
}

/* Something in it. */
static void
refuse_redacted_inside(lua_State *L, const struct value *value)
{
    script_charge(L, value->span / MEMBERS_PER_STEP);
    for (uint32_t i = 0; i < value->span; i++)
        refuse_redacted(L, value + i);
}

void
script_push_view(lua_State *L, const struct value *value)
{
    struct script_view *view;

    if (value == NULL) {
        lua_pushnil(L);
        return;
    }
    if (value->type != VALUE_ARRAY && value->type != VALUE_OBJECT) {
        refuse_redacted(L, value);
        script_push_json(L, value);
        return;
    }
    view = script_new_kind(L, KIND_VIEW, sizeof *view, 0);
    script_view_set(view, value, script_of(L)->evaluation);
    script_push_place(L, PLACE_VIEW);
    lua_setmetatable(L, -2);
}

void
script_view_set(struct script_view *view, const struct value *value, uint64_t evaluation)
{
    view->value = value;
    view->evaluation = evaluation;
    view->at = 0;
    view->item = value != NULL && value->count > 0 ? value_first(value) : NULL;
}

/* The item, from 0; NULL where there is none. */
static const struct value *
find_item(lua_State *L, struct script_view *view, lua_Integer index)
{
    const struct value *value = view->value;
    uint32_t wanted = (uint32_t)index;

    if (index < 0 || index >= value->count)
        return NULL;
    if (value->span == value->count + 1)
        return value_first(value) + wanted; /* nothing in it has insides */
    if (wanted < view->at) {
        view->at = 0;
        view->item = value_first(value);
    }
    script_charge(L, (wanted - view->at) / MEMBERS_PER_STEP);
    for (; view->at < wanted; view->at++)
        view->item = value_next(view->item);
    return view->item;
}

static int
view_index(lua_State *L)
{
    const struct script_view *view = check_view(L, 1);
    const struct value *member;
    struct text key;

    if (view->value->type == VALUE_OBJECT && lua_type(L, 2) == LUA_TSTRING) {
        key.data = lua_tolstring(L, 2, &key.length);
        script_charge(L, view->value->count / MEMBERS_PER_STEP);
        if ((member = value_member(view->value, key)) == NULL)
            refuse_redacted(L, view->value);
        script_push_view(L, member);
    } else if (view->value->type == VALUE_ARRAY && lua_isinteger(L, 2)) {
        script_view_item(L, 1, lua_tointeger(L, 2));
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int
view_assign(lua_State *L)
{
    return script_error(L, "messages cannot be changed here");
}

static int
view_len(lua_State *L)
{
    const struct value *value = check_view(L, 1)->value;

    refuse_redacted(L, value);
    lua_pushinteger(L, value->count);
    return 1;
}

/* Equal as JSON: Lua asks about different userdata alone. */
static int
view_equal(lua_State *L)
{
    const struct value *a, *b;
    uint32_t budget = UINT32_MAX;
    bool equal = false;

    if (script_kind(L, 1) == KIND_VIEW && script_kind(L, 2) == KIND_VIEW) {
        a = check_view(L, 1)->value;
        b = check_view(L, 2)->value;
        refuse_redacted_inside(L, a);
        refuse_redacted_inside(L, b);
        equal = a == b || value_equal(a, b, &budget) == 1;
        script_charge(L, (UINT32_MAX - budget) / MEMBERS_PER_STEP);
    }
    lua_pushboolean(L, equal);
    return 1;
}

/* ---- for the functions on lists ---- */

bool
script_view_length(lua_State *L, int index, bool array, lua_Integer *length)
{
    const struct script_view *view;

    if (script_kind(L, index) != KIND_VIEW)
        return false;
    view = check_view(L, index);
    if (array && view->value->type != VALUE_ARRAY)
        return false;
    refuse_redacted(L, view->value);
    *length = view->value->count;
    return true;
}

void
script_view_item(lua_State *L, int index, lua_Integer i)
{
    struct script_view *view = lua_touserdata(L, index);

    /* places may have changed */
    refuse_redacted(L, check_view(L, index)->value);
    script_push_view(L, find_item(L, view, i - 1));
}

void
script_view_copy(lua_State *L)
{
    if (script_kind(L, -1) != KIND_VIEW)
        return;
    refuse_redacted_inside(L, check_view(L, lua_gettop(L))->value);
    script_push_json(L, check_view(L, lua_gettop(L))->value);
    lua_replace(L, -2);
}

/* ---- pairs ---- */

/* Upvalue: how many places behind the view's value the next key is. */
static int
next_member(lua_State *L)
{
    const struct value *object = check_view(L, 1)->value, *key;
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(1));

    if (place >= object->span) {
        lua_pushnil(L);
        return 1;
    }
    key = object + place;
    lua_pushinteger(L, place + 1 + key[1].span);
    lua_replace(L, lua_upvalueindex(1));
    (void)lua_pushlstring(L, key->data, key->count);
    script_push_view(L, value_next(key));
    return 2;
}

/* Upvalue: the number of the last item. */
static int
next_item(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(1)) + 1;

    if (i > check_view(L, 1)->value->count) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(1));
    lua_pushinteger(L, i);
    script_view_item(L, 1, i);
    return 2;
}

int
script_view_pairs(lua_State *L)
{
    bool array = check_view(L, 1)->value->type == VALUE_ARRAY;

    refuse_redacted(L, check_view(L, 1)->value);
    lua_pushinteger(L, array ? 0 : 1);
    lua_pushcclosure(L, array ? next_item : next_member, 1);
    lua_pushvalue(L, 1);
    return 2;
}

void
script_open_views(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "__index", view_index },
        { "__newindex", view_assign },
        { "__len", view_len },
        { "__eq", view_equal },
        { NULL, NULL },
    };

    script_new_metatable(L, "table", functions);
    script_set_place(L, PLACE_VIEW);
}
