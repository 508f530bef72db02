/* SPDX-License-Identifier: MIT */
/* status: what a unit is doing, what was handed over, and the last lines of the log, for people. */
#include <stdio.h>

#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "unit-name.h"

/* Fields of a unit that get a line of their own, where there are any and they aren't 0. */
static const struct {
        const char *label;
        const char *key;
} status_fields[] = {
        { "Loaded", "FragmentPath" },
        { "Not met", "Unmet" },
        { "Job", "Job" },
        { "Main PID", "MainPID" },
        { "Status", "StatusText" },
        { "Cgroup", "ControlGroup" },
        { "Restarts", "NRestarts" },
        { "Size", "SnapshotSize" },
        { "Accepted", "NAccepted" },
        { "Refused", "NRefused" },
        { "Connections", "NConnections" },
        { "Failure", "Failure" },
};

static void status_line(const char *label, const char *text) {
        g_autofree char *harmless = output_harmless(text);
        printf("%12s: %s\n", label, harmless);
}

static void status_head(GVariant *status) {
        g_autofree char *id = output_field(status, "Id");
        g_autofree char *description = output_field(status, "Description");
        g_autofree char *harmless = output_harmless(description);
        g_autofree char *active = output_field(status, "ActiveState");
        Colour colour = colour_of_state(active);
        printf("%s●%s %s", colour_on(colour), colour_off(colour), id);
        if (!g_str_equal(description, id))
                printf(" - %s", harmless);
        printf("\n");
}

static void status_state(GVariant *status) {
        g_autofree char *active = output_field(status, "ActiveState");
        g_autofree char *sub = output_field(status, "SubState");
        Colour colour = colour_of_state(active);
        guint64 since = 0;
        printf("%12s: %s%s (%s)%s", "Active", colour_on(colour), active, sub, colour_off(colour));
        if (g_variant_lookup(status, "StateUSec", "t", &since) && since > 0) {
                g_autofree char *time = output_time(since);
                g_autofree char *ago = output_ago(since);
                printf(" since %s; %s", time, ago);
        }
        printf("\n");
}

static void status_details(GVariant *status) {
        for (size_t i = 0; i < ARRAY_SIZE(status_fields); i++) {
                g_autofree char *text = output_field(status, status_fields[i].key);
                if (*text && !g_str_equal(text, "0"))
                        status_line(status_fields[i].label, text);
        }
}

static void status_delivery(GVariant *delivery, const char *label) {
        g_autofree char *state = output_field(delivery, "State");
        g_autofree char *name = output_field(delivery, "Name");
        g_autofree char *unit = output_field(delivery, "Unit");
        g_autofree char *recipient = output_field(delivery, "Recipient");
        g_autofree char *reason = output_field(delivery, "Reason");
        g_autofree char *ago = output_field_ago(delivery, "SinceUSec");
        /* An item mostly bears its unit's name. */
        bool plain = g_str_equal(name, unit);
        g_autofree char *text =
                g_strconcat(name, plain ? "" : " of ", plain ? "" : unit, " to ", recipient, ", ",
                            ago, *reason ? ": " : "", reason, NULL);
        g_autofree char *harmless = output_harmless(text);
        Colour colour = colour_of_delivery(state);
        printf("%12s%s %s%-9s%s %s\n", label, *label ? ":" : " ", colour_on(colour), state,
               colour_off(colour), harmless);
}

static void status_deliveries(GVariant *status) {
        g_autoptr(GVariant) rows =
                g_variant_lookup_value(status, "Deliveries", G_VARIANT_TYPE("aa{sv}"));
        for (size_t i = 0; rows && i < g_variant_n_children(rows); i++) {
                g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);
                status_delivery(row, i == 0 ? "Deliveries" : "");
        }
}

