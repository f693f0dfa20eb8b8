/* redaction_names.c -- sets of names that are found in one look, and the names that are redacted unless told
 * otherwise. */
#include <ctype.h>

#include "base/hash.h"
#include "rules/redaction_internal.h"

#define STEPS_MAX_BYTES 256 /* of a name in steps */
#define NAME_MAX_BYTES  63  /* a longer name is in no set: bit 63 of `lengths` */

static const char *const default_headers[] = {
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Api-Key",
    "Api-Key",
    "X-Api-Token",
    "X-Auth-Token",
    "X-Access-Token",
    "X-Refresh-Token",
    "X-Session-Token",
    "X-Csrf-Token",
    "X-Xsrf-Token",
    "X-Client-Secret",
    "X-Amz-Security-Token",
    "X-Goog-Api-Key",
    "X-Vault-Token",
    "X-Gitlab-Token",
    "Private-Token",
    "Ocp-Apim-Subscription-Key",
    "Token",
    "Auth-Token",
    "Access-Token",
    "X-Token",
    "X-Auth",
    "X-Authorization",
    "X-Authentication",
    "X-Secret",
    "X-Api-Secret",
    "X-Password",
    "X-Jwt",
    "X-Jwt-Assertion",
    "X-Forwarded-Access-Token",
    "X-Forwarded-Authorization",
    "X-Original-Authorization",
    "X-Amzn-Oidc-Data",
    "X-Amzn-Oidc-Accesstoken",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Ms-Token-Aad-Access-Token",
    "X-Ms-Token-Aad-Id-Token",
    "X-Shopify-Access-Token",
    "Cf-Access-Jwt-Assertion",
    "Authentication-Info",
    "Proxy-Authentication-Info",
    "DPoP",
    "Cookie2",
    "Set-Cookie2",
};

static const char *const default_queries[] = {
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "session_token",
    "jwt",
    "api_key",
    "api_token",
    "subscription_key",
    "password",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
    "signature",
    "sig",
    "x_amz_signature",
    "assertion",
    "x_amz_credential",
    "x_amz_security_token",
    "client_assertion",
    "code_verifier",
    "passphrase",
    "csrf_token",
    "xsrf_token",
    "authenticity_token",
    "jsessionid",
    "phpsessid",
    "sessionid",
};

static const char *const default_fields[] = {
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "new_password",
    "old_password",
    "current_password",
    "confirm_password",
    "password_confirmation",
    "secret",
    "client_secret",
    "secret_key",
    "private_key",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "session_token",
    "api_key",
    "api_token",
    "client_assertion",
    "jwt",
    "assertion",
    "code_verifier",
    "csrf_token",
    "xsrf_token",
    "authenticity_token",
    "user_password",
    "db_password",
    "user_pass",
    "otp",
    "card_number",
    "pan",
    "primary_account_number",
    "cvv",
    "cvc",
    "cvv2",
    "cvc2",
    "card_cvv",
    "card_cvc",
    "card_pin",
    "security_code",
    "card_security_code",
    "card_verification_value",
};

/* The name as the sets know it; 0 when it is empty or too long. */
static size_t
fold(char out[NAME_MAX_BYTES], struct text name)
{
    size_t length = 0;

    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '_' || name.data[i] == '-' || name.data[i] == ' ')
            continue;
        if (length == NAME_MAX_BYTES)
            return 0;
        out[length++] = (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] + ('a' - 'A') : name.data[i]);
    }
    return length;
}

static struct name_entry *
find_slot(const struct name_set *set, struct text folded, uint64_t hash)
{
    uint32_t slot = (uint32_t)hash & (set->size - 1);

    while (set->entries[slot].name.length > 0 &&
           (set->entries[slot].hash != hash || !text_equal(set->entries[slot].name, folded)))
        slot = (slot + 1) & (set->size - 1);
    return &set->entries[slot];
}

static int
make_room(struct name_set *set, struct arena *arena)
{
    struct name_set larger = *set;

    if (set->count * 2 < set->size)
        return 0;
    larger.size = set->size == 0 ? 64 : set->size * 2;
    larger.entries = ARENA_ARRAY(arena, struct name_entry, larger.size);
    if (larger.entries == NULL)
        return -1;
    for (uint32_t i = 0; i < set->size; i++)
        if (set->entries[i].name.length > 0)
            *find_slot(&larger, set->entries[i].name, set->entries[i].hash) = set->entries[i];
    *set = larger;
    return 0;
}

/* So that name_set_may_have sees the name however it is written, and behind whatever steps. */
static void
learn_end(struct name_set *set, struct text folded)
{
    static const char between[] = "_- .:[]";
    unsigned char last = (unsigned char)folded.data[folded.length - 1];
    uint64_t before = 0;

    for (const char *c = between; *c != '\0'; c++)
        before |= UINT64_C(1) << name_set_before((unsigned char)*c);
    if (folded.length > 1)
        before |= UINT64_C(1) << name_set_before((unsigned char)folded.data[folded.length - 2]);
    set->ends[last] |= before;
    set->ends[toupper(last)] |= before;
    set->ends['_'] = set->ends['-'] = set->ends[' '] = set->ends[']'] = UINT64_MAX;
}

