/* SPDX-License-Identifier: MIT */
/* cat: the files of units as they are on disk, drop-ins after them. */
#include <errno.h>
#include <stdio.h>

#include "offline.h"
#include "output.h"
#include "unit-file.h"
#include "unit-load.h"
#include "unit-name.h"

/* A mask has nothing to print but its name. */
static void print_file(const char *file, Diagnostics *diagnostics) {
        g_autofree char *name = output_harmless(file), *content = NULL;
        size_t length = 0;

        if (unit_file_read(file, false, diagnostics, &content, &length) == -EBADMSG)
                return;
        printf("%s# %s%s\n", colour_on(COLOUR_GREY), name, colour_off(COLOUR_GREY));
        if (length == 0)
                return;
        fwrite(content, 1, length, stdout);
        if (content[length - 1] != '\n')
                printf("\n");
}

static CtlExit cat_unit(const UnitPath *path, const char *unit) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_auto(GStrv) files = unit_files(path, unit, diagnostics);

        if (!*files) {
                output_error("no file of %s is in the search path", unit);
                return CTL_NO_SUCH_UNIT;
        }
        for (char **file = files; *file; file++) {
                if (file != files)
                        printf("\n");
                print_file(*file, diagnostics);
        }
        fflush(stdout);
        print_file_diagnostics(diagnostics);
        return diagnostics->errors > 0 ? CTL_FAILURE : CTL_OK;
}

CtlExit verb_cat(Ctl *ctl, char **arguments) {
        if (ctl->json != JSON_OFF) {
                output_error("cat prints files as they are; for JSON there is show --file");
                return CTL_USAGE;
        }
        _cleanup_(unit_path_free_cleanup) UnitPath *path = ctl_search_path(ctl);
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
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
