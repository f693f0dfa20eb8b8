/* fault_overlay.h -- what the admin listener says of faults while the gateway runs: other rules, and switches. Laid
 * over the settings by every reload, until it is taken away or the program ends.
 *
 * A change takes effect by a reload: all of it, or the old one stays. Any thread: a lock; changes wait for each
 * other. */
#ifndef PROXY_FAULT_OVERLAY_H
#define PROXY_FAULT_OVERLAY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "proxy/reload.h"
#include "rules/settings.h"

struct fault_overlay;

/* Name of the rules' place in messages: "admin:3:5". */
#define FAULT_OVERLAY_NAME "admin"

struct fault_overlay *fault_overlay_new(void);
void fault_overlay_free(struct fault_overlay *o); /* accepts NULL */

/* On the reload's thread, once the settings are read. 0, or -1 with err. */
int fault_overlay_apply(struct fault_overlay *o, struct settings *s, struct error *err);

/* Are the rules those of the admin listener? */
bool fault_overlay_has_rules(struct fault_overlay *o);

/* Other rules instead of the files' (`rules` as settings_put_faults wants them), and no switches. 0, or -1 with err. */
int fault_overlay_put(struct fault_overlay *o, struct text rules, struct reload *r, struct error *err);

/* Those of the files again, and no switches. */
int fault_overlay_drop(struct fault_overlay *o, struct reload *r, struct error *err);

/* One rule on or off. */
int fault_overlay_switch(struct fault_overlay *o, struct text name, bool on, struct reload *r, struct error *err);

#endif
