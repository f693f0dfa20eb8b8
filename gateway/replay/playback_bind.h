/* playback_bind.h -- ids that clients made up in this run, and the recorded ones that they stand for.
 *
 * A client that sends an order under a new id is not told that its order is unknown: when its request is the recorded
 * one but for such ids, they are bound. From then on its id is read as the recorded one wherever it comes, and the
 * recorded one in an answer is given as its own. Bindings that were learned together, or of requests that used each
 * other's, are one session: in an answer, the ids of the session of its request are put in; where there is none, those
 * that were bound last. What stands in place is found by value: rare values in every string, also inside of one; others
 * only as whole values under a name of ids. Belongs to the playback's thread. */
#ifndef REPLAY_PLAYBACK_BIND_H
#define REPLAY_PLAYBACK_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "http/message.h"
#include "replay/match.h"

struct playback_bindings;

struct playback_bindings *playback_bindings_new(void); /* NULL: no memory */
void playback_bindings_free(struct playback_bindings *b);
void playback_bindings_forget(struct playback_bindings *b); /* all of them */
uint32_t playback_bindings_count(const struct playback_bindings *b);

/* What was put in place of what in one exchange. */
struct playback_binding_use {
    uint32_t session; /* 0: none */
    uint32_t count;   /* values */
};

/* The request as it was recorded: target's path and query, and the body where it is JSON. A copy in the arena, or the
 * message itself where nothing is bound. */
void playback_bindings_to_recorded(struct playback_bindings *b, struct message *message, struct text *path, bool json,
                                   struct playback_binding_use *use, struct arena *arena);

/* Bind what these differences say. False: not all could be, as there are too many, or one value would stand for two. */
bool playback_bindings_learn(struct playback_bindings *b, const struct match_differences *differences,
                             struct playback_binding_use *use);

/* The same the other way, in a text of an answer: JSON by values, anything else by words. Borrowed where nothing
 * changes. */
struct text playback_bindings_to_live(struct playback_bindings *b, struct text text, bool json,
                                      const struct playback_binding_use *use, struct arena *arena);

/* Was the value given in an answer of this run? Then a client does not make it up. */
void playback_bindings_issue(struct playback_bindings *b, struct text text, bool json, struct arena *arena);
bool playback_bindings_was_issued(const struct playback_bindings *b, struct text value);

#endif
