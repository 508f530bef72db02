/* SPDX-License-Identifier: MIT */
/* Enabling, disabling and masking units: links. */
#include "unit-install.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directive.h"
#include "unit-file.h"
#include "unit-load.h"
#include "unit-preset.h"

/* What the keys of [Install] make: "TARGET.wants/UNIT". */
static const struct {
        const char *property;
        const char *suffix;
} pullers[] = {
        { "WantedBy", ".wants" },
        { "RequiredBy", ".requires" },
        { "UpheldBy", ".upholds" },
};

/* "web.target.wants" */
static bool folder_is_puller(const char *folder) {
        for (size_t i = 0; i < ARRAY_SIZE(pullers); i++)
                if (g_str_has_suffix(folder, pullers[i].suffix))
                        return true;
        return false;
}

/* ---- links ---- */

static void change_free(gpointer data) {
        InstallChange *change = data;

        g_free(change->path);
        g_free(change->target);
        g_free(change);
}

static void note_change(Install *install, const char *path, const char *target) {
        InstallChange *change = g_new(InstallChange, 1);

        *change = (InstallChange){ .path = g_strdup(path), .target = g_strdup(target) };
        g_ptr_array_add(install->changes, change);
}

static int fail(Install *install, const char *path, int error, const char *what) {
        diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, path, 0, NULL, "%s: %s", what,
                        g_strerror(error));
        return -error;
}

/* Names become paths: none may lead out of the folder. Returns: 0, or -EINVAL. */
static int check_name(Install *install, const char *unit) {
        if (unit_name_type(unit) != UNIT_TYPE_INVALID)
                return 0;
        diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, unit, 0, NULL,
                        "not the name of a service, socket, memfd or target%s",
                        strchr(unit, '/') ? ": a file must be in the search path, and is called "
                                            "by its name alone"
                                          : "");
        return -EINVAL;
}

/* A path without links on its way; its last part may be one (g_free). */
static char *path_to(const char *path) {
        g_autofree char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path);
        char real[PATH_MAX];

        return g_build_filename(realpath(folder, real) ? real : folder, name, NULL);
}

/* Returns: whether path is a link to target already, be it a relative one. */
static bool link_is(const char *path, const char *target) {
        g_autofree char *present = g_file_read_link(path, NULL), *folder = NULL, *absolute = NULL;
        g_autofree char *there = NULL, *wanted = NULL;

        if (!present)
                return false;
        folder = g_path_get_dirname(path);
        absolute = g_path_is_absolute(present) ? g_strdup(present)
                                               : g_build_filename(folder, present, NULL);
        there = path_to(absolute);
        wanted = path_to(target);
        return !strcmp(there, wanted);
}

/* Why no link could be made. --force replaces links, and never a file. */
static const char *in_the_way(const char *path, int error) {
        struct stat st;

        if (error != EEXIST || lstat(path, &st) < 0)
                return "can't be linked";
        return S_ISLNK(st.st_mode) ? "can't be linked, another link is there; see --force"
                                   : "can't be linked, a file is there; move it away first";
}

