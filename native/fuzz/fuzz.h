/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_FUZZ_H
#define CHIPID_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "chipid_core.h"

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

/* libFuzzer's entry point, also called by replay.c for each file of the corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
