/* SPDX-License-Identifier: MIT */
/* A mapping with a guard. */
#include "spawn-stack.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <sys/mman.h>

/* spawn_child() needs less than 1 KiB; a page below it faults rather than overwrite anything. */
#define STACK_SIZE 16384
#define GUARD_SIZE 65536 /* the largest page size there is */

/* Mapping and first touch of a stack cost more than all else the parent does, so one is kept. */
static SpawnStack *kept_stack;

SpawnStack *spawn_stack_new(void) {
        SpawnStack *stack;
        char *memory;

        if (kept_stack)
                return TAKE_POINTER(kept_stack);

        memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
                return NULL;
        (void)mprotect(memory, GUARD_SIZE, PROT_NONE);
        stack = g_new0(SpawnStack, 1);
        stack->memory = memory;
        return stack;
}

SpawnStack *spawn_stack_free(SpawnStack *stack) {
        if (!stack)
                return NULL;
        if (!kept_stack) {
                kept_stack = stack;
                return NULL;
        }
        (void)munmap(stack->memory, GUARD_SIZE + STACK_SIZE);
        g_free(stack);
        return NULL;
}

long spawn_stack_clone(SpawnStack *stack, struct clone_args *arguments, CloneEntry entry,
                       void *argument, int *ret_pidfd) {
        int pidfd = -EBADF;
        sigset_t all, old;
        long pid;

        arguments->flags |= CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID;
        arguments->pidfd = (uintptr_t)&pidfd;
        arguments->stack = (uintptr_t)(stack->memory + GUARD_SIZE);
        arguments->stack_size = STACK_SIZE;
        arguments->child_tid = (uintptr_t)&stack->user;
        atomic_store(&stack->user, 1);
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, &old);
        pid = clone_start(arguments, entry, argument);
        (void)sigprocmask(SIG_SETMASK, &old, NULL);
        if (pid > 0)
                *ret_pidfd = pidfd;
        return pid;
}
