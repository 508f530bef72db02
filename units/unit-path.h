/* SPDX-License-Identifier: MIT */
/* The folders in which unit files are looked for; the first one that has a file wins. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "diagnostics.h"
#include "macros.h"

typedef struct UnitPath {
        GStrv folders;           /* absolute, without trailing slash */
        bool user_mode;          /* whose specifiers: %t, %h, ... */
        bool given;              /* named by --unit-path=, not the defaults */
        struct UnitIndex *index; /* of links and folders: a cache */
} UnitPath;

/* @override: "DIR[:DIR...]" of --unit-path, or NULL for the defaults of the mode:
 * /etc/bellhop, /run/bellhop/units, /usr/local/lib/bellhop/units, /usr/lib/bellhop/units; in user
 * mode $XDG_CONFIG_HOME/bellhop, $XDG_RUNTIME_DIR/bellhop/units, $XDG_DATA_HOME/bellhop/units and
 * the two lib folders' `user` siblings. */
UnitPath *unit_path_new(bool user_mode, const char *override);
/* Of these folders, in whose names any character may stand; NULL-terminated. */
UnitPath *unit_path_new_of(bool user_mode, const char *const *list);
UnitPath *unit_path_free(UnitPath *path);
DEFINE_CLEANUP(UnitPath, unit_path_free)

/* Links and folders are looked for once, by whatever asks first or by unit_path_list_files(). This
 * looks whether something has come or gone since; a service manager does so before it loads a unit.
 */
void unit_path_refresh(const UnitPath *path);

/* The name of the unit that a name stands for: another one if it is a link in the path (g_free). */
char *unit_path_resolve(const UnitPath *path, const char *name);
/* The other names of a unit, sorted; NULL: it has none (g_strfreev). */
GStrv unit_path_aliases(const UnitPath *path, const char *name);

/* The file of a unit, an instance's template if it has no file of its own (g_free), or NULL. */
char *unit_path_find(const UnitPath *path, const char *name);
/* The same, and of a name that is a link to another one the link itself. */
char *unit_path_find_link(const UnitPath *path, const char *name);

/* The file of a unit, or of its template, that is there to say that there is none: it is empty, or
 * a link to /dev/null (g_free); NULL: it isn't masked. */
char *unit_path_find_mask(const UnitPath *path, const char *name);
bool unit_path_is_masked(const UnitPath *path, const char *name);

typedef struct UnitFile {
        char *path;
        bool is_regular; /* it was when it was listed: to open it does no more than that */
} UnitFile;

/* The files of all units, of UnitFile, sorted by their names, each name once (g_array_unref).
 * Templates and aliases aren't units, and what is masked by a link isn't among them; what is masked
 * by an empty file, or a device, is.
 * @diagnostics: gets a warning for each link that can't be another name, or is one of nothing, one
 * for each folder that has units of systemd's other types, or was named and isn't there, an error
 * for each that is there and can't be read; NULL: none
 */
GArray *unit_path_list_files(const UnitPath *path, Diagnostics *diagnostics);
/* The names of all units, sorted, with masked ones, templates and aliases (g_strfreev).
 * @diagnostics: gets a warning for each folder that was named and isn't there, an error for each
 * that is and can't be read; NULL: none */
GStrv unit_path_list_names(const UnitPath *path, Diagnostics *diagnostics);
