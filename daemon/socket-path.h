/* SPDX-License-Identifier: MIT */
/* What a Listen*= line makes in the file system: folders, the node itself with its owner and mode,
 * and the links that Symlinks= wants beside it. */
#pragma once

#include <sys/stat.h>

#include "settings.h"

/* Each of these that can fail returns 0 or negative errno; where there is a ret_step, the step that
 * failed is in it, a static string. */

/* Runs make(), and when there is no folder for it, makes the folders by DirectoryMode= and runs it
 * again. Under a umask that leaves SocketMode=. */
int socket_path_make(const char *path, const SocketSettings *settings,
                     int (*make)(const char *path, void *data), void *data, const char *step,
                     const char **ret_step);

/* O_PATH, never a link's end: what is changed later is what was looked at. type: S_IFSOCK, S_IFIFO;
 * anything else is -ENOTSOCK. */
int socket_path_open(const char *path, mode_t type);

/* SocketUser= and SocketGroup=, where they are given. fd may be an O_PATH one. */
int socket_path_set_owner(int fd, const SocketSettings *settings, const char **ret_step);
int socket_path_set_mode(int fd, mode_t mode, const char **ret_step);

/* SocketMode=, SocketUser= and SocketGroup= where the settings differ. */
bool socket_path_differs(const SocketSettings *a, const SocketSettings *b);
int socket_path_adjust(int fd, const SocketSettings *old, const SocketSettings *settings,
                       const char **ret_step);

/* Whether an existing node is ours to use: made by us, or by an earlier run that gave it to whom
 * the settings name. */
bool socket_path_is_ours(const struct stat *st, const SocketSettings *settings);

/* Symlinks=. One that can't be made is a warning in the log. */
void socket_links_make(const SocketSettings *settings, const char *target);
/* Those that point to the target. keep: settings whose links stay, or NULL. */
void socket_links_remove(const SocketSettings *settings, const char *target,
                         const SocketSettings *keep);
