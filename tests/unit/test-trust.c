/* SPDX-License-Identifier: MIT */
/* Whom a desk believes without a look at the user namespace, and whom it doesn't. Other enemies are
 * in test-desk-hostile.c. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake-manager.h"
#include "trust.h"

#define NOBODY  65534
#define SKIPPED 77

static const FakeItem good = { "good", "good", 0 };

static bool has_looked(const Trust *trust) {
        return trust->user_namespace != TRUST_NAMESPACE_UNSEEN;
}

static void test_parent(void) {
        Trust trust;

        trust_init(&trust, 0);
        g_assert_null(trust_check(&trust, 0, getppid()));
        g_assert_false(has_looked(&trust));
        /* That there is somebody to wait for needs no look any more either. */
        g_assert_true(trust_has_anybody(&trust));
        g_assert_false(has_looked(&trust));
}

/* Root's listener, but not our parent's: as ever. */
static void test_others(void) {
        const pid_t others[] = { 0, -1, 1 << 22, getpid() };

        for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
                Trust trust;

                trust_init(&trust, 0);
                (void)trust_check(&trust, 0, others[i]);
                g_assert_true(has_looked(&trust));
        }
}

static void test_parent_of_other_uid(void) {
        Trust trust;

        trust_init(&trust, 0);
        (void)trust_check(&trust, NOBODY, getppid());
        g_assert_true(has_looked(&trust));
}

/* Where uid 0 may be anybody. */
static void test_mapped(void) {
        const Trust mapped = { .user_namespace = TRUST_NAMESPACE_MAPPED };
        Trust trust = mapped;

        g_assert_nonnull(strstr(trust_check(&trust, 0, 0), "user namespace"));
        g_assert_nonnull(trust_check(&trust, 0, getpid()));
        g_assert_nonnull(trust_check(&trust, NOBODY, getppid()));
        g_assert_nonnull(trust_check(&trust, geteuid() + 1, getppid()));
        g_assert_false(trust_has_anybody(&trust));

        g_assert_null(trust_check(&trust, 0, getppid()));
        g_assert_true(trust_has_anybody(&trust));
        /* He, and nobody else for his sake. */
        g_assert_nonnull(trust_check(&trust, 0, getpid()));
        g_assert_nonnull(trust_check(&trust, 0, 0));

        /* Root, and not whoever has that number. */
        trust = mapped;
        trust.flags = BELLHOP_TRUST_ROOT_ONLY;
        g_assert_nonnull(trust_check(&trust, 0, getppid()));
        g_assert_false(trust_has_anybody(&trust));
        trust_init(&trust, BELLHOP_TRUST_ROOT_ONLY);
        (void)trust_check(&trust, 0, getppid());
        g_assert_true(has_looked(&trust));
}

/* Where nobody says what the numbers mean. */
static void test_hidden(void) {
        const Trust hidden = { .user_namespace = TRUST_NAMESPACE_HIDDEN };
        Trust trust = hidden;

        g_assert_nonnull(trust_check(&trust, 0, getpid()));
        g_assert_nonnull(trust_check(&trust, geteuid() + 1, getppid()));
        g_assert_false(trust_has_anybody(&trust));
        g_assert_null(trust_check(&trust, 0, getppid()));
        /* The manager that follows a killed one isn't our parent. */
        g_assert_true(trust_has_anybody(&trust));
        g_assert_null(trust_check(&trust, 0, getpid()));
        g_assert_nonnull(trust_check(&trust, geteuid() + 1, getpid()));
}

static int wait_for(pid_t pid) {
        int status;

        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static void refuse_calls(void) {
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 3, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_newfstatat, 2, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        };
        const struct sock_fprog program = { .len = G_N_ELEMENTS(filter), .filter = filter };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                _exit(SKIPPED);
}

/* Its first manager was its parent; when the next one comes it may not look any more. */
static void test_sandbox(void) {
        pid_t pid = fork();
        int status;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                Trust trust, other;

                trust_init(&trust, 0);
                trust_init(&other, 0);
                if (trust_check(&trust, 0, getppid()) || has_looked(&trust))
                        _exit(EXIT_FAILURE);
                refuse_calls();
                _exit(!trust_check(&trust, 0, getpid()) && has_looked(&trust) &&
                                      trust_check(&other, 0, getpid())
                              ? EXIT_SUCCESS
                              : EXIT_FAILURE);
        }
        status = wait_for(pid);
        if (status == SKIPPED)
                g_test_skip("no seccomp here");
        else
                g_assert_cmpint(status, ==, EXIT_SUCCESS);
}

