/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_EC_H
#define CHIPID_EC_H

#include "core.h"
#include "mem.h"

struct chipid_ec {
    chipid_core *core;
    size_t index;          /* in core->curves */
    const EC_GROUP *group; /* the core's */
    EC_POINT *mapped;      /* NULL: the curve's own generator */
    size_t field_size;
};

chipid_status ec_over(chipid_core *core, size_t index, EC_POINT *mapped, chipid_ec **ec);
/* A validated point: on the curve, not infinity. Free with EC_POINT_clear_free. */
chipid_status ec_read_point(const chipid_ec *ec, chipid_bytes octets, EC_POINT **point);
chipid_status ec_write_point(const chipid_ec *ec, const EC_POINT *point, chipid_buffer *out);
/* 1 <= private < n, as a number that libcrypto treats in constant time. Free with BN_clear_free. */
chipid_status ec_read_private(const chipid_ec *ec, chipid_bytes octets, BIGNUM **scalar);
/* to = k * point, or k * generator where point is NULL; no branch or address depends on k. */
bool ec_multiply(const chipid_ec *ec, EC_POINT *to, const EC_POINT *point, const BIGNUM *k);

#endif
