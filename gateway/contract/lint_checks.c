/* lint_checks.c -- rules of single objects that a table cannot say. */
#include "contract/lint.h"

#include "schema/format.h"

static bool
has(struct loader *l, struct place at, const char *key)
{
    return loader_member(l, at.value, text_of(key)) != NULL;
}

void
lint_openapi(struct loader *l, struct place at)
{
    if (loader_contract(l)->edition >= EDITION_31 && !has(l, at, "paths") && !has(l, at, "components") &&
        !has(l, at, "webhooks"))
        loader_defect(l, LEVEL_ERROR, at,
                      "one of 'paths', 'components' and 'webhooks' is needed; nothing is described");
}

void
lint_license(struct loader *l, struct place at)
{
    if (has(l, at, "url") && has(l, at, "identifier"))
        loader_defect(l, LEVEL_ERROR, at, "'url' and 'identifier' exclude each other");
}

/* ---- servers ---- */

void
lint_server(struct loader *l, struct place at)
{
    struct text names[16];
    const struct value *url = VALUE_MEMBER(at.value, "url"), *variables = VALUE_MEMBER(at.value, "variables");
    uint32_t count;

    if (!value_is(url, VALUE_STRING))
        return;
    count = path_template_variables(value_text(url), names, 16);
    for (uint32_t i = 0; i < count && i < 16; i++) {
        if (loader_member(l, variables, names[i]) == NULL)
            loader_defect(l, LEVEL_ERROR, (struct place){ at.document, url },
                          "the variable '{%.*s}' of this URL is not described; paths below it may not be found",
                          TEXT_PRINT(names[i]));
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(names[i], names[j]))
                loader_defect(l, LEVEL_ERROR, (struct place){ at.document, url },
                              "the variable '{%.*s}' is in this URL twice", TEXT_PRINT(names[i]));
    }
}

void
lint_server_variable(struct loader *l, struct place at)
{
    const struct value *choices = VALUE_MEMBER(at.value, "enum"), *fallback = VALUE_MEMBER(at.value, "default");
    bool listed = false;

    if (!value_is(choices, VALUE_ARRAY))
        return;
    if (choices->count == 0)
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, choices }, "'enum' must have at least one value");
    if (!value_is(fallback, VALUE_STRING))
        return;
    for (VALUE_EACH_ITEM(item, choices))
        listed = listed || (item->type == VALUE_STRING && text_equal(value_text(item), value_text(fallback)));
    if (!listed)
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, fallback }, "the default '%.*s' is not in 'enum'",
                      TEXT_PRINT(value_text(fallback)));
}

/* ---- paths ---- */

static void
lint_template(struct loader *l, const struct document *document, const struct value *key)
{
    struct text path = value_text(key), names[MATCH_PARAMETERS];
    uint32_t count = path_template_variables(path, names, MATCH_PARAMETERS);
    bool open = false;

    if (path_segments(path) > PATH_SEGMENTS)
        loader_defect_key(l, LEVEL_ERROR, document, key, "this path has more than %d segments; it never matches",
                          PATH_SEGMENTS);
    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];

        if ((c == '{' && open) || (c == '}' && !open) || (open && c == '/')) {
            loader_defect_key(l, LEVEL_ERROR, document, key,
                              "the braces of '%.*s' do not match; it may never match a path", TEXT_PRINT(path));
            return;
        }
        open = c == '{' || (open && c != '}');
        if ((c == '?' || c == '#') && !open) {
            loader_defect_key(
                l, LEVEL_ERROR, document, key,
                "'%.*s' has a '%c', which no path has: it never matches; describe the query as parameters",
                TEXT_PRINT(path), c);
            return;
        }
    }
    if (open)
        loader_defect_key(l, LEVEL_ERROR, document, key, "the braces of '%.*s' do not match; it may never match a path",
                          TEXT_PRINT(path));
    for (uint32_t i = 0; i < count && i < MATCH_PARAMETERS; i++)
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(names[i], names[j]))
                loader_defect_key(l, LEVEL_ERROR, document, key, "'{%.*s}' is in this path twice",
                                  TEXT_PRINT(names[i]));
}

void
lint_paths(struct loader *l, struct place at)
{
    for (VALUE_EACH_MEMBER(key, at.value)) {
        if (lint_is_extension(value_text(key)))
            continue;
        if (key->count == 0 || key->data[0] != '/')
            loader_defect_key(l, LEVEL_ERROR, at.document, key, "the path '%.*s' must begin with '/'; it never matches",
                              TEXT_PRINT(value_text(key)));
        else
            lint_template(l, at.document, key);
        lint_object(l, (struct place){ at.document, value_next(key) }, OBJECT_PATH_ITEM);
    }
}

