/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#include "secrecy.h"

static const struct {
    const char *name;
    size_t key_size, block_size;
} ciphers[CHIPID_CIPHER_COUNT] = {
    [CHIPID_3DES] = {"3DES", 16, 8},
    [CHIPID_AES_128] = {"AES-128", 16, 16},
    [CHIPID_AES_192] = {"AES-192", 24, 16},
    [CHIPID_AES_256] = {"AES-256", 32, 16},
};

const uint8_t cipher_zero_iv[CHIPID_BLOCK_MAX] = {0};

chipid_status
chipid_cipher_named(const char *name, chipid_cipher *cipher)
{
    for (chipid_cipher i = CHIPID_3DES; i < CHIPID_CIPHER_COUNT; i++) {
        if (strcmp(name, ciphers[i].name) == 0) {
            *cipher = i;
            return CHIPID_OK;
        }
    }
    return CHIPID_CIPHER_UNKNOWN;
}

const char *
chipid_cipher_name(chipid_cipher cipher)
{
    return ciphers[cipher].name;
}

size_t
chipid_cipher_key_size(chipid_cipher cipher)
{
    return ciphers[cipher].key_size;
}

size_t
chipid_cipher_block_size(chipid_cipher cipher)
{
    return ciphers[cipher].block_size;
}

EVP_CIPHER_CTX *
cipher_keyed_raw(const EVP_CIPHER *algorithm, const uint8_t *key, bool encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (ctx == NULL)
        return NULL;
    if (EVP_CipherInit_ex2(ctx, algorithm, key, NULL, encrypt ? 1 : 0, NULL) != 1 || EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

EVP_CIPHER_CTX *
cipher_keyed(const EVP_CIPHER *algorithm, chipid_cipher cipher, chipid_bytes key, bool encrypt)
{
    uint8_t ede3[EDE3_KEY_SIZE];
    chipid_buffer joined = buffer_over(ede3, sizeof ede3);
    EVP_CIPHER_CTX *ctx = NULL;

    if (key.size != ciphers[cipher].key_size)
        return NULL;
    if (cipher != CHIPID_3DES)
        return cipher_keyed_raw(algorithm, key.data, encrypt);
    if (buffer_put(&joined, key) && buffer_put(&joined, bytes_of(key.data, DES_KEY_SIZE)))
        ctx = cipher_keyed_raw(algorithm, ede3, encrypt);
    chipid_wipe(ede3, sizeof ede3);
    return ctx;
}

bool
cipher_restart(EVP_CIPHER_CTX *ctx, const uint8_t *iv)
{
    return EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) == 1;
}

bool
cipher_run(EVP_CIPHER_CTX *ctx, chipid_bytes data, uint8_t *to)
{
    int written = 0;

    if (data.size == 0)
        return true;
    if (data.size > INT_MAX)
        return false;
    if (EVP_CipherUpdate(ctx, to, &written, data.data, (int)data.size) != 1 || (size_t)written != data.size)
        return false;
    CLASSIFY(to, data.size);
    return true;
}

chipid_status
chipid_cbc(const chipid_core *core, chipid_cipher cipher, bool encrypt, chipid_bytes key, chipid_bytes iv, chipid_bytes data,
           chipid_buffer *out)
{
    chipid_status status = CHIPID_CRYPTO;
    EVP_CIPHER_CTX *ctx = NULL;
    uint8_t *to;

    buffer_reset(out);
    if (key.size != ciphers[cipher].key_size)
        return CHIPID_CIPHER_KEY;
    if (iv.size != ciphers[cipher].block_size)
        return CHIPID_CIPHER_IV;
    if (data.size % ciphers[cipher].block_size != 0)
        return CHIPID_CIPHER_BLOCK;
    if (data.size > INT_MAX)
        return CHIPID_LENGTH;
    ERR_set_mark();
    if ((to = buffer_claim(out, data.size)) == NULL) {
        status = CHIPID_CAPACITY;
        goto fail;
    }
    if ((ctx = cipher_keyed(core->cbc[cipher], cipher, key, encrypt)) == NULL)
        goto fail;
    if (!cipher_restart(ctx, iv.data) || !cipher_run(ctx, data, to))
        goto fail;
    status = CHIPID_OK;
fail:
    EVP_CIPHER_CTX_free(ctx);
    if (status != CHIPID_OK)
        buffer_discard(out);
    ERR_pop_to_mark();
    return status;
}