static int make_link(Install *install, const char *path, const char *target) {
        g_autofree char *folder = g_path_get_dirname(path);
        struct stat st;

        if (g_mkdir_with_parents(folder, 0755) < 0)
                return fail(install, folder, errno, "can't be made");
        if (link_is(path, target))
                return 0;
        if (install->force && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
                (void)unlink(path);
        if (symlink(target, path) < 0)
                return fail(install, path, errno, in_the_way(path, errno));
        note_change(install, path, target);
        return 0;
}

static int remove_link(Install *install, const char *path) {
        g_autofree char *folder = g_path_get_dirname(path);

        if (unlink(path) < 0)
                return fail(install, path, errno, "can't be removed");
        note_change(install, path, NULL);
        if (folder_is_puller(folder))
                (void)rmdir(folder); /* if that was the last one */
        return 0;
}

/* ---- what a unit asks for ---- */

static char **install_list(const UnitSettings *unit, const char *property) {
        static char *none[] = { NULL };
        const GStrv *list = settings_given(unit, property);

        return list && *list ? *list : none;
}

/* A template is installed as its default instance, if it has one. */
static char *name_to_install(const UnitSettings *unit) {
        char *const *instance = settings_given(unit, "DefaultInstance");

        if (unit_name_is_template(unit->name) && instance && *instance)
                return unit_name_instantiate(unit->name, *instance);
        return g_strdup(unit->name);
}

/* A template asks for what its default instance does: "%i" is that one. Returns: the settings of
 * whom it is for, one reference. */
static UnitSettings *settings_to_install(const UnitPath *path, UnitSettings *unit) {
        _cleanup_(settings_unref_cleanup) UnitSettings *filled = NULL;
        g_autofree char *name = name_to_install(unit);

        /* An instance may have a file of its own: that is another one. */
        if (strcmp(name, unit->name) != 0 && unit_load(path, name, NULL, &filled) >= 0 &&
            g_strcmp0(filled->path, unit->path) == 0)
                return TAKE_POINTER(filled);
        return settings_ref(unit);
}

static bool asks_for_nothing(const UnitSettings *unit) {
        for (size_t i = 0; i < ARRAY_SIZE(pullers); i++)
                if (*install_list(unit, pullers[i].property))
                        return false;
        return !*install_list(unit, "Alias");
}

static int enable_pullers(Install *install, const UnitSettings *unit, const char *file) {
        g_autofree char *name = name_to_install(unit);
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(pullers) && r >= 0; i++)
                for (char **by = install_list(unit, pullers[i].property); *by && r >= 0; by++) {
                        g_autofree char *folder = g_strconcat(*by, pullers[i].suffix, NULL);
                        g_autofree char *path =
                                g_build_filename(install->folder, folder, name, NULL);

                        if (unit_name_is_template(name)) {
                                diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, file, 0,
                                                NULL,
                                                "a template without DefaultInstance=: name an "
                                                "instance of it");
                                return -EINVAL;
                        }
                        r = make_link(install, path, file);
                }
        return r;
}

char *install_alias(const UnitSettings *unit, const char *alias) {
        g_autofree char *instance =
                unit_name_is_template(alias) ? unit_name_instance(unit->name) : NULL;
        g_autofree char *name = instance ? unit_name_instantiate(alias, instance) : g_strdup(alias);
        g_autofree char *target = unit_name_alias_target(name, unit->name);

        return target ? g_steal_pointer(&name) : NULL;
}

/* Before any link is made. */
static int check_aliases(Install *install, const UnitSettings *unit, const UnitSettings *asks,
                         const char *file) {
        int r = 0;

        for (char **alias = install_list(asks, "Alias"); *alias; alias++) {
                g_autofree char *name = install_alias(unit, *alias);

                if (name)
                        continue;
                diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, file, 0, "Alias",
                                INSTALL_BAD_ALIAS, *alias, unit->name);
                r = -EINVAL;
        }
        return r;
}

static int enable_aliases(Install *install, const UnitSettings *unit, const UnitSettings *asks,
                          const char *file) {
        int r = 0;

        for (char **alias = install_list(asks, "Alias"); *alias && r >= 0; alias++) {
                g_autofree char *name = install_alias(unit, *alias);
                g_autofree char *path = g_build_filename(install->folder, name, NULL);

                if (strcmp(name, unit->name))
                        r = make_link(install, path, file);
        }
        return r;
}

/* Loads it; its warnings are verify's business. by: whose Also= names it, or NULL. Returns: 1; 0:
 * it isn't there, and only somebody's Also= says that it should; negative errno. */
