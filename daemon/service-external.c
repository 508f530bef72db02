/* SPDX-License-Identifier: MIT */
/* The main process is another than the one that was started: PIDFile= says which it is (it is
 * followed until it appears), or there is only one left. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "directive.h"
#include "fd.h"
#include "log.h"
#include "pid-file.h"
#include "process-tree.h"
#include "ratelimit.h"
#include "service-internal.h"

/* As often a change in the folder of a PID file is looked at at once; beyond that, after a pause.
 */
#define LOOKS_PER_SEC   10
#define LOOK_PAUSE_USEC (100 * USEC_PER_MSEC)

struct PidFileWatch {
        sd_event_source *source; /* the folder of PIDFile=, or the pause until a look; or NULL */
        RateLimit limit;
        int error; /* the last that was logged */
};

static PidFileWatch *service_pid_file(Service *service) {
        if (!service->pid_file)
                service->pid_file = g_new0(PidFileWatch, 1);
        return service->pid_file;
}

void service_forget_pid_file(Service *service) {
        if (service->pid_file)
                sd_event_source_disable_unref(service->pid_file->source);
        g_clear_pointer(&service->pid_file, g_free);
}

bool service_awaits_pid_file(const Service *service) {
        return service->pid_file && service->pid_file->source;
}

bool service_may_be_main(const Service *service, pid_t pid) {
        return pid > 1 && pid != getpid() &&
               !(service->control && pid == command_pid(service->control));
}

static bool owner_is_trusted(const PidFile *file) {
        char path[64];
        struct stat st;

        if (file->owner == 0 || file->owner == geteuid())
                return true;
        /* A user may name a process of its own, not another's. */
        (void)snprintf(path, sizeof(path), "/proc/%d", (int)file->pid);
        return stat(path, &st) == 0 && st.st_uid == file->owner;
}

/* Who is named becomes a target of our signals, and gets what is to be delivered. */
static bool pid_file_is_believed(Service *service, const PidFile *file) {
        if (!service_may_be_main(service, file->pid))
                return false;
        if (service_settings(service)->service_type == SERVICE_EXTERNAL)
                return file->safe && owner_is_trusted(file);
        if (!service->cgroup)
                service_trace_update(service);
        return service_of_pid(service->unit.manager, file->pid) == &service->unit ||
               (file->safe && file->owner == 0);
}

/* Type=forking waits for a better file; Type=external for any. */
static bool error_is_passing(const Service *service, int error) {
        return service_settings(service)->service_type == SERVICE_FORKING || error == -ENOENT ||
               error == -ESRCH || error == -ENOTDIR;
}

static const char *pid_file_error(int error) {
        return error == -EPERM    ? "its owner may not name this process"
               : error == -EINVAL ? "no process id"
               : error == -EEXIST ? "it names the main process of another service"
                                  : g_strerror(-error);
}

static void service_main_found(Service *service) {
        if (service_settings(service)->service_type == SERVICE_FORKING)
                service_enter_start_post(service);
        else
                service_check_ready(service);
}

static void pid_file_look(Service *service) {
        int r;

        if (service->state != SERVICE_START) { /* it is on its way down: nobody waits for it */
                service_forget_pid_file(service);
                return;
        }
        r = service_external_look(service);
        if (r < 0) {
                service_note_result(service, SERVICE_RESULT_RESOURCES);
                service_enter_signal(service, KILL_OPERATION_TERMINATE);
        } else if (r > 0)
                service_main_found(service);
}

static int on_pause_end(sd_event_source *source, uint64_t usec, void *userdata) {
        pid_file_look(userdata);
        return 0;
}

/* Doesn't watch for a while; then it looks. */
static int pid_file_pause(Service *service) {
        PidFileWatch *watch = service_pid_file(service);

        watch->source = sd_event_source_disable_unref(watch->source);
        return sd_event_add_time_relative(service->unit.manager->event, &watch->source,
                                          CLOCK_MONOTONIC, LOOK_PAUSE_USEC, USEC_PER_MSEC,
                                          on_pause_end, service);
}

/* Others may be at work in that folder all day. */
static int on_pid_file(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Service *service = userdata;

        if (ratelimit_below(&service_pid_file(service)->limit, clock_usec(CLOCK_MONOTONIC),
                            USEC_PER_SEC, LOOKS_PER_SEC) ||
            pid_file_pause(service) < 0)
                pid_file_look(service);
        return 0;
}

