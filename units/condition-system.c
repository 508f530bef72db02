/* SPDX-License-Identifier: MIT */
/* Conditions about the kernel, its resources and the operating system on it. */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "compare.h"
#include "condition-internal.h"
#include "config.h"
#include "fd.h"
#include "host-info.h"
#include "value.h"
#include "word.h"

/* ---- kernel ---- */

/* The machine's own name where systemd has none. */
static const char *architecture_of(const char *machine) {
        const char *name = host_info_architecture_of(machine);

        return name ? name : machine;
}

int condition_architecture(const char *name) {
        struct utsname system;

        if (uname(&system) < 0)
                return -errno;
        if (!strcmp(name, "native"))
                name = architecture_of(BELLHOP_MACHINE);
        return !strcmp(name, architecture_of(system.machine));
}

int condition_kernel_command_line(const char *option) {
        g_auto(GStrv) words = condition_command_line();
        bool whole = strchr(option, '=') != NULL;
        size_t length = strlen(option);

        for (char **word = words; *word; word++)
                if (!strcmp(*word, option) ||
                    (!whole && !strncmp(*word, option, length) && (*word)[length] == '='))
                        return 1;
        return 0;
}

/* What is built in has no state. */
int condition_kernel_module_loaded(const char *module) {
        g_autofree char *name = g_strdelimit(g_strdup(module), "-", '_');
        g_autofree char *folder = g_build_filename("/sys/module", name, NULL), *state = NULL;

        if (strchr(name, '/') || !*name || name[0] == '.')
                return -EINVAL;
        if (!condition_path_is_directory(folder))
                return 0;
        state = condition_read_named("/sys/module/%s/initstate", name);
        return !state || !strcmp(state, "live");
}

/* Words, each with an operator or a glob; blanks between the first operator and its word are
 * allowed. */
static int test_versions(const char *expressions, const char *version) {
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        for (bool first = true; (r = word_next(&expressions, WORD_RELAX, word, NULL, &why)) > 0;
             first = false) {
                const char *p = word->str;
                Comparison comparison = comparison_take(&p, false, COMPARE_GLOB);

                if (!*p && first && word_next(&expressions, WORD_RELAX, word, NULL, &why) > 0)
                        p = word->str;
                if (!*p)
                        return -EINVAL;
                if (!comparison_test(comparison, version, p))
                        return 0;
        }
        return r < 0 ? r : 1;
}

int condition_kernel_version(const char *expressions) {
        struct utsname system;

        return uname(&system) < 0 ? -errno : test_versions(expressions, system.release);
}

/* ConditionVersion=: the first word says of what. */
int condition_version(const char *expressions) {
        g_autofree char *component = g_strndup(expressions, strcspn(expressions, " \t"));
        const char *rest = expressions + strlen(component);
        struct utsname system;

        if (!*component || strpbrk(component, "<>=!$*?[0123456789"))
                return condition_kernel_version(expressions);
        rest += strspn(rest, " \t");
        if (!strcmp(component, "kernel"))
                return condition_kernel_version(rest);
        if (uname(&system) < 0)
                return -errno;
        /* What PID 1 here is, is bellhop's business as little as the C library. */
        return -EOPNOTSUPP;
}

/* ---- operating system ---- */

static int test_os_release(const char *expression) {
        size_t length = strcspn(expression, "!<=>$");
        g_autofree char *key = g_strndup(expression, length), *value = NULL;
        const char *p = expression + length;
        Comparison comparison;

        if (length == 0 || !*p)
                return -EINVAL;
        comparison = comparison_take(&p, false, COMPARE_STRING_EQUAL);
        if (!*p || g_ascii_isspace(*p))
                return -EINVAL;
        value = host_info_os(key);
        return comparison_test(comparison, value, p);
}

int condition_os_release(const char *expressions) {
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&expressions, WORD_RELAX, word, NULL, &why)) > 0) {
                r = test_os_release(word->str);
                if (r <= 0)
                        return r;
        }
        return r < 0 ? r : 1;
}

/* ---- resources ---- */

static uint64_t memory_limit(void) {
        g_autofree char *text = condition_read("/sys/fs/cgroup/memory.max");
        uint64_t limit;

        return text && parse_unsigned(text, UINT64_MAX, &limit) >= 0 ? limit : UINT64_MAX;
}

static int compare_number(Comparison comparison, uint64_t left, uint64_t right) {
        return comparison_holds(comparison, (left > right) - (left < right));
}

int condition_memory(const char *size) {
        Comparison comparison = comparison_take(&size, true, COMPARE_GREATER_OR_EQUAL);
        uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
        uint64_t wanted;

        size += strspn(size, " \t");
        if (parse_size(size, &wanted) < 0)
                return -EINVAL;
        return compare_number(comparison, MIN(memory, memory_limit()), wanted);
}

