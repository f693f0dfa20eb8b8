/* hash.c -- table hashes, and the door to OpenSSL's digests. */
#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/random.h"

#define FNV_START UINT64_C(0xCBF29CE484222325)
#define FNV_PRIME UINT64_C(0x100000001B3)

uint64_t
hash_seed(void)
{
    static _Atomic uint64_t seed;
    uint64_t now = atomic_load_explicit(&seed, memory_order_relaxed), none = 0;

    if (now != 0)
        return now;
    now = random_system() | 1; /* 0 means: not chosen yet */
    return atomic_compare_exchange_strong(&seed, &none, now) ? now : none;
}

uint64_t
hash_text(struct text t, uint64_t seed)
{
    uint64_t sum = seed + t.length * UINT64_C(0x9FB21C651E98DF25), word;
    size_t i = 0;

    for (; t.length - i >= sizeof word; i += sizeof word) {
        memcpy(&word, t.data + i, sizeof word);
        sum = hash_fold(sum ^ word);
    }
    if (i < t.length) {
        word = 0;
        memcpy(&word, t.data + i, t.length - i);
        sum = hash_fold(sum ^ word);
    }
    return hash_mix(sum, seed);
}

uint64_t
hash_text_nocase(struct text t, uint64_t seed)
{
    uint64_t sum = seed + t.length * UINT64_C(0x9FB21C651E98DF25);

    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];

        sum = hash_fold(sum ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c));
    }
    return hash_mix(sum, seed);
}

/* ---- SipHash-2-4 with 128 bits ---- */

struct sip {
    uint64_t v[4];
};

static inline uint64_t
rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static inline void
sip_rounds(struct sip *s, unsigned count)
{
    uint64_t *v = s->v;

    while (count-- > 0) {
        v[0] += v[1], v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0], v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1], v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2], v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
    s->v[3] ^= word;
    sip_rounds(s, 2);
    s->v[0] ^= word;
}

static inline uint64_t
sip_half(struct sip *s)
{
    sip_rounds(s, 4);
    return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* Little-endian, as the paper reads its words. */
static inline uint64_t
word_at(const char *bytes, size_t count)
{
    uint64_t word = 0;

    for (size_t i = 0; i < count; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return word;
}

struct hash_tag
hash_keyed(struct text t, struct hash_key key)
{
    /* "somepseudorandomlygeneratedbytes"; 0xee in v1 is for the form with 128 bits */
    struct sip s = { { key.a ^ UINT64_C(0x736f6d6570736575), key.b ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                       key.a ^ UINT64_C(0x6c7967656e657261), key.b ^ UINT64_C(0x7465646279746573) } };
    struct hash_tag tag;
    size_t i = 0;

    for (; t.length - i >= 8; i += 8)
        sip_word(&s, word_at(t.data + i, 8));
    sip_word(&s, (uint64_t)(t.length & 0xff) << 56 | (i < t.length ? word_at(t.data + i, t.length - i) : 0));
    s.v[2] ^= 0xee;
    tag.a = sip_half(&s);
    s.v[1] ^= 0xdd;
    tag.b = sip_half(&s);
    return tag;
}

uint64_t
hash_stable(struct text t, uint64_t start)
{
    uint64_t sum = start ^ FNV_START;

    for (size_t i = 0; i < t.length; i++)
        sum = (sum ^ (unsigned char)t.data[i]) * FNV_PRIME;
    return sum;
}

int
hash_sha256(struct text t, unsigned char digest[HASH_DIGEST_BYTES])
{
    return EVP_Digest(t.data, t.length, digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

int
hash_hmac_sha256(struct text key, struct text t, unsigned char digest[HASH_DIGEST_BYTES])
{
    unsigned int length = 0;
    const void *secret = key.length > 0 ? (const void *)key.data : "";

    if (key.length > INT32_MAX)
        return -1;
    return HMAC(EVP_sha256(), secret, (int)key.length, (const unsigned char *)t.data, t.length, digest, &length) != NULL
               ? 0
               : -1;
}

struct hash_stream {
    EVP_MD_CTX *context;
};

struct hash_stream *
hash_stream_new(void)
{
    struct hash_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->context = EVP_MD_CTX_new();
    if (stream->context == NULL || EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) != 1) {
        hash_stream_free(stream);
        return NULL;
    }
    return stream;
}

int
hash_stream_add(struct hash_stream *stream, struct text piece)
{
    return EVP_DigestUpdate(stream->context, piece.data, piece.length) == 1 ? 0 : -1;
}

int
hash_stream_end(struct hash_stream *stream, unsigned char digest[HASH_DIGEST_BYTES])
{
    return EVP_DigestFinal_ex(stream->context, digest, NULL) == 1 ? 0 : -1;
}

void
hash_stream_free(struct hash_stream *stream)
{
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void
hash_hex(struct buffer *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        buffer_byte(out, digits[bytes[i] >> 4]);
        buffer_byte(out, digits[bytes[i] & 15]);
    }
}

bool
hash_same_secret(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || CRYPTO_memcmp(a.data, b.data, a.length) == 0);
}
