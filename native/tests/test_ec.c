/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "domains.h"

static chipid_bytes
compressed(chipid_bytes point)
{
    chipid_bytes half = part(point, 0, (point.size + 1) / 2);

    writable(half)[0] = (uint8_t)(2 | (point.data[point.size - 1] & 1));
    return half;
}

/* ICAO 9303-11 Appendix G.1 ----------------------------------------------------------------------------------------------- */

#define NONCE "3F00C4D39D153F2B2A214A078D899B22"
#define MAP_IFD "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99"
#define MAP_IFD_PUBLIC                                                  \
    "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E" \
    "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D"
#define MAP_IC_PUBLIC                                                   \
    "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57" \
    "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
#define H                                                               \
    "0460332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5" \
    "0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181"
#define MAPPED                                                          \
    "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2" \
    "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
#define KA_IFD "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"
#define KA_IC_PUBLIC                                                    \
    "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB" \
    "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"
#define SHARED "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925"

static void
generic_mapping_published(void)
{
    chipid_ec *ec = curve_of("brainpoolP256r1"), *mapped;
    chipid_buffer out = buffer(CHIPID_POINT_MAX), x = buffer(32), small = buffer(31);

    CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, hex(MAP_IFD), &out));
    CHECK_HEX(MAP_IFD_PUBLIC, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_ec_agree_point(ec, hex(MAP_IFD), hex(MAP_IC_PUBLIC), &out));
    CHECK_HEX(H, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex(NONCE), hex(H), &mapped));
    CHECK(chipid_ec_mapped(mapped) && !chipid_ec_mapped(ec));
    CHECK_HEX(MAPPED, curve_generator(mapped));
    chipid_ec_free(ec); /* the mapped one stands alone */
    CHECK_STATUS(CHIPID_OK, chipid_ec_agree(mapped, hex(KA_IFD), hex(KA_IC_PUBLIC), &x));
    CHECK_HEX(SHARED, written(&x));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_ec_agree(mapped, hex(KA_IFD), hex(KA_IC_PUBLIC), &small));
    CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(mapped, hex("01"), &out));
    CHECK_HEX(MAPPED, written(&out));
    CHECK_STATUS(CHIPID_EC_MAPPED, chipid_ec_map_generic(mapped, hex(NONCE), hex(H), &ec));
    CHECK(ec == NULL);
    chipid_ec_free(mapped);
}

/* The negative of a point: p - y. */
static chipid_bytes
negative(const chipid_ec *ec, chipid_bytes point)
{
    chipid_bytes half = compressed(point);
    chipid_buffer out = buffer(CHIPID_POINT_MAX);

    writable(half)[0] ^= 1;
    CHECK_STATUS(CHIPID_OK, chipid_ec_check_point(ec, half, &out));
    return written(&out);
}

static void
mapping_refuses(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]), *mapped;
        chipid_bytes g = curve_generator(ec);
        chipid_buffer long_nonce = buffer(CHIPID_FIELD_MAX + 1), twice = buffer(CHIPID_POINT_MAX);

        /* 1 * G + (-G) generates nothing. */
        CHECK_STATUS(CHIPID_EC_INFINITY, chipid_ec_map_generic(ec, hex("0001"), negative(ec, g), &mapped));
        CHECK_STATUS(CHIPID_EC_INFINITY, chipid_ec_map_generic(ec, hex("01"), hex("00"), &mapped));
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_map_generic(ec, hex("01"), hex(""), &mapped));
        CHECK_STATUS(CHIPID_LENGTH, chipid_ec_map_generic(ec, hex(""), g, &mapped));
        long_nonce.size = long_nonce.capacity;
        CHECK_STATUS(CHIPID_LENGTH, chipid_ec_map_generic(ec, written(&long_nonce), g, &mapped));
        CHECK(mapped == NULL);
        /* A zero nonce leaves H, which is a generator; G + G needs the doubling formula. */
        CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex("00"), g, &mapped));
        CHECK(chipid_equal(g, curve_generator(mapped)));
        chipid_ec_free(mapped);
        CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex("01"), g, &mapped));
        CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, hex("02"), &twice));
        CHECK(chipid_equal(written(&twice), curve_generator(mapped)));
        chipid_ec_free(mapped);
        chipid_ec_free(ec);
    }
}

