#include "admin/write.h"

#include "base/time_text.h"

void
write_begin(struct json_writer *w, struct api_call *call)
{
    api_content_type(call, TEXT("application/json"));
    json_begin(w, &call->answer->body, 0);
}

void
write_key(struct json_writer *w, const char *key)
{
    json_key(w, text_of(key));
}

void
write_text(struct json_writer *w, const char *key, struct text value)
{
    json_key(w, text_of(key));
    json_string(w, value);
}

void
write_text_or_null(struct json_writer *w, const char *key, struct text value)
{
    json_key(w, text_of(key));
    if (value.length > 0)
        json_string(w, value);
    else
        json_null(w);
}

void
write_number(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, text_of(key));
    json_integer(w, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void
write_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, text_of(key));
    json_bool(w, value);
}

void
write_time(struct json_writer *w, const char *key, int64_t wall)
{
    write_text_or_null(w, key, wall != 0 ? time_text_rfc3339(wall, 3) : (struct text){ NULL, 0 });
}

void
write_milliseconds(struct json_writer *w, const char *key, int64_t ns)
{
    json_key(w, text_of(key));
    if (ns < 0)
        json_null(w);
    else
        json_double(w, (double)ns / 1e6, 3);
}

struct text
write_mode(enum mode mode)
{
    return mode == MODE_OFF ? TEXT("off") : mode == MODE_OBSERVE ? TEXT("observe") : TEXT("enforce");
}
