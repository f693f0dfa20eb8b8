#include "traffic/recording_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "traffic/recording_files.h"

static uint64_t
folder_size(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    uint64_t bytes = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        struct stat file;

        if (text_ends(text_of(entry->d_name), TEXT(RECORDING_PLAIN)) &&
            fstatat(dirfd(folder), entry->d_name, &file, 0) == 0)
            bytes += (uint64_t)file.st_size;
    }
    if (folder != NULL)
        (void)closedir(folder);
    return bytes;
}

uint64_t
recording_size(const char *path)
{
    struct stat file;

    if (stat(path, &file) < 0)
        return 0;
    if (S_ISDIR(file.st_mode))
        return folder_size(path);
    return S_ISREG(file.st_mode) && !text_ends(text_of(path), TEXT(RECORDING_PACKED)) ? (uint64_t)file.st_size : 0;
}
