/* pattern.c -- the one door to PCRE2.
 *
 * Most patterns of contracts become an automaton (pattern_automaton) and never reach PCRE2 when they are only asked yes
 * or no. The rest is translated (pattern_translate) and compiled twice: once plain, for short subjects, where PCRE2's
 * match limit is bound enough, and once with callouts that count, for long ones: the match limit begins anew at every
 * start position, so on a megabyte it bounds nothing. Patterns in PCRE2's own syntax are not translated: there PCRE2
 * puts the callouts, before every item. */
#include "schema/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "schema/code_point.h"
#include "schema/pattern_automaton.h"
#include "schema/pattern_parse.h"
#include "schema/pattern_property.h"
#include "schema/pattern_translate.h"

#define SHORT_SUBJECT  256      /* bytes; up to here the plain program runs */
#define BYTES_PER_UNIT 16       /* bytes looked at for one unit of the work budget */
#define STEPS_PER_UNIT 4        /* steps of PCRE2 (a limit count, a callout) for one unit */
#define COUNTED_STEPS  1000000u /* callouts of one match with the counting program */
#define SEARCH_STEPS   16       /* per byte: patterns of redaction go through whole bodies, and need 1 to 3 */

struct pattern {
    pcre2_code *plain;
    pcre2_code *counted; /* NULL: plain for all subjects */
    struct automaton *automaton;
    uint32_t steps_per_byte; /* that the counting program may do, beside COUNTED_STEPS */
    uint32_t groups;         /* of pattern_new_groups; then `plain` counts, where it could be made so */
};

struct pattern_scratch {
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint64_t steps_left;  /* of the counting program, on this subject */
    uint64_t steps_begun; /* what was left before the last match */
    const struct pattern *pattern;
    const char *subject;
    PCRE2_SIZE last; /* where it was */
};

/* ---- compiling ---- */

static pcre2_code *
compile(struct text source, uint32_t options, int *code, PCRE2_SIZE *offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *program;

    if (context == NULL) {
        *code = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
    program = pcre2_compile((PCRE2_SPTR)(source.data != NULL ? source.data : ""), source.length,
                            options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, code, offset, context);
    pcre2_compile_context_free(context);
    if (program != NULL)
        (void)pcre2_jit_compile(program, PCRE2_JIT_COMPLETE); /* without JIT it is slower, not wrong */
    return program;
}

bool
pattern_engine_knows(struct text property)
{
    char source[64];
    int length = snprintf(source, sizeof(source), "\\p{%.*s}", TEXT_PRINT(property));
    int code;
    PCRE2_SIZE offset;
    pcre2_code *program;

    if (length < 0 || (size_t)length >= sizeof(source))
        return false;
    program = pcre2_compile((PCRE2_SPTR)source, (PCRE2_SIZE)length, PCRE2_UTF, &code, &offset, NULL);
    pcre2_code_free(program);
    return program != NULL;
}

static int
engine_error(struct error *err, struct text source, int code, size_t offset)
{
    char message[128];

    if (code == PCRE2_ERROR_NOMEMORY)
        return error_memory(err);
    if (pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof(message)) < 0)
        message[0] = '\0';
    return error_set(err, ERROR_CONFIG, NULL, "the pattern '%.*s' cannot be run by PCRE2: %s, at offset %zu",
                     source.length > 200 ? 200 : (int)source.length, source.data, message, offset);
}

static int
pattern_error(struct error *err, struct text source, const struct pattern_problem *problem)
{
    return error_set(err, ERROR_CONFIG, NULL,
                     "the pattern '%.*s' is not a regular expression of ECMA-262: %s, at offset %u",
                     source.length > 200 ? 200 : (int)source.length, source.data != NULL ? source.data : "",
                     problem->what, problem->place);
}

static pcre2_code *
compile_tree(const struct pattern_tree *tree, bool counted, struct text source, struct error *err)
{
    struct buffer translation;
    pcre2_code *program = NULL;
    PCRE2_SIZE offset = 0;
    int code = 0;

    buffer_init(&translation, LIMIT_PATTERN_TREE);
    pattern_translate(tree, counted, &translation);
    if (buffer_failed(&translation)) {
        error_memory(err);
    } else {
        program = compile(buffer_text(&translation), PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF, &code, &offset);
        if (program == NULL)
            engine_error(err, source, code, pattern_translated_from(tree, counted, offset));
    }
    buffer_release(&translation);
    return program;
}

