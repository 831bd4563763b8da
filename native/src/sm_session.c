/* SPDX-License-Identifier: Apache-2.0 */
#include "sm_session.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#include "secrecy.h"

#define PADDING_START 0x80u

bool
sm_keys_set(chipid_sm *sm, chipid_bytes ks_enc, chipid_bytes ks_mac)
{
    const EVP_CIPHER *cbc = sm->core->cbc[sm->cipher];

    sm->encrypt = cipher_keyed(cbc, sm->cipher, ks_enc, true);
    sm->decrypt = cipher_keyed(cbc, sm->cipher, ks_enc, false);
    if (sm->encrypt == NULL || sm->decrypt == NULL)
        return false;
    if (sm->cipher == CHIPID_3DES)
        return retail_mac_init(&sm->retail, sm->core, ks_mac);
    if ((sm->ecb = cipher_keyed(sm->core->ecb[sm->cipher], sm->cipher, ks_enc, true)) == NULL)
        return false;
    return aes_cmac_init(&sm->cmac, sm->core, sm->cipher, ks_mac);
}

void
sm_keys_clear(chipid_sm *sm)
{
    EVP_CIPHER_CTX_free(sm->encrypt);
    EVP_CIPHER_CTX_free(sm->decrypt);
    EVP_CIPHER_CTX_free(sm->ecb);
    sm->encrypt = sm->decrypt = sm->ecb = NULL;
    retail_mac_clear(&sm->retail);
    aes_cmac_clear(&sm->cmac);
}

bool
sm_count(chipid_sm *sm)
{
    size_t i = sm->block;

    while (i > 0 && sm->ssc[i - 1] == 0xFF)
        i--;
    if (i == 0)
        return false;
    sm->ssc[i - 1]++;
    memset(sm->ssc + i, 0, sm->block - i);
    return true;
}

/* §9.8.6.1, §9.8.6.2: zero for 3DES, E(KS_Enc, SSC) for AES. */
static bool
set_iv(chipid_sm *sm, EVP_CIPHER_CTX *ctx)
{
    uint8_t iv[CHIPID_BLOCK_MAX];

    if (sm->cipher == CHIPID_3DES)
        return cipher_restart(ctx, cipher_zero_iv);
    return cipher_run(sm->ecb, bytes_of(sm->ssc, sm->block), iv) && cipher_restart(ctx, iv);
}

size_t
sm_padded_size(const chipid_sm *sm, size_t size)
{
    return (size / sm->block + 1) * sm->block;
}

bool
sm_encrypt(chipid_sm *sm, chipid_bytes data, chipid_buffer *out)
{
    static const uint8_t padding[CHIPID_BLOCK_MAX] = {PADDING_START};
    size_t size = sm_padded_size(sm, data.size);
    chipid_buffer padded;
    uint8_t *room = buffer_claim(out, size);

    if (room == NULL)
        return false;
    padded = buffer_over(room, size);
    if (!buffer_put(&padded, data) || !buffer_put(&padded, bytes_of(padding, size - data.size)))
        return false;
    return set_iv(sm, sm->encrypt) && cipher_run(sm->encrypt, bytes_of(room, size), room);
}

/*
 * The branches below depend on plaintext, but only on plaintext whose ciphertext has passed the MAC: whoever could ask them
 * anything knows the keys. So they are no padding oracle.
 */
static bool
unpad(const chipid_sm *sm, chipid_bytes padded, size_t *size)
{
    cursor in = cursor_over(padded);
    chipid_bytes octet;

    for (size_t i = 0; i < sm->block && cursor_take_last(&in, 1, &octet); i++) {
        uint8_t last = *octet.data;

        DECLASSIFY(last);
        if (last == PADDING_START) {
            *size = in.left;
            return true;
        }
        if (last != 0)
            return false;
    }
    return false;
}

chipid_status
sm_decrypt(chipid_sm *sm, chipid_bytes ciphertext, chipid_buffer *out)
{
    size_t before = out->size, size;
    uint8_t *room = buffer_claim(out, ciphertext.size);

    if (room == NULL)
        return CHIPID_CAPACITY;
    if (!set_iv(sm, sm->decrypt) || !cipher_run(sm->decrypt, ciphertext, room))
        return CHIPID_CRYPTO;
    if (!unpad(sm, bytes_of(room, ciphertext.size), &size))
        return CHIPID_SM_PADDING;
    out->size = before + size;
    return CHIPID_OK;
}

