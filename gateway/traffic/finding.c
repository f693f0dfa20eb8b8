#include "traffic/finding.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "json/pointer.h"

#define TABLE_FIRST 256

struct finding_list {
    struct arena *arena;
    struct finding **table; /* open addressing on the fingerprint */
    uint32_t table_size;
    struct finding **all;
    uint32_t count;
    bool sorted;
    finding_judge_fn *judge; /* NULL: they are what they are */
    void *judge_arg;
    finding_new_fn *tell; /* NULL: nobody wants to know */
    void *tell_arg;
};

struct finding_list *
finding_list_new(void)
{
    struct finding_list *list = calloc(1, sizeof(*list));

    if (list == NULL)
        return NULL;
    list->arena = arena_new(0, 1024 * LIMIT_MIB);
    list->table = calloc(TABLE_FIRST, sizeof(list->table[0]));
    list->all = calloc(TABLE_FIRST, sizeof(list->all[0]));
    list->table_size = TABLE_FIRST;
    if (list->arena == NULL || list->table == NULL || list->all == NULL) {
        finding_list_free(list);
        return NULL;
    }
    return list;
}

void
finding_list_free(struct finding_list *list)
{
    if (list == NULL)
        return;
    arena_free(list->arena);
    free(list->table);
    free(list->all);
    free(list);
}

/* ---- the fingerprint ---- */

/* A part and its end, so that "a"+"bc" and "ab"+"c" differ. */
static uint64_t
add_part(uint64_t hash, struct text part)
{
    return hash_stable(TEXT("\x1f"), hash_stable(part, hash));
}

void
finding_fingerprint(const struct finding *f, char *out)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = 0;

    hash = add_part(hash, f->service);
    hash = add_part(hash, f->operation);
    hash = add_part(hash, text_of(side_name(f->side)));
    hash = add_part(hash, f->rule);
    hash = add_part(hash, f->instance);
    hash = add_part(hash, f->keyword);
    for (int i = FINDING_FINGERPRINT_BYTES - 1; i >= 0; i--) {
        out[i] = digits[hash & 15];
        hash >>= 4;
    }
    out[FINDING_FINGERPRINT_BYTES] = '\0';
}

/* Array indices of a JSON Pointer become "*": the same mistake in any item is one finding. */
static struct text
without_indices(struct text instance, struct arena *arena)
{
    char *out = arena_alloc(arena, instance.length + 1);
    size_t n = 0, i = 0;

    if (out == NULL || instance.length == 0 || instance.data[0] != '/')
        return instance;
    while (i < instance.length) {
        size_t end = i + 1;
        bool number = true;

        for (; end < instance.length && instance.data[end] != '/'; end++)
            number = number && instance.data[end] >= '0' && instance.data[end] <= '9';
        out[n++] = '/';
        if (number && end > i + 1) {
            out[n++] = '*';
        } else {
            memcpy(out + n, instance.data + i + 1, end - i - 1);
            n += end - i - 1;
        }
        i = end;
    }
    return text_make(out, n);
}

/* ---- the table ---- */

static uint64_t
slot_of(const struct finding_list *list, const char *fingerprint)
{
    return hash_stable(text_make(fingerprint, FINDING_FINGERPRINT_BYTES), 1) & (list->table_size - 1);
}

static struct finding **
find_slot(const struct finding_list *list, const char *fingerprint)
{
    uint64_t slot = slot_of(list, fingerprint);

    while (list->table[slot] != NULL && strcmp(list->table[slot]->fingerprint, fingerprint) != 0)
        slot = (slot + 1) & (list->table_size - 1);
    return &list->table[slot];
}

/* Twice the room, when half of it is used. */
static int
make_room(struct finding_list *list)
{
    struct finding **table, **all;

    if (list->count * 2 < list->table_size)
        return 0;
    table = calloc((size_t)list->table_size * 2, sizeof(table[0]));
    if (table == NULL)
        return -1;
    all = realloc(list->all, (size_t)list->table_size * 2 * sizeof(all[0]));
    if (all == NULL) {
        free(table);
        return -1;
    }
    free(list->table);
    list->table = table;
    list->all = all;
    list->table_size *= 2;
    for (uint32_t i = 0; i < list->count; i++)
        *find_slot(list, all[i]->fingerprint) = all[i];
    return 0;
}

static void
copy_texts(struct finding *f, struct arena *arena)
{
    struct text *texts[] = { &f->rule,     &f->service, &f->operation, &f->instance, &f->keyword, &f->message,
                             &f->expected, &f->found,   &f->file,      &f->pointer,  &f->seen_at };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i]->length > 0)
            *texts[i] = arena_text(arena, *texts[i]);
}

static void
add_again(struct finding_list *list, struct finding *known, const struct finding *f)
{
    known->count += f->count;
    if (f->first < known->first)
        known->first = f->first;
    if (f->last > known->last)
        known->last = f->last;
    for (uint32_t i = 0; i < f->example_count && !known->together && known->example_count < FINDING_EXAMPLES; i++)
        known->examples[known->example_count++] = arena_text(list->arena, f->examples[i]);
}

