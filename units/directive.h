/* SPDX-License-Identifier: MIT */
/* The directive table: one row per key and unit type. The row is the only place where a directive
 * is known; the loader, `bellhopctl show`, the man page check and the fuzzers' seeds are made from
 * it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "diagnostics.h"
#include "settings.h"

typedef enum DirectiveStatus {
        DIRECTIVE_HONOURED,
        DIRECTIVE_ACCEPTED,     /* harmless here; no warning */
        DIRECTIVE_NOT_HONOURED, /* known to systemd; a warning when it is used */
} DirectiveStatus;

typedef struct Directive Directive;

/* Where a key was last given; line 0: nowhere. */
typedef struct DirectivePlace {
        const Directive *directive;
        unsigned int line;
        unsigned int file; /* in settings_file() */
        bool wrong;        /* there is an error about what it said */
} DirectivePlace;

/* Where a value stands, for messages and for values that depend on earlier lines. */
typedef struct DirectiveContext {
        const char *file;
        unsigned int file_number; /* in settings_file() */
        unsigned int line;
        const char *key;
        UnitSettings *settings;
        Diagnostics *diagnostics;
        bool user_mode;                    /* whose specifiers: %t, %h, ... */
        struct SpecifierCache *specifiers; /* NULL: none */
        const struct UnitPath *path;       /* where other units are looked for; NULL: nowhere */
        const GArray *places; /* of DirectivePlace: each key that was given. For unit_check(). */
} DirectiveContext;

/* One name of an enum. Ends a list: name NULL. */
typedef struct EnumName {
        const char *name;
        int value;
        const char *note; /* systemd's, not ours: a warning; with value < 0 an error */
} EnumName;

/* A kind of value: how it is read, freed, compared and shown. field points into the settings. */
typedef struct ValueType {
        const char *name;      /* "boolean", "time span", ... as the man page calls it */
        bool takes_empty;      /* an empty value is a value, not the default */
        size_t size;           /* of the field; an empty value copies the default's bytes */
        const EnumName *names; /* of an enum */
        /* Returns 0, or -EINVAL after having added the reason to the context's diagnostics; value
         * isn't empty, unless takes_empty. */
        int (*parse)(const DirectiveContext *context, const Directive *directive, void *field,
                     const char *value);
        void (*clear)(void *field); /* NULL: nothing is owned */
        gboolean (*equal)(const void *a, const void *b);
        /* A new floating GVariant in normal form. settings: for defaults that depend on others. */
        GVariant *(*show)(const UnitSettings *settings, const Directive *directive,
                          const void *field);
        /* What systemd shows as a second property: "LimitNOFILESoft" beside "LimitNOFILE". */
        const char *companion; /* what its name ends in; NULL: none */
        GVariant *(*show_companion)(const void *field);
} ValueType;

/* [Unit] and [Install] are alike in all unit types; the offset is into UnitSettings. */
#define DIRECTIVE_ANY_TYPE UNIT_TYPE_INVALID

/* Instead of an offset: the value is kept beside the settings (sparse.h), if it is given at all. */
#define DIRECTIVE_SPARSE SIZE_MAX

struct Directive {
        UnitType type;          /* the settings struct that offset is into, or DIRECTIVE_ANY_TYPE */
        const char *section;    /* "Socket" */
        const char *key;        /* "ListenStream" */
        const char *property;   /* as `show` names it: "TimeoutStartUSec"; NULL: the field is
                                   another row's, which shows, compares and frees it */
        const ValueType *value; /* NULL: the value isn't read */
        size_t offset;
        int argument;        /* for the value type: SOCK_STREAM, ... */
        const char *initial; /* of a sparse value: the default, as a file would write it; NULL: the
                                value type's zero */
        const char *alias;   /* the key of the section whose sparse field this one is another way to
                                give; the row's own key: that of [Unit]; NULL: none */
        DirectiveStatus status;
        const char *note; /* why it is accepted or not honoured */
        const char
                *since; /* the first version of bellhop that honoured or accepted it; NULL: none */
};

/* All rows, in the order in which they are shown. */
const Directive *directive_table(size_t *ret_count);

/* The row, or NULL. [Unit] rows are found with every type. Constant time. */
const Directive *directive_find(UnitType type, const char *section, const char *key);

/* The nearest known section for a misspelt one, or NULL; an equal string when it is known. */
const char *directive_section(UnitType type, const char *section);

/* The nearest known key of the section for a misspelt one, or NULL. */
const char *directive_nearest(UnitType type, const char *section, const char *key);

/* The row whose field a key sets: mostly itself. */
const Directive *directive_owner(const Directive *directive);

/* Where a key was given in the files that the context has read. Linear in what they give. */
DirectivePlace directive_place(const DirectiveContext *context, const Directive *directive);
/* The same among places (of DirectivePlace); NULL: nowhere. */
DirectivePlace *directive_find_place(const GArray *places, const Directive *directive);

/* Reads a value into the context's settings, or, when it is empty, resets the field to its default.
 * A row that isn't honoured is a warning, unless what it says is the default. Returns: 0, or
 * -EINVAL with a diagnostic. */
int directive_apply(const DirectiveContext *context, const Directive *directive, char *value);

/* The rows of a type that own a field, NULL-terminated. */
const Directive *const *directive_fields(UnitType type);

/* The field of a unit, never to be changed: where a sparse value isn't given, the default's. */
const void *directive_field(const Directive *directive, const UnitSettings *settings);

/* Makes a zeroed field of a sparse value what it is by default. */
void directive_set_initial(const Directive *directive, void *field);

/* The field of a sparse key of the type's sections, or NULL where the unit's file doesn't give it.
 * property is the row's name in `show`. Linear in what the file gives, so nothing for most. */
const void *settings_given(const UnitSettings *settings, const char *property);

/* Goes through all of these. */
typedef void (*SettingsVisit)(const Directive *directive, const void *field, void *userdata);
void settings_each_given(const UnitSettings *settings, SettingsVisit visit, void *userdata);

/* The same as settings_given(), with the default where it isn't given. NULL: no such property. */
const void *settings_value(const UnitSettings *settings, const char *property);

/* All properties of a unit, "a{sv}", floating: defaults included, in normal form. */
GVariant *settings_show(const UnitSettings *settings);
