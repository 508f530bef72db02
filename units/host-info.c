/* SPDX-License-Identifier: MIT */
/* The machine and its operating system. */
#include "host-info.h"

#include <string.h>
#include <sys/utsname.h>

#include "macros.h"

/* "KEY=value", the value quoted as a shell would. Returns: NULL where the line is another's. */
static char *field_of_line(const char *line, const char *field) {
        size_t length = strlen(field);
        const char *value = line + length + 1;
        char *unquoted;

        if (!g_str_has_prefix(line, field) || line[length] != '=')
                return NULL;
        unquoted = g_shell_unquote(value, NULL);
        return unquoted ? unquoted : g_strdup(value);
}

char *host_info_field(const char *const *files, const char *field) {
        g_autofree char *content = NULL;
        g_auto(GStrv) lines = NULL;

        while (*files && !g_file_get_contents(*files, &content, NULL, NULL))
                files++;
        lines = g_strsplit(content ? content : "", "\n", -1);
        for (char **line = lines; *line; line++) {
                char *value = field_of_line(g_strstrip(*line), field);

                if (value)
                        return value;
        }
        return g_strdup("");
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

/* The kernel's name, and systemd's. */
static const char *const architectures[][2] = {
        { "aarch64", "arm64" },     { "aarch64_be", "arm64-be" },
        { "alpha", "alpha" },       { "armv5tel", "arm" },
        { "armv6l", "arm" },        { "armv7l", "arm" },
        { "armv7b", "arm-be" },     { "armv8l", "arm" },
        { "i386", "x86" },          { "i486", "x86" },
        { "i586", "x86" },          { "i686", "x86" },
        { "ia64", "ia64" },         { "loongarch64", "loongarch64" },
        { "m68k", "m68k" },         { "mips", "mips" },
        { "mips64", "mips64" },     { "parisc", "parisc" },
        { "parisc64", "parisc64" }, { "ppc", "ppc" },
        { "ppc64", "ppc64" },       { "ppc64le", "ppc64-le" },
        { "ppcle", "ppc-le" },      { "riscv32", "riscv32" },
        { "riscv64", "riscv64" },   { "s390", "s390" },
        { "s390x", "s390x" },       { "sparc", "sparc" },
        { "sparc64", "sparc64" },   { "x86_64", "x86-64" },
};

char *host_info_architecture(void) {
        struct utsname name;

        if (uname(&name) < 0)
                return NULL;
        for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
                if (!strcmp(architectures[i][0], name.machine))
                        return g_strdup(architectures[i][1]);
        return NULL;
}
