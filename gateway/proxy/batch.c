/* batch.c -- lines, put together and taken to the disk. */
#include "proxy/batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "proxy/keeper.h"
#include "traffic/index.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define BATCH_BYTES LIMIT_MIB /* lines written with one call */
#define SECOND_NS   INT64_C(1000000000)

struct batch {
    const struct record_settings *settings;
    struct redaction_scratch *scratch;
    struct segment_writer *writer;
    struct keeper *keeper;
    struct index_builder *index; /* of the current segment, what is in `lines` included; NULL: no memory */
    bool index_partial;          /* the segment was begun before this program */
    unsigned number;             /* of that segment, */
    uint64_t base;               /* and where in it `lines` will begin */
    struct buffer lines;
    uint64_t line_count;
    uint64_t next;           /* sequence number */
    uint64_t synced_next;    /* it was that when it was synced last */
    uint64_t unsynced_lines; /* written since then */
    uint64_t unsynced_bytes;
    uint64_t unsynced_told;
    int64_t tried;  /* monotonic time at which a failure was seen last */
    int64_t synced; /* monotonic time of the last sync */
    bool sync_fails;
    bool closing;  /* no exchange comes any more */
    uint64_t lost; /* exchanges that are not in the recording, and no line of it says so yet */
    uint64_t told; /* of those, how many a line of this batch tells */
    uint64_t dropped;
    counter written, bytes, failed;
    atomic_bool failing;
    pthread_mutex_t trouble_lock; /* taken when writing begins to fail, and by who asks */
    char trouble[RECORDER_TROUBLE];
    void (*say)(void *arg, const char *line);
    void *say_arg;
};

static int64_t
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void
tell(struct batch *b, bool failing, const struct error *err)
{
    char line[900];

    if (failing)
        b->tried = now();
    if (atomic_exchange(&b->failing, failing) == failing)
        return;
    if (failing) {
        (void)pthread_mutex_lock(&b->trouble_lock);
        (void)snprintf(b->trouble, sizeof b->trouble, "%s: %s", err->where, err->what);
        (void)pthread_mutex_unlock(&b->trouble_lock);
    }
    if (b->say == NULL)
        return;
    if (failing)
        (void)snprintf(line, sizeof line, "recording fails: %s: %s; the traffic %s", err->where, err->what,
                       b->settings->on_error_refuse ? "is refused" : "passes unrecorded");
    else
        (void)snprintf(line, sizeof line, "recording works again");
    b->say(b->say_arg, line);
}

static void
lose(struct batch *b, uint64_t count)
{
    count_add(&b->failed, count);
    b->lost += count;
}

/* ---- lines ---- */

/* What could not be formed is cut off again. */
static bool
line_is_whole(struct batch *b, size_t before)
{
    if (!buffer_failed(&b->lines) && buffer_length(&b->lines) > before)
        return true;
    b->lines.failed = false;
    buffer_truncate(&b->lines, before);
    lose(b, 1);
    return false;
}

void
batch_add(struct batch *b, struct exchange *x, const struct redaction *how, bool *redacted, uint64_t dropped)
{
    size_t before = buffer_length(&b->lines);

    b->lost += dropped - b->dropped;
    b->dropped = dropped;
    x->sequence = b->next;
    x->lost = b->lost - b->told;
    *redacted = *redacted || redaction_apply(how, x, b->scratch) == 0;
    if (*redacted)
        record_write(&b->lines, x, b->settings->max_body);
    if (!line_is_whole(b, before)) {
        x->sequence = 0;
        return;
    }
    if (b->index != NULL)
        index_add(b->index, x, b->base + before, buffer_length(&b->lines) - before);
    b->told += x->lost;
    b->next++;
    b->line_count++;
}

static void
count_amendment(struct batch *b, const struct exchange *x, size_t before)
{
    if (b->index != NULL) {
        struct exchange amendment = *x;

        amendment.amends = x->sequence;
        amendment.sequence = b->next;
        index_add(b->index, &amendment, b->base + before, buffer_length(&b->lines) - before);
    }
    b->next++;
    b->line_count++;
}

void
batch_amend(struct batch *b, const struct exchange *x)
{
    size_t before = buffer_length(&b->lines);

    record_write_amendment(&b->lines, x, b->next, 0);
    if (line_is_whole(b, before))
        count_amendment(b, x, before);
}

