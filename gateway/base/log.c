/* log.c -- lines on standard error. */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time_text.h"

static _Atomic int most_level = LOG_INFO;
static _Atomic int line_format = LOG_TEXT;
static _Atomic int descriptor = STDERR_FILENO;

static const char *const names[] = { "error", "warn", "info", "debug" };

void
log_setup(enum log_level most, enum log_format format)
{
    atomic_store(&most_level, most);
    atomic_store(&line_format, format);
}

void
log_to(int fd)
{
    atomic_store(&descriptor, fd);
}

/* The whole line at once. When standard error cannot take it there is nobody left to tell: the line is lost. */
static void
put(char *line, size_t length)
{
    line[length++] = '\n';
    while (write(atomic_load(&descriptor), line, length) < 0 && errno == EINTR)
        ;
}

/* One character of JSON text; how many bytes were needed. `out` has room for six. */
static size_t
json_byte(char *out, unsigned char c)
{
    if (c >= 0x20 && c != '"' && c != '\\') {
        out[0] = (char)c;
        return 1;
    }
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    return (size_t)snprintf(out, 7, "\\u%04x", c);
}

/* Bytes that are no UTF-8 would make the whole line unreadable for JSON readers; then all above ASCII is shown as
 * '?'. */
static size_t
add_message(char *line, size_t at, size_t room, struct text message, bool json)
{
    bool utf8 = text_is_utf8(message);

    for (size_t i = 0; i < message.length && at + 16 < room; i++) {
        unsigned char c = (unsigned char)message.data[i];

        if (c >= 0x80 && !utf8)
            c = '?';
        if (json)
            at += json_byte(line + at, c);
        else
            line[at++] = (char)(c < 0x20 || c == 0x7f ? ' ' : c);
    }
    return at;
}

/* A cut may go through a character: take what is left of it off. */
static size_t
whole_characters(const char *text, size_t length)
{
    size_t end = length;

    while (end > 0 && ((unsigned char)text[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && ((unsigned char)text[end - 1] & 0xC0) == 0xC0 &&
        !text_is_utf8(text_make(text + end - 1, length - end + 1)))
        return end - 1;
    return length;
}

void
log_vline(enum log_level level, const char *format, va_list arguments)
{
    char message[LOG_LINE], line[LOG_LINE * 2];
    bool json = atomic_load(&line_format) == LOG_JSON;
    struct text time;
    int length, head;
    size_t used;

    if ((int)level > atomic_load(&most_level))
        return;
    length = vsnprintf(message, sizeof message, format, arguments);
    if (length < 0)
        return;
    used = (size_t)length;
    if (used >= sizeof message)
        used = whole_characters(message, sizeof message - 1);
    time = time_text_rfc3339(clock_wall(), 3);
    head = snprintf(line, sizeof line, json ? "{\"time\":\"%.*s\",\"level\":\"%s\",\"message\":\"" : "%.*s %-5s ",
                    TEXT_PRINT(time), names[level]);
    used = add_message(line, (size_t)head, sizeof line, text_make(message, used), json);
    if (json) {
        line[used++] = '"';
        line[used++] = '}';
    }
    put(line, used);
}

void
log_line(enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vline(level, format, arguments);
    va_end(arguments);
}

void
log_error(enum log_level level, const char *doing, const struct error *err)
{
    log_line(level, "%s%s%s%s%s", doing != NULL ? doing : "", doing != NULL ? ": " : "", err->where,
             err->where[0] != '\0' ? ": " : "", err->what);
}

void
log_raw(struct text line)
{
    struct iovec parts[2] = { { .iov_base = (void *)(uintptr_t)line.data, .iov_len = line.length },
                              { .iov_base = (void *)(uintptr_t) "\n", .iov_len = 1 } };

    while (writev(atomic_load(&descriptor), parts, 2) < 0 && errno == EINTR)
        ;
}
