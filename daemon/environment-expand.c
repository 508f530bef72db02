/* SPDX-License-Identifier: MIT */
/* $VAR in a command line. */
#include <string.h>

#include "environment.h"
#include "value.h"

static const char *value_of(GStrv environment, const char *name, gsize length) {
        g_autofree char *copy = g_strndup(name, length);

        return g_environ_getenv(environment, copy) ?: "";
}

/* "${NAME}" and "$$" within a word; any other "$" is itself. */
static char *expand_word(GStrv environment, const char *word) {
        GString *result = g_string_new(NULL);

        while (*word) {
                const char *end;

                if (word[0] == '$' && word[1] == '$') {
                        g_string_append_c(result, '$');
                        word += 2;
                } else if (word[0] == '$' && word[1] == '{' && (end = strchr(word, '}')) &&
                           environment_name_is_valid(word + 2, (size_t)(end - word) - 2)) {
                        g_string_append(result,
                                        value_of(environment, word + 2, (gsize)(end - word) - 2));
                        word = end + 1;
                } else
                        g_string_append_c(result, *word++);
        }
        return g_string_free(result, FALSE);
}

/* One word of a value, quotes taken off. Returns: where it stopped. */
static const char *split_word(const char *at, GString *word) {
        char quote = '\0';

        for (; *at && (quote || !g_ascii_isspace(*at)); at++) {
                if (quote ? *at == quote : *at == '\'' || *at == '"')
                        quote = quote ? '\0' : *at;
                else if (*at == '\\' && at[1] && quote != '\'')
                        g_string_append_c(word, *++at);
                else
                        g_string_append_c(word, *at);
        }
        return at;
}

static void split_value(const char *value, GPtrArray *words) {
        for (;;) {
                GString *word;

                while (g_ascii_isspace(*value))
                        value++;
                if (!*value)
                        return;
                word = g_string_new(NULL);
                value = split_word(value, word);
                g_ptr_array_add(words, g_string_free(word, FALSE));
        }
}

GStrv environment_expand(GStrv environment, const char *const *argv) {
        GPtrArray *words = g_ptr_array_new();

        for (; *argv; argv++) {
                const char *name = *argv + 1;

                if (**argv == '$' && environment_name_is_valid(name, strlen(name)))
                        split_value(value_of(environment, name, strlen(name)), words);
                else if (!strchr(*argv, '$'))
                        g_ptr_array_add(words, g_strdup(*argv));
                else
                        g_ptr_array_add(words, expand_word(environment, *argv));
        }
        g_ptr_array_add(words, NULL);
        return (GStrv)g_ptr_array_free(words, FALSE);
}
