/* SPDX-License-Identifier: MIT */
/* What the machine and its operating system say about themselves, read from small files. */
#pragma once

#include <glib.h>

/* A field of the first of the files that is there, assigned as in os-release(5), the last one
 * counts; "" where it has none or there is no file (g_free). */
char *host_info_field(const char *const *files, const char *field);

/* A field of os-release(5): "ID". */
char *host_info_os(const char *field);
/* The name for people, else the host name; NULL where neither can be told. */
char *host_info_pretty_name(void);
/* systemd's name for the processor: "x86-64". NULL: it has none. */
char *host_info_architecture(void);
/* The same of a machine as uname(2) names it (a static text). */
const char *host_info_architecture_of(const char *machine);
