/* SPDX-License-Identifier: MIT */
/* make-seeds FUZZER FOLDER: writes the seeds that the directive table gives for a fuzzer. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "seeds.h"

static void write_seed(const char *name, const uint8_t *data, size_t size, void *userdata) {
        g_autofree char *path = g_build_filename(userdata, name, NULL);
        g_autoptr(GError) error = NULL;

        if (!g_file_set_contents(path, (const char *)data, (gssize)size, &error))
                g_printerr("%s\n", error->message);
}

int main(int argc, char **argv) {
        if (argc != 3) {
                fprintf(stderr, "usage: %s FUZZER FOLDER\n", argv[0]);
                return 2;
        }
        if (!strcmp(argv[1], "values"))
                seeds_of_values(write_seed, argv[2]);
        else if (!strcmp(argv[1], "unit-file"))
                seeds_of_files(write_seed, argv[2]);
        return 0;
}
