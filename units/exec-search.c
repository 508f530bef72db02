/* SPDX-License-Identifier: MIT */
/* The search for the program of a command line. */
#include "exec-search.h"

#include <errno.h>
#include <unistd.h>

#include "directive.h"

char *exec_search_place(const UnitSettings *settings, const char *path) {
        char *const *root = settings_given(settings, "RootDirectory");

        return root && *root ? g_build_filename(*root, path, NULL) : g_strdup(path);
}

int exec_search(const UnitSettings *settings, const char *name, char **ret) {
        const GStrv *given = settings_given(settings, "ExecSearchPath");
        g_autofree char *joined = given && *given ? g_strjoinv(":", *given) : NULL;
        g_auto(GStrv) folders = NULL;

        if (name[0] == '/') {
                *ret = g_strdup(name);
                return 0;
        }
        folders = g_strsplit(joined ? joined : EXEC_SEARCH_PATH, ":", -1);
        for (char **folder = folders; *folder; folder++) {
                g_autofree char *path = g_build_filename(*folder, name, NULL);
                g_autofree char *place = exec_search_place(settings, path);

                if (access(place, X_OK) == 0 && !g_file_test(place, G_FILE_TEST_IS_DIR)) {
                        *ret = g_steal_pointer(&path);
                        return 0;
                }
        }
        return -ENOENT;
}
