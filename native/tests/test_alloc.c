/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each operation with each of its allocations made to fail in turn: it says so, gives no output and (the sanitizer sees it) leaks
 * nothing. The core stands already: libcrypto 3.0 itself leaks when the making of a library context fails midway.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "check.h"

/* Allocations until one fails; 0: none does. */
static unsigned long countdown;

static bool
fails(void)
{
    return countdown > 0 && --countdown == 0;
}

static void *
failing_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(size);
}

static void *
failing_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(old, size);
}

static void
plain_free(void *data, const char *file, int line)
{
    (void)file;
    (void)line;
    free(data);
}

static chipid_core *shared;
static chipid_ec *ec;
static chipid_dh *dh;
static uint8_t key[32] = {1, 2, 3}, ssc[16], generator[CHIPID_POINT_MAX], message[600] = {0, 0xB0, 0, 0, 0, 2, 0x40};
static uint8_t modulus[128], wire[700];
static uint8_t element[CHIPID_DH_MAX], prime[CHIPID_DH_MAX], order[64];
static size_t generator_size, wire_size, element_size, prime_size, order_size;

static chipid_bytes
view(const void *data, size_t size)
{
    return (chipid_bytes){data, size};
}

/* The operations: each frees what it made, and fills out where it has an output. */

static chipid_status
derive(chipid_buffer *out)
{
    return chipid_kdf(shared, CHIPID_3DES, view(key, 16), 1, view(key, 3), out);
}

static chipid_status
retail(chipid_buffer *out)
{
    return chipid_retail_mac(shared, view(key, 16), view(message, sizeof message), true, out);
}

static chipid_status
cmac(chipid_buffer *out)
{
    return chipid_cmac(shared, view(key, 32), view(message, sizeof message), out);
}

static chipid_status
encrypt(chipid_buffer *out)
{
    return chipid_cbc(shared, CHIPID_AES_256, true, view(key, 32), view(ssc, 16), view(message, 592), out);
}

static chipid_status
session(chipid_cipher cipher, chipid_status (*function)(chipid_sm *, chipid_bytes, chipid_buffer *), chipid_bytes in, chipid_buffer *out)
{
    chipid_bytes both = view(key, chipid_cipher_key_size(cipher));
    chipid_sm *sm;
    chipid_status status = chipid_sm_new(shared, cipher, both, both, view(ssc, chipid_cipher_block_size(cipher)), &sm);

    CHECK((sm == NULL) == (status != CHIPID_OK));
    if (status == CHIPID_OK)
        status = function(sm, in, out);
    if (sm != NULL)
        CHECK(chipid_sm_closed(sm) == (status != CHIPID_OK));
    chipid_sm_free(sm);
    return status;
}

static chipid_status
protect(chipid_buffer *out)
{
    return session(CHIPID_3DES, chipid_sm_protect_command, view(message, 7 + 0x240), out);
}

static chipid_status
unprotect(chipid_buffer *out)
{
    return session(CHIPID_AES_128, chipid_sm_unprotect_command, view(wire, wire_size), out);
}

static chipid_status
named(chipid_buffer *out)
{
    chipid_ec *made;
    chipid_status status = chipid_ec_named(shared, "secp256r1", &made);

    (void)out;
    CHECK((made == NULL) == (status != CHIPID_OK));
    chipid_ec_free(made);
    return status;
}

static chipid_status
agree(chipid_buffer *out)
{
    return chipid_ec_agree(ec, view(key, 32), view(generator, generator_size), out);
}

static chipid_status
check_point(chipid_buffer *out)
{
    uint8_t compressed[33] = {2};

    memcpy(compressed + 1, generator + 1, 32);
    return chipid_ec_check_point(ec, view(compressed, 33), out);
}

static chipid_status
map(chipid_buffer *out)
{
    chipid_ec *made;
    chipid_status status = chipid_ec_map_generic(ec, view(key, 16), view(generator, generator_size), &made);

    (void)out;
    CHECK((made == NULL) == (status != CHIPID_OK));
    chipid_ec_free(made);
    return status;
}

static chipid_status
ecdsa(chipid_buffer *out)
{
    bool valid = true;
    chipid_status status = chipid_ecdsa_verify(ec, view(generator, generator_size), view(key, 32), view(key, 32), view(key, 32), &valid);

    (void)out;
    CHECK(!valid);
    return status;
}

static chipid_status
rsa(chipid_buffer *out)
{
    bool valid = true;
    chipid_status status = chipid_rsa_verify_pss(shared, view(modulus, 128), view("\x03", 1), CHIPID_SHA256, CHIPID_SHA1, 20,
                                                 view(key, 32), view(message, 128), &valid);

    (void)out;
    CHECK(!valid);
    return status;
}

static chipid_status
recover(chipid_buffer *out)
{
    return chipid_rsa_recover(shared, view(modulus, 128), view("\x03", 1), view(message, 128), out);
}

static chipid_status
sign(chipid_buffer *out)
{
    return chipid_ecdsa_sign(ec, view(key, 32), view(message, 32), out);
}

static chipid_status
map_integrated(chipid_buffer *out)
{
    chipid_ec *made;
    chipid_status status = chipid_ec_map_integrated(ec, view(message, 48), &made);

    (void)out;
    CHECK((made == NULL) == (status != CHIPID_OK));
    chipid_ec_free(made);
    return status;
}

static chipid_status
integrated_random(chipid_buffer *out)
{
    return chipid_integrated_random(shared, CHIPID_3DES, view(key, 16), view(key, 16), view(prime, prime_size), out);
}

static chipid_status
dh_made(chipid_status status, chipid_dh *made)
{
    CHECK((made == NULL) == (status != CHIPID_OK));
    chipid_dh_free(made);
    return status;
}

