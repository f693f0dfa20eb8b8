/* embedded.h -- files that are part of the program, so that it needs no data folder when it is installed.
 *
 *   docs/schema/NAME.json          "schema/NAME.json"
 *   docs/schema/DIR/NAME.json      "schema/DIR/NAME.json"
 *   gateway/admin/ui/NAME          "ui/NAME"
 *   gateway/report/ui/NAME         "report/ui/NAME"
 *
 * The build writes the table (gateway/base/embed.sh); a new file needs no edit. Everything here is constant for the
 * life of the program and may be read by any thread. */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *name;
    const char *data; /* followed by a NUL that is not counted */
    size_t size;
};

/* Ends with an entry whose name is NULL. */
extern const struct embedded embedded_table[];

/* The file of that name, or NULL. */
const struct embedded *embedded_find(const char *name);

#endif
