/* SPDX-License-Identifier: MIT */
/* verify: every diagnostic of unit files, one a line, as compilers print them. */
#include <stdio.h>

#include "offline.h"
#include "output.h"
#include "unit-verify.h"

static Colour level_colour(DiagnosticLevel level) {
        return level == DIAGNOSTIC_ERROR ? COLOUR_RED : COLOUR_YELLOW;
}

/* "file:line: level: key: text" */
static void print_diagnostic(const Diagnostic *diagnostic) {
        g_autofree char *file = output_harmless(diagnostic->file);
        g_autofree char *text = output_harmless(diagnostic->text);

        printf("%s%s:%u:%s ", colour_on(COLOUR_BOLD), file, diagnostic_line(diagnostic),
               colour_off(COLOUR_BOLD));
        printf("%s%s:%s ", colour_on(level_colour(diagnostic->level)),
               diagnostic_level_to_string(diagnostic->level),
               colour_off(level_colour(diagnostic->level)));
        if (diagnostic->key) {
                g_autofree char *key = output_harmless(diagnostic->key);

                printf("%s: ", key);
        }
        printf("%s\n", text);
}

static GVariant *diagnostic_to_variant(const Diagnostic *diagnostic) {
        GVariantDict dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "file", "s", diagnostic->file);
        if (diagnostic->line > 0)
                g_variant_dict_insert(&dict, "line", "u", diagnostic->line);
        g_variant_dict_insert(&dict, "level", "s", diagnostic_level_to_string(diagnostic->level));
        if (diagnostic->key)
                g_variant_dict_insert(&dict, "key", "s", diagnostic->key);
        g_variant_dict_insert(&dict, "text", "s", diagnostic->text);
        return g_variant_dict_end(&dict);
}

static void print_json(const Ctl *ctl, const Diagnostics *diagnostics) {
        g_autoptr(GVariant) list = NULL;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < diagnostics->list->len; i++)
                g_variant_builder_add_value(&builder,
                                            diagnostic_to_variant(diagnostics->list->pdata[i]));
        list = g_variant_ref_sink(g_variant_builder_end(&builder));
        output_json(ctl, list);
}

CtlExit verb_verify(Ctl *ctl, char **arguments) {
        CtlExit status = CTL_OK;
        UnitFiles files;

        unit_files_load(ctl, arguments, &files);
        unit_verify(files.path, (UnitSettings *const *)files.units->pdata, files.units->len,
                    files.diagnostics);
        if (ctl->json != JSON_OFF)
                print_json(ctl, files.diagnostics);
        else
                for (guint i = 0; i < files.diagnostics->list->len; i++)
                        print_diagnostic(files.diagnostics->list->pdata[i]);
        if (files.unreadable)
                status = CTL_USAGE;
        else if (files.diagnostics->errors > 0)
                status = CTL_FAILURE;
        unit_files_done(&files);
        return status;
}
