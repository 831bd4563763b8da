/* SPDX-License-Identifier: Apache-2.0 */
/* chipid_tests [suite]: runs the tests of one suite, or of all. */
#include "check.h"

#include <string.h>

#include <openssl/err.h>

chipid_core *core;

static const suite suites[] = {
    {"mem", mem_tests}, {"tlv", tlv_tests}, {"kdf", kdf_tests},   {"mac", mac_tests},   {"cipher", cipher_tests},
    {"sm", sm_tests},   {"ec", ec_tests},   {"sign", sign_tests}, {"verify", verify_tests}, {"integrated", integrated_tests},
    {"dh", dh_tests},   {"dh_params", dh_params_tests},
};

/* What the current test has allocated. */
static struct block {
    struct block *next;
    uint8_t *data;
} *blocks;

static uint8_t *
keep(size_t size)
{
    struct block *made = malloc(sizeof *made);

    CHECK(made != NULL);
    CHECK((made->data = malloc(size > 0 ? size : 1)) != NULL);
    made->next = blocks;
    blocks = made;
    return made->data;
}

static void
release_all(void)
{
    while (blocks != NULL) {
        struct block *next = blocks->next;
        free(blocks->data);
        free(blocks);
        blocks = next;
    }
}

static unsigned
digit(char c)
{
    const char *digits = "0123456789ABCDEF", *found = strchr(digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);

    CHECK(c != 0 && found != NULL);
    return (unsigned)(found - digits);
}

chipid_bytes
hex(const char *digits)
{
    size_t size = strlen(digits) / 2;
    uint8_t *data = keep(size);

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
    return (chipid_bytes){data, size};
}

chipid_bytes
octets(const void *data, size_t size)
{
    uint8_t *copy = keep(size);

    if (size > 0)
        memcpy(copy, data, size);
    return (chipid_bytes){copy, size};
}

chipid_bytes
text(const char *characters)
{
    return octets(characters, strlen(characters));
}

uint8_t *
writable(chipid_bytes bytes)
{
    for (struct block *b = blocks; b != NULL; b = b->next) {
        if (b->data == bytes.data)
            return b->data;
    }
    CHECK(!"octets of this test");
    return NULL;
}

chipid_buffer
buffer(size_t capacity)
{
    uint8_t *data = keep(capacity);

    memset(data, 0xA5, capacity);
    return (chipid_buffer){data, capacity, 0};
}

chipid_bytes
written(const chipid_buffer *out)
{
    return octets(out->data, out->size);
}

chipid_bytes
part(chipid_bytes whole, size_t start, size_t size)
{
    CHECK(start <= whole.size && size <= whole.size - start);
    return octets(whole.data + start, size);
}

void
check_status(chipid_status expected, chipid_status actual, const char *file, int line, const char *call)
{
    if (expected == actual)
        return;
    fprintf(stderr, "%s:%d: %s: %s, not %s\n", file, line, call, chipid_status_name(actual), chipid_status_name(expected));
    abort();
}

void
check_hex(const char *expected, chipid_bytes actual, const char *file, int line)
{
    chipid_bytes wanted = hex(expected);

    if (wanted.size == actual.size && (wanted.size == 0 || memcmp(wanted.data, actual.data, wanted.size) == 0))
        return;
    fprintf(stderr, "%s:%d: expected %s\n got ", file, line, expected);
    for (size_t i = 0; i < actual.size; i++)
        fprintf(stderr, "%02X", actual.data[i]);
    fprintf(stderr, "\n");
    abort();
}

int
main(int argc, char **argv)
{
    unsigned count = 0;

    CHECK_STATUS(CHIPID_OK, chipid_core_new(&core));
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (argc > 1 && strcmp(argv[1], suites[i].name) != 0)
            continue;
        for (const test *t = suites[i].tests; t->name != NULL; t++, count++) {
            printf("%s: %s\n", suites[i].name, t->name);
            fflush(stdout);
            t->run();
            release_all();
            CHECK(ERR_peek_error() == 0); /* nothing of ours stays on the thread's error queue */
        }
    }
    chipid_core_free(core);
    CHECK(count > 0);
    printf("%u tests passed\n", count);
    return 0;
}
