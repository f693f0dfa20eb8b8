/* source.h -- where a statement is from, how sure it is, and the list of what could not be read. Private to extract/.
 */
#ifndef EXTRACT_SOURCE_H
#define EXTRACT_SOURCE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "extract/extract.h"
#include "json/write.h"

/* high: the document says it. medium: it was mended, or stands in an example alone. low: the surroundings suggest it.
 */
enum sure {
    SURE_LOW,
    SURE_MEDIUM,
    SURE_HIGH,
};

struct source {
    struct text file;
    uint32_t line;
    enum sure sure;
    struct text note; /* how it was read, or empty */
};

/* The members x-source { file, line, note } and x-confidence. */
void source_write(struct json_writer *w, const struct source *source);

/* The same source, less sure. */
static inline struct source
source_at_most(struct source source, enum sure sure)
{
    if (source.sure > sure)
        source.sure = sure;
    return source;
}

/* Add a note to the list (extract.h). Beyond LIMIT_EXTRACT_NOTES they are only counted. */
void notes_add(struct extract_notes *notes, enum extract_note_kind kind, const struct source *source,
               struct arena *arena, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
