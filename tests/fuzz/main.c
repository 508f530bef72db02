/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer over the files of its corpus, each a TAP test. As every seed is also tried cut off
 * at each of its bytes, what is one byte short is covered without a file for it. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#define SEED_SIZE_MAX (1024 * 1024)

static int compare_names(const void *a, const void *b) {
        return strcmp((*(struct dirent *const *)a)->d_name, (*(struct dirent *const *)b)->d_name);
}

/* Returns: the content, or NULL. */
static uint8_t *read_seed(const char *folder, const char *name, size_t *ret_size) {
        char path[4096];
        uint8_t *data = malloc(SEED_SIZE_MAX);
        FILE *file;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        file = fopen(path, "re");
        if (!file || !data) {
                free(data);
                return NULL;
        }
        *ret_size = fread(data, 1, SEED_SIZE_MAX, file);
        fclose(file);
        return data;
}

static int run_seed(const char *folder, const char *name) {
        uint8_t *data;
        size_t size, step;

        data = read_seed(folder, name, &size);
        if (!data)
                return -1;
        /* Long seeds in larger steps: it stays linear. */
        step = size / 1000 + 1;
        for (size_t length = 0; length < size; length += step)
                LLVMFuzzerTestOneInput(data, length);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
        return 0;
}

int main(int argc, char **argv) {
        struct dirent **entries;
        int n, number = 0, failed = 0;

        n = argc == 2 ? scandir(argv[1], &entries, NULL, NULL) : -1;
        if (n < 0) {
                printf("Bail out! usage: %s CORPUS\n", argv[0]);
                return 1;
        }
        qsort(entries, (size_t)n, sizeof(*entries), compare_names);
        for (int i = 0; i < n; i++) {
                const char *name = entries[i]->d_name;

                if (name[0] != '.') {
                        int r = run_seed(argv[1], name);

                        failed += r < 0;
                        printf("%s %d %s\n", r < 0 ? "not ok" : "ok", ++number, name);
                        fflush(stdout);
                }
                free(entries[i]);
        }
        free(entries);
        printf("1..%d\n", number);
        return failed > 0 || number == 0;
}
