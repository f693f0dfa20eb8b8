/* fault_asked.c -- what a client asks for by Plumbline-Inject: names of rules and presets, or effects made up at once.
 *
 *   asked = item *( "," item ) ; item = what *( ";" parameter ) ; what = NAME / EFFECT [ "=" VALUE ]
 *   parameter = "side=request" / "side=response" / "token=" TOKEN
 */
#include "rules/fault_internal.h"

struct asking {
    const struct faults *faults;
    struct arena *arena;
    struct text *why;
    struct text token; /* the last one that was said */
};

static bool
refuse(const struct asking *a, const char *format, struct text what)
{
    *a->why = arena_print(a->arena, format, TEXT_PRINT(what));
    return false;
}

static const struct fault_full *
find_named(const struct faults *f, struct text name)
{
    const struct fault_rule *rule = fault_named(f, name);

    for (uint32_t i = 0; rule == NULL && i < f->preset_count; i++)
        if (text_equal(f->presets[i].rule.name, name))
            rule = &f->presets[i].rule;
    return rule != NULL ? fault_full(rule) : NULL;
}

/* An effect with its value. */
static bool
make_up(const struct asking *a, struct text what, struct fault_full *full)
{
    size_t equals = text_find(what, '=');
    struct text key = text_trim(text_slice(what, 0, equals)), value = text_trim(text_from(what, equals + 1));

    full->rule = (struct fault_rule){ .where = TEXT("Plumbline-Inject"),
                                      .index = FAULT_ASKED_INDEX(a->faults),
                                      .enabled = true };
    if (!fault_effect_text(&full->rule, key, value, a->arena, a->why))
        return false;
    full->rule.name = arena_print(a->arena, "asked-%s", fault_effect_key(full->rule.effect));
    full->chance = full->identity = hash_stable(what, 0);
    full->counted = fault_is_counted(full);
    return true;
}

static bool
read_side(const struct asking *a, struct text side, struct fault_full *full)
{
    bool response = text_equal(side, TEXT("response"));

    if (!response && !text_equal(side, TEXT("request")))
        return refuse(a, "side is request or response, not '%.*s'", side);
    full->rule.side = response ? SIDE_RESPONSE : SIDE_REQUEST;
    if (!fault_effect_side_allowed(full->rule.effect, full->rule.side))
        return refuse(a, "'%.*s' is no side of this fault", side);
    return true;
}

static bool
read_item(struct asking *a, struct text item, const struct fault_full **made)
{
    struct text_split split = text_split_start(item);
    struct fault_full *full = ARENA_NEW(a->arena, struct fault_full);
    const struct fault_full *named;
    struct text part;

    if (full == NULL || !text_split_next(&split, ';', &part))
        return refuse(a, "no memory%.*s", TEXT(""));
    part = text_trim(part);
    named = find_named(a->faults, part);
    if (named != NULL)
        *full = *named;
    else if (!make_up(a, part, full))
        return false;
    while (text_split_next(&split, ';', &part)) {
        part = text_trim(part);
        if (text_starts(part, TEXT("token=")))
            a->token = text_from(part, 6);
        else if (!text_starts(part, TEXT("side=")))
            return refuse(a, "'%.*s' is neither side=… nor token=…", part);
        else if (!read_side(a, text_from(part, 5), full))
            return false;
    }
    *made = full;
    return true;
}

uint32_t
fault_asked(const struct faults *f, const struct service *service, struct text asked, struct arena *arena,
            const struct fault_full *list[FAULT_MOST], struct text *why)
{
    struct asking a = { .faults = f, .arena = arena, .why = why };
    struct text rest = asked, item;
    uint32_t count = 0;

    *why = TEXT("");
    if (f == NULL || service == NULL || !service->settings->inject) {
        *why = TEXT("this service lets no client ask for faults (services.NAME.inject)");
        return 0;
    }
    while (header_list_next(&rest, &item)) {
        if (count == FAULT_MOST) {
            *why = TEXT("that is too much at a time");
            return 0;
        }
        if (!read_item(&a, item, &list[count++]))
            return 0;
    }
    if (service->settings->inject_token.length > 0 && !hash_same_secret(a.token, service->settings->inject_token)) {
        *why = TEXT("the token is missing, or another one; write '; token=…' behind the fault");
        return 0;
    }
    if (count == 0)
        *why = TEXT("it is empty");
    return count;
}

unsigned
fault_asked_concern(const struct faults *f, const struct service *service, struct text asked, struct arena *arena,
                    struct text *why)
{
    const struct fault_full *list[FAULT_MOST];
    uint32_t count = fault_asked(f, service, asked, arena, list, why);
    unsigned bits = 0;

    for (uint32_t i = 0; i < count; i++)
        bits |= fault_wants(list[i]);
    return bits;
}
