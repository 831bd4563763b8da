/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_CHECK_H
#define CHIPID_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "chipid_core.h"

/* Never compiled out, unlike assert. */
#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s: not %s\n", __FILE__, __LINE__, __func__, #condition); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

#define CHECK_STATUS(expected, call) check_status((expected), (call), __FILE__, __LINE__, #call)
#define CHECK_HEX(expected, actual) check_hex((expected), (actual), __FILE__, __LINE__)

void check_status(chipid_status expected, chipid_status actual, const char *file, int line, const char *call);
void check_hex(const char *expected, chipid_bytes actual, const char *file, int line);

/* Octets in memory of exactly their size, so that the sanitizer sees one octet too far; freed after each test. */
chipid_bytes hex(const char *digits);
chipid_bytes octets(const void *data, size_t size);
chipid_bytes text(const char *characters);
uint8_t *writable(chipid_bytes bytes); /* the same octets, which are ours after all */
chipid_buffer buffer(size_t capacity);
chipid_bytes written(const chipid_buffer *out);
chipid_bytes part(chipid_bytes whole, size_t start, size_t size); /* copied */

extern chipid_core *core; /* one for all tests */

typedef struct {
    const char *name;
    void (*run)(void);
} test;

typedef struct {
    const char *name;
    const test *tests; /* ends with {NULL, NULL} */
} suite;

extern const test mem_tests[], tlv_tests[], kdf_tests[], mac_tests[], cipher_tests[], sm_tests[], ec_tests[], dh_tests[],
    dh_params_tests[], integrated_tests[], sign_tests[], verify_tests[];

#endif
