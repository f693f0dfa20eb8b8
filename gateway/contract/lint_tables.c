/* lint_tables.c -- OpenAPI 3.0.4, 3.1.1 and 3.2.0, "Fixed Fields" of every object, as tables. */
#include "contract/lint.h"

#define FIELDS static const struct field
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, 0, 0, 0, 0, 0                                                                                            \
    }

#define ANY(name)                                                                                                      \
    {                                                                                                                  \
        name, FIELD_ANY, 0, 0, 0, 0                                                                                    \
    }
#define STRING(name)                                                                                                   \
    {                                                                                                                  \
        name, FIELD_STRING, 0, 0, 0, 0                                                                                 \
    }
#define STRING_SINCE(name, ed)                                                                                         \
    {                                                                                                                  \
        name, FIELD_STRING, 0, 0, ed, 0                                                                                \
    }
#define NEEDED(name, shape)                                                                                            \
    {                                                                                                                  \
        name, shape, 0, FIELD_REQUIRED, 0, 0                                                                           \
    }
#define FLAG(name)                                                                                                     \
    {                                                                                                                  \
        name, FIELD_BOOLEAN, 0, 0, 0, 0                                                                                \
    }
#define URL(name)                                                                                                      \
    {                                                                                                                  \
        name, FIELD_URL, 0, 0, 0, 0                                                                                    \
    }
#define ONE(name, kind)                                                                                                \
    {                                                                                                                  \
        name, FIELD_OBJECT, kind, 0, 0, 0                                                                              \
    }
#define LIST(name, kind)                                                                                               \
    {                                                                                                                  \
        name, FIELD_LIST, kind, 0, 0, 0                                                                                \
    }
#define MAP(name, kind)                                                                                                \
    {                                                                                                                  \
        name, FIELD_MAP, kind, 0, 0, 0                                                                                 \
    }
#define NAMED(name, kind, ed)                                                                                          \
    {                                                                                                                  \
        name, FIELD_MAP, kind, FIELD_NAMES, ed, 0                                                                      \
    }
#define CONTENT(name, needed)                                                                                          \
    {                                                                                                                  \
        name, FIELD_MAP, OBJECT_MEDIA_TYPE, FIELD_TYPES | (needed), 0, 0                                               \
    }
#define METHOD(name)                                                                                                   \
    {                                                                                                                  \
        name, FIELD_OBJECT, OBJECT_OPERATION, 0, 0, 0                                                                  \
    }

FIELDS openapi[] = {
    NEEDED("openapi", FIELD_STRING),
    { "$self", FIELD_URL, 0, 0, EDITION_32, 0 },
    { "info", FIELD_OBJECT, OBJECT_INFO, FIELD_REQUIRED, 0, 0 },
    { "jsonSchemaDialect", FIELD_URL, 0, 0, EDITION_31, 0 },
    LIST("servers", OBJECT_SERVER),
    { "paths", FIELD_OBJECT, OBJECT_PATHS, FIELD_REQUIRED, 0, EDITION_30 },
    { "webhooks", FIELD_MAP, OBJECT_PATH_ITEM, 0, EDITION_31, 0 },
    ONE("components", OBJECT_COMPONENTS),
    LIST("security", OBJECT_SECURITY_REQUIREMENT),
    LIST("tags", OBJECT_TAG),
    ONE("externalDocs", OBJECT_EXTERNAL_DOCS),
    END,
};

FIELDS info[] = {
    NEEDED("title", FIELD_STRING),   STRING_SINCE("summary", EDITION_31),
    STRING("description"),           URL("termsOfService"),
    ONE("contact", OBJECT_CONTACT),  ONE("license", OBJECT_LICENSE),
    NEEDED("version", FIELD_STRING), END,
};

FIELDS contact[] = { STRING("name"), URL("url"), { "email", FIELD_EMAIL, 0, 0, 0, 0 }, END };

