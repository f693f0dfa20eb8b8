#include "net/fetcher_job.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/limits.h"

#define JOB_ARENA    (16 * LIMIT_HEADER_BYTES)       /* of a request without its body, and the head of its answer */
#define JOB_PATIENCE (INT64_C(86400) * CLOCK_SECOND) /* a timeout is no longer */

void
fetcher_job_fail(struct fetcher_job *job, enum fetch_failure failure, const char *format, ...)
{
    va_list arguments;

    if (job->result.failure != FETCH_OK)
        return;
    job->result.failure = failure;
    va_start(arguments, format);
    (void)vsnprintf(job->result.why, sizeof(job->result.why), format, arguments);
    va_end(arguments);
}

/* ---- the request ---- */

/* No white space, no control characters: nothing that would end a request line early. */
static bool
is_one_word(struct text t)
{
    for (size_t i = 0; i < t.length; i++) {
        if ((unsigned char)t.data[i] <= ' ' || t.data[i] == 0x7f)
            return false;
    }
    return t.length > 0;
}

/* RFC 9110 5.5: what would end a field, or the request, is no part of a value. */
static bool
is_value(struct text t)
{
    return text_find(t, '\r') == t.length && text_find(t, '\n') == t.length && text_find(t, '\0') == t.length;
}

static bool
has_scheme(struct text url, struct text scheme)
{
    return text_equal_nocase(text_slice(url, 0, scheme.length), scheme);
}

static void
check_url(struct fetcher_job *job)
{
    const struct text url = job->request.url;

    if (text_starts(url, TEXT("unix:/"))) {
        job->socket = text_from(url, strlen("unix:"));
        if (job->socket.length >= sizeof(((struct sockaddr_un *)NULL)->sun_path) || !is_value(job->socket))
            fetcher_job_fail(job, FETCH_URL, "'%.80s' is no path that a socket can have", job->socket.data);
    } else if (!is_one_word(url) || (!has_scheme(url, TEXT("http://")) && !has_scheme(url, TEXT("https://")))) {
        fetcher_job_fail(job, FETCH_URL, "'%.80s' is no http or https URL", url.data != NULL ? url.data : "");
    }
}

static void
check_request(struct fetcher_job *job)
{
    const struct fetch_request *r = &job->request;

    check_url(job);
    if (!header_is_token(r->method))
        fetcher_job_fail(job, FETCH_URL, "'%.40s' is no method", r->method.data != NULL ? r->method.data : "");
    if (r->target.length > 0 && !is_one_word(r->target))
        fetcher_job_fail(job, FETCH_URL, "the request target holds white space or a control character");
    for (uint32_t i = 0; i < r->header_count; i++) {
        if (!header_is_token(r->headers[i].name))
            fetcher_job_fail(job, FETCH_URL, "'%.40s' is no name of a field", r->headers[i].name.data);
        else if (!is_value(r->headers[i].value))
            fetcher_job_fail(job, FETCH_URL, "the value of the field '%.40s' holds CR, LF or NUL",
                             r->headers[i].name.data);
    }
}

static bool
copy(struct fetcher_job *job, struct text *t)
{
    *t = arena_text(job->arena, *t);
    return t->data != NULL;
}

/* Everything that the request points to. False: no memory, or more than a request may be. */
static bool
copy_request(struct fetcher_job *job)
{
    struct fetch_request *r = &job->request;
    struct header *headers = ARENA_ARRAY(job->arena, struct header, r->header_count);

    if (headers == NULL)
        return false;
    for (uint32_t i = 0; i < r->header_count; i++) {
        headers[i] = r->headers[i];
        headers[i].id = (uint8_t)header_id_of(r->headers[i].name);
        if (!copy(job, &headers[i].name) || !copy(job, &headers[i].value))
            return false;
    }
    r->headers = headers;
    return copy(job, &r->method) && copy(job, &r->url) && copy(job, &r->target) && copy(job, &r->body);
}

struct fetcher_job *
fetcher_job_new(fetch_done_fn *done, void *arg)
{
    struct fetcher_job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return NULL;
    job->done = done;
    job->arg = arg;
    job->asked_at = clock_monotonic();
    return job;
}

