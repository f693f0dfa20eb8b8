/* disk.c -- a disk as a test wants it: fdatasync that waits while there is a file `hold` in $DISK, and fails while there
 * is a file `fail`. Every call adds a byte to the file `syncs`. Preloaded by disk.mjs. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *
path_of(const char *name)
{
    static _Thread_local char path[4096];
    const char *folder = getenv("DISK");

    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/nonexistent", name);
    return path;
}

int
fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int log = open(path_of("syncs"), O_WRONLY | O_CREAT | O_APPEND, 0600);

    if (log >= 0) {
        (void)!write(log, ".", 1);
        (void)close(log);
    }
    while (access(path_of("hold"), F_OK) == 0)
        (void)usleep(1000);
    if (access(path_of("fail"), F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}
