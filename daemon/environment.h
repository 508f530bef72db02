/* SPDX-License-Identifier: MIT */
/* The environment of a service, and $VAR in its command line. Never LISTEN_*: descriptors don't
 * come this way. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "credentials.h"
#include "settings.h"

/* Builds it, later ones winning: the manager's share (system mode: PATH and the locale; user mode:
 * its own environment), ExecSearchPath=, PassEnvironment=, HOME, USER, LOGNAME and SHELL with
 * User=, NOTIFY_SOCKET with Type=notify, Environment=, EnvironmentFile=.
 * @notify_path: of NOTIFY_SOCKET, or NULL
 * @passed_over: gets "FILE:LINE" of the first line in a file that is no assignment; NULL: nobody
 *               wants to know
 * @ret_file: on failure the file that can't be read (g_free)
 * Returns: 0, or negative errno. */
int environment_build(const ServiceSettings *settings, const Credentials *credentials,
                      bool user_mode, const char *notify_path, GPtrArray *passed_over, GStrv *ret,
                      char **ret_file);

/* Adds one "KEY=value". */
void environment_assign(GStrv *environment, const char *assignment);

/* Adds the assignments of a file to the environment; see EnvironmentFile= in systemd.exec(5).
 * @passed_over: as above
 * Returns: 0, or negative errno; -EINVAL: not a plain file, -EFBIG: larger than 4 MiB. */
int environment_add_file(GStrv *environment, const char *path, GPtrArray *passed_over);

/* The same for a text (environment-file.c). Lines that aren't assignments are passed over.
 * Returns: the first of those, 0: there is none. */
unsigned int environment_add_text(GStrv *environment, const char *text);

/* Expands a command line by systemd.service(5): "${NAME}" anywhere to its exact value, "$NAME" as a
 * word of its own to its value split into words, "$$" to "$". A name that isn't set is empty.
 * Returns: a new vector. */
GStrv environment_expand(GStrv environment, const char *const *argv);
