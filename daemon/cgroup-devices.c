/* SPDX-License-Identifier: MIT */
/* Limits of single block devices: "/dev/sda 5M" as the cgroup's files have it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cgroup-limits.h"
#include "value.h"

/* A partition has no queue of its own: limits are its disk's. */
static dev_t device_whole(dev_t device) {
        g_autofree char *partition =
                g_strdup_printf("/sys/dev/block/%u:%u/partition", major(device), minor(device));
        g_autofree char *disk =
                g_strdup_printf("/sys/dev/block/%u:%u/../dev", major(device), minor(device));
        g_autofree char *text = NULL;
        unsigned int parts[2];

        if (!g_file_test(partition, G_FILE_TEST_EXISTS) ||
            !g_file_get_contents(disk, &text, NULL, NULL) ||
            sscanf(text, "%u:%u", &parts[0], &parts[1]) != 2)
                return device;
        return makedev(parts[0], parts[1]);
}

/* A block device, or the one that a file lies on. */
static int device_find(const char *path, dev_t *ret) {
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (S_ISCHR(st.st_mode))
                return -ENOTBLK;
        *ret = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
        if (major(*ret) == 0)
                return -ENODEV;
        *ret = device_whole(*ret);
        return 0;
}

/* K, M, G, T are powers of 1000 here. */
static int amount_parse(const char *text, uint64_t *ret) {
        static const char suffixes[] = "KMGT";
        g_autofree char *number = g_strdup(text);
        size_t length = strlen(number);
        const char *suffix = length > 0 ? strchr(suffixes, number[length - 1]) : NULL;
        uint64_t factor = 1;

        if (!strcmp(text, "infinity")) {
                *ret = UINT64_MAX;
                return 0;
        }
        for (const char *s = suffixes; suffix && s <= suffix; s++)
                factor *= 1000;
        if (suffix)
                number[length - 1] = '\0';
        if (parse_unsigned(number, UINT64_MAX / factor, ret) < 0)
                return parse_size(text, ret);
        *ret *= factor;
        return 0;
}

static int amount_to_string(const char *key, const char *text, char **ret) {
        uint64_t amount;
        int r = amount_parse(text, &amount);

        if (r < 0)
                return r;
        *ret = amount == UINT64_MAX ? g_strdup_printf("%s=max", key)
                                    : g_strdup_printf("%s=%" G_GUINT64_FORMAT, key, amount);
        return 0;
}

static int time_to_string(const char *key, const char *text, char **ret) {
        uint64_t usec;
        int r = parse_time_span(text, &usec);

        if (r >= 0)
                *ret = g_strdup_printf("%s=%" G_GUINT64_FORMAT, key, usec);
        return r;
}

static int weight_to_string(const char *text, char **ret) {
        *ret = g_strdup(text);
        return 0;
}

static int limit_to_string(const char *key, const char *text, char **ret) {
        if (!key)
                return weight_to_string(text, ret);
        return strcmp(key, "target") == 0 ? time_to_string(key, text, ret)
                                          : amount_to_string(key, text, ret);
}

static char *no_limit(const char *key) {
        return key ? g_strconcat(key, "=max", NULL) : g_strdup("default");
}

int cgroup_device_limit(const char *line, const char *key, bool reset, char **ret) {
        size_t length = strcspn(line, " \t");
        g_autofree char *path = g_strndup(line, length), *limit = NULL;
        const char *value = line + length + strspn(line + length, " \t");
        dev_t device;
        int r;

        r = device_find(path, &device);
        if (r >= 0 && reset)
                limit = no_limit(key);
        else if (r >= 0)
                r = limit_to_string(key, value, &limit);
        if (r < 0)
                return r;
        *ret = g_strdup_printf("%u:%u %s", major(device), minor(device), limit);
        return 0;
}
