/* build_parts.c -- what an operation is made of: parameters, headers, media types, body, responses, credentials. */
#include "contract/loader_private.h"

static const struct {
    struct text name;
    enum style style;
} styles[] = {
    { { "simple", 6 }, STYLE_SIMPLE },         { { "label", 5 }, STYLE_LABEL },
    { { "matrix", 6 }, STYLE_MATRIX },         { { "form", 4 }, STYLE_FORM },
    { { "spaceDelimited", 14 }, STYLE_SPACE }, { { "pipeDelimited", 13 }, STYLE_PIPE },
    { { "deepObject", 10 }, STYLE_DEEP },      { { "cookie", 6 }, STYLE_COOKIE },
};

static const struct text locations[LOCATIONS] = {
    { "path", 4 }, { "query", 5 }, { "header", 6 }, { "cookie", 6 }, { "querystring", 11 },
};

static enum style
style_of(struct text name, enum style otherwise)
{
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
        if (text_equal(styles[i].name, name))
            return styles[i].style;
    return otherwise;
}

static enum location
location_of(struct text name)
{
    unsigned i = 0;

    while (i < LOCATIONS && !text_equal(locations[i], name))
        i++;
    return (enum location)i;
}

/* explode is true by default for form alone (OAS 3.1 4.8.12.2.1), and for what 3.2 made of it. */
static bool
explodes(struct loader *l, const struct value *object, enum style style)
{
    const struct value *explode = loader_member(l, object, TEXT("explode"));

    if (value_is_boolean(explode))
        return explode->type == VALUE_TRUE;
    return style == STYLE_FORM || style == STYLE_COOKIE;
}

/* ---- parameters ---- */

/* An exploded object whose keys are not all known takes every query key that no other parameter has. */
static bool
takes_rest(struct loader *l, const struct parameter *p)
{
    const struct value *source;
    const struct value *others;

    if (p->in != IN_QUERY || p->style != STYLE_FORM || !p->explode || p->shape.schema == NULL ||
        !(p->shape.types & SCHEMA_TYPE_OBJECT) || (p->shape.types & SCHEMA_TYPE_STRING))
        return false;
    source = schema_source(p->shape.schema);
    others = loader_member(l, source, TEXT("additionalProperties"));
    if (others != NULL)
        return others->type != VALUE_FALSE;
    return loader_member(l, source, TEXT("properties")) == NULL;
}

static int
build_content(struct loader *l, struct place content, struct parameter *p)
{
    struct media_list list = { NULL, 0 };

    if (build_media(l, content, &list) < 0)
        return -1;
    p->content = list.count > 0 ? &list.items[0] : NULL;
    return 0;
}

static int
build_rest(struct loader *l, struct place at, struct parameter *p, enum style style)
{
    struct place schema = LOADER_AT(l, at, "schema"), content = LOADER_AT(l, at, "content");

    p->place = at;
    p->style = (uint8_t)style_of(LOADER_TEXT(l, at.value, "style"), style);
    p->explode = explodes(l, at.value, (enum style)p->style);
    p->allow_empty = loader_true(l, at.value, TEXT("allowEmptyValue"));
    if (value_is(content.value, VALUE_OBJECT) && schema.value == NULL)
        return build_content(l, content, p);
    p->shape = loader_shape(l, schema);
    p->takes_rest = takes_rest(l, p);
    return 0;
}

/* `at` is the Parameter Object, references followed. 0 also when it cannot be used; then its name is empty. */
int
build_parameter(struct loader *l, struct place at, struct parameter *p)
{
    struct text name = LOADER_TEXT(l, at.value, "name");
    enum location in = location_of(LOADER_TEXT(l, at.value, "in"));

    *p = (struct parameter){ .place = at };
    if (in == LOCATIONS || name.length == 0 || (in == IN_QUERYSTRING && l->contract->edition < EDITION_32))
        return 0;
    p->in = (uint8_t)in;
    p->required = in == IN_PATH || loader_true(l, at.value, TEXT("required"));
    p->label = arena_print(loader_arena(l), "%.*s %.*s", TEXT_PRINT(locations[in]), TEXT_PRINT(name));
    if (p->label.data == NULL)
        return -1;
    p->ignored =
        in == IN_HEADER && (text_equal_nocase(name, TEXT("accept")) || text_equal_nocase(name, TEXT("content-type")) ||
                            text_equal_nocase(name, TEXT("authorization")));
    p->name = name;
    return build_rest(l, at, p, in == IN_QUERY || in == IN_COOKIE ? STYLE_FORM : STYLE_SIMPLE);
}

