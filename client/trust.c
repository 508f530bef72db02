/* SPDX-License-Identifier: MIT */
/* Whom a desk believes. */
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bellhop.h"
#include "fd.h"

/* The inode of the first user namespace (PROC_USER_INIT_INO, the same since Linux 3.8). */
#define INITIAL_NAMESPACE_INODE 0xEFFFFFFDu

/* PIDFD_GET_USER_NAMESPACE of <linux/pidfd.h> (Linux 6.11), younger than most headers. */
#define PIDFD_USER_NAMESPACE _IO(0xFF, 9)

#define OVERFLOW_UID_DEFAULT 65534

static bool map_is_identity(void) {
        char map[256];
        uint64_t numbers[3];
        char *at = map;

        if (fd_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
                char *end;

                numbers[i] = strtoull(at, &end, 10);
                if (end == at)
                        return false;
                at = end;
        }
        return numbers[0] == 0 && numbers[1] == 0 && numbers[2] == UINT32_MAX &&
               strspn(at, " \n") == strlen(at);
}

/* Returns: the inode of our user namespace, or 0: this kernel doesn't say. The first look of a
 * young process into /proc costs as much as five of these calls, and this one needs no /proc. */
static ino_t namespace_inode_by_pidfd(void) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), fd = -EBADF;
        struct stat st;

        if (pidfd < 0)
                return 0;
        fd = ioctl(pidfd, PIDFD_USER_NAMESPACE, 0);
        return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static TrustNamespace namespace_detect(void) {
        ino_t inode = namespace_inode_by_pidfd();
        struct stat st;

        if (inode == 0 && stat("/proc/self/ns/user", &st) == 0)
                inode = st.st_ino;
        if (inode == INITIAL_NAMESPACE_INODE || map_is_identity())
                return TRUST_NAMESPACE_IDENTITY;
        return inode == 0 ? TRUST_NAMESPACE_HIDDEN : TRUST_NAMESPACE_MAPPED;
}

void trust_init(Trust *trust, unsigned int flags) {
        *trust = (Trust){ .flags = flags, .user_namespace = TRUST_NAMESPACE_UNSEEN };
}

/* Any thread; all see the same. It costs a young process more than the rest of a claim. */
void trust_look(Trust *trust) {
        if (trust->user_namespace == TRUST_NAMESPACE_UNSEEN)
                trust->user_namespace = namespace_detect();
}

static bool namespace_is_trusted(Trust *trust) {
        trust_look(trust);
        return trust->user_namespace == TRUST_NAMESPACE_IDENTITY ||
               (trust->flags & BELLHOP_TRUST_NAMESPACE);
}

/* We have believed our parent, who is gone, and are in a sandbox by now that lets us see nothing of
 * the namespace: then uid 0 is still what he was. */
static bool may_follow_parent(const Trust *trust) {
        return trust->user_namespace == TRUST_NAMESPACE_HIDDEN && trust->parent > 0;
}

bool trust_has_anybody(Trust *trust) {
        return (trust->parent > 0 && trust->parent == getppid()) || namespace_is_trusted(trust) ||
               may_follow_parent(trust);
}

/* Whoever has started us, or has taken us over from who did, could have done with us as he pleased;
 * and if his uid is 0, then it is root's, or that of the root of our namespace, who still can. So
 * there is no need to know which. Not where exec has given us more than our parent need have. As a
 * pid, 0 is anybody outside of our pid namespace: as a parent too. */
static bool is_ruling_parent(const Trust *trust, uid_t uid, pid_t pid) {
        return uid == 0 && pid > 0 && !(trust->flags & BELLHOP_TRUST_ROOT_ONLY) &&
               getauxval(AT_SECURE) == 0 && pid == getppid();
}

static uid_t overflow_uid(void) {
        char text[32];

        if (fd_read_file(AT_FDCWD, "/proc/sys/kernel/overflowuid", text, sizeof(text)) < 0)
                return OVERFLOW_UID_DEFAULT;
        return (uid_t)strtoul(text, NULL, 10);
}

static bool has_capabilities(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

        if (syscall(SYS_capget, &header, data) < 0)
                return true; /* a sandbox hides it: the cautious answer */
        for (size_t i = 0; i < ARRAY_SIZE(data); i++)
                if (data[i].effective | data[i].permitted)
                        return true;
        return false;
}

/* Could any process of our uid do to us as it pleases anyway? */
static const char *own_uid_check(unsigned int flags, uid_t uid) {
        uid_t real, effective, saved;

        if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid ||
            saved != uid)
                return "the manager is another user's";
        if (flags & BELLHOP_TRUST_OWN_UID)
                return NULL;
        if (getauxval(AT_SECURE) != 0 || has_capabilities())
                return "the manager is of this process's user, which has fewer privileges than "
                       "this "
                       "process";
        if (prctl(PR_GET_DUMPABLE) != 1)
                return "the manager is of this process's user, but this process is not dumpable, "
                       "so its user isn't trusted";
        return NULL;
}

/* Whether that number may be anybody whom this user namespace has no number for. */
static bool may_be_anybody(Trust *trust, uid_t uid) {
        trust_look(trust);
        return trust->user_namespace != TRUST_NAMESPACE_IDENTITY && uid == overflow_uid();
}

const char *trust_check(Trust *trust, uid_t uid, pid_t pid) {
        const char *reason;

        if (trust->user_namespace != TRUST_NAMESPACE_IDENTITY &&
            is_ruling_parent(trust, uid, pid)) {
                trust->parent = pid;
                return NULL;
        }
        if (!namespace_is_trusted(trust) && !(uid == 0 && may_follow_parent(trust)))
                return "this process is in a user namespace, where root may be any user";
        if (uid == 0 || may_be_anybody(trust, uid))
                return NULL;
        if (trust->flags & BELLHOP_TRUST_ROOT_ONLY)
                return "the manager is not root's";
        if (trust->own_uid_checked && trust->own_uid == uid)
                return NULL;

        reason = own_uid_check(trust->flags, uid);
        if (!reason) {
                trust->own_uid_checked = true;
                trust->own_uid = uid;
        }
        return reason;
}

const char *trust_check_peer(Trust *trust, uid_t uid) {
        return uid == geteuid() && !may_be_anybody(trust, uid) ? NULL
                                                               : "the peer is of another user";
}
