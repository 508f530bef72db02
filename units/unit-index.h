/* SPDX-License-Identifier: MIT */
/* What is out of the ordinary in the search path: names that are links to other names, and the
 * folders that go with units, NAME.d, NAME.wants, NAME.requires. Ordinary unit files are not kept:
 * there may be tens of thousands. Private to units/: unit-path.h and unit-dropin.h use it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "diagnostics.h"

typedef struct UnitIndex UnitIndex;

typedef struct IndexFolder {
        unsigned int rank; /* of the folder of the search path that it is in */
        char *path;
} IndexFolder;

UnitIndex *unit_index_new(void);
UnitIndex *unit_index_free(UnitIndex *index);

/* Reads the folders anew. Returns (g_hash_table_unref), of everything that is named like a unit:
 * name -> the number of the folder that has its file, from 1 on; negative if what is there isn't a
 * regular file; 0 if it is to be passed over (an alias, or a link that masks). An empty file masks,
 * too: whoever reads it will see.
 *
 * @diagnostics: gets a warning for each link that can't be an alias, one for a folder's files that
 * are of systemd's other types, an error for each folder that can't be read; may be NULL */
GHashTable *unit_index_scan(UnitIndex *index, char *const *folders, Diagnostics *diagnostics);

/* The same, if a folder has changed since it was read, or none was. */
void unit_index_refresh(UnitIndex *index, char *const *folders);
bool unit_index_is_read(const UnitIndex *index);

/* What a name is a link to, a name too; else NULL. */
const char *unit_index_target(const UnitIndex *index, const char *name);
/* The names that are links to a name (of char *), or NULL. */
const GPtrArray *unit_index_links(const UnitIndex *index, const char *name);
bool unit_index_has_links(const UnitIndex *index);
/* The folders of that name ("web.service.d") in the search path's order, of IndexFolder; or NULL.
 */
const GArray *unit_index_folders(const UnitIndex *index, const char *name);
bool unit_index_has_folders(const UnitIndex *index);
/* A link that can't be an alias: as if it weren't there. */
bool unit_index_is_refused(const UnitIndex *index, const char *path);
