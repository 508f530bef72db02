/* SPDX-License-Identifier: MIT */
/* Unit files looked at without a manager. */
#pragma once

#include "ctl.h"
#include "settings.h"
#include "unit-path.h"

/* Unit files that were named on the command line, and what was found in them. */
typedef struct UnitFiles {
        UnitPath *path;           /* the folders of the files, then those of the manager */
        GPtrArray *units;         /* of UnitSettings *: those that could be loaded */
        Diagnostics *diagnostics; /* of all of them */
        GHashTable *seen;         /* set of "UNIT FILE": what was loaded, links followed */
        bool unreadable;          /* a file isn't there or has no unit's name; it was said so */
} UnitFiles;

/* Loads them, with their drop-ins. What is wrong with a file is a diagnostic. */
void unit_files_load(const Ctl *ctl, char **files, UnitFiles *ret);
void unit_files_done(UnitFiles *files);

/* Each on stderr, with the program's name: where stdout is for something else. */
void print_file_diagnostics(const Diagnostics *diagnostics);

/* The search path: --unit-path=, else that of the manager where one is running, to which it is
 * connected then, else the default of the mode. */
UnitPath *ctl_search_path(Ctl *ctl);
