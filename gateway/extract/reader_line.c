/* reader_line.c -- lines of prose and of lists: labels, endpoints, and what they say by the way. */
#include "base/limits.h"
#include "extract/reader.h"
#include "extract/wording.h"

/* What is behind a status: "Not Found". Empty when it only says that it is a response, or of which type. */
static struct text
reason_of(const struct reader *r, struct text t)
{
    t = wording_plain(t, 200, r->arena);
    while (t.length > 0 &&
           (strchr(":-(),.=|", t.data[0]) != NULL || is_blank(t.data[0]) || (unsigned char)t.data[0] >= 0x80))
        t = text_from(t, 1);
    while (t.length > 0 && (strchr(":-(|", t.data[t.length - 1]) != NULL || is_blank(t.data[t.length - 1]) ||
                            (t.data[t.length - 1] == ')' && text_find(t, '(') == t.length)))
        t.length--;
    if (t.length == 0 || is_digit(t.data[0]) || text_find(t, '/') < t.length ||
        wording_are(t, "response|error|responses|success|ok response"))
        return (struct text){ NULL, 0 };
    return t;
}

void
reader_status(struct reader *r, const struct label *label)
{
    struct source source = reader_source(r, 0, SURE_HIGH);
    struct answer *answer;
    struct answer **list = r->operation != NULL ? &r->operation->answers : &r->x->answers;

    if (label->status == 0 || (r->operation == NULL && r->label.kind != LABEL_STATUSES))
        return;
    answer = model_answer(r->x, list, label->status, &source);
    if (answer != NULL && answer->description.length == 0) {
        answer->description = reason_of(r, label->reason);
        if (answer->description.length == 0)
            answer->description = reason_of(r, label->value);
    }
}

/* "**Get the comments:** `GET /posts/1/comments`" */
static void
take_caption(struct reader *r, struct text before)
{
    struct label label;
    struct text t = wording_plain(before, 120, r->arena);

    label_read(before, true, &label);
    while (t.length > 0 && strchr(":- ", t.data[t.length - 1]) != NULL)
        t.length--;
    if (label.kind != LABEL_NONE || label.status != 0 || wording_count(t, 2) < 2 || !is_letter(t.data[0]))
        return;
    r->title = t;
    r->prose = (struct text){ NULL, 0 };
}

/* The endpoints of a line. true: the line is about one. */
static bool
take_endpoints(struct reader *r, struct text line)
{
    struct endpoint e;
    size_t at = 0;
    unsigned count = 0;
    bool about = false;

    while (count++ < 32 && endpoint_find(line, at, &e, &at)) {
        if (e.methods == 0 || !(e.loud || e.alone))
            continue;
        if ((!e.alone || wording_count(e.after, 3) > 2) && e.methods != 0 && r->block->kind == BLOCK_TEXT &&
            wording_have(line, "not|don|deprecated|removed|longer|never")) {
            reader_unread(r, r->block->line, "an endpoint in a sentence that denies something", line);
            continue;
        }
        if (count == 1 && e.alone) {
            take_caption(r, e.before);
            about = true;
            if (r->block->kind == BLOCK_ITEM && wording_count(e.after, 2) > 1 && wording_count(e.after, 9) <= 8) {
                struct text after = wording_bare(e.after);

                while (after.length > 0 && !is_letter(after.data[0]))
                    after = text_from(after, 1);
                r->title = wording_plain(after, 120, r->arena);
                r->prose = (struct text){ NULL, 0 };
            }
            reader_endpoint(r, e.methods, e.path, true, reader_source(r, 0, SURE_HIGH));
        } else {
            about = count == 1 && r->operation == NULL; /* prose: of the first one in a section that has none yet */
            reader_endpoint(r, e.methods, e.path, about, reader_source(r, 0, about ? SURE_MEDIUM : SURE_LOW));
        }
    }
    return about;
}

/* A path by itself, behind a label or in code, whose method is said elsewhere. */
static bool
take_path(struct reader *r, struct text line, const struct label *label, uint32_t number)
{
    struct endpoint e;
    size_t end;
    struct text bare = wording_bare(line);
    bool whole;

    if (!endpoint_find(line, 0, &e, &end) || e.methods != 0)
        return false;
    whole = bare.length == e.path.length && (r->method != METHOD_COUNT || r->label.kind == LABEL_ENDPOINT);
    if (label->kind != LABEL_ENDPOINT && !whole)
        return false;
    r->path = e.path;
    r->path_line = number;
    reader_pair(r, true);
    return true;
}

