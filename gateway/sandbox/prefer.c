#include "sandbox/prefer.h"

static struct text
unquoted(struct text t)
{
    t = text_trim(t);
    return t.length >= 2 && t.data[0] == '"' && t.data[t.length - 1] == '"' ? text_slice(t, 1, t.length - 2) : t;
}

static void
read_one(struct prefer *prefer, struct text preference)
{
    struct text name = text_trim(text_slice(preference, 0, text_find(preference, '=')));
    struct text value = unquoted(text_from(preference, text_find(preference, '=') + 1));
    uint64_t number;

    if (text_equal_nocase(name, TEXT("code")) && text_to_u64(value, &number) && number >= 200 && number <= 599)
        prefer->code = (uint16_t)number;
    else if (text_equal_nocase(name, TEXT("example")))
        prefer->example = value;
    else if (text_equal_nocase(name, TEXT("dynamic")))
        prefer->dynamic = text_equal_nocase(value, TEXT("true")) || value.length == 0;
}

void
prefer_read(struct prefer *prefer, const struct message *request)
{
    *prefer = (struct prefer){ .code = 0 };
    for (uint32_t i = 0; i < request->header_count; i++) {
        struct text rest = request->headers[i].value, one;

        if (!text_equal_nocase(request->headers[i].name, TEXT("Prefer")))
            continue;
        while (header_list_next(&rest, &one)) {
            /* other tools write `code=404; example=x` */
            struct text_split parts = text_split_start(one);
            struct text part;

            while (text_split_next(&parts, ';', &part))
                read_one(prefer, part);
        }
    }
}
