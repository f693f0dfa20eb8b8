/* forward.h -- the bytes that go on: heads as they came, bodies framed again.
 *
 * Nothing is altered but what must be: hop-by-hop fields end here (RFC 9110 7.6.1), the body's framing is ours to
 * say, and what the service's settings ask for (Host, X-Forwarded-…, set_headers). Order, case, duplicates and the
 * raw target stay as they came. On the thread of the worker that has the exchange. */
#ifndef PROXY_FORWARD_H
#define PROXY_FORWARD_H

#include "base/buffer.h"
#include "proxy/transit.h"

/* The head of the request to the upstream, in the exchange's arena. Empty when there is no memory. */
struct text forward_request_head(const struct transit *t);

/* Append the head of m, the responder's or our own answer, for the client. Decides t->response_chunked and may set
 * t->close. */
void forward_response_head(struct buffer *out, struct transit *t, const struct message *m);

/* Append an informational response. */
void forward_interim(struct buffer *out, const struct message *m);

/* "\r\n1f4\r\n": what stands between two pieces of a chunked body. */
#define CHUNK_HEAD_BYTES 24

/* The line before a piece of a chunked body, into room; the piece is followed by CRLF. */
struct text forward_chunk_head(char room[CHUNK_HEAD_BYTES], size_t length);

/* The last chunk and the trailer section of m. */
void forward_chunk_end(struct buffer *out, const struct message *m);

/* Does the client speak HTTP/1.1 (chunked, 1xx)? */
bool forward_client_is_modern(const struct transit *t);

#endif
