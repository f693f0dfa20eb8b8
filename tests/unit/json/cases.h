/* cases.h -- documents for the tests of json/. */
#ifndef UNIT_JSON_CASES_H
#define UNIT_JSON_CASES_H

#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "json/document.h"
#include "json/write.h"

/* A JSON text that must be good. */
__attribute__((unused)) static const struct value *
json(struct arena *arena, const char *text)
{
    const struct document_options options = { .duplicates = true };
    struct document_error why = { .what = "" };
    struct document document;

    check_that(document_parse(&document, text_of(text), &options, arena, &why) == 0, "%s: %s", text, why.what);
    return document.root;
}

/* A file of cases below tests/cases/json. */
__attribute__((unused)) static const struct value *
cases(struct arena *arena, const char *name)
{
    struct error err = { .kind = ERROR_NONE };
    struct document document;
    char path[256];

    (void)snprintf(path, sizeof path, "tests/cases/json/%s", name);
    check_that(document_read(&document, path, arena, &err) == 0, "%s: %s", err.where, err.what);
    check_that(document.root->count > 0, "%s holds no case", path);
    return document.root;
}

/* What the case says about itself. */
__attribute__((unused)) static const char *
described(const struct value *test, struct arena *arena)
{
    return arena_text(arena, value_text(VALUE_MEMBER(test, "description"))).data;
}

/* As JSON, in the arena. */
__attribute__((unused)) static struct text
written(const struct value *v, struct arena *arena)
{
    struct json_writer w;
    struct buffer out;
    struct text result;

    buffer_init(&out, SIZE_MAX);
    json_begin(&w, &out, 0);
    json_value(&w, v);
    result = arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return result;
}

/* A copy of the text that ends where memory ends: the byte behind it cannot be read. */
struct edge {
    char *pages;
    size_t size;
    struct text text;
};

__attribute__((unused)) static struct edge
edge_of(struct text t)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), held = (t.length + page - 1) / page * page;
    struct edge edge = { .size = held + page };

    edge.pages = mmap(NULL, edge.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(edge.pages, MAP_FAILED);
    assert_int_equal(mprotect(edge.pages + held, page, PROT_NONE), 0);
    edge.text = text_make(edge.pages + held - t.length, t.length);
    if (t.length > 0)
        memcpy(edge.pages + held - t.length, t.data, t.length);
    return edge;
}

__attribute__((unused)) static void
edge_free(struct edge *edge)
{
    (void)munmap(edge->pages, edge->size);
}

#endif
