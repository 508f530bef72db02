/* SPDX-License-Identifier: MIT */
/* Runs test cases in processes of their own: see runner.h. */
#include "runner.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"

#define EXIT_SKIPPED  77
#define LIMIT_DEFAULT 120

static char *programs;       /* where the copies are */
static const char *folder;   /* the running case's */
static unsigned int numbers; /* TAP */
static unsigned int failures;

const char *case_folder(void) {
        return folder;
}

const char *case_programs(void) {
        return programs;
}

int limit_ms(double seconds) {
        const char *slow = g_getenv("BELLHOP_TEST_SLOW");
        double factor = slow ? g_ascii_strtod(slow, NULL) : 1;

        return (int)(seconds * 1000 * (factor >= 1 ? factor : 1));
}

void skip_case(const char *reason) {
        g_autofree char *path = g_build_filename(folder, "skipped", NULL);

        g_file_set_contents(path, reason, -1, NULL);
        _exit(EXIT_SKIPPED);
}

/* Copying. */

static void program_copy(const char *source, const char *name) {
        g_autofree char *target = g_build_filename(programs, name, NULL);
        g_autofree char *content = NULL;
        g_autoptr(GError) error = NULL;
        gsize length;

        if (!g_file_get_contents(source, &content, &length, &error) ||
            !g_file_set_contents_full(target, content, (gssize)length, G_FILE_SET_CONTENTS_NONE,
                                      0755, &error))
                g_error("%s", error->message);
        chmod(target, 0755);
}

static void program_copy_from(const char *variable, const char *name) {
        const char *source = g_getenv(variable);

        if (!source)
                g_error("%s isn't set; run the tests by meson test", variable);
        program_copy(source, name);
}

static void folder_copy(const char *source) {
        g_autoptr(GDir) dir = g_dir_open(source, 0, NULL);
        const char *name;

        if (!dir)
                g_error("%s of TEST_PROGRAMS isn't a folder; run the tests by meson test", source);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(source, name, NULL);
                if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && !g_str_has_suffix(name, ".a"))
                        program_copy(path, name);
        }
}

/* To where any user may run them: the build tree may be closed to others. */
static void programs_copy(void) {
        const char *list = g_getenv("TEST_PROGRAMS");
        g_auto(GStrv) sources = g_strsplit(list ? list : "", ":", -1);

        programs = g_strdup("/tmp/bellhop-programs-XXXXXX");
        if (!g_mkdtemp_full(programs, 0755) || chmod(programs, 0755) < 0)
                g_error("mkdtemp %s: %m", programs);
        program_copy_from("BELLHOPD", "bellhopd");
        program_copy_from("BELLHOPCTL", "bellhopctl");
        for (char **source = sources; *source; source++)
                folder_copy(*source);
}

static void folder_remove(const char *path) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *entry = g_build_filename(path, name, NULL);
                if (!g_file_test(entry, G_FILE_TEST_IS_SYMLINK) &&
                    g_file_test(entry, G_FILE_TEST_IS_DIR))
                        folder_remove(entry);
                else
                        unlink(entry);
        }
        rmdir(path);
}

/* The case's process. */

static void user_drop(void) {
        if (setgroups(0, NULL) < 0 || setresgid(USER_UID, USER_UID, USER_UID) < 0 ||
            setresuid(USER_UID, USER_UID, USER_UID) < 0)
                g_error("drop to uid %d: %m", USER_UID);
        prctl(PR_SET_DUMPABLE, 1);
}

static void environment_clean(void) {
        static const char *const kept[] = {
                "BELLHOPD_WRAPPER", "BELLHOPD_JUDGE", "BELLHOP_TEST_SLOW",
                "BELLHOP_VALGRIND", "VALGRIND_LIB",   "ASAN_OPTIONS",
                "UBSAN_OPTIONS",    "LSAN_OPTIONS",   NULL
        };
        g_auto(GStrv) names = g_listenv();

        for (char **name = names; *name; name++) {
                if (!g_strv_contains(kept, *name))
                        g_unsetenv(*name);
        }
        g_setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", TRUE);
        g_setenv("LC_ALL", "C.UTF-8", TRUE);
        g_setenv("HOME", folder, TRUE);
}

_Noreturn static void case_run(const TestCase *test, bool drop) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        /* stdout is TAP's. */
        dup2(STDERR_FILENO, STDOUT_FILENO);
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        if (drop)
                user_drop();
        environment_clean();
        if (chdir(folder) < 0)
                g_error("chdir %s: %m", folder);
        test->function();
        fflush(NULL);
        _exit(0);
}

/* The runner's side. */

/* Kills whatever is left of a case: as a subreaper the runner is the parent of all of it in the
 * end. Returns: how many processes there were. */
static unsigned int leftovers_kill(GString *names) {
        unsigned int count = 0;
        siginfo_t info;

        for (;;) {
                g_autofree char *children = NULL, *comm = NULL, *path = NULL;
                while (waitpid(-1, NULL, WNOHANG) > 0)
                        ;
                if (!g_file_get_contents("/proc/thread-self/children", &children, NULL, NULL))
                        break;
                pid_t pid = (pid_t)strtol(children, NULL, 10);
                if (pid <= 0)
                        break;
                path = g_strdup_printf("/proc/%d/comm", (int)pid);
                g_file_get_contents(path, &comm, NULL, NULL);
                g_string_append_printf(names, " %s", comm ? g_strchomp(comm) : "?");
                count++;
                kill(pid, SIGKILL);
                waitid(P_PID, (id_t)pid, &info, WEXITED);
        }
        return count;
}

