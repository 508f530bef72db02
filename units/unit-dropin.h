/* SPDX-License-Identifier: MIT */
/* What lies in folders beside a unit's file: drop-ins in NAME.d, dependencies in NAME.wants,
 * NAME.requires and NAME.upholds. NAME is, in all folders of the search path, the unit's name, its
 * template's, each of these cut off after a dash ("foo-bar.service": "foo-.service"), the same of
 * its aliases, and last the type ("service"). Of files with one name the first counts. */
#pragma once

#include "diagnostics.h"
#include "unit-path.h"

/* Of files in all folders of a unit. Beyond this somebody has made a mistake, which must not cost
 * more than to be told. */
#define UNIT_DROPINS_MAX 1024
/* The same of links, which are names and no more: a target may want every unit there is. */
#define UNIT_LINKS_MAX 65536

/* The drop-ins of a unit, in the order in which they are read: by file name (g_strfreev), or NULL.
 *
 * @unit:    its name; no alias
 * @aliases: its other names, or NULL
 *
 * Returns: 0; -EBADMSG: there are too many, which is an error in diagnostics. */
int unit_dropin_find(const UnitPath *path, const char *unit, char *const *aliases,
                     Diagnostics *diagnostics, GStrv *ret);

/* The names of the units that the links in NAME.wants (suffix ".wants") stand for, as above; a
 * template's become the unit's instances. */
int unit_dropin_dependencies(const UnitPath *path, const char *unit, char *const *aliases,
                             const char *suffix, Diagnostics *diagnostics, GStrv *ret);

/* Whether a unit without a file is a target all the same, because it has links in NAME.wants and
 * its like: what is enabled for a target shall be started without somebody's writing it. */
bool unit_dropin_makes_target(const UnitPath *path, const char *unit);
