/* SPDX-License-Identifier: Apache-2.0 */
#include "domains.h"

#include <string.h>

#include <openssl/bn.h>

const char *const curve_names[CURVES] = {
    "secp192r1",       "secp224r1",       "secp256r1",       "secp384r1",       "secp521r1",       "brainpoolP160r1",
    "brainpoolP192r1", "brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1",
};

chipid_ec *
curve_of(const char *name)
{
    chipid_ec *ec;

    CHECK_STATUS(CHIPID_OK, chipid_ec_named(core, name, &ec));
    return ec;
}

chipid_bytes
curve_number(const chipid_ec *ec, chipid_ec_number which)
{
    chipid_buffer out = buffer(CHIPID_FIELD_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_ec_get(ec, which, &out));
    return written(&out);
}

chipid_bytes
curve_generator(const chipid_ec *ec)
{
    chipid_buffer out = buffer(CHIPID_POINT_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_ec_generator(ec, &out));
    return written(&out);
}

const char *const group_names[GROUPS] = {"modp1024-160", "modp2048-224", "modp2048-256"};
const size_t group_sizes[GROUPS] = {128, 256, 256}, order_sizes[GROUPS] = {20, 28, 32};

chipid_dh *
group_of(unsigned parameter_id)
{
    chipid_dh *dh;

    CHECK_STATUS(CHIPID_OK, chipid_dh_standardised(core, parameter_id, &dh));
    return dh;
}

chipid_dh *
own_group(bool with_order)
{
    chipid_dh *dh = group_of(0), *own;
    chipid_bytes p = group_number(dh, CHIPID_DH_P), q = group_number(dh, CHIPID_DH_Q), g = group_public_key(dh, hex("05"));

    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, g, with_order ? &q : NULL, &own));
    chipid_dh_free(dh);
    return own;
}

chipid_bytes
group_number(const chipid_dh *dh, chipid_dh_number which)
{
    chipid_buffer out = buffer(CHIPID_DH_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_dh_get(dh, which, &out));
    return written(&out);
}

chipid_bytes
group_public_key(const chipid_dh *dh, chipid_bytes private_key)
{
    chipid_buffer out = buffer(CHIPID_DH_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_dh_public_key(dh, private_key, &out));
    return written(&out);
}

chipid_bytes
moved(chipid_bytes value, int difference)
{
    BIGNUM *n = BN_bin2bn(value.data, (int)value.size, NULL);
    chipid_buffer out = buffer(value.size + 1);

    CHECK(n != NULL && (difference < 0 ? BN_sub_word(n, (BN_ULONG)-difference) : BN_add_word(n, (BN_ULONG)difference)) == 1);
    out.size = (size_t)BN_bn2bin(n, out.data);
    BN_free(n);
    return written(&out);
}

chipid_bytes
with_leading_zeros(chipid_bytes bytes, size_t size)
{
    chipid_buffer out = buffer(size);

    memset(out.data, 0, size);
    memcpy(out.data + size - bytes.size, bytes.data, bytes.size);
    out.size = size;
    return written(&out);
}

chipid_bytes
of_order(chipid_bytes p, unsigned long base, unsigned long order)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *modulus = BN_bin2bn(p.data, (int)p.size, NULL), *exponent = BN_dup(modulus), *b = BN_new();
    chipid_buffer out = buffer(p.size);

    CHECK(ctx != NULL && exponent != NULL && b != NULL && BN_sub_word(exponent, 1) == 1);
    CHECK(BN_div_word(exponent, order) == 0 && BN_set_word(b, base) == 1);
    CHECK(BN_mod_exp(b, b, exponent, modulus, ctx) == 1 && !BN_is_one(b));
    out.size = (size_t)BN_bn2bin(b, out.data);
    BN_free(modulus);
    BN_free(exponent);
    BN_free(b);
    BN_CTX_free(ctx);
    return written(&out);
}
