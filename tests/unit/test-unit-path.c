/* SPDX-License-Identifier: MIT */
/* Units made of several files: drop-ins and their order, aliases, masks, .wants and .requires. */
#include "directive.h"
#include "unit-folder.h"

#define SERVICE_TEXT "[Service]\nExecStart=/bin/x\n"

static void assert_joined(char *const *list, const char *wanted) {
        static char *const none[] = { NULL };
        g_autofree char *joined = g_strjoinv(" ", (char **)(list ? list : none));

        g_assert_cmpstr(joined, ==, wanted);
}

/* ---- drop-ins ---- */

/* Puts a drop-in that leaves a trace of its own in Documentation=. */
static void put_dropin(const UnitFolder *folder, const char *name) {
        g_autofree char *text = g_strdup_printf("[Unit]\nDocumentation=%s\n", name);

        unit_folder_put(folder, name, text);
}

/* What is read, in its order; systemd 252 reads the same. */
static void test_dropin_order(void) {
        static const char *const dropins[] = {
                "lib/foo-bar@x.service.d/10-a.conf", /* /etc counts more than the instance's name */
                "etc/foo-bar@.service.d/10-a.conf",
                "run/foo-.service.d/10-a.conf",
                "lib/foo-bar@.service.d/20-b.conf",
                "etc/foo-.service.d/20-b.conf",
                "etc/service.d/30-c.conf",
                "lib/foo-@x.service.d/30-c.conf",
                "lib/foo-@.service.d/31-c.conf",
                "lib/foo-.service.d/32-c.conf",
                "etc/service.d/40-d.conf", /* the type counts least */
                "lib/foo-.service.d/40-d.conf",
                "lib/service.d/05-d.conf",
                "lib/foo-bar@x.service.d/50.conf", /* masked below */
                "lib/foo-bar@x.service.d/51.conf",
                "lib/foo-bar@x.service.d/.hidden.conf",
                "lib/foo-bar@x.service.d/55.conf~",
                "lib/foo-bar.service.d/56.conf", /* another unit's */
                "lib/foo-bar@y.service.d/57.conf",
                "lib/socket.d/58.conf",
        };
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/foo-bar@.service", SERVICE_TEXT);
        for (size_t i = 0; i < ARRAY_SIZE(dropins); i++)
                put_dropin(&folder, dropins[i]);
        unit_folder_link(&folder, "etc/foo-bar@.service.d/50.conf", "/dev/null");
        unit_folder_put(&folder, "run/foo-bar@x.service.d/51.conf", "");
        settings = unit_folder_load(&folder, "foo-bar@x.service");
        assert_joined(settings->documentation, "lib/service.d/05-d.conf "
                                               "etc/foo-bar@.service.d/10-a.conf "
                                               "etc/foo-.service.d/20-b.conf "
                                               "lib/foo-@x.service.d/30-c.conf "
                                               "lib/foo-@.service.d/31-c.conf "
                                               "lib/foo-.service.d/32-c.conf "
                                               "lib/foo-.service.d/40-d.conf");
        g_assert_cmpuint(g_strv_length(settings->dropins), ==, 7);
        g_assert_true(g_str_has_suffix(settings->dropins[6], "lib/foo-.service.d/40-d.conf"));
        g_assert_true(g_str_has_suffix(settings->path, "lib/foo-bar@.service"));
        unit_folder_done(&folder);
}

/* Which of a unit's folders counts most: seen by whose file of one name is taken. systemd 252's
 * order, to which it comes by asking a name, its template, and only then what is before a dash. */
static void test_dropin_names(void) {
        static const char *const folders[] = { "a-b-c@x", "a-b-c@", "a-b-", "a-",
                                               "a-b-@x",  "a-b-@",  "a-@x", "a-@" };
        static const char *const others[] = { "a-b-c", "a-b@x", "a-b@", "a@", "a", "-", "b-" };
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a-b-c@.service", SERVICE_TEXT);
        for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
                g_autofree char *name = g_strconcat("lib/", others[i], ".service.d/1.conf", NULL);

                put_dropin(&folder, name);
        }
        for (size_t i = ARRAY_SIZE(folders); i-- > 0;) {
                g_autofree char *name = g_strconcat("lib/", folders[i], ".service.d/1.conf", NULL);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

                put_dropin(&folder, name);
                settings = unit_folder_load(&folder, "a-b-c@x.service");
                assert_joined(settings->documentation, name);
        }
        unit_folder_done(&folder);
}

