/* violation_page.c -- the page that explains every id. A new violation needs a row here: the unit test asks for it. */
#include "contract/violation_page.h"

static const char *const examples[VIOLATION_IDS] = {
    [VIOLATION_PATH_UNKNOWN] = "`GET /ordrs` where the contract has `/orders`",
    [VIOLATION_METHOD_UNKNOWN] = "`PUT /orders` where the contract has GET and POST; the refusal says so in `Allow`",
    [VIOLATION_OPERATION_DEPRECATED] = "a call of an operation with `deprecated: true`",
    [VIOLATION_PARAMETER_MISSING] = "`GET /orders` without `?customer=`, which is `required: true`",
    [VIOLATION_PARAMETER_SCHEMA] = "`?limit=500` where the schema says `maximum: 100`",
    [VIOLATION_PARAMETER_UNKNOWN] = "`?limt=5`; hint: did you mean 'limit'?",
    [VIOLATION_PARAMETER_SYNTAX] = "`?name=%zz`, or `?filter[a=1` for a parameter in style deepObject",
    [VIOLATION_SECURITY_MISSING] =
        "no `Authorization` where the operation needs a bearer token, or `Bearer` without one",
    [VIOLATION_CONTENT_TYPE_UNKNOWN] = "`Content-Type: text/xml` where only `application/json` is described",
    [VIOLATION_CONTENT_TYPE_MISSING] = "a POST with a body and no `Content-Type`",
    [VIOLATION_BODY_MISSING] = "a POST without a body where `requestBody` is `required: true`",
    [VIOLATION_BODY_UNEXPECTED] = "a DELETE with a body where the operation has no `requestBody`",
    [VIOLATION_BODY_SCHEMA] = "`{\"price\": \"12.50\"}` where the schema says `type: number`",
    [VIOLATION_BODY_EXTRA] = "`{\"quantty\": 1}` where the schema says `additionalProperties: false`",
    [VIOLATION_JSON_SYNTAX] = "`{\"a\": 1,}`; line and column are in the message",
    [VIOLATION_JSON_DUPLICATE_KEY] = "`{\"role\": \"user\", \"role\": \"admin\"}`",
    [VIOLATION_FORM_SYNTAX] = "a multipart body whose last boundary is missing",
    [VIOLATION_STATUS_UNKNOWN] = "a 418 where the operation lists 200, 4XX is not there, and there is no `default`",
    [VIOLATION_HEADER_MISSING] = "a 201 without `Location`, which the contract requires",
    [VIOLATION_HEADER_SCHEMA] = "`X-Rate-Limit: many` where the schema says `type: integer`",
    [VIOLATION_ITEM_SCHEMA] = "the third line of a JSON Lines response breaks `itemSchema`",
    [VIOLATION_LIFECYCLE_MOVE] = "an order goes from `cancelled` to `shipped`",
    [VIOLATION_LIFECYCLE_ORDER] = "an order is fulfilled before it was created",
    [VIOLATION_LIFECYCLE_TIMEOUT] = "an order is `pending` for longer than the rule allows",
    [VIOLATION_INVARIANT_BROKEN] = "the ERP bills another total than the shop sold",
};

const char *
violation_example(enum violation_id id)
{
    return id < VIOLATION_IDS ? examples[id] : NULL;
}

static void
add_table(struct buffer *out)
{
    buffer_add(out, TEXT("| id | what it says | level | rule from | example |\n| --- | --- | --- | --- | --- |\n"));
    for (unsigned i = 0; i < VIOLATION_IDS; i++) {
        enum violation_id id = (enum violation_id)i;

        buffer_print(out, "| `%s` | %s | %s | %s | %s |\n", violation_name(id), violation_what(id),
                     level_name(violation_level(id)), violation_source(id), examples[i] != NULL ? examples[i] : "");
    }
}

void
violation_page(struct buffer *out)
{
    buffer_add(out, TEXT("# Violations\n\n"
                         "<!-- Written by `make docs` from gateway/contract/violation.h; edit the table there. -->\n\n"
                         "What can be found wrong with an exchange. The ids are a promise: they stay what they are, "
                         "so that settings, baselines and\nscripts may use them. In messages an id follows its side: "
                         "`response body-schema`. Levels are fixed; whether a\nviolation is "
                         "reported at all can: `ignore: [body-extra]` in the settings of a service or operation.\n\n"));
    add_table(out);
    buffer_add(out, TEXT("\n## Unchecked\n\n"
                         "What was not looked at is said, too: a verdict without violations means that there are none "
                         "only as far as it was checked.\nIn `enforce` a part that stays unchecked is refused unless "
                         "the service says `unchecked: pass`.\n\n"
                         "| reason | what it means |\n| --- | --- |\n"));
    for (unsigned i = 0; i < UNCHECKED_IDS; i++)
        buffer_print(out, "| `%s` | %s |\n", unchecked_name((enum unchecked_id)i),
                     unchecked_what((enum unchecked_id)i));
}
