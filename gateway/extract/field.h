/* field.h -- fields and parameters as tables and lists tell them. Private to extract/. */
#ifndef EXTRACT_FIELD_H
#define EXTRACT_FIELD_H

#include <stdbool.h>

#include "extract/scan.h"
#include "extract/shape.h"

struct field {
    struct text name;
    struct text type;
    struct text description;
    struct text example;
    struct text place; /* "path", "query": as it was said, or empty */
    enum shape_required required;
};

/* What a column of a table tells. */
enum column {
    COLUMN_NONE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_REQUIRED,
    COLUMN_DESCRIPTION,
    COLUMN_EXAMPLE,
    COLUMN_PLACE,
    COLUMN_STATUS,
    COLUMN_METHOD,
    COLUMN_PATH,
    COLUMN_COUNT,
};

/* Which column tells what: of[COLUMN_NAME] is the index of the first such column, or -1. By the headers, and by what is
 * in the cells where these are mute. false: it is no table of anything that we know. */
struct columns {
    int of[COLUMN_COUNT];
    bool optional; /* the column of COLUMN_REQUIRED is headed "Optional" */
};
bool columns_read(struct columns *columns, const struct table_row *header);

struct text columns_cell(const struct columns *columns, const struct table_row *row, enum column column);

/* One row of a table of fields; false when it has no name. */
bool field_of_row(struct field *field, const struct columns *columns, const struct table_row *row);

/* "`name` (string, required): what it is", "**name** integer, optional", "name: string". `sure`: the line stands where
 * fields are told, so that a type is not needed. */
bool field_of_line(struct field *field, struct text line, bool sure);

/* "**Required:** `id=[integer]`" */
bool field_of_pair(struct field *field, struct text line);

/* The only values that a description names: "one of `a`, `b`". Adds them to the shape. false: no memory. */
bool field_choices(struct shape *shape, struct text description, struct arena *arena);

#endif
