/* compress.c -- three libraries, one loop.
 *
 * Each library gets one `step` function that takes some input, gives some output and says how it goes; the loop owns
 * the ceiling, the end of the input and what may follow the end of a coded text. */
#include "base/compress.h"

#include <limits.h>
#include <stdlib.h>

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define ROOM_LEAST    1024
#define ROOM_MOST     (64 * 1024)
#define ZSTD_WINDOW   23 /* 8 MiB: no sender may ask for more (RFC 9659) */
#define GZIP_WINDOW   (15 + 16)
#define ZLIB_WINDOW   15
#define RAW_WINDOW    (-15)
#define BROTLI_EFFORT 5
#define ZSTD_EFFORT   3

enum step {
    STEP_MORE, /* wants more input, more room, or both */
    STEP_END,  /* the coded text is complete */
    STEP_BROKEN,
    STEP_NO_MEMORY,
};

/* What a step may read and write; it moves both on. */
struct span {
    const char *in;
    size_t in_length;
    char *out;
    size_t out_length;
};

struct undoing {
    enum step (*step)(struct undoing *u, struct span *span);
    void (*end)(struct undoing *u);
    bool again; /* another coded text may follow at once: gzip members, zstd frames */
    union {
        z_stream zlib;
        BrotliDecoderState *brotli;
        ZSTD_DStream *zstd;
    } with;
};

/* ---- zlib ---- */

static uInt
clamp(size_t length)
{
    return length > UINT_MAX ? UINT_MAX : (uInt)length;
}

static enum step
zlib_step(struct undoing *u, struct span *span)
{
    z_stream *z = &u->with.zlib;
    uInt in = clamp(span->in_length), out = clamp(span->out_length);
    int code;

    z->next_in = (z_const Bytef *)span->in;
    z->avail_in = in;
    z->next_out = (Bytef *)span->out;
    z->avail_out = out;
    code = inflate(z, Z_NO_FLUSH);
    span->in += in - z->avail_in;
    span->in_length -= in - z->avail_in;
    span->out += out - z->avail_out;
    span->out_length -= out - z->avail_out;
    switch (code) {
    case Z_OK:
    case Z_BUF_ERROR: /* no progress now: the loop knows whether more will come */
        return STEP_MORE;
    case Z_STREAM_END:
        return u->again && span->in_length > 0 && inflateReset(z) != Z_OK ? STEP_BROKEN : STEP_END;
    case Z_MEM_ERROR:
        return STEP_NO_MEMORY;
    default:
        return STEP_BROKEN;
    }
}

static void
zlib_end(struct undoing *u)
{
    (void)inflateEnd(&u->with.zlib);
}

static bool
zlib_start(struct undoing *u, int window)
{
    *u = (struct undoing){ .step = zlib_step, .end = zlib_end, .again = window == GZIP_WINDOW };
    return inflateInit2(&u->with.zlib, window) == Z_OK;
}

/* ---- brotli ---- */

static enum step
brotli_step(struct undoing *u, struct span *span)
{
    const uint8_t *in = (const uint8_t *)span->in;
    uint8_t *out = (uint8_t *)span->out;
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(u->with.brotli, &span->in_length, &in, &span->out_length, &out, NULL);
    BrotliDecoderErrorCode error;

    span->in = (const char *)in;
    span->out = (char *)out;
    if (result == BROTLI_DECODER_RESULT_SUCCESS)
        return STEP_END;
    if (result != BROTLI_DECODER_RESULT_ERROR)
        return STEP_MORE;
    error = BrotliDecoderGetErrorCode(u->with.brotli);
    return error <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && error >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
               ? STEP_NO_MEMORY
               : STEP_BROKEN;
}

static void
brotli_end(struct undoing *u)
{
    BrotliDecoderDestroyInstance(u->with.brotli);
}

static bool
brotli_start(struct undoing *u)
{
    *u = (struct undoing){ .step = brotli_step, .end = brotli_end };
    u->with.brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    return u->with.brotli != NULL;
}

/* ---- zstd ---- */

static enum step
zstd_step(struct undoing *u, struct span *span)
{
    ZSTD_inBuffer in = { span->in, span->in_length, 0 };
    ZSTD_outBuffer out = { span->out, span->out_length, 0 };
    size_t code = ZSTD_decompressStream(u->with.zstd, &out, &in);

    span->in += in.pos;
    span->in_length -= in.pos;
    span->out += out.pos;
    span->out_length -= out.pos;
    if (ZSTD_isError(code))
        return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? STEP_NO_MEMORY : STEP_BROKEN;
    return code == 0 ? STEP_END : STEP_MORE;
}