static int load(Install *install, const char *name, const char *by, UnitSettings **ret) {
        int r = unit_load(install->path, name, NULL, ret);

        /* A target may be no more than its folders: there is nothing to link to. */
        if (r >= 0 && !(*ret)->path)
                r = -ENOENT;
        if (r == -ENOENT && by) {
                diagnostics_add(install->diagnostics, DIAGNOSTIC_WARNING, by, 0, "Also",
                                "there is no unit file %s to be enabled as well, or it is masked",
                                name);
                return 0;
        }
        if (r < 0)
                diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, name, 0, NULL, "%s",
                                r == -ENOENT ? "there is no such unit file, or it is masked"
                                             : "the file has errors: see bellhopctl verify");
        return r < 0 ? r : 1;
}

/* ---- enabling ---- */

static int enable_each(Install *install, const char *name, const char *by, GHashTable *seen) {
        _cleanup_(settings_unref_cleanup) UnitSettings *unit = NULL, *asks = NULL;
        g_autofree char *file = NULL;
        int r;

        if (!g_hash_table_add(seen, g_strdup(name)))
                return 0;
        r = load(install, name, by, &unit);
        if (r <= 0)
                return r;
        asks = settings_to_install(install->path, unit);
        file = unit_path_find(install->path, name);
        r = check_aliases(install, unit, asks, file);
        if (r >= 0)
                r = enable_pullers(install, asks, file);
        if (r >= 0)
                r = enable_aliases(install, unit, asks, file);
        for (char **also = install_list(asks, "Also"); *also && r >= 0; also++)
                r = enable_each(install, *also, file, seen);
        if (r >= 0 && asks_for_nothing(unit) && !*install_list(unit, "Also"))
                diagnostics_add(install->diagnostics, DIAGNOSTIC_WARNING, file, 0, NULL,
                                "nothing to enable: there is no [Install] section that says by "
                                "whom it is wanted; start it, or let another unit want it");
        return r;
}

int install_enable(Install *install, const char *unit) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        int r = check_name(install, unit);

        return r < 0 ? r : enable_each(install, unit, NULL, seen);
}

/* ---- disabling ---- */

typedef int (*LinkVisitor)(const char *path, const char *name, void *userdata);

/* Every link in a folder and its .wants, .requires and .upholds. */
static int each_link(const char *folder, bool nested, LinkVisitor visit, void *userdata) {
        DIR *dir = opendir(folder);
        struct dirent *entry;
        int r = 0;

        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while (r == 0 && (entry = readdir(dir))) {
                g_autofree char *path = g_build_filename(folder, entry->d_name, NULL);
                struct stat st;

                if (entry->d_name[0] == '.' || lstat(path, &st) < 0)
                        continue;
                if (S_ISLNK(st.st_mode))
                        r = visit(path, entry->d_name, userdata);
                else if (!nested && S_ISDIR(st.st_mode) && folder_is_puller(path))
                        r = each_link(path, true, visit, userdata);
        }
        closedir(dir);
        return r;
}

typedef struct LinkSearch {
        Install *install;
        const char *unit;
} LinkSearch;

/* Of the unit, or, for a template, of one of its instances. */
static bool link_is_of(const char *name, const char *unit) {
        g_autofree char *template_ = unit_name_is_instance(name) ? unit_name_template(name) : NULL;

        return !strcmp(name, unit) || (template_ && !strcmp(template_, unit));
}

static bool is_in_puller(const char *path) {
        g_autofree char *folder = g_path_get_dirname(path);

        return folder_is_puller(folder);
}

/* What an instance's link to a template is another name of: the template's instance (g_free). */
static char *alias_stands_for(const char *name, const char *target) {
        char *unit = unit_name_alias_target(name, target);

        return unit ? unit : g_strdup(target);
}

/* The name of what a link leads to (g_free), or NULL. */
static char *link_target_name(const char *path) {
        g_autofree char *target = g_file_read_link(path, NULL);

        return target ? g_path_get_basename(target) : NULL;
}

static int visit_to_disable(const char *path, const char *name, void *userdata) {
        const LinkSearch *search = userdata;
        g_autofree char *target = link_target_name(path);
        g_autofree char *unit = target ? alias_stands_for(name, target) : NULL;
        bool alias = unit && link_is_of(unit, search->unit) && strcmp(name, search->unit) != 0;

        if (is_in_puller(path) ? !link_is_of(name, search->unit) : !alias)
                return 0;
        return remove_link(search->install, path);
}

