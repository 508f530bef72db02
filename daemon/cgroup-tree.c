/* SPDX-License-Identifier: MIT */
/* Finds the cgroup v2 hierarchy and the manager's own place in it. */
#include "cgroup-tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"

int cgroup_of_process(pid_t pid, char **ret) {
        g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", (int)pid);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(file, &text, NULL, NULL))
                return -ESRCH;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, "0::/")) {
                        *ret = g_strdup(*line + strlen("0::"));
                        return 0;
                }
        return -EOPNOTSUPP;
}

/* "36 35 0:30 ROOT MOUNTPOINT options ... - cgroup2 ..." (proc(5)). */
static int mount_find(char **ret_root, char **ret_mount_point) {
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents("/proc/self/mountinfo", &text, NULL, NULL))
                return -EOPNOTSUPP;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = NULL;

                if (!strstr(*line, " - cgroup2 "))
                        continue;
                fields = g_strsplit(*line, " ", 6);
                if (g_strv_length(fields) < 6)
                        continue;
                *ret_root = g_strdup(fields[3]);
                *ret_mount_point = g_strcompress(fields[4]); /* \040 is a space */
                return 0;
        }
        return -EOPNOTSUPP;
}

/* The manager's own cgroup, in the file system. A mount may show only a part of the hierarchy. */
static int own_folder(char **ret_folder, char **ret_path) {
        g_autofree char *root = NULL, *mount_point = NULL, *path = NULL;
        const char *below;
        int r;

        r = mount_find(&root, &mount_point);
        if (r < 0)
                return r;
        r = cgroup_of_process(getpid(), &path);
        if (r < 0)
                return r;

        below = strcmp(root, "/") == 0 ? path : path + strlen(root);
        if (strcmp(root, "/") != 0 && !g_str_has_prefix(path, root))
                return -EOPNOTSUPP;
        if (strcmp(below, "/") == 0)
                below = "";
        *ret_folder = g_strconcat(mount_point, below, NULL);
        *ret_path = strcmp(path, "/") == 0 ? g_strdup("") : g_steal_pointer(&path);
        return 0;
}

/* "/run/bellhop" -> "bellhop-run-bellhop" */
static char *tree_name(const char *runtime_directory) {
        char *name =
                g_strconcat("bellhop-", runtime_directory + strspn(runtime_directory, "/"), NULL);

        return g_strdelimit(name, "/", '-');
}

/* To move a process from our cgroup to one below takes the right to write to both and to ours. */
static int folder_make(const char *own, const char *folder) {
        g_autofree char *procs = g_build_filename(own, "cgroup.procs", NULL);

        if (faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) < 0)
                return -errno;
        cgroup_folder_remove(folder); /* what a manager that was killed has left */
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

static void folder_remove(const char *folder, unsigned int depth) {
        const char *name;
        GDir *dir;

        if (rmdir(folder) == 0 || errno != EBUSY || depth >= CGROUP_DEPTH_MAX)
                return;
        dir = g_dir_open(folder, 0, NULL);
        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(folder, name, NULL);

                if (g_file_test(child, G_FILE_TEST_IS_DIR))
                        folder_remove(child, depth + 1);
        }
        g_clear_pointer(&dir, g_dir_close);
        (void)rmdir(folder);
}

void cgroup_folder_remove(const char *folder) {
        folder_remove(folder, 0);
}

/* ---- controllers ---- */

static const char *const controllers[CGROUP_CONTROLLER_COUNT] = {
        [CGROUP_CPU] = "cpu",       [CGROUP_CPUSET] = "cpuset", [CGROUP_IO] = "io",
        [CGROUP_MEMORY] = "memory", [CGROUP_PIDS] = "pids",
};

const char *cgroup_controller_to_string(CgroupController controller) {
        return controllers[controller];
}

