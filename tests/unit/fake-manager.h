/* SPDX-License-Identifier: MIT */
/* A manager in a few lines, for the tests of the client library: the test itself plays the manager,
 * and each scene's service is a forked child that runs a function. What the child asserts shows in
 * its exit status; every child has a time limit and must leave no descriptor behind. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bellhop.h"
#include "message.h"

typedef struct FakeManager {
        int listener;
        uint64_t address;
} FakeManager;

/* How a service begins. */
typedef enum ServiceStart {
        SERVICE_PREPARED, /* delivery signals blocked and ignored, as bellhopd starts it */
        SERVICE_BLOCKED,  /* blocked, with the default action */
        SERVICE_BARE,     /* neither: as a shell starts it */
} ServiceStart;

typedef struct Service {
        pid_t pid;
        int channel; /* for words between the test and its child, see say() */
} Service;

/* One item to send. Its descriptor is a memfd that contains `content`. */
typedef struct FakeItem {
        const char *name;
        const char *content;
        unsigned int flags;
} FakeItem;

void fake_manager_open(FakeManager *ret);
void fake_manager_close(FakeManager *manager);

/* Forks a child that runs the function and exits 0. */
Service service_start(ServiceStart start, void (*function)(int channel));
/* Waits until it has exited, with status 0. */
void service_end(Service *service);

/* One byte over the channel, so that both sides agree how far they are. */
void say(int channel, char word);
void hear(int channel, char word);

void ring(pid_t pid, int sig, uint64_t address);
/* With any content that the kernel lets a process send. */
void ring_raw(pid_t pid, int sig, siginfo_t *info);
/* Accepts a visit. */
int visit_accept(const FakeManager *manager);
void visit_send(int fd, const FakeItem *items, unsigned int count, uint32_t remaining);
void visit_send_raw(int fd, const void *data, size_t length, const int *fds, size_t fd_count);
void visit_expect_receipt(int fd, unsigned int taken);
/* The desk has hung up without a word. */
void visit_expect_end(int fd);

/* All of it: ring by the default signal, visit, items, receipt for all. */
void deliver(const FakeManager *manager, pid_t pid, const FakeItem *items, unsigned int count);

/* The usual scene: one delivery to a service that has just been started. A bare one says 'r' when
 * its desk is open. */
void scene(ServiceStart start, void (*function)(int channel), const FakeItem *items,
           unsigned int count);
/* The same; however it was started, it says 'r' before anything is sent. */
void scene_when_ready(ServiceStart start, void (*function)(int channel), const FakeItem *items,
                      unsigned int count);

/* A manifest that lists these files, as it travels by sendfd(). */
int manifest_with(const FakeItem *items, const int *files, unsigned int count);

/* The process's desk, with the default options. */
bellhop *open_desk(void);
/* bellhop_claim() keeps the desk that it opened; the count of descriptors wants it closed. */
void close_claims_desk(void);

bool is_readable(int fd, int timeout_ms);

int memfd_with(const char *content);
void assert_content(int fd, const char *content);
/* Claims, compares the content, closes. */
void assert_claims(const char *name, const char *content);

/* A sandbox for this process: the system call gives that error, whether there is one or not. */
void forbid_call(long number, int error);

/* valgrind drops pending signals at exec, and keeps a limit of descriptors of its own. */
bool under_valgrind(void);

/* What is open here now; services compare it by themselves. */
unsigned int count_fds(void);
