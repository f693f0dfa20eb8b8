/* settings.h -- what the operator wrote in rules/gateway.yaml, read and judged, nothing opened yet.
 *
 * The file is checked against docs/schema/gateway.schema.json by our own validator, so a mistake is told with
 * file:line:column, what was expected and what was found. Precedence: flag, then environment (PLUMBLINE_…), then file.
 * Paths are relative to the file that names them; ${NAME} in a string is the environment's value. Texts live in the
 * settings' arena. Immutable once loaded: any thread.
 *
 * Times are nanoseconds, sizes bytes. */
#ifndef RULES_SETTINGS_H
#define RULES_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/text.h"
#include "contract/check.h"

enum mode {
    MODE_OFF,
    MODE_OBSERVE,
    MODE_ENFORCE,
};

enum rate_by {
    RATE_BY_CLIENT,
    RATE_BY_HEADER,
};

/* How many requests are let through, per caller. A rate belongs to the service or the operation that names it: all
 * requests that it holds for are counted together. */
struct rate_settings {
    uint32_t requests; /* in each `per` */
    uint32_t burst;    /* that may come at once; `requests` unless said */
    int64_t per;
    int64_t interval; /* per / requests: what one request uses up */
    enum rate_by by;
    struct text header; /* RATE_BY_HEADER: the field that tells callers apart */
    struct text name;   /* of the service, or of service and operation: "shop", "shop getCart" */
};

/* How one operation is treated: the service's keys, with those of `operations` laid over them. */
struct policy {
    enum mode request;
    enum mode response;
    enum mode undocumented; /* off: not even reported; observe: reported, passes; enforce: refused */
    bool unchecked_pass;    /* in enforce, a part that stays unchecked passes */
    bool paths_lenient;     /* dot segments, encoded slashes … pass in enforce */
    bool upgrades_ignored;  /* Upgrade is not passed on: nothing becomes a tunnel */
    bool options_refuse;    /* OPTIONS is refused where the contract has none */
    bool record;
    size_t max_body;
    int64_t connect_timeout;
    int64_t first_byte_timeout;
    int64_t idle_timeout;             /* between bytes of a response */
    int64_t total_timeout;            /* 0: none; until the 101 where an exchange becomes a tunnel */
    int64_t tunnel_idle_timeout;      /* without a byte in either direction */
    int64_t tunnel_total_timeout;     /* 0: none */
    uint32_t retries;                 /* safe methods only */
    bool refuse_contract;             /* refusals have the shape that the contract documents for their status */
    const struct rate_settings *rate; /* rate_limit; NULL: none */
    struct check_policy check;
};

enum upstream_kind {
    UPSTREAM_TCP,
    UPSTREAM_UNIX,
    UPSTREAM_SANDBOX,
    UPSTREAM_RECORDING,
};

struct upstream_settings {
    enum upstream_kind kind;
    struct text text; /* as written */
    bool tls;         /* https */
    struct text host; /* name or address; UNIX: the socket's path; RECORDING: its path */
    uint16_t port;
    struct text base;    /* path in front of what is left of the target: "" or "/base", no slash at its end */
    struct text sandbox; /* SANDBOX: another contract to answer from (a path), or empty: the service's own */
};

enum replay_at_end {
    REPLAY_LAST, /* the last answer again */
    REPLAY_WRAP, /* from the first one */
    REPLAY_MISS,
};

enum replay_bind {
    REPLAY_BIND_WRITES, /* requests that change something may bring ids of their own */
    REPLAY_BIND_ALL,    /* and all others */
    REPLAY_BIND_OFF,
};

/* How a service is answered from a recording; see replay/playback.h. */
struct replay_settings {
    struct text *headers; /* that are compared */
    uint32_t header_count;
    struct text *ignore; /* "body:/pointer", "query:name" */
    uint32_t ignore_count;
    enum replay_at_end at_end;
    enum replay_bind bind;
    bool forward;                /* what is not in the recording goes to: */
    struct upstream_settings to; /* TCP or UNIX */
    uint32_t latency;            /* thousandths of the recorded one; 0: none */
};

struct header_setting {
    struct text name;
    struct text value;
};

struct operation_settings {
    struct text name; /* operationId, or "METHOD /path" */
    struct policy policy;
    struct text where; /* file:line:column */
};

/* An HTTP proxy in front of an upstream; see http_proxy.h. */
struct http_proxy {
    struct text host; /* empty: none */
    uint16_t port;
    struct text authorization; /* value of Proxy-Authorization, or empty; a secret */
    struct text shown;         /* "http://proxy:3128", without user and password */
};

