#include "unit.h"

#include "base/base64.h"
#include "http/drive.h"
#include "json/document.h"

/* The vectors of Node's HTTP parser, when they are there ($PLUMBLINE_SUITES/http1-llhttp/cases.jsonl). Only the strict
 * ones: the lenient modes are what we never do.
 *
 * What llhttp refuses must be refused. What it reads must be read equally, unless tests/cases/http/llhttp.txt names it,
 * with the reason; then it must be refused. Requests often lack Host: it is put in where HTTP/1.1 demands it. */

#define EXCEPTIONS "tests/cases/http/llhttp.txt"

static char *suite;
static char *exceptions;

static int
setup(void **state)
{
    const char *suites = getenv("PLUMBLINE_SUITES");
    char path[4096];

    (void)state;
    snprintf(path, sizeof path, "%s/http1-llhttp/cases.jsonl", suites != NULL ? suites : "");
    if (suites != NULL && *suites != '\0' && access(path, R_OK) == 0)
        suite = unit_read_file(path, NULL);
    else
        print_message("the llhttp vectors are not here: set PLUMBLINE_SUITES\n");
    exceptions = unit_read_file(EXCEPTIONS, NULL);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    free(suite);
    free(exceptions);
    return 0;
}

/* The reason why this case is refused here, or NULL. */
static const char *
exception(struct text id)
{
    char line[128];
    const char *found;

    snprintf(line, sizeof line, "\n%.*s\n", TEXT_PRINT(id));
    found = strstr(exceptions, line);
    return found != NULL ? found + strlen(line) : NULL;
}

/* Where the first line of a message ends, and its head. Both are the length of the bytes when there is no end. */
static void
measure(struct text bytes, size_t *line, size_t *head)
{
    size_t start = 0;

    while (start < bytes.length && (bytes.data[start] == '\r' || bytes.data[start] == '\n'))
        start++;
    *line = start + text_find(text_from(bytes, start), '\n');
    *head = start + text_search(text_from(bytes, start), TEXT("\r\n\r\n"));
}

/* The host that this request line asks for. */
static struct text
host_of(struct text line)
{
    size_t at = text_search(line, TEXT(" http://"));
    struct text host = text_from(line, at + 8);
    size_t end = 0;

    while (end < host.length && memchr("/? ", host.data[end], 3) == NULL)
        end++;
    return end > 0 ? text_slice(host, 0, end) : TEXT("a");
}

/* Append one request, with Host where it lacks; false when it has no whole line. */
static bool
add_host(struct text bytes, struct buffer *out)
{
    size_t line, head;
    char text[4096];

    measure(bytes, &line, &head);
    if (line == bytes.length)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)head, bytes.data);
    buffer_add(out, text_slice(bytes, 0, line + 1));
    if (strcasestr(text, "\nhost:") == NULL)
        buffer_print(out, "Host: %.*s\r\n", TEXT_PRINT(host_of(text_slice(bytes, 0, line))));
    buffer_add(out, text_from(bytes, line + 1));
    return true;
}

static void
record(struct text bytes, bool is_request, struct buffer *out)
{
    struct drive d = {
        .bytes = bytes, .is_request = is_request, .method = TEXT("GET"), .limits = parse_limits_default
    };

    drive_run(&d, out);
}

/* Everything with Host: the messages behind the first get theirs when it is known where they begin. */
static void
record_with_hosts(struct text bytes, struct buffer *out)
{
    struct text rest = bytes;
    bool more = true;

    while (more && rest.length > 0) {
        struct buffer one, told;
        size_t before = buffer_length(out), end;
        struct text marks;

        buffer_init(&one, LIMIT_MIB);
        buffer_init(&told, LIMIT_MIB);
        more = add_host(rest, &one);
        record(more ? buffer_text(&one) : rest, true, &told);
        /* keep what is told of the first message; go on with the bytes behind it */
        marks = text_from(buffer_text(&told), 1);
        end = text_search(marks, TEXT("\nmessage\n")) + 1;
        buffer_add(out, text_slice(buffer_text(&told), 0, end + 1));
        more = more && end < marks.length;
        if (more) {
            struct text behind;
            struct arena *arena = arena_new(0, LIMIT_MIB);
            struct message m;
            struct parse_fault fault;
            size_t seen = 0, used = 0;

            assert_int_equal(parse_request(buffer_text(&one), &seen, &parse_limits_default, arena, &m, &used, &fault),
                             PARSE_DONE);
            assert_true(m.framing != FRAMING_CHUNKED);
            behind = text_from(buffer_text(&one), used + (m.framing == FRAMING_LENGTH ? m.length : 0));
            rest = text_from(rest, rest.length - behind.length);
            arena_free(arena);
        }
        assert_true(buffer_length(out) > before);
        buffer_release(&told);
        buffer_release(&one);
    }
}