int condition_cpus(const char *number) {
        Comparison comparison = comparison_take(&number, true, COMPARE_GREATER_OR_EQUAL);
        uint64_t wanted;
        size_t cpus = 1024;
        int count = -1;

        number += strspn(number, " \t");
        if (parse_unsigned(number, UINT_MAX, &wanted) < 0)
                return -EINVAL;
        /* The kernel's mask may be longer than that of the library. */
        for (; count < 0 && cpus <= 1024 * 1024; cpus *= 2) {
                cpu_set_t *set = CPU_ALLOC(cpus);
                size_t bytes = CPU_ALLOC_SIZE(cpus);

                if (set && sched_getaffinity(0, bytes, set) >= 0)
                        count = CPU_COUNT_S(bytes, set);
                CPU_FREE(set);
        }
        return count < 0 ? -EIO : compare_number(comparison, (uint64_t)count, wanted);
}

/* "full avg10=0.00 avg60=0.00 avg300=0.00 total=0", in hundredths of a percent. */
static int pressure_average(const char *text, const char *line, const char *average) {
        const char *begin = strstr(text, line), *end, *found;
        g_autofree char *part = NULL;

        if (!begin || (begin != text && begin[-1] != '\n'))
                return -ENODATA;
        end = strchr(begin, '\n');
        part = end ? g_strndup(begin, (gsize)(end - begin)) : g_strdup(begin);
        found = strstr(part, average);
        if (!found)
                return -ENODATA;
        return (int)(g_ascii_strtod(found + strlen(average), NULL) * 100 + 0.5);
}

/* "10%", "10%/1min". Returns: 0 or -EINVAL. */
static int parse_threshold(const char *text, int *ret_percent, const char **ret_average) {
        static const struct {
                const char *span, *average;
        } averages[] = { { "10sec", "avg10=" }, { "1min", "avg60=" }, { "5min", "avg300=" } };
        g_autofree char *number = g_strndup(text, strcspn(text, "%"));
        g_auto(GStrv) parts = g_strsplit(number, ".", 2);
        const char *rest = text + strlen(number);
        uint64_t whole, hundredths = 0;

        if (!*number || *rest != '%' || parse_unsigned(g_strstrip(parts[0]), 100, &whole) < 0)
                return -EINVAL;
        if (parts[1] && (strlen(parts[1]) > 2 || parse_unsigned(parts[1], 99, &hundredths) < 0))
                return -EINVAL;
        if (parts[1] && !parts[1][1])
                hundredths *= 10;
        *ret_percent = (int)(whole * 100 + hundredths);
        *ret_average = averages[2].average;
        rest += 1 + strspn(rest + 1, " \t");
        if (!*rest)
                return 0;
        if (*rest != '/')
                return -EINVAL;
        rest += 1 + strspn(rest + 1, " \t");
        for (size_t i = 0; i < ARRAY_SIZE(averages); i++)
                if (!strcmp(rest, averages[i].span)) {
                        *ret_average = averages[i].average;
                        return 0;
                }
        return -EINVAL;
}

/* "a-b.slice" is in "a.slice". */
static char *slice_path(const char *slice) {
        g_autoptr(GString) path = g_string_new("/sys/fs/cgroup");

        if (!strcmp(slice, "-.slice"))
                return g_strdup(path->str);
        for (const char *dash = strchr(slice, '-'); dash; dash = strchr(dash + 1, '-'))
                g_string_append_printf(path, "/%.*s.slice", (int)(dash - slice), slice);
        return g_strdup_printf("%s/%s", path->str, slice);
}

/* "SLICE:THRESHOLD". Returns: the threshold, or NULL if what stands before it is no slice. */
static const char *take_slice(const char *text, char **ret_slice) {
        const char *colon = strchr(text, ':');
        g_autofree char *slice = NULL;

        *ret_slice = NULL;
        if (!colon)
                return text;
        slice = g_strndup(text, (gsize)(colon - text));
        if (!g_str_has_suffix(slice, ".slice") || !unit_name_is_foreign(slice))
                return NULL;
        *ret_slice = g_steal_pointer(&slice);
        return colon + 1 + strspn(colon + 1, " \t");
}

bool condition_pressure_is_valid(const char *threshold) {
        g_autofree char *slice = NULL;
        const char *average;
        int limit;

        threshold = take_slice(threshold, &slice);
        return threshold && parse_threshold(threshold, &limit, &average) >= 0;
}

