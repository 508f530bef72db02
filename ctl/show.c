/* SPDX-License-Identifier: MIT */
/* show: every property of a unit, for programs. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "ctl.h"
#include "directive.h"
#include "macros.h"
#include "offline.h"
#include "output.h"
#include "unit-name.h"

static int key_compare(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show_print(GVariant *properties) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        GVariantIter iterator;
        const char *key;
        g_variant_iter_init(&iterator, properties);
        while (g_variant_iter_next(&iterator, "{&sv}", &key, NULL))
                g_ptr_array_add(keys, (char *)key);
        g_ptr_array_sort(keys, key_compare);
        for (guint i = 0; i < keys->len; i++) {
                g_autofree char *text = output_field(properties, keys->pdata[i]);
                g_autofree char *harmless = output_harmless(text);
                printf("%s=%s\n", (const char *)keys->pdata[i], harmless);
        }
}

static void show_units(const Ctl *ctl, const GPtrArray *units, bool several) {
        if (ctl->json != JSON_OFF) {
                output_json_units(ctl, units, several);
                return;
        }
        for (guint i = 0; i < units->len; i++) {
                if (i > 0)
                        printf("\n");
                show_print(units->pdata[i]);
        }
}

/* What is wrong with a file goes where errors go, in the words of verify. */
static CtlExit show_files(const Ctl *ctl, char **arguments) {
        CtlExit status;
        UnitFiles files;

        unit_files_load(ctl, arguments, &files);
        print_file_diagnostics(files.diagnostics);
        g_autoptr(GPtrArray) shown =
                g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
        for (guint i = 0; i < files.units->len; i++)
                g_ptr_array_add(shown, g_variant_ref_sink(settings_show(files.units->pdata[i])));
        show_units(ctl, shown, files.units->len > 1 || (arguments[0] && arguments[1]));
        status = files.diagnostics->errors > 0 ? CTL_FAILURE : CTL_OK;
        if (files.unreadable)
                status = CTL_USAGE;
        unit_files_done(&files);
        return status;
}

CtlExit verb_show(Ctl *ctl, char **arguments) {
        if (ctl->file)
                return show_files(ctl, arguments);
        g_autoptr(GPtrArray) shown =
                g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        CtlExit status = CTL_OK;
        for (char **unit = units; *unit; unit++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                GVariant *properties = client_ask(ctl, "Show", *unit, &error);
                if (!properties) {
                        CtlExit failure = client_fail(ctl, &error);
                        status = MAX(status, failure);
                        continue;
                }
                g_ptr_array_add(shown, properties);
        }
        show_units(ctl, shown, units[0] && units[1]);
        return status;
}
