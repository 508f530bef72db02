/* SPDX-License-Identifier: MIT */
/* What `bellhopctl show` and `status` say about a service, by systemd's names. */
#include "service-internal.h"

static void insert_string(GVariantDict *properties, const char *name, const char *value) {
        g_variant_dict_insert_value(properties, name, g_variant_new_string(value ?: ""));
}

static void insert_invocation(GVariantDict *properties, const Service *service) {
        char id[SD_ID128_STRING_MAX] = "";

        if (!sd_id128_is_null(service->invocation))
                sd_id128_to_string(service->invocation, id);
        insert_string(properties, "InvocationID", id);
}

void service_show(Unit *unit, GVariantDict *properties) {
        const Service *service = SERVICE(unit);

        g_variant_dict_insert_value(properties, "MainPID",
                                    g_variant_new_uint32((guint32)service->main_pid));
        g_variant_dict_insert_value(properties, "ExecMainStartTimestamp",
                                    g_variant_new_uint64(service->start_usec));
        g_variant_dict_insert_value(properties, "ExecMainCode",
                                    g_variant_new_int32(service->exit_code));
        g_variant_dict_insert_value(properties, "ExecMainStatus",
                                    g_variant_new_int32(service->exit_status));
        g_variant_dict_insert_value(properties, "NRestarts",
                                    g_variant_new_uint32(service->restarts));
        g_variant_dict_insert_value(properties, "StatusErrno",
                                    g_variant_new_int32(service->reported_errno));
        g_variant_dict_insert_value(
                properties, "ControlPID",
                g_variant_new_uint32(service->control ? (guint32)command_pid(service->control)
                                                      : 0));
        g_variant_dict_insert_value(properties, "CanReload",
                                    g_variant_new_boolean(service_can_reload(service)));
        insert_invocation(properties, service);
        insert_string(properties, "ReloadResult", service_result_to_string(service->reload_result));
        insert_string(properties, "Result", service_result_to_string(service->result));
        insert_string(properties, "StatusText", service->status_text);
        insert_string(properties, "ControlGroup",
                      service->cgroup ? cgroup_path(service->cgroup) : NULL);
}
