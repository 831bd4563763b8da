/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic modulo the prime of a curve in constant time: no branch and no address depends on an element's value. The modulus and
 * exponents are public. libcrypto's big numbers, which drop leading zero words by branches, would not do for the point encoding.
 */
#ifndef CHIPID_FIELD_H
#define CHIPID_FIELD_H

#include <openssl/bn.h>

#include "mem.h"

#define FIELD_LIMBS ((CHIPID_FIELD_MAX + 3u) / 4u)

/* Least significant limb first, below p, in Montgomery's form x * 2^(32 * limbs) mod p. */
typedef struct {
    uint32_t limb[FIELD_LIMBS];
} field_element;

typedef struct {
    size_t limbs, size; /* size: octets of p */
    field_element p;
    field_element one, square; /* 2^(32 * limbs) mod p, and its square as a plain number */
    uint32_t inverse;          /* -1/p mod 2^32 */
} field;

/* p odd, above 2, of at most CHIPID_FIELD_MAX octets. */
bool field_new(const BIGNUM *p, field *f);
/* The octets' number mod p, whatever their count. */
void field_read(const field *f, chipid_bytes octets, field_element *to);
bool field_read_number(const field *f, const BIGNUM *number, field_element *to);
/* f->size octets, big-endian. */
void field_write(const field *f, const field_element *x, uint8_t *to);

/* to may be an operand. */
void field_add(const field *f, field_element *to, const field_element *a, const field_element *b);
void field_subtract(const field *f, field_element *to, const field_element *a, const field_element *b);
void field_multiply(const field *f, field_element *to, const field_element *a, const field_element *b);
/* The exponent is public, and not 0. */
void field_power(const field *f, field_element *to, const field_element *base, const BIGNUM *exponent);
/* All ones where a = b, otherwise 0. */
uint32_t field_equal_mask(const field *f, const field_element *a, const field_element *b);
/* a where the mask is all ones, b where it is 0. */
void field_select(const field *f, field_element *to, uint32_t mask, const field_element *a, const field_element *b);

#endif
