/* file_trace.h -- which files were read, and what they said: whoever loads something out of many files (settings that
 * include others, contracts with $ref) learns what it depends on without asking each reader. A file that could not be
 * read is noted, too: it may come.
 *
 * A trace belongs to the thread that began it. */
#ifndef BASE_FILE_TRACE_H
#define BASE_FILE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct file_seen {
    char *path; /* as it was opened */
    uint64_t digest;
    bool readable;
};

/* Starts zeroed. */
struct file_trace {
    struct file_seen *files; /* each path once */
    size_t count, room;
    bool incomplete; /* no memory for one of them */
};

/* Files that this thread reads by file_read are noted from now on, until file_trace_end. One trace at a time. */
void file_trace_begin(struct file_trace *trace);
void file_trace_end(void);

/* What is read in between is not noted: data, which may be large and changes all the time. */
struct file_trace *file_trace_pause(void); /* what file_trace_resume takes; may be NULL */
void file_trace_resume(struct file_trace *trace);

/* This thread has read, or tried to read (content without data), this file. Nothing happens without a trace. */
void file_trace_note(const char *path, struct text content);

/* Note what the file says, for files that somebody else reads. Nothing happens without a trace. */
void file_trace_look(const char *path);

/* Does one of the files say something else now? Reads them. */
bool file_trace_is_stale(const struct file_trace *trace);

/* Everything goes; it is zeroed then. */
void file_trace_free(struct file_trace *trace);

#endif
