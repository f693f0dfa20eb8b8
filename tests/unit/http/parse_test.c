#include "unit.h"

#include <glob.h>

#include "http/parse_table.h"
#include "http/drive.h"

/* Cases: tests/cases/http/request/ and response/. A file has several, each like
 *
 *     -- what it is about
 *     @ HEAD                       (responses: the method of the request; GET unless said)
 *     > GET / HTTP/1.1\r\n         (the bytes; \r \n \t \xHH \\)
 *     method GET                   (what is read; of each word that is named, all its lines and no other)
 *     fault bare-lf 400            (or why it is refused)
 */
struct http_case {
    const char *file;
    char title[200];
    char method[20];
    bool is_request;
    struct buffer bytes;
    struct buffer expected;
};

static bool fault_seen[PARSE_FAULT_KINDS];

static const char *const fault_ids[] = {
#define FAULT_ID(NAME, id, status, what, source) id,
    PARSE_FAULTS(FAULT_ID)
};

static void
add_bytes(struct buffer *out, const char *line)
{
    for (; *line != '\0'; line++) {
        unsigned byte;

        if (*line != '\\') {
            buffer_byte(out, *line);
            continue;
        }
        switch (*++line) {
        case 'r':
            buffer_byte(out, '\r');
            break;
        case 'n':
            buffer_byte(out, '\n');
            break;
        case 't':
            buffer_byte(out, '\t');
            break;
        case 'x':
            assert_int_equal(sscanf(line + 1, "%2x", &byte), 1);
            buffer_byte(out, (char)byte);
            line += 2;
            break;
        default:
            buffer_byte(out, *line);
        }
    }
}

static struct text
first_word(struct text line)
{
    return text_slice(line, 0, text_find(line, ' '));
}

static void
add_lines_of(struct text lines, struct text word, struct buffer *out)
{
    struct text_split split = text_split_start(lines);
    struct text line;

    while (text_split_next(&split, '\n', &line)) {
        if (line.length > 0 && text_equal(first_word(line), word)) {
            buffer_add(out, line);
            buffer_byte(out, '\n');
        }
    }
}

/* The lines whose words the case names, word by word as it first names them; faults always. */
static void
keep_named(struct text lines, struct text expected, struct buffer *out)
{
    struct text_split split = text_split_start(expected);
    struct text line;
    char named[256] = " fault ";

    add_lines_of(lines, TEXT("fault"), out);
    while (text_split_next(&split, '\n', &line)) {
        struct text word = first_word(line);
        char key[32];

        snprintf(key, sizeof key, " %.*s ", TEXT_PRINT(word));
        if (word.length == 0 || strstr(named, key) != NULL)
            continue;
        strncat(named, key, sizeof named - strlen(named) - 1);
        add_lines_of(lines, word, out);
    }
}

static void
run_cut(const struct http_case *c, const size_t *cuts, size_t count, struct buffer *out)
{
    struct drive d = { .bytes = buffer_text(&c->bytes),
                       .is_request = c->is_request,
                       .method = text_of(c->method),
                       .cuts = cuts,
                       .cut_count = count,
                       .limits = parse_limits_default };

    buffer_init(out, DRIVE_ROOM);
    drive_run(&d, out);
}

static void
same(const struct http_case *c, struct buffer *whole, struct buffer *cut, const char *how, size_t where)
{
    struct text a = buffer_text(whole), b = buffer_text(cut);

    check_that(text_equal(a, b), "%s: '%s' reads otherwise when it comes %s %zu\n  whole:\n%.*s\n  cut:\n%.*s", c->file,
               c->title, how, where, TEXT_PRINT(a), TEXT_PRINT(b));
    buffer_release(cut);
}

static void
run_case(const struct http_case *c)
{
    struct buffer whole, cut, named, wanted;
    size_t length = buffer_length(&c->bytes), *every = calloc(length + 1, sizeof *every);

    assert_non_null(every);
    run_cut(c, NULL, 0, &whole);
    buffer_init(&named, DRIVE_ROOM);
    buffer_init(&wanted, DRIVE_ROOM);
    keep_named(buffer_text(&whole), buffer_text(&c->expected), &named);
    keep_named(buffer_text(&c->expected), buffer_text(&c->expected), &wanted);
    check_that(text_equal(buffer_text(&named), buffer_text(&wanted)), "%s: '%s'\n  expected:\n%.*s\n  found:\n%.*s",
               c->file, c->title, TEXT_PRINT(buffer_text(&c->expected)), TEXT_PRINT(buffer_text(&whole)));
    for (size_t i = 0; i < length; i++)
        every[i] = i + 1;
    run_cut(c, every, length, &cut);
    same(c, &whole, &cut, "byte by byte, of", length);
    for (size_t i = 1; i < length; i++) {
        run_cut(c, &i, 1, &cut);
        same(c, &whole, &cut, "cut at byte", i);
    }
    for (size_t i = 0; i < PARSE_FAULT_KINDS; i++) {
        char line[64];

        snprintf(line, sizeof line, "fault %s ", fault_ids[i]);
        if (text_search(buffer_text(&whole), text_of(line)) < buffer_length(&whole))
            fault_seen[i] = true;
    }
    buffer_release(&wanted);
    buffer_release(&named);
    buffer_release(&whole);
    free(every);
}