static void
learn_beginning(struct name_set *set, struct text folded)
{
    unsigned char first = (unsigned char)folded.data[0], last = (unsigned char)folded.data[folded.length - 1];
    uint32_t seconds = folded.length > 1 ? UINT32_C(1) << (folded.data[1] & 31) : 0;

    seconds |= UINT32_C(1) << ('_' & 31) | UINT32_C(1) << ('-' & 31) | UINT32_C(1) << (' ' & 31); /* x_y */
    set->second[first] |= seconds;
    set->second[toupper(first)] |= seconds;
    set->second['_'] = set->second['-'] = set->second[' '] = UINT32_MAX;
    set->seconds[first & 31][last & 31] |= UINT32_C(1) << ((unsigned char)folded.data[folded.length > 1] & 31);
}

int
name_set_add(struct name_set *set, struct text name, enum redact_action action, struct arena *arena)
{
    char bytes[NAME_MAX_BYTES];
    struct text folded = text_make(bytes, fold(bytes, name));
    struct name_entry *entry;
    uint64_t hash = hash_text(folded, 0);

    if (folded.length == 0)
        return 0; /* matches nothing; redaction_new refuses it in the operator's rules */
    if (make_room(set, arena) < 0)
        return -1;
    entry = find_slot(set, folded, hash);
    if (entry->name.length == 0) {
        folded = arena_text(arena, folded);
        if (folded.data == NULL)
            return -1;
        *entry = (struct name_entry){ .name = folded, .hash = hash };
        set->count++;
    }
    entry->action = action;
    set->lengths |= UINT64_C(1) << folded.length;
    if (folded.length > set->longest)
        set->longest = (uint32_t)folded.length;
    learn_beginning(set, folded);
    learn_end(set, folded);
    return 0;
}

/* The two bytes at the beginning rule out almost every name. */
static bool
may_begin(const struct name_set *set, struct text name)
{
    return name.length == 1 ? set->second[(unsigned char)name.data[0]] != 0
                            : (set->second[(unsigned char)name.data[0]] >> (name.data[1] & 31) & 1) != 0;
}

static enum redact_action
find_whole(const struct name_set *set, struct text name)
{
    char bytes[NAME_MAX_BYTES];
    struct text folded;

    if (name.length == 0 || !may_begin(set, name))
        return REDACT_NONE;
    folded = text_make(bytes, fold(bytes, name));
    if (folded.length == 0 || (set->lengths >> folded.length & 1) == 0)
        return REDACT_NONE;
    return find_slot(set, folded, hash_text(folded, 0))->action;
}

/* user[password], user.password, ns:password: what is behind the last '.' or ':', or in any of the brackets. */
static enum redact_action
find_step(const struct name_set *set, struct text name)
{
    enum redact_action action = REDACT_NONE;
    size_t end = name.length;

    for (size_t i = name.length; i > 0 && action == REDACT_NONE; i--) {
        char c = name.data[i - 1];

        if (c != '.' && c != ':' && c != '[' && c != ']')
            continue;
        action = find_whole(set, text_slice(name, i, end - i));
        end = i - 1;
        if (c == '.' || c == ':')
            return action;
    }
    return action != REDACT_NONE || end == name.length ? action : find_whole(set, text_slice(name, 0, end));
}

enum byte_kind {
    BYTE_JOINS = 1, /* is not part of the name */
    BYTE_STEPS = 2, /* stands between names */
};

static unsigned
kinds_of(struct text name)
{
    static const unsigned char kinds[256] = {
        ['_'] = BYTE_JOINS, ['-'] = BYTE_JOINS, [' '] = BYTE_JOINS, ['.'] = BYTE_STEPS,
        [':'] = BYTE_STEPS, ['['] = BYTE_STEPS, [']'] = BYTE_STEPS,
    };
    unsigned found = 0;

    for (size_t i = 0; i < name.length; i++)
        found |= kinds[(unsigned char)name.data[i]];
    return found;
}

/* Of a name that is written as the sets know it but for its case, length and three bytes tell almost always that it is
 * none of them: letters of both cases have the same low five bits. */
static bool
may_be(const struct name_set *set, struct text name)
{
    unsigned first = (unsigned char)name.data[0] & 31, last = (unsigned char)name.data[name.length - 1] & 31;
    unsigned second = (unsigned char)name.data[name.length > 1] & 31;

    return name.length <= NAME_MAX_BYTES && (set->lengths >> name.length & 1) != 0 &&
           (set->seconds[first][last] >> second & 1) != 0;
}

enum redact_action
name_set_find(const struct name_set *set, struct text name)
{
    enum redact_action action;
    unsigned kinds;

    if (!name_set_may_have(set, name))
        return REDACT_NONE;
    kinds = kinds_of(name);
    if (kinds == 0 && !may_be(set, name))
        return REDACT_NONE;
    action = find_whole(set, name);
    return action == REDACT_NONE && (kinds & BYTE_STEPS) != 0 && name.length < STEPS_MAX_BYTES ? find_step(set, name)
                                                                                               : action;
}

static int
add_all(struct name_set *set, const char *const *names, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++)
        if (name_set_add(set, text_of(names[i]), REDACT_MASK, arena) < 0)
            return -1;
    return 0;
}

#define ADD_ALL(set, names) add_all((set), names, sizeof(names) / sizeof(names[0]), r->arena)

int
redaction_add_defaults(struct redaction *r)
{
    r->cards = true;
    if (ADD_ALL(&r->headers, default_headers) < 0 || ADD_ALL(&r->queries, default_queries) < 0 ||
        ADD_ALL(&r->fields, default_fields) < 0)
        return -1;
    return 0;
}