bool
sm_mac(chipid_sm *sm, chipid_bytes header, chipid_bytes objects, uint8_t mac[CHIPID_CMAC_SIZE])
{
    bool des = sm->cipher == CHIPID_3DES;
    cbc_mac *feed = des ? &sm->retail.cbc : &sm->cmac.cbc;

    if (!(des ? retail_mac_start(&sm->retail) : aes_cmac_start(&sm->cmac)))
        return false;
    if (!cbc_mac_feed(feed, bytes_of(sm->ssc, sm->block)))
        return false;
    if (header.size > 0 && (!cbc_mac_feed(feed, header) || !cbc_mac_pad(feed)))
        return false;
    if (objects.size > 0 && (!cbc_mac_feed(feed, objects) || !cbc_mac_pad(feed)))
        return false;
    return des ? retail_mac_finish(&sm->retail, mac) : aes_cmac_finish(&sm->cmac, mac);
}

chipid_status
sm_mac_check(chipid_sm *sm, chipid_bytes header, chipid_bytes objects, chipid_bytes expected)
{
    uint8_t mac[CHIPID_CMAC_SIZE];
    bool equal;

    if (!sm_mac(sm, header, objects, mac))
        return CHIPID_CRYPTO;
    equal = chipid_equal(bytes_of(mac, CHIPID_MAC_SIZE), expected);
    DECLASSIFY(equal);
    chipid_wipe(mac, sizeof mac);
    return equal ? CHIPID_OK : CHIPID_SM_MAC;
}

/* The session's life ------------------------------------------------------------------------------------------------------ */

chipid_status
chipid_sm_new(chipid_core *core, chipid_cipher cipher, chipid_bytes ks_enc, chipid_bytes ks_mac, chipid_bytes ssc, chipid_sm **sm)
{
    chipid_status status = CHIPID_CRYPTO;
    chipid_sm *made = NULL;

    *sm = NULL;
    if (ks_enc.size != chipid_cipher_key_size(cipher) || ks_mac.size != chipid_cipher_key_size(cipher))
        return CHIPID_CIPHER_KEY;
    if (ssc.size != chipid_cipher_block_size(cipher))
        return CHIPID_SM_SSC;
    ERR_set_mark();
    if ((made = chipid_secret_new(sizeof *made)) == NULL) {
        status = CHIPID_MEMORY;
        goto fail;
    }
    made->core = chipid_core_share(core);
    made->cipher = cipher;
    made->block = chipid_cipher_block_size(cipher);
    memcpy(made->ssc, ssc.data, ssc.size);
    if (!sm_keys_set(made, ks_enc, ks_mac))
        goto fail;
    *sm = made;
    made = NULL;
    status = CHIPID_OK;
fail:
    chipid_sm_free(made);
    ERR_pop_to_mark();
    return status;
}

void
chipid_sm_free(chipid_sm *sm)
{
    if (sm == NULL)
        return;
    chipid_sm_close(sm);
    chipid_core_free(sm->core);
    chipid_secret_free(sm, sizeof *sm);
}

void
chipid_sm_close(chipid_sm *sm)
{
    sm_keys_clear(sm);
    sm->closed = true;
}

bool
chipid_sm_closed(const chipid_sm *sm)
{
    return sm->closed;
}

chipid_cipher
chipid_sm_cipher(const chipid_sm *sm)
{
    return sm->cipher;
}

chipid_bytes
chipid_sm_ssc(const chipid_sm *sm)
{
    return bytes_of(sm->ssc, sm->block);
}

chipid_status
chipid_sm_set_ssc(chipid_sm *sm, chipid_bytes ssc)
{
    if (sm->closed)
        return CHIPID_SM_CLOSED;
    if (ssc.size != sm->block)
        return CHIPID_SM_SSC;
    memcpy(sm->ssc, ssc.data, ssc.size);
    return CHIPID_OK;
}
