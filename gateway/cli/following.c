#include "cli/following.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static volatile sig_atomic_t stopped;

static void
on_signal(int signal)
{
    (void)signal;
    stopped = 1;
}

static void
hold_signals(sigset_t *waiting)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t held;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &held, waiting);
    (void)sigdelset(waiting, SIGINT);
    (void)sigdelset(waiting, SIGTERM);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int
following_start(struct following *f, const char *folder, struct error *err)
{
    f->watch = -1;
    if (!file_is_folder(folder))
        return error_set(err, file_exists(folder) ? ERROR_USAGE : ERROR_ENVIRONMENT, folder,
                         file_exists(folder) ? "only a recording's folder can be followed" : "there is no such folder");
    hold_signals(&f->waiting);
    f->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (f->watch < 0 || inotify_add_watch(f->watch, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
        return error_system(err, errno, folder, "cannot watch the folder");
    return 0;
}

int
following_wait(struct following *f, int milliseconds, struct error *err)
{
    struct pollfd poll = { .fd = f->watch, .events = POLLIN };
    struct timespec most = { .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L };
    char events[4096];

    if (ppoll(&poll, 1, milliseconds < 0 ? NULL : &most, &f->waiting) < 0)
        return errno == EINTR ? 0 : error_system(err, errno, "inotify", "cannot wait");
    while (read(f->watch, events, sizeof events) > 0)
        continue; /* whatever they say, the segments are looked at */
    return 0;
}

bool
following_is_over(void)
{
    return stopped != 0;
}

void
following_end(struct following *f)
{
    if (f->watch >= 0)
        (void)close(f->watch);
    f->watch = -1;
}
