/* client.h -- one connection from a client: requests in, one after the other; responses out.
 *
 * The client reads heads and bodies and tells the pipeline; the pipeline writes responses to the client's stream
 * and says when an exchange is over. One exchange at a time: pipelined requests wait in the stream. Belongs to its
 * worker's thread. */
#ifndef PROXY_CLIENT_H
#define PROXY_CLIENT_H

#include <stdbool.h>

#include "base/text.h"
#include "net/address.h"
#include "net/stream.h"
#include "proxy/door.h"

struct client;
struct transit;
struct worker;

/* A connection came, and takes up this place, which it gives back when it ends (door_left). Takes fd. tls: what to
 * speak with it, or NULL. False: there is no memory; the place is still the caller's. */
bool
client_accept(struct worker *w, int fd, const struct address *peer, struct tls_context *tls, enum door_place place);

/* A connection came that has no place: it gets these bytes (may be empty) and its end; at once unless it may `read`
 * them first. Takes fd. */
void client_turn_away(struct worker *w, int fd, const struct address *peer, struct text answer, bool read);

/* Does it speak TLS? */
bool client_is_secure(const struct client *c);

/* Where responses are written. */
struct stream *client_stream(struct client *c);

/* The client's address without and with its port; borrowed. "" and "unix:" for a unix socket. */
struct text client_host(const struct client *c);
struct text client_name(const struct client *c);

/* The same as bytes; unknown for a unix socket. */
struct ip client_ip(const struct client *c);

/* May its X-Forwarded-… fields be believed (trusted_proxies)? */
bool client_is_trusted(const struct client *c);

/* Stop and continue reading the request's body. */
void client_pause(struct client *c);
void client_resume(struct client *c);

/* Could what is left of the request's body be read and forgotten, so that the connection may live? */
bool client_can_discard(const struct client *c);

/* Bytes of the response wait for the client: tell the pipeline (pipeline_client_drained) when they are written,
 * give up when nothing moves. */
void client_await_drain(struct client *c);

/* The exchange became a tunnel: what the client sends from now on goes there (proxy/tunnel.h). */
void client_tunnel(struct client *c);

/* What an exchange leaves its connection to. */
enum client_future {
    CLIENT_KEEP,      /* the next request */
    CLIENT_CLOSE,     /* an orderly end */
    CLIENT_BREAK_OFF, /* an end in the middle of the response, whose framing tells that it is not whole */
    CLIENT_RESET,     /* the same where the framing cannot tell */
};

/* The exchange is over. */
void client_finished(struct client *c, enum client_future future);

/* The worker's next client. */
struct client *client_next(const struct client *c);

/* For stopping: connections are closed after the exchange that they have; those that have none may begin one for
 * drain_idle. */
void client_drain(struct client *c);

/* Close a connection that is idle. False: its next request has come already, or bytes of its answer are still here. */
bool client_make_room(struct client *c);

/* At once, whatever it does. */
void client_abort(struct client *c);

#endif
