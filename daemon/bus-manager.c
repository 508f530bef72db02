/* SPDX-License-Identifier: MIT */
/* org.bellhop.Manager1: its methods and properties as rows, and the handlers that translate. */
#include "bus-manager.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bus-lookup.h"
#include "bus-properties.h"
#include "config.h"
#include "job.h"
#include "memfd.h"
#include "service.h"

/* Text of ours that names files may be no UTF-8. Consumes text. */
static int error_take(sd_bus_error *ret_error, const char *name, char *text,
                      const char *otherwise) {
        g_autofree char *owned = text;
        g_autofree char *valid = g_utf8_make_valid(owned ?: otherwise, -1);
        return sd_bus_error_set(ret_error, name, valid);
}

static int method_list_units(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        return bus_client_reply(client, call,
                                g_variant_new("(@aa{sv})", properties_of_units(client->manager)));
}

static int method_list_sockets(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        return bus_client_reply(client, call,
                                g_variant_new("(@aa{sv})", properties_of_sockets(client->manager)));
}

static int method_list_deliveries(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        return bus_client_reply(
                client, call,
                g_variant_new("(@aa{sv})", properties_of_deliveries(client->manager)));
}

/* A call whose one argument is a unit's name. */
static int method_read_unit(BusClient *client, sd_bus_message *call, Unit **ret,
                            sd_bus_error *ret_error) {
        const char *name;
        int r = sd_bus_message_read(call, "s", &name);
        if (r < 0)
                return r;
        return bus_lookup_unit(client->manager, name, ret, ret_error);
}

static int method_show(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        Unit *unit;
        int r = method_read_unit(userdata, call, &unit, ret_error);
        if (r < 0)
                return r;
        return bus_client_reply(userdata, call,
                                g_variant_new("(@a{sv})", properties_of_unit(unit)));
}

static int method_status(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        Unit *unit;
        int r = method_read_unit(userdata, call, &unit, ret_error);
        if (r < 0)
                return r;
        return bus_client_reply(userdata, call,
                                g_variant_new("(@a{sv})", properties_of_unit_status(unit)));
}

/* The jobs of a call have ended: answer it, if anybody still waits. */
static void request_done(void *userdata, GStrv errors) {
        BusRequest *request = userdata;
        if (request->client && errors && *errors) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                error_take(&error, BUS_ERROR_JOB_FAILED, g_strjoinv("\n", errors), NULL);
                (void)sd_bus_reply_method_error(request->message, &error);
        } else if (request->client) {
                (void)bus_client_reply(request->client, request->message, NULL);
        }
        bus_request_free(request);
}

/* Some units are started and stopped with others only. */
static int check_refusal(const GPtrArray *units, JobType type, sd_bus_error *ret_error) {
        for (guint i = 0; i < units->len; i++) {
                const Unit *unit = units->pdata[i];
                const char *why = unit_refuses(unit, type);
                if (why)
                        return sd_bus_error_setf(ret_error, BUS_ERROR_JOB_REFUSED, "%s has %s",
                                                 unit->name, why);
        }
        return 0;
}

static int error_too_many(sd_bus_error *ret_error) {
        return sd_bus_error_set(ret_error, BUS_ERROR_LIMIT,
                                "too many calls of this connection wait for their jobs");
}

static int client_run_jobs(BusClient *client, sd_bus_message *call, JobType type, JobMode mode,
                           GPtrArray *units, sd_bus_error *ret_error) {
        BusRequest *request = bus_request_new(client, call);
        if (!request)
                return error_too_many(ret_error);
        char *why = NULL;
        int r = transaction_run_mode(client->manager, type, mode, (Unit *const *)units->pdata,
                                     units->len, request_done, request, &why);
        if (r >= 0)
                return 1; /* answered by request_done() */
        bus_request_free(request);
        return error_take(ret_error, BUS_ERROR_JOB_REFUSED, why, g_strerror(-r));
}

