/* refusal.c -- the table of refusals, and a page from all four tables. */
#include "proxy/refusal.h"

#include "contract/violation.h"
#include "http/parse.h"
#include "net/upstream.h"
#include "proxy/judge.h"

static const struct {
    const char *name;
    uint16_t status;
    const char *what;
} refusals[REFUSAL_IDS] = {
#define REFUSAL_ROW(NAME, id, status, what) [REFUSAL_##NAME] = { id, status, what },
    REFUSALS(REFUSAL_ROW)
};

const char *
refusal_name(enum refusal_id id)
{
    return refusals[id].name;
}

uint16_t
refusal_status(enum refusal_id id)
{
    return refusals[id].status;
}

const char *
refusal_what(enum refusal_id id)
{
    return refusals[id].what;
}

/* ---- the page ---- */

static void
begin_table(struct buffer *out, const char *title, const char *text, const char *columns)
{
    buffer_print(out, "\n## %s\n\n%s\n\n%s\n|", title, text, columns);
    for (const char *c = columns + 1; *c != '\0'; c++)
        if (*c == '|')
            buffer_add(out, TEXT(" --- |"));
    buffer_byte(out, '\n');
}

static void
add_row(struct buffer *out, const char *id, unsigned status, const char *what)
{
    buffer_print(out, "| `%s` | %u | %s |\n", id, status, what);
}

static void
add_contract(struct buffer *out)
{
    begin_table(out, "The contract",
                "Only where a side says `enforce`. A request is refused with the status below, for every other "
                "violation of level\n"
                "error with 400; a response with 502. [violations.md](violations.md) has all ids. What stays unchecked "
                "is refused unless\n"
                "the service says `unchecked: pass`.",
                "| id | status | why |");
    for (unsigned i = 0; i < VIOLATION_IDS; i++) {
        enum violation_id id = (enum violation_id)i;

        if (judge_status(id) != 400)
            add_row(out, violation_name(id), judge_status(id), violation_what(id));
    }
    for (unsigned i = 0; i < UNCHECKED_IDS; i++) {
        enum unchecked_id id = (enum unchecked_id)i;

        if (judge_unchecked_status(id) != 0)
            add_row(out, unchecked_name(id), judge_unchecked_status(id), unchecked_what(id));
    }
}

void
refusal_page(struct buffer *out)
{
    buffer_add(
        out,
        TEXT("# Refusals\n\n"
             "<!-- Written by `make docs` from the tables that gateway/proxy/refusal.h names; edit them "
             "there. -->\n\n"
             "When Plumbline answers itself, the body is `application/problem+json` (RFC 9457) and says "
             "why. The id stands in the\nrecording and the access line and, where no keyword of a schema "
             "says more, in `errors[].keyword`. The ids are a promise:\nthey stay what they are.\n\n"
             "With `refuse_with: contract` (per service or operation) the body is the JSON that the contract "
             "documents for the\noperation and status instead, where it documents one: its example, or a "
             "value made from its schema. The first string member called\ndetail, message, description, error and the "
             "like whose schema takes any text says what is wrong and where, cut to\n`maxLength`; the others "
             "have the status in words. Required headers get the example, const or default of the\ncontract. "
             "It is made and checked when the settings are loaded. The id is then in the recording and the\n"
             "access line alone.\n"));
    begin_table(out, "Plumbline itself", "Before or beside any contract.", "| id | status | why |");
#define ROW(NAME, id, status, what) add_row(out, id, status, what);
    REFUSALS(ROW)
    begin_table(out, "The upstream",
                "Where its answer has begun already, the connection to the client is cut instead, so that it sees that "
                "the answer is\n"
                "not whole.",
                "| id | status | why |");
    CALL_FAILURES(ROW)
#undef ROW
    add_contract(out);
    begin_table(out, "HTTP/1.1",
                "What two programs could read differently is refused, never repaired, and nothing of it is forwarded. "
                "The status is that\n"
                "for a request; a response that breaks one of these rules is 502 `upstream-malformed`, with this id in "
                "the document.",
                "| id | status | why | rule from |");
#define ROW(NAME, id, status, what, source) buffer_print(out, "| `%s` | %u | %s | %s |\n", id, status, what, source);
    PARSE_FAULTS(ROW)
#undef ROW
}
