/* report.h -- how the files that check one message say what they found; for this folder only. */
#ifndef CONTRACT_REPORT_H
#define CONTRACT_REPORT_H

#include "contract/check.h"
#include "contract/model.h"

/* One message being checked. */
struct checking {
    struct check *check;
    struct verdict *verdict;
    enum side side;
    uint32_t *budget; /* of this message; in struct check */
};

struct checking checking_begin(struct check *check, enum side side, struct verdict *verdict);

/* A violation at this place of the contract (value NULL: nowhere in particular), or NULL when it is ignored or the
 * list is full. */
struct violation *report_add(const struct checking *c, enum violation_id id, struct text instance, struct place place);

/* Was such a violation of this message reported already (with its head)? */
bool report_said(const struct checking *c, enum violation_id id);

/* The same with both sides filled in; `found` is quoted and shortened. */
void report_found(const struct checking *c, enum violation_id id, struct text instance, struct place place,
                  const char *expected, struct text found);

void report_unchecked(const struct checking *c, enum unchecked_id reason, struct text instance);

/* Is the value valid? Marks what stayed unchecked. A shape without schema: yes; a broken one: unchecked and yes. */
bool
checking_valid(const struct checking *c, const struct shape *shape, const struct value *value, struct text instance);

/* The same; *unnamed: see schema_run. */
bool checking_valid_named(const struct checking *c, const struct shape *shape, const struct value *value,
                          struct text instance, bool *unnamed);

/* Say why it is not. Instances are `instance` followed by the pointer below the value. `id` is for all but members
 * that are too many: with VIOLATION_BODY_SCHEMA these are VIOLATION_BODY_EXTRA. */
void report_schema(const struct checking *c, enum violation_id id, const struct shape *shape, const struct value *value,
                   struct text instance);

/* Quoted for a message, at most 60 bytes of it; in the arena. */
struct text report_quote(struct text t, struct arena *arena);

#endif
