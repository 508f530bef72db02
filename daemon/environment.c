/* SPDX-License-Identifier: MIT */
/* Puts the environment of a service together. */
#include "environment.h"

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec-context.h"
#include "exec-search.h"
#include "fd.h"

/* An environment has to fit into what exec takes. */
#define FILE_SIZE_MAX (4 * 1024 * 1024)

static void environment_set(GStrv *environment, const char *name, const char *value) {
        if (value)
                *environment = g_environ_setenv(*environment, name, value, TRUE);
}

void environment_assign(GStrv *environment, const char *assignment) {
        const char *equals = strchr(assignment, '=');
        char **entry = *environment;
        size_t count;

        if (!equals)
                return;
        while (entry && *entry && strncmp(*entry, assignment, (size_t)(equals + 1 - assignment)))
                entry++;
        if (entry && *entry) {
                g_free(*entry);
                *entry = g_strdup(assignment);
                return;
        }
        count = (size_t)(entry - *environment);
        *environment = g_renew(char *, *environment, count + 2);
        (*environment)[count] = g_strdup(assignment);
        (*environment)[count + 1] = NULL;
}

static bool is_locale(const char *entry) {
        return entry[0] == 'L' &&
               (g_str_has_prefix(entry, "LANG=") || g_str_has_prefix(entry, "LANGUAGE=") ||
                g_str_has_prefix(entry, "LC_"));
}

/* Of a system's manager nothing but the locale passes: what it was started with by hand isn't the
 * services' business. */
static GStrv environment_of_system(void) {
        GPtrArray *environment = g_ptr_array_new();

        g_ptr_array_add(environment, g_strdup("PATH=" EXEC_SEARCH_PATH));
        for (char **entry = environ; *entry; entry++)
                if (is_locale(*entry))
                        g_ptr_array_add(environment, g_strdup(*entry));
        g_ptr_array_add(environment, NULL);
        return (GStrv)g_ptr_array_free(environment, FALSE);
}

/* A user's manager passes on its own, but for what was meant for itself alone. */
static GStrv environment_of_user(void) {
        static const char *const own[] = { "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES",
                                           "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                           "MAINPID",       "INVOCATION_ID" };
        GStrv environment = g_get_environ();

        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                environment = g_environ_unsetenv(environment, own[i]);
        if (!g_environ_getenv(environment, "PATH"))
                environment_set(&environment, "PATH", EXEC_SEARCH_PATH);
        return environment;
}

/* The file may be in a folder of somebody else's: whatever lies there, this doesn't wait for it. */
static int environment_file_open(const char *path) {
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -EINVAL;
}

int environment_add_file(GStrv *environment, const char *path, GPtrArray *passed_over) {
        _cleanup_fd_ int fd = environment_file_open(path);
        g_autoptr(GString) text = g_string_new(NULL);
        unsigned int line;
        char buffer[4096];
        ssize_t n;

        if (fd < 0)
                return fd;
        while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
                g_string_append_len(text, buffer, n);
                if (text->len > FILE_SIZE_MAX)
                        return -EFBIG;
        }
        if (n < 0)
                return -errno;
        line = environment_add_text(environment, text->str);
        if (line > 0 && passed_over)
                g_ptr_array_add(passed_over, g_strdup_printf("%s:%u", path, line));
        return 0;
}

/* The path may be a pattern (glob(7)); then the files are read in order. */
static int environment_add_files(GStrv *environment, const EnvironmentFile *file,
                                 GPtrArray *passed_over, char **ret_file) {
        _cleanup_(globfree) glob_t found = { 0 };
        int r = 0;

        if (glob(file->path, GLOB_NOCHECK, NULL, &found) != 0)
                r = -ENOENT;
        for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
                r = environment_add_file(environment, found.gl_pathv[i], passed_over);
                if (r == -ENOENT && file->optional)
                        r = 0;
        }
        if (r < 0 && file->optional)
                return 0;
        if (r < 0)
                *ret_file = g_strdup(file->path);
        return r;
}

int environment_build(const ServiceSettings *settings, const Credentials *credentials,
                      bool user_mode, const char *notify_path, GPtrArray *passed_over, GStrv *ret,
                      char **ret_file) {
        g_auto(GStrv) environment = user_mode ? environment_of_user() : environment_of_system();
        GPtrArray *files = settings->environment_files;
        int r;

        exec_environment_begin(&settings->unit, &environment);
        exec_environment_add_login(&settings->unit, credentials, &environment);
        exec_folders_add_environment(&settings->unit, user_mode, &environment);
        if (settings->service_type == SERVICE_NOTIFY)
                environment_set(&environment, "NOTIFY_SOCKET", notify_path);
        for (char **entry = settings->environment; entry && *entry; entry++)
                environment_assign(&environment, *entry);
        for (guint i = 0; files && i < files->len; i++) {
                r = environment_add_files(&environment, files->pdata[i], passed_over, ret_file);
                if (r < 0)
                        return r;
        }
        *ret = g_steal_pointer(&environment);
        return 0;
}
