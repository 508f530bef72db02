/* SPDX-License-Identifier: MIT */
/* What the tests of conditions read: small files, the kernel's command line. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "condition-internal.h"
#include "fd.h"
#include "value.h"
#include "word.h"

#define FILE_MAX (64 * 1024)

/* A file of the system's: regular, or made up by the kernel. Never waits for a writer. */
char *condition_read(const char *path) {
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        g_autofree char *buffer = NULL;
        size_t length = 0;
        struct stat st;
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return NULL;
        buffer = g_malloc(FILE_MAX + 1);
        while (length < FILE_MAX && (n = read(fd, buffer + length, FILE_MAX - length)) > 0)
                length += (size_t)n;
        /* Arguments of a process end with a NUL each. */
        for (size_t i = 0; i < length; i++)
                if (buffer[i] == '\0')
                        buffer[i] = ' ';
        buffer[length] = '\0';
        return g_strdup(g_strchomp(buffer));
}

char *condition_read_named(const char *format, const char *name) {
        g_auto(GStrv) parts = g_strsplit(format, "%s", -1);
        g_autofree char *path = g_strjoinv(name, parts);

        if (!*name || strchr(name, '/') || name[0] == '.')
                return NULL;
        return condition_read(path);
}

GStrv condition_command_line(void) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        g_autoptr(GString) word = g_string_new(NULL);
        g_autofree char *text = NULL;
        const char *p, *why;
        bool vm = true;

        /* Of a container, that of its host means nothing. */
        if (virtualization_detect(&vm)[0] && !vm)
                text = condition_read("/proc/1/cmdline");
        if (!text)
                text = condition_read("/proc/cmdline");
        p = text ? text : "";
        while (word_next(&p, WORD_RETAIN, word, NULL, &why) > 0)
                g_ptr_array_add(words, g_strdup(word->str));
        g_ptr_array_add(words, NULL);
        return (GStrv)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

int condition_command_line_boolean(const char *option) {
        g_auto(GStrv) words = condition_command_line();
        size_t length = strlen(option);
        int found = -ENOENT;

        for (char **word = words; *word; word++)
                if (!strcmp(*word, option))
                        found = 1;
                else if (!strncmp(*word, option, length) && (*word)[length] == '=')
                        found = parse_boolean(*word + length + 1);
        return found < 0 ? -ENOENT : found;
}
