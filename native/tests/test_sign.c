/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"

static const char *const names[] = {
    "secp192r1",       "secp224r1",       "secp256r1",       "secp384r1",       "secp521r1",       "brainpoolP160r1",
    "brainpoolP192r1", "brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1",
};

static chipid_bytes
digest_of(size_t size)
{
    chipid_buffer out = buffer(size);

    memset(out.data, 0xD1, size);
    out.size = size;
    return written(&out);
}

static chipid_bytes
order(const chipid_ec *ec)
{
    chipid_buffer out = buffer(CHIPID_FIELD_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_ec_get(ec, CHIPID_EC_ORDER, &out));
    return written(&out);
}

static void
verifies(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes digest)
{
    chipid_buffer point = buffer(CHIPID_POINT_MAX), first = buffer(2 * CHIPID_FIELD_MAX), second = buffer(2 * CHIPID_FIELD_MAX);
    const size_t size = order(ec).size;
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
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        static const size_t digests[] = {1, 20, 28, 32, 48, 64};
        chipid_ec *ec;
        chipid_bytes last;

        CHECK_STATUS(CHIPID_OK, chipid_ec_named(core, names[i], &ec));
        last = order(ec);
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
    chipid_ec *ec, *mapped;
    chipid_buffer out = buffer(64), small = buffer(63), generator = buffer(65);

    CHECK_STATUS(CHIPID_OK, chipid_ec_named(core, "secp256r1", &ec));
    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, hex(""), digest_of(32), &out));
    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, hex("00"), digest_of(32), &out));
    CHECK_STATUS(CHIPID_EC_PRIVATE, chipid_ecdsa_sign(ec, order(ec), digest_of(32), &out));
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_sign(ec, hex("05"), digest_of(0), &out));
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_sign(ec, hex("05"), digest_of(65), &out));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_ecdsa_sign(ec, hex("05"), digest_of(32), &small));
    CHECK_STATUS(CHIPID_OK, chipid_ec_generator(ec, &generator));
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex("05"), written(&generator), &mapped));
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
