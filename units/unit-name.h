/* SPDX-License-Identifier: MIT */
/* Unit names: "web.socket", "web@.service" (a template), "web@3.service" (an instance). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "macros.h"

typedef enum UnitType {
        UNIT_SERVICE,
        UNIT_SOCKET,
        UNIT_MEMFD,
        UNIT_TARGET,
        UNIT_TYPE_COUNT,
        UNIT_TYPE_INVALID = -1,
} UnitType;

const char *unit_type_to_string(UnitType type); /* "service" */

/* The type by the suffix of a valid unit name, else UNIT_TYPE_INVALID. A name is up to 255 bytes of
 * letters, digits and ":-_.\@" (systemd.unit(5)). */
UnitType unit_name_type(const char *name);

/* A valid name of one of systemd's types that bellhop hasn't: "tmp.mount". */
bool unit_name_is_foreign(const char *name);

/* A name as people type it: without a type's suffix it gets this one (g_free). One of systemd's
 * other types stays what it is: that a "clean.timer" isn't there is to be said of it, not of a
 * "clean.timer.service". So does a path, as which no unit is called. */
char *unit_name_complete(const char *name, const char *suffix);
GStrv unit_names_complete(char *const *names, const char *suffix); /* each; g_strfreev */

/* The name of the unit that a file is of, within its path. */
const char *unit_name_of_file(const char *file);

bool unit_name_is_template(const char *name); /* "web@.service" */
bool unit_name_is_instance(const char *name); /* "web@3.service" */

/* Each returns a new string (g_free). The template of what is no instance, and an instance of what
 * is no template, is NULL. */
char *unit_name_change_type(const char *name, UnitType type); /* web.socket -> web.service */
char *unit_name_template(const char *instance);               /* web@3.service -> web@.service */
char *unit_name_instantiate(const char *template_, const char *instance);
char *unit_name_prefix(const char *name);   /* web@3.service -> web */
char *unit_name_instance(const char *name); /* web@3.service -> 3, else NULL */

/* What a name stands for that is a link to another one's file, by systemd's rules: each name of a
 * unit has the same type and the same instance. NULL: it can't be another name of it. */
char *unit_name_alias_target(const char *alias, const char *name);