void
fetcher_job_copy(struct fetcher_job *job, const struct fetch_request *request)
{
    int64_t timeout = request->timeout > 0 ? request->timeout : LIMIT_FETCH_MS * CLOCK_MILLI;

    job->request = *request;
    job->deadline = job->asked_at + (timeout < JOB_PATIENCE ? timeout : JOB_PATIENCE);
    buffer_init(&job->body, request->max_body > 0 ? request->max_body : LIMIT_BODY_HELD);
    job->arena = arena_new(0, JOB_ARENA + request->body.length);
    if (job->arena == NULL || !copy_request(job))
        fetcher_job_fail(job, FETCH_FULL, "the request is too large, or there is no memory for it");
    else
        check_request(job);
}

/* ---- the answer ---- */

static bool
is_broken(struct fetcher_job *job, const char *why)
{
    fetcher_job_fail(job, FETCH_BROKEN, "%s", why);
    return false;
}

/* "HTTP/1.1 200 OK": the beginning of a head; there are several when some are interim ones. */
static bool
begin_head(struct fetcher_job *job, struct text line)
{
    struct message *m = &job->result.response;
    uint64_t status;

    if (job->headers == NULL)
        job->headers = ARENA_ARRAY(job->arena, struct header, LIMIT_HEADER_FIELDS);
    if (line.length < strlen("HTTP/1.1 200") || !text_to_u64(text_slice(line, 9, 3), &status) || status < 100)
        return is_broken(job, "the answer is no HTTP/1.1");
    *m = (struct message){ .minor = line.data[7] == '0' ? 0 : 1, .status = (uint16_t)status, .headers = job->headers };
    m->reason = arena_text(job->arena, text_from(line, 13));
    return (m->headers != NULL && m->reason.data != NULL) || is_broken(job, "the head of the answer is too large");
}

static bool
add_field(struct fetcher_job *job, struct text line)
{
    struct message *m = &job->result.response;
    size_t colon = text_find(line, ':');
    struct header *h;

    if (m->headers == NULL || colon == line.length || !header_is_token(text_slice(line, 0, colon)))
        return is_broken(job, "the head of the answer is malformed");
    if (m->header_count == LIMIT_HEADER_FIELDS)
        return is_broken(job, "the answer has too many fields");
    h = &job->headers[m->header_count];
    h->name = arena_text(job->arena, text_slice(line, 0, colon));
    h->value = arena_text(job->arena, text_trim(text_from(line, colon + 1)));
    if (h->name.data == NULL || h->value.data == NULL)
        return is_broken(job, "the head of the answer is too large");
    h->id = (uint8_t)header_id_of(h->name);
    m->header_count++;
    return true;
}

bool
fetcher_job_head_line(struct fetcher_job *job, struct text line)
{
    while (line.length > 0 && (line.data[line.length - 1] == '\n' || line.data[line.length - 1] == '\r'))
        line.length--;
    if (job->head_done)
        return true;
    if (line.length == 0) {
        job->head_done = job->result.response.status >= 200;
        return true;
    }
    return text_starts(line, TEXT("HTTP/")) ? begin_head(job, line) : add_field(job, line);
}

bool
fetcher_job_body(struct fetcher_job *job, struct text piece)
{
    buffer_add(&job->body, piece);
    if (buffer_failed(&job->body))
        fetcher_job_fail(job, FETCH_BROKEN, "the answer is larger than the %zu bytes that are read", job->body.ceiling);
    return !buffer_failed(&job->body);
}

void
fetcher_job_finish(struct fetcher_job *job)
{
    struct fetch_result *result = &job->result;
    struct message *m = &result->response;

    if (result->failure == FETCH_OK && !job->head_done)
        fetcher_job_fail(job, FETCH_BROKEN, "the answer has no head");
    m->body = buffer_text(&job->body);
    m->body_bytes = m->body.length;
    m->body_state = m->body.length > 0 ? BODY_WHOLE : BODY_NONE;
    if (result->failure != FETCH_OK)
        *m = (struct message){ .status = 0 };
    result->took = clock_monotonic() - job->asked_at;
    job->done(job->arg, result);
    buffer_release(&job->body);
    arena_free(job->arena);
    free(job);
}
