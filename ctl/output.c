/* SPDX-License-Identifier: MIT */
/* Tables and colours. What is printed as JSON is in output-json.c. */
#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool colours_wanted(void) {
        const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
        if (no && *no)
                return false;
        return isatty(STDOUT_FILENO) && terminal && !g_str_equal(terminal, "dumb");
}

const char *colour_on(Colour colour) {
        static const char *const sequences[COLOUR_COUNT] = {
                [COLOUR_NONE] = "",
                [COLOUR_GREEN] = "\033[0;1;32m",
                [COLOUR_YELLOW] = "\033[0;1;33m",
                [COLOUR_RED] = "\033[0;1;31m",
                [COLOUR_GREY] = "\033[0;90m",
                [COLOUR_BOLD] = "\033[0;1m",
        };
        return colours_wanted() ? sequences[colour] : "";
}

const char *colour_off(Colour colour) {
        return colour != COLOUR_NONE && colours_wanted() ? "\033[0m" : "";
}

typedef struct StateColour {
        const char *state;
        Colour colour;
} StateColour;

static Colour colour_find(const StateColour *colours, size_t count, const char *state) {
        for (size_t i = 0; i < count; i++)
                if (g_str_equal(colours[i].state, state))
                        return colours[i].colour;
        return COLOUR_NONE;
}

Colour colour_of_state(const char *state) {
        static const StateColour colours[] = {
                { "active", COLOUR_GREEN },        { "activating", COLOUR_YELLOW },
                { "deactivating", COLOUR_YELLOW }, { "inactive", COLOUR_GREY },
                { "failed", COLOUR_RED },
        };
        return colour_find(colours, ARRAY_SIZE(colours), state);
}

Colour colour_of_delivery(const char *state) {
        static const StateColour colours[] = {
                { "claimed", COLOUR_GREEN },     { "not-ready", COLOUR_YELLOW },
                { "queue-full", COLOUR_YELLOW }, { "late", COLOUR_YELLOW },
                { "failed", COLOUR_RED },        { "cancelled", COLOUR_GREY },
        };
        return colour_find(colours, ARRAY_SIZE(colours), state);
}

char *output_harmless(const char *text) {
        GString *harmless = g_string_new(NULL);
        for (const char *at = text; *at; at = g_utf8_next_char(at)) {
                gunichar character = g_utf8_get_char(at);
                g_string_append_unichar(harmless, g_unichar_iscntrl(character) ? '?' : character);
        }
        return g_string_free(harmless, false);
}

char *output_field(GVariant *row, const char *key) {
        g_autoptr(GVariant) value = g_variant_lookup_value(row, key, NULL);
        return value ? output_value_text(value) : g_strdup("");
}

char *output_field_ago(GVariant *row, const char *key) {
        guint64 usec;
        if (!g_variant_lookup(row, key, "t", &usec) || usec == 0)
                return g_strdup("");
        return output_ago(usec);
}

/* The cells of a table, row after row. */
static GPtrArray *table_cells(const Column *columns, size_t count, GVariant *rows) {
        GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
        GVariantIter iterator;
        GVariant *row;
        g_variant_iter_init(&iterator, rows);
        while (g_variant_iter_loop(&iterator, "@a{sv}", &row))
                for (size_t i = 0; i < count; i++) {
                        const Column *column = &columns[i];
                        char *(*format)(GVariant *, const char *) = column->format ?: output_field;
                        g_autofree char *text = format(row, column->key);
                        char *cell = output_harmless(text);
                        /* An empty cell would make the columns after it another's for awk. */
                        g_ptr_array_add(cells, *cell ? cell : (g_free(cell), g_strdup("-")));
                }
        return cells;
}

static void table_line(const Column *columns, size_t count, const size_t *widths,
                       char *const *cells, Colour colour) {
        printf("%s", colour_on(colour));
        for (size_t i = 0; i < count; i++) {
                Colour own = colour == COLOUR_NONE && columns[i].colour
                                     ? columns[i].colour(cells[i])
                                     : COLOUR_NONE;
                size_t width = (size_t)g_utf8_strlen(cells[i], -1);
                int padding = i + 1 < count ? (int)(widths[i] - width) : 0;
                printf("%s%s%s%s%*s", i > 0 ? " " : "", colour_on(own), cells[i], colour_off(own),
                       padding, "");
        }
        printf("%s\n", colour_off(colour));
}

void output_table(const Ctl *ctl, const Column *columns, size_t count, GVariant *rows,
                  const char *one, const char *many) {
        g_autoptr(GPtrArray) cells = table_cells(columns, count, rows);
        g_autofree size_t *widths = g_new0(size_t, count);
        g_autofree char **titles = g_new0(char *, count);
        for (size_t i = 0; i < count; i++) {
                titles[i] = (char *)columns[i].title;
                widths[i] = ctl->legend ? strlen(titles[i]) : 0;
        }
        for (guint i = 0; i < cells->len; i++)
                widths[i % count] =
                        MAX(widths[i % count], (size_t)g_utf8_strlen(cells->pdata[i], -1));
        if (ctl->legend)
                table_line(columns, count, widths, titles, COLOUR_BOLD);
        for (guint i = 0; i < cells->len; i += (guint)count)
                table_line(columns, count, widths, (char **)cells->pdata + i, COLOUR_NONE);
        if (ctl->legend)
                printf("\n%zu %s listed.\n", cells->len / count, cells->len == count ? one : many);
}

char *output_time(uint64_t realtime_usec) {
        g_autoptr(GDateTime) time =
                g_date_time_new_from_unix_local((gint64)(realtime_usec / G_USEC_PER_SEC));
        return time ? g_date_time_format(time, "%a %Y-%m-%d %H:%M:%S %Z") : g_strdup("?");
}

/* The two largest units, as systemctl shows spans. */
char *output_ago(uint64_t realtime_usec) {
        static const struct {
                const char *name;
                uint64_t seconds;
        } units[] = {
                { "y", 31557600 }, { "month", 2629800 }, { "w", 604800 }, { "d", 86400 },
                { "h", 3600 },     { "min", 60 },        { "s", 1 },
        };
        int64_t passed = g_get_real_time() - (int64_t)realtime_usec;
        if (passed < G_USEC_PER_SEC)
                return g_strdup("now");
        uint64_t seconds = (uint64_t)passed / G_USEC_PER_SEC;
        GString *text = g_string_new(NULL);
        for (size_t i = 0, shown = 0; i < ARRAY_SIZE(units) && shown < 2; i++) {
                if (seconds >= units[i].seconds)
                        g_string_append_printf(text, "%" G_GUINT64_FORMAT "%s ",
                                               seconds / units[i].seconds, units[i].name);
                seconds %= units[i].seconds;
                shown += text->len > 0;
        }
        g_string_append(text, "ago");
        return g_string_free(text, false);
}

static void output_message(const char *, const char *, va_list) _printf_(2, 0);

static void output_message(const char *prefix, const char *format, va_list arguments) {
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_autofree char *harmless = output_harmless(valid);
        fprintf(stderr, "%s%s\n", prefix, harmless);
}

void output_error(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        output_message("bellhopctl: ", format, arguments);
        va_end(arguments);
}

void output_warning(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        output_message("bellhopctl: warning: ", format, arguments);
        va_end(arguments);
}

void output_diagnostic(const char *line) {
        output_error("%s", line);
}

void output_hint(const char *format, ...) {
        va_list arguments;
        va_start(arguments, format);
        output_message("  ", format, arguments);
        va_end(arguments);
}