FIELDS license[] = { NEEDED("name", FIELD_STRING), STRING_SINCE("identifier", EDITION_31), URL("url"), END };

FIELDS server[] = {
    NEEDED("url", FIELD_SERVER_URL),
    STRING("description"),
    STRING_SINCE("name", EDITION_32),
    MAP("variables", OBJECT_SERVER_VARIABLE),
    END,
};

FIELDS server_variable[] = {
    { "enum", FIELD_STRINGS, 0, 0, 0, 0 }, NEEDED("default", FIELD_STRING), STRING("description"), END
};

FIELDS components[] = {
    NAMED("schemas", OBJECT_SCHEMA, 0),
    NAMED("responses", OBJECT_RESPONSE, 0),
    NAMED("parameters", OBJECT_PARAMETER, 0),
    NAMED("examples", OBJECT_EXAMPLE, 0),
    NAMED("requestBodies", OBJECT_REQUEST_BODY, 0),
    NAMED("headers", OBJECT_HEADER, 0),
    NAMED("securitySchemes", OBJECT_SECURITY_SCHEME, 0),
    NAMED("links", OBJECT_LINK, 0),
    NAMED("callbacks", OBJECT_CALLBACK, 0),
    NAMED("pathItems", OBJECT_PATH_ITEM, EDITION_31),
    NAMED("mediaTypes", OBJECT_MEDIA_TYPE, EDITION_32),
    END,
};

FIELDS path_item[] = {
    STRING("$ref"),
    STRING("summary"),
    STRING("description"),
    METHOD("get"),
    METHOD("put"),
    METHOD("post"),
    METHOD("delete"),
    METHOD("options"),
    METHOD("head"),
    METHOD("patch"),
    METHOD("trace"),
    { "query", FIELD_OBJECT, OBJECT_OPERATION, 0, EDITION_32, 0 },
    { "additionalOperations", FIELD_MAP, OBJECT_OPERATION, 0, EDITION_32, 0 },
    LIST("servers", OBJECT_SERVER),
    LIST("parameters", OBJECT_PARAMETER),
    END,
};

FIELDS operation[] = {
    { "tags", FIELD_STRINGS, 0, 0, 0, 0 },
    STRING("summary"),
    STRING("description"),
    ONE("externalDocs", OBJECT_EXTERNAL_DOCS),
    STRING("operationId"),
    LIST("parameters", OBJECT_PARAMETER),
    ONE("requestBody", OBJECT_REQUEST_BODY),
    { "responses", FIELD_OBJECT, OBJECT_RESPONSES, FIELD_REQUIRED, 0, EDITION_30 },
    MAP("callbacks", OBJECT_CALLBACK),
    FLAG("deprecated"),
    LIST("security", OBJECT_SECURITY_REQUIREMENT),
    LIST("servers", OBJECT_SERVER),
    END,
};

FIELDS external_docs[] = { STRING("description"), NEEDED("url", FIELD_URL), END };

FIELDS parameter[] = {
    NEEDED("name", FIELD_STRING),
    NEEDED("in", FIELD_STRING),
    STRING("description"),
    FLAG("required"),
    FLAG("deprecated"),
    FLAG("allowEmptyValue"),
    { "style", FIELD_STYLE, 0, 0, 0, 0 },
    FLAG("explode"),
    FLAG("allowReserved"),
    ONE("schema", OBJECT_SCHEMA),
    ANY("example"),
    MAP("examples", OBJECT_EXAMPLE),
    CONTENT("content", 0),
    END,
};

FIELDS header[] = {
    STRING("description"),
    FLAG("required"),
    FLAG("deprecated"),
    FLAG("allowEmptyValue"),
    { "style", FIELD_STYLE, 0, 0, 0, 0 },
    FLAG("explode"),
    FLAG("allowReserved"),
    ONE("schema", OBJECT_SCHEMA),
    ANY("example"),
    MAP("examples", OBJECT_EXAMPLE),
    CONTENT("content", 0),
    END,
};

