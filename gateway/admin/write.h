/* write.h -- the few words in which all pages write their JSON. */
#ifndef ADMIN_WRITE_H
#define ADMIN_WRITE_H

#include "admin/api.h"
#include "json/write.h"

/* A JSON answer begins: its media type, and a writer on its body. */
void write_begin(struct json_writer *w, struct api_call *call);

void write_key(struct json_writer *w, const char *key);
void write_text(struct json_writer *w, const char *key, struct text value);
void write_text_or_null(struct json_writer *w, const char *key, struct text value); /* empty: null */
void write_number(struct json_writer *w, const char *key, uint64_t value);
void write_bool(struct json_writer *w, const char *key, bool value);
void write_time(struct json_writer *w, const char *key, int64_t wall);       /* RFC 3339, or null for 0 */
void write_milliseconds(struct json_writer *w, const char *key, int64_t ns); /* or null where it never happened: -1 */

/* "off", "observe", "enforce". */
struct text write_mode(enum mode mode);

#endif