/* The last line of the recording once more, with what was lost after it. */
static void
add_closing_line(struct batch *b)
{
    struct arena *arena = arena_new(0, 16 * LIMIT_RECORD_LINE);
    struct text line = arena != NULL ? segment_writer_last(b->writer, arena) : (struct text){ NULL, 0 };
    struct exchange x = { .arena = arena };
    struct document document;

    if (line.length > 0 && document_parse(&document, line, NULL, arena, NULL) == 0 &&
        record_read(&x, document.root, NULL) == 0 && x.sequence > 0) {
        x.sequence = x.amends > 0 ? x.amends : x.sequence;
        record_write_amendment(&b->lines, &x, b->next, b->lost);
        if (!buffer_failed(&b->lines)) {
            b->told = b->lost;
            count_amendment(b, &x, 0);
        }
    }
    arena_free(arena);
}

void
batch_tell_lost(struct batch *b, uint64_t dropped)
{
    char line[160];
    uint64_t from;

    b->lost += dropped - b->dropped;
    b->dropped = dropped;
    if (b->lost == 0)
        return;
    b->closing = true;
    add_closing_line(b);
    if (batch_write(b, &from) && batch_sync(b, &from) && b->lost == 0)
        return;
    (void)snprintf(line, sizeof line, "the last exchanges are not in the recording, and no line of it says so: %llu",
                   (unsigned long long)b->lost);
    if (b->say != NULL)
        b->say(b->say_arg, line);
}

struct redaction_scratch *
batch_scratch(struct batch *b)
{
    return b->scratch;
}

bool
batch_is_large(const struct batch *b)
{
    return buffer_length(&b->lines) >= BATCH_BYTES || buffer_length(&b->lines) >= b->settings->segment / 2;
}

static uint64_t
count_lines(struct text t)
{
    uint64_t count = 0;

    for (size_t at = 0; at < t.length; at += text_find(text_from(t, at), '\n') + 1)
        count++;
    return count;
}

static bool
answers_wait(const struct batch *b)
{
    return b->settings->sync == 0;
}

static void
count_written(struct batch *b, uint64_t lines, uint64_t bytes)
{
    count_add(&b->written, lines);
    count_add(&b->bytes, bytes);
}

/* The buffer's lines are done with: so many of them are in the segment. */
static void
end_lines(struct batch *b, uint64_t written, uint64_t bytes)
{
    lose(b, b->closing ? 0 : b->line_count - written);
    b->unsynced_lines += written;
    b->unsynced_bytes += bytes;
    if (!answers_wait(b))
        count_written(b, written, bytes);
    if (written > 0) { /* the first line tells */
        b->lost -= b->told;
        b->unsynced_told += b->told;
    }
    b->told = 0;
    b->line_count = 0;
    buffer_clear(&b->lines);
}

/* What was written may have begun another segment, or not be there: the index follows. */
static void
follow_segment(struct batch *b)
{
    unsigned number = segment_writer_number(b->writer);
    uint64_t length = segment_writer_length(b->writer);

    if (number != b->number) {
        struct index_builder *old = b->index;
        bool unknown = old == NULL;

        b->index = index_builder_new();
        if (old != NULL && b->index != NULL)
            index_move(old, b->base, b->index);
        if (b->index_partial) {
            index_builder_free(old);
            old = NULL; /* it will be read */
        }
        keeper_finished(b->keeper, b->number, old, number);
        b->index_partial = unknown;
        b->number = number;
    }
    if (b->index != NULL)
        index_cut(b->index, length);
    b->base = length;
}

bool
batch_write(struct batch *b, uint64_t *from)
{
    struct error err = { .kind = ERROR_NONE };
    struct text lines = buffer_text(&b->lines);
    uint64_t written = b->line_count;
    bool whole;
    size_t kept;

    if (b->line_count == 0)
        return true;
    if (answers_wait(b) && segment_writer_is_full(b->writer, lines.length) && !batch_sync(b, from)) {
        end_lines(b, 0, 0);
        follow_segment(b); /* a segment ends synced: what was added to it is not there, so this cannot follow */
        return false;
    }
    whole = segment_writer_append(b->writer, lines, &kept, &err) == 0;
    if (!whole) {
        written = count_lines(text_slice(lines, 0, kept));
        b->next -= b->line_count - written;
        tell(b, true, &err);
    } else if (!b->sync_fails) {
        tell(b, false, NULL);
    }
    end_lines(b, written, kept);
    follow_segment(b);
    *from = b->next;
    return whole;
}

