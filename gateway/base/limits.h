/* limits.h -- every ceiling of Plumbline, with its name and its reason.
 *
 * Reaching one gives a clear error or verdict, never a crash. Those that an operator may change are only the defaults
 * here (rules/settings). Bytes, unless the name says otherwise. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_KIB ((size_t)1024)
#define LIMIT_MIB (1024 * LIMIT_KIB)

/* JSON and YAML */
#define LIMIT_JSON_DEPTH    1024                /* nesting of arrays and objects; deeper is a syntax violation */
#define LIMIT_JSON_VALUES   (64u * 1024 * 1024) /* values in one document */
#define LIMIT_YAML_NODES    (8u * 1024 * 1024)  /* nodes after aliases are resolved (alias bombs) */
#define LIMIT_POINTER_BYTES (4 * LIMIT_KIB)
#define LIMIT_PATH_DEPTH    64   /* nesting in a JSONPath query: filters, parentheses, and segments behind wildcards */
#define LIMIT_NUMBER_DIGITS 4096 /* digits that exact arithmetic takes on; more is `unchecked: budget` */

/* Files that Plumbline reads about itself */
#define LIMIT_FILE_BYTES     (512 * LIMIT_MIB)
#define LIMIT_INCLUDES       64                 /* files that a settings file may include */
#define LIMIT_SETTINGS_BYTES (1024 * LIMIT_MIB) /* memory of settings, fetched contracts included */

/* Contracts that the command line names by URL */
#define LIMIT_FETCH_REDIRECTS  5
#define LIMIT_FETCH_CONNECT_MS 10000
#define LIMIT_FETCH_MS         60000 /* one request, to its last byte */

/* Schemas and contracts */
#define LIMIT_REF_HOPS         256                /* $ref to $ref to $ref … while checking one place */
#define LIMIT_SCHEMA_DEPTH     512                /* nesting of schema application while checking */
#define LIMIT_SCHEMA_BYTES     (2048 * LIMIT_MIB) /* what the compiled schemas of one set may take */
#define LIMIT_SCHEMA_LOADS     64                 /* documents that load documents … while resolving one $ref */
#define LIMIT_CONTRACT_FILES   1024               /* documents that one contract may pull in by $ref */
#define LIMIT_CHECK_BUDGET     (4u * 1000 * 1000) /* work units per message: schema steps, comparisons, regex steps */
#define LIMIT_PATTERN_BYTES    (64 * LIMIT_KIB)   /* source of one regular expression */
#define LIMIT_PATTERN_TREE     (32 * LIMIT_MIB)   /* memory while reading one */
#define LIMIT_PATTERN_NESTING  200                /* groups in groups */
#define LIMIT_PATTERN_STATES   512                /* of the automaton that replaces PCRE2 for everyday patterns */
#define LIMIT_PATTERN_MATCHES  100000u            /* PCRE2 match limit of one pattern on one string */
#define LIMIT_PATTERN_DEPTH    2000u              /* PCRE2 depth limit */
#define LIMIT_PATTERN_STACK    (512 * LIMIT_KIB)  /* stack of PCRE2's JIT code, per worker */
#define LIMIT_PATTERN_HEAP_KIB 65536u             /* PCRE2's heap where there is no JIT, in KiB */
#define LIMIT_IREGEXP_KEPT     32                 /* compiled patterns of JSONPath filters that are kept */
#define LIMIT_VIOLATIONS       100                /* violations kept per message; the rest is counted */
#define LIMIT_CONTRACT_DEFECTS 1000               /* located warnings kept per contract */
#define LIMIT_CONTRACT_BYTES   (4096 * LIMIT_MIB) /* what one contract may take up in memory */
#define LIMIT_DEEP_OBJECT      16                 /* a[b][c]…: keys in one parameter name */

/* HTTP (defaults; RFC 9110 4.1 and 5.4 recommend at least 8000 octets for a request line) */
#define LIMIT_REQUEST_LINE  (16 * LIMIT_KIB)
#define LIMIT_HEADER_BYTES  (64 * LIMIT_KIB) /* a whole header block */
#define LIMIT_HEADER_FIELDS 200
#define LIMIT_TRAILER_BYTES (16 * LIMIT_KIB)
#define LIMIT_CHUNK_LINE    256       /* chunk size, extensions included */
#define LIMIT_BODY_HELD     LIMIT_MIB /* `max_body`: bodies held or copied for checking */
#define LIMIT_CODINGS       2         /* layers of content coding that are undone */

