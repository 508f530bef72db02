/* SPDX-License-Identifier: MIT */
/* Environment= and EnvironmentFile=. */
#include <string.h>

#include "value.h"
#include "word.h"

bool environment_name_is_valid(const char *name, size_t length) {
        if (length == 0 || g_ascii_isdigit(name[0]))
                return false;
        for (size_t i = 0; i < length; i++)
                if (!g_ascii_isalnum(name[i]) && name[i] != '_')
                        return false;
        return true;
}

/* KEY=value with a key that a shell could name, and no control characters but tab and newline. */
static bool assignment_is_valid(const char *assignment) {
        const char *equals = strchr(assignment, '=');

        if (!equals || !environment_name_is_valid(assignment, (size_t)(equals - assignment)))
                return false;
        for (const char *p = equals; *p; p++)
                if (g_ascii_iscntrl(*p) && *p != '\t' && *p != '\n')
                        return false;
        return g_utf8_validate(equals, -1, NULL);
}

static int parse_assignments(const DirectiveContext *context, const char *value, GPtrArray *words) {
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_STRICT, word, NULL, &why)) > 0) {
                char *expanded;

                r = value_expand(context, word->str, &expanded);
                if (r < 0)
                        return r;
                g_ptr_array_add(words, expanded);
                if (!assignment_is_valid(expanded))
                        return value_is_not(context, expanded,
                                            "an assignment: KEY=value, the key "
                                            "of letters, digits and _");
        }
        return r < 0 ? value_error(context, "%s", why) : 0;
}

static int parse_environment(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        int r;

        r = parse_assignments(context, value, words);
        return r < 0 ? r : value_list_append(context, field, words);
}

const ValueType value_environment = {
        .name = "list of KEY=value",
        .size = sizeof(GStrv),
        .parse = parse_environment,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

static void environment_file_free(void *pointer) {
        EnvironmentFile *file = pointer;

        g_free(file->path);
        g_free(file);
}

static int parse_environment_file(const DirectiveContext *context, const Directive *directive,
                                  void *field, const char *value) {
        GPtrArray **files = field;
        EnvironmentFile *file;
        bool optional = value[0] == '-';
        char *path;
        int r;

        r = value_expand_path(context, value + optional, &path);
        if (r < 0)
                return r;
        file = g_new(EnvironmentFile, 1);
        *file = (EnvironmentFile){ .path = path, .optional = optional };
        if (!*files)
                *files = g_ptr_array_new_with_free_func(environment_file_free);
        g_ptr_array_add(*files, file);
        return 0;
}

static void clear_environment_files(void *field) {
        g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
}

static gboolean environment_files_equal(const void *a, const void *b) {
        const GPtrArray *x = *(GPtrArray *const *)a, *y = *(GPtrArray *const *)b;
        guint n = x ? x->len : 0;

        if (n != (y ? y->len : 0))
                return FALSE;
        for (guint i = 0; i < n; i++) {
                const EnvironmentFile *f = x->pdata[i], *g = y->pdata[i];

                if (f->optional != g->optional || strcmp(f->path, g->path))
                        return FALSE;
        }
        return TRUE;
}

/* As systemd: the path, and whether it may be missing. */
static GVariant *show_environment_files(const UnitSettings *settings, const Directive *directive,
                                        const void *field) {
        const GPtrArray *files = *(GPtrArray *const *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sb)"));
        for (guint i = 0; files && i < files->len; i++) {
                const EnvironmentFile *file = files->pdata[i];

                g_variant_builder_add(&builder, "(sb)", file->path, file->optional);
        }
        return g_variant_builder_end(&builder);
}

const ValueType value_environment_files = {
        .name = "path, with \"-\": optional",
        .size = sizeof(GPtrArray *),
        .parse = parse_environment_file,
        .clear = clear_environment_files,
        .equal = environment_files_equal,
        .show = show_environment_files,
};
