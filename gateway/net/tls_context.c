/* tls_context.c -- certificates, keys and authorities out of files, into contexts. */
#include "net/tls_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file_trace.h"
#include "base/limits.h"

/* Forward secrecy and authenticated encryption only; the same for TLS 1.3 is OpenSSL's own list. */
#define SERVER_CIPHERS                                                                                                 \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                         \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define TICKETS 1 /* one session is enough for the next connection */

static const unsigned char protocols[] = "\x08http/1.1";
#define PROTOCOLS_LENGTH (sizeof protocols - 1)

/* What a making shares with its steps. */
struct making {
    const char *where;
    tls_warn_fn *warn;
    void *arg;
    struct error *err;
};

/* ---- errors ---- */

static const char *
reason(void)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    return why != NULL ? why : "it is damaged";
}

static int
refuse(const struct making *m, const char *what, struct text file, const char *why)
{
    bool inside = text_starts(file, TEXT("-----BEGIN"));
    int code = inside ? error_set(m->err, ERROR_CONFIG, m->where, "the %s of this setting %s", what, why)
                      : error_set(m->err, ERROR_CONFIG, m->where, "the %s '%.*s' %s", what, TEXT_PRINT(file), why);

    ERR_clear_error();
    return code;
}

static void
warn_of(const struct making *m, struct text file, const char *what)
{
    char line[512];

    if (m->warn == NULL)
        return;
    (void)snprintf(line, sizeof line, "the certificate '%.*s' %s", TEXT_PRINT(file), what);
    m->warn(m->arg, m->where, line);
}

/* ---- PEM ---- */

/* New. NULL with err. */
static BIO *
open_pem(const struct making *m, const char *what, struct text file)
{
    char path[4096];
    FILE *f;
    BIO *bio;

    if (text_starts(file, TEXT("-----BEGIN"))) {
        bio = BIO_new_mem_buf(file.data, (int)file.length);
        if (bio == NULL)
            error_memory(m->err);
        return bio;
    }
    (void)snprintf(path, sizeof path, "%.*s", TEXT_PRINT(file));
    file_trace_look(path);
    f = fopen(path, "re");
    if (f == NULL) {
        error_system(m->err, errno, m->where, "cannot read the %s '%s'", what, path);
        return NULL;
    }
    bio = BIO_new_fp(f, BIO_CLOSE);
    if (bio == NULL) {
        (void)fclose(f);
        error_memory(m->err);
    }
    return bio;
}

/* A service has nobody to ask: without this, OpenSSL asks the terminal. */
static int
no_passphrase(char *room, int size, int writing, void *arg)
{
    (void)room;
    (void)size;
    (void)writing;
    *(bool *)arg = true;
    return -1;
}

static int
use_key(const struct making *m, SSL_CTX *ssl, struct text file)
{
    BIO *bio = open_pem(m, "key", file);
    bool asked = false;
    EVP_PKEY *key;
    int code = 0;

    if (bio == NULL)
        return -1;
    key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
    BIO_free(bio);
    if (key == NULL && asked)
        return refuse(m, "key", file, "wants a passphrase; take it off by 'openssl pkey -in FILE -out FILE'");
    if (key == NULL)
        return refuse(m, "key", file, "is no private key in PEM");
    if (SSL_CTX_use_PrivateKey(ssl, key) != 1 || SSL_CTX_check_private_key(ssl) != 1)
        code = refuse(m, "key", file, "does not belong to the certificate beside it");
    EVP_PKEY_free(key);
    return code;
}

static void
judge_times(const struct making *m, const X509 *x, struct text file)
{
    if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
        warn_of(m, file, "has expired; it is used all the same");
    else if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
        warn_of(m, file, "is not valid yet; it is used all the same");
}

/* The certificate, then those that lead to its authority. */
static int
use_certificate(const struct making *m, SSL_CTX *ssl, struct text file)
{
    BIO *bio = open_pem(m, "certificate", file);
    X509 *x;
    int code = 0;

    if (bio == NULL)
        return -1;
    x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (x == NULL) {
        code = refuse(m, "certificate", file, "is no certificate in PEM");
    } else if (SSL_CTX_use_certificate(ssl, x) != 1) {
        char why[256];

        (void)snprintf(why, sizeof why, "cannot be used: %s", reason());
        code = refuse(m, "certificate", file, why);
    } else {
        judge_times(m, x, file);
    }
    X509_free(x);
    while (code == 0 && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ssl, x) != 1) {
            X509_free(x);
            code = refuse(m, "certificate", file, "has a chain that cannot be used");
        }
    }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the file is one */
    return code;
}

