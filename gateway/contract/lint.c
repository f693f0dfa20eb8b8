/* lint.c -- walks a document along the tables of lint_tables.c, once, in document order.
 *
 * What is found here is what one object alone tells: wrong types, missing and unknown fields, references that lead
 * nowhere. */
#include "contract/lint.h"
#include "contract/loader_private.h"

#include <ctype.h>

#include "base/limits.h"
#include "schema/format.h"

#define NAMES_MAX 64 /* fields of one object */

bool
lint_is_extension(struct text key)
{
    return text_starts(key, TEXT("x-"));
}

struct text
lint_near(struct loader *l, struct text word, const char *const *names, size_t count)
{
    const char *near = l->nearest_asked++ < NEAREST_ASKED_MAX ? text_nearest(word, names, count) : NULL;

    return near != NULL ? arena_print(loader_arena(l), "; did you mean '%s'?", near) : TEXT("");
}

/* ---- values ---- */

static bool
is_format(const char *name, struct text text)
{
    const struct format *format = format_find(text_of(name), false);

    return format == NULL || format_check_text(format, text);
}

/* {variables} of a server's URL may stand where a URI has none: a letter in their place. */
static bool
is_server_url(struct text url, struct arena *arena)
{
    char *plain = arena_alloc(arena, url.length + 1);
    size_t n = 0;

    for (size_t i = 0; plain != NULL && i < url.length; i++) {
        size_t close = i + text_find(text_from(url, i), '}');

        if (url.data[i] == '{' && close < url.length) {
            plain[n] = n > 0 && plain[n - 1] == ':' ? '1' : 'a'; /* a port has digits, a scheme a letter */
            n++;
            i = close;
        } else {
            plain[n++] = url.data[i];
        }
    }
    return plain == NULL || is_format("iri-reference", (struct text){ plain, n });
}

static void
wrong_type(struct loader *l, struct place at, const char *name, const char *expected)
{
    loader_defect(l, LEVEL_ERROR, at, "'%s' must be %s, not %s; it is not looked at", name, expected,
                  value_type_name(at.value));
}

static void
lint_strings(struct loader *l, struct place at, const char *name, enum value_type type)
{
    if (at.value->type != type) {
        wrong_type(l, at, name, type == VALUE_ARRAY ? "an array of strings" : "an object of strings");
        return;
    }
    if (type == VALUE_ARRAY) {
        for (VALUE_EACH_ITEM(item, at.value))
            if (item->type != VALUE_STRING)
                wrong_type(l, (struct place){ at.document, item }, name, "an array of strings");
        return;
    }
    for (VALUE_EACH_MEMBER(key, at.value))
        if (value_next(key)->type != VALUE_STRING)
            wrong_type(l, (struct place){ at.document, value_next(key) }, name, "an object of strings");
}

static void
lint_text(struct loader *l, const struct field *field, struct place at)
{
    static const char *const styles[] = { "matrix",         "label",         "simple",     "form",
                                          "spaceDelimited", "pipeDelimited", "deepObject", "cookie" };
    struct text text = value_text(at.value);
    size_t i = 0;

    if (at.value->type != VALUE_STRING) {
        wrong_type(l, at, field->name, "a string");
        return;
    }
    if (field->shape == FIELD_URL && !is_format("iri-reference", text))
        loader_defect(l, LEVEL_ERROR, at, "'%s' must be a URL, not '%.*s'", field->name, TEXT_PRINT(text));
    if (field->shape == FIELD_URI && !is_format("iri", text))
        loader_defect(l, LEVEL_ERROR, at, "'%s' must be an absolute URI, not '%.*s'", field->name, TEXT_PRINT(text));
    if (field->shape == FIELD_SERVER_URL && !is_server_url(text, loader_arena(l)))
        loader_defect(l, LEVEL_ERROR, at, "'%s' must be a URL, not '%.*s'; paths below it may not be found",
                      field->name, TEXT_PRINT(text));
    if (field->shape == FIELD_EMAIL && !is_format("email", text))
        loader_defect(l, LEVEL_ERROR, at, "'%s' must be an email address, not '%.*s'", field->name, TEXT_PRINT(text));
    if (field->shape != FIELD_STYLE)
        return;
    while (i < sizeof styles / sizeof styles[0] && !text_equal(text, text_of(styles[i])))
        i++;
    if (i == sizeof styles / sizeof styles[0])
        loader_defect(l, LEVEL_ERROR, at, "there is no style '%.*s'%.*s; the default is read", TEXT_PRINT(text),
                      TEXT_PRINT(lint_near(l, text, styles, i)));
}

