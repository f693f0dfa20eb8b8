/* run_allow.c -- may a request be sent that may change something?
 *
 * Services are asked one by one, because a gateway may have a sandbox behind one path and the real thing behind the
 * next: OPTIONS changes nothing (RFC 9110 9.2.1), and a simulated service says what it is in every answer. */
#include "replay/run_internal.h"

bool
allow_is_safe(struct text method)
{
    static const struct text safe[] = { TEXT("GET"), TEXT("HEAD"), TEXT("OPTIONS"), TEXT("TRACE"), TEXT("QUERY") };

    for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
        if (text_equal(method, safe[i]))
            return true;
    return false;
}

static bool
is_allowed_method(const struct replay_plan *plan, struct text method)
{
    for (uint32_t i = 0; i < plan->method_count; i++)
        if (text_equal_nocase(plan->methods[i], method))
            return true;
    return false;
}

/* By service, where the recording knows it. */
static struct text
name_of(const struct replay_slot *s)
{
    const struct exchange *x = &s->item.recorded;

    return x->service.length > 0 ? x->service : x->request.path;
}

static struct allowed *
find(struct replay *r, const struct replay_slot *s)
{
    for (uint32_t i = 0; i < r->allowed_count; i++)
        if (r->allowed[i].target == s->item.target && text_equal(r->allowed[i].name, name_of(s)))
            return &r->allowed[i];
    return NULL;
}

static struct replay_slot *
who_asks(const struct replay *r, const struct replay_slot *s)
{
    for (struct replay_slot *other = r->oldest; other != NULL; other = other->newer)
        if (other->asking && other->item.target == s->item.target && text_equal(name_of(other), name_of(s)))
            return other;
    return NULL;
}

static enum allowance
refuse(struct replay *r, const struct replay_slot *s)
{
    const struct exchange *x = &s->item.recorded;

    (void)error_set(r->err, ERROR_USAGE, s->item.seen_at.data,
                    "%.*s may change something, and %.*s does not say that it is a sandbox (Plumbline-Sandbox): "
                    "--allow-method %.*s sends it all the same, --where method=GET leaves it out",
                    TEXT_PRINT(x->request.method), TEXT_PRINT(s->item.target->url), TEXT_PRINT(x->request.method));
    return ALLOWED_NOT;
}

enum allowance
allow_ask(struct replay *r, struct replay_slot *s)
{
    const struct allowed *known;
    struct replay_slot *other;

    if (!s->writes || is_allowed_method(r->plan, s->item.recorded.request.method))
        return ALLOWED;
    known = find(r, s);
    if (known != NULL)
        return known->sandbox ? ALLOWED : refuse(r, s);
    other = who_asks(r, s);
    if (other == NULL)
        return ALLOWED_ASK;
    return order_block(other, s) < 0 ? (error_memory(r->err), ALLOWED_NOT) : ALLOWED_WAIT;
}

int
allow_answer(struct replay *r, struct replay_slot *s, bool sandbox)
{
    struct text name = arena_text(r->memory, name_of(s));

    if (r->allowed_count == r->allowed_room) {
        uint32_t room = r->allowed_room > 0 ? r->allowed_room * 2 : 16;

        r->allowed =
            arena_grow(r->memory, r->allowed, r->allowed_room * sizeof(struct allowed), room * sizeof(struct allowed));
        r->allowed_room = room;
    }
    if (name.data == NULL || r->allowed == NULL) {
        r->allowed_count = r->allowed_room = 0;
        return error_memory(r->err);
    }
    r->allowed[r->allowed_count++] = (struct allowed){ s->item.target, name, sandbox };
    return 0;
}