/* A dash at the end, several of them, and one at the beginning. */
static void test_dropin_dashes(void) {
        static const char *const units[][2] = {
                { "a--b.service", "a--.service.d a-.service.d" },
                { "a-b-.service", "a-b-.service.d a-.service.d" },
                { "-a.service", "-a.service.d" },
                { "a-@b-c.service", "a-@b-c.service.d a-@.service.d" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                g_auto(GStrv) folders = g_strsplit(units[i][1], " ", -1);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
                g_autofree char *own = g_strconcat("lib/", units[i][0], NULL);
                UnitFolder folder;

                unit_folder_init(&folder);
                unit_folder_put(&folder, own, SERVICE_TEXT);
                put_dropin(&folder, "lib/-.service.d/0.conf");
                for (size_t j = 0; folders[j]; j++) {
                        g_autofree char *name =
                                g_strdup_printf("lib/%s/%zu.conf", folders[j], j + 1);

                        put_dropin(&folder, name);
                }
                settings = unit_folder_load(&folder, units[i][0]);
                g_assert_cmpuint(g_strv_length(settings->dropins), ==, g_strv_length(folders));
                unit_folder_done(&folder);
        }
}

/* There are as many names as there are dashes, and each costs a look: with more than that for each,
 * these units would take minutes. */
static void test_dropin_many_dashes(void) {
        g_autofree char *stem = g_strnfill(238, '-'), *file = NULL;
        UnitFolder folder;

        file = g_strdup_printf("lib/%s@.service", stem);
        unit_folder_init(&folder);
        unit_folder_put(&folder, file, SERVICE_TEXT);
        put_dropin(&folder, "lib/--.service.d/1.conf");
        put_dropin(&folder, "etc/--@.service.d/1.conf");
        put_dropin(&folder, "lib/-----@.service.d/2.conf");
        for (int i = 0; i < 1000; i++) {
                g_autofree char *name = g_strdup_printf("%s@%d.service", stem, i);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

                g_assert_cmpint(unit_load(folder.path, name, NULL, &settings), ==, 0);
                assert_joined(settings->documentation,
                              "etc/--@.service.d/1.conf lib/-----@.service.d/2.conf");
        }
        unit_folder_done(&folder);
}

/* A later value replaces, an empty one resets, a list grows; %n and %y are the unit's. */
static void test_dropin_values(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        g_autofree char *path = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a-b-c.socket",
                        "[Socket]\nListenStream=@one\nBacklog=1\nMaxConnections=2\n");
        unit_folder_put(&folder, "lib/a-b-.socket.d/1.conf",
                        "[Socket]\nListenStream=@two\nBacklog=3\n[Unit]\nDescription=%n %y\n");
        unit_folder_put(&folder, "lib/a-.socket.d/2.conf",
                        "[Socket]\nListenStream=\nListenStream=@three\nMaxConnections=\n");
        unit_folder_put(&folder, "lib/a.socket.d/3.conf", "[Socket]\nBacklog=9\n");
        settings = unit_folder_load(&folder, "a-b-c.socket");
        g_assert_cmpuint(SOCKET_SETTINGS(settings)->listens->len, ==, 1);
        g_assert_cmpstr(((Listen *)SOCKET_SETTINGS(settings)->listens->pdata[0])->address->text, ==,
                        "@three");
        g_assert_cmpuint(SOCKET_SETTINGS(settings)->backlog, ==, 3);
        g_assert_cmpuint(SOCKET_SETTINGS(settings)->max_connections, ==, 64);
        path = g_strdup_printf("a-b-c.socket %s/lib/a-b-c.socket", folder.top);
        g_assert_cmpstr(settings->description, ==, path);
        unit_folder_done(&folder);
}