bool
finding_list_again(struct finding_list *list, const struct finding *f)
{
    struct finding *known = *find_slot(list, f->fingerprint);

    if (known == NULL)
        return false;
    add_again(list, known, f);
    return true;
}

int
finding_list_add_one(struct finding_list *list, const struct finding *finding)
{
    struct arena_mark mark = arena_mark(list->arena);
    struct finding f = *finding;
    struct finding *copy;

    if (make_room(list) < 0)
        return -1;
    f.instance = without_indices(f.instance, list->arena);
    finding_fingerprint(&f, f.fingerprint);
    if (list->judge != NULL && !list->judge(list->judge_arg, &f)) {
        arena_rewind(list->arena, mark);
        return 0;
    }
    arena_rewind(list->arena, mark);
    if (finding_list_again(list, &f))
        return 0;
    f.instance = without_indices(finding->instance, list->arena);
    copy = ARENA_NEW(list->arena, struct finding);
    if (copy == NULL)
        return -1;
    *copy = f;
    copy_texts(copy, list->arena);
    for (uint32_t i = 0; i < copy->example_count; i++)
        copy->examples[i] = arena_text(list->arena, copy->examples[i]);
    *find_slot(list, f.fingerprint) = copy;
    list->all[list->count++] = copy;
    list->sorted = false;
    if (list->tell != NULL)
        list->tell(list->tell_arg, copy);
    return 0;
}

void
finding_list_judge(struct finding_list *list, finding_judge_fn *judge, void *arg)
{
    list->judge = judge;
    list->judge_arg = arg;
}

void
finding_list_tell(struct finding_list *list, finding_new_fn *tell, void *arg)
{
    list->tell = tell;
    list->tell_arg = arg;
}

/* What is missing is at the place where it should be: five missing members are five findings. The name is what
 * `expected` has in quotes. */
static struct text
place_of(const struct violation *v, struct arena *arena)
{
    size_t start = text_find(v->expected, '\''), end = v->expected.length;
    struct buffer place;
    struct text result;

    while (end > start && v->expected.data[end - 1] != '\'')
        end--;
    if (!text_equal(v->keyword, TEXT("required")) || end <= start + 1)
        return v->instance;
    buffer_init(&place, LIMIT_POINTER_BYTES);
    buffer_add(&place, v->instance);
    pointer_add(&place, text_slice(v->expected, start + 1, end - start - 2));
    result = buffer_failed(&place) ? v->instance : arena_text(arena, buffer_text(&place));
    buffer_release(&place);
    return result.data != NULL ? result : v->instance;
}

void
finding_seal(struct finding *f, struct arena *arena)
{
    f->instance = without_indices(f->instance, arena);
    finding_fingerprint(f, f->fingerprint);
}

void
finding_of(struct finding *f, const struct exchange *x, const struct violation *v)
{
    *f = (struct finding){
        .rule = text_of(violation_name(v->id)),
        .level = violation_level(v->id),
        .service = x->service,
        .operation = x->operation,
        .side = v->side,
        .instance = place_of(v, x->arena),
        .keyword = v->keyword,
        .message = text_of(violation_what(v->id)),
        .expected = v->expected,
        .found = v->found,
        .file = v->file,
        .line = v->line,
        .column = v->column,
        .pointer = v->pointer,
        .count = 1,
        .first = x->started,
        .last = x->started,
    };
    finding_seal(f, x->arena);
    if (x->id[0] != '\0')
        f->examples[f->example_count++] = text_of(x->id);
}

static int
add_violation(struct finding_list *list, const struct exchange *x, const struct violation *v, struct text seen_at)
{
    struct finding f;

    finding_of(&f, x, v);
    f.seen_at = seen_at;
    return finding_list_add_one(list, &f);
}

int
finding_list_add(struct finding_list *list, const struct exchange *x, struct text seen_at)
{
    const struct verdict *verdicts[] = { &x->request_verdict, &x->response_verdict };

    for (size_t side = 0; side < 2; side++)
        for (uint32_t i = 0; i < verdicts[side]->count; i++)
            if (add_violation(list, x, &verdicts[side]->list[i], seen_at) < 0)
                return -1;
    return 0;
}

/* ---- reading ---- */

static int
in_report_order(const void *a, const void *b)
{
    const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
    int order;

    if (x->level != y->level)
        return x->level > y->level ? -1 : 1;
    if ((order = text_compare(x->service, y->service)) != 0 || (order = text_compare(x->operation, y->operation)) != 0)
        return order;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    if ((order = text_compare(x->file, y->file)) != 0)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if ((order = text_compare(x->instance, y->instance)) != 0)
        return order;
    return strcmp(x->fingerprint, y->fingerprint);
}

uint32_t
finding_list_count(const struct finding_list *list)
{
    return list->count;
}

const struct finding *
finding_list_at(struct finding_list *list, uint32_t index)
{
    if (!list->sorted) {
        qsort(list->all, list->count, sizeof(list->all[0]), in_report_order);
        list->sorted = true;
    }
    return list->all[index];
}
