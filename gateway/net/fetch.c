/* fetch.c -- one libcurl handle per file. Redirects are followed here, one by one, because libcurl's own rule says
 * which schemes are allowed, but not "never back to http". */
#include "net/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>

#include "base/limits.h"
#include "base/version.h"

#define HTTP_OK 200

struct fetching {
    const char *token; /* "": none */
    CURL *curl;
    const char *url; /* as it was asked for, for messages */
    struct buffer *out;
    char detail[CURL_ERROR_SIZE];
};

static bool
has_scheme(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

bool
fetch_is_url(const char *word)
{
    return has_scheme(word, "http://") || has_scheme(word, "https://");
}

/* Is there a user or a password before the host? */
static bool
has_credentials(const char *url)
{
    const char *authority = strstr(url, "://") + 3;

    return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
    struct fetching *f = arg;

    buffer_add(f->out, text_make(data, size * count));
    return buffer_failed(f->out) ? 0 : size * count; /* less than was given: libcurl gives up */
}

static CURLcode
set_options(struct fetching *f)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    CURL *c = f->curl;
    CURLcode result = CURLE_OK;

#define SET(option, value) result = result == CURLE_OK ? curl_easy_setopt(c, option, value) : result
    SET(CURLOPT_ERRORBUFFER, f->detail);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_FETCH_CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, (long)LIMIT_FETCH_MS);
    SET(CURLOPT_USERAGENT, "plumbline/" PLUMBLINE_VERSION);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    if (authorities != NULL && authorities[0] != '\0')
        SET(CURLOPT_CAINFO, authorities);
    if (f->token[0] != '\0') {
        SET(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        SET(CURLOPT_XOAUTH2_BEARER, f->token);
    }
#undef SET
    return result;
}

static int
fail(const struct fetching *f, CURLcode result, struct error *err)
{
    if (buffer_failed(f->out))
        return error_set(err, ERROR_ENVIRONMENT, f->url, "is larger than the %zu MiB that are read",
                         f->out->ceiling / LIMIT_MIB);
    if (result == CURLE_URL_MALFORMAT)
        return error_set(err, ERROR_USAGE, f->url, "is not a URL");
    return error_set(err, ERROR_ENVIRONMENT, f->url, "cannot be fetched: %s",
                     f->detail[0] != '\0' ? f->detail : curl_easy_strerror(result));
}

/* One request to `url`. *next is where a redirect leads, or NULL when the file is here; valid until the next
 * request. */
static int
ask(struct fetching *f, const char *url, const char **next, struct error *err)
{
    CURLcode result = curl_easy_setopt(f->curl, CURLOPT_URL, url);
    long status = 0;
    char *location = NULL;

    f->detail[0] = '\0';
    buffer_clear(f->out);
    if (result == CURLE_OK)
        result = curl_easy_perform(f->curl);
    if (result != CURLE_OK)
        return fail(f, result, err);
    (void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &location);
    *next = location;
    if (location == NULL && status != HTTP_OK)
        return error_set(err, ERROR_ENVIRONMENT, f->url, "cannot be fetched: the answer is %ld, not 200", status);
    return 0;
}

static int
follow(struct fetching *f, struct error *err)
{
    char *at = strdup(f->url);
    const char *next = NULL;
    int result = at != NULL ? ask(f, at, &next, err) : error_memory(err);

    for (int hops = 0; result == 0 && next != NULL; hops++) {
        char *to = NULL;

        if (hops == LIMIT_FETCH_REDIRECTS)
            result = error_set(err, ERROR_ENVIRONMENT, f->url, "cannot be fetched: more than %d redirects", hops);
        else if (!fetch_is_url(next) || (has_scheme(at, "https://") && !has_scheme(next, "https://")))
            result =
                error_set(err, ERROR_ENVIRONMENT, f->url,
                          "cannot be fetched: a redirect to '%.200s' is not followed, since it is less secure", next);
        else if ((to = strdup(next)) == NULL)
            result = error_memory(err);
        if (to == NULL)
            break;
        free(at);
        at = to;
        (void)curl_easy_setopt(f->curl, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
        result = ask(f, at, &next, err);
    }
    free(at);
    return result;
}

int
fetch_get(const char *url, struct buffer *out, struct error *err)
{
    return fetch_get_as(url, "", out, err);
}

int
fetch_get_as(const char *url, const char *token, struct buffer *out, struct error *err)
{
    struct fetching f = { .url = url, .token = token, .out = out };
    CURLcode result;
    int done = -1;

    if (has_credentials(url))
        return error_set(err, ERROR_USAGE, "the URL",
                         "holds a user or a password, which others can see; fetch the file another way");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_memory(err);
    if ((f.curl = curl_easy_init()) == NULL)
        (void)error_memory(err);
    else if ((result = set_options(&f)) != CURLE_OK)
        done = fail(&f, result, err);
    else
        done = follow(&f, err);
    curl_easy_cleanup(f.curl);
    curl_global_cleanup();
    return done;
}
