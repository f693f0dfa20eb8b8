/* contract_update.c -- plumbline contract infer --update: the contract is changed until the traffic fits. */
#include "cli/contract_update.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/contract_yaml.h"
#include "contract/contract.h"
#include "drift/update.h"
#include "json/write.h"
#include "traffic/record.h"
#include "traffic/segment.h"

#define BROKEN_TOLD 10 /* broken entries that are told one by one */
#define ROUNDS      8  /* what comes to light behind one change, and behind that */

/* ---- recordings ---- */

static void
tell_broken(struct infer_reading *r, const struct segment_entry *entry, const char *where, const char *what)
{
    if (!r->told && ++r->broken <= BROKEN_TOLD)
        fprintf(stderr, "plumbline " INFER_COMMAND ": %s:%u: %s%s%s\n", entry->file, entry->line, where,
                where[0] != '\0' ? ": " : "", what);
}

static void
read_entry(struct infer_reading *r, const struct segment_entry *entry, struct arena *arena)
{
    struct exchange x = { .arena = arena };
    struct error broken = { .kind = ERROR_NONE };
    char column[32];

    arena_reset(arena);
    if (entry->value == NULL && entry->torn)
        return;
    if (entry->value == NULL) {
        (void)snprintf(column, sizeof(column), "column %u", entry->broken.column);
        tell_broken(r, entry, column, entry->broken.what);
        return;
    }
    if (record_is_foreign(entry->value))
        return;
    if (segment_entry_read(entry, &x, &broken) < 0) {
        tell_broken(r, entry, broken.where, broken.what);
        return;
    }
    if (r->host != NULL && !text_equal_nocase(authority_host(x.request.authority), text_of(r->host)))
        return;
    if (r->service == NULL || text_equal(x.service, text_of(r->service)) || (r->guessed && x.service.length == 0)) {
        r->add(r->arg, &x);
        return;
    }
    r->others++;
    (void)snprintf(r->other, sizeof(r->other), "%.*s", TEXT_PRINT(x.service));
}

static int
read_recording(struct infer_reading *r, const char *path, struct arena *arena, struct error *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct segment_reader *reader = NULL;
    struct segment_entry entry;
    int result;

    if (!standard_input || spool_fill(&r->spool, err) == 0)
        reader = segment_reader_open(standard_input ? r->spool.path : path, err);
    if (reader == NULL)
        return -1;
    if (standard_input)
        segment_reader_is_copy(reader, SPOOL_NAME);
    while ((result = segment_reader_next(reader, &entry, err)) == 1)
        read_entry(r, &entry, arena);
    segment_reader_close(reader);
    return result;
}

static int
refuse_twice(const struct infer_reading *r, struct error *err)
{
    unsigned times = 0;

    for (size_t i = 0; i < r->recordings->count; i++)
        times += strcmp(r->recordings->items[i], "-") == 0;
    return times > 1 ? error_set(err, ERROR_USAGE, "-", "is named twice, but standard input is read once") : 0;
}

int
infer_read(struct infer_reading *r, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_EXCHANGE_ARENA);
    int result = arena != NULL ? refuse_twice(r, err) : error_memory(err);

    for (size_t i = 0; result == 0 && i < r->recordings->count; i++)
        result = read_recording(r, r->recordings->items[i], arena, err);
    arena_free(arena);
    r->told = true;
    if (result < 0 && err != NULL)
        spool_rename(&r->spool, err);
    return result;
}

int
infer_put(const char *path, struct text t, struct error *err)
{
    FILE *file;

    if (path == NULL) {
        (void)fwrite(t.data, 1, t.length, stdout);
        return fflush(stdout) != 0 ? error_system(err, errno, "standard output", "cannot be written") : 0;
    }
    if ((file = fopen(path, "wb")) == NULL)
        return error_system(err, errno, path, "cannot be written");
    (void)fwrite(t.data, 1, t.length, file);
    return fclose(file) != 0 ? error_system(err, errno, path, "cannot be written") : 0;
}

