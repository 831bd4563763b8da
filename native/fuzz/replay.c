/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of its corpus, and over each of their beginnings, with any compiler. */
#include <stdio.h>

#include "fuzz.h"

#define SIZE_MAX_REPLAYED 4096u

/* Memory of exactly the input's size, so that the sanitizer sees one octet too far. */
static void
run_exact(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    MUST(copy != NULL);
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int
run_file(const char *path)
{
    uint8_t data[SIZE_MAX_REPLAYED];
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        perror(path);
        return -1;
    }
    size = fread(data, 1, sizeof data, file);
    fclose(file);
    for (size_t part = 0; part <= size; part++)
        run_exact(data, part);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "%s: no corpus\n", argv[0]);
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (run_file(argv[i]) != 0)
            return 1;
    }
    printf("%d files replayed\n", argc - 1);
    return 0;
}
