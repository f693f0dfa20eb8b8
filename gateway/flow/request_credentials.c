/* request_credentials.c -- tokens go where the operation's security wants them; nowhere else.
 *
 * A token is named after a security scheme. It is sent only to operations that ask for that scheme: what one service
 * may know is not for another. A name that no contract of the flow has is a header field, for every request. */
#include "base/base64.h"
#include "flow/request_internal.h"
#include "http/query.h"

#define SOURCES_DEPTH 8 /* flows that name flows */

static const struct flow_token *
find_token(const struct building *b, struct text name)
{
    const struct flow_sending *s = b->sending;

    for (uint32_t i = s->token_count; i > 0; i--)
        if (text_equal(s->tokens[i - 1].name, name))
            return &s->tokens[i - 1];
    return NULL;
}

static bool
contract_has_scheme(const struct contract *c, struct text name)
{
    const struct value *components = VALUE_MEMBER(contract_document(c)->root, "components");

    return value_member(VALUE_MEMBER(components, "securitySchemes"), name) != NULL;
}

static bool
flow_has_scheme(const struct flow *flow, struct text name, unsigned depth)
{
    for (uint32_t i = 0; flow != NULL && depth < SOURCES_DEPTH && i < flow->source_count; i++) {
        const struct flow_source *s = &flow->sources[i];

        if ((s->contract != NULL && contract_has_scheme(s->contract, name)) ||
            flow_has_scheme(s->flow, name, depth + 1))
            return true;
    }
    return false;
}

/* ---- what the step gives itself ---- */

static bool
has_parameter(const struct step *step, enum flow_in in, struct text name)
{
    for (uint32_t i = 0; i < step->parameter_count; i++)
        if (step->parameters[i].in == in && text_equal(step->parameters[i].name, name))
            return true;
    return false;
}

static bool
is_given(const struct building *b, const struct sending_scheme *s)
{
    const struct step *step = b->sending->step;

    if (s->kind == SENDING_UNKNOWN) /* nothing that a message could carry */
        return true;
    if (s->kind != SENDING_KEY)
        return building_has_header(b, TEXT("Authorization"));
    if (s->in == SENDING_HEADER)
        return building_has_header(b, s->parameter);
    return has_parameter(step, s->in == SENDING_QUERY ? FLOW_IN_QUERY : FLOW_IN_COOKIE, s->parameter);
}

/* ---- tokens ---- */

/* "Bearer x", unless the token says its scheme already. */
static struct text
with_scheme(struct building *b, struct text scheme, struct text value)
{
    if (value.length > scheme.length && value.data[scheme.length] == ' ' &&
        text_equal_nocase(text_slice(value, 0, scheme.length), scheme))
        return value;
    return arena_print(b->arena, "%.*s %.*s", TEXT_PRINT(scheme), TEXT_PRINT(value));
}

/* "user:password" in base64; without a colon it is that already (RFC 7617 2). */
static struct text
basic(struct building *b, struct text value)
{
    struct buffer encoded;
    struct text out;

    if (text_find(value, ':') == value.length)
        return with_scheme(b, TEXT("Basic"), value);
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    base64_write(&encoded, value);
    out = arena_print(b->arena, "Basic %.*s", TEXT_PRINT(buffer_text(&encoded)));
    buffer_release(&encoded);
    return out;
}

static int
add_key(struct building *b, const struct sending_scheme *s, struct text value)
{
    struct buffer pair;
    struct text text;

    if (s->in == SENDING_HEADER)
        return building_header(b, s->parameter, value, b->sending->step->place);
    buffer_init(&pair, LIMIT_HEADER_BYTES);
    percent_encode(&pair, s->parameter);
    buffer_byte(&pair, '=');
    percent_encode(&pair, value);
    text = buffer_text(&pair);
    if (s->in == SENDING_QUERY)
        building_query(b, text);
    else
        building_cookie(b, text);
    buffer_release(&pair);
    return 0;
}

static int
add_token(struct building *b, const struct sending_scheme *s, struct text value)
{
    switch (s->kind) {
    case SENDING_BASIC:
        value = basic(b, value);
        break;
    case SENDING_BEARER:
        value = with_scheme(b, TEXT("Bearer"), value);
        break;
    case SENDING_SCHEME:
        value = with_scheme(b, s->scheme, value);
        break;
    case SENDING_KEY:
        return add_key(b, s, value);
    case SENDING_UNKNOWN:
        return 0;
    }
    return building_header(b, TEXT("Authorization"), value, b->sending->step->place);
}

/* How many tokens the way takes; *complete: with them nothing is missing. */
static uint32_t
look_at_way(const struct building *b, uint32_t way, bool *complete)
{
    uint32_t tokens = 0, count = sending_way_schemes(b->operation, way);

    *complete = true;
    for (uint32_t i = 0; i < count; i++) {
        struct sending_scheme s = sending_way_scheme(b->operation, way, i);

        if (is_given(b, &s))
            continue;
        if (find_token(b, s.name) != NULL)
            tokens++;
        else
            *complete = false;
    }
    return tokens;
}

/* The first way that the tokens open; else the first to which they contribute. */
static int
add_scheme_tokens(struct building *b)
{
    uint32_t ways = sending_ways(b->operation), chosen = ways, count;

    for (uint32_t way = 0; way < ways; way++) {
        bool complete;

        if (look_at_way(b, way, &complete) == 0)
            continue;
        if (complete) {
            chosen = way;
            break;
        }
        if (chosen == ways)
            chosen = way;
    }
    count = chosen < ways ? sending_way_schemes(b->operation, chosen) : 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sending_scheme s = sending_way_scheme(b->operation, chosen, i);
        const struct flow_token *token = find_token(b, s.name);

        if (token != NULL && !is_given(b, &s) && add_token(b, &s, token->value) < 0)
            return -1;
    }
    return 0;
}

int
building_credentials(struct building *b)
{
    const struct flow_sending *s = b->sending;

    if (add_scheme_tokens(b) < 0)
        return -1;
    for (uint32_t i = 0; i < s->token_count; i++) {
        const struct flow_token *token = &s->tokens[i];

        if (flow_has_scheme(s->scope->flow, token->name, 0) ||
            contract_has_scheme(operation_contract(b->operation), token->name) || find_token(b, token->name) != token ||
            building_has_header(b, token->name))
            continue;
        if (building_header(b, token->name, token->value, s->step->place) < 0)
            return -1;
    }
    return 0;
}
