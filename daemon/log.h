/* SPDX-License-Identifier: MIT */
/* The daemon's log: to the journal when stderr is one, else to stderr; the last lines are kept in a
 * ring for `bellhopctl status`. The one global state of the daemon, as there is one stderr. */
#pragma once

#include <glib.h>
#include <syslog.h>

#include "macros.h"

/* How many messages the ring keeps, over all units. */
#define LOG_RING_SIZE 1000

/* level: LOG_ERR..LOG_DEBUG, what is logged at most. Colours only on a terminal. */
void log_open(int level);
void log_close(void);

/* "emerg".."debug" or 0..7. Returns: the level or -EINVAL. */
int log_level_from_string(const char *string);

/* unit: the name of the unit this is about, or NULL. The message is one line, no full stop. */
void log_message(int level, const char *unit, const char *format, ...) _printf_(3, 4);

#define log_error(unit, ...)   log_message(LOG_ERR, unit, __VA_ARGS__)
#define log_warning(unit, ...) log_message(LOG_WARNING, unit, __VA_ARGS__)
#define log_info(unit, ...)    log_message(LOG_INFO, unit, __VA_ARGS__)
#define log_debug(unit, ...)   log_message(LOG_DEBUG, unit, __VA_ARGS__)

/* The last lines about a unit, oldest first, each "<ISO time> <level>: <text>" (g_strfreev). */
GStrv log_tail(const char *unit, guint max_lines);
