/* takes.c -- what a request of an operation may and must have, for those who write requests. */
#include "contract/model.h"

static const struct text location_names[LOCATIONS] = {
    [IN_PATH] = { "path", 4 },
    [IN_QUERY] = { "query", 5 },
    [IN_HEADER] = { "header", 6 },
    [IN_COOKIE] = { "cookie", 6 },
    [IN_QUERYSTRING] = { "querystring", 11 },
};

bool
operation_parameter(const struct operation *o, uint32_t index, struct operation_parameter *parameter)
{
    for (unsigned in = 0; in < LOCATIONS; in++) {
        for (uint32_t i = 0; i < o->parameter_count[in]; i++) {
            const struct parameter *p = &o->parameters[in][i];

            if (p->ignored || index-- > 0)
                continue;
            *parameter = (struct operation_parameter){ p->name, location_names[in], p->required || in == IN_PATH };
            return true;
        }
    }
    return false;
}

static bool
scheme_is_at(const struct security_scheme *scheme, struct text in, struct text name)
{
    switch (scheme->kind) {
    case SCHEME_BASIC:
    case SCHEME_BEARER:
    case SCHEME_HTTP:
        return text_equal(in, TEXT("header")) && text_equal_nocase(name, TEXT("Authorization"));
    case SCHEME_KEY:
        return text_equal(in, location_names[scheme->in]) &&
               (scheme->in == IN_HEADER ? text_equal_nocase(name, scheme->parameter)
                                        : text_equal(name, scheme->parameter));
    default:
        return false;
    }
}

bool
operation_takes_credential(const struct operation *o, struct text in, struct text name)
{
    for (uint32_t i = 0; i < o->security_count; i++)
        for (uint32_t k = 0; k < o->security[i].count; k++)
            if (scheme_is_at(o->security[i].schemes[k], in, name))
                return true;
    return false;
}

bool
operation_has_body(const struct operation *o)
{
    return o->body != NULL;
}

bool
operation_needs_body(const struct operation *o)
{
    return o->body != NULL && o->body->required;
}

bool
operation_answer(const struct operation *o, uint32_t index, struct operation_answer *answer)
{
    if (index >= o->response_count)
        return false;
    *answer = (struct operation_answer){ o->responses[index].key, o->responses[index].place.document,
                                         o->responses[index].place.value };
    return true;
}

uint32_t
operation_answer_of(const struct operation *o, uint16_t status)
{
    const struct response *r = response_of(o, status);

    return r != NULL ? (uint32_t)(r - o->responses) : UINT32_MAX;
}

bool
operation_answer_has_header(const struct operation *o, uint32_t answer, struct text name)
{
    for (uint32_t i = 0; answer < o->response_count && i < o->responses[answer].header_count; i++)
        if (text_equal_nocase(o->responses[answer].headers[i].name, name))
            return true;
    return false;
}