static bool
take_method(struct reader *r, const struct label *label)
{
    struct text value = label->value, word;

    if (label->kind != LABEL_METHOD || !wording_next(&value, &word) || method_of(word) == METHOD_COUNT)
        return false;
    r->method = method_of(word);
    reader_pair(r, true);
    return true;
}

bool
reader_half(struct reader *r, struct text line, const struct label *label, uint32_t number)
{
    return take_path(r, line, label, number) || take_method(r, label);
}

/* "1. **Create an order**": what a list calls the steps below it. */
static void
take_step(struct reader *r, struct text line)
{
    struct text t = wording_trim(line);
    size_t end;

    if (!text_starts(t, TEXT("**")))
        return;
    end = text_search(text_from(t, 2), TEXT("**"));
    if (end + 2 >= t.length || wording_trim(text_from(t, end + 4)).length > 1)
        return;
    r->title = wording_plain(text_slice(t, 2, end), 120, r->arena);
    r->prose = (struct text){ NULL, 0 };
}

static bool
take_header(struct reader *r, struct text line)
{
    struct text name, value;

    line = wording_bare(line);
    if (!message_field(line, &name, &value) || value.length == 0)
        return false;
    if (!wording_are(name, "authorization") && (text_find(name, '-') == name.length || r->label.kind == LABEL_RESPONSE))
        return false;
    if (r->label.kind != LABEL_HEADERS && !wording_are(name, "authorization") &&
        (name.data[0] < 'A' || name.data[0] > 'Z'))
        return false;
    reader_header(r, name, value, reader_source(r, 0, SURE_HIGH));
    return true;
}

static bool
take_label(struct reader *r, const struct label *label)
{
    if (label->kind == LABEL_NONE && label->status == 0)
        return false;
    if (label->kind == LABEL_METHOD || label->kind == LABEL_ENDPOINT)
        return true;
    reader_status(r, label);
    if (label->status != 0 && r->operation == NULL) /* one of a list that holds for all */
        return true;
    r->label = *label;
    r->status = label->status;
    r->told = NULL;
    return label->value.length == 0 || label->status != 0;
}

/* What is below a field in a list, further in: its description. */
static bool
take_description(struct reader *r, struct text line)
{
    struct shape *told = r->told;

    r->told = NULL;
    if (told == NULL || r->block->kind != BLOCK_TEXT || r->block->level <= r->told_indent)
        return false;
    if (told->description.length == 0)
        told->description = wording_plain(line, 400, r->arena);
    if (!field_choices(told, line, r->arena))
        r->x->failed = true;
    return true;
}

/* "When all are taken, the answer is 409 (Conflict)." */
static void
take_status(struct reader *r, struct text line)
{
    struct source source = reader_source(r, 0, SURE_LOW);
    struct text rest;
    unsigned status = r->operation != NULL ? label_status(line, &rest) : 0;

    if (status != 0)
        (void)model_answer(r->x, &r->operation->answers, status, &source);
}

static void
take_prose(struct reader *r, struct text line)
{
    struct extract *x = r->x;
    bool columns = text_search(line, TEXT("     ")) < line.length, announces = text_ends(line, TEXT(":"));

    if (x->title.length == 0 && r->block->level >= 12 && r->block->apart && !columns) { /* in the middle of the page */
        x->title = wording_plain(line, 120, r->arena);
        x->title_source = reader_source(r, 0, SURE_MEDIUM);
    } else if (!columns && !announces && r->prose.length == 0 && wording_count(line, 4) > 3) {
        r->prose = line;
    }
    if (x->description.length == 0 && r->operation == NULL && !columns && !announces && wording_count(line, 6) > 5)
        x->description = wording_plain(line, 400, r->arena);
}

void
reader_line(struct reader *r)
{
    const struct block *b = r->block;
    struct text line = text_slice(b->text, 0, LIMIT_EXTRACT_LINE);
    struct label label;

    label_read(line, false, &label);
    reader_prose(r, line);
    if (take_header(r, line) || take_endpoints(r, line) || reader_half(r, line, &label, b->line))
        return;
    if (reader_field_line(r, line) || take_label(r, &label) || take_description(r, line))
        return;
    take_status(r, line);
    if (b->kind == BLOCK_ITEM)
        take_step(r, line);
    else
        take_prose(r, line);
}
