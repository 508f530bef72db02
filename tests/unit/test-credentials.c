/* SPDX-License-Identifier: MIT */
/* Users and groups out of the two files. */
#include "credentials.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Fixture {
        char *folder, *passwd, *group;
        UserDatabase *database;
} Fixture;

static void write_file(const char *path, const char *text) {
        g_assert_true(g_file_set_contents(path, text, -1, NULL)); /* a new inode each time */
}

static void fixture_set_up(Fixture *fixture, gconstpointer data) {
        fixture->folder = g_dir_make_tmp("credentials-XXXXXX", NULL);
        fixture->passwd = g_build_filename(fixture->folder, "passwd", NULL);
        fixture->group = g_build_filename(fixture->folder, "group", NULL);
        write_file(fixture->passwd, "root:x:0:0:root:/root:/bin/bash\n"
                                    "web:x:101:201:Web,,,:/srv/web:/bin/sh\n"
                                    "+nis\n"
                                    "7up:x:107:207::/:/bin/false\n");
        write_file(fixture->group, "root:x:0:\n"
                                   "web:x:201:\n"
                                   "adm:x:4:root,web\n"
                                   "tls:x:300:web\n"
                                   "same:x:201:web\n"
                                   "other:x:301:webmaster\n");
        fixture->database = user_database_new(fixture->passwd, fixture->group);
}

static void fixture_tear_down(Fixture *fixture, gconstpointer data) {
        user_database_free(fixture->database);
        (void)g_remove(fixture->passwd);
        (void)g_remove(fixture->group);
        g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
        g_free(fixture->folder);
        g_free(fixture->passwd);
        g_free(fixture->group);
}

static void test_user(Fixture *fixture, gconstpointer data) {
        static const gid_t groups[] = { 201, 4, 300 };
        Credentials credentials;
        const char *step;

        g_assert_cmpint(credentials_resolve(fixture->database, "web", NULL, &credentials, &step),
                        ==, 0);
        g_assert_cmpuint(credentials.uid, ==, 101);
        g_assert_cmpuint(credentials.gid, ==, 201);
        g_assert_cmpstr(credentials.user, ==, "web");
        g_assert_cmpstr(credentials.home, ==, "/srv/web");
        g_assert_cmpstr(credentials.shell, ==, "/bin/sh");
        g_assert_cmpmem(credentials.groups->data, credentials.groups->len * sizeof(gid_t), groups,
                        sizeof(groups));
        credentials_clear(&credentials);
}

static void test_group(Fixture *fixture, gconstpointer data) {
        static const gid_t groups[] = { 4, 300 };
        Credentials credentials;
        const char *step;

        g_assert_cmpint(credentials_resolve(fixture->database, "web", "adm", &credentials, &step),
                        ==, 0);
        g_assert_cmpuint(credentials.uid, ==, 101);
        g_assert_cmpuint(credentials.gid, ==, 4);
        /* 201 lists it only by "same", the primary group isn't the group any more. */
        g_assert_cmpuint(credentials.groups->len, ==, 3);
        for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
                g_assert_cmpuint(g_array_index(credentials.groups, gid_t, i), ==, groups[i]);
        credentials_clear(&credentials);

        g_assert_cmpint(credentials_resolve(fixture->database, NULL, "tls", &credentials, &step),
                        ==, 0);
        g_assert_true(credentials.uid == (uid_t)-1);
        g_assert_cmpuint(credentials.gid, ==, 300);
        g_assert_null(credentials.user);
        credentials_clear(&credentials);
}

static void test_numbers(Fixture *fixture, gconstpointer data) {
        Credentials credentials;
        const char *step;
        uid_t uid;
        gid_t gid;

        g_assert_cmpint(user_database_find_user(fixture->database, "4711", &uid), ==, 0);
        g_assert_cmpuint(uid, ==, 4711);
        g_assert_cmpint(user_database_find_group(fixture->database, "4712", &gid), ==, 0);
        g_assert_cmpuint(gid, ==, 4712);

        /* A number that is in the file is that user. */
        g_assert_cmpint(credentials_resolve(fixture->database, "101", NULL, &credentials, &step),
                        ==, 0);
        g_assert_cmpuint(credentials.gid, ==, 201);
        g_assert_cmpstr(credentials.user, ==, "web");
        credentials_clear(&credentials);

        g_assert_cmpint(credentials_resolve(fixture->database, "4711", NULL, &credentials, &step),
                        ==, -ENODATA);
        g_assert_cmpint(credentials_resolve(fixture->database, "4711", "web", &credentials, &step),
                        ==, 0);
        g_assert_cmpuint(credentials.uid, ==, 4711);
        g_assert_cmpuint(credentials.gid, ==, 201);
        g_assert_null(credentials.home);
        credentials_clear(&credentials);
}

static void test_unknown(Fixture *fixture, gconstpointer data) {
        Credentials credentials = CREDENTIALS_INIT;
        const char *step;
        uid_t uid = 1;

        g_assert_cmpint(credentials_resolve(fixture->database, "nobody", NULL, &credentials, &step),
                        ==, -ESRCH);
        g_assert_cmpstr(step, ==, "user");
        g_assert_cmpint(
                credentials_resolve(fixture->database, "web", "nogroup", &credentials, &step), ==,
                -ESRCH);
        g_assert_cmpstr(step, ==, "group");
        g_assert_null(credentials.groups); /* untouched */

        g_assert_cmpint(user_database_find_user(fixture->database, "4294967295", &uid), ==,
                        -EINVAL);
        g_assert_cmpint(user_database_find_user(fixture->database, "12x", &uid), ==, -EINVAL);
        g_assert_cmpint(user_database_find_user(fixture->database, "", &uid), ==, -ESRCH);
        g_assert_cmpuint(uid, ==, 1);
}

static void test_changed_file(Fixture *fixture, gconstpointer data) {
        uid_t uid;

        g_assert_cmpint(user_database_find_user(fixture->database, "web", &uid), ==, 0);
        write_file(fixture->passwd, "web:x:102:202::/:/bin/sh\n");
        g_assert_cmpint(user_database_find_user(fixture->database, "web", &uid), ==, 0);
        g_assert_cmpuint(uid, ==, 102);

        g_assert_cmpint(g_remove(fixture->passwd), ==, 0);
        g_assert_cmpint(user_database_find_user(fixture->database, "web", &uid), ==, -ESRCH);
        g_assert_cmpint(user_database_find_user(fixture->database, "102", &uid), ==, 0);
}

static void add(const char *name, void (*function)(Fixture *, gconstpointer)) {
        g_test_add(name, Fixture, NULL, fixture_set_up, function, fixture_tear_down);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/credentials/user", test_user);
        add("/credentials/group", test_group);
        add("/credentials/numbers", test_numbers);
        add("/credentials/unknown", test_unknown);
        add("/credentials/changed-file", test_changed_file);
        return g_test_run();
}
