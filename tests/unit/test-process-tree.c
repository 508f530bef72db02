/* SPDX-License-Identifier: MIT */
/* Who descends from whom, and what its environment says. */
#include <errno.h>
#include <glib.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "macros.h"
#include "process-tree.h"

/* Their numbers fill more than any buffer of a reasonable size. */
#define CHILDREN 4000

static pid_t child_start(void) {
        pid_t parent = getpid(), pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid > 0)
                return pid;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
                _exit(1);
        for (;;)
                pause();
}

static void child_end(pid_t pid) {
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
}

static void test_many_children(void) {
        g_autoptr(GArray) children = g_array_new(FALSE, FALSE, sizeof(pid_t));
        g_autoptr(GArray) all = NULL, some = NULL;

        for (unsigned int i = 0; i < CHILDREN; i++) {
                pid_t pid = child_start();
                g_array_append_val(children, pid);
        }
        all = process_descendants(getpid(), 2 * CHILDREN);
        some = process_descendants(getpid(), CHILDREN / 2);
        for (guint i = 0; i < children->len; i++)
                child_end(g_array_index(children, pid_t, i));

        g_assert_cmpuint(all->len, ==, 1 + CHILDREN);
        g_assert_cmpint(g_array_index(all, pid_t, 0), ==, getpid());
        for (guint i = 0; i < children->len; i++)
                g_assert_cmpint(g_array_index(all, pid_t, i + 1), ==,
                                g_array_index(children, pid_t, i));
        g_assert_cmpuint(some->len, ==, CHILDREN / 2);
}

static void test_ancestors(void) {
        pid_t pid = child_start();

        g_assert_cmpint(process_parent(pid), ==, getpid());
        g_assert_true(process_is_descendant(pid, getpid()));
        g_assert_true(process_is_descendant(pid, pid));
        g_assert_false(process_is_descendant(getpid(), pid));
        child_end(pid);
        g_assert_cmpint(process_parent(pid), ==, 0);
        g_assert_false(process_is_descendant(pid, getpid()));
}

/* What is found of KEY in the environment of a process that has these first (NULL: none at all) and
 * then KEY=value. */
static int environment_of(char *const *first, char **ret) {
        g_autoptr(GPtrArray) environment = g_ptr_array_new();
        char *argv[] = { (char *)"/bin/sleep", (char *)"1000", NULL };
        GPid pid;
        int r;

        for (; first && *first; first++)
                g_ptr_array_add(environment, *first);
        if (first)
                g_ptr_array_add(environment, (char *)"KEY=value");
        g_ptr_array_add(environment, NULL);
        g_assert_true(g_spawn_async(NULL, argv, (char **)environment->pdata,
                                    G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL));
        while ((r = process_environment(pid, "KEY", ret)) == -EAGAIN)
                (void)sched_yield();
        child_end(pid);
        return r;
}

static void test_environment(void) {
        g_autofree char *large = g_strnfill(100 * 1000, 'x');
        g_autofree char *value = NULL, *second = NULL;
        char *const none[] = { NULL };
        char *const similar[] = { (char *)"KEYS=1", (char *)"XKEY=2",  (char *)"KEY",
                                  (char *)"",       (char *)"A=KEY=3", NULL };
        char *const much[] = { large, large, large, NULL };
        char *unused = NULL;
        pid_t gone = child_start();

        g_assert_cmpint(environment_of(none, &value), ==, 0);
        g_assert_cmpstr(value, ==, "value");
        g_assert_cmpint(environment_of(similar, &second), ==, 0);
        g_assert_cmpstr(second, ==, "value");
        g_assert_cmpint(environment_of(much, &unused), ==, -ENOENT);
        g_assert_cmpint(environment_of(NULL, &unused), ==, -ENODATA);
        child_end(gone);
        g_assert_cmpint(process_environment(gone, "KEY", &unused), ==, -ENOENT);
        g_assert_null(unused);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/process-tree/many-children", test_many_children);
        g_test_add_func("/process-tree/ancestors", test_ancestors);
        g_test_add_func("/process-tree/environment", test_environment);
        return g_test_run();
}
