/* SPDX-License-Identifier: MIT */
/* list-units, list-sockets, list-deliveries, list-unit-files: one table each, the rows that match.
 */
#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "offline.h"
#include "output.h"
#include "unit-install.h"

typedef struct List {
        const char *method;
        const char *key;        /* what patterns are matched against */
        const char *one, *many; /* what the rows are */
        const Column *columns;
        size_t column_count;
} List;

static bool patterns_match(char *const *patterns, const char *text) {
        if (!*patterns)
                return true;
        for (; *patterns; patterns++)
                if (g_pattern_match_simple(*patterns, text))
                        return true;
        return false;
}

/* Returns: the rows that match, one reference. */
static GVariant *rows_filter(GVariant *rows, const char *key, char *const *patterns) {
        GVariantBuilder matching;
        GVariantIter iterator;
        GVariant *row;
        g_variant_builder_init(&matching, G_VARIANT_TYPE("aa{sv}"));
        g_variant_iter_init(&iterator, rows);
        while (g_variant_iter_loop(&iterator, "@a{sv}", &row)) {
                g_autofree char *text = output_field(row, key);
                if (patterns_match(patterns, text))
                        g_variant_builder_add_value(&matching, row);
        }
        return g_variant_ref_sink(g_variant_builder_end(&matching));
}

static void list_print(const Ctl *ctl, GVariant *all, char **patterns, const List *list) {
        g_autoptr(GVariant) rows = rows_filter(all, list->key, patterns);
        if (ctl->json != JSON_OFF)
                output_json(ctl, rows);
        else
                output_table(ctl, list->columns, list->column_count, rows, list->one, list->many);
}

static CtlExit list_run(Ctl *ctl, char **patterns, const List *list) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) all = client_ask(ctl, list->method, NULL, &error);
        if (!all)
                return client_fail(ctl, &error);
        list_print(ctl, all, patterns, list);
        return CTL_OK;
}

CtlExit verb_list_units(Ctl *ctl, char **arguments) {
        static const Column columns[] = {
                { "UNIT", "Id", NULL, NULL },
                { "ACTIVE", "ActiveState", NULL, colour_of_state },
                { "SUB", "SubState", NULL, NULL },
                { "JOB", "Job", NULL, NULL },
                { "DESCRIPTION", "Description", NULL, NULL },
        };
        static const List list = {
                "ListUnits", "Id", "unit", "units", columns, ARRAY_SIZE(columns)
        };
        return list_run(ctl, arguments, &list);
}

CtlExit verb_list_sockets(Ctl *ctl, char **arguments) {
        static const Column columns[] = {
                { "LISTEN", "Listen", NULL, NULL },
                { "TYPE", "Type", NULL, NULL },
                { "NAME", "Name", NULL, NULL },
                { "UNIT", "Unit", NULL, NULL },
                { "SERVICE", "Service", NULL, NULL },
                { "STATE", "SubState", NULL, NULL },
                { "ACCEPTED", "Accepted", NULL, NULL },
                { "CONNECTIONS", "Connections", NULL, NULL },
        };
        static const List list = { "ListSockets", "Unit",  "socket",
                                   "sockets",     columns, ARRAY_SIZE(columns) };
        return list_run(ctl, arguments, &list);
}

CtlExit verb_list_deliveries(Ctl *ctl, char **arguments) {
        static const Column columns[] = {
                { "ID", "Id", NULL, NULL },
                { "UNIT", "Unit", NULL, NULL },
                { "NAME", "Name", NULL, NULL },
                { "KIND", "Kind", NULL, NULL },
                { "SIGNAL", "Signal", NULL, NULL },
                { "RECIPIENT", "Recipient", NULL, NULL },
                { "PID", "Pid", NULL, NULL },
                { "STATE", "State", NULL, colour_of_delivery },
                { "SINCE", "SinceUSec", output_field_ago, NULL },
                { "REASON", "Reason", NULL, NULL },
        };
        static const List list = { "ListDeliveries", "Unit",  "delivery",
                                   "deliveries",     columns, ARRAY_SIZE(columns) };
        return list_run(ctl, arguments, &list);
}

static GVariant *unit_file_row(const UnitPath *path, const InstallLinks *links, const char *name) {
        g_autofree char *file = unit_path_find_link(path, name);
        GVariantDict row;
        g_variant_dict_init(&row, NULL);
        g_variant_dict_insert(&row, "Id", "s", name);
        g_variant_dict_insert(&row, "State", "s",
                              install_state_to_string(install_links_state(links, name)));
        if (file)
                g_variant_dict_insert_value(&row, "Path",
                                            g_variant_new_take_string(g_utf8_make_valid(file, -1)));
        return g_variant_dict_end(&row);
}

/* Whoever asks for one unit shall not wait for the files of all. */
static GVariant *unit_file_rows(const UnitPath *path, char **patterns, Diagnostics *diagnostics) {
        g_auto(GStrv) names = unit_path_list_names(path, diagnostics);
        _cleanup_(install_links_free_cleanup) InstallLinks *links = install_links_new(path);
        GVariantBuilder rows;
        g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
        for (char **name = names; *name; name++)
                if (patterns_match(patterns, *name))
                        g_variant_builder_add_value(&rows, unit_file_row(path, links, *name));
        return g_variant_ref_sink(g_variant_builder_end(&rows));
}

CtlExit verb_list_unit_files(Ctl *ctl, char **arguments) {
        static const Column columns[] = {
                { "UNIT FILE", "Id", NULL, NULL },
                { "STATE", "State", NULL, NULL },
                { "PATH", "Path", NULL, NULL },
        };
        static const List list = { NULL,         "Id",    "unit file",
                                   "unit files", columns, ARRAY_SIZE(columns) };
        _cleanup_(unit_path_free_cleanup) UnitPath *path = ctl_search_path(ctl);
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GVariant) rows = unit_file_rows(path, arguments, diagnostics);
        list_print(ctl, rows, arguments, &list);
        print_file_diagnostics(diagnostics);
        return diagnostics->errors > 0 ? CTL_FAILURE : CTL_OK;
}
