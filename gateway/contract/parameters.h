/* parameters.h -- one parameter or header as it was sent, against its schema. For this folder only. */
#ifndef CONTRACT_PARAMETERS_H
#define CONTRACT_PARAMETERS_H

#include "contract/report.h"
#include "contract/style.h"

/* What was sent for one parameter: raw, in the order of the message. */
struct sent {
    const struct text *values;
    uint32_t count;
    enum decoding decoding;
};

/* Which ids to use: parameters and headers are read alike. */
struct parameter_ids {
    enum violation_id missing;
    enum violation_id schema;
    enum violation_id syntax;
};

/* One parameter: read it in its style, then ask its schema. */
void check_parameter(const struct checking *c, const struct parameter *p, const struct sent *sent,
                     const struct parameter_ids *ids);

void report_missing(const struct checking *c, const struct parameter *p, enum violation_id id);

/* Text as a media type says (JSON is parsed) against the media's schema. `place` names it in violations. */
void check_content_text(const struct checking *c, const struct media *media, struct text text, struct text instance,
                        const struct parameter_ids *ids);

/* Make a value of a part and ask the shape: strings where nothing else is known, then what the texts are written
 * like. *value is the first of the two; NULL without memory, which counts as valid and is marked. */
bool part_is_valid(const struct checking *c, const struct shape *shape, const struct part *part, struct text instance,
                   const struct value **value);

#endif