FIELDS request_body[] = { STRING("description"), CONTENT("content", FIELD_REQUIRED), FLAG("required"), END };

FIELDS media_type[] = {
    ONE("schema", OBJECT_SCHEMA),
    { "itemSchema", FIELD_OBJECT, OBJECT_SCHEMA, 0, EDITION_32, 0 },
    ANY("example"),
    MAP("examples", OBJECT_EXAMPLE),
    MAP("encoding", OBJECT_ENCODING),
    { "prefixEncoding", FIELD_LIST, OBJECT_ENCODING, 0, EDITION_32, 0 },
    { "itemEncoding", FIELD_OBJECT, OBJECT_ENCODING, 0, EDITION_32, 0 },
    END,
};

FIELDS encoding[] = {
    STRING("contentType"),
    MAP("headers", OBJECT_HEADER),
    { "style", FIELD_STYLE, 0, 0, 0, 0 },
    FLAG("explode"),
    FLAG("allowReserved"),
    { "encoding", FIELD_MAP, OBJECT_ENCODING, 0, EDITION_32, 0 },
    { "prefixEncoding", FIELD_LIST, OBJECT_ENCODING, 0, EDITION_32, 0 },
    { "itemEncoding", FIELD_OBJECT, OBJECT_ENCODING, 0, EDITION_32, 0 },
    END,
};

FIELDS response[] = {
    STRING_SINCE("summary", EDITION_32), { "description", FIELD_STRING, 0, FIELD_REQUIRED, 0, EDITION_31 },
    MAP("headers", OBJECT_HEADER),       CONTENT("content", 0),
    MAP("links", OBJECT_LINK),           END,
};

FIELDS example[] = {
    STRING("summary"),
    STRING("description"),
    { "dataValue", FIELD_ANY, 0, 0, EDITION_32, 0 },
    STRING_SINCE("serializedValue", EDITION_32),
    ANY("value"),
    URL("externalValue"),
    END,
};

FIELDS link[] = {
    STRING("operationRef"),
    STRING("operationId"),
    { "parameters", FIELD_ANY_MAP, 0, 0, 0, 0 },
    ANY("requestBody"),
    STRING("description"),
    ONE("server", OBJECT_SERVER),
    END,
};

FIELDS tag[] = {
    NEEDED("name", FIELD_STRING),
    STRING_SINCE("summary", EDITION_32),
    STRING("description"),
    ONE("externalDocs", OBJECT_EXTERNAL_DOCS),
    STRING_SINCE("parent", EDITION_32),
    STRING_SINCE("kind", EDITION_32),
    END,
};

FIELDS security_scheme[] = {
    NEEDED("type", FIELD_STRING),
    STRING("description"),
    STRING("name"),
    STRING("in"),
    STRING("scheme"),
    STRING("bearerFormat"),
    ONE("flows", OBJECT_OAUTH_FLOWS),
    URL("openIdConnectUrl"),
    { "oauth2MetadataUrl", FIELD_URL, 0, 0, EDITION_32, 0 },
    { "deprecated", FIELD_BOOLEAN, 0, 0, EDITION_32, 0 },
    END,
};

FIELDS oauth_flows[] = {
    ONE("implicit", OBJECT_OAUTH_FLOW),
    ONE("password", OBJECT_OAUTH_FLOW),
    ONE("clientCredentials", OBJECT_OAUTH_FLOW),
    ONE("authorizationCode", OBJECT_OAUTH_FLOW),
    { "deviceAuthorization", FIELD_OBJECT, OBJECT_OAUTH_FLOW, 0, EDITION_32, 0 },
    END,
};

FIELDS oauth_flow[] = {
    URL("authorizationUrl"),
    { "deviceAuthorizationUrl", FIELD_URL, 0, 0, EDITION_32, 0 },
    URL("tokenUrl"),
    URL("refreshUrl"),
    NEEDED("scopes", FIELD_STRING_MAP),
    END,
};

