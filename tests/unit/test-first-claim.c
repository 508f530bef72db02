/* SPDX-License-Identifier: MIT */
/* The first claim of a young process, on which somebody waits: it allocates nothing, and looks at
 * nothing that it needn't, not even at the clock. And what follows, where the first desk's storage
 * is taken. */
#include <glib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "desk.h"
#include "fake-manager.h"

/* The linker gives us the calls of the library (--wrap), which is linked statically. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

static unsigned int mallocs, callocs, clocks;

void *__wrap_malloc(size_t size) {
        mallocs++;
        return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
        callocs++;
        return __real_calloc(count, size);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret) {
        clocks++;
        return __real_clock_gettime(clock, ret);
}

#define LONGEST                                                            \
        "a-name-of-255-bytes-0123456789-0123456789-0123456789-0123456789-" \
        "0123456789-0123456789-0123456789-0123456789-0123456789-012345678" \
        "0123456789-0123456789-0123456789-0123456789-0123456789-012345678" \
        "0123456789-0123456789-0123456789-0123456789-0123456789-01234567"
G_STATIC_ASSERT(sizeof(LONGEST) == BELLHOP_NAME_MAX + 1);

static const FakeItem one[] = { { "one", "first", 0 } };
static const FakeItem two[] = { { "one", "first", 0 }, { "two", "second", 0 } };
static const FakeItem longest[] = { { LONGEST, "long", 0 } };

static TrustNamespace namespace_of(bellhop *desk) {
        return desk->trust.user_namespace;
}

/* What root's manager is believed without; an ordinary user's isn't. */
static TrustNamespace namespace_if_parent(void) {
        return geteuid() == 0 ? TRUST_NAMESPACE_UNSEEN : TRUST_NAMESPACE_IDENTITY;
}

static TrustNamespace namespace_of_claims_desk(void) {
        TrustNamespace user_namespace;
        Desk *desk;

        g_assert_cmpint(desk_get(&desk), ==, 0);
        user_namespace = namespace_of(desk);
        desk_unref(desk);
        return user_namespace;
}

/* ---- one item ---- */

static void hear_and_claim(int channel, const char *name, const char *content) {
        hear(channel, 'g');
        assert_claims(name, content);
}

static void claiming_service(int channel) {
        hear_and_claim(channel, "one", "first");
        g_assert_cmpuint(mallocs + callocs, ==, 0);
        g_assert_cmpint(namespace_of_claims_desk(), ==, namespace_if_parent());
        close_claims_desk();
}

static void patient_service(int channel) {
        int fd;

        hear(channel, 'g');
        fd = bellhop_claim("one", -1);
        assert_content(fd, "first");
        (void)close(fd);
        g_assert_cmpuint(mallocs + callocs + clocks, ==, 0);
        close_claims_desk();
}

/* The bell is there before the desk is, as in a program that was started for it. */
static void serve_rung(ServiceStart start, void (*function)(int channel), const FakeItem *items,
                       unsigned int count) {
        FakeManager manager;
        Service service;
        int fd;

        mallocs = callocs = clocks = 0;
        fake_manager_open(&manager);
        service = service_start(start, function);
        ring(service.pid, BELLHOP_SIGNAL_MEMFD, manager.address);
        say(service.channel, 'g');
        fd = visit_accept(&manager);
        visit_send(fd, items, count, 0);
        visit_expect_receipt(fd, count);
        (void)close(fd);
        service_end(&service);
        fake_manager_close(&manager);
}

static void test_claim(void) {
        serve_rung(SERVICE_PREPARED, claiming_service, one, 1);
}

/* Where initialised data ends and pages of zeros begin: the linker's symbol. */
extern char edata[];

static void desk_service(int channel) {
        struct bellhop_item item;
        bellhop *desk;

        hear(channel, 'g');
        desk = open_desk();
        g_assert_cmpint(namespace_of(desk), ==, namespace_if_parent());
        g_assert_true((char *)(desk + 1) <= edata);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 1);
        assert_content(item.fd, "first");
        (void)close(item.fd);
        g_assert_cmpint(bellhop_next(desk, &item), ==, 0);
        g_assert_cmpuint(mallocs + callocs, ==, 0);
        if (geteuid() == 0) /* else it has made ready to wait */
                g_assert_cmpuint(clocks, ==, 0);
        g_assert_cmpint(namespace_of(desk), ==, namespace_if_parent());
        bellhop_free(desk);
}

static void test_desk(void) {
        serve_rung(SERVICE_PREPARED, desk_service, one, 1);
}

static void longest_service(int channel) {
        hear_and_claim(channel, LONGEST, "long");
        g_assert_cmpuint(mallocs + callocs, ==, 0);
        close_claims_desk();
}

static void test_patient(void) {
        serve_rung(SERVICE_PREPARED, patient_service, one, 1);
}

static void test_longest(void) {
        serve_rung(SERVICE_PREPARED, longest_service, longest, 1);
}

/* ---- more than there is room for ---- */

static void two_service(int channel) {
        hear_and_claim(channel, "two", "second");
        g_assert_cmpuint(mallocs, ==, 1);
        assert_claims("one", "first");
        g_assert_cmpuint(mallocs + callocs, ==, 1);
        close_claims_desk();
}