/* Connections and exchanges */
#define LIMIT_STREAM_BUFFER  (64 * LIMIT_KIB)    /* per direction before back-pressure */
#define LIMIT_STREAM_UNUSED  (4 * LIMIT_MIB)     /* read, not used yet: a safety net, owners pause long before */
#define LIMIT_STREAM_QUEUE   (1024 * LIMIT_MIB)  /* queued for one socket: held bodies; streams stop far earlier */
#define LIMIT_DISCARD        (64 * LIMIT_KIB)    /* of a body nobody wants, read so that the connection may live */
#define LIMIT_LINGER         LIMIT_MIB           /* a client may still send after its connection's last response */
#define LIMIT_LINGER_TIME    INT64_C(2000000000) /* ns: how long it may */
#define LIMIT_CLIENT_GRACE   INT64_C(1000000000) /* ns: then a half-closed client that asked for keep-alive is gone */
#define LIMIT_INTERIMS       1000                /* informational responses to one request */
#define LIMIT_EXCHANGE_ARENA (256 * LIMIT_MIB)
#define LIMIT_FREED_KEPT     (32 * LIMIT_MIB) /* freed memory that a thread keeps for the next exchanges */
#define LIMIT_CONNECTIONS    10000            /* client connections, of all workers together */
#define LIMIT_CLIENT_RATE    240              /* bytes per second below which a client is too slow */
#define LIMIT_TURNED_AWAY    64               /* per worker: refused connections that get time to read why */
#define LIMIT_UPSTREAM_IDLE  1024 /* idle connections kept per upstream and worker: answers come in bursts */
#define LIMIT_WORKERS        64
#define LIMIT_RATE_CALLERS   65536 /* whose use of a rate_limit is kept in mind, over all workers (24 bytes each) */
#define LIMIT_NAME_PATIENCE  (INT64_C(200) * 1000 * 1000) /* for a look-up of a name when the program ends; ns */
#define LIMIT_GENERATIONS    64                    /* rulesets that exchanges still use; then a reload is refused */
#define LIMIT_TAKE_OVER_TIME INT64_C(10000000000)  /* ns: a reload waits that long for every worker */
#define LIMIT_DRAIN_IDLE     INT64_C(500000000)    /* ns: clients.drain_idle, unless it is set */
#define LIMIT_RELOAD_TIME    INT64_C(120000000000) /* ns: who asks for a reload waits that long for its result */
#define LIMIT_LEDGER_BYTES   (256 * LIMIT_MIB)     /* names of services and operations, ever counted */
#define LIMIT_RECORD_RING    4096                  /* finished exchanges per worker that wait for the recorder */
#define LIMIT_RECORD_WAITING (64 * LIMIT_MIB)      /* and what they may take up before one more is let in */

/* TLS */
#define LIMIT_TLS_CERTIFICATES 64 /* of one listener; chosen by the name that the client asks for */

/* What the admin listener shows */
#define LIMIT_RECENT_EXCHANGES  1000             /* `recent.exchanges`: the last ones, kept whole */
#define LIMIT_RECENT_BYTES      (16 * LIMIT_MIB) /* `recent.bytes`: and what they may take up */
#define LIMIT_RECENT_LEAST      (16 * LIMIT_KIB) /* what one weighs at least: the first block of its arena */
#define LIMIT_RECENT_PLAIN_RATE 50u              /* kept per worker and second, of those that went well */
#define LIMIT_RECENT_FOUND_RATE 200u             /* the same, of those with violations or refusals */
#define LIMIT_LIVE_FINDINGS     1000u            /* different findings per worker; more are only counted */
#define LIMIT_ADMIN_STREAMS     32               /* readers of live exchanges at a time */
#define LIMIT_ADMIN_QUEUE       LIMIT_MIB        /* events that wait for one that reads slowly */

/* Scripts, the sandbox, rules over many exchanges */
#define LIMIT_SCRIPT_MEMORY       (64 * LIMIT_MIB)    /* of one Lua state */
#define LIMIT_SCRIPT_STEPS        (20u * 1000 * 1000) /* VM instructions of one run: some 200 ms */
#define LIMIT_SCRIPT_TEXT         (4 * LIMIT_MIB)     /* a string that string.rep, format or table.concat may make */
#define LIMIT_SCRIPT_FILE         (16 * LIMIT_MIB)    /* the source of one file */
#define LIMIT_SCRIPT_CALLS        20000               /* functions that call each other */
#define LIMIT_SCRIPT_VALUES       1000                /* that a function may give or unpack at a time */
#define LIMIT_EXPRESSION_STEPS    (200u * 1000)       /* VM instructions of one expression */
#define LIMIT_SANDBOX_BODY        (16 * LIMIT_MIB)    /* of a request to a simulated service, and of its answer */
#define LIMIT_STORE_BYTES         (1024 * LIMIT_MIB)  /* all that the simulated services remember */
#define LIMIT_STORE_RECORD        (4 * LIMIT_MIB)     /* JSON of one record or note */
#define LIMIT_STORE_LIST          10000               /* records of one list */
#define LIMIT_SERVICE_CONNECTIONS 1024                /* of a server that Plumbline is, unless it says another number */
#define LIMIT_SERVICE_LATER       512                 /* requests of a server whose answers come later, likewise */
#define LIMIT_SANDBOX_LATER       4096
#define LIMIT_SANDBOX_CONNECTIONS                                                                                      \
    8192 /* a caller that waits for another service's answer keeps its own: many at a time */
