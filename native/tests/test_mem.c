/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../src/mem.h"
#include "check.h"

static void
cursor_stays_inside(void)
{
    cursor in = cursor_over(hex("0102030405"));
    chipid_bytes taken;
    uint32_t number;
    uint8_t octet;

    CHECK(cursor_octet(&in, &octet) && octet == 1);
    CHECK(cursor_take_last(&in, 1, &taken));
    CHECK_HEX("05", taken);
    CHECK(!cursor_take(&in, 4, &taken) && in.left == 3);
    CHECK(!cursor_take(&in, SIZE_MAX, &taken) && !cursor_take_last(&in, SIZE_MAX, &taken));
    CHECK(!cursor_number(&in, 4, &number) && in.left == 3);
    CHECK(cursor_number(&in, 3, &number) && number == 0x020304);
    CHECK(!cursor_octet(&in, &octet) && cursor_take(&in, 0, &taken) && taken.size == 0);
    in = cursor_over(hex("FFFFFFFF00"));
    CHECK(!cursor_number(&in, 5, &number));
    CHECK(cursor_number(&in, 4, &number) && number == 0xFFFFFFFF);
    in = cursor_over((chipid_bytes){NULL, 0});
    CHECK(!cursor_octet(&in, &octet) && cursor_take(&in, 0, &taken) && cursor_take_last(&in, 0, &taken));
}

static void
buffer_stays_inside(void)
{
    chipid_buffer out = buffer(3);

    CHECK(buffer_octet(&out, 1) && !buffer_put(&out, hex("020304")) && out.size == 1);
    CHECK(buffer_put(&out, hex("0203")) && !buffer_octet(&out, 4) && buffer_claim(&out, SIZE_MAX) == NULL);
    CHECK(buffer_put(&out, (chipid_bytes){NULL, 0}));
    CHECK_HEX("010203", written(&out));
    buffer_discard(&out);
    CHECK(out.size == 0 && out.data[0] == 0 && out.data[1] == 0 && out.data[2] == 0);
}

static void
equal_compares_all(void)
{
    chipid_bytes a = hex("000102030405060708"), b = hex("000102030405060708");

    CHECK(chipid_equal(a, b));
    for (size_t bit = 0; bit < 8 * a.size; bit++) {
        writable(b)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!chipid_equal(a, b));
        writable(b)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(!chipid_equal(a, part(b, 0, 8)) && !chipid_equal(part(a, 0, 8), b));
    CHECK(chipid_equal((chipid_bytes){NULL, 0}, hex("")));
}

static void
stripped(void)
{
    CHECK_HEX("0100", bytes_stripped(hex("00000100")));
    CHECK_HEX("", bytes_stripped(hex("0000")));
    CHECK_HEX("", bytes_stripped((chipid_bytes){NULL, 0}));
}

static void
status_names(void)
{
    for (chipid_status a = CHIPID_OK; a < CHIPID_STATUS_COUNT; a++) {
        CHECK(chipid_status_name(a) != NULL && chipid_status_name(a)[0] != 0);
        for (chipid_status b = CHIPID_OK; b < a; b++)
            CHECK(strcmp(chipid_status_name(a), chipid_status_name(b)) != 0);
    }
    CHECK(strcmp(chipid_status_name(CHIPID_STATUS_COUNT), "unknown") == 0);
    CHECK(strcmp(chipid_status_name(CHIPID_SM_MAC_MISSING), "sm-mac-missing") == 0);
}

static void
cores_are_shared(void)
{
    chipid_core *own;
    chipid_ec *ec;
    chipid_buffer out = buffer(CHIPID_POINT_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_core_new(&own));
    CHECK_STATUS(CHIPID_OK, chipid_ec_named(own, "secp256r1", &ec));
    chipid_core_free(own); /* the domain still owns it */
    CHECK_STATUS(CHIPID_OK, chipid_ec_generator(ec, &out));
    chipid_ec_free(ec);
    chipid_core_free(NULL);
    chipid_ec_free(NULL);
    chipid_sm_free(NULL);
}

const test mem_tests[] = {
    {"cursor_stays_inside", cursor_stays_inside},
    {"buffer_stays_inside", buffer_stays_inside},
    {"equal_compares_all", equal_compares_all},
    {"stripped", stripped},
    {"status_names", status_names},
    {"cores_are_shared", cores_are_shared},
    {NULL, NULL},
};
