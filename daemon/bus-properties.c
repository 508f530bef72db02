/* SPDX-License-Identifier: MIT */
/* Dictionaries for the control bus. Text that comes from outside (paths, program names, STATUS=)
 * may be no UTF-8, which D-Bus doesn't carry: it is made so here. */
#include "bus-properties.h"

#include "delivery.h"
#include "directive.h"
#include "job.h"
#include "log.h"
#include "recipient.h"
#include "rtsig.h"
#include "socket.h"
#include "unit-condition.h"

#define STATUS_LOG_LINES 10

static void properties_add_string(GVariantDict *properties, const char *key, const char *value) {
        g_autofree char *text = g_utf8_make_valid(value ?: "", -1);
        g_variant_dict_insert(properties, key, "s", text);
}

/* Only what there is: an absent key says that there is none. */
static void properties_add_optional(GVariantDict *properties, const char *key, const char *value) {
        if (value)
                properties_add_string(properties, key, value);
}

/* A row as one block of bytes instead of a tree of values: there may be thousands of them. */
static GVariant *row_end(GVariantDict *row) {
        GVariant *value = g_variant_dict_end(row);
        (void)g_variant_get_data(value);
        return value;
}

static int unit_compare(gconstpointer a, gconstpointer b) {
        const Unit *const *left = a, *const *right = b;
        return strcmp((*left)->name, (*right)->name);
}

static GPtrArray *manager_sorted_units(Manager *manager) {
        GPtrArray *units = g_ptr_array_sized_new(g_hash_table_size(manager->units));
        GHashTableIter iterator;
        gpointer unit;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &unit))
                g_ptr_array_add(units, unit);
        g_ptr_array_sort(units, unit_compare);
        return units;
}

/* What every answer about a unit begins with. */
static void properties_add_head(GVariantDict *properties, Unit *unit) {
        properties_add_string(properties, "Id", unit->name);
        properties_add_string(properties, "Description", unit_description(unit));
        properties_add_string(properties, "ActiveState",
                              active_state_to_string(unit_active_state(unit)));
        properties_add_string(properties, "SubState", unit_sub_state(unit));
        properties_add_optional(properties, "Job",
                                unit->job ? job_type_to_string(job_type(unit->job)) : NULL);
        g_variant_dict_insert(properties, "StateUSec", "t", unit->state_usec);
        properties_add_optional(properties, "Failure", unit->failure);
}

static GVariant *unit_row(Unit *unit) {
        GVariantDict row;
        g_variant_dict_init(&row, NULL);
        properties_add_head(&row, unit);
        properties_add_string(&row, "Type", unit_type_to_string(unit->settings->type));
        g_variant_dict_remove(&row, "StateUSec");
        g_variant_dict_insert(&row, "SinceUSec", "t", unit->state_usec);
        return row_end(&row);
}

GVariant *properties_of_units(Manager *manager) {
        g_autoptr(GPtrArray) units = manager_sorted_units(manager);
        GVariantBuilder rows;
        g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < units->len; i++)
                g_variant_builder_add_value(&rows, unit_row(units->pdata[i]));
        return g_variant_builder_end(&rows);
}

static GVariant *listen_row(Unit *unit, const Listen *listen, const char *service) {
        AcceptCounts counts = socket_accept_counts(SOCKET(unit));
        GVariantDict row;
        g_variant_dict_init(&row, NULL);
        properties_add_string(&row, "Listen", listen->address->text);
        properties_add_string(&row, "Type", address_type_to_string(listen->address));
        const SocketSettings *settings = SOCKET_SETTINGS(unit->settings);
        properties_add_string(&row, "Name",
                              settings->accept == ACCEPT_YES
                                      ? socket_settings_connection_name(listen)
                                      : socket_settings_item_name(settings, listen));
        properties_add_string(&row, "Unit", unit->name);
        properties_add_string(&row, "Service", service);
        properties_add_string(&row, "SubState", unit_sub_state(unit));
        g_variant_dict_insert(&row, "Accepted", "t", counts.accepted);
        g_variant_dict_insert(&row, "Connections", "u", counts.connections);
        return row_end(&row);
}

static void listen_rows_add(GVariantBuilder *rows, Unit *unit) {
        const SocketSettings *settings = SOCKET_SETTINGS(unit->settings);
        g_autofree char *service = socket_settings_service(settings);
        for (guint i = 0; settings->listens && i < settings->listens->len; i++)
                g_variant_builder_add_value(rows,
                                            listen_row(unit, settings->listens->pdata[i], service));
}

