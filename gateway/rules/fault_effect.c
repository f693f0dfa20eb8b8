/* fault_effect.c -- the one effect of a rule: read, and told. */
#include "rules/fault_internal.h"

#include "json/number.h"
#include "rules/units.h"

static const struct {
    const char *key, *what;
} effects[] = {
#define E(name, key, what) { key, what },
    FAULT_EFFECTS(E)
#undef E
};

static const char *const malforms[] = { [FAULT_GARBAGE] = "garbage", [FAULT_CHUNK] = "chunk" };

static const char *const mutations[] = {
#define M(name, id, valid, what) id,
    MUTATIONS(M)
#undef M
};

const char *
fault_effect_key(enum fault_effect effect)
{
    return effects[effect].key;
}

const char *
fault_effect_what(enum fault_effect effect)
{
    return effects[effect].what;
}

bool
fault_ends(enum fault_effect effect)
{
    return effect == FAULT_STATUS || effect == FAULT_RESET || effect == FAULT_HANG || effect == FAULT_EMPTY ||
           effect == FAULT_STALE;
}

enum side
fault_effect_side(enum fault_effect effect)
{
    return effect == FAULT_TRUNCATE || effect == FAULT_THROTTLE || effect == FAULT_MALFORM || effect == FAULT_MUTATE
               ? SIDE_RESPONSE
               : SIDE_REQUEST;
}

bool
fault_effect_side_allowed(enum fault_effect effect, enum side side)
{
    return side == SIDE_REQUEST || (effect != FAULT_DUPLICATE && effect != FAULT_STALE);
}

/* ---- values as one word ---- */

static bool
refuse(struct arena *arena, struct text *why, struct text key, struct text value, const char *expected)
{
    *why = arena_print(arena, "%.*s wants %s, not '%.*s'", TEXT_PRINT(key), expected, TEXT_PRINT(value));
    return false;
}

static bool
refuse_mutation(struct arena *arena, struct text *why, struct text value)
{
    struct text hint = fault_hint(arena, value, mutations, MUTATIONS_COUNT);

    *why = arena_print(arena, "there is no mutation '%.*s'%.*s", TEXT_PRINT(value), TEXT_PRINT(hint));
    return false;
}

static bool
read_word(const char *const *words, unsigned count, struct text value, unsigned *index)
{
    for (*index = 0; *index < count; (*index)++)
        if (text_equal(value, text_of(words[*index])))
            return true;
    return false;
}

static bool
read_value(struct fault_rule *rule, struct text key, struct text value, struct arena *arena, struct text *why)
{
    uint64_t number = 0;
    unsigned word = 0;

    switch (rule->effect) {
    case FAULT_DELAY:
        rule->distribution = FAULT_FIXED;
        if (!units_duration(value, &rule->a) || rule->a > LIMIT_FAULT_DELAY)
            return refuse(arena, why, key, value, "a duration of up to an hour, such as 200ms");
        return true;
    case FAULT_STATUS:
        if (!text_to_u64(value, &number) || number < 200 || number > 599)
            return refuse(arena, why, key, value, "a number from 200 to 599");
        rule->status = (uint16_t)number;
        return true;
    case FAULT_TRUNCATE:
    case FAULT_THROTTLE:
        if (!units_size(value, &rule->bytes) || (rule->effect == FAULT_THROTTLE && rule->bytes == 0))
            return refuse(arena, why, key, value, "a size such as 1000 or 20KiB");
        return true;
    case FAULT_MALFORM:
        if (!read_word(malforms, 2, value, &word))
            return refuse(arena, why, key, value, "garbage or chunk");
        rule->malform = (enum fault_malform)word;
        return true;
    case FAULT_MUTATE:
        if (!read_word(mutations, MUTATIONS_COUNT, value, &word))
            return refuse_mutation(arena, why, value);
        rule->mutation = (enum mutation)word;
        return true;
    default:
        if (value.length > 0 && !text_equal(value, TEXT("true")))
            return refuse(arena, why, key, value, "nothing, or true");
        return true;
    }
}

bool
fault_effect_text(struct fault_rule *rule, struct text key, struct text value, struct arena *arena, struct text *why)
{
    const char *names[FAULT_EFFECTS_COUNT];

    for (unsigned i = 0; i < FAULT_EFFECTS_COUNT; i++) {
        names[i] = effects[i].key;
        if (!text_equal(key, text_of(effects[i].key)))
            continue;
        rule->effect = (enum fault_effect)i;
        rule->side = fault_effect_side(rule->effect);
        return read_value(rule, key, value, arena, why);
    }
    *why = arena_print(arena, "there is no fault '%.*s'%.*s", TEXT_PRINT(key),
                       TEXT_PRINT(fault_hint(arena, key, names, FAULT_EFFECTS_COUNT)));
    return false;
}

/* ---- from a file ---- */

static int
read_duration(const struct fault_reader *r, const struct value *v, int64_t *ns)
{
    if (!units_duration(value_text(v), ns) || *ns > LIMIT_FAULT_DELAY)
        return fault_fail(r, v, "delay wants durations of up to an hour, not '%.*s'", TEXT_PRINT(value_text(v)));
    return 0;
}

