/* script_number.c -- round and near: what money needs, on decimals as they are written.
 *
 * A float stands for the decimal of 15 digits that it is written as: so 1.005 is 1.005, though the nearest double is a
 * little less. */
#include "rules/script_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_DIGITS 15
#define SLACK        1e-14 /* of what is compared: writing with 15 digits changes less */
#define SMALL_SHIFT  18    /* powers of ten by which 18 digits may grow in 128 bits */

/* ---- round ---- */

/* The digits of a number, and the power of ten of the first one. */
struct digits {
    char digits[24];
    int count;
    int top;
    bool negative;
};

/* "1.2345e+01" into digits. */
static void
float_digits(struct digits *d, double number)
{
    char text[32];
    const char *at = text;

    (void)snprintf(text, sizeof text, "%.14e", number);
    d->negative = *at == '-';
    for (d->count = 0; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9')
            d->digits[d->count++] = *at;
    }
    d->top = (int)strtol(at + 1, NULL, 10);
}

static void
integer_digits(struct digits *d, lua_Integer number)
{
    d->negative = number < 0;
    d->count = snprintf(d->digits, sizeof d->digits, "%" PRIu64, number < 0 ? -(uint64_t)number : (uint64_t)number);
    d->top = d->count - 1;
}

/* Keeps the first `keep` digits, rounded half up: the sign is aside. */
static void
cut(struct digits *d, int keep)
{
    bool up = d->digits[keep] >= '5';

    d->count = keep;
    while (up && keep > 0) {
        up = d->digits[keep - 1] == '9';
        d->digits[keep - 1] = up ? '0' : (char)(d->digits[keep - 1] + 1);
        keep--;
    }
    if (!up)
        return;
    memmove(d->digits + 1, d->digits, (size_t)d->count);
    d->digits[0] = '1';
    d->count++;
    d->top++;
}

static int
number_round(lua_State *L)
{
    lua_Integer places = luaL_optinteger(L, 2, 0), keep;
    struct digits d;
    char text[48];

    if (script_kind(L, 1) == KIND_NUMBER) {
        script_push_float(L, 1);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TNUMBER);
    luaL_argcheck(L, places >= -400 && places <= 400, 2, "at most 400 digits");
    if (lua_isinteger(L, 1) ? places >= 0 : !isfinite(lua_tonumber(L, 1))) {
        lua_settop(L, 1);
        return 1;
    }
    if (lua_isinteger(L, 1))
        integer_digits(&d, lua_tointeger(L, 1));
    else
        float_digits(&d, lua_tonumber(L, 1));
    keep = d.top + 1 + places;
    if (keep < 0)
        d.count = 0;
    else if (keep < d.count)
        cut(&d, (int)keep);
    if (d.count == 0)
        (void)snprintf(text, sizeof text, "0");
    else
        (void)snprintf(text, sizeof text, "%s%.*se%d", d.negative ? "-" : "", d.count, d.digits, d.top + 1 - d.count);
    script_push_number(L, text_of(text), false);
    return 1;
}

/* ---- near ---- */

/* All three with one exponent, in 128 bits; false: they are too far apart. */
static bool
scale(const struct decimal numbers[3], __int128 scaled[3])
{
    int64_t lowest = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        if (!numbers[i].small)
            return false;
        if (numbers[i].digits > 0 && numbers[i].exponent < lowest)
            lowest = numbers[i].exponent;
    }
    for (int i = 0; i < 3; i++) {
        int64_t shift = numbers[i].digits > 0 ? numbers[i].exponent - lowest : 0;

        if (shift > SMALL_SHIFT)
            return false;
        scaled[i] = numbers[i].mantissa;
        for (; shift > 0; shift--)
            scaled[i] *= 10;
    }
    return true;
}

/* |a - b| <= tolerance. */
static bool
is_near(lua_State *L)
{
    struct decimal numbers[3];
    __int128 scaled[3], apart;
    char text[3][32];
    double a = script_to_float(L, 1), b = script_to_float(L, 2), tolerance = script_to_float(L, 3);
    double distance = fabs(a - b), slack = (fabs(a) + fabs(b) + fabs(tolerance)) * SLACK;

    /* mostly it is clear without looking at digits */
    if (distance < tolerance - slack)
        return true;
    if (!(distance <= tolerance + slack))
        return false;
    for (int i = 0; i < 3; i++) {
        if (!script_decimal(L, i + 1, &numbers[i], text[i]))
            return false;
    }
    if (!scale(numbers, scaled))
        return distance <= tolerance;
    apart = scaled[0] < scaled[1] ? scaled[1] - scaled[0] : scaled[0] - scaled[1];
    return apart <= scaled[2];
}

static int
number_near(lua_State *L)
{
    static const char *const names[] = { "first", "second", "tolerance" };

    for (int i = 0; i < 3; i++) {
        if (lua_type(L, i + 1) != LUA_TNUMBER && script_kind(L, i + 1) != KIND_NUMBER)
            return script_error(L, "near wants numbers, and the %s is %s", names[i],
                                lua_isnoneornil(L, i + 1) ? "missing" : script_type_name(L, i + 1));
    }
    lua_pushboolean(L, is_near(L));
    return 1;
}

double
script_tidy(double number)
{
    char text[32];

    return script_print_number(text, sizeof text, number) ? strtod(text, NULL) : number;
}

void
script_open_numbers(lua_State *L)
{
    static const luaL_Reg functions[] = { { "round", number_round }, { "near", number_near }, { NULL, NULL } };

    luaL_setfuncs(L, functions, 0);
}