static struct pattern *
pattern_from(const struct pattern_tree *tree, struct text source, struct error *err)
{
    struct pattern *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        error_memory(err);
        return NULL;
    }
    if ((p->plain = compile_tree(tree, false, source, err)) == NULL) {
        pattern_free(p);
        return NULL;
    }
    /* The counting program is larger and may be refused; then the match limit alone has to do. */
    if ((p->automaton = automaton_new(tree)) == NULL)
        p->counted = compile_tree(tree, true, source, NULL);
    return p;
}

struct pattern *
pattern_new(struct text source, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_PATTERN_TREE);
    struct pattern_problem problem;
    struct pattern_tree tree;
    struct pattern *p = NULL;

    if (arena == NULL)
        error_memory(err);
    else if (pattern_parse(&tree, source, false, arena, &problem) < 0 ||
             pattern_translatable(&tree, arena, &problem) < 0)
        pattern_error(err, source, &problem);
    else
        p = pattern_from(&tree, source, err);
    arena_free(arena);
    return p;
}

struct pattern *
pattern_new_pcre(struct text source, bool ignore_case, struct error *err)
{
    const uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
    struct pattern *p = calloc(1, sizeof(*p));
    PCRE2_SIZE offset = 0;
    int code = 0;

    if (p == NULL) {
        error_memory(err);
        return NULL;
    }
    if ((p->plain = compile(source, options, &code, &offset)) == NULL) {
        engine_error(err, source, code, offset);
        free(p);
        return NULL;
    }
    p->counted = compile(source, options | PCRE2_AUTO_CALLOUT, &code, &offset);
    p->steps_per_byte = SEARCH_STEPS;
    return p;
}

void
pattern_free(struct pattern *p)
{
    if (p == NULL)
        return;
    pcre2_code_free(p->plain);
    pcre2_code_free(p->counted);
    automaton_free(p->automaton);
    free(p);
}

/* Always the counting program: a script's work is measured on short subjects, too. */
static struct pattern *
groups_from(const struct pattern_tree *tree, struct text source, struct error *err)
{
    struct pattern *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        error_memory(err);
        return NULL;
    }
    p->groups = tree->captures;
    p->steps_per_byte = SEARCH_STEPS;
    if ((p->plain = compile_tree(tree, true, source, NULL)) == NULL)
        p->plain = compile_tree(tree, false, source, err);
    if (p->plain != NULL)
        return p;
    free(p);
    return NULL;
}

struct pattern *
pattern_new_groups(struct text source, struct error *err)
{
    struct arena *arena = arena_new(0, LIMIT_PATTERN_TREE);
    struct pattern_problem problem;
    struct pattern_tree tree;
    struct pattern *p = NULL;

    if (arena == NULL) {
        error_memory(err);
    } else if (pattern_parse(&tree, source, false, arena, &problem) < 0 ||
               pattern_translatable(&tree, arena, &problem) < 0) {
        pattern_error(err, source, &problem);
    } else if (tree.captures > PATTERN_GROUPS) {
        error_set(err, ERROR_CONFIG, NULL, "the pattern has %u groups, and there may be %d", tree.captures,
                  PATTERN_GROUPS);
    } else {
        tree.keeps_groups = true;
        p = groups_from(&tree, source, err);
    }
    arena_free(arena);
    return p;
}

bool
pattern_is_valid(struct text source)
{
    struct arena *arena = arena_new(0, LIMIT_PATTERN_TREE);
    struct pattern_problem problem;
    struct pattern_tree tree;
    bool valid = arena != NULL && pattern_parse(&tree, source, true, arena, &problem) == 0;

    arena_free(arena);
    return valid;
}

/* ---- matching ---- */

/* One step of the counting program: the way since the last one, and the step itself. */
static int
on_callout(pcre2_callout_block *block, void *arg)
{
    struct pattern_scratch *scratch = arg;
    PCRE2_SIZE at = block->current_position;
    PCRE2_SIZE way = at > scratch->last ? at - scratch->last : scratch->last - at;
    uint64_t steps = 1 + way / BYTES_PER_UNIT;

    scratch->last = at;
    if (steps > scratch->steps_left) {
        scratch->steps_left = 0;
        return PCRE2_ERROR_CALLOUT;
    }
    scratch->steps_left -= steps;
    return 0;
}

