/* change.c -- the table of changes as functions, and as a page. */
#include "drift/change.h"

struct row {
    const char *name;
    unsigned effect;
    enum level levels[2];
    const char *what;
    const char *who[2];
};

static const struct row rows[] = {
#define CHANGE_ROW(NAME, id, effect, request, response, what, in_request, in_response)                                 \
    { id, effect, { request, response }, what, { in_request, in_response } },
    CHANGES(CHANGE_ROW)
#undef CHANGE_ROW
};

const char *
change_name(enum change_id id)
{
    return rows[id].name;
}

const char *
change_what(enum change_id id)
{
    return rows[id].what;
}

unsigned
change_effect(enum change_id id)
{
    return rows[id].effect;
}

enum level
change_level(enum change_id id, enum side as)
{
    return rows[id].levels[as == SIDE_RESPONSE];
}

const char *
change_who(enum change_id id, enum side as)
{
    return rows[id].who[as == SIDE_RESPONSE];
}

/* ---- the page ---- */

static const char *
word(enum level level)
{
    return level == LEVEL_ERROR ? "ERR" : level == LEVEL_WARN ? "WARN" : "INFO";
}

void
change_page(struct buffer *out)
{
    buffer_add(out, TEXT("# Changes\n\n"
                         "<!-- Written by `make docs` from gateway/drift/change.h; edit the table there. -->\n\n"
                         "What `plumbline contract diff` finds between two contracts ([diff.md](diff.md)). The ids are "
                         "a promise: they stay what they are, so that\nscripts may use them. A change has one level "
                         "where it is found in requests, and one in responses: **ERR** breaks somebody, **WARN** may,\n"
                         "**INFO** does not.\n\n"
                         "In webhooks and callbacks it is the other way round, because there the service sends the "
                         "request: what changed in it counts as in\nresponses, and what changed in the answer that "
                         "clients give counts as in requests. Clients are those who use the service, whoever of\nthe "
                         "two begins.\n\n"
                         "| id | what it says | in requests | in responses |\n| --- | --- | --- | --- |\n"));
    for (unsigned i = 0; i < CHANGE_IDS; i++) {
        buffer_print(out, "| `%s` | %s |", rows[i].name, rows[i].what);
        for (int as = 0; as < 2; as++)
            if (rows[i].who[as][0] != '\0')
                buffer_print(out, " %s: %s |", word(rows[i].levels[as]), rows[i].who[as]);
            else
                buffer_add(out, TEXT(" - |"));
        buffer_byte(out, '\n');
    }
}
