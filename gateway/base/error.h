/* error.h -- Plumbline could not do its work: what went wrong, where, and what to do.
 *
 * An error is not a violation: a violation means that Plumbline did its work and the traffic broke the contract.
 * The first error wins, later ones are usually its echoes. NULL for err means that the caller does not care.
 * Lower parts return errors and stay silent; the program band prints them, once. Any thread. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,       /* the command line is wrong: exit 2 */
    ERROR_CONFIG,      /* a settings file, contract or schema is wrong: exit 2 */
    ERROR_INPUT,       /* data to be worked on cannot be read as what it should be: exit 2 */
    ERROR_ENVIRONMENT, /* a file, port, peer or the memory is not there: exit 3 */
};

struct error {
    enum error_kind kind;
    char where[256]; /* contracts/shop.yaml:84:13, a path, an address, or empty */
    char what[512];  /* for a person: one sentence, and what to do */
};

/* Fill err in unless it is already; where may be NULL. Always returns -1, so that `return error_set(...)` is the
 * failing line. */
int error_set(struct error *err, enum error_kind kind, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int error_vset(struct error *err, enum error_kind kind, const char *where, const char *format, va_list arguments);

/* "no memory" as an environment error. Returns -1. */
int error_memory(struct error *err);

/* The same with strerror(errno_value) behind it: "cannot open: No such file or directory". Returns -1. */
int error_system(struct error *err, int errno_value, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What went wrong was asked for at `place` (gateway.yaml:4:11), which becomes where it is; the present where goes in
 * front of what. Nothing happens without an error or a place. Returns -1. */
int error_at(struct error *err, const char *place);

/* Forget what was there. */
void error_clear(struct error *err);

/* The exit code of the program for this kind: 0, 2 or 3. */
int error_exit_code(const struct error *err);

#endif
