/* SPDX-License-Identifier: Apache-2.0 */
#include "dh.h"

#include <stdio.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "number.h"
#include "secrecy.h"

/* Groups and domains ------------------------------------------------------------------------------------------------------ */

static bool
fill(dh_group *made, const char *name, const BIGNUM *p, const BIGNUM *g, const BIGNUM *q, BN_CTX *ctx)
{
    if ((made->p = BN_dup(p)) == NULL || (made->g = BN_dup(g)) == NULL || (q != NULL && (made->q = BN_dup(q)) == NULL))
        return false;
    if ((made->last = BN_dup(p)) == NULL || BN_sub_word(made->last, 1) != 1)
        return false;
    if ((made->mont = BN_MONT_CTX_new()) == NULL || BN_MONT_CTX_set(made->mont, p, ctx) != 1)
        return false;
    made->size = (size_t)BN_num_bytes(p);
    if (name != NULL)
        return snprintf(made->name, sizeof made->name, "%s", name) > 0;
    return snprintf(made->name, sizeof made->name, "modp%d", BN_num_bits(p)) > 0;
}

chipid_status
dh_group_new(const char *name, const BIGNUM *p, const BIGNUM *g, const BIGNUM *q, BN_CTX *ctx, dh_group **group)
{
    dh_group *made = OPENSSL_zalloc(sizeof *made);

    if (made == NULL)
        return CHIPID_MEMORY;
    atomic_init(&made->owners, 1);
    if (!fill(made, name, p, g, q, ctx)) {
        dh_group_free(made);
        return CHIPID_MEMORY;
    }
    *group = made;
    return CHIPID_OK;
}

dh_group *
dh_group_share(dh_group *group)
{
    atomic_fetch_add_explicit(&group->owners, 1, memory_order_relaxed);
    return group;
}

void
dh_group_free(dh_group *group)
{
    if (group == NULL || atomic_fetch_sub_explicit(&group->owners, 1, memory_order_acq_rel) != 1)
        return;
    BN_free(group->p);
    BN_free(group->g);
    BN_free(group->q);
    BN_free(group->last);
    BN_MONT_CTX_free(group->mont);
    OPENSSL_free(group);
}

chipid_status
dh_over(chipid_core *core, dh_group *group, BIGNUM *mapped, chipid_dh **dh)
{
    chipid_dh *made = OPENSSL_zalloc(sizeof *made);

    if (made == NULL)
        return CHIPID_MEMORY;
    made->core = chipid_core_share(core);
    made->group = group;
    made->mapped = mapped;
    *dh = made;
    return CHIPID_OK;
}

void
chipid_dh_free(chipid_dh *dh)
{
    if (dh == NULL)
        return;
    BN_clear_free(dh->mapped);
    dh_group_free(dh->group);
    chipid_core_free(dh->core);
    OPENSSL_free(dh);
}

const char *
chipid_dh_name(const chipid_dh *dh)
{
    return dh->group->name;
}

bool
chipid_dh_mapped(const chipid_dh *dh)
{
    return dh->mapped != NULL;
}

size_t
chipid_dh_size(const chipid_dh *dh)
{
    return dh->group->size;
}

/* Numbers ----------------------------------------------------------------------------------------------------------------- */

static const BIGNUM *
generator(const chipid_dh *dh)
{
    return dh->mapped != NULL ? dh->mapped : dh->group->g;
}

/* ICAO 9303-11 §9.4.1: an unsigned integer without leading zeros. How many there were shows in the answer's length. */
static chipid_status
write_minimal(const BIGNUM *number, chipid_buffer *out)
{
    size_t size = (size_t)BN_num_bytes(number);

    DECLASSIFY(size);
    return number_write(number, size, out);
}

chipid_status
chipid_dh_get(const chipid_dh *dh, chipid_dh_number which, chipid_buffer *out)
{
    buffer_reset(out);
    switch (which) {
    case CHIPID_DH_P:
        return write_minimal(dh->group->p, out);
    case CHIPID_DH_G:
        return write_minimal(generator(dh), out);
    case CHIPID_DH_Q:
        return dh->group->q != NULL ? write_minimal(dh->group->q, out) : CHIPID_OK;
    }
    return CHIPID_ARGUMENT;
}

/* 1 <= private < q, or < p-1 (PKCS #3 §6) where q is unknown. */
static chipid_status
read_private(const dh_group *group, chipid_bytes octets, BIGNUM **number)
{
    return number_private(octets, 2 * CHIPID_DH_MAX, group->q != NULL ? group->q : group->last, CHIPID_DH_PRIVATE, number);
}

bool
dh_power(const dh_group *group, BIGNUM *to, const BIGNUM *base, const BIGNUM *exponent, BN_CTX *ctx)
{
    return BN_mod_exp_mont_consttime(to, base, exponent, group->p, ctx, group->mont) == 1;
}

