/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First octet: bits 0-1 the job, the others the curve or group. Job 0 takes the rest as domain parameters p, g and q, each with its length
 * in two octets before it (no q where nothing is left), jobs 1 and 2 as a random number for the integrated mapping of a curve or a group,
 * job 3 as a peer's public element.
 */
#include "fuzz.h"

#include "../src/mem.h"

static chipid_core *core;
static const char *const curves[] = {
    "secp192r1",       "secp224r1",       "secp256r1",       "secp384r1",       "secp521r1",       "brainpoolP160r1",
    "brainpoolP192r1", "brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1",
};

static bool
take_number(cursor *in, chipid_bytes *number)
{
    uint32_t size = 0;

    return cursor_number(in, 2, &size) && cursor_take(in, size, number);
}

/* Whatever was accepted is a group in which two keys agree. */
static void
use_group(const chipid_dh *dh)
{
    uint8_t octets[3][CHIPID_DH_MAX];
    chipid_buffer y = {octets[0], CHIPID_DH_MAX, 0}, a = {octets[1], CHIPID_DH_MAX, 0}, b = {octets[2], CHIPID_DH_MAX, 0};
    const chipid_bytes five = {(const uint8_t *)"\x05", 1}, one = {(const uint8_t *)"\x01", 1};

    MUST(chipid_dh_size(dh) >= 128 && chipid_dh_size(dh) <= CHIPID_DH_MAX);
    if (chipid_dh_public_key(dh, five, &y) != CHIPID_OK)
        return; /* a generator of a tiny subgroup, which only a group of unknown order has */
    MUST(chipid_dh_check_element(dh, (chipid_bytes){y.data, y.size}, &a) == CHIPID_OK);
    MUST(chipid_equal((chipid_bytes){a.data, a.size}, (chipid_bytes){y.data, y.size}));
    MUST(chipid_dh_agree(dh, one, (chipid_bytes){y.data, y.size}, &b) == CHIPID_OK && b.size == chipid_dh_size(dh));
    MUST(chipid_equal(bytes_stripped((chipid_bytes){b.data, b.size}), (chipid_bytes){y.data, y.size}));
}

static void
explicit_group(chipid_bytes parameters)
{
    cursor in = cursor_over(parameters);
    chipid_bytes p, g, q;
    chipid_status status;
    chipid_dh *dh;
    bool given;

    if (!take_number(&in, &p) || !take_number(&in, &g))
        return;
    given = take_number(&in, &q);
    status = chipid_dh_explicit(core, p, g, given ? &q : NULL, &dh);
    MUST((status == CHIPID_OK) == (dh != NULL) && (status == CHIPID_OK || status == CHIPID_DH_PARAMETERS));
    if (dh != NULL)
        use_group(dh);
    chipid_dh_free(dh);
}

static void
map_curve(const char *name, chipid_bytes random)
{
    uint8_t octets[CHIPID_POINT_MAX], again[CHIPID_POINT_MAX];
    chipid_buffer point = {octets, sizeof octets, 0}, checked = {again, sizeof again, 0};
    chipid_ec *ec, *mapped;
    chipid_status status;

    MUST(chipid_ec_named(core, name, &ec) == CHIPID_OK);
    status = chipid_ec_map_integrated(ec, random, &mapped);
    if (status == CHIPID_OK) {
        MUST(chipid_ec_generator(mapped, &point) == CHIPID_OK);
        MUST(chipid_ec_check_point(ec, (chipid_bytes){point.data, point.size}, &checked) == CHIPID_OK);
    } else {
        MUST(mapped == NULL && (status == CHIPID_LENGTH || status == CHIPID_EC_INTEGRATED));
    }
    chipid_ec_free(mapped);
    chipid_ec_free(ec);
}

static void
map_group(unsigned parameter_id, chipid_bytes random)
{
    uint8_t octets[CHIPID_DH_MAX], again[CHIPID_DH_MAX];
    chipid_buffer generator = {octets, sizeof octets, 0}, checked = {again, sizeof again, 0};
    chipid_dh *dh, *mapped;
    chipid_status status;

    MUST(chipid_dh_standardised(core, parameter_id, &dh) == CHIPID_OK);
    status = chipid_dh_map_integrated(dh, random, &mapped);
    if (status == CHIPID_OK) {
        MUST(chipid_dh_get(mapped, CHIPID_DH_G, &generator) == CHIPID_OK);
        MUST(chipid_dh_check_element(dh, (chipid_bytes){generator.data, generator.size}, &checked) == CHIPID_OK);
    } else {
        MUST(mapped == NULL && (status == CHIPID_LENGTH || status == CHIPID_DH_ELEMENT));
    }
    chipid_dh_free(mapped);
    chipid_dh_free(dh);
}

static void
peer(unsigned parameter_id, chipid_bytes element)
{
    uint8_t octets[CHIPID_DH_MAX];
    chipid_buffer out = {octets, sizeof octets, 0};
    chipid_status status;
    chipid_dh *dh;

    MUST(chipid_dh_standardised(core, parameter_id, &dh) == CHIPID_OK);
    status = chipid_dh_agree(dh, (chipid_bytes){(const uint8_t *)"\x01", 1}, element, &out);
    if (status == CHIPID_OK)
        MUST(chipid_equal(bytes_stripped((chipid_bytes){out.data, out.size}), bytes_stripped(element)));
    else
        MUST(status == CHIPID_DH_ELEMENT && out.size == 0);
    chipid_dh_free(dh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned which;
    chipid_bytes rest;

    if (core == NULL)
        MUST(chipid_core_new(&core) == CHIPID_OK);
    if (size == 0)
        return 0;
    rest = (chipid_bytes){data + 1, size - 1};
    which = data[0] >> 2;
    switch (data[0] & 3) {
    case 0:
        explicit_group(rest);
        break;
    case 1:
        map_curve(curves[which % (sizeof curves / sizeof curves[0])], rest);
        break;
    case 2:
        map_group(which % 3, rest);
        break;
    default:
        peer(which % 3, rest);
    }
    return 0;
}
