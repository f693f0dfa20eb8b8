/* spool.c -- see spool.h. */
#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64 * 1024)

/* Readable for its owner alone, and gone from the folder at once: there may be secrets in it. */
static int
temporary_file(struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof path, "%s/plumbline-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return error_system(err, errno, path, "cannot make a temporary file for standard input (TMPDIR)");
    (void)unlink(path);
    return fd;
}

static int
put(int fd, const char *bytes, size_t count, struct error *err)
{
    while (count > 0) {
        ssize_t done = write(fd, bytes, count);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return error_system(err, errno, SPOOL_NAME, "cannot be kept in a temporary file (TMPDIR)");
        bytes += done;
        count -= (size_t)done;
    }
    return 0;
}

static int
copy(int fd, struct error *err)
{
    static char piece[PIECE];

    for (;;) {
        ssize_t got = read(STDIN_FILENO, piece, sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(err, errno, SPOOL_NAME, "cannot be read");
        if (got == 0)
            return 0;
        if (put(fd, piece, (size_t)got, err) < 0)
            return -1;
    }
}

int
spool_fill(struct spool *spool, struct error *err)
{
    if (spool->fd >= 0)
        return 0;
    spool->fd = temporary_file(err);
    if (spool->fd < 0)
        return -1;
    (void)snprintf(spool->path, sizeof spool->path, "/proc/self/fd/%d", spool->fd);
    return copy(spool->fd, err);
}

void
spool_rename(const struct spool *spool, struct error *err)
{
    size_t length = strlen(spool->path);
    char rest[sizeof err->where];

    if (spool->fd < 0 || err->kind == ERROR_NONE || strncmp(err->where, spool->path, length) != 0)
        return;
    (void)snprintf(rest, sizeof rest, "%s", err->where + length);
    (void)snprintf(err->where, sizeof err->where, SPOOL_NAME "%.200s", rest);
}

void
spool_release(struct spool *spool)
{
    if (spool->fd >= 0)
        (void)close(spool->fd);
    spool->fd = -1;
}
