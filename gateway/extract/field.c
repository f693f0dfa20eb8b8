/* field.c -- fields and parameters as tables and lists tell them. */
#include "extract/field.h"

#include "extract/endpoint.h"
#include "extract/label.h"
#include "extract/wording.h"

#define TYPE_WORDS                                                                                                     \
    "string|str|text|int|integer|int32|int64|long|number|float|double|decimal|bool|boolean|date|datetime|timestamp|"   \
    "uuid|guid|email|url|uri|object|map|hash|dict|array|list|enum|file|null|nullable"

/* ---- tables ---- */

static enum column
column_of(struct text head)
{
    static const struct {
        enum column column;
        const char *words;
    } heads[] = {
        { COLUMN_METHOD, "method|verb|http method|http verb" },
        { COLUMN_PATH, "endpoint|path|url|uri|route|resource|endpoint url" },
        { COLUMN_STATUS,
          "status|code|status code|http code|http status|response code|error code|http status code|error" },
        { COLUMN_PLACE, "in|location|where|parameter type|param type|sent in" },
        { COLUMN_TYPE, "type|data type|datatype|format|value type|json type" },
        { COLUMN_REQUIRED, "required|mandatory|req|required?|optional|presence|req?|optional?" },
        { COLUMN_DESCRIPTION,
          "description|desc|note|meaning|detail|explanation|purpose|comment|remark|cause|reason|info|message|"
          "what it is|what it does|about" },
        { COLUMN_EXAMPLE, "example|sample|example value|sample value|value|default|default value" },
        { COLUMN_NAME,
          "name|field|parameter|param|key|attribute|property|argument|arg|header|member|field name|parameter name|"
          "variable|column|header name|json field|element" },
    };

    head = wording_bare(head);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (wording_are(head, heads[i].words))
            return heads[i].column;
    return COLUMN_NONE;
}

static bool
all_cells(const struct table_row *row, uint32_t column, bool (*test)(struct text cell))
{
    for (; row != NULL; row = row->next)
        if (column >= row->count || !test(wording_bare(row->cells[column])))
            return false;
    return true;
}

static bool
is_status_cell(struct text cell)
{
    struct text rest;

    return cell.length >= 3 && is_digit(cell.data[0]) && label_status(cell, &rest) != 0;
}

static bool
is_type_cell(struct text cell)
{
    struct text word;

    return wording_next(&cell, &word) && wording_are(word, TYPE_WORDS);
}

static bool
is_endpoint_cell(struct text cell)
{
    struct endpoint e;
    size_t end;

    return endpoint_find(cell, 0, &e, &end) && e.methods != 0;
}

static bool
is_name_cell(struct text cell)
{
    return wording_identifier(cell) && cell.length > 1;
}

bool
columns_read(struct columns *columns, const struct table_row *header)
{
    int *of = columns->of;

    columns->optional = false;
    for (int i = 0; i < COLUMN_COUNT; i++)
        of[i] = -1;
    for (uint32_t i = 0; i < header->count; i++) {
        enum column column = column_of(header->cells[i]);

        if (of[column] < 0)
            of[column] = (int)i;
        if (column == COLUMN_REQUIRED)
            columns->optional = wording_have(header->cells[i], "optional");
    }
    if (header->next == NULL)
        return false;
    for (uint32_t i = 0; i < header->count && i < header->next->count; i++) { /* by what is in them */
        if (of[COLUMN_STATUS] < 0 && all_cells(header->next, i, is_status_cell))
            of[COLUMN_STATUS] = (int)i;
        if (of[COLUMN_PATH] < 0 && all_cells(header->next, i, is_endpoint_cell))
            of[COLUMN_PATH] = (int)i;
        if (of[COLUMN_TYPE] < 0 && of[COLUMN_NAME] != (int)i && all_cells(header->next, i, is_type_cell))
            of[COLUMN_TYPE] = (int)i;
    }
    if (of[COLUMN_STATUS] >= 0 && !all_cells(header->next, (uint32_t)of[COLUMN_STATUS], is_status_cell))
        of[COLUMN_STATUS] = -1; /* a field called status */
    if (of[COLUMN_NAME] < 0 && of[COLUMN_TYPE] > 0 && all_cells(header->next, 0, is_name_cell))
        of[COLUMN_NAME] = 0;
    if (of[COLUMN_DESCRIPTION] < 0 && of[COLUMN_STATUS] == 0)
        of[COLUMN_DESCRIPTION] = 1;
    return of[COLUMN_NAME] >= 0 || of[COLUMN_STATUS] >= 0 || of[COLUMN_PATH] >= 0;
}

