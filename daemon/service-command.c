/* SPDX-License-Identifier: MIT */
/* From settings to what is handed to a spawn: program, arguments, environment, user. */
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "notify.h"
#include "service-internal.h"
#include "socket.h"

int service_command_find(const char *name, char **ret) {
        g_auto(GStrv) folders = NULL;

        if (name[0] == '/') { /* exec will say if there is something wrong with it */
                *ret = g_strdup(name);
                return 0;
        }
        folders = g_strsplit(ENVIRONMENT_PATH, ":", -1);
        for (char **folder = folders; *folder; folder++) {
                g_autofree char *path = g_build_filename(*folder, name, NULL);

                if (access(path, X_OK) == 0 && !g_file_test(path, G_FILE_TEST_IS_DIR)) {
                        *ret = g_steal_pointer(&path);
                        return 0;
                }
        }
        return -ENOENT;
}

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
        uint64_t signals = BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_LISTENER) |
                           BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_CONNECTION) |
                           BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_MEMFD) |
                           BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_OTHER);

        for (guint i = 0; providers && i < providers->len; i++) {
                const DeliverySettings *delivery = delivery_settings(providers->pdata[i]);

                if (delivery && delivery->signal > 0)
                        signals |= BELLHOP_SIGNAL_BIT(delivery->signal);
        }
        return signals;
}

/* Who isn't told a user goes by the manager's own home. */
static const char *command_home(const ServiceCommand *command, const Manager *manager) {
        if (command->credentials.home)
                return command->credentials.home;
        return manager->user_mode ? g_get_home_dir() : "/root";
}

static char *command_directory(const ServiceCommand *command, const Service *service) {
        const char *directory = service_settings(service)->working_directory;
        const Manager *manager = service->unit.manager;

        if (directory && strcmp(directory, "~") != 0)
                return g_strdup(directory);
        return g_strdup(directory || manager->user_mode ? command_home(command, manager) : "/");
}

static int command_add_credentials(ServiceCommand *command, const ServiceSettings *settings,
                                   char **ret_failure) {
        const char *step;
        int r;

        if (!settings->user && !settings->group)
                return 0;
        r = credentials_resolve(user_database_system(), settings->user, settings->group,
                                &command->credentials, &step);
        if (r < 0)
                *ret_failure = g_strdup_printf("%s %s: %s", step,
                                               strcmp(step, "user") == 0 ? settings->user
                                                                         : settings->group,
                                               credentials_strerror(r));
        return r;
}

static int command_add_environment(ServiceCommand *command, const Service *service,
                                   char **ret_failure) {
        const Manager *manager = service->unit.manager;
        g_autofree char *file = NULL;
        int r;

        r = environment_build(service_settings(service), &command->credentials, manager->user_mode,
                              manager->notify ? notify_socket_path(manager->notify) : NULL,
                              &command->environment, &file);
        if (r < 0)
                *ret_failure = g_strdup_printf("environment file %s: %s", file,
                                               r == -EINVAL ? "not a plain file" : g_strerror(-r));
        return r;
}

static int command_add_program(ServiceCommand *command, const ServiceSettings *settings,
                               char **ret_failure) {
        int r = service_command_find(settings->exec_start->path, &command->path);

        if (r < 0)
                *ret_failure =
                        g_strdup_printf("exec %s: %s", settings->exec_start->path, g_strerror(-r));
        return r;
}

int service_command_build(Service *service, ServiceCommand *ret, char **ret_failure) {
        const ServiceSettings *settings = service_settings(service);
        ServiceCommand command = { .credentials = CREDENTIALS_INIT };
        int r;

        r = command_add_program(&command, settings, ret_failure);
        if (r >= 0)
                r = command_add_credentials(&command, settings, ret_failure);
        if (r >= 0)
                r = command_add_environment(&command, service, ret_failure);
        if (r < 0) {
                service_command_clear(&command);
                return r;
        }
        command.argv = environment_expand(command.environment,
                                          (const char *const *)settings->exec_start->argv);
        command.working_directory = command_directory(&command, service);
        *ret = command;
        return 0;
}

void service_command_clear(ServiceCommand *command) {
        g_clear_pointer(&command->path, g_free);
        g_clear_pointer(&command->argv, g_strfreev);
        g_clear_pointer(&command->environment, g_strfreev);
        g_clear_pointer(&command->working_directory, g_free);
        credentials_clear(&command->credentials);
}