static bool
same_parameter(const struct parameter *a, const struct parameter *b)
{
    if (a->in != b->in)
        return false;
    return a->in == IN_HEADER ? text_equal_nocase(a->name, b->name) : text_equal(a->name, b->name);
}

/* Append the parameters of a list to `all`; those of the operation come first and win. */
static int
collect(struct loader *l, struct place list, struct parameter *all, uint32_t *count)
{
    uint32_t before = *count;

    if (!value_is(list.value, VALUE_ARRAY))
        return 0;
    for (VALUE_EACH_ITEM(item, list.value)) {
        struct place at = loader_follow(l, (struct place){ list.document, item });
        struct parameter *p = &all[*count];
        bool known = false;

        if (!value_is(at.value, VALUE_OBJECT))
            continue;
        if (build_parameter(l, at, p) < 0)
            return -1;
        if (p->name.length == 0)
            continue;
        for (uint32_t i = 0; i < *count; i++) {
            if (!same_parameter(&all[i], p))
                continue;
            known = true;
            if (i >= before)
                loader_defect(l, LEVEL_ERROR, (struct place){ list.document, item },
                              "the parameter '%.*s' is described twice; the first is used", TEXT_PRINT(p->label));
        }
        if (!known)
            (*count)++;
    }
    return 0;
}

static uint32_t
item_count(struct place list)
{
    return value_is(list.value, VALUE_ARRAY) ? list.value->count : 0;
}

int
build_parameters(struct loader *l, struct operation *operation, struct place path_item)
{
    struct place own = LOADER_AT(l, operation->place, "parameters"), shared = LOADER_AT(l, path_item, "parameters");
    uint32_t most = item_count(own) + item_count(shared), count = 0;
    struct parameter *all;

    if (most == 0)
        return 0;
    all = ARENA_ARRAY(loader_arena(l), struct parameter, most);
    if (all == NULL || collect(l, own, all, &count) < 0 || collect(l, shared, all, &count) < 0)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        operation->parameter_count[all[i].in]++;
    for (unsigned in = 0; in < LOCATIONS; in++) {
        uint32_t n = 0;

        if (operation->parameter_count[in] == 0)
            continue;
        operation->parameters[in] = ARENA_ARRAY(loader_arena(l), struct parameter, operation->parameter_count[in]);
        if (operation->parameters[in] == NULL)
            return -1;
        for (uint32_t i = 0; i < count; i++)
            if (all[i].in == in)
                operation->parameters[in][n++] = all[i];
    }
    return 0;
}

int
build_headers(struct loader *l, struct place headers, struct parameter **list, uint32_t *count)
{
    struct parameter *items;

    if (!value_is(headers.value, VALUE_OBJECT) || headers.value->count == 0)
        return 0;
    items = ARENA_ARRAY(loader_arena(l), struct parameter, headers.value->count);
    if (items == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, headers.value)) {
        struct place at = loader_follow(l, (struct place){ headers.document, value_next(key) });
        struct parameter *p = &items[*count];

        if (!value_is(at.value, VALUE_OBJECT) || key->count == 0)
            continue;
        *p = (struct parameter){ .name = value_text(key), .in = IN_HEADER };
        p->label = arena_print(loader_arena(l), "header %.*s", TEXT_PRINT(p->name));
        p->required = loader_true(l, at.value, TEXT("required"));
        p->ignored = text_equal_nocase(p->name, TEXT("content-type"));
        if (p->label.data == NULL || build_rest(l, at, p, STYLE_SIMPLE) < 0)
            return -1;
        (*count)++;
    }
    *list = items;
    return 0;
}

/* ---- content ---- */

static int
build_encodings(struct loader *l, struct place encoding, struct media *media)
{
    if (!value_is(encoding.value, VALUE_OBJECT) || encoding.value->count == 0 ||
        (media->kind != MEDIA_FORM && media->kind != MEDIA_MULTIPART))
        return 0;
    media->encodings = ARENA_ARRAY(loader_arena(l), struct encoding, encoding.value->count);
    if (media->encodings == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, encoding.value)) {
        struct place at = { encoding.document, value_next(key) };
        struct encoding *e = &media->encodings[media->encoding_count];

        if (!value_is(at.value, VALUE_OBJECT))
            continue;
        e->name = value_text(key);
        e->content_types = LOADER_TEXT(l, at.value, "contentType");
        e->styled = loader_member(l, at.value, TEXT("style")) != NULL ||
                    loader_member(l, at.value, TEXT("explode")) != NULL ||
                    loader_member(l, at.value, TEXT("allowReserved")) != NULL;
        e->style = (uint8_t)style_of(LOADER_TEXT(l, at.value, "style"), STYLE_FORM);
        e->explode = explodes(l, at.value, (enum style)e->style);
        if (build_headers(l, LOADER_AT(l, at, "headers"), &e->headers, &e->header_count) < 0)
            return -1;
        media->encoding_count++;
    }
    return 0;
}

