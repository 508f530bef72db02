/* SPDX-License-Identifier: MIT */
/* The machine and its operating system. */
#include "host-info.h"

#include <string.h>
#include <sys/utsname.h>

#include "condition-internal.h"
#include "macros.h"

char *host_info_field(const char *const *files, const char *field) {
        g_autofree char *text = NULL, *found = g_strdup("");
        g_auto(GStrv) lines = NULL;
        size_t length = strlen(field);

        for (; !text && *files; files++)
                text = condition_read(*files);
        lines = g_strsplit(text ? text : "", "\n", -1);
        for (char **line = lines; *line; line++) {
                const char *p = g_strstrip(*line);

                if (strncmp(p, field, length) != 0 || p[length] != '=')
                        continue;
                g_free(found);
                found = g_shell_unquote(p + length + 1, NULL);
                found = found ? found : g_strdup(p + length + 1);
        }
        return g_steal_pointer(&found);
}

char *host_info_os(const char *field) {
        static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release", NULL };

        return host_info_field(files, field);
}

char *host_info_pretty_name(void) {
        static const char *const files[] = { "/etc/machine-info", NULL };
        char *pretty = host_info_field(files, "PRETTY_HOSTNAME");
        struct utsname name;

        if (pretty[0])
                return pretty;
        g_free(pretty);
        return uname(&name) < 0 ? NULL : g_strdup(name.nodename);
}

/* What uname(2) says, and systemd; "arm64" and such are the same. */
static const char *const architectures[][2] = {
        { "x86_64", "x86-64" },
        { "x86", "x86" },
        { "i386", "x86" },
        { "i486", "x86" },
        { "i586", "x86" },
        { "i686", "x86" },
        { "aarch64", "arm64" },
        { "aarch64_be", "arm64-be" },
        { "armv4l", "arm" },
        { "armv4b", "arm-be" },
        { "armv4tl", "arm" },
        { "armv4tb", "arm-be" },
        { "armv5tl", "arm" },
        { "armv5tb", "arm-be" },
        { "armv5tel", "arm" },
        { "armv5teb", "arm-be" },
        { "armv5tejl", "arm" },
        { "armv5tejb", "arm-be" },
        { "armv6l", "arm" },
        { "armv6b", "arm-be" },
        { "armv7l", "arm" },
        { "armv7b", "arm-be" },
        { "armv7ml", "arm" },
        { "armv7mb", "arm-be" },
        { "armv8l", "arm" },
        { "armv8b", "arm-be" },
        { "ppc", "ppc" },
        { "ppcle", "ppc-le" },
        { "ppc64", "ppc64" },
        { "ppc64le", "ppc64-le" },
        { "riscv32", "riscv32" },
        { "riscv64", "riscv64" },
        { "s390", "s390" },
        { "s390x", "s390x" },
        { "loongarch64", "loongarch64" },
        { "mips", "mips" },
        { "mips64", "mips64" },
        { "sparc", "sparc" },
        { "sparc64", "sparc64" },
        { "alpha", "alpha" },
        { "ia64", "ia64" },
        { "parisc", "parisc" },
        { "parisc64", "parisc64" },
        { "sh3", "sh" },
        { "sh4", "sh" },
        { "sh5", "sh64" },
        { "m68k", "m68k" },
        { "crisv32", "cris" },
        { "arc", "arc" },
        { "arceb", "arc-be" },
        { "tilegx", "tilegx" },
};

const char *host_info_architecture_of(const char *machine) {
        for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
                if (!strcmp(architectures[i][0], machine))
                        return architectures[i][1];
        return NULL;
}

char *host_info_architecture(void) {
        struct utsname name;

        return uname(&name) < 0 ? NULL : g_strdup(host_info_architecture_of(name.machine));
}