static void test_dropin_messages(void) {
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.socket", "[Socket]\nListenStream=@one\n");
        unit_folder_put(&folder, "lib/a.socket.d/1.conf", "[Socket]\nBacklog=7\nBaklog=1\n");
        unit_folder_assert(&folder, "a.socket", 0, "lib/a.socket.d/1.conf", 3, "Baklog",
                           "did you mean Backlog=?");
        unit_folder_put(&folder, "lib/a.socket.d/1.conf", "[Socket]\n\nBacklog=x\n");
        unit_folder_assert(&folder, "a.socket", -EBADMSG, "lib/a.socket.d/1.conf", 3, "Backlog",
                           "'x' is not");
        /* What only the whole shows, where the last word was said. */
        unit_folder_put(&folder, "lib/a.socket.d/1.conf", "[Socket]\n\nService=b@.service\n");
        unit_folder_assert(&folder, "a.socket", -EBADMSG, "lib/a.socket.d/1.conf", 3, "Service",
                           "Accept=yes");
        unit_folder_put(&folder, "lib/a.socket.d/1.conf", "[Socket]\n\n\nListenStream=@one\n");
        unit_folder_assert(&folder, "a.socket", -EBADMSG, "lib/a.socket.d/1.conf", 4,
                           "ListenStream", "'@one'");
        unit_folder_put(&folder, "lib/a.socket.d/1.conf", "Backlog=1\n");
        unit_folder_assert(&folder, "a.socket", -EBADMSG, "lib/a.socket.d/1.conf", 1, NULL,
                           "before any [Section]");
        unit_folder_done(&folder);
}

/* Nobody waits for a FIFO, and a unit doesn't suffer from what isn't a drop-in. */
static void test_dropin_not_files(void) {
        UnitFolder folder;
        g_autofree char *fifo = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        fifo = unit_folder_place(&folder, "lib/a.service.d/fifo.conf");
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        unit_folder_put(&folder, "lib/a.service.d/folder.conf/x", "");
        unit_folder_assert(&folder, "a.service", 0, "fifo.conf", 0, NULL, "not a regular file");
        unit_folder_assert(&folder, "a.service", 0, "folder.conf", 0, NULL, "not a regular file");
        unit_folder_link(&folder, "lib/a.service.d/loop.conf", "loop.conf");
        unit_folder_assert(&folder, "a.service", -EBADMSG, "loop.conf", 0, NULL, "can't be read");
        unit_folder_done(&folder);
}

/* ---- aliases ---- */

static void assert_is(const UnitFolder *folder, const char *name, const char *unit,
                      const char *aliases) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = unit_folder_load(folder, name);

        g_assert_cmpstr(settings->name, ==, unit);
        assert_joined(settings->aliases, aliases);
}

static void test_aliases(void) {
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/web.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/t@.service", SERVICE_TEXT);
        unit_folder_link(&folder, "lib/www.service", "web.service");
        unit_folder_link(&folder, "etc/site.service", "../lib/www.service");
        unit_folder_link(&folder, "etc/template@.service", "../lib/t@.service");
        unit_folder_link(&folder, "etc/one@1.service", "../lib/t@.service");
        unit_folder_link(&folder, "etc/t@2.service", "../lib/t@.service");
        assert_is(&folder, "web.service", "web.service", "site.service www.service");
        assert_is(&folder, "www.service", "web.service", "site.service www.service");
        assert_is(&folder, "site.service", "web.service", "site.service www.service");
        assert_is(&folder, "template@7.service", "t@7.service", "template@7.service");
        assert_is(&folder, "t@7.service", "t@7.service", "template@7.service");
        assert_is(&folder, "one@1.service", "t@1.service", "one@1.service template@1.service");
        assert_is(&folder, "t@2.service", "t@2.service", "template@2.service");
        g_assert_cmpint(unit_load(folder.path, "one@2.service", NULL, NULL), ==, -ENOENT);
        unit_folder_done(&folder);
}