/* Content that is no text for us: is anything said about it that would have to be checked? */
static bool
is_opaque(struct loader *l, const struct media *m)
{
    const struct value *source;

    if (m->kind != MEDIA_OTHER || m->shape.broken)
        return false;
    if (m->shape.schema == NULL)
        return true;
    source = schema_source(m->shape.schema);
    return source->type == VALUE_TRUE || (source->type == VALUE_OBJECT && source->count == 0) ||
           text_equal(LOADER_TEXT(l, source, "format"), TEXT("binary")) ||
           (loader_member(l, source, TEXT("contentMediaType")) != NULL &&
            loader_member(l, source, TEXT("contentEncoding")) == NULL);
}

/* The same content is asked for once per reference to it: a shared error response by every operation. */
int
build_media(struct loader *l, struct place content, struct media_list *list)
{
    const struct media_list *known;
    struct media_list *built;

    if (!value_is(content.value, VALUE_OBJECT) || content.value->count == 0)
        return 0;
    known = index_find(&l->contents, content.value, TEXT(""));
    if (known != NULL) {
        *list = *known;
        return 0;
    }
    built = ARENA_NEW(loader_arena(l), struct media_list);
    if (built == NULL || (built->items = ARENA_ARRAY(loader_arena(l), struct media, content.value->count)) == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, content.value)) {
        struct place at = loader_follow(l, (struct place){ content.document, value_next(key) });
        struct media *m = &built->items[built->count];

        if (!value_is(at.value, VALUE_OBJECT) || !media_type_parse(value_text(key), &m->range))
            continue;
        m->name = value_text(key);
        m->kind = media_type_kind(&m->range);
        m->place = at;
        m->shape = loader_shape(l, LOADER_AT(l, at, "schema"));
        if (l->contract->edition >= EDITION_32)
            m->item = loader_shape(l, LOADER_AT(l, at, "itemSchema"));
        m->opaque = is_opaque(l, m);
        if (build_encodings(l, LOADER_AT(l, at, "encoding"), m) < 0)
            return -1;
        built->count++;
    }
    *list = *built;
    return index_put(&l->contents, loader_arena(l), content.value, TEXT(""), built);
}

int
build_body(struct loader *l, struct operation *operation)
{
    struct place written = LOADER_AT(l, operation->place, "requestBody"), at;

    if (written.value == NULL)
        return 0;
    at = loader_follow(l, written);
    operation->body = ARENA_NEW(loader_arena(l), struct request_body);
    if (operation->body == NULL)
        return -1;
    operation->body->place = at;
    operation->body->required = loader_true(l, at.value, TEXT("required"));
    return build_media(l, LOADER_AT(l, at, "content"), &operation->body->media);
}

/* "200" is 200; "4XX" is the range 4; false for anything else but "default". */
static bool
read_status(struct text key, struct response *r)
{
    if (text_equal(key, TEXT("default")))
        return true;
    if (key.length != 3 || key.data[0] < '1' || key.data[0] > '5')
        return false;
    if (text_equal_nocase(text_from(key, 1), TEXT("XX"))) {
        r->range = (uint8_t)(key.data[0] - '0');
        return true;
    }
    if (key.data[1] < '0' || key.data[1] > '9' || key.data[2] < '0' || key.data[2] > '9')
        return false;
    r->status = (uint16_t)((key.data[0] - '0') * 100 + (key.data[1] - '0') * 10 + (key.data[2] - '0'));
    return true;
}

int
build_responses(struct loader *l, struct operation *operation)
{
    struct place responses = LOADER_AT(l, operation->place, "responses");

    if (!value_is(responses.value, VALUE_OBJECT) || responses.value->count == 0)
        return 0;
    operation->responses = ARENA_ARRAY(loader_arena(l), struct response, responses.value->count);
    if (operation->responses == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, responses.value)) {
        struct response *r = &operation->responses[operation->response_count];

        if (!read_status(value_text(key), r))
            continue;
        r->key = value_text(key);
        r->place = loader_follow(l, (struct place){ responses.document, value_next(key) });
        if (build_media(l, LOADER_AT(l, r->place, "content"), &r->media) < 0 ||
            build_headers(l, LOADER_AT(l, r->place, "headers"), &r->headers, &r->header_count) < 0)
            return -1;
        operation->response_count++;
    }
    return 0;
}

