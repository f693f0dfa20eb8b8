/* label.c -- what a line says that the next ones are about. */
#include "extract/label.h"

#include "extract/wording.h"

#define REASONS                                                                                                        \
    "ok|created|accepted|no|partial|moved|found|see|not|temporary|permanent|bad|unauthorized|unauthorised|payment|"    \
    "forbidden|method|request|conflict|gone|precondition|payload|unsupported|unprocessable|locked|too|internal|"       \
    "server|"                                                                                                          \
    "service|gateway|response|error|success|invalid|status|successful"

/* ---- statuses ---- */

static unsigned
status_of(struct text word)
{
    if (word.length != 3 || word.data[0] < '1' || word.data[0] > '5' || !is_digit(word.data[1]) ||
        !is_digit(word.data[2]))
        return 0;
    return (unsigned)(word.data[0] - '0') * 100 + (unsigned)(word.data[1] - '0') * 10 + (unsigned)(word.data[2] - '0');
}

/* Is a number at the beginning a status, and not a count of something? */
static bool
is_status_behind(struct text rest)
{
    struct text word, t = wording_trim(rest);

    while (t.length > 0 && (strchr("*`_)", t.data[0]) != NULL || is_blank(t.data[0])))
        t = text_from(t, 1);
    if (t.length == 0 || strchr(":-=|([,/", t.data[0]) != NULL || (unsigned char)t.data[0] >= 0x80)
        return true;
    return wording_next(&t, &word) && wording_are(word, REASONS);
}

unsigned
label_status(struct text t, struct text *rest)
{
    struct text left = text_slice(t, 0, 512), word, before = { NULL, 0 };
    bool first = true;

    while (wording_next(&left, &word)) {
        unsigned status = status_of(word);
        bool marked = word.data > t.data && strchr("(`", word.data[-1]) != NULL;

        if (status != 0 && word.data > t.data && strchr("./$-", word.data[-1]) != NULL && !first)
            status = 0; /* a part of a number or a path */
        if (status != 0 && left.length > 1 && strchr(".:/", left.data[0]) != NULL && is_digit(left.data[1]))
            status = 0;
        if (status != 0 && ((first && is_status_behind(left)) || (marked && is_status_behind(left)) ||
                            wording_are(before, "status|code|http|response|error|returns|return|respond|responds|1|2|"
                                                "answers|with|a|an|gives|is|get|be"))) {
            *rest = left;
            return status;
        }
        before = word;
        first = false;
    }
    return 0;
}

/* ---- labels ---- */

static enum label_kind
kind_of(struct text head)
{
    bool parameters = wording_have(head, "parameter|param|argument|args|attribute|field|propertie|property|variable");
    bool request = wording_have(head, "request|payload|body|input|send|sends|post data");
    bool response = wording_have(head, "response|return|returns|returned|output|reply|result|answer|responds");

    if (wording_have(head, "endpoint|url|uri|route|path|urls") && !parameters && !response)
        return wording_have(head, "base|root|host|server") ? LABEL_BASE : LABEL_ENDPOINT;
    if (wording_have(head, "host|server|baseurl") && wording_count(head, 4) <= 3)
        return LABEL_BASE;
    if (wording_have(head, "header"))
        return response ? LABEL_RESPONSE : LABEL_HEADERS;
    if (wording_have(head, "query|querystring"))
        return LABEL_QUERY;
    if (parameters && wording_have(head, "path|uri"))
        return LABEL_PATH;
    if (!request && wording_have(head, "error|failure|statuses|troubleshooting") &&
        (!response || wording_have(head, "error")))
        return LABEL_STATUSES;
    if (wording_have(head, "status|http|response|return") && wording_have(head, "code"))
        return LABEL_STATUSES;
    if (wording_are(head, "codes|response codes|http codes"))
        return LABEL_STATUSES;
    if (response)
        return LABEL_RESPONSE;
    if (request || (wording_have(head, "data") && wording_count(head, 4) <= 3))
        return LABEL_REQUEST;
    if (parameters)
        return LABEL_PARAMETERS;
    return wording_have(head, "method|verb") && wording_count(head, 4) <= 3 ? LABEL_METHOD : LABEL_NONE;
}

/* Are all words, up to "for", such that only labels are made of them? "Response body", but not "Access requests". */
static bool
is_made_of_labels(struct text head)
{
    struct text word;

    while (wording_next(&head, &word) && !wording_are(word, "for|when|if"))
        if (word.length > 3 &&
            !wording_are(
                word,
                "request|response|body|bodie|payload|input|output|example|sample|http|json|data|schema|format|"
                "parameter|param|argument|args|attribute|field|property|propertie|variable|header|query|path|url|"
                "string|status|statuses|code|error|failure|success|successful|return|returned|result|reply|answer|"
                "content|type|optional|required|possible|common|endpoint|route|method|verb|base|root|host|server|"
                "troubleshooting|form|object|post|send|html|with|structure"))
            return false;
    return true;
}

/* Where the colon of "Name: value" is; t.length when there is none of that kind. */
static size_t
colon_of(struct text t)
{
    for (size_t i = 0; i < t.length && i < 160; i++) {
        char next = i + 1 < t.length ? t.data[i + 1] : ' ';

        if (t.data[i] == '`' || t.data[i] == '/') /* what follows is no name */
            return t.length;
        if (t.data[i] == ':' && (is_blank(next) || strchr("*_`", next) != NULL))
            return i;
    }
    return t.length;
}

static bool
is_bold(struct text line)
{
    line = wording_trim(line);
    return line.length > 4 && ((text_starts(line, TEXT("**")) && text_ends(line, TEXT("**"))) ||
                               (text_starts(line, TEXT("__")) && text_ends(line, TEXT("__"))) ||
                               (line.data[0] == '*' && text_ends(line, TEXT("*"))));
}

void
label_read(struct text line, bool heading, struct label *label)
{
    struct text bare = wording_bare(line), head;
    size_t colon = colon_of(bare);
    unsigned most = heading ? 8 : 4;

    *label = (struct label){ .kind = LABEL_NONE };
    if (text_starts(bare, TEXT("HTTP/")) && (label->status = label_status(bare, &label->reason)) != 0) {
        label->kind = LABEL_RESPONSE;
        return;
    }
    head = text_slice(bare, 0, colon);
    label->value = colon < bare.length ? wording_bare(text_from(bare, colon + 1)) : (struct text){ NULL, 0 };
    if (heading || is_bold(line))
        most = 8;
    else if (colon + 1 >= bare.length && colon < bare.length)
        most = 14; /* a sentence that announces what follows */
    else if (colon < bare.length)
        most = 6;
    label->status = label_status(head, &label->reason);
    if (label->status == 0 && colon < bare.length && wording_have(head, "status|code|response|returns|http"))
        label->status = label_status(label->value, &label->reason);
    if (wording_count(head, most + 1) > most) {
        if (label->status != 0 && head.length > 0 && !is_digit(head.data[0]))
            label->status = 0;
        else if (label->status != 0)
            label->kind = LABEL_RESPONSE;
        return;
    }
    if (most != 8 || is_made_of_labels(head))
        label->kind = kind_of(head);
    if (label->status != 0 && label->kind != LABEL_REQUEST)
        label->kind = LABEL_RESPONSE;
    if (label->status == 0 && label->kind == LABEL_NONE)
        return;
    if (label->reason.length == 0 && label->status != 0)
        label->reason = label->value;
}
