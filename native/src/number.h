/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_NUMBER_H
#define CHIPID_NUMBER_H

#include <openssl/bn.h>

#include "mem.h"

/* Big-endian, in exactly size octets. */
chipid_status number_write(const BIGNUM *number, size_t size, chipid_buffer *out);
/* A number that libcrypto treats in constant time; NULL where memory ends. octets.size must fit an int. Free with BN_clear_free. */
BIGNUM *number_secret(chipid_bytes octets);
/* The same as a private key: 1 <= number < bound in at most size octets, leading zeros included; otherwise the status outside. */
chipid_status number_private(chipid_bytes octets, size_t size, const BIGNUM *bound, chipid_status outside, BIGNUM **number);

#endif