FIELDS discriminator[] = {
    { "propertyName", FIELD_STRING, 0, FIELD_REQUIRED, 0, 0 },
    { "mapping", FIELD_STRING_MAP, 0, 0, 0, 0 },
    STRING_SINCE("defaultMapping", EDITION_32),
    END,
};

FIELDS xml[] = {
    STRING_SINCE("nodeType", EDITION_32),
    STRING("name"),
    { "namespace", FIELD_URI, 0, 0, 0, 0 },
    STRING("prefix"),
    FLAG("attribute"),
    FLAG("wrapped"),
    END,
};

const struct object_table object_tables[OBJECT_KINDS] = {
    [OBJECT_NONE] = { "value", NULL, NULL, NULL },
    [OBJECT_OPENAPI] = { "OpenAPI Object", NULL, openapi, lint_openapi },
    [OBJECT_INFO] = { "Info Object", NULL, info, NULL },
    [OBJECT_CONTACT] = { "Contact Object", NULL, contact, NULL },
    [OBJECT_LICENSE] = { "License Object", NULL, license, lint_license },
    [OBJECT_SERVER] = { "Server Object", NULL, server, lint_server },
    [OBJECT_SERVER_VARIABLE] = { "Server Variable Object", NULL, server_variable, lint_server_variable },
    [OBJECT_COMPONENTS] = { "Components Object", NULL, components, NULL },
    [OBJECT_PATHS] = { "Paths Object", NULL, NULL, lint_paths },
    [OBJECT_PATH_ITEM] = { "Path Item Object", "pathItems", path_item, NULL },
    [OBJECT_OPERATION] = { "Operation Object", NULL, operation, NULL },
    [OBJECT_EXTERNAL_DOCS] = { "External Documentation Object", NULL, external_docs, NULL },
    [OBJECT_PARAMETER] = { "Parameter Object", "parameters", parameter, lint_parameter },
    [OBJECT_REQUEST_BODY] = { "Request Body Object", "requestBodies", request_body, NULL },
    [OBJECT_MEDIA_TYPE] = { "Media Type Object", "mediaTypes", media_type, lint_media_type },
    [OBJECT_ENCODING] = { "Encoding Object", NULL, encoding, NULL },
    [OBJECT_RESPONSES] = { "Responses Object", NULL, NULL, lint_responses },
    [OBJECT_RESPONSE] = { "Response Object", "responses", response, NULL },
    [OBJECT_CALLBACK] = { "Callback Object", "callbacks", NULL, lint_callback },
    [OBJECT_EXAMPLE] = { "Example Object", "examples", example, lint_example },
    [OBJECT_LINK] = { "Link Object", "links", link, lint_link },
    [OBJECT_HEADER] = { "Header Object", "headers", header, lint_header },
    [OBJECT_TAG] = { "Tag Object", NULL, tag, NULL },
    [OBJECT_SECURITY_SCHEME] = { "Security Scheme Object", "securitySchemes", security_scheme, lint_security_scheme },
    [OBJECT_OAUTH_FLOWS] = { "OAuth Flows Object", NULL, oauth_flows, lint_oauth_flows },
    [OBJECT_OAUTH_FLOW] = { "OAuth Flow Object", NULL, oauth_flow, NULL },
    [OBJECT_SECURITY_REQUIREMENT] = { "Security Requirement Object", NULL, NULL, lint_security_requirement },
    [OBJECT_SCHEMA] = { "Schema Object", "schemas", NULL, lint_schema },
    [OBJECT_DISCRIMINATOR] = { "Discriminator Object", NULL, discriminator, NULL },
    [OBJECT_XML] = { "XML Object", NULL, xml, NULL },
};

const char *
object_kind_name(enum object_kind kind)
{
    return object_tables[kind].name;
}
