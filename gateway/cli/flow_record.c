#include "cli/flow_record.h"

#include <stdlib.h>

#include "base/limits.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define LINES_BYTES (64 * LIMIT_KIB) /* written with one call, at least; the rest at the end */

struct flow_record {
    struct segment_writer *writer;
    struct segment_repair place;
    struct buffer lines;
    uint64_t count;
    struct error err; /* the first */
    const char *folder;
};

struct flow_record *
flow_record_open(const char *folder, struct error *err)
{
    struct flow_record *r = calloc(1, sizeof *r);

    if (r == NULL) {
        error_memory(err);
        return NULL;
    }
    r->folder = folder;
    buffer_init(&r->lines, LIMIT_RECORD_LINE + LINES_BYTES);
    r->writer = segment_writer_open(folder, LIMIT_SEGMENT_BYTES, &r->place, err);
    if (r->writer != NULL)
        return r;
    buffer_release(&r->lines);
    free(r);
    return NULL;
}

static void
write_lines(struct flow_record *r)
{
    struct text lines = buffer_text(&r->lines);
    size_t kept;

    if (lines.length > 0 && r->err.kind == ERROR_NONE)
        (void)segment_writer_append(r->writer, lines, &kept, &r->err);
    buffer_clear(&r->lines);
}

void
flow_record_add(struct flow_record *r, struct exchange *x)
{
    size_t before;

    if (r == NULL || r->err.kind != ERROR_NONE)
        return;
    before = buffer_length(&r->lines);
    x->sequence = r->place.next;
    record_write(&r->lines, x, LIMIT_BODY_HELD);
    if (buffer_failed(&r->lines)) {
        r->lines.failed = false;
        buffer_truncate(&r->lines, before);
        error_set(&r->err, ERROR_ENVIRONMENT, r->folder, "an exchange is too large for a line of a recording");
        return;
    }
    r->place.next++;
    r->count++;
    if (buffer_length(&r->lines) >= LINES_BYTES)
        write_lines(r);
}

int
flow_record_close(struct flow_record *r, uint64_t *count, struct error *err)
{
    int result = 0;

    if (r == NULL)
        return 0;
    write_lines(r);
    if (r->err.kind == ERROR_NONE)
        (void)segment_writer_sync(r->writer, &r->err);
    if (r->err.kind != ERROR_NONE)
        result = error_set(err, r->err.kind, r->err.where, "%s", r->err.what);
    *count = r->count;
    segment_writer_close(r->writer);
    buffer_release(&r->lines);
    free(r);
    return result;
}