/* ---- the disk ---- */

/* Nobody was answered who relies on them: they go, and their numbers are given again. */
static void
take_back(struct batch *b)
{
    struct error err = { .kind = ERROR_NONE };

    (void)segment_writer_take_back(b->writer, &err); /* what cannot be cut off now is before the next append */
    lose(b, b->unsynced_lines - (b->closing && b->unsynced_lines > 0));
    b->lost += b->unsynced_told;
    b->next = b->synced_next;
    follow_segment(b);
}

bool
batch_sync(struct batch *b, uint64_t *from)
{
    struct error err = { .kind = ERROR_NONE };
    bool failed_before = b->sync_fails;

    *from = b->next;
    b->synced = now();
    if (b->unsynced_lines == 0)
        return true;
    b->sync_fails = segment_writer_sync(b->writer, &err) < 0;
    if (b->sync_fails || failed_before)
        tell(b, b->sync_fails, &err);
    if (answers_wait(b)) {
        if (b->sync_fails)
            take_back(b);
        else
            count_written(b, b->unsynced_lines, b->unsynced_bytes);
    }
    b->unsynced_lines = b->unsynced_bytes = b->unsynced_told = 0;
    *from = b->next;
    b->synced_next = b->next;
    return !b->sync_fails;
}

void
batch_probe(struct batch *b)
{
    struct error err = { .kind = ERROR_NONE };

    if (!batch_is_failing(b) || batch_is_unsynced(b) || now() - b->tried < SECOND_NS)
        return;
    b->tried = now();
    if (segment_writer_probe(b->writer, &err) < 0)
        return;
    b->sync_fails = false;
    tell(b, false, NULL);
}

bool
batch_is_unsynced(const struct batch *b)
{
    return b->unsynced_lines > 0;
}

int64_t
batch_sync_due(const struct batch *b)
{
    int64_t left = b->settings->sync - (now() - b->synced);

    return left > 0 ? left : 0;
}

bool
batch_is_failing(const struct batch *b)
{
    return atomic_load_explicit(&b->failing, memory_order_relaxed);
}

void
batch_totals(struct batch *b, struct recorder_totals *totals)
{
    totals->written = count_of(&b->written);
    totals->bytes = count_of(&b->bytes);
    totals->failed = count_of(&b->failed);
    totals->failing = batch_is_failing(b);
    (void)pthread_mutex_lock(&b->trouble_lock);
    (void)snprintf(totals->trouble, sizeof totals->trouble, "%s", b->trouble);
    (void)pthread_mutex_unlock(&b->trouble_lock);
}

/* ---- begin and end ---- */

void
batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    (void)pthread_mutex_destroy(&b->trouble_lock);
    keeper_free(b->keeper);
    index_builder_free(b->index);
    segment_writer_close(b->writer);
    redaction_scratch_free(b->scratch);
    buffer_release(&b->lines);
    free(b);
}

struct batch *
batch_new(const struct record_settings *settings, uint64_t *repaired, void (*say)(void *arg, const char *line),
          void *arg, struct error *err)
{
    struct batch *b = calloc(1, sizeof *b);
    struct segment_repair repair = { .bytes = 0 };
    char folder[4096];

    if (b == NULL) {
        error_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&b->trouble_lock, NULL);
    b->settings = settings;
    b->say = say;
    b->say_arg = arg;
    b->synced = now();
    buffer_init(&b->lines, LIMIT_RECORD_LINE + BATCH_BYTES);
    (void)snprintf(folder, sizeof folder, "%.*s", TEXT_PRINT(b->settings->to));
    if ((b->scratch = redaction_scratch_new()) == NULL) {
        error_memory(err);
        goto fail;
    }
    b->writer = segment_writer_open(folder, b->settings->segment, &repair, err);
    if (b->writer == NULL)
        goto fail;
    b->number = segment_writer_number(b->writer);
    b->base = segment_writer_length(b->writer);
    b->index = index_builder_new();
    b->index_partial = b->base > 0;
    b->keeper = keeper_new(b->settings, b->number, say, arg, err);
    if (b->keeper == NULL)
        goto fail;
    *repaired = repair.bytes;
    b->next = b->synced_next = repair.next;
    return b;
fail:
    batch_free(b);
    return NULL;
}
