/* SPDX-License-Identifier: MIT */
/* What is printed: tables with aligned columns, JSON, colours where a person reads. Text of the
 * manager's is made harmless for a terminal: control characters are shown as '?'. */
#pragma once

#include <stdint.h>

#include "ctl.h"
#include "macros.h"

typedef enum Colour {
        COLOUR_NONE,
        COLOUR_GREEN,
        COLOUR_YELLOW,
        COLOUR_RED,
        COLOUR_GREY,
        COLOUR_BOLD,
        COLOUR_COUNT,
} Colour;

typedef struct Column {
        const char *title;
        const char *key;                                 /* of the row's dictionary */
        char *(*format)(GVariant *row, const char *key); /* NULL: output_field() */
        Colour (*colour)(const char *text);              /* NULL: none */
} Column;

/* Escape sequences for stdout, "" where nobody would see colours. */
const char *colour_on(Colour colour);
const char *colour_off(Colour colour);

/* Colours of active states and of deliveries' states. */
Colour colour_of_state(const char *state);
Colour colour_of_delivery(const char *state);

/* rows: aa{sv}. one, many: "unit", "units", for the line below the table. */
void output_table(const Ctl *ctl, const Column *columns, size_t count, GVariant *rows,
                  const char *one, const char *many);

/* One value as JSON, and a newline. Dictionaries are sorted by key, "never" is "infinity". */
void output_json(const Ctl *ctl, GVariant *value);

/* The dictionaries of the units that were asked for: of one as it is, of more an array. */
void output_json_units(const Ctl *ctl, const GPtrArray *units, bool several);

/* One field of a row as plain text; "" if it isn't there (g_free). */
char *output_field(GVariant *row, const char *key);
/* The same for CLOCK_REALTIME microseconds: "5min ago". */
char *output_field_ago(GVariant *row, const char *key);

/* Any value as text: lists are joined by spaces, dictionaries are JSON (g_free). */
char *output_value_text(GVariant *value);
/* Without control characters (g_free). */
char *output_harmless(const char *text);

/* "2min 3s ago"; "Sat 2026-11-21 19:24:03 UTC" (g_free). */
char *output_ago(uint64_t realtime_usec);
char *output_time(uint64_t realtime_usec);

/* On stderr, with the program's name. */
void output_error(const char *format, ...) _printf_(1, 2);
void output_warning(const char *format, ...) _printf_(1, 2);
/* The same for a line about a unit file, "file:line: level: key: text". */
void output_diagnostic(const char *line);
void output_hint(const char *format, ...) _printf_(1, 2);
