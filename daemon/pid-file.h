/* SPDX-License-Identifier: MIT */
/* A file with a process's id, which a service writes and the manager reads. Nothing in it is
 * believed by itself: who could have written it, or led us to it, is said with it. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

typedef struct PidFile {
        pid_t pid;
        int pidfd;   /* owned: of a process that hasn't ended */
        uid_t owner; /* of the file */
        /* Nobody but root, ourselves and the file's owner chose this file: no folder or link of
         * another user is on the way. */
        bool safe;
} PidFile;

/* Returns: 0; -ENOENT: no file, or nothing in it yet; -ESRCH: no such process; -EINVAL: not a
 * process id, or no regular file; other negative errno. */
int pid_file_read(const char *path, PidFile *ret);

/* Removes the file, unless somebody could have led us to another's. */
void pid_file_remove(const char *path);