/* Domain parameters ------------------------------------------------------------------------------------------------------- */

static void
names_are_known(void)
{
    chipid_ec *ec;

    for (size_t i = 0; i < CURVES; i++) {
        ec = curve_of(curve_names[i]);
        CHECK(strcmp(chipid_ec_name(ec), curve_names[i]) == 0);
        CHECK(chipid_ec_field_size(ec) == curve_number(ec, CHIPID_EC_P).size && chipid_ec_cofactor(ec) == 1);
        CHECK(curve_generator(ec).size == 1 + 2 * chipid_ec_field_size(ec));
        chipid_ec_free(ec);
    }
    CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_named(core, "secp256k1", &ec));
    CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_named(core, "brainpoolP256t1", &ec));
    CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_named(core, "", &ec));
    CHECK(ec == NULL);
}

static void
explicit_parameters_match(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]), *found;
        chipid_bytes p = curve_number(ec, CHIPID_EC_P), a = curve_number(ec, CHIPID_EC_A), b = curve_number(ec, CHIPID_EC_B);
        chipid_bytes n = curve_number(ec, CHIPID_EC_ORDER), g = curve_generator(ec);
        chipid_bytes one = hex("01"), two = hex("02"), none = {NULL, 0};
        chipid_bytes *numbers[] = {&p, &a, &b, &g, &n};

        CHECK_STATUS(CHIPID_OK, chipid_ec_explicit(core, p, a, b, g, n, NULL, &found));
        CHECK(strcmp(chipid_ec_name(found), curve_names[i]) == 0);
        chipid_ec_free(found);
        CHECK_STATUS(CHIPID_OK, chipid_ec_explicit(core, with_leading_zeros(p, p.size + 3), a, b, compressed(g), n, &one, &found));
        chipid_ec_free(found);
        CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, g, n, &two, &found));
        CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, g, n, &none, &found));
        CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, negative(ec, g), n, NULL, &found));
        CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, hex("00"), n, NULL, &found));
        /* CVE-2020-0601: another generator of the same curve is another set of parameters. */
        for (size_t k = 0; k < 5; k++) {
            chipid_bytes good = *numbers[k];

            for (size_t octet = 0; octet < good.size; octet++) {
                *numbers[k] = part(good, 0, good.size);
                writable(*numbers[k])[octet] ^= 1;
                CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, g, n, NULL, &found));
            }
            *numbers[k] = none;
            CHECK_STATUS(CHIPID_EC_UNKNOWN_CURVE, chipid_ec_explicit(core, p, a, b, g, n, NULL, &found));
            *numbers[k] = good;
        }
        chipid_ec_free(ec);
    }
}

/* Points ------------------------------------------------------------------------------------------------------------------ */

static void
points_are_checked(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]);
        chipid_bytes p = curve_number(ec, CHIPID_EC_P), g = curve_generator(ec), half = compressed(g), off = part(g, 0, g.size), beyond;
        chipid_buffer out = buffer(CHIPID_POINT_MAX), small = buffer(g.size - 1);

        CHECK_STATUS(CHIPID_OK, chipid_ec_check_point(ec, g, &out));
        CHECK(chipid_equal(g, written(&out)));
        CHECK_STATUS(CHIPID_OK, chipid_ec_check_point(ec, half, &out));
        CHECK(chipid_equal(g, written(&out)));
        CHECK_STATUS(CHIPID_CAPACITY, chipid_ec_check_point(ec, g, &small));
        CHECK_STATUS(CHIPID_EC_INFINITY, chipid_ec_check_point(ec, hex("00"), &out));
        writable(off)[off.size - 1] ^= 1;
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, off, &out));
        for (size_t size = 0; size < g.size; size++) {
            if (size != half.size)
                CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, part(g, 0, size), &out));
        }
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, part(g, 0, half.size), &out)); /* 04, but one coordinate */
        for (unsigned form = 0; form < 256; form++) {
            chipid_bytes other = part(g, 0, g.size);

            writable(other)[0] = (uint8_t)form;
            if (form != 4)
                CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, other, &out)); /* hybrid 06, 07 included */
            other = part(half, 0, half.size);
            writable(other)[0] = (uint8_t)form;
            if (form != 2 && form != 3)
                CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, other, &out));
        }
        /* x = p: no field element. */
        beyond = part(half, 0, half.size);
        memcpy(writable(beyond) + 1, p.data, p.size);
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_check_point(ec, beyond, &out));
        chipid_ec_free(ec);
    }
}