static int
run_file(const char *path, bool is_request)
{
    char *data = unit_read_file(path, NULL), *next = data, *line;
    struct http_case c = { .file = path, .is_request = is_request };
    int count = 0;

    buffer_init(&c.bytes, DRIVE_ROOM);
    buffer_init(&c.expected, DRIVE_ROOM);
    while ((line = strsep(&next, "\n")) != NULL) {
        if (strncmp(line, "-- ", 3) == 0) {
            if (count++ > 0)
                run_case(&c);
            snprintf(c.title, sizeof c.title, "%s", line + 3);
            snprintf(c.method, sizeof c.method, "GET");
            buffer_clear(&c.bytes);
            buffer_clear(&c.expected);
        } else if (strncmp(line, "> ", 2) == 0) {
            add_bytes(&c.bytes, line + 2);
        } else if (strncmp(line, "@ ", 2) == 0) {
            snprintf(c.method, sizeof c.method, "%s", line + 2);
        } else if (*line != '\0' && *line != '#') {
            buffer_print(&c.expected, "%s\n", line);
        }
    }
    run_case(&c);
    buffer_release(&c.bytes);
    buffer_release(&c.expected);
    free(data);
    return count;
}

static void
run_folder(const char *pattern, bool is_request)
{
    glob_t files;
    int count = 0;

    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        count += run_file(files.gl_pathv[i], is_request);
    globfree(&files);
    print_message("%d cases\n", count);
}

static void
requests_read_as_their_cases_say_however_they_are_cut(void **state)
{
    (void)state;
    run_folder("tests/cases/http/request/*.txt", true);
}

static void
responses_read_as_their_cases_say_however_they_are_cut(void **state)
{
    (void)state;
    run_folder("tests/cases/http/response/*.txt", false);
}

/* What a request with these limits comes to: the id of its fault, or "". Byte by byte gives the same. */
static const char *
limited(struct text bytes, struct parse_limits limits, size_t ceiling)
{
    static char id[40];
    struct arena *arena = arena_new(0, ceiling);
    struct message m;
    struct parse_fault fault = { .id = "" }, again = { .id = "" };
    size_t seen = 0, used = 0;
    enum parse_result result = parse_request(drive_place(bytes), &seen, &limits, arena, &m, &used, &fault), trickled;

    seen = 0;
    for (size_t i = 0; i <= bytes.length; i++) {
        trickled = parse_request(drive_place(text_slice(bytes, 0, i)), &seen, &limits, arena, &m, &used, &again);
        if (trickled != PARSE_MORE)
            break;
    }
    assert_string_equal(fault.id, again.id);
    assert_int_equal(fault.place, again.place);
    assert_int_equal(result, trickled);
    snprintf(id, sizeof id, "%s", fault.id);
    for (size_t i = 0; i < PARSE_FAULT_KINDS; i++)
        fault_seen[i] |= strcmp(fault_ids[i], id) == 0;
    arena_free(arena);
    return id;
}

static void
every_ceiling_is_met_to_the_byte(void **state)
{
    struct parse_limits limits = parse_limits_default;
    struct text request = TEXT("GET /1234 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n");

    (void)state;
    limits.line = 20;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "");
    limits.line = 19;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "line-long");
    limits.line = 3;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "method-long");
    limits.line = 20;
    limits.header = (uint32_t)request.length;
    limits.fields = 2;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "");
    limits.header--;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "head-large");
    limits.header++;
    limits.fields = 1;
    assert_string_equal(limited(request, limits, LIMIT_MIB), "fields-many");
    limits.fields = 2;
    assert_string_equal(limited(request, limits, 64), "no-memory");
}

static void
many_fields_are_all_kept(void **state)
{
    struct buffer b;
    struct arena *arena = arena_new(0, LIMIT_MIB);
    struct message m;
    struct parse_fault fault;
    size_t seen = 0, used = 0;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, TEXT("GET / HTTP/1.0\r\n"));
    for (int i = 0; i < LIMIT_HEADER_FIELDS; i++)
        buffer_print(&b, "X-%d: value %d\r\n", i, i);
    buffer_add(&b, TEXT("\r\n"));
    assert_int_equal(parse_request(buffer_text(&b), &seen, &parse_limits_default, arena, &m, &used, &fault),
                     PARSE_DONE);
    assert_int_equal(m.header_count, LIMIT_HEADER_FIELDS);
    check_text(m.headers[LIMIT_HEADER_FIELDS - 1].value, "value 199");
    arena_free(arena);
    buffer_release(&b);
}

