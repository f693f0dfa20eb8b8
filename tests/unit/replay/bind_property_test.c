/* Random traffic of several clients with known bindings, among values that are alike by chance: short numbers, words,
 * dates, ids that clients made up and servers repeat. Each seed is recorded, learned and played against a server with
 * other ids; what is sent must be what a client of that server would have sent. */
#include "bound_traffic.h"

#include "base/random.h"

#define SEEDS     24
#define THINGS    40
#define USES      4
#define KINDS     6
#define ID_MOST   48
#define TEXT_MOST 1024

struct thing {
    int kind;
    char recorded[ID_MOST], now[ID_MOST], own[ID_MOST];
    uint64_t number;
    char now_answer[TEXT_MOST];
};

struct tally {
    unsigned bound, found;  /* requests with a value of an answer; sent as they should be */
    unsigned plain, broken; /* requests without; changed though */
    unsigned wrong;         /* neither as recorded nor as they should be */
};

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* An id as servers make them: UUID, prefix and number, large number, random letters, hexadecimal, words with a number.
 */
static void
make_id(struct random *r, int kind, char *out)
{
    uint64_t a = random_next(r), b = random_next(r);

    switch (kind) {
    case 0:
        (void)snprintf(out, ID_MOST, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)a, (unsigned)(a >> 32) & 0xffff,
                       (unsigned)(a >> 48) & 0xfff, (unsigned)b & 0xfff, (unsigned long long)(b >> 16));
        break;
    case 1:
        (void)snprintf(out, ID_MOST, "ORD%u", 100000 + (unsigned)random_below(r, 900000));
        break;
    case 2:
        (void)snprintf(out, ID_MOST, "%u", 10000000 + (unsigned)random_below(r, 90000000));
        break;
    case 3:
        for (int i = 0; i < 16; i++)
            out[i] = LETTERS[random_below(r, sizeof LETTERS - 1)];
        out[16] = '\0';
        break;
    case 4:
        (void)snprintf(out, ID_MOST, "%016llx", (unsigned long long)a);
        break;
    default:
        (void)snprintf(out, ID_MOST, "cart-%u-%c", 1000 + (unsigned)random_below(r, 9000), LETTERS[26 + a % 26]);
        break;
    }
}

/* What is in every body, and says nothing. */
static void
chaff(struct random *r, char *out, size_t size)
{
    static const char *const words[] = { "open", "closed", "pending", "EUR", "USD", "north", "web" };

    (void)snprintf(out, size,
                   "\"quantity\":%u,\"page\":%u,\"state\":\"%s\",\"day\":\"2024-05-%02u\",\"gift\":%s,\"price\":%u.%u",
                   (unsigned)random_below(r, 5), (unsigned)random_below(r, 9), words[random_below(r, 7)],
                   1 + (unsigned)random_below(r, 28), random_below(r, 2) ? "true" : "false",
                   (unsigned)random_below(r, 90), (unsigned)random_below(r, 10));
}

static void
answer_of(struct random *r, const struct thing *t, const char *id, char *out)
{
    char rest[256];
    bool number = t->kind == 2;

    chaff(r, rest, sizeof rest);
    switch (t->kind % 3) {
    case 0:
        (void)snprintf(out, TEXT_MOST, "201\nContent-Type: application/json\n\n{\"id\":\"%s\",\"customer\":\"%s\",%s}",
                       id, t->own, rest);
        break;
    case 1:
        (void)snprintf(out, TEXT_MOST,
                       "201\nLocation: /k%d/%s\nContent-Type: application/json\n\n{\"customer\":\"%s\",%s}", t->kind,
                       id, t->own, rest);
        break;
    default:
        (void)snprintf(out, TEXT_MOST,
                       "201\nContent-Type: application/json\n\n{\"customer\":\"%s\",\"data\":[{%s},{\"key\":%s%s%s}]}",
                       t->own, rest, number ? "" : "\"", id, number ? "" : "\"");
        break;
    }
}

/* One of the ways in which a client uses an id. */
static void
use_of(struct random *r, unsigned how, const char *id, const char *own, char *out)
{
    char rest[256];

    chaff(r, rest, sizeof rest);
    switch (how) {
    case 0:
        (void)snprintf(out, TEXT_MOST, "GET /things/%s/lines?limit=5&customer=%s", id, own);
        break;
    case 1:
        (void)snprintf(out, TEXT_MOST, "GET /find?q=a&ref=%s&page=2", id);
        break;
    case 2:
        (void)snprintf(out, TEXT_MOST, "PUT /lookup\nX-Ref: %s\nContent-Type: application/json\n\n{%s}", id, rest);
        break;
    case 3:
        (void)snprintf(out, TEXT_MOST,
                       "POST /pay\nContent-Type: application/json\n\n{\"thing\":\"%s\",\"customer\":\"%s\",%s}", id,
                       own, rest);
        break;
    case 4:
        (void)snprintf(out, TEXT_MOST,
                       "POST /hook\nContent-Type: application/json\n\n{\"url\":\"https://a.example/t/%s/done?x=1\",%s}",
                       id, rest);
        break;
    case 5:
        (void)snprintf(out, TEXT_MOST, "GET /find?q=customer%%3A%s%%2F%s", own, id);
        break;
    case 6:
        (void)snprintf(out, TEXT_MOST, "GET /me\nCookie: theme=dark; last=%s", id);
        break;
    default: /* nothing of an answer */
        (void)snprintf(out, TEXT_MOST, "POST /search\nContent-Type: application/json\n\n{\"customer\":\"%s\",%s}", own,
                       rest);
        break;
    }
}

