/* har_fuzz.c -- any bytes as a HAR file. Whatever entry can be read is checked against a contract and exported; the
 * export is JSON, has as many entries, and exported again it stays as it is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "contract/contract.h"
#include "traffic/har.h"
#include "traffic/recheck.h"
#include "traffic/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char contract_text[] =
    "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths:\n  /a/{id}:\n    post:\n      parameters: [ { name: id, "
    "in: path, required: true, schema: { type: integer } }, { name: q, in: query, schema: { maxLength: 2 } } ]\n"
    "      requestBody: { content: { application/json: { schema: { type: object, required: [ b ], properties: { "
    "password: { minLength: 9 } } } } } }\n      responses: { '200': { description: d, headers: { X-A: { required: "
    "true, schema: { type: integer } } }, content: { application/json: { schema: { type: array } } } } }\n";

static struct contract *contract;
static struct schema_scratch *scratch;

static void
demand(bool condition)
{
    if (!condition)
        abort();
}

static void
check_exchange(struct exchange *x)
{
    struct check check = { .arena = x->arena,
                           .scratch = scratch,
                           .policy = &check_policy_default,
                           .request_budget = LIMIT_CHECK_BUDGET,
                           .response_budget = LIMIT_CHECK_BUDGET };
    struct contract_match match;

    contract_find(contract, x->request.method, x->request.path, true, x->arena, &match);
    recheck_exchange(&check, &match, NULL, x);
}

/* The entry in the export; the same again when that is exported. */
static void
export_entry(const struct value *entry, struct buffer *out, struct arena *arena)
{
    struct document again;
    struct buffer once, twice;

    buffer_init(&once, LIMIT_RECORD_LINE);
    buffer_init(&twice, LIMIT_RECORD_LINE);
    har_write_entry(&once, entry, arena);
    demand(!buffer_failed(&once));
    demand(document_parse(&again, buffer_text(&once), NULL, arena, NULL) == 0);
    har_write_entry(&twice, again.root, arena);
    demand(text_equal(buffer_text(&once), buffer_text(&twice)));
    buffer_add(out, buffer_text(&once));
    buffer_release(&once);
    buffer_release(&twice);
}

static struct har_reader *
open_bytes(int fd, struct text bytes)
{
    char path[64];

    demand(ftruncate(fd, 0) == 0 && pwrite(fd, bytes.data, bytes.length, 0) == (ssize_t)bytes.length);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return har_reader_open(path, NULL);
}

static uint64_t
read_all(struct har_reader *r, struct buffer *out)
{
    struct har_entry entry;
    struct error err = { .kind = ERROR_NONE };
    uint64_t count = 0;
    int result;

    while (r != NULL && (result = har_reader_next(r, &entry, &err)) == 1) {
        struct arena *arena = arena_new(0, 64 * LIMIT_MIB);
        struct document document;
        struct exchange x = { .arena = arena };

        demand(entry.line > 0 && entry.column > 0 && (entry.broken != NULL) == (entry.text.length == 0));
        if (entry.broken == NULL && document_parse(&document, entry.text, NULL, arena, NULL) == 0 &&
            record_read(&x, document.root, NULL) == 0) {
            check_exchange(&x);
            if (out != NULL) {
                if (count > 0)
                    buffer_add(out, TEXT(",\n"));
                export_entry(document.root, out, arena);
            }
            count++;
        }
        arena_free(arena);
    }
    if (r != NULL && result < 0)
        demand(err.what[0] != '\0' && err.where[0] != '\0');
    har_reader_close(r);
    return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct buffer out;
    uint64_t count;

    if (fd < 0) {
        fd = memfd_create("har", MFD_CLOEXEC);
        contract = contract_load_text(text_of(contract_text), "c.yaml", NULL, NULL);
        scratch = schema_scratch_new();
        demand(fd >= 0 && contract != NULL && scratch != NULL);
    }
    if (size == 0)
        return 0;
    buffer_init(&out, 4 * LIMIT_RECORD_LINE);
    har_write_begin(&out);
    count = read_all(open_bytes(fd, text_make((const char *)data, size)), &out);
    har_write_end(&out);
    demand(!buffer_failed(&out));
    demand(read_all(open_bytes(fd, buffer_text(&out)), NULL) == count);
    buffer_release(&out);
    return 0;
}
