/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>

#include "cbc_mac.h"

#define BLOCK 16u

/* SP 800-38B §6.1: doubling in GF(2^128); the carry selects by mask, since it is a bit of a key. */
static void
double_block(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    unsigned carry = 0;

    for (size_t i = BLOCK; i-- > 0;) {
        unsigned octet = (unsigned)in[i] << 1 | carry;
        out[i] = (uint8_t)octet;
        carry = octet >> 8;
    }
    out[BLOCK - 1] ^= (uint8_t)(0x87u & (0u - carry));
}

bool
aes_cmac_init(aes_cmac *mac, const chipid_core *core, chipid_cipher cipher, chipid_bytes key)
{
    uint8_t l[BLOCK];
    bool done = false;

    *mac = (aes_cmac){.cbc = {.block = BLOCK}};
    if ((mac->cbc.ctx = cipher_keyed(core->cbc[cipher], cipher, key, true)) == NULL)
        goto fail;
    if (!cipher_restart(mac->cbc.ctx, cipher_zero_iv) || !cipher_run(mac->cbc.ctx, bytes_of(cipher_zero_iv, BLOCK), l))
        goto fail;
    double_block(l, mac->k1);
    double_block(mac->k1, mac->k2);
    done = true;
fail:
    chipid_wipe(l, sizeof l);
    if (!done)
        aes_cmac_clear(mac);
    return done;
}

bool
aes_cmac_start(aes_cmac *mac)
{
    return cbc_mac_start(&mac->cbc);
}

/* SP 800-38B §6.2: a whole last block is masked with K1; a partial or absent one is padded and masked with K2. */
bool
aes_cmac_finish(aes_cmac *mac, uint8_t out[CHIPID_CMAC_SIZE])
{
    uint8_t block[BLOCK] = {0};
    const uint8_t *mask = mac->k1;
    uint8_t *last;
    size_t size;
    bool done;

    if (!cbc_mac_leave_last(&mac->cbc, &last, &size) || size > sizeof block)
        return false;
    memcpy(block, last, size);
    if (size < sizeof block) {
        block[size] = 0x80;
        mask = mac->k2;
    }
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= mask[i];
    done = cipher_run(mac->cbc.ctx, bytes_of(block, sizeof block), out);
    chipid_wipe(block, sizeof block);
    return done;
}

void
aes_cmac_clear(aes_cmac *mac)
{
    cbc_mac_clear(&mac->cbc);
    chipid_wipe(mac, sizeof *mac);
}

chipid_status
chipid_cmac(const chipid_core *core, chipid_bytes key, chipid_bytes data, chipid_buffer *mac)
{
    chipid_status status = CHIPID_CRYPTO;
    chipid_cipher cipher = CHIPID_AES_128;
    aes_cmac state = {0};
    uint8_t *to;

    buffer_reset(mac);
    while (cipher < CHIPID_CIPHER_COUNT && chipid_cipher_key_size(cipher) != key.size)
        cipher++;
    if (cipher == CHIPID_CIPHER_COUNT)
        return CHIPID_CIPHER_KEY;
    ERR_set_mark();
    if ((to = buffer_claim(mac, CHIPID_CMAC_SIZE)) == NULL) {
        status = CHIPID_CAPACITY;
        goto fail;
    }
    if (!aes_cmac_init(&state, core, cipher, key) || !aes_cmac_start(&state))
        goto fail;
    if (!cbc_mac_feed(&state.cbc, data) || !aes_cmac_finish(&state, to))
        goto fail;
    status = CHIPID_OK;
fail:
    aes_cmac_clear(&state);
    if (status != CHIPID_OK)
        buffer_discard(mac);
    ERR_pop_to_mark();
    return status;
}
