/* SPDX-License-Identifier: MIT */
/* The search for the line of a key. */
#include "key-place.h"

#include <string.h>

#include "unit-file.h"

typedef struct KeySearch {
        UnitType type;
        const char *key, *value; /* value NULL: any */
        unsigned int number;     /* of the file that is read, in settings_file() */
        DirectivePlace place;
        const char *found; /* the key as it is there: an old name of it, maybe */
        bool exact;        /* the value is a word there */
} KeySearch;

/* Whether a key is the one that is looked for, or sets its field. Returns: it, or NULL. */
static const char *key_that_sets(const KeySearch *search, const char *section, const char *key) {
        static const char *const old_names[][2] = { { "RequiresOverridable", "Requires" } };
        const Directive *directive = directive_find(search->type, section, key);

        if (!directive)
                return NULL;
        if (!strcmp(key, search->key) || !strcmp(directive_owner(directive)->key, search->key))
                return directive->key;
        for (size_t i = 0; i < ARRAY_SIZE(old_names); i++)
                if (!strcmp(key, old_names[i][0]) && !strcmp(search->key, old_names[i][1]))
                        return directive->key;
        return NULL;
}

static bool value_has_word(const char *value, const char *word) {
        g_auto(GStrv) words = g_strsplit_set(value, " \t\n", -1);

        return g_strv_contains((const char *const *)words, word);
}

static bool search_line(void *userdata, const char *section, const char *key, char *value,
                        unsigned int line) {
        KeySearch *search = userdata;
        const char *found = key ? key_that_sets(search, section, key) : NULL;
        bool exact;

        if (!found)
                return true;
        exact = !search->value || value_has_word(value, search->value);
        /* What is quoted, or comes of specifiers, isn't so in the line. */
        if (!exact && (search->exact || !(strstr(value, search->value) || strchr(value, '%'))))
                return true;
        search->place = (DirectivePlace){ .line = line, .file = search->number };
        search->found = found;
        search->exact = exact;
        return true;
}

DirectivePlace key_place(const UnitSettings *unit, const char *key, const char *value,
                         const char **ret_key) {
        unsigned int dropins = unit->dropins ? g_strv_length(unit->dropins) : 0;
        KeySearch search = { .type = unit->type, .key = key, .value = value };

        for (; search.number <= dropins; search.number++)
                (void)unit_file_parse(settings_file(unit, search.number), false, NULL, search_line,
                                      &search);
        *ret_key = search.found;
        return search.place;
}
