/* problem.c -- application/problem+json (RFC 9457). */
#include "http/problem.h"

#include "json/write.h"

struct status_row {
    uint16_t status;
    struct text reason;
};

#define STATUS(code, phrase)                                                                                           \
    {                                                                                                                  \
        code,                                                                                                          \
        {                                                                                                              \
            phrase, sizeof(phrase) - 1                                                                                 \
        }                                                                                                              \
    }

/* RFC 9110 15, and the registered ones of RFC 2518, 4918, 5842, 6585, 7725, 8297, 8470. Ascending. */
static const struct status_row statuses[] = {
    STATUS(100, "Continue"),
    STATUS(101, "Switching Protocols"),
    STATUS(102, "Processing"),
    STATUS(103, "Early Hints"),
    STATUS(200, "OK"),
    STATUS(201, "Created"),
    STATUS(202, "Accepted"),
    STATUS(203, "Non-Authoritative Information"),
    STATUS(204, "No Content"),
    STATUS(205, "Reset Content"),
    STATUS(206, "Partial Content"),
    STATUS(207, "Multi-Status"),
    STATUS(208, "Already Reported"),
    STATUS(226, "IM Used"),
    STATUS(300, "Multiple Choices"),
    STATUS(301, "Moved Permanently"),
    STATUS(302, "Found"),
    STATUS(303, "See Other"),
    STATUS(304, "Not Modified"),
    STATUS(305, "Use Proxy"),
    STATUS(307, "Temporary Redirect"),
    STATUS(308, "Permanent Redirect"),
    STATUS(400, "Bad Request"),
    STATUS(401, "Unauthorized"),
    STATUS(402, "Payment Required"),
    STATUS(403, "Forbidden"),
    STATUS(404, "Not Found"),
    STATUS(405, "Method Not Allowed"),
    STATUS(406, "Not Acceptable"),
    STATUS(407, "Proxy Authentication Required"),
    STATUS(408, "Request Timeout"),
    STATUS(409, "Conflict"),
    STATUS(410, "Gone"),
    STATUS(411, "Length Required"),
    STATUS(412, "Precondition Failed"),
    STATUS(413, "Content Too Large"),
    STATUS(414, "URI Too Long"),
    STATUS(415, "Unsupported Media Type"),
    STATUS(416, "Range Not Satisfiable"),
    STATUS(417, "Expectation Failed"),
    STATUS(421, "Misdirected Request"),
    STATUS(422, "Unprocessable Content"),
    STATUS(423, "Locked"),
    STATUS(424, "Failed Dependency"),
    STATUS(425, "Too Early"),
    STATUS(426, "Upgrade Required"),
    STATUS(428, "Precondition Required"),
    STATUS(429, "Too Many Requests"),
    STATUS(431, "Request Header Fields Too Large"),
    STATUS(451, "Unavailable For Legal Reasons"),
    STATUS(500, "Internal Server Error"),
    STATUS(501, "Not Implemented"),
    STATUS(502, "Bad Gateway"),
    STATUS(503, "Service Unavailable"),
    STATUS(504, "Gateway Timeout"),
    STATUS(505, "HTTP Version Not Supported"),
    STATUS(506, "Variant Also Negotiates"),
    STATUS(507, "Insufficient Storage"),
    STATUS(508, "Loop Detected"),
    STATUS(511, "Network Authentication Required"),
};

struct text
status_reason(uint16_t status)
{
    size_t low = 0, high = sizeof statuses / sizeof statuses[0];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (statuses[middle].status == status)
            return statuses[middle].reason;
        if (statuses[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return TEXT("Unknown");
}

static void
member(struct json_writer *w, struct text key, struct text value)
{
    if (value.length == 0)
        return;
    json_key(w, key);
    json_string(w, value);
}

static void
write_item(struct json_writer *w, const struct problem_item *item)
{
    json_object(w);
    if (item->place.length > 0) {
        member(w, TEXT("place"), item->place);
    } else { /* the empty pointer is a place too: the whole body */
        JSON_KEY(w, "pointer");
        json_string(w, item->pointer);
    }
    member(w, TEXT("keyword"), item->keyword);
    member(w, TEXT("detail"), item->detail);
    member(w, TEXT("expected"), item->expected);
    member(w, TEXT("found"), item->found);
    json_end_object(w);
}

/* Nothing has a type of its own, so `title` is the reason phrase unless a better one is given (RFC 9457 4.2.1). */
void
problem_write(struct buffer *out, const struct problem *p)
{
    struct json_writer w;

    json_begin(&w, out, 0);
    json_object(&w);
    member(&w, TEXT("type"), p->type);
    member(&w, TEXT("title"), p->title.length > 0 ? p->title : status_reason(p->status));
    JSON_KEY(&w, "status");
    json_integer(&w, p->status);
    member(&w, TEXT("detail"), p->detail);
    member(&w, TEXT("exchange"), p->exchange);
    if (p->item_count > 0) {
        JSON_KEY(&w, "errors");
        json_array(&w);
        for (size_t i = 0; i < p->item_count; i++)
            write_item(&w, &p->items[i]);
        json_end_array(&w);
    }
    json_end_object(&w);
}