static bool controller_is_there(const char *folder, CgroupController controller) {
        g_autofree char *path = g_build_filename(folder, "cgroup.controllers", NULL);
        g_autofree char *text = NULL;
        g_auto(GStrv) words = NULL;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return false;
        words = g_strsplit(g_strchomp(text), " ", -1);
        return g_strv_contains((const char *const *)words, controllers[controller]);
}

static int folder_write(const char *folder, const char *file, const char *text) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        _cleanup_fd_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int folder_control(const char *folder, char sign, CgroupController controller) {
        char text[16];

        (void)snprintf(text, sizeof(text), "%c%s", sign, controllers[controller]);
        return folder_write(folder, "cgroup.subtree_control", text);
}

static bool folder_is_ours_alone(const char *folder) {
        g_autofree char *path = g_build_filename(folder, "cgroup.procs", NULL);
        g_autofree char *text = NULL, *own = g_strdup_printf("%d\n", (int)getpid());

        return g_file_get_contents(path, &text, NULL, NULL) && strcmp(text, own) == 0;
}

/* The root of all may have both processes and controllers; it alone has no type. */
static bool folder_is_root(const char *folder) {
        g_autofree char *type = g_build_filename(folder, "cgroup.type", NULL);

        return access(type, F_OK) < 0;
}

/* With processes in it our own cgroup would refuse some controllers, and take others in a way that
 * makes those below it useless. */
static int tree_step_aside(CgroupTree *tree) {
        g_autofree char *aside = g_strconcat(tree->folder, ".manager", NULL);
        int r;

        if (tree->aside || folder_is_root(tree->own))
                return 0;
        if (!folder_is_ours_alone(tree->own))
                return -EBUSY;
        if (mkdir(aside, 0755) < 0 && errno != EEXIST)
                return -errno;
        r = folder_write(aside, "cgroup.procs", "0");
        if (r < 0) {
                (void)rmdir(aside);
                return r;
        }
        tree->aside = g_steal_pointer(&aside);
        return 0;
}

static void tree_step_back(CgroupTree *tree) {
        if (!tree->aside)
                return;
        for (int i = 0; i < CGROUP_CONTROLLER_COUNT; i++)
                if (tree->enabled & 1U << i)
                        (void)folder_control(tree->own, '-', (CgroupController)i);
        if (folder_write(tree->own, "cgroup.procs", "0") >= 0)
                (void)rmdir(tree->aside);
}

int cgroup_tree_enable(CgroupTree *tree, CgroupController controller) {
        int r;

        if (tree->enabled & 1U << controller)
                return 0;
        if (!controller_is_there(tree->own, controller))
                return -EOPNOTSUPP;
        r = tree_step_aside(tree);
        if (r >= 0)
                r = folder_control(tree->own, '+', controller);
        if (r >= 0)
                r = folder_control(tree->folder, '+', controller);
        if (r < 0)
                return r;
        tree->enabled |= 1U << controller;
        return 0;
}

int cgroup_tree_new(sd_event *event, const char *runtime_directory, CgroupTree **ret) {
        g_autofree char *own = NULL, *path = NULL, *name = tree_name(runtime_directory);
        g_autofree char *folder = NULL;
        CgroupTree *tree;
        int r;

        r = own_folder(&own, &path);
        if (r < 0)
                return r;
        folder = g_build_filename(own, name, NULL);
        r = folder_make(own, folder);
        if (r < 0)
                return r;

        tree = g_new(CgroupTree, 1);
        *tree = (CgroupTree){ .event = sd_event_ref(event),
                              .own = g_steal_pointer(&own),
                              .folder = g_steal_pointer(&folder),
                              .path = g_strdup_printf("%s/%s", path, name) };
        *ret = tree;
        return 0;
}

CgroupTree *cgroup_tree_free(CgroupTree *tree) {
        if (!tree)
                return NULL;

        cgroup_folder_remove(tree->folder);
        tree_step_back(tree);
        sd_event_unref(tree->event);
        g_free(tree->own);
        g_free(tree->aside);
        g_free(tree->folder);
        g_free(tree->path);
        g_free(tree);
        return NULL;
}
