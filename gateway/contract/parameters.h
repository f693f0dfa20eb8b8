/* parameters.h -- path, query, header and cookie parameters of one request; headers of one response. For this folder
 * only. */
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

void check_parameters(const struct checking *c, const struct contract_match *match, const struct message *request);

/* The described headers of a response (or of a part of a form). */
void check_headers(const struct checking *c, const struct parameter *headers, uint32_t count,
                   const struct message *message, const struct parameter_ids *ids);

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
