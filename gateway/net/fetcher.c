/* fetcher.c -- libcurl's multi interface on one thread. What is asked is put into a queue, and the thread woken; it
 * starts what there are connections for, lets the others wait, and calls back. */
#include "net/fetcher.h"

#include <pthread.h>
#include <stdlib.h>
#include <curl/curl.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/fetcher_handle.h"
#include "net/fetcher_job.h"

#define FETCHER_SLEEP 60000 /* ms: how long the thread sleeps at most */

struct job_list {
    struct fetcher_job *first, *last;
};

struct fetcher {
    pthread_t thread;
    CURLM *multi;
    char *authorities; /* SSL_CERT_FILE; may be NULL */
    uint32_t most_connections, most_jobs;

    /* The thread's own. */
    struct job_list waiting, running;
    uint32_t running_count;
    CURL **idle; /* handles to be used again, most_connections of them at most */
    uint32_t idle_count;

    pthread_mutex_t lock; /* of what follows */
    struct job_list asked;
    uint32_t jobs; /* asked, waiting and running */
    bool stopping;
};

static const char *const failure_names[] = {
    [FETCH_OK] = "ok",   [FETCH_REFUSED] = "refused", [FETCH_TIMEOUT] = "timeout", [FETCH_BROKEN] = "broken",
    [FETCH_URL] = "url", [FETCH_FULL] = "full",       [FETCH_STOPPED] = "stopped",
};

const char *
fetch_failure_name(enum fetch_failure failure)
{
    return failure_names[failure];
}

static void
list_add(struct job_list *list, struct fetcher_job *job)
{
    job->previous = list->last;
    job->next = NULL;
    *(list->last != NULL ? &list->last->next : &list->first) = job;
    list->last = job;
}

static void
list_remove(struct job_list *list, struct fetcher_job *job)
{
    *(job->previous != NULL ? &job->previous->next : &list->first) = job->next;
    *(job->next != NULL ? &job->next->previous : &list->last) = job->previous;
}

/* ---- the thread ---- */

/* The job has left every list of the thread's. Room is made first: its callback may ask for more. */
static void
finish(struct fetcher *f, struct fetcher_job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    f->jobs--;
    (void)pthread_mutex_unlock(&f->lock);
    fetcher_job_finish(job);
}

static CURL *
take_handle(struct fetcher *f)
{
    return f->idle_count > 0 ? f->idle[--f->idle_count] : curl_easy_init();
}

/* Its connection stays with the multi handle. */
static void
give_handle(struct fetcher *f, CURL *c)
{
    curl_easy_reset(c);
    f->idle[f->idle_count++] = c;
}

static void
start(struct fetcher *f, struct fetcher_job *job)
{
    job->handle = take_handle(f);
    if (job->handle != NULL && fetcher_handle_set(job, f->authorities) &&
        curl_multi_add_handle(f->multi, job->handle) == CURLM_OK) {
        list_add(&f->running, job);
        f->running_count++;
        return;
    }
    fetcher_job_fail(job, FETCH_FULL, "there is no memory for the request");
    if (job->handle != NULL)
        give_handle(f, job->handle);
    finish(f, job);
}

/* It is over, or broken off. */
static void
end(struct fetcher *f, struct fetcher_job *job)
{
    list_remove(&f->running, job);
    f->running_count--;
    (void)curl_multi_remove_handle(f->multi, job->handle);
    give_handle(f, job->handle);
    finish(f, job);
}

/* What was asked since the last time is now the thread's. Does the fetcher stop? */
static bool
take_asked(struct fetcher *f)
{
    struct job_list asked;
    bool stopping;

    (void)pthread_mutex_lock(&f->lock);
    asked = f->asked;
    f->asked = (struct job_list){ .first = NULL };
    stopping = f->stopping;
    (void)pthread_mutex_unlock(&f->lock);
    for (struct fetcher_job *job = asked.first, *next; job != NULL; job = next) {
        next = job->next;
        if (job->result.failure != FETCH_OK)
            finish(f, job);
        else
            list_add(&f->waiting, job);
    }
    return stopping;
}

static void
start_waiting(struct fetcher *f)
{
    while (f->waiting.first != NULL && f->running_count < f->most_connections) {
        struct fetcher_job *job = f->waiting.first;

        list_remove(&f->waiting, job);
        start(f, job);
    }
}

static void
end_finished(struct fetcher *f)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
        CURLcode result = message->data.result; /* `message` ends with its handle */
        char *job = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        fetcher_handle_failed((struct fetcher_job *)(void *)job, (int)result);
        end(f, (struct fetcher_job *)(void *)job);
    }
}

