#include "cli/log_curl.h"

#include "base/base64.h"

/* In single quotes nothing means anything but the quote itself. */
static void
add_quoted(struct buffer *out, struct text t)
{
    buffer_byte(out, '\'');
    for (const char *c = t.data, *end = c + t.length; c < end; c++) {
        if (*c == '\'')
            buffer_add(out, TEXT("'\\''"));
        else
            buffer_byte(out, *c);
    }
    buffer_byte(out, '\'');
}

/* One comment line; a line break in it would be a command. */
static void
add_comment(struct buffer *out, const char *what, struct text more)
{
    buffer_print(out, "# %s", what);
    for (size_t i = 0; i < more.length; i++)
        buffer_byte(out, (unsigned char)more.data[i] < ' ' ? '?' : more.data[i]);
    buffer_byte(out, '\n');
}

static void
add_warnings(struct buffer *out, const struct exchange *x)
{
    const struct message *m = &x->request;

    for (uint32_t i = 0; i < x->redacted_count; i++)
        if (text_starts(x->redacted[i], TEXT("request ")))
            add_comment(out, "redacted, put it in: ", x->redacted[i]);
    if (m->body_digest.length > 0)
        add_comment(out, "the body is not on record: ", m->body_digest);
    else if (m->body_state > BODY_WHOLE)
        add_comment(out, "the body is not all there", TEXT(""));
}

/* What curl sets itself, or what belongs to the connection that was. */
static bool
is_own(const struct message *m, const struct header *h)
{
    return h->hop_by_hop || h->id == HEADER_HOST || h->id == HEADER_CONTENT_LENGTH ||
           h->id == HEADER_TRANSFER_ENCODING || h->id == HEADER_CONNECTION ||
           (h->id == HEADER_CONTENT_ENCODING && m->body_plain);
}

static void
add_fields(struct buffer *out, const struct message *m)
{
    for (uint32_t i = 0; i < m->header_count; i++) {
        const struct header *h = &m->headers[i];
        struct buffer field;

        if (is_own(m, h))
            continue;
        buffer_init(&field, h->name.length + h->value.length + 16);
        buffer_add(&field, h->name);
        buffer_add(&field,
                   h->value.length > 0 ? TEXT(": ") : TEXT(";")); /* "X-Empty;" is how curl sends an empty one */
        buffer_add(&field, h->value);
        buffer_add(out, TEXT(" \\\n  -H "));
        add_quoted(out, buffer_text(&field));
        buffer_release(&field);
    }
}

static void
add_url(struct buffer *out, const struct exchange *x)
{
    const struct message *m = &x->request;
    struct text scheme = x->scheme.length > 0 ? x->scheme : TEXT("http");
    bool origin = text_starts(m->target, TEXT("/"));

    if (!origin) { /* "*", absolute */
        buffer_add(out, TEXT(" --request-target "));
        add_quoted(out, m->target);
    }
    buffer_byte(out, ' ');
    add_quoted(out, arena_print(x->arena, "%.*s://%.*s%.*s", TEXT_PRINT(scheme),
                                TEXT_PRINT(m->authority.length > 0 ? m->authority : TEXT("localhost")),
                                TEXT_PRINT(origin ? m->target : TEXT("/"))));
}

void
log_curl(struct buffer *out, const struct exchange *x)
{
    const struct message *m = &x->request;
    bool body = m->body_state != BODY_NONE && m->body_digest.length == 0;
    bool text = text_is_utf8(m->body) && text_find(m->body, '\0') == m->body.length;

    add_warnings(out, x);
    if (body && !text) {
        buffer_add(out, TEXT("printf %s '"));
        base64_write(out, m->body);
        buffer_add(out, TEXT("' | base64 -d | "));
    }
    buffer_add(out, TEXT("curl -i --path-as-is --globoff"));
    if (m->minor == 0)
        buffer_add(out, TEXT(" --http1.0"));
    if (text_equal(m->method, TEXT("HEAD"))) {
        buffer_add(out, TEXT(" --head"));
    } else if (!text_equal(m->method, TEXT("GET")) || body) {
        buffer_add(out, TEXT(" -X "));
        add_quoted(out, m->method);
    }
    add_url(out, x);
    add_fields(out, m);
    if (body && message_header(m, HEADER_CONTENT_TYPE) == NULL)
        buffer_add(out, TEXT(" \\\n  -H 'Content-Type:'")); /* or curl says it is a form */
    if (body)
        buffer_add(out, text ? TEXT(" \\\n  --data-raw ") : TEXT(" \\\n  --data-binary @-"));
    if (body && text)
        add_quoted(out, m->body);
    buffer_byte(out, '\n');
}
