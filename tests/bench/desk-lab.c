/* SPDX-License-Identifier: MIT */
/* The laboratory for deliveries. */
#include "desk-lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bell.h"
#include "bench.h"
#include "fd.h"
#include "log.h"
#include "transport-kernel.h"
#include "transport.h"

#define ROUND_SECONDS 10
/* System calls that don't exist: they tell the tracer where a round begins and ends. */
#define MARK_BEGIN 0xbe00
#define MARK_END   0xbe01

void lab_child(pid_t parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(EXIT_FAILURE);
}

/* ---- the service ------------------------------------------------------------------------------
 */

/* As a process is that bellhopd has started: the delivery signals blocked and ignored. */
static void prepare_signals(void) {
        sigset_t set;

        sigemptyset(&set);
        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++) {
                if (!(BELL_SIGNALS_DEFAULT & BELLHOP_SIGNAL_BIT(sig)))
                        continue;
                sigaddset(&set, sig);
                signal(sig, SIG_IGN);
        }
        sigprocmask(SIG_BLOCK, &set, NULL);
}

static void claim_items(LabPage *page, bellhop *desk, int *fds) {
        struct bellhop_item item;

        /* Sleeping, the service can't know how many will come before the first has. */
        for (uint32_t i = 0; i == 0 || i < atomic_load(&page->items); i++) {
                int r = bellhop_wait(desk, NULL, ROUND_SECONDS * 1000, &item);
                if (r < 0) {
                        fprintf(stderr, "claim %u: %s\n", i, bellhop_strerror(r));
                        _exit(EXIT_FAILURE);
                }
                fds[i] = item.fd;
        }
}

static _noreturn_ void service_main(const Lab *lab) {
        static int fds[65536];
        LabPage *page = lab->page;
        eventfd_t go;
        bellhop *desk;

        if (lab->mode & LAB_COUNTED)
                raise(SIGSTOP); /* until the tracer is there */
        int r = bellhop_new(NULL, &desk);
        if (r < 0) {
                fprintf(stderr, "desk: %s\n", bellhop_strerror(r));
                _exit(EXIT_FAILURE);
        }
        for (uint32_t round = 1;; round++) {
                atomic_store(&page->round, round); /* the one before is finished */
                if (eventfd_write(lab->finished_fd, 1) < 0)
                        bench_die("eventfd");
                if ((lab->mode & LAB_AWAKE) && eventfd_read(lab->go_fd, &go) < 0)
                        bench_die("eventfd");
                syscall(MARK_BEGIN);
                atomic_store(&page->begin, lab->clock());
                claim_items(page, desk, fds);
                atomic_store(&page->end, lab->clock());
                syscall(MARK_END);
                for (uint32_t i = 0; i < atomic_load(&page->items); i++)
                        close(fds[i]);
        }
}

/* ---- the tracer -------------------------------------------------------------------------------
 */

static void tracer_note(LabPage *page, uint64_t number) {
        static uint32_t calls;
        static bool counting;

        if (number == MARK_BEGIN) {
                calls = 0;
                counting = true;
        } else if (number == MARK_END) {
                atomic_store(&page->calls, calls);
                counting = false;
        } else if (counting && calls < LAB_CALLS_MAX) {
                page->numbers[calls++] = (uint16_t)number;
        }
}

static _noreturn_ void tracer_main(LabPage *page, pid_t service) {
        struct __ptrace_syscall_info info;
        int status;

        if (ptrace(PTRACE_SEIZE, service, NULL, PTRACE_O_TRACESYSGOOD) < 0)
                bench_die("ptrace");
        ptrace(PTRACE_INTERRUPT, service, NULL, NULL);
        kill(service, SIGCONT);
        while (waitpid(service, &status, __WALL) == service && WIFSTOPPED(status)) {
                int sig = 0;

                if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
                        if (ptrace(PTRACE_GET_SYSCALL_INFO, service, sizeof(info), &info) > 0 &&
                            info.op == PTRACE_SYSCALL_INFO_ENTRY)
                                tracer_note(page, info.entry.nr);
                } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGTRAP) {
                        sig = WSTOPSIG(status);
                }
                ptrace(PTRACE_SYSCALL, service, NULL, sig);
        }
        _exit(EXIT_SUCCESS);
}

/* ---- the manager ------------------------------------------------------------------------------
 */

static void lab_fork(Lab *lab) {
        pid_t self = getpid();

        lab->service = fork();
        if (lab->service == 0) {
                prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
                lab_child(self);
                prepare_signals();
                service_main(lab);
        }
        lab->service_pidfd = (int)syscall(SYS_pidfd_open, lab->service, 0);
        if (lab->service < 0 || lab->service_pidfd < 0)
                bench_die("service");
        if (!(lab->mode & LAB_COUNTED))
                return;
        if (waitpid(lab->service, NULL, WUNTRACED) < 0)
                bench_die("waitpid");
        pid_t tracer = fork();
        if (tracer == 0) {
                lab_child(self);
                tracer_main(lab->page, lab->service);
        }
}

