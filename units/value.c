/* SPDX-License-Identifier: MIT */
/* What the value types share: messages, expansion, strings and lists. */
#include "value.h"

#include <stdarg.h>
#include <string.h>

#include "specifier.h"

/* How much of a value a message quotes. */
#define EXCERPT_MAX 80

static void add_va(const DirectiveContext *, DiagnosticLevel, const char *, va_list) _printf_(3, 0);

static void add_va(const DirectiveContext *context, DiagnosticLevel level, const char *format,
                   va_list arguments) {
        g_autofree char *text = g_strdup_vprintf(format, arguments);

        diagnostics_add(context->diagnostics, level, context->file, context->line, context->key,
                        "%s", text);
}

int value_error(const DirectiveContext *context, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        add_va(context, DIAGNOSTIC_ERROR, format, arguments);
        va_end(arguments);
        return -EINVAL;
}

void value_warn(const DirectiveContext *context, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        add_va(context, DIAGNOSTIC_WARNING, format, arguments);
        va_end(arguments);
}

int value_is_not(const DirectiveContext *context, const char *value, const char *what) {
        size_t length = strlen(value);
        const char *end = value + MIN(length, EXCERPT_MAX);

        /* Not in the middle of a character. */
        while (length > EXCERPT_MAX && end > value && ((unsigned char)*end & 0xc0) == 0x80)
                end--;
        return value_error(context, "'%.*s%s' is not %s", (int)(end - value), value,
                           length > EXCERPT_MAX ? "..." : "", what);
}

int value_expand(const DirectiveContext *context, const char *text, char **ret) {
        SpecifierContext specifiers = {
                .cache = context->specifiers,
                .unit = context->settings->name,
                .path = context->settings->path,
                .user_mode = context->user_mode,
        };
        char bad = '\0';
        int r;

        r = specifier_expand(text, &specifiers, ret, &bad);
        if (r == -E2BIG)
                return value_error(context,
                                   "the specifiers expand to too much: at most %d of them "
                                   "and 64 KiB",
                                   SPECIFIER_EXPANSIONS_MAX);
        if (r < 0 && specifier_is_known(bad))
                return value_error(context, "'%%%c' can't be told here", bad);
        if (r < 0)
                return value_error(context,
                                   "'%%%c' is not a specifier that is known here; a percent sign "
                                   "is written '%%%%'",
                                   bad);
        return 0;
}

int value_list_append(const DirectiveContext *context, GStrv *list, GPtrArray *words) {
        guint old = *list ? g_strv_length(*list) : 0, added = words->len;

        if (added == 0)
                return 0;
        if (old + added > VALUE_LIST_MAX)
                return value_error(context, "the list has more than %d entries", VALUE_LIST_MAX);
        *list = g_renew(char *, *list, old + added + 1);
        memcpy(*list + old, words->pdata, added * sizeof(char *));
        (*list)[old + added] = NULL;
        g_ptr_array_set_free_func(words, NULL);
        return 0;
}

void value_string_clear(void *field) {
        g_clear_pointer((char **)field, g_free);
}

gboolean value_string_equal(const void *a, const void *b) {
        return g_strcmp0(*(char *const *)a, *(char *const *)b) == 0;
}

GVariant *value_string_show(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        const char *string = *(char *const *)field;

        /* Escapes may have made bytes that aren't UTF-8. */
        return g_variant_new_take_string(g_utf8_make_valid(string ? string : "", -1));
}

void value_strv_clear(void *field) {
        g_clear_pointer((GStrv *)field, g_strfreev);
}

gboolean value_strv_equal(const void *a, const void *b) {
        static const char *const none[] = { NULL };
        const char *const *x = *(char ***)a ? *(const char *const *const *)a : none;
        const char *const *y = *(char ***)b ? *(const char *const *const *)b : none;

        return g_strv_equal(x, y);
}

GVariant *value_strv_show(const UnitSettings *settings, const Directive *directive,
                          const void *field) {
        const GStrv strv = *(const GStrv *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        for (char **string = strv; string && *string; string++)
                g_variant_builder_add_value(
                        &builder, g_variant_new_take_string(g_utf8_make_valid(*string, -1)));
        return g_variant_builder_end(&builder);
}

static int parse_string(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        char *expanded;
        int r;

        r = value_expand(context, value, &expanded);
        if (r < 0)
                return r;
        value_string_clear(field);
        *(char **)field = expanded;
        return 0;
}

int value_parse_checked(const DirectiveContext *context, void *field, const char *value,
                        bool (*check)(const char *word), const char *what) {
        g_autofree char *word = NULL;
        int r;

        r = value_expand(context, value, &word);
        if (r < 0)
                return r;
        if (!check(word))
                return value_is_not(context, word, what);
        value_string_clear(field);
        *(char **)field = g_steal_pointer(&word);
        return 0;
}

const ValueType value_string = {
        .name = "string",
        .size = sizeof(char *),
        .parse = parse_string,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

/* A unit without a description shows its name, as in systemd. */
static GVariant *show_description(const UnitSettings *settings, const Directive *directive,
                                  const void *field) {
        return settings->description ? value_string_show(settings, directive, field)
                                     : g_variant_new_string(settings->name);
}

const ValueType value_description = {
        .name = "string",
        .size = sizeof(char *),
        .parse = parse_string,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = show_description,
};

/* A GString *, or NULL: its length is known, so that the next line costs no look at the others. */
static int parse_lines(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        g_autofree char *expanded = NULL;
        GString **text = field;
        int r;

        r = value_expand(context, value, &expanded);
        if (r < 0)
                return r;
        if (!*text)
                *text = g_string_new(NULL);
        g_string_append(*text, expanded);
        g_string_append_c(*text, '\n');
        return 0;
}

static void clear_lines(void *field) {
        GString **text = field;

        if (*text)
                g_string_free(*text, TRUE);
        *text = NULL;
}

static gboolean lines_equal(const void *a, const void *b) {
        const GString *x = *(GString *const *)a, *y = *(GString *const *)b;

        return x && y ? g_string_equal(x, y) : x == y;
}

static GVariant *show_lines(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        const GString *text = *(GString *const *)field;

        return g_variant_new_take_string(text ? g_utf8_make_valid(text->str, (gssize)text->len)
                                              : g_strdup(""));
}

const ValueType value_lines = {
        .name = "text",
        .size = sizeof(GString *),
        .parse = parse_lines,
        .clear = clear_lines,
        .equal = lines_equal,
        .show = show_lines,
};