/* The first `most` lines that begin with this word, with another in its place. */
static void
told_lines(struct text lines, struct text word, const char *instead, size_t most, struct buffer *out)
{
    struct text_split split = text_split_start(lines);
    struct text line;

    while (text_split_next(&split, '\n', &line) && most > 0) {
        if (!text_starts(line, word))
            continue;
        buffer_print(out, "%s%.*s\n", instead, TEXT_PRINT(text_from(line, word.length)));
        most--;
    }
}

static bool
has_line(struct text lines, const char *word)
{
    return text_search(lines, text_of(word)) < lines.length;
}

/* A header as llhttp tells it: white space still behind the value, tabs as "\t". */
static void
add_header(const struct value *pair, struct buffer *out)
{
    struct text name = value_text(value_item(pair, 0)), value = value_text(value_item(pair, 1));
    char key[256];

    while (text_ends(value, TEXT("\\t")) || text_ends(value, TEXT(" ")))
        value.length -= text_ends(value, TEXT(" ")) ? 1 : 2;
    snprintf(key, sizeof key, "%.*s:", TEXT_PRINT(name));
    drive_text(out, key, value);
}

/* What llhttp read, in the words of drive.h. */
static void
add_expected(const struct value *c, bool is_request, struct buffer *out)
{
    if (is_request) {
        for (VALUE_EACH_ITEM(method, VALUE_MEMBER(c, "method")))
            buffer_print(out, "method %.*s\n", TEXT_PRINT(value_text(method)));
        for (VALUE_EACH_ITEM(url, VALUE_MEMBER(c, "url")))
            drive_text(out, "target", value_text(url));
    }
    for (VALUE_EACH_ITEM(header, VALUE_MEMBER(c, "headers")))
        add_header(header, out);
    for (VALUE_EACH_ITEM(body, VALUE_MEMBER(c, "body")))
        drive_text(out, "body", value_text(body));
}

/* The same from our record, without the Host that was put in. */
static void
add_found(const struct value *c, struct text told, bool is_request, struct buffer *out)
{
    struct buffer headers;
    struct text_split split;
    struct text line;
    const struct value *wanted = VALUE_MEMBER(c, "headers");
    bool own_host = false;

    for (VALUE_EACH_ITEM(header, wanted))
        own_host |= text_equal_nocase(value_text(value_item(header, 0)), TEXT("host"));
    if (is_request) {
        told_lines(told, TEXT("method "), "method ", SIZE_MAX, out);
        told_lines(told, TEXT("target "), "target ", SIZE_MAX, out);
    }
    buffer_init(&headers, LIMIT_MIB);
    told_lines(told, TEXT("header "), "", SIZE_MAX, &headers);
    told_lines(told, TEXT("trailer "), "", SIZE_MAX, &headers);
    split = text_split_start(buffer_text(&headers));
    while (text_split_next(&split, '\n', &line)) {
        size_t hop = text_search(line, TEXT(" (hop):"));

        if (line.length == 0 || (!own_host && text_starts(line, TEXT("Host: "))))
            continue;
        buffer_add(out, text_slice(line, 0, hop));
        buffer_add(out, text_from(line, hop < line.length ? hop + strlen(" (hop)") : hop));
        buffer_byte(out, '\n');
    }
    buffer_release(&headers);
    /* llhttp tells the bodies of complete messages only */
    told_lines(told, TEXT("body "), "body ", VALUE_MEMBER(c, "body")->count, out);
}

struct tally {
    int refused, equal, excepted, failed;
};

