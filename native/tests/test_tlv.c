/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../src/tlv.h"
#include "check.h"

static const struct {
    const char *data;
    uint32_t tag;
    size_t value_start, value_end, next;
} good[] = {
    {"0400", 0x04, 2, 2, 2},
    {"0402AABB", 0x04, 2, 4, 4},
    {"0401AABB", 0x04, 2, 3, 3},
    {"5F0E01AA", 0x5F0E, 3, 4, 4}, /* Doc 9303-10: a number below 31 in the long form */
    {"7F4E01AA", 0x7F4E, 3, 4, 4},
    {"5F8101" "01AA", 0x5F8101, 4, 5, 5},
    {"5F818101" "01AA", 0x5F818101, 5, 6, 6},
    {"048101AA", 0x04, 3, 4, 4}, /* longer length fields than needed are BER */
    {"04820001AA", 0x04, 4, 5, 5},
    {"0484000000" "01AA", 0x04, 6, 7, 7},
    {"30800000", 0x30, 2, 2, 4},
    {"3080" "0201AA" "0000", 0x30, 2, 5, 7},
    {"3080" "3080" "0000" "0000", 0x30, 2, 6, 8},
    {"3080" "0402" "0000" "0000" "FF", 0x30, 2, 6, 8}, /* zeros inside a definite value end nothing */
};

static const struct {
    const char *data;
    chipid_status status;
    size_t where;
} bad[] = {
    {"", CHIPID_TLV_TRUNCATED, 0},
    {"04", CHIPID_TLV_TRUNCATED, 0},
    {"0401", CHIPID_TLV_TRUNCATED, 0},
    {"0481", CHIPID_TLV_TRUNCATED, 0},
    {"048201", CHIPID_TLV_TRUNCATED, 0},
    {"0484FFFFFFFF", CHIPID_TLV_TRUNCATED, 0},
    {"5F", CHIPID_TLV_TRUNCATED, 0},
    {"5F81", CHIPID_TLV_TRUNCATED, 0},
    {"5F80" "0101", CHIPID_TLV_TAG, 0},
    {"5F8181" "8101" "00", CHIPID_TLV_TAG, 0}, /* five octets */
    {"0000", CHIPID_TLV_TAG, 0},
    {"0001AA", CHIPID_TLV_TAG, 0},
    {"0485" "0000000001" "AA", CHIPID_TLV_LENGTH, 0},
    {"04FF", CHIPID_TLV_LENGTH, 0},
    {"0480" "0000", CHIPID_TLV_LENGTH, 0}, /* indefinite and primitive */
    {"3080", CHIPID_TLV_TRUNCATED, 2},
    {"3080" "0201AA", CHIPID_TLV_TRUNCATED, 5},
    {"3080" "0201AA" "00", CHIPID_TLV_TRUNCATED, 5},
    {"3080" "0201AA" "0001", CHIPID_TLV_TAG, 5},
    {"3080" "0204AA" "0000", CHIPID_TLV_TRUNCATED, 2},
    {"3080" "0480" "0000" "0000", CHIPID_TLV_LENGTH, 2},
    {"3080" "3080" "0000", CHIPID_TLV_TRUNCATED, 6},
};

static void
reads(void)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        chipid_bytes data = hex(good[i].data);
        chipid_tlv tlv;
        size_t where;

        CHECK_STATUS(CHIPID_OK, chipid_tlv_read(data, 0, data.size, &tlv, &where));
        CHECK(tlv.tag == good[i].tag && tlv.value_start == good[i].value_start);
        CHECK(tlv.value_end == good[i].value_end && tlv.next == good[i].next);
        /* No octet of it is dispensable. */
        for (size_t end = 0; end < good[i].next; end++)
            CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read(data, 0, end, &tlv, &where));
    }
}

static void
refuses(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        chipid_bytes data = hex(bad[i].data);
        chipid_tlv tlv;
        size_t where;

        CHECK_STATUS(bad[i].status, chipid_tlv_read(data, 0, data.size, &tlv, &where));
        CHECK(where == bad[i].where);
    }
}

static void
stays_in_its_window(void)
{
    chipid_bytes data = hex("FF0402AABBFF");
    chipid_tlv tlv;
    size_t where;

    CHECK_STATUS(CHIPID_OK, chipid_tlv_read(data, 1, 5, &tlv, &where));
    CHECK(tlv.value_start == 3 && tlv.value_end == 5 && tlv.next == 5);
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read(data, 1, 4, &tlv, &where));
    CHECK(where == 1);
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read(data, 5, 4, &tlv, &where));
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read(data, 0, 7, &tlv, &where));
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read(data, SIZE_MAX, SIZE_MAX, &tlv, &where));
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, chipid_tlv_read((chipid_bytes){NULL, 0}, 0, 0, &tlv, &where));
}

/* levels of indefinite length around nothing. */
static chipid_bytes
nested(size_t levels)
{
    chipid_buffer out = buffer(4 * levels);

    for (size_t i = 0; i < levels; i++)
        memcpy(out.data + 2 * i, "\x30\x80", 2);
    memset(out.data + 2 * levels, 0, 2 * levels);
    out.size = 4 * levels;
    return written(&out);
}

static void
nesting_is_bounded(void)
{
    chipid_tlv tlv;
    size_t where;

    CHECK_STATUS(CHIPID_OK, chipid_tlv_read(nested(CHIPID_TLV_DEPTH_MAX), 0, 4 * CHIPID_TLV_DEPTH_MAX, &tlv, &where));
    CHECK(tlv.next == 4 * CHIPID_TLV_DEPTH_MAX);
    CHECK_STATUS(CHIPID_TLV_DEPTH, chipid_tlv_read(nested(33), 0, 4 * 33, &tlv, &where));
    CHECK(where == 2 * 32);
    CHECK_STATUS(CHIPID_TLV_DEPTH, chipid_tlv_read(nested(5000), 0, 4 * 5000, &tlv, &where));
}

/* The reader of secure messaging's objects takes definite lengths alone. */
static void
next_is_definite(void)
{
    cursor in = cursor_over(hex("8102AABB" "99029000"));
    chipid_bytes value;
    uint32_t tag;

    CHECK_STATUS(CHIPID_OK, tlv_next(&in, &tag, &value));
    CHECK(tag == 0x81);
    CHECK_HEX("AABB", value);
    CHECK_STATUS(CHIPID_OK, tlv_next(&in, &tag, &value));
    CHECK(tag == 0x99 && in.left == 0);
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, tlv_next(&in, &tag, &value));
    in = cursor_over(hex("3080" "0000"));
    CHECK_STATUS(CHIPID_TLV_LENGTH, tlv_next(&in, &tag, &value));
    in = cursor_over(hex("0000"));
    CHECK_STATUS(CHIPID_TLV_LENGTH, tlv_next(&in, &tag, &value));
    in = cursor_over(hex("8103AABB"));
    CHECK_STATUS(CHIPID_TLV_TRUNCATED, tlv_next(&in, &tag, &value));
}

const test tlv_tests[] = {
    {"reads", reads},
    {"refuses", refuses},
    {"stays_in_its_window", stays_in_its_window},
    {"nesting_is_bounded", nesting_is_bounded},
    {"next_is_definite", next_is_definite},
    {NULL, NULL},
};
