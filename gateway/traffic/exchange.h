/* exchange.h -- one request and its response, with timings, verdicts and what was done to it.
 *
 * The proxy fills it in, step by step; the recorder writes it; recordings are read back into it. Everything hangs on
 * the exchange's arena and goes with it. Belongs to one thread at a time (handed over whole to the recorder). Times are
 * nanoseconds: `started` since 1970 (UTC), the others since `started`; -1 where that never happened. */
#ifndef TRAFFIC_EXCHANGE_H
#define TRAFFIC_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "contract/violation.h"
#include "http/message.h"

struct redaction;

enum outcome {
    OUTCOME_DELIVERED,   /* a response went to the client */
    OUTCOME_REFUSED,     /* Plumbline answered itself: see refusal */
    OUTCOME_CLIENT_GONE, /* the client left before the response was complete */
    OUTCOME_TUNNEL,      /* upgraded: see tunnel */
};

/* Why Plumbline answered itself. */
struct refusal {
    uint16_t status; /* 0: it did not */
    enum side side;
    struct text reason; /* a violation id, a parse fault's id, or "upstream-connect", "upstream-timeout",
                           "upstream-closed", "unchecked", … */
    struct text detail; /* one sentence */
};

/* Why a tunnel ended. */
#define TUNNEL_ENDS(T)                                                                                                 \
    T(BOTH, "both")         /* each side closed its own */                                                             \
    T(CLIENT, "client")     /* the client's connection broke */                                                        \
    T(UPSTREAM, "upstream") /* the upstream's did */                                                                   \
    T(IDLE, "idle")         /* timeouts.tunnel_idle */                                                                 \
    T(TOTAL, "total")       /* timeouts.tunnel_total */                                                                \
    T(DRAIN, "drain")       /* Plumbline stopped */

enum tunnel_end {
#define TUNNEL_END_ENUM(NAME, name) TUNNEL_END_##NAME,
    TUNNEL_ENDS(TUNNEL_END_ENUM)
#undef TUNNEL_END_ENUM
        TUNNEL_ENDS_COUNT
};

/* What went through the connection after its 101: bytes that are no HTTP, counted and not looked into. */
struct exchange_tunnel {
    struct text protocol; /* as the upstream named it: "websocket" */
    uint64_t from_client; /* bytes */
    uint64_t from_upstream;
    int64_t duration; /* nanoseconds since the 101 */
    enum tunnel_end end;
};

struct exchange_times {
    int64_t request_head; /* the head was complete */
    int64_t request_end;  /* the last byte of the request was read */
    int64_t connected;    /* an upstream connection was there (reused: at once) */
    int64_t sent;         /* the request was written */
    int64_t first_byte;   /* of the response */
    int64_t response_end;
    int64_t finished; /* the last byte went to the client */
};

#define EXCHANGE_ID_BYTES 20

struct exchange {
    struct arena *arena;
    char id[EXCHANGE_ID_BYTES + 1]; /* time-ordered, unique, letters and digits; NUL-terminated */
    uint64_t sequence;              /* of the recording; 0 until recorded */
    uint64_t amends;                /* not an exchange, but what came of the one with this number; else 0 */
    uint64_t lost;                  /* exchanges between the line before and this one that could not be recorded */
    int64_t started;
    struct exchange_times times;

    struct text service;   /* empty: no service was found */
    struct text operation; /* empty: none was found */
    struct text responder; /* "upstream", "sandbox", "recording", or empty */
    struct text client;    /* address:port */
    struct text upstream;  /* address:port that answered, or empty */
    struct text scheme;    /* "http", "https" */

    struct message request;
    struct message response; /* as it came from the responder, or as Plumbline wrote it (refusal) */
    bool has_response;
    struct verdict request_verdict;
    struct verdict response_verdict;
    const struct redaction *searched_by; /* what looked into the JSON bodies while they were checked, or NULL: */
    const char *clean[2];                /* by side: of a body with this data, in which it found nothing to redact */
    bool verdicts_carried;               /* read from a recording: the verdicts are those of the live check */

    enum outcome outcome;
    struct refusal refusal;
    struct exchange_tunnel tunnel;
    struct text *faults;      /* names of injected faults. The messages are what client and service said, before them */
    struct text *fault_notes; /* what each did: "response delay: 200ms"; NULL: nobody knows */
    uint32_t fault_count;
    struct text *redacted; /* places that were redacted: "request header Authorization", "response body /card/number" */
    uint32_t redacted_count;
};

#endif
