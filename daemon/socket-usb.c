/* SPDX-License-Identifier: MIT */
/* USB functions. functionfs makes plain files, whose writes and opens don't wait for a host. */
#include "socket-usb.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directive.h"
#include "fd.h"

#define CONTROL_ENDPOINT "ep0"

/* What a function says about itself fits into a page or two. */
#define DESCRIPTION_MAX 65536

static int open_endpoint(int folder_fd, const char *name) {
        struct stat st;
        _cleanup_fd_ int fd =
                openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        return TAKE_FD(fd);
}

/* ---- descriptors and strings ---- */

static int read_description(const char *path, char *buffer, size_t *ret_length) {
        struct stat st;
        _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        ssize_t length = read(fd, buffer, DESCRIPTION_MAX);
        if (length < 0)
                return -errno;
        if (length == DESCRIPTION_MAX)
                return -EFBIG;
        *ret_length = (size_t)length;
        return 0;
}

/* In one write: the kernel takes it whole or not at all. */
static int write_description(int fd, const UnitSettings *service, const char *property) {
        char *const *path = settings_given(service, property);
        g_autofree char *buffer = g_malloc(DESCRIPTION_MAX);
        size_t length = 0;
        if (!path || !*path)
                return -EINVAL;
        int r = read_description(*path, buffer, &length);
        if (r < 0)
                return r;
        ssize_t written = write(fd, buffer, length);
        return written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
}

static int describe(int fd, const UnitSettings *service, const char **ret_step) {
        *ret_step = "USBFunctionDescriptors";
        int r = write_description(fd, service, *ret_step);
        if (r < 0)
                return r;
        *ret_step = "USBFunctionStrings";
        return write_description(fd, service, *ret_step);
}

/* ---- the other endpoints ---- */

static gint compare_names(gconstpointer a, gconstpointer b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_endpoints(int folder_fd) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        DIR *dir = fdopendir(openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!dir)
                return names;
        for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
                if (entry->d_name[0] != '.' && strcmp(entry->d_name, CONTROL_ENDPOINT) != 0)
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        closedir(dir);
        g_ptr_array_sort(names, compare_names);
        return names;
}

static void close_endpoint(gpointer fd) {
        fd_close(GPOINTER_TO_INT(fd));
}

static int open_endpoints(int folder_fd, GPtrArray **ret) {
        g_autoptr(GPtrArray) names = list_endpoints(folder_fd);
        g_autoptr(GPtrArray) endpoints = g_ptr_array_new_with_free_func(close_endpoint);
        for (guint i = 0; i < names->len; i++) {
                int fd = open_endpoint(folder_fd, names->pdata[i]);
                if (fd < 0)
                        return fd;
                g_ptr_array_add(endpoints, GINT_TO_POINTER(fd));
        }
        g_ptr_array_set_free_func(endpoints, NULL); /* they are the caller's now */
        *ret = g_steal_pointer(&endpoints);
        return 0;
}

int socket_usb_open(const Address *address, const UnitSettings *service, GPtrArray **ret_endpoints,
                    const char **ret_step) {
        *ret_step = "open";
        _cleanup_fd_ int folder = open(address->text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
                return -errno;
        _cleanup_fd_ int fd = open_endpoint(folder, CONTROL_ENDPOINT);
        if (fd < 0)
                return fd;
        int r = describe(fd, service, ret_step);
        if (r < 0)
                return r;
        *ret_step = "open endpoints of";
        r = open_endpoints(folder, ret_endpoints);
        return r < 0 ? r : TAKE_FD(fd);
}
