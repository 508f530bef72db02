/* SPDX-License-Identifier: MIT */
/* Runs a fuzzer over the files of its corpus, each a TAP test, and over what the directive table
 * makes for it. As every seed is also tried cut off at each of its bytes, what is one byte short is
 * covered without a file for it. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "seeds.h"

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

/* Long seeds in larger steps: it stays linear. */
static void run_cut(const char *name, const uint8_t *data, size_t size, void *userdata) {
        size_t step = size / 1000 + 1;

        for (size_t length = 0; length < size; length += step)
                LLVMFuzzerTestOneInput(data, length);
        LLVMFuzzerTestOneInput(data, size);
}

static int run_seed(const char *folder, const char *name) {
        uint8_t *data;
        size_t size;

        data = read_seed(folder, name, &size);
        if (!data)
                return -1;
        run_cut(name, data, size, NULL);
        free(data);
        return 0;
}

/* Returns: whether the table makes seeds for the fuzzer that has this corpus. */
static int run_table(const char *folder) {
        const char *name = strrchr(folder, '/');

        if (name && !strcmp(name, "/values"))
                seeds_of_values(run_cut, NULL);
        else if (name && !strcmp(name, "/unit-file"))
                seeds_of_files(run_cut, NULL);
        else
                return 0;
        return 1;
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
        if (run_table(argv[1]))
                printf("ok %d made from the directive table\n", ++number);
        printf("1..%d\n", number);
        return failed > 0 || number == 0;
}