bool
dh_in_range(const dh_group *group, const BIGNUM *y)
{
    bool inside = BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, group->last) < 0;

    DECLASSIFY(inside);
    return inside;
}

/* RFC 2631 §2.1.5: public key validation, without which an element of small order would tell the private key's residue. */
static chipid_status
check_subgroup(const dh_group *group, const BIGNUM *y, BN_CTX *ctx)
{
    chipid_status status = CHIPID_MEMORY;
    BIGNUM *power;
    bool one;

    if (!dh_in_range(group, y))
        return CHIPID_DH_ELEMENT;
    if (group->q == NULL)
        return CHIPID_OK;
    if ((power = BN_new()) != NULL && dh_power(group, power, y, group->q, ctx)) {
        one = BN_is_one(power);
        DECLASSIFY(one);
        status = one ? CHIPID_OK : CHIPID_DH_ELEMENT;
    }
    BN_clear_free(power);
    return status;
}

chipid_status
dh_read_element(const chipid_dh *dh, chipid_bytes octets, BN_CTX *ctx, BIGNUM **element)
{
    chipid_status status;
    BIGNUM *made;

    if (octets.size > dh->group->size)
        return CHIPID_DH_ELEMENT;
    if ((made = number_secret(octets)) == NULL)
        return CHIPID_MEMORY;
    if ((status = check_subgroup(dh->group, made, ctx)) != CHIPID_OK) {
        BN_clear_free(made);
        return status;
    }
    *element = made;
    return CHIPID_OK;
}

/* Operations -------------------------------------------------------------------------------------------------------------- */

chipid_status
chipid_dh_check_element(const chipid_dh *dh, chipid_bytes element, chipid_buffer *out)
{
    chipid_status status = CHIPID_MEMORY;
    BN_CTX *ctx = BN_CTX_new_ex(dh->core->lib);
    BIGNUM *read = NULL;

    buffer_reset(out);
    ERR_set_mark();
    if (ctx != NULL && (status = dh_read_element(dh, element, ctx, &read)) == CHIPID_OK)
        status = write_minimal(read, out);
    BN_clear_free(read);
    BN_CTX_free(ctx);
    if (status != CHIPID_OK)
        buffer_discard(out);
    ERR_pop_to_mark();
    return status;
}

/* power = peer^private, or generator^private where peer is NULL. */
static chipid_status
private_power(const chipid_dh *dh, chipid_bytes private_key, const chipid_bytes *peer, BIGNUM *power)
{
    chipid_status status;
    BN_CTX *ctx = BN_CTX_new_ex(dh->core->lib);
    BIGNUM *exponent = NULL, *base = NULL;

    if (ctx == NULL)
        return CHIPID_MEMORY;
    if ((status = read_private(dh->group, private_key, &exponent)) != CHIPID_OK)
        goto fail;
    if (peer != NULL && (status = dh_read_element(dh, *peer, ctx, &base)) != CHIPID_OK)
        goto fail;
    status = CHIPID_CRYPTO;
    if (!dh_power(dh->group, power, base != NULL ? base : generator(dh), exponent, ctx))
        goto fail;
    /* Where q is known no private key leads to 1 or p-1; where it is not, an element of small order may (PKCS #3 checks nothing). */
    status = dh_in_range(dh->group, power) ? CHIPID_OK : CHIPID_DH_ELEMENT;
fail:
    BN_clear_free(exponent);
    BN_clear_free(base);
    BN_CTX_free(ctx);
    return status;
}

/* size 0: as many octets as the number has. */
static chipid_status
write_power(const chipid_dh *dh, chipid_bytes private_key, const chipid_bytes *peer, size_t size, chipid_buffer *out)
{
    chipid_status status = CHIPID_MEMORY;
    BIGNUM *power = BN_new();

    buffer_reset(out);
    ERR_set_mark();
    if (power != NULL && (status = private_power(dh, private_key, peer, power)) == CHIPID_OK)
        status = size > 0 ? number_write(power, size, out) : write_minimal(power, out);
    BN_clear_free(power);
    if (status != CHIPID_OK)
        buffer_discard(out);
    ERR_pop_to_mark();
    return status;
}

chipid_status
chipid_dh_public_key(const chipid_dh *dh, chipid_bytes private_key, chipid_buffer *element)
{
    return write_power(dh, private_key, NULL, 0, element);
}

chipid_status
chipid_dh_agree_element(const chipid_dh *dh, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *element)
{
    return write_power(dh, private_key, &peer, 0, element);
}

chipid_status
chipid_dh_agree(const chipid_dh *dh, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *shared)
{
    return write_power(dh, private_key, &peer, dh->group->size, shared);
}