/* After a fork the parent is another. */
static void test_fork(void) {
        pid_t grandparent = getppid(), pid;
        Trust trust;

        trust_init(&trust, 0);
        g_assert_null(trust_check(&trust, 0, grandparent));
        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                trust_init(&trust, 0);
                (void)trust_check(&trust, 0, grandparent);
                _exit(has_looked(&trust) ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        g_assert_cmpint(wait_for(pid), ==, EXIT_SUCCESS);
}

/* A parent that isn't in our pid namespace has the number 0, and so has every stranger out there.
 */
static int check_outside_parent(void) {
        Trust trust, mapped = { .user_namespace = TRUST_NAMESPACE_MAPPED };

        trust_init(&trust, 0);
        (void)trust_check(&trust, 0, 0);
        return getppid() == 0 && has_looked(&trust) && trust_check(&mapped, 0, 0) ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
}

static void test_outside_parent(void) {
        pid_t pid = fork();
        int status;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
                        _exit(SKIPPED);
                pid = fork();
                if (pid == 0)
                        _exit(check_outside_parent());
                _exit(pid > 0 && wait_for(pid) == EXIT_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        status = wait_for(pid);
        if (status == SKIPPED)
                g_test_skip("no pid namespaces here");
        else
                g_assert_cmpint(status, ==, EXIT_SUCCESS);
}

/* ---- a namespace whose root is an ordinary user of ours ---- */

static void expect_refusal(int channel, bellhop *desk) {
        struct bellhop_item item;

        hear(channel, 'g');
        g_assert_cmpint(bellhop_next(desk, &item), ==, -EPERM);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        say(channel, 'r');
}

/* Of two listeners, both made by that user, the parent's is believed. */
static void mapped_service(int channel) {
        struct bellhop_item item;
        bellhop *desk;

        say(channel, unshare(CLONE_NEWUSER) < 0 ? 's' : 'u');
        hear(channel, 'm');
        desk = open_desk();
        say(channel, 'r');
        expect_refusal(channel, desk);

        g_assert_true(is_readable(bellhop_get_fd(desk), -1));
        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        assert_content(item.fd, "good");
        (void)close(item.fd);
        /* More may come from there, so it is waited for. */
        g_assert_cmpint(bellhop_claim("none", 1), ==, -ETIMEDOUT);
        say(channel, 'r');

        expect_refusal(channel, desk);
        bellhop_free(desk);
}

/* Makes it that user's: the kernel says who has called listen() last. */
static void listen_as(const FakeManager *manager, uid_t uid) {
        uid_t before = geteuid();

        g_assert_no_errno(seteuid(uid));
        g_assert_no_errno(listen(manager->listener, 16));
        g_assert_no_errno(seteuid(before));
}

static void listen_as_by_another(const FakeManager *manager, uid_t uid) {
        pid_t pid = fork();
        int status;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                listen_as(manager, uid);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
}

static void ring_to_be_refused(const FakeManager *manager, const Service *service) {
        int fd;

        ring(service->pid, BELLHOP_SIGNAL_MEMFD, manager->address);
        say(service->channel, 'g');
        fd = visit_accept(manager);
        visit_expect_end(fd);
        (void)close(fd);
        hear(service->channel, 'r');
}

static void serve_mapped(const Service *service, uid_t uid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/uid_map", (int)service->pid);
        g_autofree char *map = g_strdup_printf("0 %u 1\n", uid);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        FakeManager parents, others;

        g_assert_cmpint(write(fd, map, strlen(map)), ==, strlen(map));
        (void)close(fd);
        fake_manager_open(&parents);
        fake_manager_open(&others);
        listen_as(&parents, uid);
        listen_as_by_another(&others, uid);
        say(service->channel, 'm');
        hear(service->channel, 'r');
        ring_to_be_refused(&others, service);
        deliver(&parents, service->pid, &good, 1);
        hear(service->channel, 'r');
        ring_to_be_refused(&others, service);
        fake_manager_close(&parents);
        fake_manager_close(&others);
}

static void test_mapped_namespace(void) {
        Service service = service_start(SERVICE_PREPARED, mapped_service);
        char word;

        g_assert_cmpint(read(service.channel, &word, 1), ==, 1);
        if (word == 's') {
                g_test_skip("no user namespaces here");
                g_assert_no_errno(kill(service.pid, SIGKILL));
                g_assert_cmpint(waitpid(service.pid, NULL, 0), ==, service.pid);
                (void)close(service.channel);
                return;
        }
        serve_mapped(&service, geteuid() == 0 ? NOBODY : geteuid());
        service_end(&service);
}

/* ---- with more privileges than the parent has ---- */

static int check_secure(void) {
        Trust trust;

        if (getauxval(AT_SECURE) == 0) /* a folder that honours no set-user-id bit */
                return SKIPPED;
        trust_init(&trust, 0);
        (void)trust_check(&trust, 0, getppid());
        return has_looked(&trust) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void copy_set_user_id(const char *path) {
        g_autofree char *text = NULL;
        gsize length;

        g_assert_true(g_file_get_contents("/proc/self/exe", &text, &length, NULL));
        g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
        g_assert_no_errno(g_chmod(path, 04755));
}

static void test_secure(void) {
        g_autofree char *folder = NULL, *path = NULL;
        int status;
        pid_t pid;

        if (geteuid() != 0) {
                g_test_skip("only root can make a program more than its user");
                return;
        }
        folder = g_dir_make_tmp("trust-XXXXXX", NULL);
        g_assert_nonnull(folder);
        g_assert_no_errno(g_chmod(folder, 0755));
        path = g_build_filename(folder, "secure", NULL);
        copy_set_user_id(path);

        pid = fork();
        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (setresuid(NOBODY, NOBODY, NOBODY) == 0)
                        (void)execl(path, path, "--secure", NULL);
                _exit(SKIPPED); /* a folder that nobody may enter */
        }
        status = wait_for(pid);
        g_assert_no_errno(g_remove(path));
        g_assert_no_errno(g_rmdir(folder));
        if (status == SKIPPED)
                g_test_skip("no program can be more than its user here");
        else
                g_assert_cmpint(status, ==, EXIT_SUCCESS);
}

int main(int argc, char **argv) {
        if (argc == 2 && strcmp(argv[1], "--secure") == 0)
                _exit(check_secure());
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/trust/parent", test_parent);
        g_test_add_func("/trust/others", test_others);
        g_test_add_func("/trust/parent-of-other-uid", test_parent_of_other_uid);
        g_test_add_func("/trust/mapped", test_mapped);
        g_test_add_func("/trust/hidden", test_hidden);
        g_test_add_func("/trust/sandbox", test_sandbox);
        g_test_add_func("/trust/fork", test_fork);
        g_test_add_func("/trust/outside-parent", test_outside_parent);
        g_test_add_func("/trust/mapped-namespace", test_mapped_namespace);
        g_test_add_func("/trust/secure", test_secure);
        return g_test_run();
}