void
lint_callback(struct loader *l, struct place at)
{
    for (VALUE_EACH_MEMBER(key, at.value))
        if (!lint_is_extension(value_text(key)))
            lint_object(l, (struct place){ at.document, value_next(key) }, OBJECT_PATH_ITEM);
}

/* ---- parameters ---- */

/* Does the style fit where the parameter is? (OAS 3.1 4.8.12.3) */
static const char *
styles_of(struct text in)
{
    return text_equal(in, TEXT("path"))     ? "matrix label simple"
           : text_equal(in, TEXT("query"))  ? "form spaceDelimited pipeDelimited deepObject"
           : text_equal(in, TEXT("header")) ? "simple"
           : text_equal(in, TEXT("cookie")) ? "form cookie"
                                            : "";
}

static void
lint_style(struct loader *l, struct place at, struct text in)
{
    const struct value *style = VALUE_MEMBER(at.value, "style");
    struct text allowed = text_of(styles_of(in));
    size_t found;

    if (!value_is(style, VALUE_STRING))
        return;
    found = text_search(allowed, value_text(style));
    if (found == allowed.length && allowed.length > 0)
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, style },
                      "a parameter in %.*s cannot have the style '%.*s', only one of: %.*s", TEXT_PRINT(in),
                      TEXT_PRINT(value_text(style)), TEXT_PRINT(allowed));
    if (text_equal(value_text(style), TEXT("cookie")) && loader_contract(l)->edition < EDITION_32)
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, style },
                      "the style 'cookie' is only known from OpenAPI 3.2 on");
}

static void lint_examples(struct loader *l, struct place at, bool json);

/* What parameters and headers have in common: a schema or one media type, one way of examples. */
static void
lint_schema_or_content(struct loader *l, struct place at, const char *what)
{
    struct place schema = LOADER_AT(l, at, "schema"), content = LOADER_AT(l, at, "content");

    if (schema.value == NULL && content.value == NULL)
        loader_defect(l, LEVEL_ERROR, at, "the %s needs 'schema' or 'content'; its value is not checked", what);
    if (schema.value != NULL && content.value != NULL)
        loader_defect(l, LEVEL_ERROR, at, "'schema' and 'content' exclude each other; the schema is used");
    if (value_is(content.value, VALUE_OBJECT) && content.value->count != 1)
        loader_defect(l, LEVEL_ERROR, content, "'content' must have exactly one media type%s",
                      content.value->count > 1 ? "; the first is used" : "; the value is not checked");
    if (content.value != NULL && (has(l, at, "style") || has(l, at, "explode") || has(l, at, "allowReserved")))
        loader_defect(l, LEVEL_ERROR, at,
                      "'style', 'explode' and 'allowReserved' do not go with 'content'; they have no effect");
    lint_examples(l, at, true);
}

static const char *
wrong_location(struct text in, enum edition edition)
{
    if (styles_of(in)[0] != '\0')
        return NULL;
    if (text_equal(in, TEXT("querystring")))
        return edition < EDITION_32 ? "'querystring' is only known from OpenAPI 3.2 on; this parameter is not checked"
                                    : NULL;
    if (text_equal(in, TEXT("body")) || text_equal(in, TEXT("formData")))
        return "parameters in 'body' and 'formData' are Swagger 2.0; describe a requestBody. This parameter is not "
               "checked";
    return "'in' must be path, query, header or cookie; this parameter is not checked";
}

void
lint_parameter(struct loader *l, struct place at)
{
    const struct value *in_value = VALUE_MEMBER(at.value, "in"), *required = VALUE_MEMBER(at.value, "required");
    struct text in = value_is(in_value, VALUE_STRING) ? value_text(in_value) : TEXT("");
    const char *wrong = in.length > 0 ? wrong_location(in, loader_contract(l)->edition) : NULL;

    if (wrong != NULL)
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, in_value }, "%s", wrong);
    if (text_equal(in, TEXT("path")) && !value_is(required, VALUE_TRUE))
        loader_defect(l, LEVEL_ERROR, required != NULL ? (struct place){ at.document, required } : at,
                      "a path parameter must say 'required: true'; it is required all the same");
    if (!text_equal(in, TEXT("query")) && has(l, at, "allowEmptyValue"))
        loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "allowEmptyValue"),
                      "'allowEmptyValue' is for query parameters only");
    if (text_equal(in, TEXT("header")) && has(l, at, "allowReserved"))
        loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "allowReserved"),
                      "'allowReserved' is for query parameters only");
    if ((text_equal(in, TEXT("path")) || text_equal(in, TEXT("cookie"))) && has(l, at, "allowReserved") &&
        loader_contract(l)->edition < EDITION_32)
        loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "allowReserved"),
                      "'allowReserved' is for query parameters only");
    if (text_equal(in, TEXT("querystring")) && has(l, at, "schema"))
        loader_defect(l, LEVEL_ERROR, at, "a parameter in querystring needs 'content', not 'schema'");
    lint_style(l, at, in);
    lint_schema_or_content(l, at, "parameter");
}