/* A certificate and its key: paths, or the PEM itself. */
struct certificate_setting {
    struct text cert;
    struct text key;
    struct text where; /* file:line:column */
};

enum client_auth {
    CLIENT_AUTH_OFF,
    CLIENT_AUTH_REQUEST,
    CLIENT_AUTH_REQUIRE,
};

struct listen_tls {
    struct certificate_setting *certificates; /* the first one where no name fits */
    uint32_t certificate_count;
    struct text client_ca;
    enum client_auth client_auth;
    bool only_1_3;
    struct text where;
};

struct listen_setting {
    struct text address;          /* "127.0.0.1:8080", "unix:/run/x.sock" */
    struct text where;            /* file:line:column; empty: not from a file */
    const struct listen_tls *tls; /* NULL: none */
};

/* Towards an https upstream. */
struct upstream_tls {
    struct text ca;          /* empty: the system's authorities */
    struct text server_name; /* empty: the upstream's host */
    struct certificate_setting own;
    bool unverified;
    struct text where;
};

/* The value of a key that several files may have. */
struct rule_source {
    const struct document *document;
    const struct value *value;
    struct rule_source *next; /* of the next file */
};

/* A rule of `faults` that was switched while the program runs. */
struct fault_switch {
    struct text name;
    bool on;
    struct fault_switch *next;
};

enum forwarded {
    FORWARDED_REPLACE,
    FORWARDED_APPEND,
    FORWARDED_OFF,
};

struct service_settings {
    struct text name;
    struct text contract;      /* a path as the program can open it; of the command line also a URL */
    struct text contract_text; /* what the program fetched from that URL; data NULL: read the file */
    struct text where;         /* file:line:column of the service, for messages */
    struct text *paths;        /* match.paths; count 0: the contract's own paths below its base paths */
    uint32_t path_count;
    struct text *hosts; /* lower case, without port; count 0: any */
    uint32_t host_count;
    bool strip; /* the matched path is taken off before the contract and the upstream see the target */
    struct upstream_settings upstream;
    struct replay_settings replay; /* where the upstream is a recording */
    struct upstream_tls tls;
    struct http_proxy proxy;
    bool host_upstream; /* send the upstream's name as Host, not the client's */
    enum forwarded forwarded;
    struct header_setting *set_headers;
    uint32_t set_header_count;
    bool inject;              /* clients may ask for faults by Plumbline-Inject, */
    struct text inject_token; /* those that know this; empty: all. A secret */
    uint32_t max_in_flight;   /* requests on their way to the upstream, from all workers; 0: any number */
    struct policy policy;
    struct operation_settings *operations;
    uint32_t operation_count;
};

enum record_full {
    RECORD_BLOCK,
    RECORD_DROP,
};

struct record_settings {
    struct text to;        /* folder; empty: nothing is recorded */
    size_t segment;        /* bytes after which a new segment is begun */
    uint64_t keep;         /* bytes: older finished segments are removed; 0: everything is kept */
    int64_t keep_for;      /* and those whose last line is older; 0: for ever */
    bool compress;         /* finished segments, by zstd */
    int64_t sync;          /* between fsyncs; 0: always (every batch) */
    bool on_error_refuse;  /* else the traffic passes unrecorded, counted */
    enum record_full full; /* when the disk is slower than the traffic */
    size_t max_body;       /* bytes of each body that are recorded */
};

/* The simulated services: see sandbox/sandbox.h. */
struct sandbox_settings {
    struct text rules;       /* folder of SERVICE.lua; empty: contracts alone */
    struct text rules_where; /* file:line:column */
    struct text seed;  /* what the store begins with (a file); empty: seed.json of the folder, where there is one */
    struct text state; /* file of the store; empty: memory */
    bool reset;        /* begin anew, whatever the store has */
    bool clock_fixed;
    int64_t clock_start; /* of the fixed one: ns since 1970 */
    bool resources;      /* services without a script keep what they are sent */
    struct text *hosts;  /* beside loopback ones: where webhooks may go */
    uint32_t host_count;
    const struct value *services; /* settings of services, an object, or NULL */
};

enum access_log {
    ACCESS_TEXT,
    ACCESS_JSON,
    ACCESS_OFF,
};