struct pattern_scratch *
pattern_scratch_new(void)
{
    struct pattern_scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL)
        return NULL;
    scratch->match = pcre2_match_data_create(1 + PATTERN_GROUPS, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(32 * LIMIT_KIB, LIMIT_PATTERN_STACK, NULL);
    if (scratch->match == NULL || scratch->context == NULL) {
        pattern_scratch_free(scratch);
        return NULL;
    }
    if (scratch->stack != NULL) /* NULL: no JIT here */
        pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    pcre2_set_match_limit(scratch->context, LIMIT_PATTERN_MATCHES);
    pcre2_set_depth_limit(scratch->context, LIMIT_PATTERN_DEPTH);
    pcre2_set_heap_limit(scratch->context, LIMIT_PATTERN_HEAP_KIB);
    pcre2_set_callout(scratch->context, on_callout, scratch);
    return scratch;
}

void
pattern_scratch_free(struct pattern_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_match_data_free(scratch->match);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch);
}

static uint64_t
steps_granted(const struct pattern *p, struct text subject)
{
    return COUNTED_STEPS + (uint64_t)p->steps_per_byte * subject.length;
}

/* 1, 0, -1. The subject is well-formed: surrogates, which PCRE2's own check would refuse, are what PCRE2_NO_UTF_CHECK
 * together with PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES is documented to match. */
static int
run(const struct pattern *p, struct text subject, size_t from, struct pattern_scratch *scratch)
{
    const pcre2_code *program = p->counted != NULL && subject.length > SHORT_SUBJECT ? p->counted : p->plain;
    int result;

    /* A search that goes on behind a match goes on with what is left of the steps, else every match would double the
     * work. */
    if (from == 0 || scratch->pattern != p || scratch->subject != subject.data)
        scratch->steps_left = steps_granted(p, subject);
    scratch->steps_begun = scratch->steps_left;
    scratch->pattern = p;
    scratch->subject = subject.data;
    scratch->last = from;
    result = pcre2_match(program, (PCRE2_SPTR)(subject.data != NULL ? subject.data : ""), subject.length, from,
                         PCRE2_NO_UTF_CHECK, scratch->match, scratch->context);
    if (result >= 0)
        return 1;
    return result == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

/* False: there is not that much left. */
static bool
spend(uint32_t *budget, uint64_t units)
{
    if (budget == NULL)
        return true;
    if (*budget < units) {
        *budget = 0;
        return false;
    }
    *budget -= (uint32_t)units;
    return true;
}

int
pattern_matches(const struct pattern *p, struct text subject, struct pattern_scratch *scratch, uint32_t *budget)
{
    int result;

    if (!spend(budget, 1 + subject.length / BYTES_PER_UNIT))
        return -1;
    if (p->automaton != NULL)
        return automaton_matches(p->automaton, subject);
    if (!code_points_well_formed(subject))
        return -1;
    result = run(p, subject, 0, scratch);
    if (subject.length > SHORT_SUBJECT && p->counted != NULL)
        (void)spend(budget, (steps_granted(p, subject) - scratch->steps_left) / STEPS_PER_UNIT);
    else if (result < 0)
        (void)spend(budget, LIMIT_PATTERN_MATCHES / STEPS_PER_UNIT);
    return result;
}

int
pattern_search(const struct pattern *p, struct text subject, size_t from, struct pattern_scratch *scratch,
               size_t *start, size_t *end)
{
    int result;

    if (from > subject.length)
        return 0;
    if (!code_points_well_formed(subject))
        return -1;
    if ((result = run(p, subject, from, scratch)) == 1) {
        const PCRE2_SIZE *place = pcre2_get_ovector_pointer(scratch->match);

        *start = place[0];
        *end = place[1];
    }
    return result;
}

int
pattern_search_groups(const struct pattern *p, struct text subject, size_t from, struct pattern_scratch *scratch,
                      struct pattern_span spans[PATTERN_GROUPS + 1], uint32_t *count, uint64_t *work)
{
    const PCRE2_SIZE *place;
    int result;

    *work = 0;
    if (from > subject.length)
        return 0;
    result = run(p, subject, from, scratch);
    *work = result < 0 ? LIMIT_PATTERN_MATCHES : scratch->steps_begun - scratch->steps_left;
    if (result != 1)
        return result;
    /* what PCRE2 did not reach is unset in its vector, too */
    place = pcre2_get_ovector_pointer(scratch->match);
    *count = 1 + p->groups;
    for (uint32_t i = 0; i < *count; i++)
        spans[i] = (struct pattern_span){ place[2 * i], place[2 * i + 1] };
    return 1;
}
