/* SPDX-License-Identifier: MIT */
/* cat: the files of units as they are on disk, drop-ins after them. */
#include <stdio.h>

#include "offline.h"
#include "output.h"
#include "unit-load.h"

static int print_file(const char *file) {
        g_autofree char *name = output_harmless(file), *content = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        if (!g_file_get_contents(file, &content, &length, &error)) {
                output_error("%s", error->message);
                return -EIO;
        }
        printf("%s# %s%s\n", colour_on(COLOUR_GREY), name, colour_off(COLOUR_GREY));
        fwrite(content, 1, length, stdout);
        if (length > 0 && content[length - 1] != '\n')
                printf("\n");
        return 0;
}

static CtlExit cat_unit(const UnitPath *path, const char *unit) {
        g_auto(GStrv) files = unit_files(path, unit);
        CtlExit status = CTL_OK;

        if (!*files) {
                output_error("no file of %s is in the search path", unit);
                return CTL_NO_SUCH_UNIT;
        }
        for (char **file = files; *file; file++) {
                if (file != files)
                        printf("\n");
                if (print_file(*file) < 0)
                        status = CTL_FAILURE;
        }
        return status;
}

CtlExit verb_cat(Ctl *ctl, char **arguments) {
        _cleanup_(unit_path_free_cleanup) UnitPath *path = ctl_search_path(ctl);
        g_auto(GStrv) units = ctl_unit_names(arguments, ".service");
        CtlExit status = CTL_OK;

        for (char **unit = units; *unit; unit++) {
                CtlExit exit;

                if (unit != units)
                        printf("\n");
                exit = cat_unit(path, *unit);
                status = MAX(status, exit);
        }
        return status;
}