static bool
is_component_name(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (!isalnum((unsigned char)name.data[i]) && strchr("._-", name.data[i]) == NULL)
            return false;
    return name.length > 0;
}

static void
lint_map(struct loader *l, const struct field *field, struct place at)
{
    struct media_type type;

    if (at.value->type != VALUE_OBJECT) {
        wrong_type(l, at, field->name, "an object");
        return;
    }
    for (VALUE_EACH_MEMBER(key, at.value)) {
        struct text name = value_text(key);

        if (field->kind != OBJECT_SCHEMA && (field->flags & FIELD_NAMES) == 0 && lint_is_extension(name) &&
            !value_is(value_next(key), VALUE_OBJECT))
            continue;
        if ((field->flags & FIELD_NAMES) && !is_component_name(name))
            loader_defect_key(l, LEVEL_ERROR, at.document, key,
                              "the name '%.*s' may only have letters, digits, '.', '-' and '_'; it works all the same",
                              TEXT_PRINT(name));
        if ((field->flags & FIELD_TYPES) && !media_type_parse(name, &type))
            loader_defect_key(l, LEVEL_ERROR, at.document, key,
                              "'%.*s' is no media type (such as application/json); no message ever has it",
                              TEXT_PRINT(name));
        lint_object(l, (struct place){ at.document, value_next(key) }, (enum object_kind)field->kind);
    }
}

static void
lint_field(struct loader *l, const struct field *field, struct place at)
{
    switch ((enum field_shape)field->shape) {
    case FIELD_ANY:
        break;
    case FIELD_STRING:
    case FIELD_URL:
    case FIELD_URI:
    case FIELD_SERVER_URL:
    case FIELD_EMAIL:
    case FIELD_STYLE:
        lint_text(l, field, at);
        break;
    case FIELD_BOOLEAN:
        if (!value_is_boolean(at.value))
            wrong_type(l, at, field->name, "true or false");
        break;
    case FIELD_STRINGS:
        lint_strings(l, at, field->name, VALUE_ARRAY);
        break;
    case FIELD_STRING_MAP:
        lint_strings(l, at, field->name, VALUE_OBJECT);
        break;
    case FIELD_ANY_MAP:
        if (at.value->type != VALUE_OBJECT)
            wrong_type(l, at, field->name, "an object");
        break;
    case FIELD_OBJECT:
        lint_object(l, at, (enum object_kind)field->kind);
        break;
    case FIELD_LIST:
        if (at.value->type != VALUE_ARRAY) {
            wrong_type(l, at, field->name, "an array");
            break;
        }
        for (VALUE_EACH_ITEM(item, at.value))
            lint_object(l, (struct place){ at.document, item }, (enum object_kind)field->kind);
        break;
    case FIELD_MAP:
        lint_map(l, field, at);
        break;
    }
}

/* ---- objects ---- */

static void
unknown_field(struct loader *l, const struct object_table *table, struct place object, const struct value *key)
{
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (const struct field *f = table->fields; f->name != NULL && count < NAMES_MAX; f++)
        if (f->since <= (uint8_t)l->contract->edition)
            names[count++] = f->name;
    loader_defect_key(l, LEVEL_ERROR, object.document, key, "the %s has no field '%.*s'%.*s; it has no effect",
                      table->name, TEXT_PRINT(value_text(key)),
                      TEXT_PRINT(lint_near(l, value_text(key), names, count)));
}

