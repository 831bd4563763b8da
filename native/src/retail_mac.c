/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "cbc_mac.h"

#define KEY_SIZE (2 * DES_KEY_SIZE)

/*
 * OpenSSL's default provider has no single DES: EDE with one key thrice is the same. The last block of algorithm 3 goes through
 * E(Ka), D(Kb), E(Ka), which is EDE again.
 */
bool
retail_mac_init(retail_mac *mac, const chipid_core *core, chipid_bytes key)
{
    uint8_t single[EDE3_KEY_SIZE];
    chipid_buffer thrice = buffer_over(single, sizeof single);
    bool done = false;

    *mac = (retail_mac){.cbc = {.block = DES_KEY_SIZE}};
    if (key.size != KEY_SIZE)
        return false;
    while (thrice.size < thrice.capacity) {
        if (!buffer_put(&thrice, bytes_of(key.data, DES_KEY_SIZE)))
            goto fail;
    }
    mac->cbc.ctx = cipher_keyed_raw(core->cbc[CHIPID_3DES], single, true);
    mac->last = cipher_keyed(core->cbc[CHIPID_3DES], CHIPID_3DES, key, true);
    if (mac->cbc.ctx == NULL || mac->last == NULL)
        goto fail;
    done = true;
fail:
    chipid_wipe(single, sizeof single);
    if (!done)
        retail_mac_clear(mac);
    return done;
}

bool
retail_mac_start(retail_mac *mac)
{
    return cbc_mac_start(&mac->cbc);
}

bool
retail_mac_finish(retail_mac *mac, uint8_t out[CHIPID_MAC_SIZE])
{
    uint8_t *block;
    size_t size;

    if (!cbc_mac_leave_last(&mac->cbc, &block, &size) || size != mac->cbc.block)
        return false;
    return cipher_restart(mac->last, mac->cbc.chain) && cipher_run(mac->last, bytes_of(block, size), out);
}

void
retail_mac_clear(retail_mac *mac)
{
    EVP_CIPHER_CTX_free(mac->last);
    mac->last = NULL;
    cbc_mac_clear(&mac->cbc);
}

chipid_status
chipid_retail_mac(const chipid_core *core, chipid_bytes key, chipid_bytes data, bool pad, chipid_buffer *mac)
{
    chipid_status status = CHIPID_CRYPTO;
    retail_mac state = {0};
    uint8_t *to;

    buffer_reset(mac);
    if (key.size != KEY_SIZE)
        return CHIPID_CIPHER_KEY;
    if (!pad && (data.size == 0 || data.size % DES_KEY_SIZE != 0))
        return CHIPID_CIPHER_BLOCK;
    ERR_set_mark();
    if ((to = buffer_claim(mac, CHIPID_MAC_SIZE)) == NULL) {
        status = CHIPID_CAPACITY;
        goto fail;
    }
    if (!retail_mac_init(&state, core, key) || !retail_mac_start(&state) || !cbc_mac_feed(&state.cbc, data))
        goto fail;
    if ((pad && !cbc_mac_pad(&state.cbc)) || !retail_mac_finish(&state, to))
        goto fail;
    status = CHIPID_OK;
fail:
    retail_mac_clear(&state);
    if (status != CHIPID_OK)
        buffer_discard(mac);
    ERR_pop_to_mark();
    return status;
}