static void
compressed_without_a_root(void)
{
    chipid_ec *ec = curve_of("secp256r1");
    chipid_buffer out = buffer(CHIPID_POINT_MAX);
    unsigned refused = 0;

    for (unsigned x = 0; x < 64; x++) {
        chipid_bytes point = hex("020000000000000000000000000000000000000000000000000000000000000000");

        writable(point)[32] = (uint8_t)x;
        refused += chipid_ec_check_point(ec, point, &out) == CHIPID_EC_POINT;
    }
    CHECK(refused > 16 && refused < 48); /* half of all field elements have no y */
    chipid_ec_free(ec);
}

static void
private_keys_are_bounded(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]);
        chipid_bytes n = curve_number(ec, CHIPID_EC_ORDER), g = curve_generator(ec), last = part(n, 0, n.size);
        chipid_buffer out = buffer(CHIPID_POINT_MAX), x = buffer(CHIPID_FIELD_MAX), huge = buffer(200);

        writable(last)[last.size - 1]--; /* every order is odd */
        CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, hex("01"), &out));
        CHECK(chipid_equal(g, written(&out)));
        CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, with_leading_zeros(last, last.size + 3), &out));
        CHECK(chipid_equal(negative(ec, g), written(&out)));
        CHECK_STATUS(CHIPID_OK, chipid_ec_agree(ec, last, g, &x));
        CHECK(chipid_equal(part(g, 1, chipid_ec_field_size(ec)), written(&x)));
        CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ec_public_key(ec, n, &out));
        CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ec_public_key(ec, hex("0000"), &out));
        CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ec_public_key(ec, hex(""), &out));
        memset(huge.data, 0, huge.capacity - 1);
        huge.data[huge.capacity - 1] = 1; /* 1, but nobody writes it so */
        huge.size = huge.capacity;
        CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ec_public_key(ec, written(&huge), &out));
        CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ec_agree(ec, n, g, &x));
        CHECK_STATUS(CHIPID_EC_INFINITY, chipid_ec_agree(ec, hex("01"), hex("00"), &x));
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_agree(ec, hex("01"), hex("04"), &x));
        /* An absent peer must never be taken for the generator. */
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_agree(ec, hex("01"), (chipid_bytes){NULL, 0}, &x));
        CHECK_STATUS(CHIPID_EC_POINT, chipid_ec_agree_point(ec, hex("01"), (chipid_bytes){NULL, 0}, &out));
        CHECK(x.size == 0 && out.size == 0);
        chipid_ec_free(ec);
    }
}

static void
agreement_is_mutual(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]);
        chipid_buffer a = buffer(CHIPID_POINT_MAX), b = buffer(CHIPID_POINT_MAX), x = buffer(66), y = buffer(66);
        chipid_bytes first = hex("1234567890ABCDEF1234567890ABCDEF12"), second = hex("FEDCBA0987654321FEDCBA0987654321FE");

        CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, first, &a));
        CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, second, &b));
        CHECK_STATUS(CHIPID_OK, chipid_ec_agree(ec, first, written(&b), &x));
        CHECK_STATUS(CHIPID_OK, chipid_ec_agree(ec, second, written(&a), &y));
        CHECK(x.size == chipid_ec_field_size(ec) && chipid_equal(written(&x), written(&y)));
        chipid_ec_free(ec);
    }
}

const test ec_tests[] = {
    {"generic_mapping_published", generic_mapping_published},
    {"mapping_refuses", mapping_refuses},
    {"names_are_known", names_are_known},
    {"explicit_parameters_match", explicit_parameters_match},
    {"points_are_checked", points_are_checked},
    {"compressed_without_a_root", compressed_without_a_root},
    {"private_keys_are_bounded", private_keys_are_bounded},
    {"agreement_is_mutual", agreement_is_mutual},
    {NULL, NULL},
};
