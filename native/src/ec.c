/* SPDX-License-Identifier: Apache-2.0 */
#include "ec.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "number.h"

#define NUMBER_MAX 128u /* octets of a scalar or a parameter, leading zeros included */

chipid_status
ec_over(chipid_core *core, size_t index, EC_POINT *mapped, chipid_ec **ec)
{
    chipid_ec *made = OPENSSL_zalloc(sizeof *made);

    if (made == NULL)
        return CHIPID_MEMORY;
    made->core = chipid_core_share(core);
    made->index = index;
    made->group = core->curves[index].group;
    made->mapped = mapped;
    made->field_size = ((size_t)EC_GROUP_get_degree(made->group) + 7) / 8;
    *ec = made;
    return CHIPID_OK;
}

void
chipid_ec_free(chipid_ec *ec)
{
    if (ec == NULL)
        return;
    EC_POINT_clear_free(ec->mapped);
    chipid_core_free(ec->core);
    OPENSSL_free(ec);
}

chipid_status
chipid_ec_named(chipid_core *core, const char *name, chipid_ec **ec)
{
    size_t index;

    *ec = NULL;
    if (!curve_named(name, &index))
        return CHIPID_EC_UNKNOWN_CURVE;
    return ec_over(core, index, NULL, ec);
}

static bool
equals_number(const BIGNUM *number, chipid_bytes octets)
{
    uint8_t encoded[NUMBER_MAX];
    int size = BN_num_bytes(number);
    chipid_bytes stripped = bytes_stripped(octets);

    if (size > (int)sizeof encoded || BN_bn2binpad(number, encoded, size) != size)
        return false;
    return chipid_equal(bytes_of(encoded, (size_t)size), stripped);
}

static bool
equals_generator(const chipid_ec *ec, chipid_bytes g)
{
    EC_POINT *point = NULL;
    bool equal = false;

    if (ec_read_point(ec, g, &point) == CHIPID_OK)
        equal = EC_POINT_cmp(ec->group, point, EC_GROUP_get0_generator(ec->group), NULL) == 0;
    EC_POINT_clear_free(point);
    return equal;
}

chipid_status
chipid_ec_explicit(chipid_core *core, chipid_bytes p, chipid_bytes a, chipid_bytes b, chipid_bytes g, chipid_bytes n,
                   const chipid_bytes *h, chipid_ec **ec)
{
    chipid_status status = CHIPID_EC_UNKNOWN_CURVE;
    chipid_ec *made = NULL;

    *ec = NULL;
    ERR_set_mark();
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        const curve *c = &core->curves[i];

        if (!equals_number(c->p, p) || !equals_number(c->a, a) || !equals_number(c->b, b))
            continue;
        if (!equals_number(EC_GROUP_get0_order(c->group), n))
            continue;
        if (h != NULL && !equals_number(EC_GROUP_get0_cofactor(c->group), *h))
            continue;
        if ((status = ec_over(core, i, NULL, &made)) != CHIPID_OK)
            break;
        if (!equals_generator(made, g))
            status = CHIPID_EC_UNKNOWN_CURVE;
        break;
    }
    if (status == CHIPID_OK)
        *ec = made;
    else
        chipid_ec_free(made);
    ERR_pop_to_mark();
    return status;
}

const char *
chipid_ec_name(const chipid_ec *ec)
{
    return curve_name(ec->index);
}

bool
chipid_ec_mapped(const chipid_ec *ec)
{
    return ec->mapped != NULL;
}

size_t
chipid_ec_field_size(const chipid_ec *ec)
{
    return ec->field_size;
}

unsigned
chipid_ec_cofactor(const chipid_ec *ec)
{
    return (unsigned)BN_get_word(EC_GROUP_get0_cofactor(ec->group));
}

chipid_status
chipid_ec_get(const chipid_ec *ec, chipid_ec_number which, chipid_buffer *out)
{
    const curve *c = &ec->core->curves[ec->index];
    const BIGNUM *order = EC_GROUP_get0_order(ec->group);

    buffer_reset(out);
    switch (which) {
    case CHIPID_EC_P:
        return number_write(c->p, ec->field_size, out);
    case CHIPID_EC_A:
        return number_write(c->a, ec->field_size, out);
    case CHIPID_EC_B:
        return number_write(c->b, ec->field_size, out);
    case CHIPID_EC_ORDER:
        return number_write(order, (size_t)BN_num_bytes(order), out);
    }
    return CHIPID_ARGUMENT;
}

chipid_status
ec_read_point(const chipid_ec *ec, chipid_bytes octets, EC_POINT **point)
{
    chipid_status status = CHIPID_EC_POINT;
    cursor in = cursor_over(octets);
    EC_POINT *made = NULL;
    uint8_t form;

    *point = NULL;
    if (!cursor_octet(&in, &form))
        return CHIPID_EC_POINT;
    if (form == 0 && in.left == 0)
        return CHIPID_EC_INFINITY;
    if (in.left != (form == POINT_CONVERSION_UNCOMPRESSED ? 2 : 1) * ec->field_size)
        return CHIPID_EC_POINT; /* hybrid forms are as long as uncompressed ones, and no standard of ours has them */
    if ((made = EC_POINT_new(ec->group)) == NULL)
        return CHIPID_MEMORY;
    /* Refuses other forms, coordinates beyond p and points off the curve; with cofactor 1 what is on the curve is in the group. */
    if (EC_POINT_oct2point(ec->group, made, octets.data, octets.size, NULL) != 1)
        goto fail;
    *point = made;
    made = NULL;
    status = CHIPID_OK;
fail:
    EC_POINT_clear_free(made);
    return status;
}