static chipid_status
dh_standardised(chipid_buffer *out)
{
    chipid_dh *made;
    chipid_status status = chipid_dh_standardised(shared, 1, &made);

    (void)out;
    return dh_made(status, made);
}

/* The element is another generator of the same subgroup, so that everything is checked. */
static chipid_status
dh_explicit(chipid_buffer *out)
{
    chipid_bytes q = view(order, order_size);
    chipid_dh *made;
    chipid_status status = chipid_dh_explicit(shared, view(prime, prime_size), view(element, element_size), &q, &made);

    (void)out;
    return dh_made(status, made);
}

static chipid_status
dh_pkcs3(chipid_buffer *out)
{
    chipid_dh *made;
    chipid_status status = chipid_dh_explicit(shared, view(prime, prime_size), view(element, element_size), NULL, &made);

    (void)out;
    return dh_made(status, made);
}

static chipid_status
dh_check(chipid_buffer *out)
{
    return chipid_dh_check_element(dh, view(element, element_size), out);
}

static chipid_status
dh_public(chipid_buffer *out)
{
    return chipid_dh_public_key(dh, view(key, 16), out);
}

static chipid_status
dh_agree(chipid_buffer *out)
{
    return chipid_dh_agree(dh, view(key, 16), view(element, element_size), out);
}

static chipid_status
dh_map(chipid_buffer *out)
{
    chipid_dh *made;
    chipid_status status = chipid_dh_map_generic(dh, view(key, 16), view(element, element_size), &made);

    (void)out;
    return dh_made(status, made);
}

static chipid_status
dh_map_integrated(chipid_buffer *out)
{
    chipid_dh *made;
    chipid_status status = chipid_dh_map_integrated(dh, view(message, 144), &made);

    (void)out;
    return dh_made(status, made);
}

static const struct {
    const char *name;
    chipid_status (*run)(chipid_buffer *out);
    /* libcrypto 3.0 takes some of its own failed allocations for an answer: a verification may then say "not valid". */
    bool may_succeed;
} operations[] = {
    {"derive", derive, false},   {"retail", retail, false},       {"cmac", cmac, false},
    {"encrypt", encrypt, false},   {"protect", protect, false}, {"unprotect", unprotect, false}, {"named", named, false},
    {"agree", agree, true},        {"check_point", check_point, true}, {"map", map, true},       {"ecdsa", ecdsa, true},
    {"rsa", rsa, true},            {"recover", recover, true},
    {"sign", sign, true},
    {"map_integrated", map_integrated, true},
    {"integrated_random", integrated_random, false},
    {"dh_standardised", dh_standardised, false},
    {"dh_explicit", dh_explicit, false},
    {"dh_pkcs3", dh_pkcs3, false},
    {"dh_check", dh_check, false},
    {"dh_public", dh_public, false},
    {"dh_agree", dh_agree, false},
    {"dh_map", dh_map, false},
    {"dh_map_integrated", dh_map_integrated, false},
};

static void
prepare(void)
{
    uint8_t data[sizeof wire];
    chipid_buffer out = {generator, sizeof generator, 0}, protected = {data, sizeof data, 0};
    chipid_buffer y = {element, sizeof element, 0}, p = {prime, sizeof prime, 0}, q = {order, sizeof order, 0};
    chipid_sm *sm;

    CHECK(chipid_core_new(&shared) == CHIPID_OK && chipid_ec_named(shared, "secp256r1", &ec) == CHIPID_OK);
    CHECK(chipid_ec_generator(ec, &out) == CHIPID_OK);
    generator_size = out.size;
    CHECK(chipid_dh_standardised(shared, 0, &dh) == CHIPID_OK && chipid_dh_public_key(dh, view("\x05", 1), &y) == CHIPID_OK);
    CHECK(chipid_dh_get(dh, CHIPID_DH_P, &p) == CHIPID_OK && chipid_dh_get(dh, CHIPID_DH_Q, &q) == CHIPID_OK);
    element_size = y.size;
    prime_size = p.size;
    order_size = q.size;
    CHECK(dh_explicit(NULL) == CHIPID_OK); /* seeds the generator of random bases, whose failed allocations libcrypto works around */
    memset(modulus, 0xFF, sizeof modulus);
    CHECK(chipid_sm_new(shared, CHIPID_AES_128, view(key, 16), view(key, 16), view(ssc, 16), &sm) == CHIPID_OK);
    CHECK(chipid_sm_protect_command(sm, view(message, 7 + 0x240), &protected) == CHIPID_OK);
    memcpy(wire, data, wire_size = protected.size);
    chipid_sm_free(sm);
}

int
main(void)
{
    CHECK(CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) == 1);
    prepare();
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        unsigned long allocations = 0;
        chipid_status status;
        bool reached;

        do {
            uint8_t data[CHIPID_RSA_MAX];
            chipid_buffer out = {data, sizeof data, 0};

            countdown = ++allocations;
            status = operations[i].run(&out);
            reached = countdown == 0;
            countdown = 0;
            if (status != CHIPID_OK)
                CHECK((status == CHIPID_MEMORY || status == CHIPID_CRYPTO || status == CHIPID_EC_POINT) && out.size == 0);
            else
                CHECK(!reached || operations[i].may_succeed);
            ERR_clear_error(); /* an error record is an allocation too, so marks may be lost on the way */
        } while (reached);
        CHECK(status == CHIPID_OK);
        printf("%s: %lu allocations\n", operations[i].name, allocations - 1);
        fflush(stdout);
    }
    chipid_ec_free(ec);
    chipid_dh_free(dh);
    chipid_core_free(shared);
    return 0;
}
