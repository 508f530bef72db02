/* SPDX-License-Identifier: MIT */
/* From settings to what is handed to a spawn: program, arguments, environment, user. Of a service,
 * or of the commands of a socket. */
#include <string.h>
#include <unistd.h>

#include "bell.h"
#include "directive.h"
#include "environment.h"
#include "exec-search.h"
#include "log.h"
#include "service-internal.h"
#include "socket.h"
#include "value.h"

static const DeliverySettings *delivery_settings(Unit *provider) {
        switch (provider->settings->type) {
        case UNIT_SOCKET:
                return &SOCKET_SETTINGS(provider->settings)->delivery;
        case UNIT_MEMFD:
                return &MEMFD_SETTINGS(provider->settings)->delivery;
        case UNIT_SERVICE:
        case UNIT_TARGET:
        case UNIT_TYPE_COUNT:
        case UNIT_TYPE_INVALID:
                break;
        }
        return NULL;
}

uint64_t service_delivery_signals(const Service *service) {
        GPtrArray *providers = manager_providers(service->unit.manager, service->unit.name);
        uint64_t signals = BELL_SIGNALS_DEFAULT;

        for (guint i = 0; providers && i < providers->len; i++) {
                const DeliverySettings *delivery = delivery_settings(providers->pdata[i]);

                if (delivery && delivery->signal > 0)
                        signals |= BELLHOP_SIGNAL_BIT(delivery->signal);
        }
        return signals;
}

/* ---- what a unit says of its processes ---- */

static void view_set_string(const UnitSettings *settings, const char *property, char **ret) {
        char *const *given = settings_given(settings, property);

        if (given)
                *ret = *given;
}

/* A socket gives few of these, so they are kept beside its settings. */
static void view_of_socket(const UnitSettings *settings, ServiceSettings *ret) {
        const OptionalPath *directory = settings_given(settings, "WorkingDirectory");
        const GStrv *environment = settings_given(settings, "Environment");
        GPtrArray *const *files = settings_given(settings, "EnvironmentFiles");

        *ret = *SERVICE_SETTINGS((UnitSettings *)settings_defaults(UNIT_SERVICE));
        ret->unit = *settings;
        view_set_string(settings, "User", &ret->user);
        view_set_string(settings, "Group", &ret->group);
        if (environment)
                ret->environment = *environment;
        if (files)
                ret->environment_files = *files;
        if (directory) {
                ret->working_directory = directory->path;
                ret->working_directory_optional = directory->optional;
        }
}

/* What a service, or a socket, says of the processes it starts. Everything is the settings' own. */
static ServiceSettings command_settings(const Unit *unit) {
        ServiceSettings view;

        if (unit->settings->type == UNIT_SERVICE)
                return *SERVICE_SETTINGS(unit->settings);
        view_of_socket(unit->settings, &view);
        return view;
}

static Output command_output(const Unit *unit, const char *property) {
        const Output *given = settings_given(unit->settings, property);

        return given ? *given : (Output){ OUTPUT_INHERIT, NULL };
}

/* ---- one command ---- */

/* Who isn't told a user goes by the manager's own home. */
static const char *command_home(const ServiceCommand *command, const Manager *manager) {
        if (command->credentials.home)
                return command->credentials.home;
        return manager->user_mode ? g_get_home_dir() : "/root";
}

static char *command_directory(const ServiceCommand *command, const Manager *manager,
                               const ServiceSettings *settings) {
        const char *directory = settings->working_directory;

        if (directory && strcmp(directory, "~") != 0)
                return g_strdup(directory);
        return g_strdup(directory || manager->user_mode ? command_home(command, manager) : "/");
}

/* DynamicUser= makes no user here, and without one the service would run as the manager, which it
 * asks not to: it starts if somebody has made the user, as it does under systemd. */
