/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include "secrecy.h"

chipid_status
number_write(const BIGNUM *number, size_t size, chipid_buffer *out)
{
    uint8_t *to = buffer_claim(out, size);

    if (to == NULL)
        return CHIPID_CAPACITY;
    return BN_bn2binpad(number, to, (int)size) == (int)size ? CHIPID_OK : CHIPID_CRYPTO;
}

BIGNUM *
number_secret(chipid_bytes octets)
{
    BIGNUM *number = BN_new();

    if (number == NULL)
        return NULL;
    BN_set_flags(number, BN_FLG_CONSTTIME);
    if (BN_bin2bn(octets.data, (int)octets.size, number) == NULL) {
        BN_clear_free(number);
        return NULL;
    }
    return number;
}

chipid_status
number_private(chipid_bytes octets, size_t size, const BIGNUM *bound, chipid_status outside, BIGNUM **number)
{
    BIGNUM *made;
    bool inside;

    *number = NULL;
    if (octets.size > size)
        return outside;
    if ((made = number_secret(octets)) == NULL)
        return CHIPID_MEMORY;
    inside = !BN_is_zero(made) && BN_cmp(made, bound) < 0;
    DECLASSIFY(inside);
    if (!inside) {
        BN_clear_free(made);
        return outside;
    }
    *number = made;
    return CHIPID_OK;
}