/* A link that isn't an alias: a file that lies elsewhere, or by the same name. */
static void test_linked_files(void) {
        UnitFolder folder;
        g_autofree char *elsewhere = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "opt/real.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/same.service", SERVICE_TEXT);
        elsewhere = unit_folder_place(&folder, "opt/real.service");
        unit_folder_link(&folder, "etc/linked.service", elsewhere);
        unit_folder_link(&folder, "run/same.service", "../lib/same.service");
        assert_is(&folder, "linked.service", "linked.service", "");
        assert_is(&folder, "same.service", "same.service", "");
        unit_folder_done(&folder);
}

/* Two names of one unit have one type and one instance. */
static void test_bad_aliases(void) {
        static const char *const links[][2] = {
                { "lib/a.socket", "a.service" },    { "lib/b@.service", "a.service" },
                { "lib/c.service", "t@.service" },  { "lib/d@1.service", "t@2.service" },
                { "lib/e.service", "t@2.service" },
        };
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_auto(GStrv) names = NULL;
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/t@.service", SERVICE_TEXT);
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                unit_folder_link(&folder, links[i][0], links[i][1]);
        names = list_names(folder.path, diagnostics);
        assert_joined(names, "a.service");
        g_assert_cmpuint(diagnostics->list->len, ==, ARRAY_SIZE(links));
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                g_assert_cmpint(unit_load(folder.path, links[i][0] + 4, NULL, NULL), ==, -ENOENT);
        unit_folder_done(&folder);
}

static void test_bad_links(void) {
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_link(&folder, "lib/a.service", "b.service");
        unit_folder_link(&folder, "lib/b.service", "c.service");
        unit_folder_link(&folder, "lib/c.service", "a.service");
        unit_folder_link(&folder, "lib/self.service", "self.service");
        unit_folder_link(&folder, "lib/dangling.service", "none.service");
        unit_folder_link(&folder, "lib/far.service", "/no/where.service");
        unit_folder_assert(&folder, "a.service", -EBADMSG, "lib/a.service", 0, NULL,
                           "Too many levels");
        unit_folder_assert(&folder, "self.service", -EBADMSG, "lib/self.service", 0, NULL,
                           "Too many levels");
        unit_folder_assert(&folder, "dangling.service", -EBADMSG, "lib/dangling.service", 0, NULL,
                           "a link to none.service, of which there is no file");
        unit_folder_assert(&folder, "far.service", -EBADMSG, "lib/far.service", 0, NULL,
                           "No such file");
        unit_folder_done(&folder);
}

/* Whoever has all files read hears of the names that lead nowhere; those of masks do. */
static void test_bad_links_listed(void) {
        static const char *const texts[] = {
                "lib/a.service:1: warning: a link to b.service that never leads to a file",
                "lib/b.service:1: warning: a link to a.service that never leads to a file",
                "lib/web.service:1: warning: a link to nginx.service, of which there is no file",
        };
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitFolder folder;
        g_auto(GStrv) names = NULL;

        unit_folder_init(&folder);
        unit_folder_link(&folder, "lib/a.service", "b.service");
        unit_folder_link(&folder, "lib/b.service", "a.service");
        unit_folder_link(&folder, "lib/web.service", "nginx.service");
        unit_folder_link(&folder, "lib/off.service", "/dev/null");
        unit_folder_link(&folder, "lib/of-off.service", "off.service");
        unit_folder_put(&folder, "lib/good.service", SERVICE_TEXT);
        unit_folder_link(&folder, "lib/other.service", "good.service");
        names = list_names(folder.path, diagnostics);
        assert_joined(names, "good.service");
        g_assert_cmpuint(diagnostics->list->len, ==, ARRAY_SIZE(texts));
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                g_autofree char *text = diagnostic_to_string(diagnostics->list->pdata[i]);

                g_assert_nonnull(strstr(text, texts[i]));
        }
        unit_folder_done(&folder);
}

