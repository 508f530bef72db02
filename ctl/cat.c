/* SPDX-License-Identifier: MIT */
/* cat: the files of units as they are on disk, drop-ins after them. */
#include <stdio.h>

#include "client.h"
#include "offline.h"
#include "output.h"
#include "unit-load.h"

/* The manager's own search path where one is running and none is given. */
static UnitPath *search_path(Ctl *ctl) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) folders = NULL;
        g_autofree char *joined = NULL;
        g_autofree const char **list = NULL;

        if (ctl->unit_path || !ctl->runtime_directory || client_connect(ctl, &error) < 0)
                return ctl_unit_path(ctl);
        folders = client_get_property(ctl, "UnitPath", &error);
        if (!folders)
                return ctl_unit_path(ctl);
        list = g_variant_get_strv(folders, NULL);
        joined = g_strjoinv(":", (char **)list);
        return unit_path_new(ctl->user_mode, joined);
}

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
        g_autofree char *file = unit_path_find(path, unit);

        if (!file) {
                output_error("no file of %s is in the search path", unit);
                return CTL_NO_SUCH_UNIT;
        }
        return print_file(file) < 0 ? CTL_FAILURE : CTL_OK;
}

CtlExit verb_cat(Ctl *ctl, char **arguments) {
        _cleanup_(unit_path_free_cleanup) UnitPath *path = search_path(ctl);
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
