/* report_json.h -- what the JSON reports of findings and of flows share. */
#ifndef REPORT_REPORT_JSON_H
#define REPORT_REPORT_JSON_H

#include "json/write.h"
#include "traffic/finding.h"

void report_json_text(struct json_writer *w, const char *key, struct text value);
void report_json_number(struct json_writer *w, const char *key, uint64_t value);
/* RFC 3339 with milliseconds; nothing for 0. */
void report_json_time(struct json_writer *w, const char *key, int64_t ns);
/* "findings": [ … ] */
void report_json_findings(struct json_writer *w, struct finding_list *findings);

#endif
