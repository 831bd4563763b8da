/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/err.h>

#include "dh.h"
#include "number.h"

/* The same group with another generator; mapped is given over in any case. */
static chipid_status
remapped(const chipid_dh *dh, BIGNUM *generator, chipid_dh **mapped)
{
    chipid_status status;

    if ((status = dh_over(dh->core, dh_group_share(dh->group), generator, mapped)) != CHIPID_OK) {
        dh_group_free(dh->group);
        BN_clear_free(generator);
    }
    return status;
}

/* ICAO 9303-11 §4.4.3.3.1: g^ = g^s * h. The nonce s is secret, so g^s runs in constant time and the product in Montgomery's form. */
static chipid_status
generic(const chipid_dh *dh, const BIGNUM *s, BIGNUM *h, BN_CTX *ctx, BIGNUM *generator)
{
    const dh_group *group = dh->group;

    if (!dh_power(group, generator, group->g, s, ctx) || BN_to_montgomery(h, h, group->mont, ctx) != 1)
        return CHIPID_CRYPTO;
    if (BN_mod_mul_montgomery(generator, generator, h, group->mont, ctx) != 1)
        return CHIPID_CRYPTO;
    return dh_in_range(group, generator) ? CHIPID_OK : CHIPID_DH_ELEMENT;
}

chipid_status
chipid_dh_map_generic(const chipid_dh *dh, chipid_bytes nonce, chipid_bytes h, chipid_dh **mapped)
{
    chipid_status status = CHIPID_MEMORY;
    BN_CTX *ctx = NULL;
    BIGNUM *s = NULL, *shared = NULL, *generator = NULL;

    *mapped = NULL;
    if (dh->mapped != NULL)
        return CHIPID_DH_MAPPED;
    if (nonce.size == 0 || nonce.size > CHIPID_NONCE_MAX)
        return CHIPID_LENGTH;
    ERR_set_mark();
    if ((ctx = BN_CTX_new_ex(dh->core->lib)) == NULL || (generator = BN_new()) == NULL || (s = number_secret(nonce)) == NULL)
        goto fail;
    if ((status = dh_read_element(dh, h, ctx, &shared)) != CHIPID_OK)
        goto fail;
    if ((status = generic(dh, s, shared, ctx, generator)) != CHIPID_OK)
        goto fail;
    status = remapped(dh, generator, mapped);
    generator = NULL;
fail:
    BN_clear_free(s);
    BN_clear_free(shared);
    BN_clear_free(generator);
    BN_CTX_free(ctx);
    ERR_pop_to_mark();
    return status;
}

/*
 * ICAO 9303-11 §4.4.3.3.2: f_g(x) = x^a mod p, a = (p-1)/q. The number R is as secret as the nonce that it comes from; out of Montgomery's
 * form and back into it reduces it modulo p, where a division would branch on it.
 */
static chipid_status
integrated(const dh_group *group, BIGNUM *r, BN_CTX *ctx, BIGNUM *generator)
{
    chipid_status status = CHIPID_CRYPTO;
    BIGNUM *cofactor = BN_new();

    if (cofactor == NULL || BN_div(cofactor, NULL, group->last, group->q, ctx) != 1)
        goto fail;
    if (BN_from_montgomery(r, r, group->mont, ctx) != 1 || BN_to_montgomery(r, r, group->mont, ctx) != 1)
        goto fail;
    if (!dh_power(group, generator, r, cofactor, ctx))
        goto fail;
    status = dh_in_range(group, generator) ? CHIPID_OK : CHIPID_DH_ELEMENT;
fail:
    BN_free(cofactor);
    return status;
}

chipid_status
chipid_dh_map_integrated(const chipid_dh *dh, chipid_bytes random, chipid_dh **mapped)
{
    chipid_status status = CHIPID_MEMORY;
    BN_CTX *ctx = NULL;
    BIGNUM *r = NULL, *generator = NULL;

    *mapped = NULL;
    if (dh->mapped != NULL)
        return CHIPID_DH_MAPPED;
    if (dh->group->q == NULL)
        return CHIPID_DH_PARAMETERS;
    if (random.size == 0 || random.size > dh->group->size + CHIPID_RANDOM_EXCESS)
        return CHIPID_LENGTH;
    ERR_set_mark();
    if ((ctx = BN_CTX_new_ex(dh->core->lib)) == NULL || (generator = BN_new()) == NULL || (r = number_secret(random)) == NULL)
        goto fail;
    if ((status = integrated(dh->group, r, ctx, generator)) != CHIPID_OK)
        goto fail;
    status = remapped(dh, generator, mapped);
    generator = NULL;
fail:
    BN_clear_free(r);
    BN_clear_free(generator);
    BN_CTX_free(ctx);
    ERR_pop_to_mark();
    return status;
}