/* ---- rounds ---- */

struct updating {
    struct infer_reading *reading;
    const char *path;
    struct arena *keep;         /* of the document as it was read */
    struct arena *scratch;      /* of one operation */
    struct text text;           /* the contract as it is now */
    struct buffer now;          /* where that is, once it was changed; */
    struct buffer before;       /* and where it was when the round began: its contract is made of that */
    struct contract_yaml *yaml; /* that is to be written; or NULL */
    struct json_writer patch;
    uint32_t ops;
};

static void
write_op(struct updating *up, const struct update_op *op)
{
    struct json_writer *w = &up->patch;

    json_object(w);
    JSON_KEY(w, "op");
    json_string(w, text_of(patch_name(op->op.kind)));
    JSON_KEY(w, "path");
    json_string(w, op->op.path);
    if (op->op.value.length > 0) {
        JSON_KEY(w, "value");
        json_raw(w, op->op.value);
    }
    JSON_KEY(w, "x-reason");
    json_string(w, op->reason);
    JSON_KEY(w, "x-seen");
    json_integer(w, (int64_t)op->seen);
    json_end_object(w);
    up->ops++;
}

static int
apply(struct updating *up, const struct update_op *op, struct error *err)
{
    struct buffer out;
    const char *why;

    buffer_init(&out, LIMIT_FILE_BYTES);
    arena_reset(up->scratch);
    if (patch_apply(up->text, &op->op, up->scratch, &out, &why)) {
        if (up->now.data != up->before.data)
            buffer_release(&up->now);
        up->now = out;
        up->text = buffer_text(&up->now);
        write_op(up, op);
        if (up->yaml != NULL)
            contract_yaml_apply(up->yaml, &op->op);
        return 0;
    }
    buffer_release(&out);
    return error_set(err, ERROR_CONFIG, up->path, "cannot be changed at '%.*s': %s", TEXT_PRINT(op->op.path), why);
}

static void
add(void *arg, struct exchange *x)
{
    update_add(arg, x);
}

static void
tell_left(const struct update *u)
{
    const struct update_left *left;
    uint32_t count = update_left(u, &left);

    if (count > 0)
        fprintf(stderr, "plumbline " INFER_COMMAND ": what is left is not the contract's to change:\n");
    for (uint32_t i = 0; i < count; i++)
        fprintf(stderr, "  %" PRIu64 " x %.*s\n", left[i].seen, TEXT_PRINT(left[i].line));
}

/* 1: there were changes, so that there may be more; 0: there were none; -1 with err. */
static int
one_round(struct updating *up, bool last, struct error *err)
{
    struct contract *contract = contract_load_text(up->text, up->path, NULL, err);
    struct update *u = contract != NULL ? update_new(contract) : NULL;
    const struct update_op *ops;
    uint32_t count = 0;
    int result = u != NULL ? 0 : contract == NULL ? -1 : error_memory(err);

    up->before = up->now;
    if (u != NULL) {
        up->reading->add = add;
        up->reading->arg = u;
        result = infer_read(up->reading, err);
    }
    if (result == 0 && update_seen(u) == 0)
        result = error_set(err, ERROR_CONFIG, up->path,
                           "there is no exchange of service '%s'%s%s%s; --service NAME says whose it is",
                           up->reading->service, up->reading->others > 0 ? ", but of '" : "",
                           up->reading->others > 0 ? up->reading->other : "", up->reading->others > 0 ? "'" : "");
    if (result == 0)
        count = update_finish(u, &ops);
    for (uint32_t i = 0; result == 0 && i < count && !last; i++)
        result = apply(up, &ops[i], err);
    if (result == 0 && (count == 0 || last))
        tell_left(u);
    update_free(u);
    contract_free(contract);
    if (up->before.data != up->now.data)
        buffer_release(&up->before);
    return result < 0 ? -1 : count > 0 && !last;
}

/* ---- the file ---- */