static void
options_of_connection_have_a_ceiling(void **state)
{
    struct buffer b;

    (void)state;
    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, TEXT("GET / HTTP/1.1\r\nHost: a\r\nConnection: x"));
    for (int i = 0; i < 64; i++)
        buffer_add(&b, TEXT(",x"));
    buffer_add(&b, TEXT("\r\n\r\n"));
    assert_string_equal(limited(buffer_text(&b), parse_limits_default, LIMIT_MIB), "fields-many");
    buffer_release(&b);
}

/* Chunked bodies against small limits; the id of the fault, or "". */
static const char *
limited_chunks(struct text bytes, struct parse_limits limits, size_t ceiling)
{
    static char id[40];
    struct arena *arena = arena_new(0, ceiling);
    struct message m = { .is_request = true, .framing = FRAMING_CHUNKED };
    struct parse_fault fault = { .id = "" };
    struct body_reader r;
    enum parse_result result = PARSE_MORE;

    body_reader_init(&r, &m);
    while (result == PARSE_MORE && bytes.length > 0) {
        struct text piece;
        size_t used;

        result = body_reader_feed(&r, bytes, &limits, arena, &m, &used, &piece, &fault);
        bytes = text_from(bytes, used);
    }
    snprintf(id, sizeof id, "%s", fault.id);
    for (size_t i = 0; i < PARSE_FAULT_KINDS; i++)
        fault_seen[i] |= strcmp(fault_ids[i], id) == 0;
    arena_free(arena);
    return id;
}

static void
chunk_lines_and_trailers_have_ceilings(void **state)
{
    struct parse_limits limits = parse_limits_default;
    struct text trailers = TEXT("0\r\nA: b\r\n\r\n");
    struct buffer b;

    (void)state;
    limits.trailer = 8;
    assert_string_equal(limited_chunks(trailers, limits, LIMIT_MIB), "");
    limits.trailer = 7;
    assert_string_equal(limited_chunks(trailers, limits, LIMIT_MIB), "trailer-large");
    limits.trailer = 8;
    assert_string_equal(limited_chunks(trailers, limits, 64), "no-memory");
    limits.fields = 0;
    assert_string_equal(limited_chunks(trailers, limits, LIMIT_MIB), "fields-many");
    buffer_init(&b, LIMIT_MIB);
    buffer_add(&b, TEXT("1;"));
    for (int i = 0; i < LIMIT_CHUNK_LINE; i++)
        buffer_byte(&b, 'a');
    assert_string_equal(limited_chunks(buffer_text(&b), limits, LIMIT_MIB), "chunk-line");
    buffer_release(&b);
}

static void
the_class_of_every_byte_is_what_the_grammar_says(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z') || (i >= '0' && i <= '9');

        assert_int_equal(byte_is(c, BYTE_TOKEN), letter || (i != 0 && strchr("!#$%&'*+-.^_`|~", i) != NULL));
        assert_int_equal(byte_is(c, BYTE_TARGET), i > 0x20 && i < 0x7f && i != '#');
        assert_int_equal(byte_is(c, BYTE_TEXT), i == '\t' || (i >= 0x20 && i != 0x7f));
        assert_int_equal(byte_is(c, BYTE_HOST), letter || (i != 0 && strchr("-._~%!$&'()*+;=:[]", i) != NULL));
        assert_int_equal(byte_is(c, BYTE_HEX), i != 0 && strchr("0123456789abcdefABCDEF", i) != NULL);
    }
}

/* Last: the others have written down which they met. */
static void
every_fault_has_a_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARSE_FAULT_KINDS; i++)
        check_that(fault_seen[i], "no case ends in '%s'; add one to tests/cases/http", fault_ids[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_read_as_their_cases_say_however_they_are_cut),
        cmocka_unit_test(responses_read_as_their_cases_say_however_they_are_cut),
        cmocka_unit_test(every_ceiling_is_met_to_the_byte),
        cmocka_unit_test(many_fields_are_all_kept),
        cmocka_unit_test(options_of_connection_have_a_ceiling),
        cmocka_unit_test(chunk_lines_and_trailers_have_ceilings),
        cmocka_unit_test(the_class_of_every_byte_is_what_the_grammar_says),
        cmocka_unit_test(every_fault_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