/* Where cgroups of the v2 hierarchy are made below our own (g_free), or NULL. */
static char *cgroup_own(void) {
        g_autofree char *mounts = NULL, *cgroups = NULL;
        char *mount_point = NULL;

        if (!g_file_get_contents("/proc/self/mountinfo", &mounts, NULL, NULL) ||
            !g_file_get_contents("/proc/self/cgroup", &cgroups, NULL, NULL))
                return NULL;
        g_auto(GStrv) lines = g_strsplit(mounts, "\n", -1);
        for (char **line = lines; *line && !mount_point; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 6);
                if (strstr(*line, " - cgroup2 ") && g_strv_length(words) > 4)
                        mount_point = g_strdup(words[4]);
        }
        char *own = strstr(cgroups, "0::");
        if (!mount_point || !own)
                return mount_point;
        own[strcspn(own, "\n")] = '\0';
        char *folder_own = g_strconcat(mount_point, own + strlen("0::"), NULL);
        g_free(mount_point);
        return folder_own;
}

/* The case's daemon has a cgroup named after its runtime folder, and takes it away.
 * Returns: whether it was still there. */
static bool cgroup_remove(void) {
        g_autofree char *own = cgroup_own();
        g_autofree char *name =
                g_strdelimit(g_strconcat("bellhop", folder, "-run", NULL), "/", '-');
        g_autofree char *path = own ? g_build_filename(own, name, NULL) : NULL;

        if (!path || access(path, F_OK) < 0)
                return false;
        folder_remove(path);
        return true;
}

static char *end_describe(int status, bool late) {
        if (late)
                return g_strdup("time limit");
        if (WIFSIGNALED(status))
                return g_strdup_printf("died of %s", strsignal(WTERMSIG(status)));
        if (WEXITSTATUS(status) != 0)
                return g_strdup_printf("exit status %d", WEXITSTATUS(status));
        return NULL;
}

static void log_show(void) {
        g_autofree char *path = g_build_filename(folder, "log", NULL);
        g_autofree char *text = NULL;
        gsize length;

        if (!g_file_get_contents(path, &text, &length, NULL))
                return;
        fprintf(stderr, "---- the end of bellhopd's log\n%s----\n",
                text + (length > 12000 ? length - 12000 : 0));
}

static void result_tell(const char *name, const char *how, const char *problem) {
        g_autofree char *path = g_build_filename(folder, "skipped", NULL), *reason = NULL;

        numbers++;
        if (problem) {
                failures++;
                printf("not ok %u - %s (%s)\n# %s\n", numbers, name, how, problem);
        } else if (g_file_get_contents(path, &reason, NULL, NULL)) {
                printf("ok %u - %s (%s) # SKIP %s\n", numbers, name, how, reason);
        } else {
                printf("ok %u - %s (%s)\n", numbers, name, how);
        }
        fflush(stdout);
}

/* Returns: the case's wait status; *ret_late: it was killed at its time limit. */
static int case_wait(pid_t pid, unsigned int limit, bool *ret_late) {
        _cleanup_fd_ int pidfd = pidfd_open(pid, 0);
        struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
        int status;

        *ret_late = poll(&poll_fd, 1, limit_ms(limit ? limit : LIMIT_DEFAULT)) == 0;
        if (*ret_late)
                kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return status;
}

static void case_fork(const TestCase *test, bool drop) {
        g_autofree char *path = g_strdup("/tmp/bellhop-test-XXXXXX"), *problem = NULL;
        g_autoptr(GString) names = g_string_new(NULL);
        bool late;

        if (!g_mkdtemp_full(path, 0755) || chmod(path, 0755) < 0 ||
            (drop && chown(path, USER_UID, USER_UID) < 0))
                g_error("mkdtemp %s: %m", path);
        folder = path;
        (void)cgroup_remove(); /* of a run that was killed, whose folder had the same name */
        fflush(NULL);
        pid_t pid = fork();
        if (pid < 0)
                g_error("fork: %m");
        if (pid == 0)
                case_run(test, drop);
        int status = case_wait(pid, test->limit, &late);
        unsigned int left = leftovers_kill(names);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SKIPPED)
                problem = end_describe(status, late);
        if (!problem && left > 0)
                problem = g_strdup_printf("left %u processes:%s", left, names->str);
        if (cgroup_remove() && !problem)
                problem = g_strdup("left a cgroup");
        if (problem)
                log_show();
        result_tell(test->name, drop || geteuid() != 0 ? "user" : "root", problem);
        if (!problem || !g_getenv("BELLHOP_TEST_KEEP"))
                folder_remove(path);
        folder = NULL;
}

static void case_do(const TestCase *test) {
        bool root = geteuid() == 0;

        if (root && (test->flags & AS_ROOT))
                case_fork(test, false);
        if (test->flags & AS_USER)
                case_fork(test, root);
        else if (!root)
                printf("ok %u - %s (root) # SKIP needs root\n", ++numbers, test->name);
}

static bool case_is_wanted(const TestCase *test, int argc, char **argv) {
        for (int i = 1; i < argc; i++) {
                if (g_pattern_match_simple(argv[i], test->name))
                        return true;
        }
        return argc <= 1;
}

int run_cases(const TestCase *cases, size_t count, int argc, char **argv) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        umask(022);
        programs_copy();
        for (size_t i = 0; i < count; i++) {
                if (case_is_wanted(&cases[i], argc, argv))
                        case_do(&cases[i]);
        }
        printf("1..%u\n", numbers);
        folder_remove(programs);
        g_free(programs);
        return failures > 0;
}
