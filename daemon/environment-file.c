/* SPDX-License-Identifier: MIT */
/* The text of an environment file: "NAME=value" a line, values quoted as a shell would. */
#include <string.h>

#include "environment.h"
#include "value.h"

#define BLANKS " \t\r"

/* Within "", a backslash keeps its meaning before these; before anything else it is itself. */
#define DOUBLE_QUOTE_ESCAPES "\"\\`$"

/* Each reader takes the text behind its opening and returns where it stopped. */
static const char *read_single_quoted(const char *at, GString *value) {
        for (; *at && *at != '\''; at++)
                g_string_append_c(value, *at);
        return *at ? at + 1 : at;
}

static const char *read_double_quoted(const char *at, GString *value) {
        for (; *at && *at != '"'; at++) {
                if (*at != '\\' || !at[1]) {
                        g_string_append_c(value, *at);
                        continue;
                }
                at++;
                if (*at == '\n')
                        continue; /* a continued line */
                if (!strchr(DOUBLE_QUOTE_ESCAPES, *at))
                        g_string_append_c(value, '\\');
                g_string_append_c(value, *at);
        }
        return *at ? at + 1 : at;
}

/* A value ends with its line; blanks at its end don't count unless they were quoted or escaped. */
static const char *read_value(const char *at, GString *value) {
        gsize keep = 0;

        at += strspn(at, BLANKS);
        while (*at && *at != '\n') {
                if (*at == '\'' || *at == '"') {
                        at = *at == '"' ? read_double_quoted(at + 1, value)
                                        : read_single_quoted(at + 1, value);
                        keep = value->len;
                } else if (*at == '\\' && at[1]) {
                        if (at[1] != '\n')
                                g_string_append_c(value, at[1]);
                        keep = value->len;
                        at += 2;
                } else {
                        g_string_append_c(value, *at);
                        if (!strchr(BLANKS, *at))
                                keep = value->len;
                        at++;
                }
        }
        g_string_truncate(value, keep);
        return at;
}

/* A comment is continued by a backslash at its end, too. */
static const char *skip_line(const char *at) {
        while (*at && *at != '\n')
                at += *at == '\\' && at[1] ? 2 : 1;
        return at;
}

/* Returns: where it ends. *ret_is_one: whether it is an assignment. */
static const char *read_assignment(const char *at, GStrv *environment, bool *ret_is_one) {
        g_autoptr(GString) value = g_string_new(NULL);
        g_autofree char *name = NULL;
        const char *equals = at + strcspn(at, "=\n");

        *ret_is_one = false;
        if (*equals != '=')
                return skip_line(at);

        name = g_strchomp(g_strndup(at, (gsize)(equals - at)));
        at = read_value(equals + 1, value);
        *ret_is_one = environment_name_is_valid(name, strlen(name));
        if (*ret_is_one)
                *environment = g_environ_setenv(*environment, name, value->str, TRUE);
        return at;
}

static unsigned int line_at(const char *text, const char *at) {
        unsigned int line = 1;

        for (; text < at; text++)
                line += *text == '\n';
        return line;
}

unsigned int environment_add_text(GStrv *environment, const char *text) {
        unsigned int passed_over = 0;
        const char *begin;
        bool is_one;

        for (const char *at = text; *at;) {
                at += strspn(at, BLANKS "\n");
                if (!*at)
                        break;
                begin = at;
                if (*at == '#' || *at == ';') {
                        at = skip_line(at);
                        continue;
                }
                at = read_assignment(at, environment, &is_one);
                if (!is_one && passed_over == 0)
                        passed_over = line_at(text, begin);
        }
        return passed_over;
}