static void
zstd_end(struct undoing *u)
{
    (void)ZSTD_freeDStream(u->with.zstd);
}

static bool
zstd_start(struct undoing *u)
{
    *u = (struct undoing){ .step = zstd_step, .end = zstd_end, .again = true };
    u->with.zstd = ZSTD_createDStream();
    if (u->with.zstd == NULL)
        return false;
    (void)ZSTD_DCtx_setParameter(u->with.zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW);
    return true;
}

/* ---- the loop ---- */

/* Room for the next step: what the buffer may still take, or the one byte that proves that there is too much. */
static bool
make_room(struct buffer *out, size_t wanted, char *spare, struct span *span)
{
    size_t left = out->ceiling - buffer_length(out);

    if (wanted > left)
        wanted = left;
    span->out = left > 0 ? buffer_room(out, wanted) : spare;
    span->out_length = left > 0 ? wanted : 1;
    return span->out != NULL;
}

static enum compress_result
run(struct undoing *u, struct text coded, struct buffer *out)
{
    struct span span = { .in = coded.data, .in_length = coded.length };
    size_t wanted = ROOM_LEAST;

    for (;;) {
        char spare;
        enum step step;
        size_t wrote;

        if (!make_room(out, wanted, &spare, &span))
            return COMPRESS_NO_MEMORY;
        wrote = span.out_length;
        step = u->step(u, &span);
        wrote -= span.out_length;
        if (span.out == &spare + 1)
            return COMPRESS_TOO_LARGE;
        buffer_wrote(out, wrote);
        if (step == STEP_BROKEN || step == STEP_NO_MEMORY)
            return step == STEP_BROKEN ? COMPRESS_BROKEN : COMPRESS_NO_MEMORY;
        if (step == STEP_END && span.in_length == 0)
            return COMPRESS_OK;
        if (step == STEP_END && !u->again)
            return COMPRESS_BROKEN; /* bytes behind the end */
        if (step == STEP_MORE && span.in_length == 0 && span.out_length > 0)
            return COMPRESS_BROKEN; /* there was room, so it lacks input: cut off */
        if (wanted < ROOM_MOST)
            wanted *= 2;
    }
}

static enum compress_result
undo(bool started, struct undoing *u, struct text coded, struct buffer *out)
{
    size_t before = buffer_length(out);
    enum compress_result result = COMPRESS_NO_MEMORY;

    if (started) {
        result = run(u, coded, out);
        u->end(u);
    }
    if (result != COMPRESS_OK)
        buffer_truncate(out, before);
    return result;
}

/* What is called deflate is the zlib format (RFC 9110 8.4.1.2), but some senders leave its two ends off. The first two
 * bytes of a raw text look like zlib's by chance only, so a failure there is tried again as raw. */
static enum compress_result
undo_deflate(struct text coded, struct buffer *out)
{
    struct undoing u;
    enum compress_result result = undo(zlib_start(&u, ZLIB_WINDOW), &u, coded, out);

    if (result == COMPRESS_BROKEN)
        result = undo(zlib_start(&u, RAW_WINDOW), &u, coded, out);
    return result;
}

enum compress_result
compress_undo(enum compress_kind kind, struct text coded, struct buffer *out)
{
    struct undoing u;

    if (buffer_failed(out))
        return COMPRESS_NO_MEMORY;
    if (coded.length == 0)
        return COMPRESS_BROKEN;
    switch (kind) {
    case COMPRESS_GZIP:
        return undo(zlib_start(&u, GZIP_WINDOW), &u, coded, out);
    case COMPRESS_DEFLATE:
        return undo_deflate(coded, out);
    case COMPRESS_BROTLI:
        return undo(brotli_start(&u), &u, coded, out);
    case COMPRESS_ZSTD:
        return undo(zstd_start(&u), &u, coded, out);
    }
    return COMPRESS_BROKEN;
}

/* ---- by pieces ---- */

struct compress_stream {
    enum compress_kind kind;
    struct undoing undoing;
    bool started; /* of undoing: it has something to free */
    bool whole;   /* at the end of a coded text */
};