void
lint_header(struct loader *l, struct place at)
{
    if (loader_contract(l)->edition >= EDITION_31 && has(l, at, "allowReserved"))
        loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "allowReserved"),
                      "'allowReserved' is for query parameters only");
    lint_style(l, at, TEXT("header"));
    lint_schema_or_content(l, at, "header");
}

/* ---- content ---- */

/* An example of XML or of a form may be written as it is sent: a string that stands for something else. */
static void
expect_example(struct loader *l, struct place value, struct place schema, bool json)
{
    if (value.value != NULL && (json || value.value->type != VALUE_STRING))
        lint_expect(l, value, schema, "example");
}

/* The examples of anything that has a schema. */
static void
lint_examples(struct loader *l, struct place at, bool json)
{
    struct place schema = LOADER_AT(l, at, "schema"), example = LOADER_AT(l, at, "example");
    struct place examples = LOADER_AT(l, at, "examples");

    if (example.value != NULL && examples.value != NULL)
        loader_defect(l, LEVEL_ERROR, example, "'example' and 'examples' exclude each other");
    if (schema.value == NULL)
        return;
    expect_example(l, example, schema, json);
    if (!value_is(examples.value, VALUE_OBJECT))
        return;
    for (VALUE_EACH_MEMBER(key, examples.value)) {
        struct place one = loader_follow(l, (struct place){ examples.document, value_next(key) });

        expect_example(l, LOADER_AT(l, one, "value"), schema, json);
        expect_example(l, LOADER_AT(l, one, "dataValue"), schema, true);
    }
}

/* The media type is the key in front of the object; where there is none (components/mediaTypes) JSON is assumed. */
void
lint_media_type(struct loader *l, struct place at)
{
    const struct value *key = at.value > at.document->root ? at.value - 1 : NULL;
    struct media_type type;

    lint_examples(l, at,
                  !value_is(key, VALUE_STRING) || !media_type_parse(value_text(key), &type) ||
                      media_type_kind(&type) == MEDIA_JSON);
}

static bool
is_status(struct text key)
{
    return key.length == 3 && key.data[0] >= '1' && key.data[0] <= '5' &&
           ((key.data[1] >= '0' && key.data[1] <= '9' && key.data[2] >= '0' && key.data[2] <= '9') ||
            (key.data[1] == 'X' && key.data[2] == 'X'));
}

void
lint_responses(struct loader *l, struct place at)
{
    uint32_t count = 0;

    for (VALUE_EACH_MEMBER(key, at.value)) {
        struct text name = value_text(key);

        if (lint_is_extension(name))
            continue;
        count++;
        if (!text_equal(name, TEXT("default")) && !is_status(name))
            loader_defect_key(l, LEVEL_ERROR, at.document, key,
                              "'%.*s' is no status (such as 200, 4XX or default); no response ever matches it",
                              TEXT_PRINT(name));
        lint_object(l, (struct place){ at.document, value_next(key) }, OBJECT_RESPONSE);
    }
    if (count == 0)
        loader_defect(l, LEVEL_ERROR, at, "at least one response is needed; every status is unknown");
}

void
lint_example(struct loader *l, struct place at)
{
    if (has(l, at, "value") && has(l, at, "externalValue"))
        loader_defect(l, LEVEL_ERROR, at, "'value' and 'externalValue' exclude each other");
    if (has(l, at, "value") && (has(l, at, "dataValue") || has(l, at, "serializedValue")))
        loader_defect(l, LEVEL_ERROR, at, "'value' excludes 'dataValue' and 'serializedValue'");
}

void
lint_link(struct loader *l, struct place at)
{
    bool by_reference = has(l, at, "operationRef"), by_id = has(l, at, "operationId");

    if (by_reference == by_id)
        loader_defect(l, LEVEL_ERROR, at,
                      by_id ? "'operationRef' and 'operationId' exclude each other"
                            : "a link needs 'operationRef' or 'operationId'");
    if (by_id)
        lint_link_target(l, LOADER_AT(l, at, "operationId"), LOADER_AT(l, at, "parameters"));
}

