/* SPDX-License-Identifier: MIT */
/* A real manager with one socket unit, "x.socket", whose lines the test gives, and what it opened.
 * Every function asserts that it worked unless it returns how it went. */
#pragma once

#include <sys/stat.h>

#include "manager-fixture.h"
#include "socket.h"

extern ManagerFixture listen_fixture;

void listen_begin(void);
void listen_end(void);

/* Writes the unit. In its lines "%P" becomes a free port, "%I" this process, "%D" the folder. */
void listen_write(const char *lines);
/* Writes and starts it. Returns: what it failed with, "" if it listens (g_free). */
char *listen_try(const char *lines);
Socket *listen_start(const char *lines);
/* Starting fails with these words in the reason. */
void listen_assert_fails(const char *lines, const char *reason);
void listen_stop(void);

/* What its one line opened. */
const Item *listen_item(const Socket *socket);
/* The unit's warnings so far (g_free). */
char *listen_log(void);

/* Files in the folder. */
char *listen_path(const char *name); /* (g_free) */
void file_write(const char *name, const char *text);
void file_assert(const char *name, const char *text);
mode_t file_type(const char *name); /* S_IFMT; 0: there is none */
void link_make(const char *target, const char *name);
void link_assert(const char *name, const char *target); /* target: absolute, or in the folder */
