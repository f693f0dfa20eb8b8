/* parameters.c -- read what was sent for a parameter, ask the schema.
 *
 * Text has no types, so a value is read in the ways that the schema allows, the plainest first: one text, then an
 * array, then an object; the first that is valid is what was meant. When none is, the first that could be read is
 * explained. */
#include "contract/parameters.h"

#include "base/limits.h"
#include "json/document.h"

#define SCALAR_TYPES                                                                                                   \
    (SCHEMA_TYPE_NULL | SCHEMA_TYPE_BOOLEAN | SCHEMA_TYPE_INTEGER | SCHEMA_TYPE_NUMBER | SCHEMA_TYPE_STRING)

static const struct value *
make_value(const struct checking *c, const struct shape *shape, const struct part *part, bool guess)
{
    struct schema_run run = { .scratch = c->check->scratch,
                              .arena = c->check->arena,
                              .budget = *c->budget,
                              .side = c->side == SIDE_REQUEST ? SCHEMA_REQUEST : SCHEMA_RESPONSE };
    const struct value *v = part_value(part, shape->schema, &run, guess);

    *c->budget = run.budget;
    return v;
}

bool
part_is_valid(const struct checking *c, const struct shape *shape, const struct part *part, struct text instance,
              const struct value **value)
{
    const struct value *guessed;

    *value = make_value(c, shape, part, false);
    if (*value == NULL) {
        report_unchecked(c, UNCHECKED_BUDGET, instance);
        return true;
    }
    if (checking_valid(c, shape, *value, instance))
        return true;
    guessed = make_value(c, shape, part, true);
    return guessed != NULL && checking_valid(c, shape, guessed, instance);
}

void
report_missing(const struct checking *c, const struct parameter *p, enum violation_id id)
{
    struct violation *v = report_add(c, id, p->label, p->place);

    if (v == NULL)
        return;
    v->expected = TEXT("to be sent");
    v->found = TEXT("nothing");
}

static struct style_reader
reader_of(const struct checking *c, const struct parameter *p, const struct sent *sent)
{
    return (struct style_reader){ .arena = c->check->arena,
                                  .name = p->name,
                                  .style = (enum style)p->style,
                                  .explode = p->explode,
                                  .decoding = sent->decoding };
}

/* ---- one parameter ---- */

/* A reading that could be made: kept to be explained when no reading is valid. */
struct reading {
    const struct value *value;
    struct value scalar;
    const char *wrong;
};

/* A scalar is copied: it was made on the stack of who read it. */
static void
keep_scalar(struct reading *first, struct value scalar)
{
    if (first->value != NULL)
        return;
    first->scalar = scalar;
    first->value = &first->scalar;
}

/* One text: a string where that is valid, else what it is written like. */
static bool
scalar_valid(const struct checking *c, const struct parameter *p, const struct sent *sent, struct reading *first)
{
    unsigned types = p->shape.types;
    struct style_reader r = reader_of(c, p, sent);
    struct text text;
    struct value v;

    if (!style_scalar(&r, sent->values[0], &text)) {
        first->wrong = first->wrong == NULL ? r.wrong : first->wrong;
        return false;
    }
    part_scalar(&v, text, types);
    if (checking_valid(c, &p->shape, &v, p->label))
        return true;
    if ((types & SCHEMA_TYPE_STRING) && types != SCHEMA_TYPE_ANY) {
        struct value other;

        part_scalar(&other, text, types & ~SCHEMA_TYPE_STRING);
        if (other.type != VALUE_STRING && checking_valid(c, &p->shape, &other, p->label))
            return true;
    }
    keep_scalar(first, v);
    return false;
}

static bool
part_valid(const struct checking *c, const struct parameter *p, const struct part *part, const char *wrong,
           struct reading *first)
{
    const struct value *v;

    if (part == NULL) {
        first->wrong = first->wrong == NULL ? wrong : first->wrong;
        return false;
    }
    if (part_is_valid(c, &p->shape, part, p->label, &v))
        return true;
    first->value = first->value == NULL ? v : first->value;
    return false;
}