static void test_two(void) {
        serve_rung(SERVICE_PREPARED, two_service, two, 2);
}

static void queue_add(ItemQueue *queue) {
        QueuedItem *item = queued_item_new(queue, -EBADF, LONGEST, strlen(LONGEST));

        item->flags = BELLHOP_ITEM_REPLACES;
        item_queue_append(queue, item);
}

/* The room is free again when what lay in it has been claimed, replaced, or closed. */
static void test_room(void) {
        struct bellhop_item handed;
        ItemRoom room = { 0 };
        ItemQueue queue = { .room = &room };

        mallocs = 0;
        queue_add(&queue);
        g_assert_cmpuint(mallocs, ==, 0);
        g_assert_true(room.taken);
        queue_add(&queue); /* while the older one is there, the newer has no room */
        g_assert_cmpuint(mallocs, ==, 1);
        g_assert_false(room.taken);
        queue_add(&queue);
        g_assert_cmpuint(mallocs, ==, 1);
        g_assert_true(room.taken);

        queued_item_hand_out(item_queue_take(&queue, LONGEST), &handed);
        g_assert_cmpstr(handed.name, ==, LONGEST);
        g_assert_false(room.taken);
        queue_add(&queue);
        g_assert_true(room.taken);
        item_queue_done(&queue);
        g_assert_false(room.taken);
        g_assert_cmpuint(mallocs, ==, 1);

        queue.room = NULL;
        queue_add(&queue);
        item_queue_done(&queue);
        g_assert_cmpuint(mallocs, ==, 2);
}

/* ---- later desks ---- */

static void next_desk_service(int channel) {
        bellhop *desk = open_desk(), *next;

        g_assert_true(desk->first);
        g_assert_cmpuint(callocs, ==, 0);
        bellhop_free(desk);
        next = open_desk();
        g_assert_true(next != desk);
        g_assert_false(next->first);
        g_assert_cmpuint(callocs, ==, 1);
        hear_and_claim(channel, "one", "first");
        bellhop_free(next);
}

static void test_next_desk(void) {
        serve_rung(SERVICE_PREPARED, next_desk_service, one, 1);
}

/* The child of a fork holds its parent's desk, and opens one of its own. */
static void fork_service(int channel) {
        bellhop *desk = open_desk();
        struct bellhop_item item;
        int status;
        pid_t pid;

        pid = fork();
        if (pid == 0) {
                bellhop *own = open_desk();

                g_assert_false(own->first);
                g_assert_cmpint(bellhop_next(desk, &item), ==, -ECHILD);
                bellhop_free(desk);
                g_assert_cmpint(bellhop_next(own, &item), ==, 0);
                bellhop_free(own);
                _exit(EXIT_SUCCESS);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        hear_and_claim(channel, "one", "first");
        bellhop_free(desk);
}

static void test_fork(void) {
        serve_rung(SERVICE_PREPARED, fork_service, one, 1);
}

/* ---- the look that a program takes while it may ---- */

static void early_service(int channel) {
        bellhop *desk = open_desk();

        g_assert_cmpint(namespace_of(desk), ==, TRUST_NAMESPACE_IDENTITY);
        say(channel, 'r');
        assert_claims("one", "first");
        bellhop_free(desk);
}

/* What rings comes later, or isn't a parent that has prepared the signals. */
static void test_early(void) {
        for (ServiceStart start = SERVICE_PREPARED; start <= SERVICE_BARE; start++)
                scene_when_ready(start, early_service, one, 1);
}

static void blocked_service(int channel) {
        bellhop *desk;

        hear(channel, 'g');
        desk = open_desk();
        g_assert_cmpint(namespace_of(desk), ==, TRUST_NAMESPACE_IDENTITY);
        assert_claims("one", "first");
        bellhop_free(desk);
}

static void test_blocked(void) {
        serve_rung(SERVICE_BLOCKED, blocked_service, one, 1);
}

/* No parent is believed as such, so that the look isn't spared. */
static void root_only_service(int channel) {
        const struct bellhop_options options = { .size = sizeof(options),
                                                 .flags = BELLHOP_TRUST_ROOT_ONLY };
        bellhop *desk = NULL;

        hear(channel, 'g');
        g_assert_cmpint(bellhop_new(&options, &desk), ==, 0);
        g_assert_cmpint(namespace_of(desk), ==, TRUST_NAMESPACE_IDENTITY);
        assert_claims("one", "first");
        bellhop_free(desk);
}

static void test_root_only(void) {
        if (geteuid() == 0)
                serve_rung(SERVICE_PREPARED, root_only_service, one, 1);
        else
                g_test_skip("our manager is not root's");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/first-claim/claim", test_claim);
        g_test_add_func("/first-claim/desk", test_desk);
        g_test_add_func("/first-claim/patient", test_patient);
        g_test_add_func("/first-claim/longest-name", test_longest);
        g_test_add_func("/first-claim/two", test_two);
        g_test_add_func("/first-claim/room", test_room);
        g_test_add_func("/first-claim/next-desk", test_next_desk);
        g_test_add_func("/first-claim/fork", test_fork);
        g_test_add_func("/first-claim/early", test_early);
        g_test_add_func("/first-claim/blocked", test_blocked);
        g_test_add_func("/first-claim/root-only", test_root_only);
        return g_test_run();
}
