/* SPDX-License-Identifier: MIT */
/* The manager's own life: its folder, its lock, and all that the units share. */
#include "manager.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus.h"
#include "cgroup.h"
#include "dependencies.h"
#include "fd.h"
#include "job-queue.h"
#include "log.h"
#include "manager-internal.h"
#include "notify.h"
#include "orphan.h"
#include "providers.h"
#include "recipient.h"
#include "service.h"
#include "spawn-spare.h"
#include "transport-kernel.h"
#include "transport.h"

/* What an address of a socket holds, without the longest name in there and the NUL. */
#define RUNTIME_DIRECTORY_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/notify"))

static char *default_runtime_directory(bool user_mode) {
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        if (!user_mode)
                return g_strdup("/run/bellhop");
        return runtime && *runtime == '/' ? g_build_filename(runtime, "bellhop", NULL) : NULL;
}

/* Whoever may replace the sockets in it answers services and bellhopctl instead of us. */
static void manager_look_at_folder(const Manager *manager) {
        const char *folder = manager->runtime_directory;
        struct stat st;
        if (stat(folder, &st) < 0)
                return;
        if (st.st_uid != geteuid() && st.st_uid != 0)
                log_warning(NULL, "%s belongs to uid %u, who can replace what is in it", folder,
                            st.st_uid);
        else if (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX))
                log_warning(NULL, "%s has mode %04o: others can replace what is in it", folder,
                            st.st_mode & 07777);
}

static int manager_make_folder(Manager *manager, const ManagerOptions *options) {
        g_autofree char *folder = options->runtime_directory
                                          ? g_strdup(options->runtime_directory)
                                          : default_runtime_directory(options->user_mode);
        if (!folder) {
                log_error(NULL, "XDG_RUNTIME_DIR is not set: use --runtime-directory=DIR");
                return -ENOENT;
        }
        manager->runtime_directory = g_canonicalize_filename(folder, NULL);
        if (strlen(manager->runtime_directory) > RUNTIME_DIRECTORY_MAX) {
                log_error(NULL,
                          "%s: more than %zu bytes, too long for the sockets in it: use another "
                          "--runtime-directory=",
                          manager->runtime_directory, RUNTIME_DIRECTORY_MAX);
                return -ENAMETOOLONG;
        }
        if (g_mkdir_with_parents(manager->runtime_directory, 0755) < 0) {
                log_error(NULL, "mkdir %s: %s", manager->runtime_directory, g_strerror(errno));
                return -errno;
        }
        manager_look_at_folder(manager);
        return 0;
}

/* One manager per folder: two would take each other's sockets away. */
static int manager_lock(Manager *manager) {
        g_autofree char *path = g_build_filename(manager->runtime_directory, "lock", NULL);
        manager->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (manager->lock_fd < 0) {
                log_error(NULL, "open %s: %s", path, g_strerror(errno));
                return -errno;
        }
        if (flock(manager->lock_fd, LOCK_EX | LOCK_NB) < 0) {
                int error = errno;
                log_error(NULL, "%s is locked: %s", path,
                          error == EWOULDBLOCK ? "another bellhopd runs there, use another "
                                                 "--runtime-directory="
                                               : g_strerror(error));
                return -error;
        }
        return 0;
}

static void manager_make_tables(Manager *manager) {
        manager->units = g_hash_table_new(g_str_hash, g_str_equal);
        manager->broken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        manager->warned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        manager->providers = providers_new();
        manager->dependencies = dependencies_new();
        manager->unloads = g_hash_table_new(NULL, NULL);
        manager->recipients = g_hash_table_new(NULL, NULL);
        manager->commands = g_hash_table_new(NULL, NULL);
        manager->orphans = orphans_new();
}

static int make_jobs(Manager *manager) {
        return job_queue_new(manager, &manager->jobs);
}

static int make_transport(Manager *manager) {
        return transport_socket_new(manager, &manager->transport);
}

static int make_kernel_transport(Manager *manager) {
        int r = transport_kernel_new(manager, &manager->kernel_transport);
        if (r >= 0)
                log_info(NULL, "this kernel has sendfd(): items travel with their signals");
        return r == -ENOSYS ? 0 : r;
}

