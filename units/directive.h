/* SPDX-License-Identifier: MIT */
/* The directive table: one row per key and unit type. The row is the only place where a directive
 * is known; the loader, `bellhopctl show`, the man page check and the fuzzers' seeds are made from
 * it. */
#pragma once

#include <glib.h>

#include "diagnostics.h"
#include "settings.h"

typedef enum DirectiveStatus {
        DIRECTIVE_HONOURED,
        DIRECTIVE_ACCEPTED,     /* harmless here; no warning */
        DIRECTIVE_NOT_HONOURED, /* known to systemd; a warning when it is used */
} DirectiveStatus;

/* Where a value stands, for messages and for values that depend on earlier lines. */
typedef struct DirectiveContext {
        const char *file;
        unsigned int line;
        const char *key;
        UnitSettings *settings;
        Diagnostics *diagnostics;
} DirectiveContext;

typedef struct Directive Directive;

/* A kind of value: how it is read, freed, compared and shown. field points into the settings. */
typedef struct ValueType {
        const char *name; /* "boolean", "time span", ... as the man page calls it */
        /* Returns 0, or -EINVAL after having added the reason to the context's diagnostics. An
         * empty value resets the field to its default. */
        int (*parse)(const DirectiveContext *context, const Directive *directive, void *field,
                     const char *value);
        void (*clear)(void *field); /* NULL: nothing is owned */
        gboolean (*equal)(const void *a, const void *b);
        /* A new floating GVariant in normal form. */
        GVariant *(*show)(const void *field);
} ValueType;

struct Directive {
        UnitType type;        /* the settings struct that offset is into */
        const char *section;  /* "Socket" */
        const char *key;      /* "ListenStream" */
        const char *property; /* as `show` names it: "TimeoutStartUSec"; NULL: not shown */
        const ValueType *value;
        size_t offset;
        int argument; /* for the value type: SOCK_STREAM, ... */
        DirectiveStatus status;
        const char *note; /* why it is accepted or not honoured */
};

/* All rows, in the order in which they are shown. */
const Directive *directive_table(size_t *ret_count);

/* The row, or NULL. [Unit] rows are found with every type. Constant time. */
const Directive *directive_find(UnitType type, const char *section, const char *key);

/* The nearest known key of the section for a misspelt one, or NULL. */
const char *directive_nearest(UnitType type, const char *section, const char *key);

/* All properties of a unit, "a{sv}", floating: defaults included, in normal form. */
GVariant *settings_show(const UnitSettings *settings);
