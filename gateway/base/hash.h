/* hash.h -- numbers that stand for bytes: fast ones for tables, keyed and cryptographic ones for what is written down.
 *
 * Table hashes are seeded once per process from the system's randomness, so that traffic cannot be made to collide;
 * they must never be written to a file. Digests are SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104). Any thread. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/text.h"

#define HASH_DIGEST_BYTES 32

/* Both halves of a 128-bit product: every bit of the word changes half of the result. */
static inline uint64_t
hash_fold(uint64_t word)
{
    __uint128_t product = (__uint128_t)word * UINT64_C(0xA24BAED4963EE407);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two numbers made one. Depends on the order: hash_mix(a, b) is not hash_mix(b, a). */
static inline uint64_t
hash_mix(uint64_t a, uint64_t b)
{
    return hash_fold(hash_fold(a + UINT64_C(0x9E3779B97F4A7C15)) ^ (b + UINT64_C(0xD6E8FEB86659FD93)));
}

/* The seed of this process; the same in all threads. */
uint64_t hash_seed(void);

/* For tables: equal texts have equal hashes under one seed. */
uint64_t hash_text(struct text t, uint64_t seed);

/* ASCII case is ignored: for field names. */
uint64_t hash_text_nocase(struct text t, uint64_t seed);

/* 128 bits under a secret key (SipHash-2-4, Aumasson and Bernstein 2012): nobody without the key can find two texts
 * with one tag, or tell which text a tag is from. For tables whose texts are chosen by strangers, or secret. */
struct hash_tag {
    uint64_t a, b;
};
struct hash_key {
    uint64_t a, b;
};
struct hash_tag hash_keyed(struct text t, struct hash_key key);

/* The same in every process and version: FNV-1a, for what must be reproducible (which entity gets a fault). */
uint64_t hash_stable(struct text t, uint64_t start);

/* 0, or -1 when the library has no memory. */
int hash_sha256(struct text t, unsigned char digest[HASH_DIGEST_BYTES]);
int hash_hmac_sha256(struct text key, struct text t, unsigned char digest[HASH_DIGEST_BYTES]);

/* SHA-256 of what comes piece by piece. NULL: no memory. hash_stream_end may be called once; free in any case. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
int hash_stream_add(struct hash_stream *stream, struct text piece);
int hash_stream_end(struct hash_stream *stream, unsigned char digest[HASH_DIGEST_BYTES]);
void hash_stream_free(struct hash_stream *stream);

/* Append the bytes as lower-case hexadecimal. */
void hash_hex(struct buffer *out, const unsigned char *bytes, size_t count);

/* Are they equal? Takes the same time wherever they differ: for tokens. */
bool hash_same_secret(struct text a, struct text b);

#endif
