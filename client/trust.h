/* SPDX-License-Identifier: MIT */
/* Whom a desk believes: from whom it takes descriptors. Decided by what the kernel says of him (of
 * the listener, SO_PEERCRED; of the sender, si_uid of SI_SENDFD), never by anything that a bell
 * contains.
 *
 * Root is believed. This process's own user is, if it could take over this process anyway (ptrace):
 * no privilege that the user hasn't, and dumpable. In a user namespace, where uid 0 may be any user
 * outside, nobody is but a parent of that number, unless the options say so. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

typedef enum TrustNamespace {
        TRUST_NAMESPACE_IDENTITY, /* uids mean what they mean to the whole machine */
        TRUST_NAMESPACE_MAPPED,   /* they don't */
        TRUST_NAMESPACE_HIDDEN, /* a sandbox, or a kernel before 6.11 without /proc, doesn't say */
        TRUST_NAMESPACE_UNSEEN, /* nobody has looked yet */
} TrustNamespace;

typedef struct Trust {
        unsigned int flags; /* BELLHOP_TRUST_* */
        _Atomic(TrustNamespace) user_namespace;
        _Atomic(pid_t) parent; /* who was believed, whatever the namespace is; 0: nobody */
        bool own_uid_checked;  /* our uid may be believed: found once, and privileges only shrink */
        uid_t own_uid;
} Trust;

void trust_init(Trust *trust, unsigned int flags);

/* Looks at the user namespace, if nobody has. Else the first of the questions below does it that
 * can't be answered without: not the usual one, about the manager that has started us. */
void trust_look(Trust *trust);

/* False: no manager whatsoever is believed. */
bool trust_has_anybody(Trust *trust);

/* Returns: NULL, or the reason not to believe a manager of that uid and with that pid (0: unknown,
 * or not in our pid namespace). */
const char *trust_check(Trust *trust, uid_t uid, pid_t pid);

/* The same for a peer that uses bellhop_sendfd(): only one of this process's own user. */
const char *trust_check_peer(Trust *trust, uid_t uid);
