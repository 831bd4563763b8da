/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run under valgrind: keys, nonces and plaintext are marked as undefined memory, so that memcheck reports each branch and each address
 * of ours that depends on them (tests/libcrypto.supp silences what happens inside libcrypto, see README). What is public by its
 * nature, such as ciphertext, public keys and signatures, is declared as such where it leaves the core.
 *
 * With an argument, "branch" or "address", a secret that has been through the whole core is leaked on purpose: memcheck must say so.
 */
#include <string.h>

#include <valgrind/memcheck.h>

#include "check.h"

#define SECRET_SIZE 32u

static chipid_core *shared;

static chipid_bytes
view(const void *data, size_t size)
{
    return (chipid_bytes){data, size};
}

static chipid_bytes
published(const chipid_buffer *out)
{
    VALGRIND_MAKE_MEM_DEFINED(out->data, out->size);
    return view(out->data, out->size);
}

/* A result that must stay secret: had the core declared it public, or its inputs, nothing here would test anything. */
static void
check_secret(const chipid_buffer *out)
{
    uint8_t undefined[CHIPID_RANDOM_MAX], any = 0;

    CHECK(out->size > 0 && VALGRIND_GET_VBITS(out->data, undefined, out->size) == 1);
    for (size_t i = 0; i < out->size; i++)
        any |= undefined[i];
    CHECK(any != 0);
}

static void
derive_and_mac(const uint8_t *secret)
{
    uint8_t key[CHIPID_KEY_MAX], mac[16];
    chipid_buffer derived = {key, sizeof key, 0}, out = {mac, sizeof mac, 0};

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        CHECK(chipid_kdf(shared, c, view(secret, SECRET_SIZE), 1, view(NULL, 0), &derived) == CHIPID_OK);
        check_secret(&derived);
    }
    CHECK(chipid_cmac(shared, view(key, 32), view(secret, 30), &out) == CHIPID_OK);
    (void)published(&out);
    CHECK(chipid_retail_mac(shared, view(key, 16), view(secret, 30), true, &out) == CHIPID_OK);
    (void)published(&out);
}

/* The MAC of what comes in is compared as a secret; that it was right is public afterwards. */
static void
talk(chipid_cipher cipher, const uint8_t *secret)
{
    static const uint8_t ssc[16], command[] = {0x00, 0xB0, 0x00, 0x00, 0x03, 0xA1, 0xA2, 0xA3, 0x00};
    const chipid_bytes key = view(secret, chipid_cipher_key_size(cipher)), start = view(ssc, chipid_cipher_block_size(cipher));
    uint8_t wire[128], plain[128], response[22];
    chipid_buffer out = {wire, sizeof wire, 0}, in = {plain, sizeof plain, 0};
    chipid_sm *terminal, *chip;

    memcpy(response, secret, 20);
    memcpy(response + 20, "\x90\x00", 2);
    CHECK(chipid_sm_new(shared, cipher, key, key, start, &terminal) == CHIPID_OK);
    CHECK(chipid_sm_new(shared, cipher, key, key, start, &chip) == CHIPID_OK);
    CHECK(chipid_sm_protect_command(terminal, view(command, sizeof command), &out) == CHIPID_OK);
    CHECK(chipid_sm_unprotect_command(chip, published(&out), &in) == CHIPID_OK);
    CHECK(chipid_sm_protect_response(chip, view(response, sizeof response), &out) == CHIPID_OK);
    CHECK(chipid_sm_unprotect_response(terminal, published(&out), &in) == CHIPID_OK);
    CHECK(in.size == sizeof response);
    check_secret(&(chipid_buffer){plain, sizeof plain, 20});
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
compare(const uint8_t *secret)
{
    bool equal = chipid_equal(view(secret, 16), view(secret, 16));

    VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal);
    CHECK(equal);
}

static void
elliptic_curve(const char *name, const uint8_t *secret)
{
    const chipid_bytes private_key = view(secret, 19); /* below every order */
    uint8_t octets[CHIPID_POINT_MAX], shared_octets[CHIPID_POINT_MAX];
    chipid_buffer point = {octets, sizeof octets, 0}, result = {shared_octets, sizeof shared_octets, 0};
    chipid_ec *ec, *mapped;

    CHECK(chipid_ec_named(shared, name, &ec) == CHIPID_OK);
    CHECK(chipid_ec_public_key(ec, private_key, &point) == CHIPID_OK);
    (void)published(&point);
    CHECK(chipid_ec_agree(ec, private_key, view(octets, point.size), &result) == CHIPID_OK);
    check_secret(&result);
    CHECK(chipid_ec_agree_point(ec, private_key, view(octets, point.size), &result) == CHIPID_OK);
    check_secret(&result);
    CHECK(chipid_ec_map_generic(ec, view(secret, 16), view(shared_octets, result.size), &mapped) == CHIPID_OK);
    CHECK(chipid_ec_public_key(mapped, private_key, &point) == CHIPID_OK);
    chipid_ec_free(mapped);
    CHECK(chipid_ecdsa_sign(ec, private_key, view("0123456789abcdefghij", 20), &result) == CHIPID_OK);
    (void)published(&result);
    chipid_ec_free(ec);
}

