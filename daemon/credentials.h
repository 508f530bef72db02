/* SPDX-License-Identifier: MIT */
/* Users and groups, read from /etc/passwd and /etc/group themselves: a name service (NSS) may ask
 * the network and hang, and the manager must not. The files are read again when they change. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "macros.h"

/* The parsed files. Each look-up first sees whether they have changed. */
typedef struct UserDatabase UserDatabase;

UserDatabase *user_database_new(const char *passwd_path, const char *group_path);
UserDatabase *user_database_free(UserDatabase *database);
DEFINE_CLEANUP(UserDatabase, user_database_free)

/* The one of this system, made on first use. */
UserDatabase *user_database_system(void);

/* A name or a number; a number needn't be in the file.
 * Returns: 0; -ESRCH no such name; -EINVAL neither a name nor a number; negative errno (the file
 * can't be read). */
int user_database_find_user(UserDatabase *database, const char *user, uid_t *ret);
int user_database_find_group(UserDatabase *database, const char *group, gid_t *ret);

/* What a process of this user and group has. */
typedef struct Credentials {
        uid_t uid;      /* (uid_t)-1: no User= */
        gid_t gid;      /* (gid_t)-1: no User= and no Group= */
        GArray *groups; /* of gid_t: supplementary, the group itself included; NULL: none */
        char *user;     /* the name, or NULL */
        char *home;     /* NULL: unknown */
        char *shell;    /* NULL: unknown */
} Credentials;

#define CREDENTIALS_INIT \
        { .uid = (uid_t)-1, .gid = (gid_t)-1 }

/* User= and Group=, each may be NULL.
 * Returns: 0; what the functions above return, with *ret_step "user" or "group"; -ENODATA: a number
 * that isn't in the file has no group, Group= must say it. */
int credentials_resolve(UserDatabase *database, const char *user, const char *group,
                        Credentials *ret, const char **ret_step);
void credentials_clear(Credentials *credentials);

/* What an error of any of these means: "User=www: no such name in /etc/passwd" (g_free).
 * @key: the one that the name stands in */
char *credentials_failure(const char *key, const char *name, int error);