/* A call whose one argument is a list of units. */
static int method_read_units(BusClient *client, sd_bus_message *call, GPtrArray **ret,
                             sd_bus_error *ret_error) {
        g_auto(GStrv) names = NULL;
        int r = sd_bus_message_read_strv(call, &names);
        if (r < 0)
                return r;
        return bus_lookup_units(client->manager, names, ret, ret_error);
}

static int error_shutting_down(sd_bus_error *ret_error) {
        return sd_bus_error_set(ret_error, BUS_ERROR_SHUTTING_DOWN, "the manager is shutting down");
}

static int method_jobs(sd_bus_message *call, BusClient *client, JobType type, JobMode mode,
                       sd_bus_error *ret_error) {
        if (client->manager->shutting_down && type != JOB_STOP)
                return error_shutting_down(ret_error);
        g_autoptr(GPtrArray) units = NULL;
        int r = method_read_units(client, call, &units, ret_error);
        if (r >= 0)
                r = check_refusal(units, type, ret_error);
        if (r < 0)
                return r;
        return client_run_jobs(client, call, type, mode, units, ret_error);
}

static int method_start(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        return method_jobs(call, userdata, JOB_START, JOB_MODE_REPLACE, ret_error);
}

static int method_stop(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        return method_jobs(call, userdata, JOB_STOP, JOB_MODE_REPLACE, ret_error);
}

static int method_restart(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        return method_jobs(call, userdata, JOB_RESTART, JOB_MODE_REPLACE, ret_error);
}

/* Starts one unit and stops all that it doesn't need: AllowIsolate=. */
static int method_isolate(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        return method_jobs(call, userdata, JOB_START, JOB_MODE_ISOLATE, ret_error);
}

/* The services read their own configuration again; Reload() is for that of the manager. */
static int method_reload_units(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        if (client->manager->shutting_down)
                return error_shutting_down(ret_error);
        g_autoptr(GPtrArray) units = NULL;
        int r = method_read_units(client, call, &units, ret_error);
        if (r < 0)
                return r;
        BusRequest *request = bus_request_new(client, call);
        if (!request)
                return error_too_many(ret_error);
        manager_reload_units(client->manager, (Unit *const *)units->pdata, units->len, request_done,
                             request);
        return 1; /* answered by request_done() */
}

/* As if they had never failed; no unit: all of them. */
static int method_reset_failed(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        g_auto(GStrv) names = NULL;
        g_autoptr(GPtrArray) units = NULL;
        int r = sd_bus_message_read_strv(call, &names);
        if (r >= 0 && names && *names)
                r = bus_lookup_units(client->manager, names, &units, ret_error);
        if (r < 0)
                return r;
        if (!units)
                manager_reset_failed(client->manager);
        for (guint i = 0; units && i < units->len; i++)
                unit_reset_failed(units->pdata[i]);
        return bus_client_reply(client, call, NULL);
}

static const struct {
        const char *name;
        const char *none; /* what the unit lacks then */
} signal_targets[SIGNAL_TARGET_COUNT] = {
        [SIGNAL_MAIN] = { "main", "main process" },
        [SIGNAL_CONTROL] = { "control", "control process" },
        [SIGNAL_ALL] = { "all", "process" },
};

static int read_signal_target(const char *name, SignalTarget *ret, sd_bus_error *ret_error) {
        for (SignalTarget target = 0; target < SIGNAL_TARGET_COUNT; target++)
                if (g_str_equal(name, signal_targets[target].name)) {
                        *ret = target;
                        return 0;
                }
        return sd_bus_error_setf(ret_error, BUS_ERROR_BAD_REQUEST,
                                 "'%s' isn't one of main, control and all", name);
}

static int client_signal(Unit *unit, SignalTarget target, int sig, sd_bus_error *ret_error) {
        if (unit->vtable->signal && unit->vtable->signal(unit, target, sig) >= 0)
                return 0;
        return sd_bus_error_setf(ret_error, BUS_ERROR_NO_PROCESS, "%s has no %s", unit->name,
                                 signal_targets[target].none);
}

