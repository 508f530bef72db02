/* SPDX-License-Identifier: MIT */
/* StandardOutput= and its like, and Seal=. */
#include <fcntl.h>
#include <string.h>

#include "value.h"
#include "word.h"

#ifndef F_SEAL_EXEC
#        define F_SEAL_EXEC 0x0020 /* Linux 6.3 */
#endif

static const EnumName output_names[] = {
        { "inherit", OUTPUT_INHERIT, NULL },
        { "null", OUTPUT_NULL, NULL },
        { "journal", OUTPUT_JOURNAL, NULL },
        { "syslog", OUTPUT_JOURNAL, "treated as 'journal'" },
        { "kmsg", OUTPUT_KMSG, NULL },
        { "socket", OUTPUT_SOCKET, NULL },
        { "journal+console", OUTPUT_JOURNAL, "not honoured, taken for 'journal'" },
        { "syslog+console", OUTPUT_JOURNAL, "not honoured, taken for 'journal'" },
        { "kmsg+console", OUTPUT_KMSG, "not honoured, taken for 'kmsg'" },
        { "tty", OUTPUT_INHERIT, "not honoured, taken for 'inherit'" },
        { "fd", OUTPUT_SOCKET, "taken for 'socket'" },
        { "file:", OUTPUT_FILE, NULL },
        { "append:", OUTPUT_APPEND, NULL },
        { "truncate:", OUTPUT_TRUNCATE, NULL },
        { "fd:", OUTPUT_INHERIT, "not honoured, taken for 'inherit'" },
        { NULL, 0, NULL },
};

/* A name with a colon takes what follows as its path. */
static const EnumName *output_find(const char *value, const char **ret_path) {
        for (const EnumName *name = output_names; name->name; name++) {
                size_t length = strlen(name->name);
                bool takes_path = name->name[length - 1] == ':';

                if (strncmp(value, name->name, length) || (!takes_path && value[length]))
                        continue;
                *ret_path = takes_path ? value + length : NULL;
                return name;
        }
        return NULL;
}

static int parse_output(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        const EnumName *found;
        const char *text;
        char *path = NULL;
        Output *output = field;
        int r;

        found = output_find(value, &text);
        if (!found)
                return value_is_not(context, value,
                                    "one of inherit, null, journal, kmsg, socket, file:PATH, "
                                    "append:PATH, truncate:PATH");
        if (found->value < 0)
                return value_error(context, "'%s' is %s", found->name, found->note);
        if (found->note)
                value_warn(context, "'%s' is %s", found->name, found->note);
        if (text && !found->note) {
                r = value_expand_path(context, text, &path);
                if (r < 0)
                        return r;
        }
        g_free(output->path);
        *output = (Output){ .kind = (OutputKind)found->value, .path = path };
        return 0;
}

static void clear_output(void *field) {
        Output *output = field;

        g_clear_pointer(&output->path, g_free);
}

static gboolean output_equal(const void *a, const void *b) {
        const Output *x = a, *y = b;

        return x->kind == y->kind && g_strcmp0(x->path, y->path) == 0;
}

static GVariant *show_output(const UnitSettings *settings, const Directive *directive,
                             const void *field) {
        const Output *output = field;

        return g_variant_new_take_string(
                g_strconcat(enum_to_string(output_names, (int)output->kind),
                            output->path ? output->path : "", NULL));
}

const ValueType value_output = {
        .name = "inherit, null, journal, kmsg, socket, file:PATH, append:PATH, truncate:PATH",
        .size = sizeof(Output),
        .parse = parse_output,
        .clear = clear_output,
        .equal = output_equal,
        .show = show_output,
};

static const EnumName seal_names[] = {
        { "write", F_SEAL_WRITE, NULL },
        { "grow", F_SEAL_GROW, NULL },
        { "shrink", F_SEAL_SHRINK, NULL },
        { "seal", F_SEAL_SEAL, NULL },
        { "exec", F_SEAL_EXEC, NULL },
        { "future-write", F_SEAL_FUTURE_WRITE, NULL },
        { "none", 0, NULL },
        { NULL, 0, NULL },
};

_Static_assert(offsetof(MemfdSettings, seals_set) ==
                       offsetof(MemfdSettings, seals) + offsetof(SealSet, given),
               "Seal= is a SealSet");

/* Returns: 1 with the seal added, 0 no such name. */
static int add_seal(const char *word, unsigned int *seals) {
        for (const EnumName *name = seal_names; name->name; name++)
                if (!strcmp(name->name, word)) {
                        *seals |= (unsigned int)name->value;
                        return 1;
                }
        return 0;
}

/* Several lines add up; "none" stands alone. */
static int parse_seals(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        g_autoptr(GString) word = g_string_new(NULL);
        SealSet *set = field;
        unsigned int seals = set->given ? set->seals : 0;
        bool none = false;
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_STRICT, word, NULL, &why)) > 0) {
                if (!add_seal(word->str, &seals))
                        return value_is_not(
                                context, word->str,
                                "one of write, grow, shrink, seal, exec, future-write, none");
                none = none || !strcmp(word->str, "none");
        }
        if (r < 0)
                return value_error(context, "%s", why);
        if (none && seals != 0)
                return value_error(context, "'none' can't be combined with other seals");
        set->seals = seals;
        set->given = true;
        return 0;
}

static gboolean seals_equal(const void *a, const void *b) {
        return ((const SealSet *)a)->seals == ((const SealSet *)b)->seals;
}

static GVariant *show_seals(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        const SealSet *set = field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        for (const EnumName *name = seal_names; name->name; name++)
                if (set->seals & (unsigned int)name->value)
                        g_variant_builder_add(&builder, "s", name->name);
        return g_variant_builder_end(&builder);
}

const ValueType value_seals = {
        .name = "list of seals",
        .size = PAIR_SIZE(SealSet, given),
        .parse = parse_seals,
        .equal = seals_equal,
        .show = show_seals,
};
