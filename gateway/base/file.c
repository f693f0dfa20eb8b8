/* file.c -- whole files and folders. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_trace.h"
#include "base/limits.h"

#define FIRST_READ (64 * LIMIT_KIB)

/* Until the end of the file. Its size is only a first guess: pipes and /proc say 0. */
static int
read_all(int fd, size_t guess, struct text *content, const char *path, struct arena *arena, struct error *err)
{
    size_t length = 0, capacity = guess > 0 ? guess + 1 : FIRST_READ;
    char *data = arena_alloc(arena, capacity);

    for (;;) {
        ssize_t got;

        if (data == NULL)
            return error_set(err, ERROR_ENVIRONMENT, path, "the file needs more memory than there is");
        if (length + 1 == capacity) {
            data = arena_grow(arena, data, capacity, capacity * 2);
            capacity *= 2;
            continue;
        }
        got = read(fd, data + length, capacity - length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(err, errno, path, "cannot read the file");
        if (got == 0)
            break;
        length += (size_t)got;
        if (length > LIMIT_FILE_BYTES)
            return error_set(err, ERROR_INPUT, path, "the file is larger than %zu MiB", LIMIT_FILE_BYTES / LIMIT_MIB);
    }
    data[length] = '\0';
    *content = text_make(data, length);
    return 0;
}

static int
read_open(int fd, struct text *content, const char *path, struct arena *arena, struct error *err)
{
    struct stat about;

    if (fstat(fd, &about) < 0)
        return error_system(err, errno, path, "cannot read the file");
    if (S_ISDIR(about.st_mode))
        return error_set(err, ERROR_ENVIRONMENT, path, "this is a folder, not a file");
    if (about.st_size > (off_t)LIMIT_FILE_BYTES)
        return error_set(err, ERROR_INPUT, path, "the file is larger than %zu MiB", LIMIT_FILE_BYTES / LIMIT_MIB);
    /* one more than the file has, so that its end is seen without growing */
    return read_all(fd, S_ISREG(about.st_mode) && about.st_size > 0 ? (size_t)about.st_size + 1 : 0, content, path,
                    arena, err);
}

int
file_read(struct text *content, const char *path, struct arena *arena, struct error *err)
{
    int fd, result;

    if (strcmp(path, "-") == 0)
        return read_open(STDIN_FILENO, content, "standard input", arena, err);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_system(err, errno, path, "cannot open the file");
        file_trace_note(path, text_make(NULL, 0));
        return -1;
    }
    result = read_open(fd, content, path, arena, err);
    (void)close(fd);
    file_trace_note(path, result == 0 ? *content : text_make(NULL, 0));
    return result;
}

static bool
write_all(int fd, struct text content)
{
    while (content.length > 0) {
        ssize_t put = write(fd, content.data, content.length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        content = text_from(content, (size_t)put);
    }
    return fsync(fd) == 0;
}

int
file_write(const char *path, struct text content, mode_t mode, struct error *err)
{
    char beside[PATH_MAX];
    int fd, failure = 0;

    if (snprintf(beside, sizeof beside, "%s.new-XXXXXX", path) >= (int)sizeof beside)
        return error_system(err, ENAMETOOLONG, path, "cannot write the file");
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return error_system(err, errno, path, "cannot write the file");
    if (fchmod(fd, mode) < 0 || !write_all(fd, content))
        failure = errno;
    if (close(fd) < 0 && failure == 0)
        failure = errno;
    if (failure == 0 && rename(beside, path) < 0)
        failure = errno;
    if (failure == 0)
        return 0;
    (void)unlink(beside);
    return error_system(err, failure, path, "cannot write the file");
}

int
file_make_folder(const char *path, mode_t mode, struct error *err)
{
    char part[PATH_MAX];
    size_t length = strlen(path);

    if (length >= sizeof part)
        return error_system(err, ENAMETOOLONG, path, "cannot make the folder");
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (i < length && part[i] != '/')
            continue;
        part[i] = '\0';
        if (mkdir(part, mode) < 0 && (errno != EEXIST || !file_is_folder(part))) {
            int reason = errno == EEXIST ? ENOTDIR : errno;

            return error_system(err, reason, path, "cannot make the folder");
        }
        part[i] = path[i];
    }
    return 0;
}

bool
file_exists(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0;
}

bool
file_is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Add the names of an open folder; false when there is no memory. */
static bool
collect(DIR *folder, struct arena *arena, const char ***names, size_t *count)
{
    size_t capacity = 0;
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (*count == capacity) {
            size_t larger = capacity > 0 ? capacity * 2 : 32;

            *names = arena_grow(arena, *names, capacity * sizeof **names, larger * sizeof **names);
            capacity = larger;
        }
        if (*names == NULL || ((*names)[*count] = arena_text(arena, text_of(entry->d_name)).data) == NULL)
            return false;
        ++*count;
    }
    return true;
}

int
file_list(const char *path, struct arena *arena, const char ***names, size_t *count, struct error *err)
{
    DIR *folder = opendir(path);
    const char **found = NULL;
    size_t number = 0;
    bool whole;

    if (folder == NULL)
        return error_system(err, errno, path, "cannot open the folder");
    whole = collect(folder, arena, &found, &number);
    (void)closedir(folder);
    if (!whole)
        return error_memory(err);
    if (number > 0)
        qsort(found, number, sizeof *found, by_bytes);
    *names = found;
    *count = number;
    return 0;
}

const char *
file_real_path(const char *path, struct arena *arena, struct error *err)
{
    char real[PATH_MAX];
    const char *copy;

    if (realpath(path, real) == NULL) {
        (void)error_system(err, errno, path, "cannot find the file");
        return NULL;
    }
    copy = arena_text(arena, text_of(real)).data;
    if (copy == NULL)
        (void)error_memory(err);
    return copy;
}

bool
file_is_below(const char *inside, const char *folder)
{
    struct text in = text_of(inside), top = text_of(folder);

    if (text_equal(top, TEXT("/")))
        return text_starts(in, top);
    return text_starts(in, top) && (in.length == top.length || in.data[top.length] == '/');
}

const char *
file_beside(const char *from, const char *path, struct arena *arena)
{
    size_t folder = (size_t)(file_name(from) - from);

    if (path[0] == '/')
        folder = 0;
    return arena_print(arena, "%.*s%s", (int)folder, from, path).data;
}

const char *
file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}