static int disable_each(Install *install, const char *name, GHashTable *seen) {
        _cleanup_(settings_unref_cleanup) UnitSettings *unit = NULL, *asks = NULL;
        LinkSearch search = { .install = install, .unit = name };
        int r;

        if (!g_hash_table_add(seen, g_strdup(name)))
                return 0;
        r = each_link(install->folder, false, visit_to_disable, &search);
        /* What is gone may still have left links. */
        if (r < 0 || unit_load(install->path, name, NULL, &unit) < 0)
                return r;
        asks = settings_to_install(install->path, unit);
        for (char **also = install_list(asks, "Also"); *also && r >= 0; also++)
                r = disable_each(install, *also, seen);
        return r;
}

int install_disable(Install *install, const char *unit) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *file = unit_path_find(install->path, unit);
        guint before = install->changes->len;
        int r = check_name(install, unit);

        if (r >= 0) {
                g_autofree char *real = unit_path_resolve(install->path, unit);

                /* By another name of it, too; that one may itself be what is pulled in. */
                r = disable_each(install, unit, seen);
                if (r >= 0)
                        r = disable_each(install, real, seen);
        }
        if (r < 0 || file || install->changes->len > before)
                return r;
        diagnostics_add(install->diagnostics, DIAGNOSTIC_ERROR, unit, 0, NULL,
                        "there is no such unit file, nor a link to one");
        return -ENOENT;
}

/* ---- masks ---- */

int install_mask(Install *install, const char *unit) {
        g_autofree char *path = g_build_filename(install->folder, unit, NULL);
        int r = check_name(install, unit);

        return r < 0 ? r : make_link(install, path, "/dev/null");
}

int install_unmask(Install *install, const char *unit) {
        g_autofree char *path = g_build_filename(install->folder, unit, NULL);
        int r = check_name(install, unit);

        if (r < 0)
                return r;
        return link_is(path, "/dev/null") ? remove_link(install, path) : 0;
}

/* Instances that a preset names are enabled instead of the template's default. */
static int enable_preset(Install *install, const char *unit, char *const *instances) {
        int r = 0;

        if (!instances)
                return install_enable(install, unit);
        for (; *instances && r >= 0; instances++) {
                g_autofree char *name = unit_name_instantiate(unit, *instances);

                r = install_enable(install, name);
        }
        return r;
}

int install_preset(Install *install, const char *unit) {
        g_auto(GStrv) instances = NULL;

        if (!install->presets_checked)
                preset_check(install->path, install->diagnostics);
        install->presets_checked = true;
        switch (preset_of(install->path, unit, &instances)) {
        case PRESET_ENABLE:
                return enable_preset(install, unit, instances);
        case PRESET_DISABLE:
                return install_disable(install, unit);
        case PRESET_IGNORE:
                return 0;
        }
        return 0;
}

/* ---- states ---- */

/* Which are lost at a reboot. */
static bool folder_is_runtime(const char *folder) {
        const char *runtime = g_getenv("XDG_RUNTIME_DIR");

        return g_str_has_prefix(folder, "/run/") ||
               (runtime && runtime[0] == '/' && g_str_has_prefix(folder, runtime));
}

const char *install_folder(const UnitPath *path, bool runtime) {
        for (char **folder = path->folders; *folder; folder++)
                if (!runtime || folder_is_runtime(*folder))
                        return *folder;
        return NULL;
}

struct InstallLinks {
        const UnitPath *path;
        const char *folder;  /* the one that is read */
        GHashTable *pulled;  /* name -> the first folder that has it in a .wants or the like */
        GHashTable *aliased; /* set of names that have other names */
};

static void note_pulled(const InstallLinks *links, char *name) {
        if (!name || g_hash_table_contains(links->pulled, name))
                g_free(name);
        else
                g_hash_table_insert(links->pulled, name, (void *)links->folder);
}