static void status_log(GVariant *status) {
        g_autoptr(GVariant) lines =
                g_variant_lookup_value(status, "Log", G_VARIANT_TYPE_STRING_ARRAY);
        if (!lines || g_variant_n_children(lines) == 0)
                return;
        printf("\n");
        for (size_t i = 0; i < g_variant_n_children(lines); i++) {
                const char *line;
                g_variant_get_child(lines, i, "&s", &line);
                g_autofree char *harmless = output_harmless(line);
                printf("%s\n", harmless);
        }
}

static void status_print(GVariant *status) {
        status_head(status);
        status_state(status);
        status_details(status);
        status_deliveries(status);
        status_log(status);
}

static CtlExit status_exit(GVariant *status) {
        const char *active = "";
        g_variant_lookup(status, "ActiveState", "&s", &active);
        return g_str_equal(active, "active") ? CTL_OK : CTL_INACTIVE;
}

static CtlExit status_of_unit(Ctl *ctl, const char *unit, GPtrArray *shown) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        GVariant *status = client_ask(ctl, "Status", unit, &error);
        if (!status)
                return client_fail(ctl, &error);
        g_ptr_array_add(shown, status);
        if (ctl->json == JSON_OFF)
                status_print(status);
        return status_exit(status);
}

/* Without a unit: the manager itself. */
static GVariant *status_of_manager(Ctl *ctl, sd_bus_error *ret_error) {
        static const char *const properties[] = { "Version", "Mode", "Pid", "RuntimeDirectory",
                                                  "UnitPath" };
        GVariantDict status;
        g_variant_dict_init(&status, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
                g_autoptr(GVariant) value = client_get_property(ctl, properties[i], ret_error);
                if (!value) {
                        g_variant_dict_clear(&status);
                        return NULL;
                }
                g_variant_dict_insert_value(&status, properties[i], value);
        }
        return g_variant_ref_sink(g_variant_dict_end(&status));
}

static unsigned int units_count(GVariant *units, const char *active) {
        unsigned int count = 0;
        for (size_t i = 0; i < g_variant_n_children(units); i++) {
                g_autoptr(GVariant) unit = g_variant_get_child_value(units, i);
                g_autofree char *state = output_field(unit, "ActiveState");
                count += g_str_equal(state, active);
        }
        return count;
}

static void manager_print(GVariant *manager, GVariant *units) {
        unsigned int failed = units_count(units, "failed");
        Colour colour = failed > 0 ? COLOUR_RED : COLOUR_GREEN;
        g_autofree char *version = output_field(manager, "Version");
        g_autofree char *mode = output_field(manager, "Mode");
        g_autofree char *pid = output_field(manager, "Pid");
        g_autofree char *directory = output_field(manager, "RuntimeDirectory");
        g_autofree char *path = output_field(manager, "UnitPath");
        printf("%s●%s bellhopd %s, %s mode\n", colour_on(colour), colour_off(colour), version,
               mode);
        status_line("PID", pid);
        status_line("Runtime", directory);
        status_line("Unit path", path);
        printf("%12s: %zu, %u active, %u failed\n", "Units", g_variant_n_children(units),
               units_count(units, "active"), failed);
}

static CtlExit status_overview(Ctl *ctl) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) manager = status_of_manager(ctl, &error);
        g_autoptr(GVariant) units = manager ? client_ask(ctl, "ListUnits", NULL, &error) : NULL;
        if (!units)
                return client_fail(ctl, &error);
        if (ctl->json != JSON_OFF)
                output_json(ctl, manager);
        else
                manager_print(manager, units);
        return CTL_OK;
}

CtlExit verb_status(Ctl *ctl, char **arguments) {
        if (!*arguments)
                return status_overview(ctl);
        g_autoptr(GPtrArray) shown =
                g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        CtlExit status = CTL_OK;
        for (char **unit = units; *unit; unit++) {
                if (unit != units && ctl->json == JSON_OFF)
                        printf("\n");
                CtlExit one = status_of_unit(ctl, *unit, shown);
                status = MAX(status, one);
        }
        if (ctl->json != JSON_OFF)
                output_json_units(ctl, shown, units[1]);
        return status;
}
