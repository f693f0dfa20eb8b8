/* error.c -- the one shape of an error. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

int
error_vset(struct error *err, enum error_kind kind, const char *where, const char *format, va_list arguments)
{
    if (err == NULL || err->kind != ERROR_NONE)
        return -1;
    err->kind = kind;
    (void)snprintf(err->where, sizeof err->where, "%s", where != NULL ? where : "");
    (void)vsnprintf(err->what, sizeof err->what, format, arguments);
    return -1;
}

int
error_set(struct error *err, enum error_kind kind, const char *where, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)error_vset(err, kind, where, format, arguments);
    va_end(arguments);
    return -1;
}

int
error_memory(struct error *err)
{
    return error_set(err, ERROR_ENVIRONMENT, NULL, "no memory");
}

int
error_system(struct error *err, int errno_value, const char *where, const char *format, ...)
{
    va_list arguments;
    char reason[128];
    size_t used;

    if (err == NULL || err->kind != ERROR_NONE)
        return -1;
    va_start(arguments, format);
    (void)error_vset(err, ERROR_ENVIRONMENT, where, format, arguments);
    va_end(arguments);
    used = strlen(err->what);
    /* the GNU strerror_r: thread-safe, gives the text back */
    (void)snprintf(err->what + used, sizeof err->what - used, ": %s", strerror_r(errno_value, reason, sizeof reason));
    return -1;
}

int
error_at(struct error *err, const char *place)
{
    struct error inner;

    if (err == NULL || err->kind == ERROR_NONE || place == NULL || place[0] == '\0')
        return -1;
    inner = *err;
    (void)snprintf(err->where, sizeof err->where, "%s", place);
    if (inner.where[0] != '\0')
        (void)snprintf(err->what, sizeof err->what, "%s: %.*s", inner.where,
                       (int)(sizeof err->what - sizeof err->where - 3), inner.what);
    return -1;
}

void
error_clear(struct error *err)
{
    if (err == NULL)
        return;
    err->kind = ERROR_NONE;
    err->where[0] = '\0';
    err->what[0] = '\0';
}

int
error_exit_code(const struct error *err)
{
    if (err == NULL || err->kind == ERROR_NONE)
        return 0;
    return err->kind == ERROR_ENVIRONMENT ? 3 : 2;
}
