/* SPDX-License-Identifier: Apache-2.0 */
/* The known curves and groups, and what a test asks of them; a failure ends the test. */
#ifndef CHIPID_DOMAINS_H
#define CHIPID_DOMAINS_H

#include "check.h"

#define CURVES 12u

extern const char *const curve_names[CURVES];

chipid_ec *curve_of(const char *name);
chipid_bytes curve_number(const chipid_ec *ec, chipid_ec_number which);
chipid_bytes curve_generator(const chipid_ec *ec);

#define GROUPS 3u

extern const char *const group_names[GROUPS];
extern const size_t group_sizes[GROUPS], order_sizes[GROUPS]; /* octets of p, of q */

chipid_dh *group_of(unsigned parameter_id);
/* A group of an issuer's own: another generator of group 0. p is no safe prime, so that without the order it stays unknown. */
chipid_dh *own_group(bool with_order);
chipid_bytes group_number(const chipid_dh *dh, chipid_dh_number which);
chipid_bytes group_public_key(const chipid_dh *dh, chipid_bytes private_key);

/* value + difference, without leading zeros. */
chipid_bytes moved(chipid_bytes value, int difference);
chipid_bytes with_leading_zeros(chipid_bytes bytes, size_t size);
/* base^((p-1)/order) mod p for a small order that divides p-1. */
chipid_bytes of_order(chipid_bytes p, unsigned long base, unsigned long order);

#endif
