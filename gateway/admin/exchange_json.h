/* exchange_json.h -- an exchange as the admin listener tells it: in a line of a list, or whole. What it is given is
 * redacted already. */
#ifndef ADMIN_EXCHANGE_JSON_H
#define ADMIN_EXCHANGE_JSON_H

#include "json/write.h"
#include "rules/ruleset.h"
#include "traffic/exchange.h"

/* One object: who, what, when, how it went. */
void exchange_json_line(struct json_writer *w, const struct exchange *x);

/* One object with heads, bodies, timings, and each violation with the lines of the contract around it, which come from
 * the ruleset that the exchange was checked with. Uses the exchange's arena. */
void exchange_json_whole(struct json_writer *w, const struct exchange *x, const struct ruleset *ruleset);

/* A HAR 1.2 file of this one entry. False: no memory. */
bool exchange_json_har(struct buffer *out, const struct exchange *x, size_t max_body);

/* A command for a shell that sends the request again; `base` is where to ("http://127.0.0.1:8080"). */
void exchange_json_curl(struct buffer *out, const struct exchange *x, struct text base);

#endif