struct text
columns_cell(const struct columns *columns, const struct table_row *row, enum column column)
{
    int i = columns->of[column];

    return i >= 0 && (uint32_t)i < row->count ? row->cells[i] : (struct text){ NULL, 0 };
}

static enum shape_required
required_in(struct text t)
{
    if (wording_have(t, "optional|no|false|n|nullable") || text_equal(wording_bare(t), TEXT("-")) ||
        text_search(t, TEXT("\xe2\x9c\x97")) < t.length)
        return REQUIRED_NO;
    if (wording_have(t, "required|yes|true|y|mandatory|x|must|always") || text_search(t, TEXT("\xe2\x9c")) < t.length ||
        text_search(t, TEXT("\xe2\x97\x8f")) < t.length)
        return REQUIRED_YES;
    return REQUIRED_UNKNOWN;
}

/* "`items[].price`*" and "name (required)": the name alone. */
static bool
take_name(struct field *field, struct text cell)
{
    struct text bare = wording_bare(cell);
    size_t end = 0;

    while (end < bare.length && (is_name_byte(bare.data[end]) || strchr(".-[]$@", bare.data[end]) != NULL))
        end++;
    field->name = text_slice(bare, 0, end);
    while (text_ends(field->name, TEXT(".")) || text_ends(field->name, TEXT("-")))
        field->name.length--;
    if (wording_have(text_from(bare, end), "required") || text_ends(wording_trim(cell), TEXT("\\*")))
        field->required = REQUIRED_YES;
    else if (wording_have(text_from(bare, end), "optional") || (end < bare.length && bare.data[end] == '?'))
        field->required = REQUIRED_NO;
    return wording_identifier(field->name);
}

bool
field_of_row(struct field *field, const struct columns *columns, const struct table_row *row)
{
    struct text required = columns_cell(columns, row, COLUMN_REQUIRED);

    *field = (struct field){ .required = REQUIRED_UNKNOWN };
    if (!take_name(field, columns_cell(columns, row, COLUMN_NAME)))
        return false;
    field->type = wording_bare(columns_cell(columns, row, COLUMN_TYPE));
    field->description = columns_cell(columns, row, COLUMN_DESCRIPTION);
    field->example = wording_bare(columns_cell(columns, row, COLUMN_EXAMPLE));
    field->place = wording_bare(columns_cell(columns, row, COLUMN_PLACE));
    if (columns->of[COLUMN_REQUIRED] >= 0) {
        enum shape_required told = required_in(required);

        if (columns->optional && !wording_have(required, "required|optional"))
            told = told == REQUIRED_YES ? REQUIRED_NO : REQUIRED_YES;
        field->required = told == REQUIRED_UNKNOWN && required.length == 0 ? REQUIRED_NO : told;
    }
    if (field->required == REQUIRED_UNKNOWN && wording_have(field->type, "required|optional"))
        field->required = required_in(field->type);
    if (field->required == REQUIRED_UNKNOWN && text_starts(field->description, TEXT("Required")))
        field->required = REQUIRED_YES;
    else if (field->required == REQUIRED_UNKNOWN && text_starts(field->description, TEXT("Optional")))
        field->required = REQUIRED_NO;
    return true;
}

/* ---- lines ---- */

/* The name with which the line begins, with what is behind it; *marked: it is in code or bold. */
static bool
name_of_line(struct text line, struct text *name, struct text *rest, bool *marked)
{
    size_t start = 0, end;

    line = wording_trim(line);
    while (start < line.length && strchr("*_`", line.data[start]) != NULL)
        start++;
    *marked = start > 0;
    end = start;
    while (end < line.length && (is_name_byte(line.data[end]) || strchr(".-[]", line.data[end]) != NULL))
        end++;
    *name = text_slice(line, start, end - start);
    while (*marked && end < line.length && strchr("*_`", line.data[end]) != NULL)
        end++;
    *rest = text_from(line, end);
    if (text_ends(*name, TEXT(".")) || text_ends(*name, TEXT("-")))
        return false;
    return wording_identifier(*name) && name->length <= 80 && (*marked || is_name_byte(line.data[0]));
}

