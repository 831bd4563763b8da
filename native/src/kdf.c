/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>

#include "core.h"
#include "mem.h"

/* Odd parity in the low bit of each octet (FIPS 46-3). No table: its index would be key material. */
static void
adjust_parity(uint8_t *key, size_t size)
{
    for (; size > 0; size--, key++) {
        unsigned bits = *key & 0xFEu, folded = bits;
        folded ^= folded >> 4;
        folded ^= folded >> 2;
        folded ^= folded >> 1;
        *key = (uint8_t)(bits | (~folded & 1u));
    }
}

static bool
digest_parts(const EVP_MD *hash, chipid_bytes secret, chipid_bytes nonce, uint32_t counter, uint8_t digest[EVP_MAX_MD_SIZE])
{
    uint8_t octets[4] = {(uint8_t)(counter >> 24), (uint8_t)(counter >> 16), (uint8_t)(counter >> 8), (uint8_t)counter};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = false;

    if (ctx == NULL || EVP_DigestInit_ex2(ctx, hash, NULL) != 1)
        goto fail;
    if (EVP_DigestUpdate(ctx, secret.data, secret.size) != 1 || EVP_DigestUpdate(ctx, nonce.data, nonce.size) != 1)
        goto fail;
    if (EVP_DigestUpdate(ctx, octets, sizeof octets) != 1 || EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
        goto fail;
    done = true;
fail:
    EVP_MD_CTX_free(ctx);
    return done;
}

chipid_status
chipid_kdf(const chipid_core *core, chipid_cipher cipher, chipid_bytes secret, uint32_t counter, chipid_bytes nonce,
           chipid_buffer *key)
{
    chipid_status status = CHIPID_CRYPTO;
    /* §9.7.1.1-9.7.1.3: SHA-1 while its 20 octets suffice, SHA-256 beyond. */
    chipid_hash hash = chipid_cipher_key_size(cipher) <= 16 ? CHIPID_SHA1 : CHIPID_SHA256;
    uint8_t digest[EVP_MAX_MD_SIZE];

    buffer_reset(key);
    if (secret.size == 0)
        return CHIPID_KDF_SECRET; /* a key made of nothing */
    if (counter == 0)
        return CHIPID_KDF_COUNTER;
    ERR_set_mark();
    if (!digest_parts(core->hash[hash], secret, nonce, counter, digest))
        goto fail;
    if (!buffer_put(key, bytes_of(digest, chipid_cipher_key_size(cipher)))) {
        status = CHIPID_CAPACITY;
        goto fail;
    }
    if (cipher == CHIPID_3DES)
        adjust_parity(key->data, key->size);
    status = CHIPID_OK;
fail:
    chipid_wipe(digest, sizeof digest);
    if (status != CHIPID_OK)
        buffer_discard(key);
    ERR_pop_to_mark();
    return status;
}
