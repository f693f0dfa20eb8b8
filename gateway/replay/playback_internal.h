/* playback_internal.h -- between playback*.c that serve; nobody else includes it. */
#ifndef REPLAY_PLAYBACK_INTERNAL_H
#define REPLAY_PLAYBACK_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/fetcher.h"
#include "net/service.h"
#include "replay/playback.h"
#include "replay/playback_find.h"

struct playback_recording {
    struct text path;
    struct playback_finder *finder;
};

/* One request, from the server's thread to the other one and back. In the request's arena. */
struct playback_item {
    struct playback_item *next;
    struct playback *playback;
    const struct playback_service *service;
    const struct service_request *request;
    struct service_answer *answer;
    struct service_later *later;
    struct text path;
    int64_t due; /* monotonic; when the answer is given */
};

struct playback {
    struct ruleset *ruleset;
    struct arena *arena;
    struct playback_service *services;
    uint32_t service_count;
    struct playback_recording *recordings;
    uint32_t recording_count;
    struct service_server *server;
    struct fetcher *fetcher; /* NULL: nothing is forwarded */
    atomic_ullong hits, misses, forwarded;
    uint64_t exchanges;

    uint32_t warming;              /* the recording that is warmed up; recording_count: all are warm */
    struct playback_item *delayed; /* its thread's: answers that wait, by their time */

    pthread_t thread;
    bool runs;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t news;
    struct playback_item *first, **last;
    bool stopping, reset;
};

/* Recordings are opened, each once; services know theirs. 0, or -1 with err. */
int playback_load(struct playback *p, const struct playback_options *options, struct error *err);

/* The answer of what was found, and how long it is to wait (nanoseconds). */
int64_t playback_answer(struct playback_item *item, struct playback_found *found);

/* 404: nothing was found. */
void playback_miss(struct playback_item *item, const struct playback_found *found);

/* Send it on; the answer is given when there is one. False: it could not be. */
bool playback_forward(struct playback_item *item);

/* A problem document that says so. */
void playback_refuse(struct playback_item *item, uint16_t status, const char *mark, struct text detail);

/* Does this field end at the connection, or is it said anew? */
bool playback_leaves_out(const struct message *m, const struct header *h);

#endif
