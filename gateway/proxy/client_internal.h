/* client_internal.h -- between client.c (a connection's beginning, questions, events), client_read.c (requests come in)
 * and client_end.c (the ways in which it ends); nobody else includes it. */
#ifndef PROXY_CLIENT_INTERNAL_H
#define PROXY_CLIENT_INTERNAL_H

#include "http/parse.h"
#include "net/loop.h"
#include "proxy/client.h"
#include "proxy/refusal.h"

struct settings;

enum client_state {
    CLIENT_IDLE, /* between requests */
    CLIENT_HEAD, /* some bytes of a head are there */
    CLIENT_BODY,
    CLIENT_WAIT,   /* the request is read; reading is paused until its exchange is over */
    CLIENT_TUNNEL, /* bytes of another protocol, after a 101 */
    CLIENT_LINGER, /* our side is closed; read the client's last bytes, so that it gets our last ones */
    CLIENT_DOOMED, /* to be reset, once it has what was answered before */
};

struct client {
    struct worker *worker;
    struct client *next, *previous;
    struct stream stream;
    struct timer deadline;
    struct deferred burial;
    struct door_idler idler;
    struct transit *transit;
    struct body_reader reader;
    char *raw; /* the bytes of the head so far, in the exchange's arena */
    size_t raw_length;
    size_t seen;
    uint64_t progress;  /* bytes sent when the deadline was last looked at */
    int64_t body_began; /* when the body would have begun, had we always read */
    int64_t stopped;    /* when we stopped reading it; 0: we read */
    size_t lingered;    /* bytes read and forgotten at the end */
    int64_t doom_ends;  /* when a reset waits no longer; 0: there is none to come */
    enum client_state state;
    bool secure;   /* TLS */
    uint8_t place; /* enum door_place */
    bool half_closed;
    bool draining; /* the response is handed over, its last bytes are not */
    struct ip ip;
    uint8_t host_length;
    char name[64]; /* "127.0.0.1:4711", "[::1]:4711", "unix:" */
};

/* ---- client.c ---- */

/* Of the exchange that it has, or of the newest ruleset. */
const struct settings *client_settings(const struct client *c);

/* What happens then depends on the state. A deadline of 0 is none. */
void client_set_deadline(struct client *c, int64_t delay);

/* How long reading may take (0: nothing is read); while bytes of the response wait for the client, the deadline is
 * theirs. */
void client_watch_reading(struct client *c, int64_t delay);

/* How much must have moved in this time; at least something. */
uint64_t client_least_bytes(const struct client *c, int64_t time);

/* ---- client_read.c ---- */

/* The stream has bytes: how many were used. */
size_t client_read(void *client, struct text bytes);

/* Its head or body took too long: it is answered. */
void client_request_late(struct client *c, enum refusal_id id);

/* ---- client_end.c ---- */

/* Close the connection and forget the exchange that it has, if any; freed later in this turn. */
void client_end(struct client *c);

/* The client is gone, and so is the reason for its exchange. */
void client_gone(struct client *c);

/* The client closed its side while we work for it: it is gone unless it takes bytes, or meant us to go on. */
void client_give_grace(struct client *c);

/* Close our side, and the connection when the client's last bytes were read. */
void client_linger(struct client *c);

/* Reset the connection once the client has what was answered before. Called again whenever the deadline is over. */
void client_doom(struct client *c);

#endif
