/* SPDX-License-Identifier: MIT */
/* What [Install] is for: links in the folder of the administrator's unit files, as systemd makes
 * them. Nothing here talks to a manager; it sees the links when it reads its files again. */
#pragma once

#include "diagnostics.h"
#include "settings.h"
#include "unit-path.h"

/* One link that was made or removed. */
typedef struct InstallChange {
        char *path;
        char *target; /* NULL: the link was removed */
} InstallChange;

typedef enum InstallState {
        INSTALL_ENABLED,
        INSTALL_ENABLED_RUNTIME, /* by a link that a reboot forgets */
        INSTALL_LINKED_ALIAS,    /* the name is another unit's */
        INSTALL_STATIC,          /* no [Install] section: others pull it in */
        INSTALL_INDIRECT,        /* enabled through Also= only */
        INSTALL_DISABLED,
        INSTALL_MASKED,
        INSTALL_MASKED_RUNTIME,
        INSTALL_NOT_FOUND,
} InstallState;

typedef struct Install {
        const UnitPath *path;
        const char *folder; /* of path->folders: where links are made */
        bool force;         /* replace links that are in the way */
        GPtrArray *changes; /* of InstallChange *, in order */
        Diagnostics *diagnostics;
        bool presets_checked; /* what is wrong with their files was said */
} Install;

/* The folder for links: the first of the path, or, runtime, the first below /run (or the user's
 * runtime folder). NULL: the path has none. */
const char *install_folder(const UnitPath *path, bool runtime);

Install *install_new(const UnitPath *path, const char *folder, bool force);
Install *install_free(Install *install);
DEFINE_CLEANUP(Install, install_free)

/* Each acts on one unit and what its Also= names, adds what it did to changes, and what went wrong
 * or is worth a word to diagnostics. Returns: 0; -ENOENT no such unit; -EEXIST something else is in
 * the way; or negative errno. */
int install_enable(Install *install, const char *unit);
int install_disable(Install *install, const char *unit);
int install_mask(Install *install, const char *unit);
int install_unmask(Install *install, const char *unit);
/* Enables, disables or leaves alone as the first matching line of the *.preset files in the
 * "preset" folders of the search path says; without one: enables. */
int install_preset(Install *install, const char *unit);

/* What is said of a name in Alias= that the unit can't have: that name, the unit's. */
#define INSTALL_BAD_ALIAS \
        "%s can't be another name of %s: the types, or what is between '@' and type, differ"

/* The link that a name of a unit's Alias= stands for (g_free): of an instance a template is filled
 * in. NULL: such a unit can't have that name. */
char *install_alias(const UnitSettings *unit, const char *alias);

InstallState install_state(const UnitPath *path, const char *unit);

/* The same for many units: the folders are read once. */
typedef struct InstallLinks InstallLinks;
InstallLinks *install_links_new(const UnitPath *path); /* borrows it */
InstallLinks *install_links_free(InstallLinks *links);
DEFINE_CLEANUP(InstallLinks, install_links_free)
InstallState install_links_state(const InstallLinks *links, const char *unit);

const char *install_state_to_string(InstallState state); /* "enabled-runtime" */