static int visit_to_note(const char *path, const char *name, void *userdata) {
        const InstallLinks *links = userdata;
        g_autofree char *target = NULL;

        if (is_in_puller(path)) {
                note_pulled(links, g_strdup(name));
                note_pulled(links, unit_name_is_instance(name) ? unit_name_template(name) : NULL);
                return 0;
        }
        target = link_target_name(path);
        if (target && strcmp(target, name) != 0) {
                g_hash_table_add(links->aliased, alias_stands_for(name, target));
                g_hash_table_add(links->aliased, g_steal_pointer(&target));
        }
        return 0;
}

InstallLinks *install_links_new(const UnitPath *path) {
        InstallLinks *links = g_new(InstallLinks, 1);

        *links = (InstallLinks){
                .path = path,
                .pulled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .aliased = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        };
        for (char **folder = path->folders; *folder; folder++) {
                links->folder = *folder;
                (void)each_link(*folder, false, visit_to_note, links);
        }
        return links;
}

InstallLinks *install_links_free(InstallLinks *links) {
        if (!links)
                return NULL;
        g_hash_table_unref(links->pulled);
        g_hash_table_unref(links->aliased);
        g_free(links);
        return NULL;
}

static InstallState state_of_settings(const UnitPath *path, const char *unit) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

        if (unit_load(path, unit, NULL, &settings) < 0 || !asks_for_nothing(settings))
                return INSTALL_DISABLED;
        return *install_list(settings, "Also") ? INSTALL_INDIRECT : INSTALL_STATIC;
}

InstallState install_links_state(const InstallLinks *links, const char *unit) {
        g_autofree char *file = unit_path_find_link(links->path, unit);
        g_autofree char *folder = NULL, *target = NULL;
        const char *puller = g_hash_table_lookup(links->pulled, unit);

        if (!file)
                return INSTALL_NOT_FOUND;
        folder = g_path_get_dirname(file);
        if (unit_file_is_masked(AT_FDCWD, file))
                return folder_is_runtime(folder) ? INSTALL_MASKED_RUNTIME : INSTALL_MASKED;
        target = link_target_name(file);
        if (target && strcmp(target, unit) != 0)
                return INSTALL_LINKED_ALIAS;
        if (puller)
                return folder_is_runtime(puller) ? INSTALL_ENABLED_RUNTIME : INSTALL_ENABLED;
        return g_hash_table_contains(links->aliased, unit) ? INSTALL_ENABLED
                                                           : state_of_settings(links->path, unit);
}

InstallState install_state(const UnitPath *path, const char *unit) {
        _cleanup_(install_links_free_cleanup) InstallLinks *links = install_links_new(path);

        return install_links_state(links, unit);
}

const char *install_state_to_string(InstallState state) {
        static const char *const names[] = {
                [INSTALL_ENABLED] = "enabled",     [INSTALL_ENABLED_RUNTIME] = "enabled-runtime",
                [INSTALL_LINKED_ALIAS] = "alias",  [INSTALL_STATIC] = "static",
                [INSTALL_INDIRECT] = "indirect",   [INSTALL_DISABLED] = "disabled",
                [INSTALL_MASKED] = "masked",       [INSTALL_MASKED_RUNTIME] = "masked-runtime",
                [INSTALL_NOT_FOUND] = "not-found",
        };

        return names[state];
}

Install *install_new(const UnitPath *path, const char *folder, bool force) {
        Install *install = g_new0(Install, 1);

        *install = (Install){
                .path = path,
                .folder = folder,
                .force = force,
                .changes = g_ptr_array_new_with_free_func(change_free),
                .diagnostics = diagnostics_new(),
        };
        return install;
}

Install *install_free(Install *install) {
        if (!install)
                return NULL;
        g_ptr_array_unref(install->changes);
        diagnostics_free(install->diagnostics);
        g_free(install);
        return NULL;
}
