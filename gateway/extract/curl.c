/* curl.c -- a curl command as code shows it. */
#include "extract/message.h"
#include "extract/wording.h"

struct shell {
    struct text code;
    size_t at;
};

/* White space, and a "\" at the end of a line. A line that ends otherwise ends the command. */
static bool
skip_blanks(struct shell *s)
{
    while (s->at < s->code.length) {
        char c = s->code.data[s->at], next = s->at + 1 < s->code.length ? s->code.data[s->at + 1] : '\n';

        if ((unsigned char)c <= ' ' && c != '\n')
            s->at++;
        else if ((c == '\\' || c == '^') && (next == '\n' || next == '\r'))
            s->at += next == '\r' && s->at + 2 < s->code.length ? 3 : 2;
        else
            return c != '\n';
    }
    s->at = s->code.length;
    return false;
}

/* Behind the quoted text that begins here. */
static void
skip_quoted(struct shell *s)
{
    char quote = s->code.data[s->at++];

    while (s->at < s->code.length && s->code.data[s->at] != quote)
        s->at += s->code.data[s->at] == '\\' && quote == '"' ? 2 : 1;
    s->at = s->at < s->code.length ? s->at + 1 : s->code.length;
}

/* One word, up to white space that is in no quotes. A stretch of the source: what is in its quotes when they hold all
 * of it, else as it stands; escapes stay as they are. */
static struct text
take_word(struct shell *s)
{
    size_t start;
    bool whole = false;

    if (s->at + 1 < s->code.length && s->code.data[s->at] == '$' && s->code.data[s->at + 1] == '\'')
        s->at++;
    start = s->at;
    while (s->at < s->code.length && (unsigned char)s->code.data[s->at] > ' ') {
        char c = s->code.data[s->at];

        if (c == '\'' || c == '"') {
            whole = s->at == start;
            skip_quoted(s);
        } else {
            whole = false;
            s->at++;
        }
    }
    if (whole && s->at - start >= 2)
        return text_slice(s->code, start + 1, s->at - start - 2);
    return text_slice(s->code, start, s->at - start);
}

/* What an option means that has a value; 0 for those that are nothing to us. */
static char
meaning_of(struct text option)
{
    static const struct {
        const char *names;
        char meaning;
    } options[] = {
        { "-X|--request", 'X' },
        { "-H|--header", 'H' },
        { "-d|--data|--data-raw|--data-binary|--data-ascii|--data-urlencode|--json", 'd' },
        { "-F|--form|--form-string", 'F' },
        { "-u|--user", 'u' },
        { "--url", 'l' },
        { "-o|--output|-A|--user-agent|-b|--cookie|-c|--cookie-jar|-e|--referer|-m|--max-time|--connect-timeout|-w|"
          "--write-out|--cacert|--cert|--key|-x|--proxy|--retry|-T|--upload-file",
          '-' },
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        struct text_split split = text_split_start(text_of(options[i].names));
        struct text name;

        while (text_split_next(&split, '|', &name))
            if (text_equal(name, option))
                return options[i].meaning;
    }
    return 0;
}

static void
take_value(struct message *m, char meaning, struct text value)
{
    if (meaning == 'X') {
        m->method = method_of(value);
    } else if (meaning == 'H' && m->header_count < MESSAGE_HEADERS) {
        m->headers[m->header_count++] = value;
    } else if ((meaning == 'd' || meaning == 'F') && m->data_count < MESSAGE_DATA) {
        m->data[m->data_count++] = value;
        m->form = m->form || meaning == 'F';
    } else if (meaning == 'u') {
        m->basic = true;
    } else if (meaning == 'l') {
        m->target = value;
    }
}

static void
take_option(struct message *m, struct shell *s)
{
    size_t start = s->at;
    struct text option;
    char meaning;

    /* -XPOST, -d'{…}': the value in the same word */
    if (s->at + 2 < s->code.length && s->code.data[s->at + 1] != '-' &&
        strchr("XHduF", s->code.data[s->at + 1]) != NULL && (unsigned char)s->code.data[s->at + 2] > ' ') {
        s->at += 2;
        take_value(m, meaning_of(text_slice(s->code, start, 2)), take_word(s));
        return;
    }
    option = take_word(s);
    if (text_find(option, '=') < option.length && text_starts(option, TEXT("--"))) {
        take_value(m, meaning_of(text_slice(option, 0, text_find(option, '='))),
                   text_from(option, text_find(option, '=') + 1));
        return;
    }
    m->query = m->query || text_equal(option, TEXT("-G")) || text_equal(option, TEXT("--get"));
    if (text_equal(option, TEXT("-I")) || text_equal(option, TEXT("--head")))
        m->method = METHOD_HEAD;
    meaning = meaning_of(option);
    for (size_t i = 0; i < 5 && option.length > 2 && option.data[1] != '-';
         i++) /* -sX: the last letter wants a value */
        if (option.data[option.length - 1] == "XHduF"[i])
            meaning = "XHduF"[i];
    if (meaning != 0 && skip_blanks(s))
        take_value(m, meaning, take_word(s));
}

bool
message_curl(struct message *m, struct text code)
{
    struct shell s = { .code = code };

    *m = (struct message){ .method = METHOD_COUNT };
    while (s.at < code.length &&
           ((unsigned char)code.data[s.at] <= ' ' || code.data[s.at] == '$' || code.data[s.at] == '>'))
        s.at++;
    if (!text_equal_nocase(text_slice(code, s.at, 4), TEXT("curl")) || !text_equal_nocase(take_word(&s), TEXT("curl")))
        return false;
    while (skip_blanks(&s)) {
        char c = code.data[s.at];

        if (c == '|' || c == ';' || c == '&')
            break;
        if (c == '-')
            take_option(m, &s);
        else if (m->target.length == 0)
            m->target = take_word(&s);
        else
            (void)take_word(&s);
    }
    if (m->method == METHOD_COUNT)
        m->method = m->data_count > 0 && !m->query ? METHOD_POST : METHOD_GET;
    while (s.at < code.length && code.data[s.at] != '\n')
        s.at++;
    m->end = s.at;
    return m->target.length > 0;
}