static int make_notify(Manager *manager) {
        return notify_socket_new(manager, &manager->notify);
}

static int make_cgroups(Manager *manager) {
        int r = cgroup_tree_new(manager->event, manager->runtime_directory, &manager->cgroups);
        if (r < 0) {
                log_info(NULL, "no cgroups here (%s): services are tracked by descent",
                         g_strerror(-r));
                spawn_spare_keep(true);
        }
        return 0;
}

static int make_bus(Manager *manager) {
        return bus_new(manager, &manager->bus);
}

static int manager_make_parts(Manager *manager) {
        static const struct {
                const char *what;
                int (*make)(Manager *manager);
        } parts[] = {
                { "job queue", make_jobs },         { "unload source", manager_add_unload_source },
                { "claim socket", make_transport }, { "sendfd()", make_kernel_transport },
                { "notify socket", make_notify },   { "child source", service_reap_orphans },
                { "cgroups", make_cgroups },        { "control bus", make_bus },
        };
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
                int r = parts[i].make(manager);
                if (r < 0) {
                        log_error(NULL, "%s: %s", parts[i].what, g_strerror(-r));
                        return r;
                }
        }
        return 0;
}

int manager_new(const ManagerOptions *options, Manager **ret) {
        _cleanup_(manager_free_cleanup) Manager *manager = g_new0(Manager, 1);
        manager->user_mode = options->user_mode;
        manager->lock_fd = -EBADF;
        manager->ready_fd = options->ready_fd;
        manager_make_tables(manager);
        int r = manager_make_folder(manager, options);
        if (r < 0)
                return r;
        r = manager_lock(manager);
        if (r < 0)
                return r;
        r = sd_event_new(&manager->event);
        if (r < 0) {
                log_error(NULL, "event loop: %s", g_strerror(-r));
                return r;
        }
        manager->unit_path = unit_path_new(options->user_mode, options->unit_path);
        r = manager_make_parts(manager);
        if (r < 0)
                return r;
        *ret = TAKE_POINTER(manager);
        return 0;
}

static void manager_cancel_jobs(Manager *manager) {
        g_autoptr(GPtrArray) units = manager_all_units(manager);
        for (guint i = 0; i < units->len; i++)
                job_cancel(units->pdata[i]);
        manager->jobs = job_queue_free(manager->jobs);
}

static void manager_free_units(Manager *manager) {
        GHashTableIter iterator;
        gpointer unit;
        g_hash_table_iter_init(&iterator, manager->units);
        while (g_hash_table_iter_next(&iterator, NULL, &unit)) {
                g_hash_table_iter_steal(&iterator);
                unit_free(unit);
        }
}

Manager *manager_free(Manager *manager) {
        if (!manager)
                return NULL;
        manager->shutting_down = true;
        manager_cancel_jobs(manager);
        bus_close(manager->bus);
        while (manager->visitors) /* each takes itself off the list */
                recipient_free(manager->visitors->data);
        manager_free_units(manager);
        spawn_spare_keep(false);
        notify_socket_free(manager->notify);
        sd_event_source_disable_unref(manager->trace_pause);
        orphans_free(manager->orphans);
        transport_free(manager->kernel_transport);
        transport_free(manager->transport);
        cgroup_tree_free(manager->cgroups);
        sd_event_source_disable_unref(manager->unload_source);
        g_hash_table_unref(manager->units);
        g_hash_table_unref(manager->broken);
        g_hash_table_unref(manager->warned);
        g_hash_table_unref(manager->unloads);
        g_hash_table_unref(manager->recipients);
        g_hash_table_unref(manager->commands);
        providers_free(manager->providers);
        dependencies_free(manager->dependencies);
        unit_path_free(manager->unit_path);
        /* Who has asked for the end sees it when another manager can take this one's place. */
        fd_close(manager->lock_fd);
        bus_free(manager->bus);
        sd_event_unref(manager->event);
        fd_close(manager->ready_fd);
        g_free(manager->runtime_directory);
        g_free(manager);
        return NULL;
}