bool
compress_stream_restart(struct compress_stream *s)
{
    if (s->started)
        s->undoing.end(&s->undoing);
    s->whole = false;
    switch (s->kind) {
    case COMPRESS_GZIP:
        s->started = zlib_start(&s->undoing, GZIP_WINDOW);
        break;
    case COMPRESS_DEFLATE:
        s->started = zlib_start(&s->undoing, ZLIB_WINDOW);
        break;
    case COMPRESS_BROTLI:
        s->started = brotli_start(&s->undoing);
        break;
    case COMPRESS_ZSTD:
        s->started = zstd_start(&s->undoing);
        break;
    }
    return s->started;
}

struct compress_stream *
compress_stream_new(enum compress_kind kind)
{
    struct compress_stream *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->kind = kind;
    if (compress_stream_restart(s))
        return s;
    free(s);
    return NULL;
}

void
compress_stream_free(struct compress_stream *s)
{
    if (s == NULL)
        return;
    if (s->started)
        s->undoing.end(&s->undoing);
    free(s);
}

enum compress_result
compress_stream_undo(struct compress_stream *s, struct text *coded, char *room, size_t size, size_t *made)
{
    struct span span = { .in = coded->data, .in_length = coded->length, .out = room, .out_length = size };
    enum compress_result result = COMPRESS_OK;

    *made = 0;
    if (s->whole && coded->length > 0 && (!s->undoing.again || !compress_stream_restart(s)))
        return s->undoing.again ? COMPRESS_NO_MEMORY : COMPRESS_BROKEN;
    while (result == COMPRESS_OK && !s->whole && span.in_length > 0 && span.out_length > 0) {
        switch (s->undoing.step(&s->undoing, &span)) {
        case STEP_MORE:
            break;
        case STEP_END:
            s->whole = true;
            break;
        case STEP_BROKEN:
            result = COMPRESS_BROKEN;
            break;
        case STEP_NO_MEMORY:
            result = COMPRESS_NO_MEMORY;
            break;
        }
    }
    *coded = text_make(span.in, span.in_length);
    *made = size - span.out_length;
    return result;
}

bool
compress_stream_is_whole(const struct compress_stream *s)
{
    return s->whole;
}

/* ---- the other way ---- */

/* Each writes at most `room` bytes, which is the library's own worst case, and gives how many; 0: no memory. */
static size_t
do_zlib(int window, struct text plain, char *room, size_t size)
{
    z_stream z = { .zalloc = Z_NULL };
    size_t written = 0;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (z_const Bytef *)plain.data;
    z.avail_in = (uInt)plain.length;
    z.next_out = (Bytef *)room;
    z.avail_out = clamp(size);
    if (deflate(&z, Z_FINISH) == Z_STREAM_END)
        written = z.total_out;
    (void)deflateEnd(&z);
    return written;
}

static size_t
do_brotli(struct text plain, char *room, size_t size)
{
    return BrotliEncoderCompress(BROTLI_EFFORT, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, plain.length,
                                 (const uint8_t *)plain.data, &size, (uint8_t *)room)
               ? size
               : 0;
}

/* With a checksum: what lies on a disk for months should tell when it has changed. */
static size_t
do_zstd(struct text plain, char *room, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t written;

    if (context == NULL)
        return 0;
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_EFFORT);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    written = ZSTD_compress2(context, room, size, plain.data, plain.length);
    (void)ZSTD_freeCCtx(context);
    return ZSTD_isError(written) ? 0 : written;
}

static size_t
worst_case(enum compress_kind kind, size_t length)
{
    switch (kind) {
    case COMPRESS_ZSTD:
        return ZSTD_compressBound(length);
    case COMPRESS_BROTLI:
        return BrotliEncoderMaxCompressedSize(length);
    default:
        return compressBound((uLong)length) + 18; /* gzip's ends are 12 bytes longer than zlib's */
    }
}

enum compress_result
compress_do(enum compress_kind kind, struct text plain, struct buffer *out)
{
    size_t size = worst_case(kind, plain.length), written = 0;
    char *room;

    if (plain.length >= UINT_MAX / 2 || size == 0 || size > out->ceiling - buffer_length(out))
        return COMPRESS_TOO_LARGE;
    if ((room = buffer_room(out, size)) == NULL)
        return COMPRESS_NO_MEMORY;
    if (kind == COMPRESS_GZIP || kind == COMPRESS_DEFLATE)
        written = do_zlib(kind == COMPRESS_GZIP ? GZIP_WINDOW : ZLIB_WINDOW, plain, room, size);
    else if (kind == COMPRESS_BROTLI)
        written = do_brotli(plain, room, size);
    else
        written = do_zstd(plain, room, size);
    if (written == 0)
        return COMPRESS_NO_MEMORY;
    buffer_wrote(out, written);
    return COMPRESS_OK;
}