static void
compare(struct traffic *t, uint64_t number, const char *recorded, const char *expected, struct tally *tally)
{
    struct message m;
    struct exchange *x = &t->exchanges[number];
    struct text sent = traffic_send(t, number), wanted;
    bool bound = strcmp(recorded, expected) != 0;

    traffic_message(t, &x->request, expected); /* as text in the same form */
    m = x->request;
    wanted = arena_print(t->arena, "%.*s %.*s", TEXT_PRINT(m.method), TEXT_PRINT(m.target));
    for (uint32_t i = 0; i < m.header_count; i++)
        wanted = arena_print(t->arena, "%.*s\n%.*s: %.*s", TEXT_PRINT(wanted), TEXT_PRINT(m.headers[i].name),
                             TEXT_PRINT(m.headers[i].value));
    wanted = arena_print(t->arena, "%.*s\n\n%.*s", TEXT_PRINT(wanted), TEXT_PRINT(m.body));
    tally->bound += bound;
    tally->plain += !bound;
    if (text_equal(sent, wanted)) {
        tally->found += bound;
    } else if (!bound) {
        tally->broken++;
    } else {
        struct bound_request r = t->request;

        for (uint32_t i = 0; i < r.bound_count; i++)
            if (r.bounds[i].why == NULL && !text_equal(r.bounds[i].now, r.bounds[i].recorded)) {
                tally->wrong++;
                break;
            }
    }
}

static void
run(uint64_t seed, struct tally *tally)
{
    struct random r;
    struct traffic *t = traffic_new(NULL, false);
    struct thing *things = calloc(THINGS, sizeof things[0]);
    char recorded[THINGS * USES][TEXT_MOST], expected[THINGS * USES][TEXT_MOST];
    uint64_t numbers[THINGS * USES];
    unsigned uses = 0;

    random_seed(&r, seed);
    for (int i = 0; i < THINGS; i++) { /* things are made while others are used */
        struct thing *thing = &things[i];
        struct random same;
        char request[TEXT_MOST], answer[TEXT_MOST], rest[256];

        thing->kind = (int)random_below(&r, KINDS);
        make_id(&r, thing->kind, thing->recorded);
        make_id(&r, thing->kind, thing->now);
        (void)snprintf(thing->own, sizeof thing->own, "CUST-%u", 10000 + (unsigned)random_below(&r, 90000));
        chaff(&r, rest, sizeof rest);
        (void)snprintf(request, sizeof request, "POST /k%d\nContent-Type: application/json\n\n{\"customer\":\"%s\",%s}",
                       thing->kind, thing->own, rest);
        same = r;
        answer_of(&r, thing, thing->recorded, answer);
        answer_of(&same, thing, thing->now, thing->now_answer);
        thing->number = traffic_read(t, request, answer);
        for (unsigned n = 0; n < USES; n++) {
            const struct thing *used = &things[random_below(&r, (uint64_t)i + 1)];
            unsigned how = (unsigned)random_below(&r, 9);
            char said[512];

            same = r;
            use_of(&r, how, used->recorded, used->own, recorded[uses]);
            use_of(&same, how, used->now, used->own, expected[uses]);
            chaff(&r, rest, sizeof rest);
            (void)snprintf(said, sizeof said, "200\nContent-Type: application/json\n\n{%s}", rest);
            numbers[uses] = traffic_read(t, recorded[uses], said);
            uses++;
        }
    }
    for (int i = 0; i < THINGS; i++)
        traffic_answer(t, things[i].number, things[i].now_answer);
    for (unsigned i = 0; i < uses; i++)
        compare(t, numbers[i], recorded[i], expected[i], tally);
    free(things);
    traffic_free(t);
}

static void
nearly_all_bindings_are_found_and_next_to_nothing_else(void **state)
{
    struct tally tally = { .bound = 0 };
    double recall, precision;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, &tally);
    recall = (double)tally.found / tally.bound;
    precision = (double)tally.found / (tally.found + tally.wrong + tally.broken);
    print_message("%u bound requests, %u found, %u wrong; %u plain ones, %u broken; recall %.4f, precision %.4f\n",
                  tally.bound, tally.found, tally.wrong, tally.plain, tally.broken, recall, precision);
    assert_true(tally.bound > 2000 && tally.plain > 300);
    check_that(recall >= 0.98, "recall %.4f", recall);
    check_that(precision >= 0.999, "precision %.4f", precision);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearly_all_bindings_are_found_and_next_to_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