/* What is of a type that there isn't here is named, in one line for each folder. */
static void test_foreign_files(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitFolder folder;
        g_auto(GStrv) names = NULL;
        const Diagnostic *etc, *lib;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "etc/clean.timer", "[Timer]\n");
        unit_folder_link(&folder, "etc/off.timer", "/dev/null");
        unit_folder_put(&folder, "etc/a.service", SERVICE_TEXT);
        for (char name[] = "lib/a.mount"; name[4] < 'k'; name[4]++)
                unit_folder_put(&folder, name, "[Mount]\n");
        unit_folder_put(&folder, "lib/README.path.txt", "");
        names = list_names(folder.path, diagnostics);
        assert_joined(names, "a.service");
        g_assert_cmpuint(diagnostics->list->len, ==, 2);
        etc = diagnostics->list->pdata[0];
        lib = diagnostics->list->pdata[1];
        g_assert_true(g_str_has_suffix(etc->file, "/etc"));
        g_assert_cmpint(etc->level, ==, DIAGNOSTIC_WARNING);
        g_assert_cmpstr(etc->text, ==,
                        "nothing comes of clean.timer: bellhop has no units of this type");
        g_assert_cmpstr(lib->text, ==,
                        "nothing comes of a.mount, b.mount, c.mount, d.mount, e.mount, f.mount, "
                        "g.mount, h.mount and 2 more: bellhop has no units of these types");
        unit_folder_done(&folder);
}

/* Each name costs a look at itself, not at all the others: that would take minutes. */
static void test_many_aliases(void) {
        enum { COUNT = 30000, TIMES = 60 };
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/web.service", SERVICE_TEXT);
        for (int i = 0; i < COUNT; i++) {
                g_autofree char *name = g_strdup_printf("lib/name-of-web-%d.service", i);

                unit_folder_link(&folder, name, "web.service");
        }
        settings = unit_folder_load(&folder, "web.service");
        g_assert_cmpuint(g_strv_length(settings->aliases), ==, COUNT);
        for (int i = 0; i < TIMES; i++) {
                g_auto(GStrv) aliases = unit_path_aliases(folder.path, "web.service");

                g_assert_cmpuint(g_strv_length(aliases), ==, COUNT);
        }
        unit_folder_done(&folder);
}

static void test_alias_dropins(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/web.service", SERVICE_TEXT);
        unit_folder_link(&folder, "etc/www.service", "../lib/web.service");
        put_dropin(&folder, "etc/www.service.d/1.conf");
        put_dropin(&folder, "lib/web.service.d/1.conf");
        put_dropin(&folder, "lib/www.service.d/2.conf");
        settings = unit_folder_load(&folder, "www.service");
        assert_joined(settings->documentation, "lib/web.service.d/1.conf lib/www.service.d/2.conf");
        unit_folder_done(&folder);
}

/* Where another unit is named by an alias, its own name is what counts. */
static void test_alias_references(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *named = NULL, *unnamed = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/web.service", SERVICE_TEXT);
        unit_folder_link(&folder, "lib/www.service", "web.service");
        unit_folder_put(&folder, "lib/named.socket",
                        "[Unit]\nAfter=www.service x.target\n"
                        "[Socket]\nListenStream=@x\nService=www.service\n");
        unit_folder_put(&folder, "lib/www.socket", "[Socket]\nListenStream=@x\n");
        named = unit_folder_load(&folder, "named.socket");
        assert_joined(named->after, "web.service x.target");
        g_assert_cmpstr(SOCKET_SETTINGS(named)->service, ==, "web.service");
        unnamed = unit_folder_load(&folder, "www.socket");
        g_assert_cmpstr(SOCKET_SETTINGS(unnamed)->service, ==, "web.service");
        unit_folder_done(&folder);
}

/* ---- masks ---- */

