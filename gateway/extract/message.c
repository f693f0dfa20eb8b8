/* message.c -- an HTTP message as code shows it. */
#include "extract/message.h"

#include "extract/label.h"
#include "extract/wording.h"

bool
message_field(struct text header, struct text *name, struct text *value)
{
    size_t colon = text_find(header, ':');

    *name = wording_trim(text_slice(header, 0, colon));
    *value = wording_trim(text_from(header, colon + 1));
    return colon < header.length && wording_identifier(*name);
}

/* "POST /orders HTTP/1.1" or "HTTP/1.1 201 Created". */
static bool
first_line(struct message *m, struct text line)
{
    size_t blank = text_find(line, ' ');
    struct text rest = wording_trim(text_from(line, blank));
    enum extract_method method;

    if (text_starts(line, TEXT("HTTP/"))) {
        m->status = label_status(rest, &m->reason);
        m->reason = wording_trim(m->reason);
        m->method = METHOD_COUNT;
        return m->status != 0;
    }
    method = method_of(text_slice(line, 0, blank));
    if (method == METHOD_COUNT || rest.length == 0)
        return false;
    m->method = method;
    m->target = wording_trim(text_slice(rest, 0, text_search(rest, TEXT(" HTTP/"))));
    m->target = text_slice(m->target, 0, text_find(m->target, ' '));
    return m->target.length > 0 && (m->target.data[0] == '/' || text_search(m->target, TEXT("/")) < m->target.length);
}

static struct text
take_line(struct text code, size_t *at)
{
    size_t length = text_find(text_from(code, *at), '\n');
    struct text line = text_slice(code, *at, length);

    *at += length + 1 < code.length - *at ? length + 1 : code.length - *at;
    return wording_trim(line);
}

bool
message_http(struct message *m, struct text code)
{
    size_t at = 0, body;
    struct message next;
    struct text line = { NULL, 0 }, name, value;

    *m = (struct message){ .method = METHOD_COUNT };
    while (at < code.length && line.length == 0)
        line = take_line(code, &at);
    if (!first_line(m, line))
        return false;
    while (at < code.length) {
        size_t before = at;

        line = take_line(code, &at);
        if (line.length == 0)
            break;
        if (line.data[0] == '{' || line.data[0] == '[' || !message_field(line, &name, &value)) {
            at = before;
            break;
        }
        if (m->header_count < MESSAGE_HEADERS)
            m->headers[m->header_count++] = line;
    }
    body = at;
    while (at < code.length) { /* up to the next message */
        size_t before = at;

        line = take_line(code, &at);
        next = (struct message){ .method = METHOD_COUNT };
        if (first_line(&next, line)) {
            at = before;
            break;
        }
    }
    if (wording_trim(text_slice(code, body, at - body)).length > 0)
        m->data[m->data_count++] = text_slice(code, body, at - body);
    m->end = at;
    return true;
}
