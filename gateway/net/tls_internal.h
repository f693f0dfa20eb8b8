/* tls_internal.h -- between tls.c (connections) and tls_context.c (contexts); nobody else includes it. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
    atomic_uint references;
    bool server;
    SSL_CTX **ssl; /* a server's: one per certificate; a client's: one */
    size_t count;
    char *name;      /* a client's: whom we ask for */
    bool is_address; /* which is no name, and no SNI (RFC 6066 3) */
    bool unverified;
};

/* A session came for a client's connection: tls.c keeps it. */
int tls_keep_session(SSL *ssl, SSL_SESSION *session);

#endif