/* The folder, or the nearest one above it that is there: nothing can appear without a change in
 * that. */
static int pid_file_watch(Service *service, const char *path) {
        g_autofree char *folder = g_path_get_dirname(path), *missing = NULL;
        PidFileWatch *watch = service_pid_file(service);
        int r;

        for (;;) {
                watch->source = sd_event_source_disable_unref(watch->source);
                r = sd_event_add_inotify(service->unit.manager->event, &watch->source, folder,
                                         IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE, on_pid_file,
                                         service);
                if (r != -ENOENT || (folder[0] == '/' && folder[1] == '\0'))
                        break;
                g_free(missing);
                missing = g_steal_pointer(&folder);
                folder = g_path_get_dirname(missing);
        }
        if (r >= 0 && missing && access(missing, F_OK) == 0) /* it came in between */
                r = pid_file_pause(service);
        return r;
}

static int pid_file_take(Service *service, const char *path) {
        PidFile file = { .pidfd = -EBADF };
        int r = pid_file_read(path, &file);

        if (r < 0)
                return r;
        if (file.pid == service->main_pid || !pid_file_is_believed(service, &file)) {
                fd_close(file.pidfd);
                return file.pid == service->main_pid ? -ESRCH : -EPERM;
        }
        return service_adopt(service, file.pid, file.pidfd);
}

static int external_find(Service *service, const char *path) {
        int r = pid_file_take(service, path);

        if (r < 0 && error_is_passing(service, r)) {
                if (r != -ENOENT && r != -ESRCH && r != -ENOTDIR &&
                    r != service_pid_file(service)->error) {
                        log_warning(service->unit.name, "PID file %s: %s", path, pid_file_error(r));
                        service_pid_file(service)->error = r;
                }
                return 0;
        }
        if (r < 0)
                return r;
        service_forget_pid_file(service);
        if (service->unclaimed || service_settings(service)->service_type == SERVICE_EXTERNAL)
                service_provide(service);
        return 1;
}

int service_external_look(Service *service) {
        const char *path = service_settings(service)->pid_file;
        int r;

        if (!path) {
                unit_set_failure(&service->unit, "PIDFile= has gone from the unit file");
                return -EINVAL;
        }
        r = external_find(service, path);
        if (r == 0) {
                r = pid_file_watch(service, path);
                if (r >= 0) /* it may have come before the watch was there */
                        r = external_find(service, path);
        }
        if (r < 0)
                unit_set_failure(&service->unit, "PID file %s: %s", path, pid_file_error(r));
        return r;
}

bool service_follow_pid_file(Service *service) {
        const char *path = service_settings(service)->pid_file;
        ServiceType type = service_settings(service)->service_type;

        if (!path || (type != SERVICE_FORKING && type != SERVICE_EXTERNAL))
                return false;
        return service_active_state(&service->unit) == ACTIVE_ACTIVE &&
               external_find(service, path) > 0;
}

/* ---- Type=forking ---- */

/* The processes that the first one left behind have become our children. */
static pid_t guess_main(Service *service) {
        g_autoptr(GArray) pids = service_pids(service);
        pid_t found = 0;

        for (guint i = 0; i < pids->len; i++) {
                pid_t pid = g_array_index(pids, pid_t, i);

                if (process_parent(pid) != getpid())
                        continue;
                if (found > 0)
                        return 0; /* which of them? */
                found = pid;
        }
        return found;
}

static int adopt_guess(Service *service) {
        const bool *guess = settings_given(service->unit.settings, "GuessMainPID");
        pid_t pid = guess && !*guess ? 0 : guess_main(service);
        int pidfd, r;

        if (pid == 0) {
                service->main_known = false;
                log_info(service->unit.name, "no telling which process is the main one");
                return 0;
        }
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
                return 0; /* it has just ended */
        r = service_adopt(service, pid, pidfd);
        if (r >= 0 && service->unclaimed)
                service_provide(service);
        return r;
}

void service_find_main(Service *service) {
        int r;

        if (service_settings(service)->pid_file) {
                r = service_external_look(service);
                if (r == 0 && service_has_others(service))
                        service_watch_others(service); /* who may still write it */
                else if (r == 0)
                        service_others_gone(service);
                if (r == 0)
                        return;
        } else
                r = adopt_guess(service);
        if (r >= 0) {
                service_main_found(service);
                return;
        }
        service_note_result(service, SERVICE_RESULT_RESOURCES);
        service_enter_signal(service, KILL_OPERATION_TERMINATE);
}
