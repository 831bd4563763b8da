/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/err.h>

#include "ec.h"
#include "number.h"

/* Once here, not in each multiplication by the point. */
static bool
make_affine(const chipid_ec *ec, EC_POINT *point)
{
    uint8_t octets[CHIPID_POINT_MAX];
    chipid_buffer out = buffer_over(octets, sizeof octets);
    bool done = ec_write_point(ec, point, &out) == CHIPID_OK &&
                EC_POINT_oct2point(ec->group, point, out.data, out.size, NULL) == 1;

    chipid_wipe(octets, sizeof octets);
    return done;
}

/*
 * ICAO 9303-11 §4.4.3.3.1: G^ = s * G + H. The nonce s is secret: with it and its cryptogram the password could be searched offline.
 * So s * G runs in constant time and H is added, where one call of EC_POINT_mul for the sum would not.
 */
static chipid_status
mapped_point(const chipid_ec *ec, chipid_bytes nonce, const EC_POINT *h, EC_POINT **mapped)
{
    chipid_status status = CHIPID_CRYPTO;
    BIGNUM *s = number_secret(nonce);
    EC_POINT *made = EC_POINT_new(ec->group);

    if (s == NULL || made == NULL)
        goto fail;
    if (!ec_multiply(ec, made, NULL, s))
        goto fail;
    if (EC_POINT_add(ec->group, made, made, h, NULL) != 1)
        goto fail;
    if (EC_POINT_is_at_infinity(ec->group, made)) {
        status = CHIPID_EC_INFINITY;
        goto fail;
    }
    if (!make_affine(ec, made))
        goto fail;
    *mapped = made;
    made = NULL;
    status = CHIPID_OK;
fail:
    BN_clear_free(s);
    EC_POINT_clear_free(made);
    return status;
}

chipid_status
chipid_ec_map_generic(const chipid_ec *ec, chipid_bytes nonce, chipid_bytes h, chipid_ec **mapped)
{
    chipid_status status;
    EC_POINT *shared = NULL, *generator = NULL;

    *mapped = NULL;
    if (ec->mapped != NULL)
        return CHIPID_EC_MAPPED;
    if (nonce.size == 0 || nonce.size > CHIPID_FIELD_MAX)
        return CHIPID_LENGTH;
    ERR_set_mark();
    if ((status = ec_read_point(ec, h, &shared)) != CHIPID_OK)
        goto fail;
    if ((status = mapped_point(ec, nonce, shared, &generator)) != CHIPID_OK)
        goto fail;
    if ((status = ec_over(ec->core, ec->index, generator, mapped)) != CHIPID_OK)
        goto fail;
    generator = NULL;
    status = CHIPID_OK;
fail:
    EC_POINT_clear_free(shared);
    EC_POINT_clear_free(generator);
    ERR_pop_to_mark();
    return status;
}
