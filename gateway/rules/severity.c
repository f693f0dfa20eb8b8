#include "rules/severity.h"

#include "rules/settings.h"

/* Empty texts fit anything. */
struct severity {
    struct text rule, service, operation, at;
    bool has_side;
    enum side side;
    bool off;
    enum level level;
};

struct severities {
    struct severity *list;
    uint32_t count;
};

static struct text
member(const struct value *v, const char *name)
{
    const struct value *found = value_member(v, text_of(name));

    return found != NULL ? value_text(found) : text_make(NULL, 0);
}

static void
read_one(struct severity *s, const struct value *v)
{
    struct text side = member(v, "side"), level = member(v, "level");

    *s = (struct severity){ .rule = member(v, "rule"),
                            .service = member(v, "service"),
                            .operation = member(v, "operation"),
                            .at = member(v, "at"),
                            .has_side = side.length > 0,
                            .side = text_equal(side, TEXT("response")) ? SIDE_RESPONSE : SIDE_REQUEST,
                            .off = text_equal(level, TEXT("off")),
                            .level = text_equal(level, TEXT("error"))  ? LEVEL_ERROR
                                     : text_equal(level, TEXT("warn")) ? LEVEL_WARN
                                                                       : LEVEL_INFO };
}

int
severities_read(const struct severities **made, const struct settings *settings, struct arena *arena, struct error *err)
{
    struct severities *s;
    uint32_t count = 0;

    *made = NULL;
    for (const struct rule_source *source = settings->severity; source != NULL; source = source->next)
        count += source->value->count;
    if (count == 0)
        return 0;
    if ((s = ARENA_NEW(arena, struct severities)) == NULL ||
        (s->list = ARENA_ARRAY(arena, struct severity, count)) == NULL)
        return error_memory(err);
    for (const struct rule_source *source = settings->severity; source != NULL; source = source->next)
        for (VALUE_EACH_ITEM(v, source->value))
            read_one(&s->list[s->count++], v);
    *made = s;
    return 0;
}

/* The place itself and what is in it; `*` stands for one segment. */
static bool
place_fits(struct text pattern, struct text place)
{
    size_t i = 0, j = 0;

    while (i < pattern.length) {
        if (pattern.data[i] == '*' && i > 0 && pattern.data[i - 1] == '/') {
            while (j < place.length && place.data[j] != '/')
                j++;
            i++;
        } else if (j < place.length && pattern.data[i] == place.data[j]) {
            i++;
            j++;
        } else {
            return false;
        }
    }
    return j == place.length || place.data[j] == '/' || pattern.length == 0;
}

static bool
fits(const struct severity *s, const struct finding *f)
{
    return (s->rule.length == 0 || text_equal(s->rule, f->rule)) &&
           (s->service.length == 0 || text_equal(s->service, f->service)) &&
           (s->operation.length == 0 || text_equal(s->operation, f->operation)) &&
           (!s->has_side || s->side == f->side) && place_fits(s->at, f->instance);
}

bool
severities_judge(const struct severities *s, struct finding *f)
{
    for (uint32_t i = 0; s != NULL && i < s->count; i++) {
        if (!fits(&s->list[i], f))
            continue;
        f->level = s->list[i].level;
        return !s->list[i].off;
    }
    return true;
}

bool
severities_judge_arg(void *severities, struct finding *f)
{
    return severities_judge(severities, f);
}