/* Everybody in the file is trusted; a server tells its clients the names. */
static int
trust(const struct making *m, SSL_CTX *ssl, struct text file, bool tell)
{
    BIO *bio = open_pem(m, "authority", file);
    X509 *x;
    unsigned count = 0;

    if (bio == NULL)
        return -1;
    while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(ssl), x) == 1;
        if (tell)
            (void)SSL_CTX_add_client_CA(ssl, x);
        X509_free(x);
    }
    BIO_free(bio);
    ERR_clear_error();
    return count > 0 ? 0 : refuse(m, "authority", file, "has no certificate in PEM");
}

/* ---- both sides ---- */

static SSL_CTX *
new_ssl(const SSL_METHOD *method, bool only_1_3)
{
    SSL_CTX *ssl = SSL_CTX_new(method);

    if (ssl == NULL)
        return NULL;
    (void)SSL_CTX_set_min_proto_version(ssl, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                       SSL_OP_PRIORITIZE_CHACHA);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(ssl, 1); /* a whole record by one recv, and what follows it */
    return ssl;
}

static struct tls_context *
new_context(size_t count, struct error *err)
{
    struct tls_context *c = calloc(1, sizeof *c);

    if (c == NULL || (c->ssl = calloc(count, sizeof(SSL_CTX *))) == NULL) {
        free(c);
        error_memory(err);
        return NULL;
    }
    atomic_init(&c->references, 1);
    return c;
}

struct tls_context *
tls_context_hold(struct tls_context *c)
{
    if (c != NULL)
        atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return c;
}

void
tls_context_drop(struct tls_context *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < c->count; i++)
        SSL_CTX_free(c->ssl[i]);
    free(c->ssl);
    free(c->name);
    free(c);
}

/* ---- servers ---- */

static SSL_CTX *
find_certificate(const struct tls_context *c, const char *name, unsigned flags)
{
    for (size_t i = 0; i < c->count; i++) {
        if (X509_check_host(SSL_CTX_get0_certificate(c->ssl[i]), name, 0, flags, NULL) == 1)
            return c->ssl[i];
    }
    return NULL;
}

