/* git.c -- run git, read what it writes. */
#include "cli/git.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"

/* In the child: its output and messages go to the pipes. */
static void
become_git(const char *const *argv, const int out[2], const int messages[2])
{
    (void)dup2(out[1], STDOUT_FILENO);
    (void)dup2(messages[1], STDERR_FILENO);
    for (int i = 0; i < 2; i++) {
        (void)close(out[i]);
        (void)close(messages[i]);
    }
    (void)setenv("LC_ALL", "C", 1);
    (void)execvp("git", (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* To its end. False: it is too large. */
static bool
drain(int from, struct buffer *into)
{
    for (;;) {
        char *room = buffer_room(into, 64 * LIMIT_KIB);
        ssize_t got = room != NULL ? read(from, room, 64 * LIMIT_KIB) : -1;

        if (got > 0)
            buffer_wrote(into, (size_t)got);
        else if (got == 0 || errno != EINTR || room == NULL)
            return got == 0;
    }
}

/* The first line of what git complains about, without its "fatal: ". */
static struct text
complaint(const struct buffer *messages)
{
    struct text t = buffer_text(messages);

    t = text_slice(t, 0, text_find(t, '\n'));
    return text_starts(t, TEXT("fatal: ")) ? text_from(t, 7) : t;
}

static int
wait_for(pid_t child, const struct buffer *messages, struct error *err)
{
    struct text why = complaint(messages);
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return error_set(err, ERROR_ENVIRONMENT, "git", "cannot be run; is it installed?");
    return error_set(err, ERROR_CONFIG, "git", "%.*s", TEXT_PRINT(why.length > 0 ? why : TEXT("it failed")));
}

int
git_read(const char *const *argv, struct buffer *out, struct error *err)
{
    int pipes[2][2] = { { -1, -1 }, { -1, -1 } };
    struct buffer messages;
    pid_t child = -1;
    bool whole = false;
    int result;

    if (pipe(pipes[0]) == 0 && pipe(pipes[1]) == 0)
        child = fork();
    if (child == 0)
        become_git(argv, pipes[0], pipes[1]);
    result = child < 0 ? error_system(err, errno, "git", "cannot be run") : 0;
    for (int i = 0; i < 2; i++)
        if (pipes[i][1] >= 0)
            (void)close(pipes[i][1]);
    buffer_init(&messages, LIMIT_MIB);
    if (child > 0) {
        whole = drain(pipes[0][0], out);
        (void)drain(pipes[1][0], &messages); /* a few lines, which the pipe holds meanwhile */
    }
    for (int i = 0; i < 2; i++)
        if (pipes[i][0] >= 0)
            (void)close(pipes[i][0]);
    if (child > 0)
        result = wait_for(child, &messages, err);
    if (result == 0 && !whole)
        result =
            error_set(err, ERROR_INPUT, "git", "what it shows is larger than %zu MiB", LIMIT_FILE_BYTES / LIMIT_MIB);
    buffer_release(&messages);
    return result;
}