static int command_dynamic_user(const UnitSettings *unit, const ServiceSettings *settings,
                                const char **ret_user, char **ret_failure) {
        const bool *dynamic = settings_given(unit, "DynamicUser");
        g_autofree char *name = NULL;
        uid_t uid;
        int r;

        *ret_user = settings->user;
        if (!dynamic || !*dynamic || settings->user)
                return 0;
        name = unit_name_prefix(unit->name);
        r = user_database_find_user(user_database_system(), name, &uid);
        if (r >= 0) {
                *ret_user = g_intern_string(name);
                return 0;
        }
        *ret_failure =
                g_strdup_printf("user %s: DynamicUser= makes no users here; it must be there "
                                "already, or be named by User=",
                                name);
        return -ESRCH;
}

/* SupplementaryGroups=, besides those that the user is in. */
static int command_add_groups(ServiceCommand *command, const UnitSettings *settings,
                              char **ret_failure) {
        const GStrv *groups = settings_given(settings, "SupplementaryGroups");
        Credentials *credentials = &command->credentials;

        for (char **group = groups ? *groups : NULL; group && *group; group++) {
                gid_t gid;
                int r = user_database_find_group(user_database_system(), *group, &gid);

                if (r < 0) {
                        *ret_failure = credentials_failure("SupplementaryGroups", *group, r);
                        return r;
                }
                if (!credentials->groups)
                        credentials->groups = g_array_new(FALSE, FALSE, sizeof(gid_t));
                if (credentials->gid == (gid_t)-1)
                        credentials->gid = getegid();
                g_array_append_val(credentials->groups, gid);
        }
        return 0;
}

static bool flag_given(const UnitSettings *settings, const char *property) {
        const bool *given = settings_given(settings, property);

        return given && *given;
}

/* "+" and "!" run as the manager; of what User= says the surroundings stay. */
static int command_add_credentials(ServiceCommand *command, const ServiceSettings *settings,
                                   const ExecCommand *exec, char **ret_failure) {
        const char *step, *user;
        int r;

        r = command_dynamic_user(&settings->unit, settings, &user, ret_failure);
        if (r < 0)
                return r;
        command->keeps_ids = command->is_unconfined || exec->no_setuid;
        if (user || settings->group) {
                r = credentials_resolve(user_database_system(), user, settings->group,
                                        &command->credentials, &step);
                if (r < 0) {
                        bool is_user = strcmp(step, "user") == 0;
                        *ret_failure = credentials_failure(is_user ? "User" : "Group",
                                                           is_user ? user : settings->group, r);
                        return r;
                }
        }
        return command_add_groups(command, &settings->unit, ret_failure);
}

static int command_add_environment(ServiceCommand *command, const Unit *unit,
                                   const ServiceSettings *settings, char *const *extra,
                                   char **ret_failure) {
        g_autoptr(GPtrArray) passed_over = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *file = NULL;
        int r;

        r = environment_build(settings, &command->credentials, unit->manager->user_mode, NULL,
                              passed_over, &command->environment, &file);
        for (guint i = 0; i < passed_over->len; i++)
                log_warning(unit->name,
                            "%s: passed over, it isn't of the form NAME=value (\"export\" is the "
                            "shell's)",
                            (const char *)passed_over->pdata[i]);
        if (r < 0) {
                *ret_failure = g_strdup_printf("environment file %s: %s", file,
                                               r == -EINVAL ? "not a plain file" : g_strerror(-r));
                return r;
        }
        for (; extra && *extra; extra++)
                environment_assign(&command->environment, *extra);
        exec_environment_end(&settings->unit, &command->environment);
        return 0;
}

static int command_add_program(ServiceCommand *command, const UnitSettings *settings,
                               const ExecCommand *exec, char **ret_failure) {
        int r = exec_search(settings, exec->path, &command->path);

        if (r < 0)
                *ret_failure = g_strdup_printf("exec %s: %s", exec->path, g_strerror(-r));
        return r;
}

static int command_add_context(ServiceCommand *command, const Unit *unit, bool is_unrooted,
                               char **ret_failure) {
        const ExecOptions options = {
                .settings = unit->settings,
                .credentials = &command->credentials,
                .user_mode = unit->manager->user_mode,
                .is_unconfined = command->is_unconfined,
                .is_unrooted = is_unrooted,
        };
        int r = exec_context_new(&options, &command->context);

        if (r < 0)
                *ret_failure = g_strdup_printf("standard input: %s", g_strerror(-r));
        return r;
}