#define LIMIT_SANDBOX_IDLE        1024 /* idle connections to the sandbox that a worker keeps, all services together */
#define LIMIT_SANDBOX_CALLS       2048 /* connections of calls, which may wait for one another */
#define LIMIT_FETCHER_CONNECTIONS 256
#define LIMIT_FETCHER_WAITING     4096
#define LIMIT_WATCH_ENTITIES      65536            /* that lifecycles and joins remember, each; then the oldest go */
#define LIMIT_WATCH_BYTES         (64 * LIMIT_MIB) /* and what they may take up */
#define LIMIT_WATCH_OVERLAP       12               /* overlapping exchanges of one entity whose orders are tried */
#define LIMIT_WATCH_MESSAGE       (64 * LIMIT_KIB) /* of one message, what a join keeps; a larger one is not compared */
#define LIMIT_WATCH_ITEMS         1000             /* of one list, that joins look at */
#define LIMIT_INVARIANT_PARTS     6                /* messages that one equation brings together */
#define LIMIT_INVARIANT_TRIES     256 /* combinations of overlapping messages that one equation is tried on */

/* Faults */
#define LIMIT_FAULT_BYTES  (64 * LIMIT_MIB)         /* memory of the rules */
#define LIMIT_FAULT_DELAY  (INT64_C(3600000000000)) /* ns: an hour, whatever a distribution gives */
#define LIMIT_FAULT_QUEUE  (4 * LIMIT_MIB)          /* of a body that is slowed down, before its sender waits */
#define LIMIT_STALE_ANSWER (256 * LIMIT_KIB)        /* of one answer that is kept for `stale` */
#define LIMIT_STALE_BYTES  (64 * LIMIT_MIB)         /* of all of them */
#define LIMIT_FAULT_COUNTS 65536                    /* entities whose exchanges are counted; then the oldest go */

/* Flows, as they are written */
#define LIMIT_TALLY_NODES    (1024u * 1024)     /* places of messages that coverage is counted for */
#define LIMIT_TALLY_BYTES    (1024 * LIMIT_MIB) /* and what they may take up */
#define LIMIT_FLOW_DOCUMENTS 64                 /* of Arazzo, that one flow is made of */
#define LIMIT_FLOW_DEFECTS   100                /* mistakes of form that are told of one document */
#define LIMIT_FLOW_BYTES     (1024 * LIMIT_MIB) /* memory of a loaded flow, without its contracts */
#define LIMIT_FLOW_STEPS     10000              /* of one workflow */

/* Criteria of flows */
#define LIMIT_CONDITION_TERMS   256 /* operands and operators of one condition */
#define LIMIT_CONDITION_NESTING 64  /* parentheses and '!' in each other */
#define LIMIT_CRITERIA_KEPT     64  /* compiled regular expressions that a runner keeps */
#define LIMIT_CRITERION_TOLD    160 /* of one value, what a message shows */

/* Flows, as they run. Steps and elements of all workflows of one run together, however they are nested: a circle of
 * gotos ends here
 */
#define LIMIT_FLOW_STEPS_RUN 10000u
#define LIMIT_FLOW_ELEMENTS  100000u           /* of x-for-each */
#define LIMIT_FLOW_NESTING   32u               /* workflows in workflows; also those that a goto leads to */
#define LIMIT_FLOW_RETRIES   1000u             /* of one step by one action, whatever its retryLimit says */
#define LIMIT_FLOW_PARALLEL  64u               /* elements of one step side by side, whatever x-parallel says */
#define LIMIT_FLOW_RUNS      1000u             /* at a time */
#define LIMIT_FLOW_WAIT      3600              /* seconds from one try to the next, whatever retryAfter says */
#define LIMIT_FLOW_BODY      (16 * LIMIT_MIB)  /* of an answer; a larger one is a failure */
#define LIMIT_FLOW_INPUTS    (16 * LIMIT_MIB)  /* of one workflow, as JSON */
#define LIMIT_FLOW_OUTPUTS   (64 * LIMIT_MIB)  /* of one step or workflow, as JSON */
#define LIMIT_FLOW_ARENA     (256 * LIMIT_MIB) /* of one try, of one document that is kept */
/* Reports of flows */
#define LIMIT_REPORT_BODY     (64 * LIMIT_KIB) /* of one body, what is shown */
#define LIMIT_REPORT_RUNS     10               /* told whole, of those that began first */
#define LIMIT_REPORT_FAILURES 20               /* and beside them, of those that failed */
#define LIMIT_REPORT_TRIES    2000             /* of one run; more are counted */
#define LIMIT_REPORT_FINDINGS 1000             /* different ones */
#define LIMIT_REPORT_BYTES    (64 * LIMIT_MIB) /* of exchanges that are kept at a time; then they are without bodies */
#define LIMIT_REPORT_EXAMPLES (8 * LIMIT_MIB)  /* of exchanges on a page of findings */

