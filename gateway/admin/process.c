#include "admin/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"

static void
add(struct buffer *out, const char *name, const char *type, const char *help, double value, int decimals)
{
    buffer_print(out, "# HELP %s %s\n# TYPE %s %s\n%s %.*f\n", name, help, name, type, name, decimals, value);
}

static void
add_processor(struct buffer *out)
{
    struct rusage usage;
    double seconds;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return;
    seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
              (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    add(out, "process_cpu_seconds_total", "counter", "User and system time that was used.", seconds, 6);
}

/* proc(5): sizes in pages, the whole and what of it is in memory. */
static void
add_memory(struct buffer *out)
{
    FILE *file = fopen("/proc/self/statm", "re");
    double page = (double)sysconf(_SC_PAGESIZE);
    char line[128], *end;

    if (file == NULL)
        return;
    if (fgets(line, sizeof(line), file) != NULL) {
        unsigned long whole = strtoul(line, &end, 10), resident = strtoul(end, NULL, 10);

        add(out, "process_virtual_memory_bytes", "gauge", "Size of the address space.", (double)whole * page, 0);
        add(out, "process_resident_memory_bytes", "gauge", "What of it is in memory.", (double)resident * page, 0);
    }
    (void)fclose(file);
}

static void
add_descriptors(struct buffer *out)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit;
    int count = -3; /* ".", ".." and the folder itself */

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        add(out, "process_max_fds", "gauge", "Descriptors that may be open.", (double)limit.rlim_cur, 0);
    if (folder == NULL)
        return;
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    add(out, "process_open_fds", "gauge", "Descriptors that are open.", count, 0);
}

void
process_metrics(struct buffer *out, int64_t started)
{
    buffer_print(out,
                 "# HELP plumbline_build_info The version that runs.\n# TYPE plumbline_build_info gauge\n"
                 "plumbline_build_info{version=\"%s\"} 1\n",
                 PLUMBLINE_VERSION);
    add(out, "process_start_time_seconds", "gauge", "When it was started, since 1970.",
        (double)started / (double)CLOCK_SECOND, 3);
    add_processor(out);
    add_memory(out);
    add_descriptors(out);
}
