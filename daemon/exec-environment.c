/* SPDX-License-Identifier: MIT */
/* What the unit's keys do to the environment beside Environment= and EnvironmentFile=. */
#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "environment.h"
#include "exec-context.h"
#include "value-process.h"

static void set(GStrv *environment, const char *name, const char *value) {
        if (value)
                *environment = g_environ_setenv(*environment, name, value, TRUE);
}

static void add_login(const Credentials *credentials, GStrv *environment) {
        set(environment, "HOME", credentials->home);
        set(environment, "USER", credentials->user);
        set(environment, "LOGNAME", credentials->user);
        set(environment, "SHELL", credentials->shell);
}

void exec_environment_add_login(const UnitSettings *settings, const Credentials *credentials,
                                GStrv *environment) {
        const TriState *login = settings_given(settings, "SetLoginEnvironment");
        Credentials own = CREDENTIALS_INIT;
        char uid[16];
        const char *step;

        if (login && *login == TRI_NO)
                return;
        if (credentials->user || !login || *login != TRI_YES) {
                add_login(credentials, environment);
                return;
        }
        /* It runs as we do. */
        (void)g_snprintf(uid, sizeof(uid), "%u", geteuid());
        if (credentials_resolve(user_database_system(), uid, NULL, &own, &step) < 0)
                return;
        add_login(&own, environment);
        credentials_clear(&own);
}

void exec_environment_begin(const UnitSettings *settings, GStrv *environment) {
        const GStrv *paths = settings_given(settings, "ExecSearchPath");
        const GStrv *names = settings_given(settings, "PassEnvironment");

        if (paths && *paths) {
                g_autofree char *path = g_strjoinv(":", *paths);

                set(environment, "PATH", path);
        }
        for (char **name = names ? *names : NULL; name && *name; name++)
                set(environment, *name, g_getenv(*name));
}

/* A name, or an assignment: then only that very one goes. */
void exec_environment_end(const UnitSettings *settings, GStrv *environment) {
        const GStrv *names = settings_given(settings, "UnsetEnvironment");

        for (char **word = names ? *names : NULL; word && *word; word++) {
                const char *equals = strchr(*word, '=');
                g_autofree char *name =
                        g_strndup(*word, equals ? (size_t)(equals - *word) : strlen(*word));

                if (!equals || !g_strcmp0(g_environ_getenv(*environment, name), equals + 1))
                        *environment = g_environ_unsetenv(*environment, name);
        }
}
