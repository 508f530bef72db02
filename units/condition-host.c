/* SPDX-License-Identifier: MIT */
/* Conditions about the machine, and about the manager on it: its user, its environment. Names of
 * users are looked up in /etc/passwd and /etc/group alone. */
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "compare.h"
#include "condition-internal.h"
#include "value.h"

/* The highest id of a system user, as login.defs(5) has it by default. */
#define SYSTEM_UID_MAX 999

/* ---- machine ---- */

static bool supply_says(const char *name, const char *file, const char *wanted) {
        g_autofree char *path = g_build_filename("/sys/class/power_supply", name, file, NULL);
        g_autofree char *text = condition_read(path);

        return text && !strcmp(text, wanted);
}

/* Plugged in, or nothing known that could be unplugged or run down. */
int condition_ac_power(const char *yes) {
        g_autoptr(GDir) supplies = g_dir_open("/sys/class/power_supply", 0, NULL);
        bool plugged = false, unplugged = false;
        const char *name;
        int wanted = parse_boolean(yes);

        if (wanted < 0)
                return -EINVAL;
        while (supplies && (name = g_dir_read_name(supplies))) {
                if (supply_says(name, "type", "Mains") || supply_says(name, "type", "USB")) {
                        plugged = plugged || supply_says(name, "online", "1");
                        unplugged = unplugged || supply_says(name, "online", "0");
                } else if (supply_says(name, "type", "Battery") &&
                           !supply_says(name, "scope", "Device")) {
                        unplugged = unplugged || supply_says(name, "status", "Discharging");
                }
        }
        return (plugged || !unplugged) == wanted;
}

int condition_cpu_feature(const char *flag) {
        /* Where the kernel has another name for it. */
        static const char *const names[][2] = {
                { "pclmul", "pclmulqdq" },
                { "fma3", "fma" },
                { "osxsave", "xsave" },
        };
        g_autofree char *text = condition_read("/proc/cpuinfo"), *line = NULL;
        const char *flags = text ? strstr(text, "\nflags") : NULL;
        g_auto(GStrv) words = NULL;

        if (!flags)
                return 0;
        line = g_strndup(flags + 1, strcspn(flags + 1, "\n"));
        words = g_strsplit_set(line, " \t:", -1);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (!strcmp(flag, names[i][0]))
                        flag = names[i][1];
        return *flag && strcmp(flag, "flags") != 0 &&
               g_strv_contains((const gchar *const *)words, flag);
}

/* "NAME(ARGUMENT)": the argument (g_free), or NULL. */
static char *argument_of(const char *text, const char *name) {
        size_t length = strlen(name), all = strlen(text);

        if (strncmp(text, name, length) != 0 || text[length] != '(' || text[all - 1] != ')')
                return NULL;
        return g_strndup(text + length + 1, all - length - 2);
}

/* Strings that end with a NUL each; condition_read() makes blanks of those. */
static bool device_tree_is_compatible(const char *name) {
        g_autofree char *text = condition_read("/proc/device-tree/compatible");
        g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

        return *name && g_strv_contains((const gchar *const *)words, name);
}

/* "field operator value" */
static int test_smbios(const char *expression) {
        size_t length = strcspn(expression, "!<=>$");
        g_autofree char *field = g_strstrip(g_strndup(expression, length));
        g_autofree char *wanted = NULL, *value = NULL;
        const char *p = expression + length;
        Comparison comparison;

        if (!*field || !*p)
                return -EINVAL;
        comparison = comparison_take(&p, false, COMPARE_STRING_EQUAL);
        wanted = g_strstrip(g_strdup(p));
        if (strlen(wanted) > 1 && (*wanted == '"' || *wanted == '\'') &&
            wanted[strlen(wanted) - 1] == *wanted) {
                wanted[strlen(wanted) - 1] = '\0';
                memmove(wanted, wanted + 1, strlen(wanted));
        }
        value = condition_read_named("/sys/class/dmi/id/%s", field);
        return value ? comparison_test(comparison, value, wanted) : 0;
}

