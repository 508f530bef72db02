/* SPDX-License-Identifier: MIT */
/* Paths: their normal form, and the values that are one. */
#include <limits.h>
#include <string.h>

#include "value.h"

/* How long the part at p is, which is behind a slash. */
static size_t part_length(const char *p) {
        return strcspn(p, "/");
}

static bool part_is_parent(const char *p) {
        return part_length(p) == 2 && p[0] == '.' && p[1] == '.';
}

bool path_has_parent(const char *path) {
        for (const char *p = path; *p; p += part_length(p)) {
                p += strspn(p, "/");
                if (part_is_parent(p))
                        return true;
        }
        return false;
}

bool path_is_normal(const char *path) {
        return path[0] == '/' && strlen(path) < PATH_MAX && !path_has_parent(path);
}

/* Takes doubled and trailing slashes and "." parts out. */
static void path_simplify(char *path) {
        char *out = path;

        for (const char *p = path; *p;) {
                size_t part;

                p += strspn(p, "/");
                part = part_length(p);
                if (part > 0 && !(part == 1 && p[0] == '.')) {
                        *out++ = '/';
                        memmove(out, p, part);
                        out += part;
                }
                p += part;
        }
        if (out == path)
                *out++ = '/';
        *out = '\0';
}

static int check_path(const DirectiveContext *context, char *path, bool parents) {
        if (path[0] != '/')
                return value_is_not(context, path, "an absolute path");
        if (!parents && path_has_parent(path))
                return value_is_not(context, path, "a path without '..'");
        path_simplify(path);
        if (strlen(path) >= PATH_MAX)
                return value_is_not(context, path, "a path: it is longer than 4095 bytes");
        return 0;
}

static int expand_path(const DirectiveContext *context, const char *text, bool parents,
                       char **ret) {
        g_autofree char *path = NULL;
        int r;

        r = value_expand(context, text, &path);
        if (r >= 0)
                r = check_path(context, path, parents);
        if (r >= 0)
                *ret = g_steal_pointer(&path);
        return r;
}

int value_expand_path(const DirectiveContext *context, const char *text, char **ret) {
        return expand_path(context, text, false, ret);
}

int value_expand_program(const DirectiveContext *context, const char *text, char **ret) {
        return expand_path(context, text, true, ret);
}

/* below: what a relative path is below of, with specifiers; NULL: there must be none. What expands
 * to nothing is the default. */
static int parse_path_below(const DirectiveContext *context, char **field, const char *value,
                            const char *below) {
        g_autofree char *path = NULL;
        int r;

        r = value_expand(context, value, &path);
        if (r < 0)
                return r;
        if (path[0] != '/' && path[0] && below) {
                g_autofree char *folder = NULL, *relative = g_steal_pointer(&path);

                r = value_expand(context, below, &folder);
                if (r < 0)
                        return r;
                path = g_strconcat(folder, "/", relative, NULL);
        }
        r = path[0] ? check_path(context, path, false) : 0;
        if (r < 0)
                return r;
        value_string_clear(field);
        *field = path[0] ? g_steal_pointer(&path) : NULL;
        return 0;
}

static int parse_path(const DirectiveContext *context, const Directive *directive, void *field,
                      const char *value) {
        return parse_path_below(context, field, value, NULL);
}

static int parse_runtime_path(const DirectiveContext *context, const Directive *directive,
                              void *field, const char *value) {
        return parse_path_below(context, field, value, "%t");
}

const ValueType value_runtime_path = {
        .name = "path, or relative to /run or $XDG_RUNTIME_DIR",
        .size = sizeof(char *),
        .parse = parse_runtime_path,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

const ValueType value_path = {
        .name = "path",
        .size = sizeof(char *),
        .parse = parse_path,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

_Static_assert(offsetof(ServiceSettings, working_directory_optional) ==
                       offsetof(ServiceSettings, working_directory) +
                               offsetof(OptionalPath, optional),
               "WorkingDirectory= is an OptionalPath");

static int parse_optional_path(const DirectiveContext *context, const Directive *directive,
                               void *field, const char *value) {
        OptionalPath *optional_path = field;
        bool optional = value[0] == '-';
        char *path = NULL;
        int r = 0;

        value += optional;
        if (!strcmp(value, "~"))
                path = g_strdup("~");
        else
                r = value_expand_path(context, value, &path);
        if (r < 0)
                return r;
        g_free(optional_path->path);
        optional_path->path = path;
        optional_path->optional = optional;
        return 0;
}

static gboolean optional_path_equal(const void *a, const void *b) {
        const OptionalPath *x = a, *y = b;

        return x->optional == y->optional && g_strcmp0(x->path, y->path) == 0;
}

/* "!" is how systemd shows the "-". */
static GVariant *show_optional_path(const UnitSettings *settings, const Directive *directive,
                                    const void *field) {
        const OptionalPath *path = field;

        if (!path->optional)
                return value_string_show(settings, directive, field);
        return g_variant_new_take_string(g_strconcat("!", path->path, NULL));
}

const ValueType value_optional_path = {
        .name = "path, with \"-\": optional",
        .size = PAIR_SIZE(OptionalPath, optional),
        .parse = parse_optional_path,
        .clear = value_string_clear,
        .equal = optional_path_equal,
        .show = show_optional_path,
};