/* Say why, by the first reading that could be made. */
static void
report_reading(const struct checking *c, const struct parameter *p, const struct sent *sent,
               const struct parameter_ids *ids, const struct reading *first)
{
    if (first->value != NULL)
        report_schema(c, ids->schema, &p->shape, first->value, p->label);
    else if (first->wrong != NULL)
        report_found(c, ids->syntax, p->label, p->place, first->wrong, sent->values[0]);
    else
        report_unchecked(c, UNCHECKED_BUDGET, p->label); /* only memory is left as a reason */
}

static void
check_shaped(const struct checking *c, const struct parameter *p, const struct sent *sent,
             const struct parameter_ids *ids)
{
    struct reading first = { .value = NULL };
    unsigned types = p->shape.types;
    struct style_reader r;
    struct part *part;

    if (p->style == STYLE_DEEP)
        types &= ~SCHEMA_TYPE_OBJECT; /* read by its own keys */
    if (sent->count == 1 && (types & SCALAR_TYPES) && scalar_valid(c, p, sent, &first))
        return;
    if ((types & SCHEMA_TYPE_ARRAY) && (types != SCHEMA_TYPE_ANY || sent->count > 1)) {
        r = reader_of(c, p, sent);
        part = style_array(&r, sent->values, sent->count);
        if (part_valid(c, p, part, r.wrong, &first))
            return;
    }
    if ((types & SCHEMA_TYPE_OBJECT) && types != SCHEMA_TYPE_ANY) {
        r = reader_of(c, p, sent);
        part = style_object(&r, sent->values, sent->count);
        if (part_valid(c, p, part, r.wrong, &first))
            return;
    }
    if (first.value == NULL && first.wrong == NULL)
        first.wrong = sent->count > 1 ? "one value; it was sent more than once" : "name[key]=value (style deepObject)";
    report_reading(c, p, sent, ids, &first);
}

void
check_content_text(const struct checking *c, const struct media *media, struct text text, struct text instance,
                   const struct parameter_ids *ids)
{
    struct document document;
    struct document_error error;
    struct value v;

    if (media->kind == MEDIA_JSON) {
        if (document_parse(&document, text, NULL, c->check->arena, &error) < 0) {
            report_found(c, ids->syntax, instance, media->place, "JSON", text);
            return;
        }
        if (!checking_valid(c, &media->shape, document.root, instance))
            report_schema(c, ids->schema, &media->shape, document.root, instance);
        return;
    }
    if (media->kind != MEDIA_TEXT) {
        report_unchecked(c, UNCHECKED_MEDIA_TYPE, instance);
        return;
    }
    part_scalar(&v, text, media->shape.types);
    if (!checking_valid(c, &media->shape, &v, instance))
        report_schema(c, ids->schema, &media->shape, &v, instance);
}

void
check_parameter(const struct checking *c, const struct parameter *p, const struct sent *sent,
                const struct parameter_ids *ids)
{
    struct style_reader r = reader_of(c, p, sent);
    struct text text;

    if (p->allow_empty && sent->count == 1 && sent->values[0].length == 0)
        return;
    if (p->content == NULL && p->shape.schema != NULL) {
        check_shaped(c, p, sent, ids);
        return;
    }
    if (p->shape.broken || (p->content == NULL && sent->count == 1)) {
        if (p->shape.broken)
            report_unchecked(c, UNCHECKED_NO_SCHEMA, p->label);
        if (sent->count == 1 && !style_decode(&r, sent->values[0], &text))
            report_found(c, ids->syntax, p->label, p->place, r.wrong, sent->values[0]);
        return;
    }
    if (p->content == NULL)
        return;
    if (sent->count > 1)
        report_found(c, ids->syntax, p->label, p->place, "one value; it was sent more than once", sent->values[1]);
    else if (!style_decode(&r, sent->values[0], &text))
        report_found(c, ids->syntax, p->label, p->place, r.wrong, sent->values[0]);
    else
        check_content_text(c, p->content, text, p->label, ids);
}
