/* SPDX-License-Identifier: Apache-2.0 */
#include "cbc_mac.h"

#include <string.h>

bool
cbc_mac_start(cbc_mac *mac)
{
    mac->used = 0;
    memset(mac->chain, 0, sizeof mac->chain);
    return cipher_restart(mac->ctx, cipher_zero_iv);
}

/* Encrypts the first size octets held, in place; the ciphertext of the last block is all that is kept. */
static bool
absorb(cbc_mac *mac, size_t size)
{
    chipid_bytes last;
    cursor done = cursor_over(bytes_of(mac->held, size));

    if (size == 0)
        return true;
    if (!cipher_run(mac->ctx, bytes_of(mac->held, size), mac->held) || !cursor_take_last(&done, mac->block, &last))
        return false;
    memcpy(mac->chain, last.data, last.size);
    return true;
}

bool
cbc_mac_feed(cbc_mac *mac, chipid_bytes data)
{
    cursor in = cursor_over(data);

    while (in.left > 0) {
        size_t room = sizeof mac->held - mac->used;
        chipid_bytes part;

        if (room == 0) {
            if (!absorb(mac, sizeof mac->held))
                return false;
            mac->used = 0;
            continue;
        }
        if (!cursor_take(&in, in.left < room ? in.left : room, &part))
            return false;
        memcpy(mac->held + mac->used, part.data, part.size);
        mac->used += part.size;
    }
    return true;
}

bool
cbc_mac_pad(cbc_mac *mac)
{
    static const uint8_t padding[CHIPID_BLOCK_MAX] = {0x80};

    return cbc_mac_feed(mac, bytes_of(padding, mac->block - mac->used % mac->block));
}

bool
cbc_mac_leave_last(cbc_mac *mac, uint8_t **last, size_t *size)
{
    size_t before = mac->used > 0 ? (mac->used - 1) / mac->block * mac->block : 0;

    if (!absorb(mac, before))
        return false;
    *last = mac->held + before;
    *size = mac->used - before;
    return true;
}

void
cbc_mac_clear(cbc_mac *mac)
{
    EVP_CIPHER_CTX_free(mac->ctx);
    chipid_wipe(mac, sizeof *mac);
}
