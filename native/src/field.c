/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

/* x - p where that, or the carry above x, says that x is not below p; otherwise x. */
static void
reduce_once(const field *f, field_element *to, const uint32_t *x, uint32_t carry)
{
    field_element difference;
    uint32_t borrow = 0, keep;

    for (size_t i = 0; i < f->limbs; i++) {
        uint64_t d = (uint64_t)x[i] - f->p.limb[i] - borrow;
        difference.limb[i] = (uint32_t)d;
        borrow = (uint32_t)(d >> 63);
    }
    keep = 0u - (borrow & (carry ^ 1u)); /* x itself: below p, and nothing above it */
    for (size_t i = 0; i < f->limbs; i++)
        to->limb[i] = (x[i] & keep) | (difference.limb[i] & ~keep);
}

void
field_add(const field *f, field_element *to, const field_element *a, const field_element *b)
{
    field_element sum;
    uint32_t carry = 0;

    for (size_t i = 0; i < f->limbs; i++) {
        uint64_t s = (uint64_t)a->limb[i] + b->limb[i] + carry;
        sum.limb[i] = (uint32_t)s;
        carry = (uint32_t)(s >> 32);
    }
    reduce_once(f, to, sum.limb, carry);
}

void
field_subtract(const field *f, field_element *to, const field_element *a, const field_element *b)
{
    field_element difference;
    uint32_t borrow = 0, carry = 0, below;

    for (size_t i = 0; i < f->limbs; i++) {
        uint64_t d = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        difference.limb[i] = (uint32_t)d;
        borrow = (uint32_t)(d >> 63);
    }
    below = 0u - borrow;
    for (size_t i = 0; i < f->limbs; i++) {
        uint64_t s = (uint64_t)difference.limb[i] + (f->p.limb[i] & below) + carry;
        to->limb[i] = (uint32_t)s;
        carry = (uint32_t)(s >> 32);
    }
}

/* Montgomery's product a * b / 2^(32 * limbs) mod p (HAC 14.36), one limb of a at a time. */
void
field_multiply(const field *f, field_element *to, const field_element *a, const field_element *b)
{
    uint32_t t[FIELD_LIMBS + 2] = {0};
    const size_t n = f->limbs;

    for (size_t i = 0; i < n; i++) {
        uint64_t v;
        uint32_t carry = 0, m;

        for (size_t j = 0; j < n; j++) {
            v = (uint64_t)a->limb[i] * b->limb[j] + t[j] + carry;
            t[j] = (uint32_t)v;
            carry = (uint32_t)(v >> 32);
        }
        v = (uint64_t)t[n] + carry;
        t[n] = (uint32_t)v;
        t[n + 1] = (uint32_t)(v >> 32);

        m = t[0] * f->inverse;
        v = (uint64_t)m * f->p.limb[0] + t[0]; /* its low limb is 0 */
        carry = (uint32_t)(v >> 32);
        for (size_t j = 1; j < n; j++) {
            v = (uint64_t)m * f->p.limb[j] + t[j] + carry;
            t[j - 1] = (uint32_t)v;
            carry = (uint32_t)(v >> 32);
        }
        v = (uint64_t)t[n] + carry;
        t[n - 1] = (uint32_t)v;
        t[n] = t[n + 1] + (uint32_t)(v >> 32);
    }
    reduce_once(f, to, t, t[n]);
    chipid_wipe(t, sizeof t);
}

void
field_power(const field *f, field_element *to, const field_element *base, const BIGNUM *exponent)
{
    field_element power = *base;

    for (int i = BN_num_bits(exponent) - 2; i >= 0; i--) {
        field_multiply(f, &power, &power, &power);
        if (BN_is_bit_set(exponent, i))
            field_multiply(f, &power, &power, base);
    }
    *to = power;
    chipid_wipe(&power, sizeof power);
}

uint32_t
field_equal_mask(const field *f, const field_element *a, const field_element *b)
{
    uint32_t different = 0;

    for (size_t i = 0; i < f->limbs; i++)
        different |= a->limb[i] ^ b->limb[i];
    /* The top bit of d | -d is set for every d but 0. */
    return ((different | (0u - different)) >> 31) - 1u;
}

void
field_select(const field *f, field_element *to, uint32_t mask, const field_element *a, const field_element *b)
{
    for (size_t i = 0; i < f->limbs; i++)
        to->limb[i] = (a->limb[i] & mask) | (b->limb[i] & ~mask);
}

/* Bit by bit from the top, doubling: as many steps as there are bits, whatever they are. */
static void
read_plain(const field *f, chipid_bytes octets, field_element *to)
{
    field_element bit = {{0}}, sum = {{0}};
    cursor in = cursor_over(octets);
    uint8_t octet;

    while (cursor_octet(&in, &octet)) {
        for (int i = 7; i >= 0; i--) {
            field_add(f, &sum, &sum, &sum);
            bit.limb[0] = (uint32_t)octet >> i & 1u;
            field_add(f, &sum, &sum, &bit);
        }
    }
    *to = sum;
    chipid_wipe(&sum, sizeof sum);
}

void
field_read(const field *f, chipid_bytes octets, field_element *to)
{
    read_plain(f, octets, to);
    field_multiply(f, to, to, &f->square);
}

bool
field_read_number(const field *f, const BIGNUM *number, field_element *to)
{
    uint8_t octets[CHIPID_FIELD_MAX];

    if (BN_bn2binpad(number, octets, sizeof octets) < 0)
        return false;
    field_read(f, bytes_of(octets, sizeof octets), to);
    return true;
}

void
field_write(const field *f, const field_element *x, uint8_t *to)
{
    const field_element unit = {{1}};
    field_element plain;

    field_multiply(f, &plain, x, &unit);
    for (size_t i = 0; i < f->size; i++)
        to[f->size - 1 - i] = (uint8_t)(plain.limb[i / 4] >> 8 * (i % 4));
    chipid_wipe(&plain, sizeof plain);
}

bool
field_new(const BIGNUM *p, field *f)
{
    uint8_t octets[CHIPID_FIELD_MAX];
    uint32_t inverse = 1;

    *f = (field){.size = (size_t)BN_num_bytes(p)};
    if (f->size > sizeof octets || !BN_is_odd(p) || BN_bn2binpad(p, octets, (int)f->size) != (int)f->size)
        return false;
    f->limbs = (f->size + 3) / 4;
    for (size_t i = 0; i < f->size; i++)
        f->p.limb[i / 4] |= (uint32_t)octets[f->size - 1 - i] << 8 * (i % 4);
    for (int i = 0; i < 5; i++) /* Newton: 1 is right in one bit, and each step doubles the bits that are right */
        inverse *= 2u - f->p.limb[0] * inverse;
    f->inverse = 0u - inverse;
    /* 1 doubled until it is 2^(32 * limbs), and as often again. */
    f->one.limb[0] = 1;
    for (size_t i = 0; i < 32 * f->limbs; i++)
        field_add(f, &f->one, &f->one, &f->one);
    f->square = f->one;
    for (size_t i = 0; i < 32 * f->limbs; i++)
        field_add(f, &f->square, &f->square, &f->square);
    return true;
}
