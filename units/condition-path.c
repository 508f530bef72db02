/* SPDX-License-Identifier: MIT */
/* Conditions about paths. Nothing is opened but folders; attributes of a network file system are
 * taken as they are known, and no automount is set off. */
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <dirent.h>

#include "condition-internal.h"
#include "fd.h"
#include "host-info.h"

/* How deep devices may be stacked on each other. */
#define DEVICE_DEPTH_MAX 10

static int path_look(const char *path, int flags, struct statx *ret) {
        if (statx(AT_FDCWD, path, flags | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_BASIC_STATS,
                  ret) < 0)
                return -errno;
        return 0;
}

static bool path_is_of_type(const char *path, int flags, mode_t type) {
        struct statx st;

        return path_look(path, flags, &st) >= 0 && (st.stx_mode & S_IFMT) == type;
}

int condition_path_exists(const char *path) {
        struct statx st;

        return path_look(path, 0, &st) >= 0;
}

int condition_path_exists_glob(const char *pattern) {
        glob_t found = { 0 };
        int r = glob(pattern, GLOB_NOSORT | GLOB_BRACE, NULL, &found);

        globfree(&found);
        return r == 0;
}

int condition_path_is_directory(const char *path) {
        return path_is_of_type(path, 0, S_IFDIR);
}

int condition_path_is_socket(const char *path) {
        return path_is_of_type(path, 0, S_IFSOCK);
}

int condition_path_is_symbolic_link(const char *path) {
        return path_is_of_type(path, AT_SYMLINK_NOFOLLOW, S_IFLNK);
}

int condition_path_is_mount_point(const char *path) {
        struct statx st;

        if (path_look(path, 0, &st) < 0)
                return 0;
        return !strcmp(path, "/") || (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int condition_path_is_read_write(const char *path) {
        struct statvfs st;

        return statvfs(path, &st) >= 0 && !(st.f_flag & ST_RDONLY);
}

static bool path_is_read_only(const char *path) {
        struct statvfs st;

        return statvfs(path, &st) >= 0 && (st.f_flag & ST_RDONLY);
}

int condition_file_is_executable(const char *path) {
        struct statx st;

        return path_look(path, 0, &st) >= 0 && S_ISREG(st.stx_mode) && (st.stx_mode & 0111);
}

int condition_file_not_empty(const char *path) {
        struct statx st;

        return path_look(path, 0, &st) >= 0 && S_ISREG(st.stx_mode) && st.stx_size > 0;
}

int condition_directory_not_empty(const char *path) {
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
        DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;

        if (!folder)
                return 0;
        (void)TAKE_FD(fd);
        do
                entry = readdir(folder);
        while (entry && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")));
        (void)closedir(folder);
        return entry != NULL;
}

/* ---- encryption ---- */

/* Whether all that a block device stands on is dm-crypt. */
static bool device_is_encrypted(const char *folder, int depth) {
        g_autofree char *uuid_file = g_build_filename(folder, "dm", "uuid", NULL);
        g_autofree char *slaves = g_build_filename(folder, "slaves", NULL);
        g_autofree char *partition = g_build_filename(folder, "partition", NULL);
        g_autofree char *uuid = condition_read(uuid_file);
        g_autoptr(GDir) list = NULL;
        bool found = false;
        const char *name;

        if (uuid && g_str_has_prefix(uuid, "CRYPT-"))
                return true;
        if (depth == 0)
                return false;
        if (access(partition, F_OK) == 0) {
                g_autofree char *whole = g_build_filename(folder, "..", NULL);
                return device_is_encrypted(whole, depth - 1);
        }
        list = g_dir_open(slaves, 0, NULL);
        while (list && (name = g_dir_read_name(list))) {
                g_autofree char *slave = g_build_filename(slaves, name, NULL);

                if (!device_is_encrypted(slave, depth - 1))
                        return false;
                found = true;
        }
        return found;
}

int condition_path_is_encrypted(const char *path) {
        g_autofree char *folder = NULL;
        struct statx st;
        bool device;

        if (path_look(path, 0, &st) < 0)
                return 0;
        device = S_ISBLK(st.stx_mode);
        folder = g_strdup_printf("/sys/dev/block/%u:%u",
                                 device ? st.stx_rdev_major : st.stx_dev_major,
                                 device ? st.stx_rdev_minor : st.stx_dev_minor);
        return device_is_encrypted(folder, DEVICE_DEPTH_MAX);
}

/* ---- updates ---- */

/* A stamp that was written with whole seconds has the rest of the time in it. */
static int64_t stamp_nsec(const char *stamp) {
        const char *const files[] = { stamp, NULL };
        g_autofree char *text = host_info_field(files, "TIMESTAMP_NSEC");

        return *text ? g_ascii_strtoll(text, NULL, 10) : -1;
}

int condition_needs_update(const char *folder) {
        g_autofree char *stamp = g_build_filename(folder, ".updated", NULL);
        struct statx usr, updated;
        int forced = condition_command_line_boolean("systemd.condition-needs-update");

        if (forced >= 0)
                return forced;
        if (path_is_read_only(folder))
                return 0;
        if (path_look(stamp, AT_SYMLINK_NOFOLLOW, &updated) < 0 || path_look("/usr", 0, &usr) < 0)
                return 1;
        if (usr.stx_mtime.tv_sec != updated.stx_mtime.tv_sec)
                return usr.stx_mtime.tv_sec > updated.stx_mtime.tv_sec;
        if (usr.stx_mtime.tv_nsec == 0 || updated.stx_mtime.tv_nsec > 0)
                return usr.stx_mtime.tv_nsec > updated.stx_mtime.tv_nsec;
        return usr.stx_mtime.tv_sec * INT64_C(1000000000) + usr.stx_mtime.tv_nsec >
               stamp_nsec(stamp);
}