/* Answers from recordings */
#define LIMIT_PLAYBACK_COMPARED 1000 /* recorded requests that one request is compared with, when none is equal */
#define LIMIT_PLAYBACK_BODY     (64 * LIMIT_MIB) /* of a request that is looked for */
#define LIMIT_PLAYBACK_BINDINGS 65536            /* ids of clients that are bound to recorded ones, until it is reset */
#define LIMIT_PLAYBACK_ISSUED   (1024u * 1024)   /* ids in answers that are kept in mind, by 16 bytes each */
#define LIMIT_PLAYBACK_STATES   (1024u * 1024)   /* different requests whose place in their sequence is kept in mind */

/* API documents that contracts are drafted from */
#define LIMIT_EXTRACT_SOURCE     (8 * LIMIT_MIB) /* one document; nobody writes longer ones, and offsets stay small */
#define LIMIT_EXTRACT_DOCUMENTS  256             /* of one draft */
#define LIMIT_EXTRACT_BYTES      (2048 * LIMIT_MIB) /* memory of one draft */
#define LIMIT_EXTRACT_BLOCKS     200000             /* lines and blocks of one document; the rest is not read */
#define LIMIT_EXTRACT_CELLS      32                 /* columns of a table; more are not looked at */
#define LIMIT_EXTRACT_OPERATIONS 2000               /* of one draft: each new one is compared with all others */
#define LIMIT_EXTRACT_EXAMPLE    LIMIT_MIB          /* of one example; a longer one is no example */
#define LIMIT_EXTRACT_EXAMPLES   20                 /* that one body keeps; the shape of more still counts */
#define LIMIT_EXTRACT_NESTING    64                 /* of values in an example */
#define LIMIT_EXTRACT_MEMBERS    500                /* of one object: each key is compared with all others */
#define LIMIT_EXTRACT_SEGMENTS   32                 /* of one path */
#define LIMIT_EXTRACT_NOTES      1000               /* that are kept; more are counted */
#define LIMIT_EXTRACT_LINE       (16 * LIMIT_KIB)   /* of a line of prose, what is looked at */
#define LIMIT_EXTRACT_SHOWN      80                 /* bytes of what could not be read, in a note */

/* Replay */
#define LIMIT_REPLAY_AHEAD    1024              /* exchanges that a run reads ahead of what it sends */
#define LIMIT_REPLAY_BYTES    (64 * LIMIT_MIB)  /* and what they may take up before one more is read */
#define LIMIT_REPLAY_BODY     (64 * LIMIT_MIB)  /* of an answer, what is kept to compare it */
#define LIMIT_REPLAY_WINDOW   8192              /* exchanges whose values are remembered */
#define LIMIT_REPLAY_MEMORY   (256 * LIMIT_MIB) /* and what they may take up; then the oldest go early */
#define LIMIT_REPLAY_LEAVES   4096              /* values of one message that are looked at; the others are counted */
#define LIMIT_REPLAY_VALUE    (4 * LIMIT_KIB)   /* a longer value is content, and binds nothing */
#define LIMIT_REPLAY_ATOMS    256               /* words of one text in which values are looked for */
#define LIMIT_REPLAY_PLACES   65536             /* that are known by name */
#define LIMIT_REPLAY_PAIRS    65536             /* rules, those that nobody is told of included */
#define LIMIT_REPLAY_BINDINGS (64 * LIMIT_MIB)  /* memory for both */

/* Recordings */
#define LIMIT_SEGMENT_BYTES (64 * LIMIT_MIB)
#define LIMIT_RECORD_LINE   (64 * LIMIT_MIB) /* one line of a recording */
#define LIMIT_REDACTED_BODY (16 * LIMIT_MIB) /* decoded, in which secrets are looked for; a longer one is left out */

#endif
