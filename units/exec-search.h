/* SPDX-License-Identifier: MIT */
/* Where the program of a command line is, if the line doesn't say. */
#pragma once

#include "settings.h"

/* The folders that are searched unless ExecSearchPath= says otherwise; also a service's $PATH. */
#define EXEC_SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Looks for the program of a unit's command, below its RootDirectory= if it has one. An absolute
 * path is the answer itself, whether there is something or not.
 * @ret: its path as the process will see it (g_free)
 * Returns: 0 or -ENOENT. */
int exec_search(const UnitSettings *settings, const char *name, char **ret);
/* The same path as bellhop sees it (g_free). */
char *exec_search_place(const UnitSettings *settings, const char *path);
