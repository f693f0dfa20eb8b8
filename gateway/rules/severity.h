/* severity.h -- how bad a finding is, where the operator sees it otherwise than the table of violations: `severity` of
 * the settings, rules that are tried in their order; the first one that fits decides.
 *
 * Reports, gates and the admin pages go by it; what `enforce` refuses does not change (that is `ignore`). Immutable
 * once read; any thread. */
#ifndef RULES_SEVERITY_H
#define RULES_SEVERITY_H

#include <stdbool.h>

#include "base/error.h"
#include "traffic/finding.h"

struct severities;
struct settings;

/* What the settings say; *made is NULL where they say nothing. In the arena, which outlives it. 0, or -1 with err. */
int severities_read(const struct severities **made, const struct settings *settings, struct arena *arena,
                    struct error *err);

/* Set the finding's level. False: it is not told at all (`off`). Accepts NULL: as it is. */
bool severities_judge(const struct severities *s, struct finding *f);

/* The same as finding_list_judge wants it. */
bool severities_judge_arg(void *severities, struct finding *f);

#endif
