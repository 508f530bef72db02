/* SPDX-License-Identifier: MIT */
/* Unit names, taken apart and put together. */
#include "unit-name.h"

#include <string.h>

#define UNIT_NAME_MAX 255

static const char *const type_names[UNIT_TYPE_COUNT] = {
        [UNIT_SERVICE] = "service",
        [UNIT_SOCKET] = "socket",
        [UNIT_MEMFD] = "memfd",
        [UNIT_TARGET] = "target",
};

/* systemd's other types: a name with one of them is well formed, but nothing here. */
static const char *const foreign_types[] = {
        "automount", "device", "mount", "path", "scope", "slice", "swap", "timer",
};

const char *unit_type_to_string(UnitType type) {
        return type >= 0 && type < UNIT_TYPE_COUNT ? type_names[type] : NULL;
}

static bool char_is_valid(char c) {
        return g_ascii_isalnum(c) || (c && strchr(":-_.\\@", c));
}

/* The suffix without its dot, when all before it is in rule; else NULL. */
static const char *name_suffix(const char *name) {
        const char *dot = strrchr(name, '.');

        if (!dot || dot == name || name[0] == '@' || strlen(name) > UNIT_NAME_MAX)
                return NULL;
        for (const char *p = name; *p; p++)
                if (!char_is_valid(*p))
                        return NULL;
        return dot + 1;
}

UnitType unit_name_type(const char *name) {
        const char *suffix = name_suffix(name);

        for (int i = 0; suffix && i < UNIT_TYPE_COUNT; i++)
                if (!strcmp(suffix, type_names[i]))
                        return (UnitType)i;
        return UNIT_TYPE_INVALID;
}

const char *unit_name_of_file(const char *file) {
        const char *slash = strrchr(file, '/');

        return slash ? slash + 1 : file;
}

char *unit_name_complete(const char *name, const char *suffix) {
        if (unit_name_type(name) != UNIT_TYPE_INVALID || unit_name_is_foreign(name) ||
            strchr(name, '/'))
                return g_strdup(name);
        return g_strconcat(name, suffix, NULL);
}

GStrv unit_names_complete(char *const *names, const char *suffix) {
        GPtrArray *completed = g_ptr_array_new();

        for (; *names; names++)
                g_ptr_array_add(completed, unit_name_complete(*names, suffix));
        g_ptr_array_add(completed, NULL);
        return (GStrv)g_ptr_array_free(completed, FALSE);
}

bool unit_name_is_foreign(const char *name) {
        const char *suffix = name_suffix(name);

        for (size_t i = 0; suffix && i < ARRAY_SIZE(foreign_types); i++)
                if (!strcmp(suffix, foreign_types[i]))
                        return true;
        return false;
}

/* Where the instance begins, right after the first "@"; NULL: there is none. */
static const char *instance_begin(const char *name) {
        const char *at = strchr(name, '@');

        return at ? at + 1 : NULL;
}

bool unit_name_is_template(const char *name) {
        const char *begin = instance_begin(name);

        return begin && begin == strrchr(name, '.');
}

bool unit_name_is_instance(const char *name) {
        const char *begin = instance_begin(name), *dot = strrchr(name, '.');

        return begin && dot && begin < dot;
}

char *unit_name_change_type(const char *name, UnitType type) {
        const char *dot = strrchr(name, '.');
        size_t stem = dot ? (size_t)(dot - name) : strlen(name);
        size_t suffix = strlen(type_names[type]) + 1;
        char *changed = g_malloc(stem + 1 + suffix);

        memcpy(changed, name, stem);
        changed[stem] = '.';
        memcpy(changed + stem + 1, type_names[type], suffix);
        return changed;
}

char *unit_name_template(const char *instance) {
        const char *begin = instance_begin(instance), *dot = strrchr(instance, '.');

        if (!begin || !dot || dot < begin)
                return NULL;
        return g_strdup_printf("%.*s%s", (int)(begin - instance), instance, dot);
}

char *unit_name_instantiate(const char *template_, const char *instance) {
        const char *begin = instance_begin(template_), *dot = strrchr(template_, '.');

        if (!begin || begin != dot)
                return NULL;
        return g_strdup_printf("%.*s%s%s", (int)(begin - template_), template_, instance, dot);
}

char *unit_name_prefix(const char *name) {
        const char *begin = instance_begin(name), *dot = strrchr(name, '.');

        if (begin)
                return g_strndup(name, (gsize)(begin - 1 - name));
        return g_strndup(name, dot ? (gsize)(dot - name) : strlen(name));
}

char *unit_name_instance(const char *name) {
        const char *begin = instance_begin(name), *dot = strrchr(name, '.');

        if (!unit_name_is_instance(name))
                return NULL;
        return g_strndup(begin, (gsize)(dot - begin));
}

char *unit_name_alias_target(const char *alias, const char *name) {
        bool template_ = unit_name_is_template(alias), instance = unit_name_is_instance(alias);
        g_autofree char *instance_of_alias = NULL, *other = NULL;

        if (unit_name_type(alias) != unit_name_type(name))
                return NULL;
        if (!instance && template_ == unit_name_is_template(name))
                return unit_name_is_instance(name) ? NULL : g_strdup(name);
        if (!instance)
                return NULL;
        instance_of_alias = unit_name_instance(alias);
        if (unit_name_is_template(name))
                return unit_name_instantiate(name, instance_of_alias);
        other = unit_name_instance(name);
        return g_strcmp0(instance_of_alias, other) == 0 ? g_strdup(name) : NULL;
}