static int on_finished(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        uint64_t count;

        return read(fd, &count, sizeof(count)) == sizeof(count) ? 0 : -EIO;
}

static void lab_open_manager(Lab *lab) {
        Manager *manager = &lab->manager;
        const RecipientOptions options = {
                .label = "bench.service",
                .pid = lab->service,
                .pidfd = lab->service_pidfd,
                .access = CLAIM_ACCESS_MAIN,
                .prepared = true,
        };

        log_open(LOG_ERR);
        manager->user_mode = getuid() != 0;
        manager->recipients = g_hash_table_new(NULL, NULL);
        if (sd_event_new(&manager->event) < 0 ||
            sd_event_add_io(manager->event, NULL, lab->finished_fd, EPOLLIN, on_finished, NULL) <
                    0 ||
            transport_socket_new(manager, &manager->transport) < 0 ||
            ((lab->mode & LAB_KERNEL) &&
             transport_kernel_new(manager, &manager->kernel_transport) < 0) ||
            recipient_new(manager, &options, &lab->recipient) < 0)
                bench_die("manager");
        lab->settings.claim_timeout = ROUND_SECONDS * USEC_PER_SEC;
        lab->settings.transport = lab->mode & LAB_KERNEL ? TRANSPORT_KERNEL : TRANSPORT_SOCKET;
}

void lab_open(Lab *lab, unsigned int mode) {
        lab_open_counting(lab, mode, bench_now);
}

void lab_open_counting(Lab *lab, unsigned int mode, uint64_t (*clock)(void)) {
        *lab = (Lab){ .service_pidfd = -EBADF, .mode = mode, .pause_ms = 2, .clock = clock };
        lab->page = mmap(NULL, sizeof(LabPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0);
        lab->memfd = memfd_create("bench", MFD_CLOEXEC);
        lab->finished_fd = eventfd(0, EFD_CLOEXEC);
        lab->go_fd = eventfd(0, EFD_CLOEXEC);
        if (lab->page == MAP_FAILED || lab->memfd < 0 || lab->finished_fd < 0 || lab->go_fd < 0)
                bench_die("lab");
        /* Children of before must not share what the manager opens. */
        lab_fork(lab);
        lab_open_manager(lab);
}

void lab_close(Lab *lab) {
        kill(lab->service, SIGKILL);
        waitpid(lab->service, NULL, 0);
        lab->recipient = recipient_free(lab->recipient);
        lab->manager.kernel_transport = transport_free(lab->manager.kernel_transport);
        lab->manager.transport = transport_free(lab->manager.transport);
        g_hash_table_unref(lab->manager.recipients);
        lab->manager.event = sd_event_unref(lab->manager.event);
        lab->service_pidfd = fd_close(lab->service_pidfd);
        lab->go_fd = fd_close(lab->go_fd);
        lab->finished_fd = fd_close(lab->finished_fd);
        lab->memfd = fd_close(lab->memfd);
        munmap(lab->page, sizeof(LabPage));
        log_close();
}

/* Sleeps in the loop, as the manager does, until the service has finished the rounds before this
 * one and all receipts are in. */
static void lab_run_loop(Lab *lab, uint32_t round) {
        while (atomic_load(&lab->page->round) != round ||
               recipient_count_unclaimed(lab->recipient) > 0)
                if (sd_event_run(lab->manager.event, ROUND_SECONDS * USEC_PER_SEC) <= 0) {
                        fprintf(stderr, "round %u did not end\n", round);
                        exit(EXIT_FAILURE);
                }
}

static Item **items_new(Lab *lab, unsigned int count) {
        Item **list = g_new0(Item *, count);

        for (unsigned int i = 0; i < count; i++) {
                g_autofree char *name = g_strdup_printf("bench-item-%u", i);
                list[i] = item_new(fd_dup(lab->memfd), name, BELLHOP_KIND_MEMFD, 0);
        }
        return list;
}

uint64_t lab_round(Lab *lab, unsigned int items) {
        g_autofree Item **list = items_new(lab, items);

        atomic_store(&lab->page->items, items);
        lab_run_loop(lab, ++lab->rounds);
        while (sd_event_run(lab->manager.event, 0) > 0)
                ;
        bench_pause(lab->pause_ms); /* the service has gone to sleep; for this process, too */

        uint64_t decision = lab->clock();
        for (unsigned int i = 0; i < items; i++)
                recipient_deliver(lab->recipient, list[i], "bench.memfd", &lab->settings, true);
        recipient_ring(lab->recipient);
        if (eventfd_write(lab->go_fd, 1) < 0)
                bench_die("eventfd");
        lab_run_loop(lab, lab->rounds + 1);
        for (unsigned int i = 0; i < items; i++)
                item_unref(list[i]);
        return atomic_load(&lab->page->end) -
               (lab->mode & LAB_AWAKE ? atomic_load(&lab->page->begin) : decision);
}
