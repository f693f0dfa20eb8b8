#include "base/file_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MOST 40 /* as many as the kernel follows */
#define CHANGES    (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB)

/* One name in one folder. */
struct watched {
    int folder; /* inotify's number for it */
    char *name;
};

struct file_watch {
    int fd;
    struct watched *watched;
    size_t count, room;
};

struct file_watch *
file_watch_new(struct error *err)
{
    struct file_watch *w = calloc(1, sizeof *w);

    if (w == NULL) {
        error_memory(err);
        return NULL;
    }
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (w->fd >= 0)
        return w;
    error_system(err, errno, NULL, "cannot watch files");
    free(w);
    return NULL;
}

void
file_watch_free(struct file_watch *w)
{
    if (w == NULL)
        return;
    (void)close(w->fd);
    for (size_t i = 0; i < w->count; i++)
        free(w->watched[i].name);
    free(w->watched);
    free(w);
}

int
file_watch_fd(const struct file_watch *w)
{
    return w->fd;
}

/* ---- adding ---- */

static int
keep(struct file_watch *w, int folder, const char *name, struct error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->watched[i].folder == folder && strcmp(w->watched[i].name, name) == 0)
            return 0;
    }
    if (w->count == w->room) {
        size_t room = w->room > 0 ? 2 * w->room : 16;
        struct watched *watched = realloc(w->watched, room * sizeof *watched);

        if (watched == NULL)
            return error_memory(err);
        w->watched = watched;
        w->room = room;
    }
    w->watched[w->count] = (struct watched){ .folder = folder, .name = strdup(name) };
    if (w->watched[w->count].name == NULL)
        return error_memory(err);
    w->count++;
    return 0;
}

/* The last segment of the path, in the folder that the rest of it names. */
static int
watch_name(struct file_watch *w, const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    int number;

    if (slash != NULL)
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    number = inotify_add_watch(w->fd, folder, CHANGES | IN_ONLYDIR);
    if (number < 0)
        return error_system(err, errno, path, "cannot watch the folder");
    return keep(w, number, slash != NULL ? slash + 1 : path, err);
}

static bool
is_link(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* Where the link at the end of this path leads, in its place. False: too long. */
static bool
follow(char path[PATH_MAX])
{
    char target[PATH_MAX], whole[2 * PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    const char *slash = strrchr(path, '/');

    if (length <= 0)
        return false;
    target[length] = '\0';
    if (target[0] == '/' || slash == NULL)
        (void)snprintf(whole, sizeof whole, "%s", target);
    else
        (void)snprintf(whole, sizeof whole, "%.*s/%s", (int)(slash - path), path, target);
    return snprintf(path, PATH_MAX, "%s", whole) < PATH_MAX;
}

/* Every link among the folders of this path. */
static int watch_links_above(struct file_watch *w, const char *path, unsigned depth, struct error *err);

/* This path, and where it leads when it is a link. */
static int
watch_chain(struct file_watch *w, const char *path, unsigned depth, struct error *err)
{
    char next[PATH_MAX];

    if (depth > LINKS_MOST || snprintf(next, sizeof next, "%s", path) >= (int)sizeof next)
        return 0;
    if (watch_name(w, path, err) < 0 || watch_links_above(w, path, depth, err) < 0)
        return -1;
    if (!is_link(next) || !follow(next))
        return 0;
    (void)watch_chain(w, next, depth + 1, NULL); /* a link may lead nowhere: it is watched itself */
    return 0;
}

static int
watch_links_above(struct file_watch *w, const char *path, unsigned depth, struct error *err)
{
    char part[PATH_MAX];

    for (const char *slash = strchr(path + (path[0] == '/'), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (is_link(part) && watch_chain(w, part, depth + 1, err) < 0)
            return -1;
    }
    return 0;
}

int
file_watch_add(struct file_watch *w, const char *path, struct error *err)
{
    return watch_chain(w, path, 0, err);
}

/* ---- what happened ---- */

/* A folder that is gone, or events that were lost, concern everybody. */
static bool
concerns(const struct file_watch *w, const struct inotify_event *event)
{
    if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_UNMOUNT)) != 0)
        return true;
    for (size_t i = 0; i < w->count && event->len > 0; i++) {
        if (w->watched[i].folder == event->wd && strcmp(w->watched[i].name, event->name) == 0)
            return true;
    }
    return false;
}

bool
file_watch_read(struct file_watch *w)
{
    _Alignas(struct inotify_event) char buffer[16 * 1024];
    bool some = false;
    ssize_t got;

    while ((got = read(w->fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);

            some = some || concerns(w, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return some;
}
