/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "domains.h"

static chipid_bytes
digest_of(size_t size)
{
    chipid_buffer out = buffer(size);

    memset(out.data, 0xD1, size);
    out.size = size;
    return written(&out);
}

static void
verifies(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes digest)
{
    chipid_buffer point = buffer(CHIPID_POINT_MAX), first = buffer(2 * CHIPID_FIELD_MAX), second = buffer(2 * CHIPID_FIELD_MAX);
    const size_t size = curve_number(ec, CHIPID_EC_ORDER).size;
    bool valid;

    CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(ec, private_key, &point));
    CHECK_STATUS(CHIPID_OK, chipid_ecdsa_sign(ec, private_key, digest, &first));
    CHECK_STATUS(CHIPID_OK, chipid_ecdsa_sign(ec, private_key, digest, &second));
    CHECK(first.size == 2 * size && second.size == 2 * size);
    CHECK(!chipid_equal(part(written(&first), 0, size), part(written(&second), 0, size))); /* another random number each time */
    CHECK_STATUS(CHIPID_OK, chipid_ecdsa_verify(ec, written(&point), digest, part(written(&first), 0, size),
                                                part(written(&first), size, size), &valid));
    CHECK(valid);
}

static void
signatures_verify(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        static const size_t digests[] = {1, 20, 28, 32, 48, 64};
        chipid_ec *ec = curve_of(curve_names[i]);
        chipid_bytes last = curve_number(ec, CHIPID_EC_ORDER);

        writable(last)[last.size - 1]--;
        for (size_t k = 0; k < sizeof digests / sizeof digests[0]; k++) {
            verifies(ec, hex("01"), digest_of(digests[k]));
            verifies(ec, last, digest_of(digests[k]));
        }
        chipid_ec_free(ec);
    }
}

static void
signing_refuses(void)
{
    chipid_ec *ec = curve_of("secp256r1"), *mapped;
    chipid_buffer out = buffer(64), small = buffer(63);

    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, hex(""), digest_of(32), &out));
    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, hex("00"), digest_of(32), &out));
    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, curve_number(ec, CHIPID_EC_ORDER), digest_of(32), &out));
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_sign(ec, hex("05"), digest_of(0), &out));
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_sign(ec, hex("05"), digest_of(65), &out));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_ecdsa_sign(ec, hex("05"), digest_of(32), &small));
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex("05"), curve_generator(ec), &mapped));
    CHECK_STATUS(CHIPID_EC_MAPPED, chipid_ecdsa_sign(mapped, hex("05"), digest_of(32), &out));
    CHECK(out.size == 0 && small.size == 0);
    chipid_ec_free(mapped);
    chipid_ec_free(ec);
}

const test sign_tests[] = {
    {"signatures_verify", signatures_verify},
    {"signing_refuses", signing_refuses},
    {NULL, NULL},
};