/* random: what integrated_random has made of the nonce. */
static void
integrated_curve(const char *name, chipid_bytes random)
{
    uint8_t octets[CHIPID_POINT_MAX];
    chipid_buffer point = {octets, sizeof octets, 0};
    chipid_ec *ec, *mapped;

    CHECK(chipid_ec_named(shared, name, &ec) == CHIPID_OK);
    CHECK(chipid_ec_map_integrated(ec, random, &mapped) == CHIPID_OK);
    CHECK(chipid_ec_generator(mapped, &point) == CHIPID_OK);
    check_secret(&point);
    chipid_ec_free(mapped);
    chipid_ec_free(ec);
}

static void
finite_field(unsigned parameter_id, const uint8_t *secret, chipid_bytes random)
{
    const chipid_bytes private_key = view(secret, 19);
    uint8_t octets[CHIPID_DH_MAX], shared_octets[CHIPID_DH_MAX];
    chipid_buffer element = {octets, sizeof octets, 0}, result = {shared_octets, sizeof shared_octets, 0};
    chipid_dh *dh, *mapped;

    CHECK(chipid_dh_standardised(shared, parameter_id, &dh) == CHIPID_OK);
    CHECK(chipid_dh_public_key(dh, private_key, &element) == CHIPID_OK);
    (void)published(&element);
    CHECK(chipid_dh_agree(dh, private_key, view(octets, element.size), &result) == CHIPID_OK);
    check_secret(&result);
    CHECK(chipid_dh_agree_element(dh, private_key, view(octets, element.size), &result) == CHIPID_OK);
    check_secret(&result);
    CHECK(chipid_dh_map_generic(dh, view(secret, 16), view(shared_octets, result.size), &mapped) == CHIPID_OK);
    CHECK(chipid_dh_public_key(mapped, private_key, &element) == CHIPID_OK);
    chipid_dh_free(mapped);
    CHECK(chipid_dh_map_integrated(dh, random, &mapped) == CHIPID_OK);
    CHECK(chipid_dh_get(mapped, CHIPID_DH_G, &element) == CHIPID_OK);
    check_secret(&element);
    chipid_dh_free(mapped);
    chipid_dh_free(dh);
}

static void
integrated(const uint8_t *secret)
{
    static const char *const curves[] = {"secp192r1", "secp256r1", "brainpoolP256r1", "brainpoolP320r1", "secp521r1"};
    static const uint8_t t[CHIPID_KEY_MAX] = {1}, modulus[128] = {0xFF};

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        uint8_t octets[CHIPID_RANDOM_MAX];
        chipid_buffer random = {octets, sizeof octets, 0};
        const size_t width = c == CHIPID_AES_192 || c == CHIPID_AES_256 ? 32 : 16;

        CHECK(chipid_integrated_random(shared, c, view(secret, width), view(t, chipid_cipher_key_size(c)), view(modulus, 64), &random) ==
              CHIPID_OK);
        check_secret(&random);
        for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
            integrated_curve(curves[i], view(octets, 64));
        CHECK(chipid_integrated_random(shared, c, view(secret, width), view(t, chipid_cipher_key_size(c)), view(modulus, 128), &random) ==
              CHIPID_OK);
        finite_field(0, secret, view(octets, random.size));
    }
}

/* What memcheck must see: an octet of a shared secret that decides a branch, or an address. */
static void
leak(const char *how, const uint8_t *secret)
{
    static const uint8_t table[256] = {1};
    uint8_t octets[CHIPID_DH_MAX];
    chipid_buffer result = {octets, sizeof octets, 0};
    chipid_dh *dh;

    CHECK(chipid_dh_standardised(shared, 0, &dh) == CHIPID_OK);
    CHECK(chipid_dh_public_key(dh, view(secret, 19), &result) == CHIPID_OK);
    if (strcmp(how, "branch") == 0 && octets[5] > 0x7F)
        printf("a leak\n");
    else if (strcmp(how, "address") == 0)
        printf("a leak: %p\n", (const void *)(uintptr_t)((volatile const uint8_t *)table)[octets[5]]);
    chipid_dh_free(dh);
}

int
main(int argc, char **argv)
{
    uint8_t secret[SECRET_SIZE];

    CHECK(RUNNING_ON_VALGRIND);
    CHECK(chipid_core_new(&shared) == CHIPID_OK);
    memset(secret, 0x5A, sizeof secret);
    VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
    if (argc > 1) {
        leak(argv[1], secret);
    } else {
        derive_and_mac(secret);
        talk(CHIPID_3DES, secret);
        talk(CHIPID_AES_256, secret);
        compare(secret);
        elliptic_curve("secp256r1", secret);
        elliptic_curve("brainpoolP256r1", secret);
        elliptic_curve("secp521r1", secret);
        integrated(secret);
        finite_field(2, secret, view(secret, SECRET_SIZE));
    }
    chipid_core_free(shared);
    return 0;
}