/* ---- credentials ---- */

static void
read_scheme(struct loader *l, struct security_scheme *s)
{
    struct text type = LOADER_TEXT(l, s->place.value, "type");

    if (text_equal(type, TEXT("http"))) {
        s->scheme = LOADER_TEXT(l, s->place.value, "scheme");
        s->kind = text_equal_nocase(s->scheme, TEXT("basic"))    ? SCHEME_BASIC
                  : text_equal_nocase(s->scheme, TEXT("bearer")) ? SCHEME_BEARER
                  : s->scheme.length > 0                         ? SCHEME_HTTP
                                                                 : SCHEME_UNKNOWN;
    } else if (text_equal(type, TEXT("apiKey"))) {
        s->parameter = LOADER_TEXT(l, s->place.value, "name");
        s->in = (uint8_t)location_of(LOADER_TEXT(l, s->place.value, "in"));
        if (s->parameter.length > 0 && (s->in == IN_QUERY || s->in == IN_HEADER || s->in == IN_COOKIE))
            s->kind = SCHEME_KEY;
    } else if (text_equal(type, TEXT("oauth2")) || text_equal(type, TEXT("openIdConnect"))) {
        s->kind = SCHEME_BEARER;
    } else if (text_equal(type, TEXT("mutualTLS"))) {
        s->kind = SCHEME_MUTUAL_TLS;
    }
}

/* The scheme of that name, made once. NULL: no memory. */
static const struct security_scheme *
scheme_of(struct loader *l, const struct document *document, const struct value *key)
{
    struct text name = value_text(key);
    struct place root = { l->contract->document, l->contract->document->root };
    struct place schemes = LOADER_AT(l, LOADER_AT(l, root, "components"), "securitySchemes");
    const struct security_scheme *known = index_find(&l->schemes, NULL, name);
    struct security_scheme *s;
    const char *why;

    if (known != NULL && known->kind != SCHEME_UNKNOWN)
        return known;
    s = ARENA_NEW(loader_arena(l), struct security_scheme);
    if (s == NULL)
        return NULL;
    s->name = name;
    s->label = arena_print(loader_arena(l), "security %.*s", TEXT_PRINT(name));
    s->place = loader_at(l, schemes, name);
    if (s->place.value == NULL && l->contract->edition >= EDITION_32) /* 3.2: the name may be a URI */
        s->place = loader_resolve(l, document, name, &why);
    s->place = loader_follow(l, s->place);
    if (s->place.value == NULL)
        loader_defect_key(l, LEVEL_ERROR, document, key,
                          "there is no security scheme '%.*s' in components; these credentials stay unchecked",
                          TEXT_PRINT(name));
    else
        read_scheme(l, s);
    return index_put(&l->schemes, loader_arena(l), NULL, name, s) < 0 ? NULL : s;
}

static int
build_alternative(struct loader *l, struct place at, struct alternative *a)
{
    if (!value_is(at.value, VALUE_OBJECT) || at.value->count == 0)
        return 0;
    a->schemes = ARENA_ARRAY(loader_arena(l), const struct security_scheme *, at.value->count);
    if (a->schemes == NULL)
        return -1;
    for (VALUE_EACH_MEMBER(key, at.value))
        if ((a->schemes[a->count++] = scheme_of(l, at.document, key)) == NULL)
            return -1;
    return 0;
}

int
build_security(struct loader *l, struct operation *operation)
{
    struct place root = { l->contract->document, l->contract->document->root };
    struct place security = LOADER_AT(l, operation->place, "security");

    if (!value_is(security.value, VALUE_ARRAY))
        security = LOADER_AT(l, root, "security");
    operation->security_place = security;
    if (!value_is(security.value, VALUE_ARRAY) || security.value->count == 0)
        return 0;
    operation->security = ARENA_ARRAY(loader_arena(l), struct alternative, security.value->count);
    if (operation->security == NULL)
        return -1;
    for (VALUE_EACH_ITEM(item, security.value)) {
        struct place at = { security.document, item };

        if (build_alternative(l, at, &operation->security[operation->security_count++]) < 0)
            return -1;
    }
    return 0;
}
