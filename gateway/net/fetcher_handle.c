#include "net/fetcher_handle.h"

#include <curl/curl.h>

#include "base/clock.h"

static size_t
on_head_line(char *data, size_t size, size_t count, void *arg)
{
    return fetcher_job_head_line(arg, text_make(data, size * count)) ? size * count : 0;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
    return fetcher_job_body(arg, text_make(data, size * count)) ? size * count : 0;
}

/* libcurl says these itself, by the body that it is given. */
static bool
is_libcurls(const struct header *h)
{
    return h->id == HEADER_CONTENT_LENGTH || h->id == HEADER_TRANSFER_ENCODING || h->id == HEADER_EXPECT;
}

static bool
has_field(const struct fetch_request *r, struct text name)
{
    for (uint32_t i = 0; i < r->header_count; i++) {
        if (text_equal_nocase(r->headers[i].name, name))
            return true;
    }
    return false;
}

/* One more field line in front of the list. NULL: no memory, also later on. */
static struct curl_slist *
add_line(struct fetcher_job *job, struct curl_slist *list, struct text line)
{
    struct curl_slist *node = list != NULL ? ARENA_NEW(job->arena, struct curl_slist) : NULL;

    if (node == NULL || line.data == NULL)
        return NULL;
    node->data = (char *)(uintptr_t)line.data; /* libcurl only reads it */
    node->next = list;
    return node;
}

/* The fields in their order, and none that libcurl would add: "Name:" takes away its own, "Name;" has an empty value.
 * NULL: no memory. */
static struct curl_slist *
fields_of(struct fetcher_job *job)
{
    const struct fetch_request *r = &job->request;
    struct curl_slist *list = ARENA_NEW(job->arena, struct curl_slist);

    if (list == NULL)
        return NULL;
    list->data = (char *)(uintptr_t) "Expect:";
    if (!has_field(r, TEXT("Accept")))
        list = add_line(job, list, TEXT("Accept:"));
    if (!has_field(r, TEXT("Content-Type")))
        list = add_line(job, list, TEXT("Content-Type:"));
    for (uint32_t i = r->header_count; i > 0; i--) {
        const struct header *h = &r->headers[i - 1];
        struct text value = text_trim(h->value);
        const char *format = value.length > 0 ? "%s: %.*s" : "%s;%.*s";

        if (!is_libcurls(h))
            list = add_line(job, list, arena_print(job->arena, format, h->name.data, TEXT_PRINT(value)));
    }
    return list;
}

#define SET(option, value) result = result == CURLE_OK ? curl_easy_setopt(c, option, value) : result

/* RFC 9110 8.6: where a body would mean something, its absence is told as well ("Content-Length: 0"). */
static CURLcode
set_method(CURL *c, const struct fetch_request *r)
{
    bool expects_body = text_equal(r->method, TEXT("POST")) || text_equal(r->method, TEXT("PUT")) ||
                        text_equal(r->method, TEXT("PATCH"));
    CURLcode result = CURLE_OK;

    if (text_equal(r->method, TEXT("HEAD"))) { /* whose answer has no body, whatever its head says */
        SET(CURLOPT_NOBODY, 1L);
        return result;
    }
    if (r->has_body || expects_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.length);
        SET(CURLOPT_POSTFIELDS, r->body.data);
    }
    SET(CURLOPT_CUSTOMREQUEST, r->method.data);
    return result;
}

static CURLcode
set_place(CURL *c, const struct fetcher_job *job)
{
    const struct fetch_request *r = &job->request;
    bool local = job->socket.length > 0;
    CURLcode result = CURLE_OK;

    SET(CURLOPT_URL, local ? "http://localhost/" : r->url.data);
    SET(CURLOPT_PATH_AS_IS, 1L);
    if (local)
        SET(CURLOPT_UNIX_SOCKET_PATH, job->socket.data);
    if (r->target.length > 0)
        SET(CURLOPT_REQUEST_TARGET, r->target.data);
    return result;
}

/* Milliseconds until the deadline, at least one: 0 would mean for ever. */
static long
time_left(const struct fetcher_job *job)
{
    int64_t left = (job->deadline - clock_monotonic() + CLOCK_MILLI - 1) / CLOCK_MILLI;

    return (long)(left > 0 ? left : 1);
}

bool
fetcher_handle_set(struct fetcher_job *job, const char *authorities)
{
    struct curl_slist *fields = fields_of(job);
    CURL *c = job->handle;
    CURLcode result = fields != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    SET(CURLOPT_PRIVATE, job);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, ""); /* also none from the environment */
    SET(CURLOPT_TIMEOUT_MS, time_left(job));
    SET(CURLOPT_HTTPHEADER, fields);
    SET(CURLOPT_HEADERFUNCTION, on_head_line);
    SET(CURLOPT_HEADERDATA, job);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, job);
    SET(CURLOPT_SSL_VERIFYPEER, job->request.unverified ? 0L : 1L);
    SET(CURLOPT_SSL_VERIFYHOST, job->request.unverified ? 0L : 2L);
    if (authorities != NULL)
        SET(CURLOPT_CAINFO, authorities);
    if (result == CURLE_OK)
        result = set_place(c, job);
    if (result == CURLE_OK)
        result = set_method(c, &job->request);
    return result == CURLE_OK;
}

#undef SET

void
fetcher_handle_failed(struct fetcher_job *job, int code)
{
    const CURLcode result = (CURLcode)code;

    switch (result) {
    case CURLE_OK:
        return;
    case CURLE_URL_MALFORMAT:
        fetcher_job_fail(job, FETCH_URL, "'%.80s' is no URL", job->request.url.data);
        return;
    case CURLE_OPERATION_TIMEDOUT:
        fetcher_job_fail(job, FETCH_TIMEOUT, "there was no answer in time");
        return;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_PEER_FAILED_VERIFICATION:
        fetcher_job_fail(job, FETCH_REFUSED, "there is no connection: %s", curl_easy_strerror(result));
        return;
    default:
        fetcher_job_fail(job, FETCH_BROKEN, "the answer broke off: %s", curl_easy_strerror(result));
        return;
    }
}
