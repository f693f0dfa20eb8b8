/* state.h -- what a sandbox is beyond its contracts and scripts: the store, the clock, the seed, the settings of its
 * services. One for the whole process: it outlives reloads, every generation's sandbox holds a reference.
 *
 * Any thread. Calls that say "within a transaction" are made between store_begin and store_commit of its store; the
 * others begin one of their own, so they wait for a request that is being answered. */
#ifndef SANDBOX_STATE_H
#define SANDBOX_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ruleset.h"
#include "sandbox/store.h"

struct sandbox_state;

/* Open the store of the settings (sandbox.state), and fill it from the seed file where it is empty, or was asked to
 * begin anew (sandbox.reset). New, with one reference, or NULL with err. */
struct sandbox_state *sandbox_state_new(struct ruleset *ruleset, struct error *err);
struct sandbox_state *sandbox_state_hold(struct sandbox_state *s);
void sandbox_state_drop(struct sandbox_state *s); /* accepts NULL */

/* From now on by the settings of this ruleset (a reload): the seed file of the next reset, settings of services. */
void sandbox_state_use(struct sandbox_state *s, struct ruleset *ruleset);

struct store *sandbox_state_store(struct sandbox_state *s); /* borrowed */

/* Forget everything that was stored or changed, begin again with the seed file; the fixed clock begins anew, too. 0, or
 * -1 with err: then nothing has changed. */
int sandbox_state_reset(struct sandbox_state *s, struct error *err);

/* ---- the clock ---- */

/* Nanoseconds since 1970 by the sandbox's clock. The fixed one stands still but for sandbox_state_step. Any time. */
int64_t sandbox_state_now(const struct sandbox_state *s);
bool sandbox_state_is_fixed(const struct sandbox_state *s);

/* Within a transaction: one more request. The fixed clock goes on by a second. A number for what is made up in this
 * request: the same seed and the same requests give the same numbers. */
int sandbox_state_step(struct sandbox_state *s, uint64_t *number, struct error *err);

/* ---- settings of a service, as its script sees them ---- */

/* Within a transaction: what the file says (sandbox.settings.SERVICE), with what was changed since laid over it; a JSON
 * object, appended. 0, or -1 with err. */
int sandbox_state_settings(struct sandbox_state *s, struct text service, struct buffer *json, struct error *err);

/* Lay one more change over it (RFC 7396: null takes a key away). Kept in the store, until a reset. */
int sandbox_state_change(struct sandbox_state *s, struct text service, const struct value *patch, struct error *err);

/* ---- for the admin listener ---- */

/* "real" or "fixed"; the seed; the state file, or empty: memory. Borrowed. */
struct text sandbox_state_file(const struct sandbox_state *s);
uint64_t sandbox_state_seed(const struct sandbox_state *s);

#endif