static void
judge(const struct value *c, bool is_request, struct arena *arena, struct tally *tally)
{
    struct text id = value_text(VALUE_MEMBER(c, "id")), title = value_text(VALUE_MEMBER(c, "title")), told;
    const struct value *error = VALUE_MEMBER(c, "error"), *code = VALUE_MEMBER(error, "code");
    /* pauses: at an upgrade, and by the caller */
    bool faulty =
        code != NULL && !text_equal(value_text(code), TEXT("21")) && !text_equal(value_text(code), TEXT("22"));
    bool incomplete = text_equal(value_text(VALUE_MEMBER(c, "headers_complete")), TEXT("0"));
    struct text bytes;
    struct buffer out, expected, found;
    const char *reason = exception(id), *wrong = NULL;
    bool refused;

    if (reason != NULL && strncmp(reason, "suite: ", 7) == 0)
        return;
    buffer_init(&out, LIMIT_MIB);
    buffer_init(&expected, LIMIT_MIB);
    buffer_init(&found, LIMIT_MIB);
    assert_true(base64_read(value_text(VALUE_MEMBER(c, "bytes_b64")), arena, &bytes));
    if (is_request)
        record_with_hosts(bytes, &out);
    else
        record(bytes, false, &out);
    told = buffer_text(&out);
    /* bytes behind a message that ends the connection are never read: that is refusing them */
    refused = has_line(told, "fault ") || has_line(told, "rest ");
    add_expected(c, is_request, &expected);
    add_found(c, told, is_request, &found);
    if (reason != NULL && !has_line(told, "fault ") && !faulty)
        wrong = "named in " EXCEPTIONS ", but not refused";
    else if (faulty && !refused)
        wrong = "llhttp refuses it";
    else if (!faulty && reason == NULL && has_line(told, "fault "))
        wrong = "refused, and no reason in " EXCEPTIONS;
    else if (!faulty && incomplete && reason == NULL && !has_line(told, "open head"))
        wrong = "the head is not complete";
    else if (!faulty && !incomplete && reason == NULL && !text_equal(buffer_text(&expected), buffer_text(&found)))
        wrong = "read otherwise than by llhttp";
    if (wrong != NULL)
        print_error("%.*s '%.*s': %s\n  llhttp:\n%.*s\n  found:\n%.*s\n  record:\n%.*s\n", TEXT_PRINT(id),
                    TEXT_PRINT(title), wrong, TEXT_PRINT(buffer_text(&expected)), TEXT_PRINT(buffer_text(&found)),
                    TEXT_PRINT(told));
    *(wrong != NULL    ? &tally->failed
      : faulty         ? &tally->refused
      : reason != NULL ? &tally->excepted
                       : &tally->equal) += 1;
    buffer_release(&found);
    buffer_release(&expected);
    buffer_release(&out);
}

static void
judge_all(bool is_request)
{
    struct tally tally = { .failed = 0 };
    struct text_split split;
    struct text line, type = is_request ? TEXT("request") : TEXT("response");

    if (suite == NULL)
        skip();
    split = text_split_start(text_of(suite));
    while (text_split_next(&split, '\n', &line)) {
        struct arena *arena = arena_new(0, LIMIT_MIB);
        struct document d;

        assert_non_null(arena);
        if (line.length > 0) {
            struct text own;

            assert_int_equal(document_parse(&d, line, NULL, arena, NULL), 0);
            own = value_text(VALUE_MEMBER(d.root, "type"));
            if (VALUE_MEMBER(d.root, "meta")->count == 0 && text_starts(own, type) &&
                (own.length == type.length || text_ends(own, TEXT("-finish"))) &&
                !text_ends(own, TEXT("lenient-finish")))
                judge(d.root, is_request, arena, &tally);
        }
        arena_free(arena);
    }
    print_message("%d refused as by llhttp, %d read equally, %d refused for a reason of ours\n", tally.refused,
                  tally.equal, tally.excepted);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.refused > 0 && tally.equal > 0);
}

static void
requests_of_llhttp_read_equally_or_are_refused(void **state)
{
    (void)state;
    judge_all(true);
}

static void
responses_of_llhttp_read_equally_or_are_refused(void **state)
{
    (void)state;
    judge_all(false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_llhttp_read_equally_or_are_refused),
        cmocka_unit_test(responses_of_llhttp_read_equally_or_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
