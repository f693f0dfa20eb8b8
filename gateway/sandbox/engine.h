/* engine.h -- the thread that runs the scripts of simulated services: one request at a time, but for those that wait.
 *
 * The server's thread hands a request over and serves others. Here it is checked against its contract, gets a
 * transaction of the store and a coroutine of the script, and is answered when that is done. A handler that calls
 * another service pauses: its transaction commits, the call goes out through the fetcher, others run meanwhile; when
 * the answer is there it goes on in a new transaction. Jobs (services:later) run the same way, without anybody who
 * waits. */
#ifndef SANDBOX_ENGINE_H
#define SANDBOX_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "net/service.h"
#include "sandbox/simulated.h"
#include "sandbox/state.h"

struct engine;

struct engine_options {
    struct ruleset *ruleset;     /* held */
    struct sandbox_state *state; /* held */
    struct simulated *services;  /* borrowed; their scripts are the engine's from now on */
    uint32_t service_count;
    uint16_t port; /* where the simulated services listen, on loopback */
};

/* New and running, or NULL with err. */
struct engine *engine_new(const struct engine_options *options, struct error *err);

/* Where calls from one service to another go: the address of the gateway ("http://127.0.0.1:8080",
 * "unix:/run/gateway.sock"). Until it is told they go straight to the simulated service. Any thread. */
void engine_set_gateway(struct engine *e, const char *url);

/* Server's thread: have this request answered later. False: not now (it stops, or too many wait). */
bool engine_ask(struct engine *e, const struct simulated *service, const struct service_request *request,
                struct text path, struct service_answer *answer);

/* Every request gets its answer (503 for those that wait for another service), then the thread ends. Accepts NULL. */
void engine_stop(struct engine *e);

#endif
