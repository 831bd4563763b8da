/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>

#include "cipher.h"

#define WIDTH_MAX 32u /* octets of s, of k_i and of x_i */

/* ICAO 9303-11 §4.4.3.3.2: c0 and c1, for l = 128 and l = 256. */
static const struct {
    size_t width;
    uint8_t c0[WIDTH_MAX], c1[WIDTH_MAX];
} constants[] = {
    {16,
     {0xA6, 0x68, 0x89, 0x2A, 0x7C, 0x41, 0xE3, 0xCA, 0x73, 0x9F, 0x40, 0xB0, 0x57, 0xD8, 0x59, 0x04},
     {0xA4, 0xE1, 0x36, 0xAC, 0x72, 0x5F, 0x73, 0x8B, 0x01, 0xC1, 0xF6, 0x02, 0x17, 0xC1, 0x88, 0xAD}},
    {32,
     {0xD4, 0x63, 0xD6, 0x52, 0x34, 0x12, 0x4E, 0xF7, 0x89, 0x70, 0x54, 0x98, 0x6D, 0xCA, 0x0A, 0x17,
      0x4E, 0x28, 0xDF, 0x75, 0x8C, 0xBA, 0xA0, 0x3F, 0x24, 0x06, 0x16, 0x41, 0x4D, 0x5A, 0x16, 0x76},
     {0x54, 0xBD, 0x72, 0x55, 0xF0, 0xAA, 0xF8, 0x31, 0xBE, 0xC3, 0x42, 0x3F, 0xCF, 0x39, 0xD6, 0x9B,
      0x6C, 0xBF, 0x06, 0x66, 0x77, 0xD0, 0xFA, 0xAE, 0x5A, 0xAD, 0xD9, 0x9D, 0xF8, 0xE5, 0x35, 0x17}},
};

typedef struct {
    const chipid_core *core;
    chipid_cipher cipher;
    size_t width;
    const uint8_t *c0, *c1;
    uint8_t key[WIDTH_MAX]; /* k_i; its first octets, as many as a key has, are the next key */
} generator;

/* to = E(k_i, data), CBC with the IV 0; to may be the key. */
static bool
encipher(const generator *g, const uint8_t *data, uint8_t *to)
{
    chipid_bytes key = bytes_of(g->key, chipid_cipher_key_size(g->cipher));
    EVP_CIPHER_CTX *ctx = cipher_keyed(g->core->cbc[g->cipher], g->cipher, key, true);
    bool done = ctx != NULL && cipher_restart(ctx, cipher_zero_iv) && cipher_run(ctx, bytes_of(data, g->width), to);

    EVP_CIPHER_CTX_free(ctx);
    return done;
}

/*
 * The octets of the least n with n * l >= log2(modulus) + 64; 0 for what is no modulus of ours. Since l and 64 are whole numbers of
 * octets, the bits of the first octet cannot matter.
 */
static size_t
random_size(chipid_bytes modulus, size_t width)
{
    size_t size = bytes_stripped(modulus).size;

    if (size == 0 || size > CHIPID_MODULUS_MAX)
        return 0;
    return (size + 8 + width - 1) / width * width;
}

chipid_status
chipid_integrated_random(const chipid_core *core, chipid_cipher cipher, chipid_bytes s, chipid_bytes t, chipid_bytes modulus,
                         chipid_buffer *random)
{
    const size_t wide = cipher == CHIPID_AES_192 || cipher == CHIPID_AES_256 ? 1 : 0;
    generator g = {core, cipher, constants[wide].width, constants[wide].c0, constants[wide].c1, {0}};
    chipid_status status = CHIPID_CRYPTO;
    size_t left = random_size(modulus, g.width);

    buffer_reset(random);
    if (s.size != g.width || t.size != chipid_cipher_key_size(cipher) || left == 0)
        return CHIPID_LENGTH;
    ERR_set_mark();
    memcpy(g.key, t.data, t.size);
    if (!encipher(&g, s.data, g.key)) /* k_0 = E(t, s) */
        goto fail;
    for (; left > 0; left -= g.width) {
        uint8_t *x = buffer_claim(random, g.width);

        if (x == NULL) {
            status = CHIPID_CAPACITY;
            goto fail;
        }
        if (!encipher(&g, g.c1, x) || !encipher(&g, g.c0, g.key)) /* x_i+1 = E(k_i, c1), k_i+1 = E(k_i, c0) */
            goto fail;
    }
    status = CHIPID_OK;
fail:
    chipid_wipe(&g, sizeof g);
    if (status != CHIPID_OK)
        buffer_discard(random);
    ERR_pop_to_mark();
    return status;
}
