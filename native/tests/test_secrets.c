/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run under valgrind: keys and plaintext are marked as undefined memory, so that memcheck reports each branch and each address that
 * depends on them. What is public by its nature (ciphertext, MACs) is declared as such where it leaves the core. Not here: DES, whose
 * S-boxes are tables in libcrypto, and curves, whose big numbers libcrypto 3.0 normalises by branches of its own.
 */
#include <string.h>

#include <valgrind/memcheck.h>

#include "check.h"

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

static void
derive_and_mac(uint8_t secret[32])
{
    uint8_t key[CHIPID_KEY_MAX], mac[16];
    chipid_buffer derived = {key, sizeof key, 0}, out = {mac, sizeof mac, 0};

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++)
        CHECK(chipid_kdf(shared, c, view(secret, 32), 1, view(NULL, 0), &derived) == CHIPID_OK);
    CHECK(chipid_cmac(shared, view(key, 32), view(secret, 30), &out) == CHIPID_OK);
    (void)published(&out);
}

/* The MAC of what comes in is compared as a secret; that it was right is public afterwards. */
static void
talk(const uint8_t secret[32])
{
    static const uint8_t ssc[16], command[] = {0x00, 0xB0, 0x00, 0x00, 0x03, 0xA1, 0xA2, 0xA3, 0x00};
    uint8_t wire[128], plain[128];
    chipid_buffer out = {wire, sizeof wire, 0}, in = {plain, sizeof plain, 0};
    chipid_sm *terminal, *chip;

    CHECK(chipid_sm_new(shared, CHIPID_AES_256, view(secret, 32), view(secret, 32), view(ssc, 16), &terminal) == CHIPID_OK);
    CHECK(chipid_sm_new(shared, CHIPID_AES_256, view(secret, 32), view(secret, 32), view(ssc, 16), &chip) == CHIPID_OK);
    CHECK(chipid_sm_protect_command(terminal, view(command, sizeof command), &out) == CHIPID_OK);
    CHECK(chipid_sm_protect_response(chip, view("\x90\x00", 2), &in) == CHIPID_OK);
    (void)published(&out);
    (void)published(&in);
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
compare(const uint8_t secret[32])
{
    bool equal = chipid_equal(view(secret, 16), view(secret, 16));

    VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal);
    CHECK(equal);
}

int
main(void)
{
    uint8_t secret[32];

    CHECK(RUNNING_ON_VALGRIND);
    CHECK(chipid_core_new(&shared) == CHIPID_OK);
    memset(secret, 0x5A, sizeof secret);
    VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
    derive_and_mac(secret);
    talk(secret);
    compare(secret);
    chipid_core_free(shared);
    return 0;
}
