/* SPDX-License-Identifier: MIT */
/* Namespaces of other processes: whether they are our own, and a socket in one that isn't. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* A namespace, as the device and inode of its file in /proc (namespaces(7)). */
typedef struct NamespaceId {
        dev_t device;
        ino_t inode;
} NamespaceId;

/* @pid: 0: this process
 * @kind: "net", "user"
 * Returns: 0; negative errno (-EACCES: not ours to look at). */
int namespace_of(pid_t pid, const char *kind, NamespaceId *ret);

static inline bool namespace_equal(const NamespaceId *a, const NamespaceId *b) {
        return a->device == b->device && a->inode == b->inode;
}

/* The same, and holds it open. Returns: a descriptor. */
int namespace_open(pid_t pid, const char *kind, NamespaceId *ret);

/* Makes a socket as socket(2) does, in another network namespace. This process itself never leaves
 * its own: a child goes there, sends the socket back and ends. A socket stays in the namespace it
 * was made in, so bind(2) and listen(2) are the caller's.
 *
 * Returns: the descriptor; -EPERM (no CAP_SYS_ADMIN over it), or another negative errno. */
int netns_socket(int netns_fd, int domain, int type);
