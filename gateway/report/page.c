#include "report/page.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/embedded.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/version.h"

static struct text
part(const char *name)
{
    const struct embedded *e = embedded_find(name);

    return e != NULL ? text_make(e->data, e->size) : text_make(NULL, 0);
}

static void
add_policy_hash(struct buffer *out, struct text style)
{
    unsigned char digest[HASH_DIGEST_BYTES];

    if (hash_sha256(style, digest) < 0) {
        out->failed = true;
        return;
    }
    buffer_add(out, TEXT("sha256-"));
    base64_write(out, text_make((const char *)digest, sizeof(digest)));
}

void
page_begin(struct buffer *out, struct text title)
{
    struct text style = part("report/ui/page.css");
    struct buffer hash;

    buffer_init(&hash, 256);
    add_policy_hash(&hash, style);
    markup_fill(out, part("report/ui/head.html").data, (const struct text[]){ buffer_text(&hash), title }, 2);
    MARKUP_RAW(out, "<style>");
    buffer_add(out, style);
    MARKUP_RAW(out, "</style>\n</head>\n<body>\n");
    out->failed = out->failed || buffer_failed(&hash);
    buffer_release(&hash);
}

void
page_filter(struct buffer *out)
{
    buffer_add(out, part("report/ui/filter.html"));
}

void
page_end(struct buffer *out, struct text note)
{
    MARKUP(out, "<footer>Written by plumbline {}. {}</footer>\n</body>\n</html>\n", TEXT(PLUMBLINE_VERSION), note);
}

void
page_tile(struct buffer *out, struct text name, uint64_t number, const char *kind)
{
    MARKUP(out, "<div><dt>{}</dt><dd class=\"{}\">", name, text_of(number > 0 ? kind : ""));
    buffer_print(out, "%" PRIu64 "</dd></div>\n", number);
}

const char *
page_level_class(enum level level)
{
    static const char *const classes[] = { "info", "warn", "bad" };

    return classes[level];
}