struct settings {
    struct arena *arena;
    struct text file; /* the settings file, or empty (proxy) */
    struct listen_setting *listen;
    uint32_t listen_count;
    struct text admin;       /* empty: none */
    struct text admin_where; /* file:line:column; empty: not from a file */
    struct text admin_token;
    struct text *admin_hosts; /* names besides its own under which the admin listener may be asked */
    uint32_t admin_host_count;
    uint32_t recent_exchanges; /* that the admin listener can show; 0: none */
    size_t recent_bytes;       /* what they may take up */
    struct text greeting;      /* printed once everything runs; may be empty */
    uint32_t workers;          /* 0: as many as cores */
    bool reload_watch;         /* a changed file reloads */
    int64_t resolve;           /* between looking up the upstreams' names; 0: only at the start and by a reload */
    struct service_settings *services;
    uint32_t service_count;
    bool catch_all;    /* a request that no service matches goes to the first one, and is reported */
    struct text proxy; /* of `defaults`, as written; a secret */
    struct record_settings record;
    struct text record_where; /* as admin_where */
    enum access_log access;
    enum log_level level;
    struct ip_network *trusted_proxies;
    uint32_t trusted_proxy_count;
    bool trusted_unix; /* who comes by a unix socket is trusted, too */
    uint64_t seed;     /* of the sandbox's generated answers, and of faults */
    struct sandbox_settings sandbox;

    /* clients */
    int64_t header_timeout;              /* from the first byte of a head to its end */
    int64_t body_timeout;                /* between bytes of a request body */
    int64_t keep_alive_timeout;          /* between exchanges */
    int64_t drain_timeout;               /* what is inside when we stop */
    int64_t drain_delay;                 /* before that: /readyz says no, but all is served */
    int64_t drain_idle;                  /* an idle client may begin one more exchange while we stop */
    uint32_t max_connections;            /* of all workers together */
    uint32_t max_connections_per_client; /* 0: any number; trusted proxies have any number */
    bool overload_refuse; /* those beyond max_connections get 503; else they wait in the kernel's queue */
    uint64_t min_rate;    /* bytes per second that a client must send or take once body_timeout is over; 0: any */
    uint32_t max_line;    /* bytes of a request line */
    uint32_t max_header;  /* bytes of a request's header block */
    uint32_t max_fields;
    uint32_t max_trailer; /* bytes of a request's trailer section */

    /* rules over many exchanges, as written, file by file: see watch.h */
    struct rule_source *lifecycles;
    struct rule_source *invariants;
    struct rule_source *severity; /* see severity.h */

    /* what is broken on purpose, as written, file by file: see fault.h */
    struct rule_source *faults;
    struct rule_source *fault_presets;
    struct fault_switch *fault_switches; /* laid over `enabled`; NULL: none. Of a name, the first one counts */

    /* redaction, as written: see redaction.h */
    const struct value *redaction; /* NULL: the defaults alone */
    const struct document *redaction_document;
};

/* What the command line says; NULL and 0 are unsaid. */
struct settings_overrides {
    const char *listen;
    const char *admin;
    const char *workers; /* a number or "auto" */
    const char *record;
    const char *state; /* of the sandbox; and the next three */
    const char *seed;
    const char *clock;
    bool reset;
    const char *replay; /* a recording that every service answers from */
    const char *faults; /* a file: its faults instead of the settings' own */
    const char *ca;     /* of settings_proxy: the upstream's authorities, */
    bool insecure;      /* and whether anybody may answer */
};

/* Read the file and those it includes. New, or NULL with err ("file:line:column: expected …, found …"). */
struct settings *settings_load(const char *path, const struct settings_overrides *overrides, struct error *err);

/* `plumbline proxy`: settings with no file. Each contract becomes a service to the same upstream (NULL: only with
 * overrides->replay); paths outside the
 * contracts pass and are reported. */
struct settings *settings_proxy(const char *const *contracts, size_t count, const char *to, bool enforce,
                                const struct settings_overrides *overrides, struct error *err);

/* `plumbline sandbox CONTRACT...`: each contract becomes a simulated service that keeps what it is sent. */
struct settings *settings_sandbox(const char *const *contracts, size_t count,
                                  const struct settings_overrides *overrides, struct error *err);

/* `plumbline sandbox -c FILE`: every service is simulated, also those that have a real upstream. Before a ruleset is
 * made of it. */
void settings_simulate(struct settings *s);

/* The faults of this text (JSON or YAML, docs/schema/faults.schema.json) instead of those of files; `name` stands for
 * the file in messages. 0, or -1 with err. Before a ruleset is made of it, as the next one. */
int settings_put_faults(struct settings *s, struct text source, const char *name, struct error *err);

/* A rule of this name, if there is one, is on or off, whatever it says. 0, or -1: no memory. */
int settings_switch_fault(struct settings *s, struct text name, bool on);

/* Accepts NULL. */
void settings_free(struct settings *s);

/* "http://host:port/base", "unix:/path", "sandbox", "recording:DIR": the forms of `upstream`. 0 or -1. */
int upstream_settings_read(struct upstream_settings *u, struct text text, const char *where, struct arena *arena,
                           struct error *err);

#endif