static int test_pressure(const char *threshold, const char *resource) {
        g_autofree char *slice = NULL, *folder = NULL, *file = NULL, *text = NULL;
        const char *average;
        int limit, pressure;

        threshold = take_slice(threshold, &slice);
        if (!threshold || parse_threshold(threshold, &limit, &average) < 0)
                return -EINVAL;
        folder = slice ? slice_path(slice) : NULL;
        file = slice ? g_strdup_printf("%s/%s.pressure", folder, resource)
                     : g_strdup_printf("/proc/pressure/%s", resource);
        text = condition_read(file);
        /* A kernel or a cgroup that isn't measured is under no pressure. */
        if (!text)
                return 1;
        /* Of a CPU there always is somebody who doesn't wait. */
        pressure = !strcmp(resource, "cpu") ? -ENODATA : pressure_average(text, "full ", average);
        if (pressure < 0)
                pressure = pressure_average(text, "some ", average);
        return pressure < 0 ? 1 : pressure <= limit;
}

int condition_memory_pressure(const char *threshold) {
        return test_pressure(threshold, "memory");
}

int condition_cpu_pressure(const char *threshold) {
        return test_pressure(threshold, "cpu");
}

int condition_io_pressure(const char *threshold) {
        return test_pressure(threshold, "io");
}

/* ---- cgroups, capabilities, security ---- */

static bool strv_has(const char *text, const char *word) {
        g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t\n", -1);

        return g_strv_contains((const gchar *const *)words, word);
}

/* Whether it has a hierarchy of its own that the manager may use, as systemd sees it: an ordinary
 * user has none. */
static bool v1_has_controller(const char *name) {
        static const char *const known[] = { "cpu",     "cpuacct", "blkio", "memory",
                                             "devices", "pids",    NULL };
        g_autofree char *processes = g_strdup_printf("/sys/fs/cgroup/%s/cgroup.procs", name);

        return g_strv_contains(known, name) &&
               faccessat(AT_FDCWD, processes, W_OK, AT_EACCESS) == 0;
}

int condition_control_group_controller(const char *controllers) {
        static const char *const known[] = { "cpu",    "cpuacct", "cpuset", "io", "blkio",
                                             "memory", "devices", "pids",   NULL };
        g_autofree char *v2 = condition_read("/sys/fs/cgroup/cgroup.controllers");
        g_auto(GStrv) words = g_strsplit_set(controllers, " \t", -1);

        if (!strcmp(controllers, "v1") || !strcmp(controllers, "v2"))
                return (v2 != NULL) == (controllers[1] == '2');
        for (char **word = words; *word; word++) {
                bool has;

                if (!g_strv_contains(known, *word))
                        continue;
                has = v2 ? strv_has(v2, *word) || !strcmp(*word, "cpuacct") ||
                                      !strcmp(*word, "devices")
                         : v1_has_controller(*word);
                if (!has)
                        return 0;
        }
        return 1;
}

int condition_capability(const char *name) {
        g_autofree char *status = condition_read("/proc/self/status");
        const char *line = status ? strstr(status, "\nCapBnd:") : NULL;
        uint64_t number, bounding;
        int capability;

        if (!line)
                return -EIO;
        bounding = g_ascii_strtoull(line + strlen("\nCapBnd:"), NULL, 16);
        if (parse_unsigned(name, 63, &number) >= 0)
                return bounding >> number & 1;
        capability = parse_capability(name);
        return capability < 0 ? capability : (int)(bounding >> capability & 1);
}

static bool audit_is_used(void) {
        _cleanup_fd_ int fd =
                socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

        return fd >= 0;
}

static bool apparmor_is_used(void) {
        g_autofree char *enabled = condition_read("/sys/module/apparmor/parameters/enabled");

        return enabled && enabled[0] == 'Y';
}

/* Four bytes of attributes, then the value. */
static bool secure_boot_is_on(void) {
        g_autofree char *value = NULL;
        gsize length;

        return g_file_get_contents("/sys/firmware/efi/efivars/"
                                   "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                                   &value, &length, NULL) &&
               length == 5 && value[4] == 1;
}

static bool tpm2_is_there(void) {
        return condition_directory_not_empty("/sys/class/tpmrm") ||
               (condition_path_exists("/sys/firmware/efi") &&
                condition_path_exists("/sys/firmware/acpi/tables/TPM2"));
}

int condition_security(const char *technology) {
        static const struct {
                const char *name, *path;
                bool (*is_used)(void);
        } technologies[] = {
                { "selinux", "/sys/fs/selinux/enforce", NULL },
                { "smack", "/sys/fs/smackfs", NULL },
                { "apparmor", NULL, apparmor_is_used },
                { "tomoyo", "/sys/kernel/security/tomoyo", NULL },
                { "ima", "/sys/kernel/security/ima", NULL },
                { "audit", NULL, audit_is_used },
                { "uefi-secureboot", NULL, secure_boot_is_on },
                { "tpm2", NULL, tpm2_is_there },
        };

        for (size_t i = 0; i < ARRAY_SIZE(technologies); i++)
                if (!strcmp(technology, technologies[i].name))
                        return technologies[i].path ? condition_path_exists(technologies[i].path)
                                                    : technologies[i].is_used();
        /* As there is no such technology, it isn't used. */
        return 0;
}