static int
read_delay(const struct fault_reader *r, struct fault_rule *rule, const struct value *v)
{
    const struct value *uniform = VALUE_MEMBER(v, "uniform"), *normal = VALUE_MEMBER(v, "normal"),
                       *lognormal = VALUE_MEMBER(v, "lognormal");
    struct decimal sigma;

    if (uniform != NULL) {
        rule->distribution = FAULT_UNIFORM;
        if (read_duration(r, value_item(uniform, 0), &rule->a) < 0 ||
            read_duration(r, value_item(uniform, 1), &rule->b) < 0)
            return -1;
        return rule->a <= rule->b ? 0 : fault_fail(r, uniform, "the first duration is the shorter one");
    }
    if (normal != NULL) {
        rule->distribution = FAULT_NORMAL;
        return read_duration(r, VALUE_MEMBER(normal, "mean"), &rule->a) < 0 ||
                       read_duration(r, VALUE_MEMBER(normal, "deviation"), &rule->b) < 0
                   ? -1
                   : 0;
    }
    rule->distribution = FAULT_LOGNORMAL;
    decimal_read(&sigma, value_text(VALUE_MEMBER(lognormal, "sigma")));
    rule->b = (int64_t)(decimal_to_double(&sigma) * 1000 + 0.5);
    return read_duration(r, VALUE_MEMBER(lognormal, "median"), &rule->a);
}

static int
read_one(const struct fault_reader *r, struct fault_rule *rule, const struct value *v, struct text key)
{
    struct text why, word = v->type == VALUE_TRUE ? TEXT("true") : value_text(v);

    if (value_is(v, VALUE_OBJECT))
        return read_delay(r, rule, v);
    if (!fault_effect_text(rule, key, word, r->faults->arena, &why))
        return fault_fail(r, v, "%.*s", TEXT_PRINT(why));
    return 0;
}

/* The effect that an object names; *effect is FAULT_EFFECTS_COUNT where it names none. -1: two. */
static int
find_effect(struct fault_reader *r, const struct value *of, const struct document *document, unsigned *effect)
{
    *effect = FAULT_EFFECTS_COUNT;
    r->document = document;
    for (VALUE_EACH_MEMBER(key, of))
        for (unsigned i = 0; i < FAULT_EFFECTS_COUNT; i++) {
            if (!text_equal(value_text(key), text_of(effects[i].key)))
                continue;
            if (*effect < FAULT_EFFECTS_COUNT)
                return fault_fail(r, key, "a rule has one effect, and this one has %s already; write two rules",
                                  effects[*effect].key);
            *effect = i;
        }
    return 0;
}

static int
read_side(struct fault_reader *r, struct fault_rule *rule)
{
    const struct value *side = fault_condition(r, "side");

    rule->side = fault_effect_side(rule->effect);
    if (side != NULL)
        rule->side = text_equal(value_text(side), TEXT("response")) ? SIDE_RESPONSE : SIDE_REQUEST;
    if (fault_effect_side_allowed(rule->effect, rule->side))
        return 0;
    return fault_fail(r, side, "%s is done before the service is asked; leave side out", effects[rule->effect].key);
}

int
fault_read_effect(struct fault_reader *r, struct fault_full *full)
{
    unsigned effect, other = FAULT_EFFECTS_COUNT;

    if (find_effect(r, r->rule, r->own, &effect) < 0 ||
        (r->preset != NULL && find_effect(r, r->preset, r->other, &other) < 0))
        return -1;
    r->document = r->own;
    if (effect < FAULT_EFFECTS_COUNT && other < FAULT_EFFECTS_COUNT && effect != other)
        return fault_fail(r, value_member(r->rule, text_of(effects[effect].key)),
                          "a rule has one effect, and the preset has %s already; write two rules", effects[other].key);
    if (effect == FAULT_EFFECTS_COUNT)
        effect = other;
    if (effect == FAULT_EFFECTS_COUNT)
        return fault_fail(r, r->rule,
                          "the rule does nothing; give it one of delay, status, reset, hang, empty, "
                          "truncate, throttle, malform, mutate, duplicate, stale, or a preset");
    full->rule.effect = (enum fault_effect)effect;
    if (read_one(r, &full->rule, fault_member(r, effects[effect].key), text_of(effects[effect].key)) < 0)
        return -1;
    return read_side(r, &full->rule);
}

/* ---- told ---- */

static struct text
duration(int64_t ns, struct arena *arena)
{
    return ns >= INT64_C(1000000000) ? arena_print(arena, "%gs", (double)ns / 1e9)
                                     : arena_print(arena, "%gms", (double)ns / 1e6);
}

static struct text
delay_text(const struct fault_rule *rule, struct arena *arena)
{
    struct text a = duration(rule->a, arena), b = duration(rule->b, arena);

    switch (rule->distribution) {
    case FAULT_UNIFORM:
        return arena_print(arena, "delay: %.*s to %.*s", TEXT_PRINT(a), TEXT_PRINT(b));
    case FAULT_NORMAL:
        return arena_print(arena, "delay: about %.*s, deviation %.*s", TEXT_PRINT(a), TEXT_PRINT(b));
    case FAULT_LOGNORMAL:
        return arena_print(arena, "delay: median %.*s, sigma %g", TEXT_PRINT(a), (double)rule->b / 1000);
    case FAULT_FIXED:
        break;
    }
    return arena_print(arena, "delay: %.*s", TEXT_PRINT(a));
}

struct text
fault_does_text(const struct fault_rule *rule, struct arena *arena)
{
    const char *key = effects[rule->effect].key;

    switch (rule->effect) {
    case FAULT_DELAY:
        return delay_text(rule, arena);
    case FAULT_STATUS:
        return arena_print(arena, "%s: %u", key, rule->status);
    case FAULT_TRUNCATE:
        return arena_print(arena, "%s: %llu bytes", key, (unsigned long long)rule->bytes);
    case FAULT_THROTTLE:
        return arena_print(arena, "%s: %llu bytes/s", key, (unsigned long long)rule->bytes);
    case FAULT_MALFORM:
        return arena_print(arena, "%s: %s", key, malforms[rule->malform]);
    case FAULT_MUTATE:
        return arena_print(arena, "%s: %s", key, mutations[rule->mutation]);
    default:
        return text_of(key);
    }
}
