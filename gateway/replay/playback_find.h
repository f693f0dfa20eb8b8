/* playback_find.h -- which recorded exchange answers this request?
 *
 * Equal requests (match.h) walk through what was recorded for them, in its order; where that ends, `at_end` says what
 * follows. A request that differs only by ids that its client made up is bound to the recorded one (playback_bind.h):
 * to the one that was used least, the earliest of those. Anything else is a miss, and the closest one is named.
 *
 * What has not been read is read when it is needed: the entries with the request's target (its query in any order);
 * where none is equal, or names of queries are ignored, those of its operation. So that nobody waits for that, whoever
 * has nothing else to do warms the finder up. One for each catalog, with the run's memory: sequences and bindings.
 * Belongs to the playback's thread. */
#ifndef REPLAY_PLAYBACK_FIND_H
#define REPLAY_PLAYBACK_FIND_H

#include "replay/catalog.h"
#include "replay/match.h"
#include "replay/playback_bind.h"
#include "rules/ruleset.h"

/* A service that is answered from a recording. */
struct playback_service {
    struct text name;
    const struct contract *contract;
    const struct service_settings *settings;
    const struct match_rules *rules;
    struct playback_finder *finder;
};

struct playback_found {
    uint32_t number;   /* of the entry, or CATALOG_NONE */
    struct exchange x; /* it, or the closest one */
    uint32_t step;     /* from 1 */
    uint32_t steps;    /* 0: not known */
    struct playback_binding_use use;

    /* nothing was found: */
    uint32_t closest; /* or CATALOG_NONE: nothing of this operation is there */
    struct match_differences differences;
    bool ended;        /* there is one, but all of its answers were given */
    uint32_t compared; /* exchanges that were looked at for it, */
    bool more;         /* and there were more */
};

/* Takes the catalog over, also when it fails. New, or NULL: no memory. */
struct playback_finder *playback_finder_new(struct catalog *take);
void playback_finder_free(struct playback_finder *f); /* accepts NULL */

struct catalog *playback_finder_catalog(struct playback_finder *f);
struct playback_bindings *playback_finder_bindings(struct playback_finder *f);

/* Begin anew: sequences, bindings. */
void playback_finder_reset(struct playback_finder *f);

/* Read some of what has not been read yet, of these services. False: there is nothing left. */
bool playback_finder_warm(struct playback_finder *f, const struct playback_service *services, uint32_t count);

/* `path`: raw, below the service's own. What is found is in the arena. 0, or -1 with err: the recording cannot be read,
 * or there is no memory. */
int playback_find(struct playback_finder *f, const struct playback_service *service, const struct message *request,
                  struct text path, struct playback_found *found, struct arena *arena, struct error *err);

/* The path of a recorded request below what the service takes off. */
struct text playback_path_below(const struct playback_service *service, struct text path);

#endif
