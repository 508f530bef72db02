/* SPDX-License-Identifier: MIT */
/* Who descends from whom. */
#include <glib.h>
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

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/process-tree/many-children", test_many_children);
        g_test_add_func("/process-tree/ancestors", test_ancestors);
        return g_test_run();
}