/* Signals processes of units, one unit after the other, until there is one that has none. */
static int method_kill(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        g_autoptr(GPtrArray) units = NULL;
        const char *whom;
        SignalTarget target = SIGNAL_ALL;
        int32_t sig;
        int r = method_read_units(client, call, &units, ret_error);
        if (r >= 0)
                r = sd_bus_message_read(call, "si", &whom, &sig);
        if (r >= 0)
                r = read_signal_target(whom, &target, ret_error);
        if (r < 0)
                return r;
        if (sig < 1 || sig >= NSIG)
                return sd_bus_error_setf(ret_error, BUS_ERROR_BAD_REQUEST, "%d isn't a signal",
                                         sig);
        for (guint i = 0; r >= 0 && i < units->len; i++)
                r = client_signal(units->pdata[i], target, sig, ret_error);
        return r < 0 ? r : bus_client_reply(client, call, NULL);
}

static int method_reload(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        g_auto(GStrv) lines = NULL;
        int r = manager_reload(client->manager, &lines);
        if (r < 0)
                return error_take(ret_error, BUS_ERROR_BAD_UNIT_FILE,
                                  lines ? g_strjoinv("\n", lines) : NULL, g_strerror(-r));
        GVariantBuilder warnings;
        g_variant_builder_init(&warnings, G_VARIANT_TYPE_STRING_ARRAY);
        for (char **line = lines; line && *line; line++)
                g_variant_builder_add_value(
                        &warnings, g_variant_new_take_string(g_utf8_make_valid(*line, -1)));
        return bus_client_reply(client, call, g_variant_new("(as)", &warnings));
}

static int method_refresh(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        Unit *unit;
        int r = method_read_unit(userdata, call, &unit, ret_error);
        if (r < 0)
                return r;
        if (unit->settings->type != UNIT_MEMFD)
                return sd_bus_error_setf(ret_error, BUS_ERROR_BAD_REQUEST,
                                         "%s isn't a memfd unit: there is nothing to refresh",
                                         unit->name);
        char *why = NULL;
        r = memfd_refresh(unit, &why);
        if (r < 0 && unit_active_state(unit) == ACTIVE_ACTIVE) {
                g_autofree char *reason = why;
                why = g_strdup_printf("%s: %s; the last good snapshot stays", unit->name,
                                      reason ?: g_strerror(-r));
        }
        if (r < 0)
                return error_take(ret_error, BUS_ERROR_REFRESH_FAILED, why, g_strerror(-r));
        return bus_client_reply(userdata, call, NULL);
}

static int method_deliver(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        g_auto(GStrv) names = NULL;
        const char *service;
        int32_t pid;
        int r = sd_bus_message_read_strv(call, &names);
        if (r >= 0)
                r = sd_bus_message_read(call, "si", &service, &pid);
        if (r < 0)
                return r;
        if ((*service != '\0') == (pid != 0) || pid < 0)
                return sd_bus_error_set(ret_error, BUS_ERROR_BAD_REQUEST,
                                        "give either a service or a process to deliver to");
        g_autoptr(GPtrArray) units = NULL;
        r = bus_lookup_units(client->manager, names, &units, ret_error);
        if (r < 0)
                return r;
        Unit *unit;
        if (*service)
                r = bus_lookup_unit(client->manager, service, &unit, ret_error);
        if (r < 0)
                return r;
        char *why = NULL;
        r = manager_deliver(client->manager, (Unit *const *)units->pdata, units->len,
                            *service ? service : NULL, pid, &why);
        if (r < 0)
                return error_take(ret_error, BUS_ERROR_DELIVERY_FAILED, why, g_strerror(-r));
        return bus_client_reply(client, call, NULL);
}

static int method_shutdown(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        /* The answer first: with nothing to stop the manager ends right away. */
        int r = bus_client_reply(client, call, NULL);
        manager_shutdown(client->manager);
        return r;
}

static int property_version(sd_bus *bus, const char *path, const char *interface,
                            const char *property, sd_bus_message *reply, void *userdata,
                            sd_bus_error *ret_error) {
        return sd_bus_message_append(reply, "s", BELLHOP_PROJECT_VERSION);
}