static void test_masks(void) {
        g_auto(GStrv) names = NULL;
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/t@.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/u@.service", SERVICE_TEXT);
        unit_folder_link(&folder, "lib/alias.service", "a.service");
        unit_folder_link(&folder, "etc/a.service", "/dev/null");
        unit_folder_link(&folder, "etc/t@.service", "/dev/null");
        unit_folder_link(&folder, "etc/u@1.service", "/dev/null");
        unit_folder_assert(&folder, "a.service", -ENOENT, "etc/a.service", 0, NULL, "masked");
        unit_folder_assert(&folder, "alias.service", -ENOENT, "etc/a.service", 0, NULL, "masked");
        unit_folder_assert(&folder, "t@1.service", -ENOENT, "etc/t@.service", 0, NULL, "masked");
        unit_folder_assert(&folder, "u@1.service", -ENOENT, "etc/u@1.service", 0, NULL, "masked");
        assert_is(&folder, "u@2.service", "u@2.service", "");
        unit_folder_put(&folder, "lib/b.service", SERVICE_TEXT);
        names = list_names(folder.path, NULL);
        assert_joined(names, "b.service");
        unit_folder_done(&folder);
}

/* ---- .wants and .requires ---- */

static void test_wants(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/default.target", "[Unit]\nWants=own.service\n");
        unit_folder_link(&folder, "etc/default.target.wants/web.socket", "/no/where/web.socket");
        unit_folder_link(&folder, "lib/default.target.wants/web.socket", "../web.socket");
        unit_folder_link(&folder, "lib/default.target.wants/t@3.service", "../t@.service");
        unit_folder_link(&folder, "lib/default.target.wants/off.service", "../off.service");
        unit_folder_link(&folder, "etc/default.target.wants/off.service", "/dev/null");
        unit_folder_link(&folder, "lib/default.target.requires/hard.service", "../hard.service");
        settings = unit_folder_load(&folder, "default.target");
        assert_joined(settings->wants, "own.service t@3.service web.socket");
        assert_joined(settings->requires, "hard.service");
        unit_folder_done(&folder);
}

/* What is enabled may be more than what a unit could be made of. */
static void test_many_wants(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        for (int i = 0; i < 3000; i++) {
                g_autofree char *name = g_strdup_printf("lib/a.target.wants/s%d.socket", i);

                unit_folder_link(&folder, name, "../s.socket");
        }
        settings = unit_folder_load(&folder, "a.target");
        g_assert_cmpuint(g_strv_length(settings->wants), ==, 3000);
        unit_folder_done(&folder);
}

static void test_wants_of_instances(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/t@.target", "[Unit]\n");
        unit_folder_put(&folder, "lib/plain.target", "[Unit]\n");
        unit_folder_link(&folder, "lib/t@.target.wants/s@.service", "../s@.service");
        unit_folder_link(&folder, "lib/t@a.target.wants/only.service", "../only.service");
        settings = unit_folder_load(&folder, "t@a.target");
        assert_joined(settings->wants, "only.service s@a.service");
        settings = settings_unref(settings);
        settings = unit_folder_load(&folder, "t@b.target");
        assert_joined(settings->wants, "s@b.service");
        unit_folder_link(&folder, "lib/plain.target.wants/s@.service", "../s@.service");
        unit_folder_assert(&folder, "plain.target", 0, "plain.target.wants/s@.service", 0, NULL,
                           "template");
        unit_folder_link(&folder, "lib/plain.target.wants/x.mount", "../x.mount");
        unit_folder_assert(&folder, "plain.target", 0, "wants/x.mount", 0, NULL, "this type");
        unit_folder_put(&folder, "lib/plain.target.wants/README", "x");
        unit_folder_assert(&folder, "plain.target", 0, "wants/README", 0, NULL, "not a unit's");
        unit_folder_put(&folder, "lib/plain.target.wants/copy.service", "x");
        unit_folder_assert(&folder, "plain.target", 0, "copy.service", 0, NULL, "not a link");
        unit_folder_done(&folder);
}

/* A target can be what is enabled for it, and nothing else; no other unit can. */
static void test_target_of_folders(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        unit_folder_init(&folder);
        unit_folder_link(&folder, "etc/multi-user.target.wants/web.socket", "../web.socket");
        unit_folder_link(&folder, "etc/default.target", "multi-user.target");
        unit_folder_link(&folder, "etc/a.service.wants/web.socket", "../web.socket");
        settings = unit_folder_load(&folder, "default.target");
        g_assert_cmpstr(settings->name, ==, "multi-user.target");
        g_assert_null(settings->path);
        assert_joined(settings->wants, "web.socket");
        g_assert_cmpint(unit_load(folder.path, "a.service", NULL, NULL), ==, -ENOENT);
        g_assert_cmpint(unit_load(folder.path, "other.target", NULL, NULL), ==, -ENOENT);
        unit_folder_done(&folder);
}

