/* SPDX-License-Identifier: MIT */
/* What a service's next main process needs, put together while nobody waits for it: of a service
 * that is down after it has run, and that a client may start again. */
#include "service-internal.h"
#include "spawn-plan.h"

struct ServiceAhead {
        SpawnPlan *plan;
        sd_id128_t invocation; /* of the start that it is for: it is in the environment */
};

static bool settings_look_up(const ServiceSettings *settings, bool user_mode) {
        const GPtrArray *files = settings->environment_files;

        return settings->user || settings->group || (files && files->len > 0) ||
               exec_is_late(&settings->unit, user_mode);
}

/* Nothing of it may be what somebody can change until then. */
static bool service_can_look_ahead(const Service *service) {
        const ServiceSettings *settings = service_settings(service);
        const GPtrArray *commands = settings->exec_start;
        const GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);

        return commands && commands->len == 1 &&
               ((const ExecCommand *)commands->pdata[0])->path[0] == '/' && providers &&
               providers->len > 0 && !service->unit.transient &&
               settings->service_type != SERVICE_EXTERNAL &&
               !settings_look_up(settings, service->unit.manager->user_mode);
}

static SpawnPlan *service_make_plan(const Service *service, sd_id128_t invocation) {
        _cleanup_(service_command_clear)
                ServiceCommand command = { .credentials = CREDENTIALS_INIT };
        const ExecCommand *exec = service_settings(service)->exec_start->pdata[0];
        g_autofree char *failure = NULL;
        SpawnRequest request;

        if (service_main_request(service, exec, invocation, service_watchdog_setting(service),
                                 &command, &request, &failure) < 0)
                return NULL; /* the start will say so */
        return spawn_plan_new(&request);
}

void service_look_ahead(Service *service) {
        sd_id128_t invocation;
        SpawnPlan *plan;

        service_forget_ahead(service);
        if (service->unit.manager->shutting_down || !service_can_look_ahead(service) ||
            sd_id128_randomize(&invocation) < 0)
                return;
        plan = service_make_plan(service, invocation);
        if (!plan)
                return;
        service->ahead = g_new(ServiceAhead, 1);
        *service->ahead = (ServiceAhead){ .plan = plan, .invocation = invocation };
}

void service_forget_ahead(Service *service) {
        if (service->ahead)
                spawn_plan_free(service->ahead->plan);
        g_clear_pointer(&service->ahead, g_free);
}

void service_new_invocation(Service *service) {
        ServiceAhead *ahead = service->ahead;

        if (ahead && !sd_id128_equal(ahead->invocation, service->invocation)) {
                service->invocation = ahead->invocation;
                return;
        }
        service_forget_ahead(service); /* that start didn't come to a process */
        if (sd_id128_randomize(&service->invocation) < 0)
                service->invocation = SD_ID128_NULL;
}

SpawnPlan *service_take_ahead(Service *service) {
        SpawnPlan *plan = service->ahead ? TAKE_POINTER(service->ahead->plan) : NULL;

        service_forget_ahead(service);
        return plan;
}