static void
lint_fields(struct loader *l, const struct object_table *table, struct place at)
{
    const uint8_t edition = (uint8_t)l->contract->edition;
    uint64_t seen = 0;

    for (VALUE_EACH_MEMBER(key, at.value)) {
        const struct field *f = table->fields;
        struct place field = { at.document, value_next(key) };

        while (f->name != NULL && !text_equal(value_text(key), text_of(f->name)))
            f++;
        if (f->name == NULL) {
            if (!lint_is_extension(value_text(key)))
                unknown_field(l, table, at, key);
            continue;
        }
        seen |= UINT64_C(1) << (f - table->fields);
        if (f->since > edition)
            loader_defect_key(l, LEVEL_ERROR, at.document, key,
                              "'%s' is only known from OpenAPI %u.%u on; it has no effect", f->name, f->since / 10u,
                              f->since % 10u);
        else
            lint_field(l, f, field);
    }
    for (const struct field *f = table->fields; f->name != NULL; f++)
        if ((f->flags & FIELD_REQUIRED) && !(seen & UINT64_C(1) << (f - table->fields)) &&
            (f->until == 0 || edition <= f->until))
            loader_defect(l, LEVEL_ERROR, at, "the %s needs the field '%s'", table->name, f->name);
}

/* "#/components/schemas/X" where a parameter is expected: the section tells. */
static bool
leads_to_other_section(struct text reference, const char *section)
{
    static const struct text components = { "#/components/", 13 };
    size_t at = text_search(reference, components);
    struct text rest = text_from(reference, at + components.length);

    return at < reference.length && text_find(rest, '/') < rest.length &&
           !text_equal(text_slice(rest, 0, text_find(rest, '/')), text_of(section));
}

/* Only summary and description may stand beside $ref (OAS 3.1 4.8.23); in 3.0 nothing. */
static void
lint_siblings(struct loader *l, struct place at)
{
    for (VALUE_EACH_MEMBER(key, at.value)) {
        struct text name = value_text(key);

        if (text_equal(name, TEXT("$ref")) || text_equal(name, TEXT("description")) ||
            text_equal(name, TEXT("summary")) || lint_is_extension(name))
            continue;
        loader_defect_key(l, LEVEL_WARN, at.document, key, "'%.*s' stands beside a $ref; it has no effect",
                          TEXT_PRINT(name));
    }
}

static void
lint_reference(struct loader *l, struct place at, const struct value *reference, enum object_kind kind)
{
    const struct object_table *table = &object_tables[kind];
    struct place target;

    if (kind != OBJECT_PATH_ITEM)
        lint_siblings(l, at);
    if (leads_to_other_section(value_text(reference), table->section)) {
        loader_defect(l, LEVEL_ERROR, (struct place){ at.document, reference },
                      "$ref '%.*s' leads to something else than a %s", TEXT_PRINT(value_text(reference)), table->name);
        return;
    }
    target = loader_follow(l, at);
    if (target.value != NULL && target.value != at.value)
        lint_object(l, target, kind);
}

/* Has this object been looked at as this kind? Asked only where a second way may lead to it. */
static bool
seen_before(struct loader *l, const struct value *value, enum object_kind kind)
{
    struct text key = text_of(object_tables[kind].name);

    if (index_find(&l->linted, value, key) != NULL)
        return true;
    return index_put(&l->linted, loader_arena(l), value, key, value) < 0;
}

void
lint_object(struct loader *l, struct place at, enum object_kind kind)
{
    const struct object_table *table = &object_tables[kind];
    const struct value *reference;

    if (kind == OBJECT_SCHEMA) {
        lint_schema(l, at);
        return;
    }
    if (at.value->type != VALUE_OBJECT) {
        loader_defect(l, LEVEL_ERROR, at, "here a %s is expected, not %s; it is not looked at", table->name,
                      value_type_name(at.value));
        return;
    }
    if (l->depth > LINT_DEPTH || (table->section != NULL && seen_before(l, at.value, kind)))
        return;
    l->depth++;
    reference = table->section != NULL ? VALUE_MEMBER(at.value, "$ref") : NULL;
    if (value_is(reference, VALUE_STRING))
        lint_reference(l, at, reference, kind);
    if (!value_is(reference, VALUE_STRING) || kind == OBJECT_PATH_ITEM) {
        if (table->fields != NULL)
            lint_fields(l, table, at);
        if (table->check != NULL)
            table->check(l, at);
    }
    l->depth--;
}