/* Whose time is over before a connection was free. Milliseconds until there is another one. */
static int
end_late(struct fetcher *f)
{
    int64_t now = clock_monotonic(), first = FETCHER_SLEEP;

    for (struct fetcher_job *job = f->waiting.first, *next; job != NULL; job = next) {
        int64_t left = (job->deadline - now + CLOCK_MILLI - 1) / CLOCK_MILLI;

        next = job->next;
        first = left > 0 && left < first ? left : first;
        if (left > 0)
            continue;
        list_remove(&f->waiting, job);
        fetcher_job_fail(job, FETCH_TIMEOUT, "no connection was free in time");
        finish(f, job);
    }
    return (int)first;
}

static bool
has_jobs(struct fetcher *f)
{
    bool has;

    (void)pthread_mutex_lock(&f->lock);
    has = f->jobs > 0;
    (void)pthread_mutex_unlock(&f->lock);
    return has;
}

/* Until whoever is about to ask was told, too. Callbacks may ask again, and are told the same. */
static void
break_off(struct fetcher *f)
{
    struct fetcher_job *job;

    while (has_jobs(f)) {
        while ((job = f->running.first) != NULL) {
            fetcher_job_fail(job, FETCH_STOPPED, "Plumbline ends");
            end(f, job);
        }
        while ((job = f->waiting.first) != NULL) {
            fetcher_job_fail(job, FETCH_STOPPED, "Plumbline ends");
            list_remove(&f->waiting, job);
            finish(f, job);
        }
        (void)take_asked(f);
    }
}

static void *
run(void *arg)
{
    struct fetcher *f = arg;
    int running;

    while (!take_asked(f)) {
        int sleep;

        start_waiting(f);
        (void)curl_multi_perform(f->multi, &running);
        end_finished(f);
        sleep = end_late(f);
        if (f->waiting.first == NULL || f->running_count == f->most_connections)
            (void)curl_multi_poll(f->multi, NULL, 0, sleep, NULL);
    }
    break_off(f);
    return NULL;
}

/* ---- from outside ---- */

/* A place is taken first: what is too much is not even copied. */
static void
take_place(struct fetcher *f, struct fetcher_job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    if (f->stopping)
        fetcher_job_fail(job, FETCH_STOPPED, "Plumbline ends");
    else if (f->jobs >= f->most_jobs)
        fetcher_job_fail(job, FETCH_FULL, "%u requests wait already", (unsigned)f->jobs);
    f->jobs++;
    (void)pthread_mutex_unlock(&f->lock);
}

bool
fetcher_ask(struct fetcher *f, const struct fetch_request *request, fetch_done_fn *done, void *arg)
{
    struct fetcher_job *job = fetcher_job_new(done, arg);

    if (job == NULL)
        return false;
    take_place(f, job);
    if (job->result.failure == FETCH_OK)
        fetcher_job_copy(job, request);
    (void)pthread_mutex_lock(&f->lock);
    list_add(&f->asked, job);
    (void)curl_multi_wakeup(f->multi); /* under the lock: then f is still there */
    (void)pthread_mutex_unlock(&f->lock);
    return true;
}

/* Without its thread. */
static void
release(struct fetcher *f)
{
    while (f->idle_count > 0)
        curl_easy_cleanup(f->idle[--f->idle_count]);
    if (f->multi != NULL)
        (void)curl_multi_cleanup(f->multi);
    curl_global_cleanup();
    (void)pthread_mutex_destroy(&f->lock);
    free(f->idle);
    free(f->authorities);
    free(f);
}

/* False: no memory. */
static bool
prepare(struct fetcher *f, const struct fetcher_options *options)
{
    const char *authorities = getenv("SSL_CERT_FILE");

    f->most_connections = LIMIT_FETCHER_CONNECTIONS;
    f->most_jobs = LIMIT_FETCHER_WAITING;
    if (options != NULL && options->connections > 0)
        f->most_connections = options->connections;
    if (options != NULL && options->waiting > 0)
        f->most_jobs = options->waiting;
    f->multi = curl_multi_init();
    f->idle = calloc(f->most_connections, sizeof(*f->idle));
    if (authorities != NULL && authorities[0] != '\0' && (f->authorities = strdup(authorities)) == NULL)
        return false;
    if (f->multi == NULL || f->idle == NULL)
        return false;
    return curl_multi_setopt(f->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)f->most_connections) == CURLM_OK &&
           curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)f->most_connections) == CURLM_OK;
}

struct fetcher *
fetcher_start(const struct fetcher_options *options, struct error *err)
{
    struct fetcher *f;
    int code;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (f = calloc(1, sizeof(*f))) == NULL) {
        error_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&f->lock, NULL);
    if (!prepare(f, options)) {
        error_memory(err);
        release(f);
        return NULL;
    }
    code = pthread_create(&f->thread, NULL, run, f);
    if (code != 0) {
        error_system(err, code, NULL, "cannot start the thread that makes requests");
        release(f);
        return NULL;
    }
    return f;
}

void
fetcher_stop(struct fetcher *f)
{
    if (f == NULL)
        return;
    (void)pthread_mutex_lock(&f->lock);
    f->stopping = true;
    (void)curl_multi_wakeup(f->multi);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    release(f);
}