GVariant *properties_of_sockets(Manager *manager) {
        g_autoptr(GPtrArray) units = manager_sorted_units(manager);
        GVariantBuilder rows;
        g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < units->len; i++) {
                Unit *unit = units->pdata[i];
                if (unit->settings->type == UNIT_SOCKET)
                        listen_rows_add(&rows, unit);
        }
        return g_variant_builder_end(&rows);
}

static GVariant *delivery_row(const Delivery *delivery) {
        char signal[RTSIG_NAME_SIZE];
        GVariantDict row;
        g_variant_dict_init(&row, NULL);
        g_variant_dict_insert(&row, "Id", "t", delivery->id);
        properties_add_string(&row, "Unit", delivery->unit);
        properties_add_string(&row, "Name", delivery->name);
        properties_add_string(&row, "Kind", item_kind_to_string(delivery->kind));
        properties_add_string(&row, "Signal", rtsig_to_string(delivery->signal, signal));
        properties_add_string(&row, "Recipient", delivery->recipient->label);
        g_variant_dict_insert(&row, "Pid", "i", (gint32)delivery->recipient->pid);
        properties_add_string(&row, "State", delivery_state_to_string(delivery->state));
        properties_add_optional(&row, "Reason", delivery->reason);
        g_variant_dict_insert(&row, "SinceUSec", "t", delivery->since_usec);
        return row_end(&row);
}

static int delivery_compare(gconstpointer a, gconstpointer b) {
        const Delivery *const *left = a, *const *right = b;
        return ((*left)->id > (*right)->id) - ((*left)->id < (*right)->id);
}

/* All of a unit's: those it gives and those it gets; unit NULL: all there are. */
static GPtrArray *manager_sorted_deliveries(Manager *manager, const char *unit) {
        recipients_look(manager);
        GPtrArray *found = g_ptr_array_new();
        GHashTableIter iterator;
        gpointer value;
        g_hash_table_iter_init(&iterator, manager->recipients);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
                const Recipient *recipient = value;
                for (guint i = 0; i < recipient->deliveries->len; i++) {
                        Delivery *delivery = recipient->deliveries->pdata[i];
                        if (!unit || g_str_equal(delivery->unit, unit) ||
                            g_str_equal(recipient->label, unit))
                                g_ptr_array_add(found, delivery);
                }
        }
        g_ptr_array_sort(found, delivery_compare);
        return found;
}

static GVariant *delivery_rows(Manager *manager, const char *unit) {
        g_autoptr(GPtrArray) deliveries = manager_sorted_deliveries(manager, unit);
        GVariantBuilder rows;
        g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < deliveries->len; i++)
                g_variant_builder_add_value(&rows, delivery_row(deliveries->pdata[i]));
        return g_variant_builder_end(&rows);
}

GVariant *properties_of_deliveries(Manager *manager) {
        return delivery_rows(manager, NULL);
}

GVariant *properties_of_unit(Unit *unit) {
        g_autoptr(GVariant) settings = g_variant_ref_sink(settings_show(unit->settings));
        GVariantDict properties;
        g_variant_dict_init(&properties, settings);
        properties_add_optional(&properties, "FragmentPath", unit->settings->path);
        if (unit->vtable->show)
                unit->vtable->show(unit, &properties);
        unit_show_condition(unit, &properties);
        properties_add_head(&properties, unit);
        return g_variant_dict_end(&properties);
}

static GVariant *unit_log(const Unit *unit) {
        g_auto(GStrv) lines = log_tail(unit->name, STATUS_LOG_LINES);
        GVariantBuilder builder;
        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        for (char **line = lines; line && *line; line++)
                g_variant_builder_add_value(
                        &builder, g_variant_new_take_string(g_utf8_make_valid(*line, -1)));
        return g_variant_builder_end(&builder);
}

GVariant *properties_of_unit_status(Unit *unit) {
        GVariantDict properties;
        g_variant_dict_init(&properties, NULL);
        if (unit->vtable->show)
                unit->vtable->show(unit, &properties);
        unit_show_condition(unit, &properties);
        properties_add_head(&properties, unit);
        properties_add_optional(&properties, "FragmentPath", unit->settings->path);
        g_variant_dict_insert_value(&properties, "Deliveries",
                                    delivery_rows(unit->manager, unit->name));
        g_variant_dict_insert_value(&properties, "Log", unit_log(unit));
        return g_variant_dict_end(&properties);
}
