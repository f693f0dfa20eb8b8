/* multipart_read.c -- where parts begin and end, and what their headers say. */
#include "contract/multipart.h"

#include "http/media_type.h"

/* Skip to behind the next line that is a delimiter. *last: it was the closing one. False: there is none. *before is
 * what came before it. */
static bool
next_delimiter(struct multipart_reader *r, struct text *before, bool *last)
{
    size_t from = 0;

    while (from < r->rest.length) {
        size_t at = from + text_search(text_from(r->rest, from), r->delimiter);
        struct text line;

        if (at >= r->rest.length)
            return false;
        line = text_from(r->rest, at + r->delimiter.length);
        if (at == 0 || r->rest.data[at - 1] == '\n') {
            size_t end = text_find(line, '\n');
            struct text tail = text_slice(line, 0, end);

            *last = text_starts(tail, TEXT("--"));
            if (tail.length > 0 && tail.data[tail.length - 1] == '\r')
                tail.length--;
            if (*last || text_trim(tail).length == 0) {
                *before = text_slice(r->rest, 0, at);
                if (before->length > 0)
                    before->length--;
                if (before->length > 0 && before->data[before->length - 1] == '\r')
                    before->length--;
                r->rest = text_from(line, end + 1);
                return true;
            }
        }
        from = at + 1;
    }
    return false;
}

/* ---- one part ---- */

static bool
read_headers(struct multipart_part *part, struct text text)
{
    while (text.length > 0) {
        size_t end = text_find(text, '\n'), colon;
        struct text line = text_slice(text, 0, end);

        text = text_from(text, end + 1);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (line.length == 0) {
            part->body = text;
            return true;
        }
        colon = text_find(line, ':');
        if (colon == line.length || colon == 0 || part->header_count == MULTIPART_HEADERS)
            return false;
        part->headers[part->header_count++] =
            (struct header){ .name = text_slice(line, 0, colon), .value = text_trim(text_from(line, colon + 1)) };
    }
    return false;
}

/* The value of a parameter of Content-Disposition, quotes and backslashes undone (RFC 7578 4.2, WHATWG HTML
 * 4.10.22.8). */
static bool
disposition_parameter(struct text value, struct text name, struct arena *arena, struct text *out)
{
    size_t at = text_find(value, ';');

    while (at < value.length) {
        struct text rest = text_trim(text_from(value, at + 1));
        size_t equals = text_find(rest, '=');
        bool found = equals < rest.length && text_equal_nocase(text_trim(text_slice(rest, 0, equals)), name);
        struct text v = text_from(rest, equals + 1);
        char *copy;
        size_t n = 0, i = 0;

        if (v.length == 0 || v.data[0] != '"') {
            i = text_find(v, ';');
            if (found) {
                *out = text_trim(text_slice(v, 0, i));
                return true;
            }
        } else {
            copy = arena_alloc(arena, v.length);
            for (i = 1; copy != NULL && i < v.length && v.data[i] != '"'; i++) {
                if (v.data[i] == '\\' && i + 1 < v.length)
                    i++;
                copy[n++] = v.data[i];
            }
            if (found) {
                *out = (struct text){ copy, copy != NULL ? n : 0 };
                return copy != NULL;
            }
            i += text_find(text_from(v, i), ';');
        }
        if (v.length == 0)
            return false;
        value = v;
        at = i;
    }
    return false;
}

static void
wrong(struct multipart_part *part, const char *what, struct text found)
{
    part->wrong = what;
    part->found = found;
}

static void
read_part(struct multipart_part *part, struct text text, struct arena *arena)
{
    struct text disposition = TEXT(""), file;

    if (!read_headers(part, text)) {
        wrong(part, "header fields, an empty line, then the content of the part", text);
        return;
    }
    for (uint32_t i = 0; i < part->header_count; i++) {
        if (text_equal_nocase(part->headers[i].name, TEXT("content-disposition")))
            disposition = part->headers[i].value;
        else if (text_equal_nocase(part->headers[i].name, TEXT("content-type")))
            part->type = part->headers[i].value;
    }
    if (!disposition_parameter(disposition, TEXT("name"), arena, &part->name)) {
        wrong(part, "Content-Disposition: form-data; name=\"…\" in each part", disposition);
        return;
    }
    part->is_file = disposition_parameter(disposition, TEXT("filename"), arena, &file) ||
                    disposition_parameter(disposition, TEXT("filename*"), arena, &file);
}

/* ---- all of them ---- */

static bool
stop(struct multipart_reader *r, const char *what, struct text found)
{
    r->wrong = what;
    r->found = found;
    return false;
}

bool
multipart_begin(struct multipart_reader *r, struct text content_type, struct text body, struct arena *arena)
{
    struct text boundary = TEXT(""), before;
    struct media_type type;

    *r = (struct multipart_reader){ .arena = arena, .rest = body };
    if (media_type_parse(content_type, &type))
        boundary = media_type_parameter(&type, TEXT("boundary"));
    if (boundary.length == 0 || boundary.length > 70)
        return stop(r, "a boundary of 1 to 70 characters in Content-Type", content_type);
    r->delimiter = arena_print(arena, "--%.*s", TEXT_PRINT(boundary));
    if (r->delimiter.data == NULL)
        return false;
    return next_delimiter(r, &before, &r->ended) || stop(r, "parts between lines with the boundary", body);
}

bool
multipart_next(struct multipart_reader *r, struct multipart_part *part)
{
    struct text text;

    part->header_count = 0;
    part->type = part->name = part->body = TEXT("");
    part->is_file = false;
    part->wrong = NULL;
    if (r->ended || r->wrong != NULL)
        return false;
    if (!next_delimiter(r, &text, &r->ended))
        return stop(r, "a last line with the boundary and '--'", r->rest);
    read_part(part, text, r->arena);
    return true;
}