/* The contract as JSON text: as it stands, or of YAML what it says, which then stands in *yaml. */
static int
read_contract(struct updating *up, struct text *yaml, struct error *err)
{
    struct document document;
    struct json_writer w;
    struct buffer out;

    if (document_read(&document, up->path, up->keep, err) < 0)
        return -1;
    up->text = document.source;
    if (document_is_json(document.source))
        return 0;
    *yaml = document.source;
    buffer_init(&out, LIMIT_FILE_BYTES);
    json_begin(&w, &out, 2);
    json_value(&w, document.root);
    up->text = arena_text(up->keep, buffer_text(&out));
    buffer_release(&out);
    return up->text.data != NULL ? 0 : error_memory(err);
}

static int
update_until_it_fits(struct updating *up, struct buffer *patch, struct error *err)
{
    int result = 1;

    json_begin(&up->patch, patch, 2);
    json_array(&up->patch);
    for (int round = 0; result == 1 && round < ROUNDS; round++)
        result = one_round(up, round + 1 == ROUNDS, err);
    json_end_array(&up->patch);
    buffer_byte(patch, '\n');
    return result < 0 ? -1 : buffer_failed(patch) ? error_memory(err) : 0;
}

/* All of it or nothing; a link stays one, and rights stay as they are. */
static int
put_in_place(struct updating *up, struct text text, struct error *err)
{
    const char *path = file_real_path(up->path, up->keep, err);
    struct stat status;

    if (path == NULL)
        return -1;
    if (stat(path, &status) < 0)
        return error_system(err, errno, path, "cannot be read");
    return file_write(path, text, status.st_mode & 0777, err);
}

/* Into the contract itself. Where that cannot be, the patch goes to standard output, and the file stays. */
static int
write_contract(struct updating *up, struct text patch, struct error *err)
{
    if (up->ops == 0)
        return 0;
    if (up->yaml == NULL)
        return put_in_place(up, up->text, err);
    if (contract_yaml_finish(up->yaml, up->text, err) == 0)
        return put_in_place(up, contract_yaml_text(up->yaml), err);
    (void)infer_put(NULL, patch, err);
    return -1;
}

static int
update_file(struct updating *up, bool write, const char *out, struct error *err)
{
    struct contract_yaml yaml = { .path = up->path, .scratch = up->scratch };
    struct buffer patch;
    int result;

    if (read_contract(up, &yaml.original, err) < 0)
        return -1;
    up->yaml = write && yaml.original.length > 0 ? &yaml : NULL;
    buffer_init(&patch, LIMIT_FILE_BYTES);
    result = update_until_it_fits(up, &patch, err);
    if (result == 0)
        result = write ? write_contract(up, buffer_text(&patch), err) : infer_put(out, buffer_text(&patch), err);
    buffer_release(&patch);
    contract_yaml_release(&yaml);
    return result;
}

int
contract_update(struct infer_reading *reading, const char *path, bool write, const char *out, struct error *err)
{
    struct updating up = { .reading = reading,
                           .path = path,
                           .keep = arena_new(0, LIMIT_CONTRACT_BYTES),
                           .scratch = arena_new(0, LIMIT_CONTRACT_BYTES) };
    char name[256];
    int result;

    buffer_init(&up.now, 0);
    (void)snprintf(name, sizeof(name), "%.*s", TEXT_PRINT(contract_name_of(text_of(path))));
    reading->guessed = reading->service == NULL;
    if (reading->guessed)
        reading->service = name;
    result = up.keep != NULL && up.scratch != NULL ? update_file(&up, write, out, err) : error_memory(err);
    if (result == 0)
        fprintf(stderr, "plumbline " INFER_COMMAND ": %u change%s%s%s\n", up.ops, up.ops == 1 ? "" : "s",
                write && up.ops > 0 ? " written to " : "", write && up.ops > 0 ? path : "");
    buffer_release(&up.now);
    arena_free(up.scratch);
    arena_free(up.keep);
    return result;
}