int condition_firmware(const char *type) {
        g_autofree char *compatible = argument_of(type, "device-tree-compatible");
        g_autofree char *field = argument_of(type, "smbios-field");

        if (compatible)
                return device_tree_is_compatible(compatible);
        if (field)
                return test_smbios(field);
        if (!strcmp(type, "device-tree"))
                return condition_path_is_directory("/sys/firmware/devicetree") ||
                       condition_path_is_directory("/proc/device-tree");
        if (!strcmp(type, "uefi"))
                return condition_path_is_directory("/sys/firmware/efi");
        return 0;
}

int condition_first_boot(const char *yes) {
        int forced = condition_command_line_boolean("systemd.condition-first-boot");
        int wanted = parse_boolean(yes);

        if (wanted < 0)
                return -EINVAL;
        if (forced >= 0)
                return forced == wanted;
        return condition_path_exists("/run/systemd/first-boot") == wanted;
}

/* 32 hexadecimal digits, with or without the dashes of a UUID; in place. */
static bool is_machine_id(char *id) {
        char *out = id;

        for (const char *p = id; *p; p++) {
                if (g_ascii_isxdigit(*p))
                        *out++ = g_ascii_tolower(*p);
                else if (*p != '-')
                        return false;
        }
        *out = '\0';
        return strlen(id) == 32;
}

int condition_host(const char *name) {
        g_autofree char *id = g_strdup(name), *own = NULL;
        char host[256] = "";

        if (is_machine_id(id)) {
                own = condition_read("/etc/machine-id");
                return own && !strcmp(own, id);
        }
        if (gethostname(host, sizeof(host) - 1) < 0)
                return -errno;
        return fnmatch(name, host, FNM_CASEFOLD) == 0;
}

/* ---- manager ---- */

int condition_environment(const char *assignment) {
        g_autofree char *key = g_strndup(assignment, strcspn(assignment, "="));
        const char *value = *key ? getenv(key) : NULL;

        if (!*key)
                return -EINVAL;
        if (assignment[strlen(key)] == '\0')
                return value != NULL;
        return value && !strcmp(value, assignment + strlen(key) + 1);
}

/* What was handed to the manager, encrypted or not. */
int condition_credential(const char *name) {
        static const char *const folders[] = { "CREDENTIALS_DIRECTORY",
                                               "ENCRYPTED_CREDENTIALS_DIRECTORY" };

        if (!*name || strchr(name, '/') || name[0] == '.')
                return 0;
        for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
                const char *folder = getenv(folders[i]);
                g_autofree char *path = folder ? g_build_filename(folder, name, NULL) : NULL;

                if (path && folder[0] == '/' && condition_path_exists(path))
                        return 1;
        }
        return 0;
}

static bool find_user(const char *name, uid_t *ret) {
        FILE *file = fopen("/etc/passwd", "re");
        const struct passwd *passwd = NULL;

        while (file && (passwd = fgetpwent(file)) && strcmp(passwd->pw_name, name) != 0)
                ;
        if (passwd)
                *ret = passwd->pw_uid;
        if (file)
                (void)fclose(file);
        return passwd != NULL;
}

int condition_user(const char *user) {
        uint64_t number;
        uid_t uid;

        if (!strcmp(user, "@system"))
                return getuid() <= SYSTEM_UID_MAX || geteuid() <= SYSTEM_UID_MAX;
        if (parse_unsigned(user, UINT32_MAX, &number) >= 0)
                uid = (uid_t)number;
        else if (!find_user(user, &uid))
                return 0;
        return uid == getuid() || uid == geteuid();
}

static bool find_group(const char *name, gid_t *ret) {
        FILE *file = fopen("/etc/group", "re");
        const struct group *group = NULL;

        while (file && (group = fgetgrent(file)) && strcmp(group->gr_name, name) != 0)
                ;
        if (group)
                *ret = group->gr_gid;
        if (file)
                (void)fclose(file);
        return group != NULL;
}

int condition_group(const char *group) {
        g_autofree gid_t *groups = NULL;
        uint64_t number;
        gid_t gid;
        int count;

        if (parse_unsigned(group, UINT32_MAX, &number) >= 0)
                gid = (gid_t)number;
        else if (!find_group(group, &gid))
                return 0;
        if (gid == getgid() || gid == getegid())
                return 1;
        count = getgroups(0, NULL);
        groups = g_new(gid_t, (gsize)MAX(count, 0) + 1);
        count = count > 0 ? getgroups(count, groups) : 0;
        for (int i = 0; i < count; i++)
                if (groups[i] == gid)
                        return 1;
        return 0;
}