/* ---- credentials ---- */

static void
needs(struct loader *l, struct place at, const char *type, const char *field)
{
    if (!has(l, at, field))
        loader_defect(l, LEVEL_ERROR, at, "a security scheme of the type '%s' needs '%s'; it stays unchecked", type,
                      field);
}

void
lint_security_scheme(struct loader *l, struct place at)
{
    static const char *const types[] = { "apiKey", "http", "oauth2", "openIdConnect", "mutualTLS" };
    struct text type = LOADER_TEXT(l, at.value, "type"), in = LOADER_TEXT(l, at.value, "in");

    if (text_equal(type, TEXT("apiKey"))) {
        needs(l, at, "apiKey", "name");
        needs(l, at, "apiKey", "in");
        if (in.length > 0 && !text_equal(in, TEXT("query")) && !text_equal(in, TEXT("header")) &&
            !text_equal(in, TEXT("cookie")))
            loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "in"),
                          "'in' must be query, header or cookie, not '%.*s'; it stays unchecked", TEXT_PRINT(in));
    } else if (text_equal(type, TEXT("http"))) {
        needs(l, at, "http", "scheme");
    } else if (text_equal(type, TEXT("oauth2"))) {
        needs(l, at, "oauth2", "flows");
    } else if (text_equal(type, TEXT("openIdConnect"))) {
        needs(l, at, "openIdConnect", "openIdConnectUrl");
    } else if (text_equal(type, TEXT("mutualTLS"))) {
        if (loader_contract(l)->edition < EDITION_31)
            loader_defect(l, LEVEL_ERROR, at, "'mutualTLS' is only known from OpenAPI 3.1 on");
    } else if (type.length > 0) {
        loader_defect(l, LEVEL_ERROR, LOADER_AT(l, at, "type"),
                      "there is no security scheme type '%.*s'%.*s; it stays unchecked", TEXT_PRINT(type),
                      TEXT_PRINT(lint_near(l, type, types, 5)));
    }
}

void
lint_oauth_flows(struct loader *l, struct place at)
{
    static const struct {
        const char *flow, *field;
    } rules[] = {
        { "implicit", "authorizationUrl" },    { "password", "tokenUrl" },
        { "clientCredentials", "tokenUrl" },   { "authorizationCode", "authorizationUrl" },
        { "authorizationCode", "tokenUrl" },   { "deviceAuthorization", "deviceAuthorizationUrl" },
        { "deviceAuthorization", "tokenUrl" },
    };

    if (at.value->count == 0)
        loader_defect(l, LEVEL_ERROR, at, "at least one flow is needed; any bearer token is taken for one");

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct place flow = loader_at(l, at, text_of(rules[i].flow));

        if (value_is(flow.value, VALUE_OBJECT) && !has(l, flow, rules[i].field))
            loader_defect(l, LEVEL_ERROR, flow, "the flow '%s' needs '%s'", rules[i].flow, rules[i].field);
    }
}

/* Scopes: an array; in 3.0 empty but for oauth2 and openIdConnect. */
void
lint_security_requirement(struct loader *l, struct place at)
{
    struct place root = { loader_contract(l)->document, loader_contract(l)->document->root };
    struct place schemes = LOADER_AT(l, LOADER_AT(l, root, "components"), "securitySchemes");

    for (VALUE_EACH_MEMBER(key, at.value)) {
        struct place scopes = { at.document, value_next(key) };
        struct place scheme = loader_follow(l, loader_at(l, schemes, value_text(key)));
        struct text type = LOADER_TEXT(l, scheme.value, "type");

        if (scopes.value->type != VALUE_ARRAY)
            loader_defect(l, LEVEL_ERROR, scopes, "the scopes of '%.*s' must be an array", TEXT_PRINT(value_text(key)));
        else if (scheme.value == NULL && loader_contract(l)->edition < EDITION_32)
            loader_defect_key(l, LEVEL_ERROR, at.document, key,
                              "there is no security scheme '%.*s' in components; these credentials stay unchecked",
                              TEXT_PRINT(value_text(key)));
        else if (loader_contract(l)->edition < EDITION_31 && scopes.value->count > 0 && type.length > 0 &&
                 !text_equal(type, TEXT("oauth2")) && !text_equal(type, TEXT("openIdConnect")))
            loader_defect(l, LEVEL_ERROR, scopes, "only oauth2 and openIdConnect have scopes; the array must be empty");
    }
}