bool
field_of_line(struct field *field, struct text line, bool sure)
{
    struct text rest, type, word = { NULL, 0 };
    bool marked;
    size_t end;

    *field = (struct field){ .required = REQUIRED_UNKNOWN };
    if (!name_of_line(line, &field->name, &rest, &marked))
        return false;
    rest = wording_trim(rest);
    if (!marked && (rest.length == 0 || strchr(":(-", rest.data[0]) == NULL)) /* "Returns a list": prose */
        return false;
    end = rest.length > 0 && rest.data[0] == '(' ? text_find(rest, ')') : text_slice(rest, 0, 40).length;
    type = text_slice(rest, 0, end);
    while (end <= 40 && wording_next(&type, &word) && wording_are(word, "required|optional|a|an"))
        ;
    if (wording_are(word, TYPE_WORDS) && word.length > 0) {
        size_t start = (size_t)(word.data - rest.data), stop;

        stop = rest.data[0] == '(' ? text_find(rest, ')') : start + word.length;
        if (rest.data[0] != '(' && wording_are(word, "array|list")) /* "array of strings" */
            stop = start + 20;
        if (text_starts(text_from(rest, start + word.length), TEXT("[]")))
            stop += 2;
        field->type = text_slice(rest, start, stop - start);
    } else if (!sure || (!marked && rest.data[0] != ':')) {
        return false;
    }
    field->required =
        required_in(text_slice(rest, 0, rest.length > 0 && rest.data[0] == '(' ? text_find(rest, ')') : 40));
    if (field->required == REQUIRED_YES && !wording_have(rest, "required|mandatory"))
        field->required = REQUIRED_UNKNOWN;
    end = 0;
    if (field->type.length > 0)
        end = (size_t)(field->type.data + field->type.length - rest.data);
    field->description = text_from(rest, end);
    while (field->description.length > 0 &&
           (is_blank(field->description.data[0]) || strchr("):-,.*`]", field->description.data[0]) != NULL))
        field->description = text_from(field->description, 1);
    return true;
}

bool
field_of_pair(struct field *field, struct text line)
{
    size_t end, equals;
    struct text span = wording_code_span(line, 0, &end), rest = line, word;

    *field = (struct field){ .place = { NULL, 0 } };
    if (!wording_next(&rest, &word) || !wording_are(word, "required|optional"))
        return false;
    equals = text_find(span, '=');
    field->name = wording_trim(text_slice(span, 0, equals));
    field->type = text_from(span, equals + 1);
    field->required = wording_are(word, "required") ? REQUIRED_YES : REQUIRED_NO;
    return equals + 2 < span.length && span.data[equals + 1] == '[' && text_ends(span, TEXT("]")) &&
           wording_identifier(field->name);
}

bool
field_choices(struct shape *shape, struct text description, struct arena *arena)
{
    size_t at = text_search(description, TEXT("one of")), end;
    struct text span, values[16];
    unsigned count = 0;

    if (at == description.length)
        at = text_search(description, TEXT("One of"));
    if (at == description.length)
        at = text_search(description, TEXT("enum"));
    if (shape->types != SHAPE_STRING || at == description.length)
        return true;
    while (at < description.length && count < 16) {
        span = wording_code_span(description, at, &end);
        if (span.length == 0 || wording_have(text_slice(description, at, end - at), "default|defaults"))
            break;
        values[count++] = wording_bare(span);
        at = end;
    }
    for (unsigned i = 0; i < count && count > 1; i++) {
        struct text value = values[i];

        if (value.length > 1 && value.data[0] == '"')
            value = text_slice(value, 1, value.length - 2);
        if (value.length > 0 && !shape_tell_choice(shape, arena_text(arena, value), arena))
            return false;
    }
    return true;
}
