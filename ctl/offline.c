/* SPDX-License-Identifier: MIT */
/* Unit files looked at without a manager: loading. */
#include "offline.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "output.h"
#include "unit-load.h"

/* The search path: --unit-path=, else the default of the mode. */
static UnitPath *ctl_unit_path(const Ctl *ctl) {
        return unit_path_new(ctl->user_mode, ctl->unit_path);
}

UnitPath *ctl_search_path(Ctl *ctl) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) folders = NULL;
        g_autofree const char **list = NULL;

        if (ctl->unit_path || !ctl->runtime_directory || client_connect(ctl, &error) < 0)
                return ctl_unit_path(ctl);
        folders = client_get_property(ctl, "UnitPath", &error);
        if (!folders)
                return ctl_unit_path(ctl);
        list = g_variant_get_strv(folders, NULL);
        return unit_path_new_of(ctl->user_mode, list);
}

/* The folders of the files, then those of the rest: a file's neighbours are its service, its
 * drop-ins. */
static UnitPath *path_of_files(const Ctl *ctl, char *const *files, const UnitPath *rest) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) folders = NULL;

        for (; *files; files++) {
                g_autofree char *folder = g_path_get_dirname(*files);

                g_strv_builder_add(builder, folder);
        }
        g_strv_builder_addv(builder, (const char **)rest->folders);
        folders = g_strv_builder_end(builder);
        return unit_path_new_of(ctl->user_mode, (const char *const *)folders);
}

/* Whether a file is the one that its name leads to; two folders may have one of that name. */
static bool file_is_found(const UnitPath *path, const char *name, const char *file) {
        g_autofree char *found = unit_path_find_link(path, name);
        g_autofree char *absolute = g_canonicalize_filename(file, NULL);

        return !found || !strcmp(found, absolute);
}

static bool file_exists(const char *file) {
        return access(file, F_OK) == 0 || errno != ENOENT;
}

/* What an argument means (g_free): the file that it is; of an instance the template beside it; of
 * what isn't here and is no more than a name, the unit of that name. NULL: there is nothing. */
static char *find_file(const UnitPath *path, const char *argument, const char *name) {
        g_autofree char *folder = g_path_get_dirname(argument);
        g_autofree char *template_ = unit_name_is_instance(name) ? unit_name_template(name) : NULL;
        g_autofree char *beside = template_ ? g_build_filename(folder, template_, NULL) : NULL;

        if (file_exists(argument))
                return g_strdup(argument);
        if (beside && file_exists(beside))
                return g_steal_pointer(&beside);
        return strchr(argument, '/') ? NULL : unit_path_find_link(path, name);
}

/* Whether the name is one that a file of ours can have; if not, it was said why. */
static bool check_name(UnitFiles *files, const char *argument, const char *name) {
        if (unit_name_type(name) != UNIT_TYPE_INVALID)
                return true;
        if (unit_name_is_foreign(name) && file_exists(argument)) {
                diagnostics_add(files->diagnostics, DIAGNOSTIC_WARNING, argument, 0, NULL,
                                "bellhop has no %s units: nothing comes of this file",
                                strrchr(name, '.') + 1);
                return false;
        }
        output_error("%s: the name isn't a service's, socket's, memfd's or target's", argument);
        files->unreadable = true;
        return false;
}

/* Of a unit and its links, which `find` names as well, the first one is looked at. */
static bool is_new(UnitFiles *files, const UnitPath *path, const char *name, const char *file) {
        g_autofree char *unit = unit_path_resolve(path, name);
        char real[PATH_MAX];

        return g_hash_table_add(files->seen,
                                g_strdup_printf("%s %s", unit, realpath(file, real) ? real : file));
}

/* Nothing of what was asked about may pass in silence. */
static void load_found(const UnitPath *path, UnitFiles *files, const char *name, const char *file) {
        unsigned int before = files->diagnostics->list->len;
        UnitSettings *settings;
        int r = unit_load(path, name, files->diagnostics, &settings);

        if (r == 0)
                g_ptr_array_add(files->units, settings);
        else if (files->diagnostics->list->len == before)
                diagnostics_add(files->diagnostics, DIAGNOSTIC_ERROR, file, 0, NULL,
                                "it can't be loaded: %s", g_strerror(-r));
}

static void load_file(const Ctl *ctl, UnitFiles *files, const char *argument) {
        _cleanup_(unit_path_free_cleanup) UnitPath *own = NULL;
        g_autofree char *name = g_path_get_basename(argument), *file = NULL;
        const UnitPath *path = files->path;

        if (!check_name(files, argument, name))
                return;
        file = find_file(path, argument, name);
        if (!file) {
                output_error("%s: %s%s", argument, g_strerror(ENOENT),
                             strchr(argument, '/') ? "" : ", nor such a unit in the search path");
                files->unreadable = true;
                return;
        }
        if (!file_is_found(path, name, file))
                path = own = path_of_files(ctl, (char *const[]){ file, NULL }, path);
        if (is_new(files, path, name, file))
                load_found(path, files, name, file);
}

static void unref(gpointer settings) {
        settings_unref(settings);
}

void unit_files_load(const Ctl *ctl, char **files, UnitFiles *ret) {
        _cleanup_(unit_path_free_cleanup) UnitPath *rest = ctl_unit_path(ctl);

        *ret = (UnitFiles){
                .path = path_of_files(ctl, files, rest),
                .units = g_ptr_array_new_with_free_func(unref),
                .diagnostics = diagnostics_new(),
                .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        };
        for (; *files; files++)
                load_file(ctl, ret, *files);
}

void unit_files_done(UnitFiles *files) {
        g_ptr_array_unref(files->units);
        g_hash_table_unref(files->seen);
        diagnostics_free(files->diagnostics);
        unit_path_free(files->path);
}

void print_file_diagnostics(const Diagnostics *diagnostics) {
        for (guint i = 0; i < diagnostics->list->len; i++) {
                g_autofree char *text = diagnostic_to_string(diagnostics->list->pdata[i]);

                output_diagnostic(text);
        }
}