/* ---- what is noticed ---- */

static void test_shown_and_compared(void) {
        UnitFolder folder;
        _cleanup_(settings_unref_cleanup) UnitSettings *before = NULL, *after = NULL;
        g_autoptr(GVariant) shown = NULL;
        g_autofree char **paths = NULL, **names = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        before = unit_folder_load(&folder, "a.service");
        put_dropin(&folder, "lib/a.service.d/1.conf");
        unit_folder_link(&folder, "lib/b.service", "a.service");
        after = unit_folder_load(&folder, "a.service");
        g_assert_false(settings_equal(before, after));
        shown = g_variant_ref_sink(settings_show(after));
        g_assert_true(g_variant_lookup(shown, "DropInPaths", "^a&s", &paths));
        g_assert_cmpuint(g_strv_length(paths), ==, 1);
        g_assert_true(g_str_has_suffix(paths[0], "/lib/a.service.d/1.conf"));
        g_assert_true(g_variant_lookup(shown, "Names", "^a&s", &names));
        assert_joined(names, "a.service b.service");
        unit_folder_done(&folder);
}

static void test_files(void) {
        UnitFolder folder;
        g_auto(GStrv) files = NULL, none = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        unit_folder_put(&folder, "run/a.service.d/2.conf", "[Unit]\n");
        unit_folder_put(&folder, "lib/service.d/1.conf", "[Unit]\n");
        unit_folder_link(&folder, "lib/b.service", "a.service");
        files = unit_files(folder.path, "b.service", NULL);
        g_assert_cmpuint(g_strv_length(files), ==, 3);
        g_assert_true(g_str_has_suffix(files[0], "lib/a.service"));
        g_assert_true(g_str_has_suffix(files[1], "lib/service.d/1.conf"));
        g_assert_true(g_str_has_suffix(files[2], "run/a.service.d/2.conf"));
        none = unit_files(folder.path, "README", NULL);
        g_assert_cmpuint(g_strv_length(none), ==, 0);
        unit_folder_done(&folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-path/dropin-order", test_dropin_order);
        g_test_add_func("/unit-path/dropin-names", test_dropin_names);
        g_test_add_func("/unit-path/dropin-dashes", test_dropin_dashes);
        g_test_add_func("/unit-path/dropin-many-dashes", test_dropin_many_dashes);
        g_test_add_func("/unit-path/dropin-values", test_dropin_values);
        g_test_add_func("/unit-path/dropin-messages", test_dropin_messages);
        g_test_add_func("/unit-path/dropin-not-files", test_dropin_not_files);
        g_test_add_func("/unit-path/aliases", test_aliases);
        g_test_add_func("/unit-path/linked-files", test_linked_files);
        g_test_add_func("/unit-path/bad-aliases", test_bad_aliases);
        g_test_add_func("/unit-path/bad-links", test_bad_links);
        g_test_add_func("/unit-path/bad-links-listed", test_bad_links_listed);
        g_test_add_func("/unit-path/foreign-files", test_foreign_files);
        g_test_add_func("/unit-path/many-aliases", test_many_aliases);
        g_test_add_func("/unit-path/alias-dropins", test_alias_dropins);
        g_test_add_func("/unit-path/alias-references", test_alias_references);
        g_test_add_func("/unit-path/masks", test_masks);
        g_test_add_func("/unit-path/wants", test_wants);
        g_test_add_func("/unit-path/many-wants", test_many_wants);
        g_test_add_func("/unit-path/wants-of-instances", test_wants_of_instances);
        g_test_add_func("/unit-path/target-of-folders", test_target_of_folders);
        g_test_add_func("/unit-path/shown-and-compared", test_shown_and_compared);
        g_test_add_func("/unit-path/files", test_files);
        return g_test_run();
}