/* The certificate for the name that the client asks for (RFC 6066 3): a full name beats a wildcard. */
static int
on_name(SSL *ssl, int *alert, void *arg)
{
    const struct tls_context *c = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    SSL_CTX *found;

    (void)alert;
    if (name == NULL)
        return SSL_TLSEXT_ERR_NOACK;
    found = find_certificate(c, name, X509_CHECK_FLAG_NO_WILDCARDS);
    if (found == NULL)
        found = find_certificate(c, name, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (found == NULL)
        return SSL_TLSEXT_ERR_NOACK; /* the first one, and the client decides */
    if (found != c->ssl[0])
        (void)SSL_set_SSL_CTX(ssl, found);
    return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301: one who offers protocols, but not ours, would not understand what we say. */
static int
on_protocols(SSL *ssl, const unsigned char **chosen, unsigned char *length, const unsigned char *offered, unsigned size,
             void *arg)
{
    unsigned char *out;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&out, length, protocols, PROTOCOLS_LENGTH, offered, size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = out;
    return SSL_TLSEXT_ERR_OK;
}

static int
ask_clients(const struct making *m, SSL_CTX *ssl, const struct tls_server_options *o)
{
    static const unsigned char context[] = "plumbline";

    (void)SSL_CTX_set_session_id_context(ssl, context, sizeof context - 1);
    if (o->clients == TLS_CLIENTS_UNASKED)
        return 0;
    if (o->client_ca.length == 0)
        return error_set(m->err, ERROR_CONFIG, o->where,
                         "client_auth wants client_ca: who signs clients' certificates?");
    SSL_CTX_set_verify(
        ssl, SSL_VERIFY_PEER | (o->clients == TLS_CLIENTS_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    return trust(m, ssl, o->client_ca, true);
}

static int
add_pair(struct tls_context *c, const struct making *m, const struct tls_server_options *o, const struct tls_pair *pair)
{
    SSL_CTX *ssl = new_ssl(TLS_server_method(), o->only_1_3);
    struct making here = { pair->where, m->warn, m->arg, m->err };

    if (ssl == NULL)
        return error_memory(m->err);
    c->ssl[c->count++] = ssl;
    if (SSL_CTX_set_cipher_list(ssl, SERVER_CIPHERS) != 1)
        return error_set(m->err, ERROR_ENVIRONMENT, m->where, "OpenSSL has none of the ciphers: %s", reason());
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* tickets, which clients keep, do without */
    (void)SSL_CTX_set_num_tickets(ssl, TICKETS);
    SSL_CTX_set_alpn_select_cb(ssl, on_protocols, NULL);
    SSL_CTX_set_tlsext_servername_callback(ssl, on_name);
    SSL_CTX_set_tlsext_servername_arg(ssl, c);
    if (use_certificate(&here, ssl, pair->cert) < 0 || use_key(&here, ssl, pair->key) < 0)
        return -1;
    return ask_clients(m, ssl, o);
}

struct tls_context *
tls_server_new(const struct tls_server_options *o, tls_warn_fn *warn, void *arg, struct error *err)
{
    struct making m = { o->where, warn, arg, err };
    struct tls_context *c;

    if (o->count == 0 || o->count > LIMIT_TLS_CERTIFICATES) {
        error_set(err, ERROR_CONFIG, o->where,
                  "TLS wants a certificate and its key: cert and key, or certificates (at "
                  "most %d)",
                  LIMIT_TLS_CERTIFICATES);
        return NULL;
    }
    if ((c = new_context(o->count, err)) == NULL)
        return NULL;
    c->server = true;
    for (size_t i = 0; i < o->count; i++) {
        if (add_pair(c, &m, o, &o->pairs[i]) < 0) {
            tls_context_drop(c);
            return NULL;
        }
    }
    return c;
}

/* ---- clients ---- */

static bool
is_address(const char *name)
{
    unsigned char room[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, name, room) == 1 || inet_pton(AF_INET6, name, room) == 1;
}

/* Who must answer, and who may say so (RFC 9110 4.3.4, RFC 9525). */
static int
verify_server(const struct making *m, const struct tls_context *c, const struct tls_client_options *o)
{
    X509_VERIFY_PARAM *rules = SSL_CTX_get0_param(c->ssl[0]);

    SSL_CTX_set_verify(c->ssl[0], SSL_VERIFY_PEER, NULL);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if ((c->is_address ? X509_VERIFY_PARAM_set1_ip_asc(rules, c->name)
                       : X509_VERIFY_PARAM_set1_host(rules, c->name, 0)) != 1)
        return error_memory(m->err);
    if (o->ca.length > 0)
        return trust(m, c->ssl[0], o->ca, false);
    if (SSL_CTX_set_default_verify_paths(c->ssl[0]) != 1)
        return error_set(m->err, ERROR_ENVIRONMENT, m->where,
                         "the system's authorities cannot be read: %s; say ca:", reason());
    return 0;
}

static int
set_client(struct tls_context *c, const struct making *m, const struct tls_client_options *o)
{
    SSL_CTX *ssl = new_ssl(TLS_client_method(), false);

    if (ssl == NULL)
        return error_memory(m->err);
    c->ssl[c->count++] = ssl;
    c->unverified = o->unverified;
    c->name = malloc(o->name.length + 1);
    if (c->name == NULL || SSL_CTX_set_alpn_protos(ssl, protocols, PROTOCOLS_LENGTH) != 0)
        return error_memory(m->err);
    memcpy(c->name, o->name.data, o->name.length);
    c->name[o->name.length] = '\0';
    c->is_address = is_address(c->name);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, tls_keep_session);
    if (!o->unverified && verify_server(m, c, o) < 0)
        return -1;
    if (o->cert.length == 0)
        return 0;
    return use_certificate(m, ssl, o->cert) < 0 ? -1 : use_key(m, ssl, o->key);
}

struct tls_context *
tls_client_new(const struct tls_client_options *o, tls_warn_fn *warn, void *arg, struct error *err)
{
    struct making m = { o->where, warn, arg, err };
    struct tls_context *c = new_context(1, err);

    if (c != NULL && set_client(c, &m, o) < 0) {
        tls_context_drop(c);
        return NULL;
    }
    return c;
}
