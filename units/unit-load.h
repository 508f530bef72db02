/* SPDX-License-Identifier: MIT */
/* Loads one unit from its file. No side effect but reading files. */
#pragma once

#include "diagnostics.h"
#include "settings.h"
#include "unit-path.h"

/* Limits of units.md: beyond them, an error that names file and line. */
#define UNIT_FILE_SIZE_MAX (1024 * 1024)
#define UNIT_LINE_SIZE_MAX (64 * 1024)

/* Loads a unit by name, which may be an alias: the settings have its own. An instance comes from
 * its template with its specifiers expanded; drop-ins, and links in .wants and .requires folders,
 * add to it.
 *
 * @diagnostics: every warning and error is added; NULL: they are dropped
 * @ret:         settings with one reference, the caller's
 *
 * Returns: 0 (perhaps with warnings); -ENOENT no such file, or a mask; -EBADMSG the file has
 * errors, which are in diagnostics; -EINVAL not a unit name. */
int unit_load(const UnitPath *path, const char *name, Diagnostics *diagnostics, UnitSettings **ret);
/* The same of the unit whose own file has been listed: it isn't looked for. */
int unit_load_file(const UnitPath *path, const UnitFile *file, Diagnostics *diagnostics,
                   UnitSettings **ret);

/* The service that a socket unit is for, whatever else is wrong with its files: the one that
 * Service= names as far as they can be read, else the one of its own name (g_free).
 *
 * Returns: NULL: not the name of a socket. */
char *unit_load_service(const UnitPath *path, const char *name);

/* The files that make up a unit: its own, if it has one, then its drop-ins in their order
 * (g_strfreev).
 *
 * @diagnostics: gets what is wrong with their folders; may be NULL */
GStrv unit_files(const UnitPath *path, const char *name, Diagnostics *diagnostics);

/* Loads one file from memory; file is what messages call it. data[length] is writable; data is
 * overwritten. */
int unit_load_data(const char *file, const char *name, char *data, size_t length,
                   Diagnostics *diagnostics, UnitSettings **ret);