static int property_mode(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        const BusClient *client = userdata;
        return sd_bus_message_append(reply, "s", client->manager->user_mode ? "user" : "system");
}

static int property_runtime_directory(sd_bus *bus, const char *path, const char *interface,
                                      const char *property, sd_bus_message *reply, void *userdata,
                                      sd_bus_error *ret_error) {
        const BusClient *client = userdata;
        g_autofree char *text = g_utf8_make_valid(client->manager->runtime_directory, -1);
        return sd_bus_message_append(reply, "s", text);
}

static int property_unit_path(sd_bus *bus, const char *path, const char *interface,
                              const char *property, sd_bus_message *reply, void *userdata,
                              sd_bus_error *ret_error) {
        const BusClient *client = userdata;
        GStrv folders = client->manager->unit_path->folders;
        int r = sd_bus_message_open_container(reply, 'a', "s");
        for (; r >= 0 && folders && *folders; folders++) {
                g_autofree char *text = g_utf8_make_valid(*folders, -1);
                r = sd_bus_message_append(reply, "s", text);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int property_pid(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
        return sd_bus_message_append(reply, "u", (uint32_t)getpid());
}

/* Who may call is decided for the whole connection, before any of this is looked at. */
#define METHOD(member, in, in_names, out, out_names, handler)                   \
        SD_BUS_METHOD_WITH_NAMES(member, in, in_names, out, out_names, handler, \
                                 SD_BUS_VTABLE_UNPRIVILEGED)
#define P SD_BUS_PARAM
#define PROPERTY(member, type, get) \
        SD_BUS_PROPERTY(member, type, get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define SIGNAL(member, args, names) SD_BUS_SIGNAL_WITH_NAMES(member, args, names, 0)

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        PROPERTY("Version", "s", property_version),
        PROPERTY("Mode", "s", property_mode),
        PROPERTY("RuntimeDirectory", "s", property_runtime_directory),
        PROPERTY("UnitPath", "as", property_unit_path),
        PROPERTY("Pid", "u", property_pid),
        METHOD("ListUnits", "", "", "aa{sv}", P(units), method_list_units),
        METHOD("ListSockets", "", "", "aa{sv}", P(sockets), method_list_sockets),
        METHOD("ListDeliveries", "", "", "aa{sv}", P(deliveries), method_list_deliveries),
        METHOD("Show", "s", P(unit), "a{sv}", P(properties), method_show),
        METHOD("Status", "s", P(unit), "a{sv}", P(status), method_status),
        METHOD("Start", "as", P(units), "", "", method_start),
        METHOD("Stop", "as", P(units), "", "", method_stop),
        METHOD("Restart", "as", P(units), "", "", method_restart),
        METHOD("Isolate", "as", P(units), "", "", method_isolate),
        METHOD("ReloadUnits", "as", P(units), "", "", method_reload_units),
        METHOD("ResetFailed", "as", P(units), "", "", method_reset_failed),
        METHOD("Kill", "assi", P(units) P(whom) P(signal), "", "", method_kill),
        METHOD("Reload", "", "", "as", P(warnings), method_reload),
        METHOD("Refresh", "s", P(memfd), "", "", method_refresh),
        METHOD("Deliver", "assi", P(units) P(service) P(pid), "", "", method_deliver),
        METHOD("Shutdown", "", "", "", "", method_shutdown),
        SIGNAL("UnitChanged", "sss", P(unit) P(active_state) P(sub_state)),
        SIGNAL("DeliveryChanged", "tsssiss",
               P(id) P(unit) P(name) P(recipient) P(pid) P(state) P(reason)),
        SIGNAL("Reloaded", "", ""),
        SD_BUS_VTABLE_END,
};

int bus_manager_register(BusClient *client) {
        return sd_bus_add_object_vtable(client->connection, NULL, BUS_PATH, BUS_INTERFACE,
                                        manager_vtable, client);
}