int service_command_build(const Unit *unit, const ExecCommand *exec, bool is_main,
                          char *const *extra, ServiceCommand *ret, char **ret_failure) {
        const ServiceSettings settings = command_settings(unit);
        ServiceCommand command = { .credentials = CREDENTIALS_INIT };
        bool is_unrooted = exec->full_privileges ||
                           (!is_main && flag_given(unit->settings, "RootDirectoryStartOnly"));
        int r;

        command.is_unconfined = exec->full_privileges ||
                                (!is_main && flag_given(unit->settings, "PermissionsStartOnly"));

        r = command_add_program(&command, unit->settings, exec, ret_failure);
        if (r >= 0)
                r = command_add_credentials(&command, &settings, exec, ret_failure);
        if (r >= 0)
                r = command_add_environment(&command, unit, &settings, extra, ret_failure);
        if (r >= 0)
                r = command_add_context(&command, unit, is_unrooted, ret_failure);
        if (r < 0) {
                service_command_clear(&command);
                return r;
        }
        command.argv = exec->no_expand ? g_strdupv(exec->argv)
                                       : environment_expand(command.environment,
                                                            (const char *const *)exec->argv);
        command.working_directory = command_directory(&command, unit->manager, &settings);
        *ret = command;
        return 0;
}

SpawnRequest service_command_request(const Unit *unit, const ServiceCommand *command) {
        const ServiceSettings settings = command_settings(unit);
        const GArray *groups = command->credentials.groups;

        return (SpawnRequest){
                .path = command->path,
                .argv = command->argv,
                .environment = command->environment,
                .uid = command->keeps_ids ? (uid_t)-1 : command->credentials.uid,
                .gid = command->keeps_ids ? (gid_t)-1 : command->credentials.gid,
                .groups = groups ? (const gid_t *)groups->data : NULL,
                .group_count = groups ? groups->len : 0,
                .groups_asked = settings_given(unit->settings, "SupplementaryGroups") != NULL,
                .working_directory = command->working_directory,
                /* The default of a user's manager is a home, which not everybody has. */
                .working_directory_optional =
                        settings.working_directory_optional || !settings.working_directory,
                .standard_output = command_output(unit, "StandardOutput"),
                .standard_error = command_output(unit, "StandardError"),
                .context = command->context,
                .identifier = unit->name,
                .cgroup_fd = -1,
        };
}

int service_main_request(const Service *service, const ExecCommand *exec, sd_id128_t invocation,
                         uint64_t watchdog_usec, ServiceCommand *ret_command, SpawnRequest *ret,
                         char **ret_failure) {
        g_auto(GStrv) environment = service_main_environment(service, invocation, watchdog_usec);
        int r = service_command_build(&service->unit, exec, true, environment, ret_command,
                                      ret_failure);

        if (r < 0)
                return r;
        *ret = service_command_request(&service->unit, ret_command);
        ret->hold = true;
        return 0;
}

char *service_command_failure(const Unit *unit, const ExecCommand *exec, int error,
                              const char *step) {
        const ServiceSettings settings = command_settings(unit);
        const struct {
                const char *step;
                const char *object;
        } objects[] = {
                { "exec", exec ? exec->path : NULL },
                { "chdir", settings.working_directory },
                { "setuid", settings.user },
                { "setgid", settings.group ?: settings.user },
                { "standard output", command_output(unit, "StandardOutput").path },
                { "standard error", command_output(unit, "StandardError").path },
        };
        const char *object = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
                if (strcmp(step, objects[i].step) == 0)
                        object = objects[i].object;
        return g_strdup_printf("%s%s%s: %s", step, object ? " " : "", object ?: "",
                               g_strerror(-error));
}

void service_command_clear(ServiceCommand *command) {
        g_clear_pointer(&command->path, g_free);
        g_clear_pointer(&command->argv, g_strfreev);
        g_clear_pointer(&command->environment, g_strfreev);
        g_clear_pointer(&command->working_directory, g_free);
        credentials_clear(&command->credentials);
        command->context = exec_context_unref(command->context);
}
