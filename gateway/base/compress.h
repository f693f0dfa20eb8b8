/* compress.h -- zlib, brotli and zstd behind one door: whole texts in, whole texts out, always under a ceiling. Any
 * thread. */
#ifndef BASE_COMPRESS_H
#define BASE_COMPRESS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"

enum compress_kind {
    COMPRESS_GZIP,    /* RFC 1952; several members in a row are one text */
    COMPRESS_DEFLATE, /* RFC 1950, and raw RFC 1951 as many senders do */
    COMPRESS_BROTLI,
    COMPRESS_ZSTD,
};

enum compress_result {
    COMPRESS_OK,
    COMPRESS_BROKEN,
    COMPRESS_TOO_LARGE,
    COMPRESS_NO_MEMORY,
};

/* Undo: append to *out, whose own ceiling counts; nothing is appended unless COMPRESS_OK. No bytes at all, a text that
 * was cut off and bytes behind the end of the coded text are COMPRESS_BROKEN. Memory beside *out is bounded: 16 MiB
 * (brotli's largest window), 8 MiB for zstd. */
enum compress_result compress_undo(enum compress_kind kind, struct text coded, struct buffer *out);

/* The same by pieces, whatever their sum, in bounded memory. New or NULL; accepts NULL for freeing. */
struct compress_stream;
struct compress_stream *compress_stream_new(enum compress_kind kind);
void compress_stream_free(struct compress_stream *s);

/* Take from *coded and write to the room, until one of both is used up; *made is what was written. */
enum compress_result
compress_stream_undo(struct compress_stream *s, struct text *coded, char *room, size_t size, size_t *made);

/* Is nothing cut off, if this was all? */
bool compress_stream_is_whole(const struct compress_stream *s);

/* What comes next is the beginning of a coded text. False: no memory. */
bool compress_stream_restart(struct compress_stream *s);

/* Do it (finished segments, tests): append to *out, whose ceiling must allow for the worst case (a little more than the
 * plain text). */
enum compress_result compress_do(enum compress_kind kind, struct text plain, struct buffer *out);

#endif