chipid_status
ec_write_point(const chipid_ec *ec, const EC_POINT *point, chipid_buffer *out)
{
    size_t size = 1 + 2 * ec->field_size;
    uint8_t *to;

    if (EC_POINT_is_at_infinity(ec->group, point))
        return CHIPID_EC_INFINITY;
    if ((to = buffer_claim(out, size)) == NULL)
        return CHIPID_CAPACITY;
    if (EC_POINT_point2oct(ec->group, point, POINT_CONVERSION_UNCOMPRESSED, to, size, NULL) != size)
        return CHIPID_CRYPTO;
    return CHIPID_OK;
}

/*
 * With one scalar and one point libcrypto takes its constant-time ladder (or the curve's own constant-time code); with two it would
 * take the variable-time one, so sums are made by adding.
 */
bool
ec_multiply(const chipid_ec *ec, EC_POINT *to, const EC_POINT *point, const BIGNUM *k)
{
    if (point == NULL)
        point = ec->mapped;
    if (point == NULL)
        return EC_POINT_mul(ec->group, to, k, NULL, NULL, NULL) == 1;
    return EC_POINT_mul(ec->group, to, NULL, point, k, NULL) == 1;
}

chipid_status
ec_read_private(const chipid_ec *ec, chipid_bytes octets, BIGNUM **scalar)
{
    return number_private(octets, NUMBER_MAX, EC_GROUP_get0_order(ec->group), CHIPID_EC_PRIVATE, scalar);
}

chipid_status
chipid_ec_generator(const chipid_ec *ec, chipid_buffer *point)
{
    chipid_status status;

    buffer_reset(point);
    ERR_set_mark();
    status = ec_write_point(ec, ec->mapped != NULL ? ec->mapped : EC_GROUP_get0_generator(ec->group), point);
    if (status != CHIPID_OK)
        buffer_discard(point);
    ERR_pop_to_mark();
    return status;
}

chipid_status
chipid_ec_check_point(const chipid_ec *ec, chipid_bytes point, chipid_buffer *out)
{
    chipid_status status;
    EC_POINT *read = NULL;

    buffer_reset(out);
    ERR_set_mark();
    if ((status = ec_read_point(ec, point, &read)) == CHIPID_OK)
        status = ec_write_point(ec, read, out);
    EC_POINT_clear_free(read);
    if (status != CHIPID_OK)
        buffer_discard(out);
    ERR_pop_to_mark();
    return status;
}

/* *product = private * peer, or private * generator where peer is NULL. */
static chipid_status
private_times(const chipid_ec *ec, chipid_bytes private_key, const chipid_bytes *peer, EC_POINT **product)
{
    chipid_status status;
    BIGNUM *scalar = NULL;
    EC_POINT *base = NULL, *made = NULL;

    *product = NULL;
    if ((status = ec_read_private(ec, private_key, &scalar)) != CHIPID_OK)
        goto fail;
    if (peer != NULL && (status = ec_read_point(ec, *peer, &base)) != CHIPID_OK)
        goto fail;
    status = CHIPID_CRYPTO;
    if ((made = EC_POINT_new(ec->group)) == NULL || !ec_multiply(ec, made, base, scalar))
        goto fail;
    *product = made;
    made = NULL;
    status = CHIPID_OK;
fail:
    BN_clear_free(scalar);
    EC_POINT_clear_free(base);
    EC_POINT_clear_free(made);
    return status;
}

static chipid_status
write_product(const chipid_ec *ec, chipid_bytes private_key, const chipid_bytes *peer, chipid_buffer *point)
{
    chipid_status status;
    EC_POINT *product = NULL;

    buffer_reset(point);
    ERR_set_mark();
    if ((status = private_times(ec, private_key, peer, &product)) == CHIPID_OK)
        status = ec_write_point(ec, product, point);
    EC_POINT_clear_free(product);
    if (status != CHIPID_OK)
        buffer_discard(point);
    ERR_pop_to_mark();
    return status;
}

chipid_status
chipid_ec_agree_point(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *point)
{
    return write_product(ec, private_key, &peer, point);
}

chipid_status
chipid_ec_public_key(const chipid_ec *ec, chipid_bytes private_key, chipid_buffer *point)
{
    return write_product(ec, private_key, NULL, point);
}

chipid_status
chipid_ec_agree(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *x)
{
    uint8_t point[CHIPID_POINT_MAX];
    chipid_buffer shared = buffer_over(point, sizeof point);
    chipid_status status;
    chipid_bytes octets;
    cursor in;
    uint8_t form;

    buffer_reset(x);
    if ((status = chipid_ec_agree_point(ec, private_key, peer, &shared)) != CHIPID_OK)
        return status;
    in = cursor_over(bytes_of(shared.data, shared.size));
    if (!cursor_octet(&in, &form) || !cursor_take(&in, ec->field_size, &octets))
        status = CHIPID_CRYPTO;
    else if (!buffer_put(x, octets))
        status = CHIPID_CAPACITY;
    chipid_wipe(point, sizeof point);
    return status;
}
