/* SPDX-License-Identifier: MIT */
/* Specifiers: one row per letter. Nothing is asked of the network or of NSS. */
#include "specifier.h"

#include <errno.h>
#include <glib.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host-info.h"
#include "macros.h"
#include "unit-name.h"

typedef struct Specifier {
        char letter;
        /* A new string, or NULL if it can't be told. */
        char *(*expand)(const SpecifierContext *context, const char *data);
        const char *data;
} Specifier;

/* systemd's escaping of paths in unit names: "-" is "/", \xXX is a byte. */
static char *unescape(char *name) {
        char *out = name;

        for (const char *p = name; *p; p++) {
                if (*p == '-') {
                        *out++ = '/';
                } else if (p[0] == '\\' && p[1] == 'x' && g_ascii_isxdigit(p[2]) &&
                           g_ascii_isxdigit(p[3])) {
                        int byte = g_ascii_xdigit_value(p[2]) * 16 + g_ascii_xdigit_value(p[3]);

                        *out++ = byte ? (char)byte : '?';
                        p += 3;
                } else {
                        *out++ = *p;
                }
        }
        *out = '\0';
        return name;
}

static char *expand_name(const SpecifierContext *context, const char *data) {
        return g_strdup(context->unit);
}

static char *expand_name_without_type(const SpecifierContext *context, const char *data) {
        const char *dot = strrchr(context->unit, '.');

        return g_strndup(context->unit, dot ? (gsize)(dot - context->unit) : strlen(context->unit));
}

static char *expand_prefix(const SpecifierContext *context, const char *data) {
        return unit_name_prefix(context->unit);
}

static char *expand_prefix_unescaped(const SpecifierContext *context, const char *data) {
        return unescape(unit_name_prefix(context->unit));
}

/* A template by itself is only looked at, never run: with an instance, names and paths are valid.
 * systemd-analyze(1) takes the same. Returns: NULL if it is neither a template nor an instance. */
static char *instance_of(const char *unit) {
        return unit_name_is_template(unit) ? g_strdup("i") : unit_name_instance(unit);
}

static char *expand_instance(const SpecifierContext *context, const char *data) {
        char *instance = instance_of(context->unit);

        return instance ? instance : g_strdup("");
}

static char *expand_instance_unescaped(const SpecifierContext *context, const char *data) {
        return unescape(expand_instance(context, data));
}

static char *expand_last_component(const SpecifierContext *context, const char *data) {
        g_autofree char *prefix = unit_name_prefix(context->unit);
        const char *dash = strrchr(prefix, '-');

        return g_strdup(dash ? dash + 1 : prefix);
}

static char *expand_last_component_unescaped(const SpecifierContext *context, const char *data) {
        return unescape(expand_last_component(context, data));
}

static char *expand_file_name(const SpecifierContext *context, const char *data) {
        char *name = instance_of(context->unit);
        g_autofree char *path = unescape(name ? name : unit_name_prefix(context->unit));

        return path[0] == '/' ? g_strdup(path) : g_strconcat("/", path, NULL);
}

static char *expand_fragment(const SpecifierContext *context, const char *data) {
        return g_strdup(context->path ? context->path : "");
}

static char *expand_fragment_folder(const SpecifierContext *context, const char *data) {
        return context->path ? g_path_get_dirname(context->path) : g_strdup("");
}

/* From the file itself: a name service may block for long. */
static struct passwd *own_passwd(FILE *file) {
        struct passwd *passwd;

        while (file && (passwd = fgetpwent(file)))
                if (passwd->pw_uid == getuid())
                        return passwd;
        return NULL;
}

/* data: which field. fgetpwent(3) has one answer for all threads, and units may be loaded by some.
 */
static char *expand_passwd(const SpecifierContext *context, const char *data) {
        static GMutex lock;
        g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lock);
        FILE *file = fopen("/etc/passwd", "re");
        struct passwd *passwd = own_passwd(file);
        char *result = NULL;

        if (data[0] == 'u')
                result = passwd ? g_strdup(passwd->pw_name) : g_strdup_printf("%u", getuid());
        else if (data[0] == 'h')
                result =
                        g_strdup(passwd && !context->user_mode ? passwd->pw_dir : g_get_home_dir());
        else
                result = g_strdup(passwd && passwd->pw_shell[0] ? passwd->pw_shell : "/bin/sh");
        if (file)
                fclose(file);
        return result;
}

static char *expand_uid(const SpecifierContext *context, const char *data) {
        return g_strdup_printf("%u", getuid());
}

static char *expand_gid(const SpecifierContext *context, const char *data) {
        return g_strdup_printf("%u", getgid());
}

/* The name of our group in /etc/group, else its number. */
static char *expand_group(const SpecifierContext *context, const char *data) {
        g_autofree char *content = NULL;
        g_autofree char *wanted = g_strdup_printf("%u", getgid());
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents("/etc/group", &content, NULL, NULL))
                return g_steal_pointer(&wanted);
        lines = g_strsplit(content, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", 4);

                if (g_strv_length(fields) >= 3 && !strcmp(fields[2], wanted))
                        return g_strdup(fields[0]);
        }
        return g_steal_pointer(&wanted);
}

static char *expand_uname(const SpecifierContext *context, const char *data) {
        struct utsname name;

        if (uname(&name) < 0)
                return NULL;
        if (data[0] == 'v')
                return g_strdup(name.release);
        if (data[0] == 'l')
                name.nodename[strcspn(name.nodename, ".")] = '\0';
        return g_strdup(name.nodename);
}

/* data: a file with one id; dashes are taken out. */
static char *expand_id(const SpecifierContext *context, const char *data) {
        char *content = NULL, *out;

        if (!g_file_get_contents(data, &content, NULL, NULL))
                return NULL;
        out = content;
        for (const char *p = content; *p && *p != '\n'; p++)
                if (*p != '-')
                        *out++ = *p;
        *out = '\0';
        return content;
}

/* data: "SYSTEM|VARIABLE|DEFAULT|BELOW": the system's folder; the user's variable, what it is below
 * the home when unset, what is added to it. */
static char *expand_folder(const SpecifierContext *context, const char *data) {
        g_auto(GStrv) parts = g_strsplit(data, "|", 4);
        const char *value;

        if (!context->user_mode)
                return g_strdup(parts[0]);
        value = g_getenv(parts[1]);
        if (value && value[0] == '/')
                return g_strconcat(value, parts[3], NULL);
        if (!parts[2][0])
                return g_strdup_printf("/run/user/%u%s", getuid(), parts[3]);
        return g_strconcat(g_get_home_dir(), "/", parts[2], parts[3], NULL);
}

/* data: the folder unless $TMPDIR, $TEMP or $TMP is an absolute path. */
static char *expand_temporary(const SpecifierContext *context, const char *data) {
        static const char *const variables[] = { "TMPDIR", "TEMP", "TMP" };

        for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
                const char *value = g_getenv(variables[i]);

                if (value && value[0] == '/')
                        return g_strdup(value);
        }
        return g_strdup(data);
}

static char *expand_architecture(const SpecifierContext *context, const char *data) {
        return host_info_architecture();
}

/* data: a field of os-release(5). */
static char *expand_os(const SpecifierContext *context, const char *data) {
        return host_info_os(data);
}

static char *expand_pretty_name(const SpecifierContext *context, const char *data) {
        return host_info_pretty_name();
}

/* Where $CREDENTIALS_DIRECTORY of a service is, if it has credentials. */
static char *expand_credentials(const SpecifierContext *context, const char *data) {
        g_autofree char *runtime = expand_folder(context, data);

        return unit_name_type(context->unit) == UNIT_SERVICE
                       ? g_strconcat(runtime, "/credentials/", context->unit, NULL)
                       : NULL;
}

static char *expand_doubled(const SpecifierContext *context, const char *data) {
        return g_strdup("%");
}

static const Specifier specifiers[] = {
        { '%', expand_doubled, NULL },
        { 'n', expand_name, NULL },
        { 'N', expand_name_without_type, NULL },
        { 'p', expand_prefix, NULL },
        { 'P', expand_prefix_unescaped, NULL },
        { 'i', expand_instance, NULL },
        { 'I', expand_instance_unescaped, NULL },
        { 'j', expand_last_component, NULL },
        { 'J', expand_last_component_unescaped, NULL },
        { 'f', expand_file_name, NULL },
        { 'y', expand_fragment, NULL },
        { 'Y', expand_fragment_folder, NULL },
        { 'u', expand_passwd, "u" },
        { 'h', expand_passwd, "h" },
        { 's', expand_passwd, "s" },
        { 'U', expand_uid, NULL },
        { 'g', expand_group, NULL },
        { 'G', expand_gid, NULL },
        { 'H', expand_uname, "H" },
        { 'l', expand_uname, "l" },
        { 'v', expand_uname, "v" },
        { 'm', expand_id, "/etc/machine-id" },
        { 'b', expand_id, "/proc/sys/kernel/random/boot_id" },
        { 'a', expand_architecture, NULL },
        { 'o', expand_os, "ID" },
        { 'w', expand_os, "VERSION_ID" },
        { 'B', expand_os, "BUILD_ID" },
        { 'W', expand_os, "VARIANT_ID" },
        { 'M', expand_os, "IMAGE_ID" },
        { 'A', expand_os, "IMAGE_VERSION" },
        { 'q', expand_pretty_name, NULL },
        { 'd', expand_credentials, "/run|XDG_RUNTIME_DIR||" },
        { 't', expand_folder, "/run|XDG_RUNTIME_DIR||" },
        { 'S', expand_folder, "/var/lib|XDG_CONFIG_HOME|.config|" },
        { 'C', expand_folder, "/var/cache|XDG_CACHE_HOME|.cache|" },
        { 'L', expand_folder, "/var/log|XDG_CONFIG_HOME|.config|/log" },
        { 'E', expand_folder, "/etc|XDG_CONFIG_HOME|.config|" },
        { 'T', expand_temporary, "/tmp" },
        { 'V', expand_temporary, "/var/tmp" },
};

static const Specifier *find_specifier(char letter) {
        for (size_t i = 0; i < ARRAY_SIZE(specifiers); i++)
                if (specifiers[i].letter == letter)
                        return &specifiers[i];
        return NULL;
}

void specifier_cache_clear(SpecifierCache *cache) {
        for (size_t i = 0; i < ARRAY_SIZE(cache->values); i++)
                g_clear_pointer(&cache->values[i], g_free);
}

/* Those that are read from files. */
static bool is_kept(char letter) {
        return strchr("uhsgmbowBWMAq", letter) != NULL;
}

static char *expand_known(const SpecifierContext *context, const Specifier *specifier) {
        char **kept;

        if (!context->cache || !is_kept(specifier->letter))
                return specifier->expand(context, specifier->data);
        kept = &context->cache->values[(unsigned char)specifier->letter];
        if (!*kept)
                *kept = specifier->expand(context, specifier->data);
        return g_strdup(*kept);
}

/* What is neither a letter nor a digit can't become a specifier: "100 %" is meant as it stands.
 * *percent is moved behind it. */
static char *expand_percent_sign(const SpecifierContext *context, const char **percent) {
        char letter = (*percent)[1];
        const Specifier *specifier = find_specifier(letter);

        *percent += specifier ? 2 : 1;
        if (specifier)
                return expand_known(context, specifier);
        return g_ascii_isalnum(letter) ? NULL : g_strdup("%");
}

bool specifier_is_known(char letter) {
        return find_specifier(letter) != NULL;
}

int specifier_expand(const char *text, const SpecifierContext *context, char **ret, char *ret_bad) {
        g_autoptr(GString) result = NULL;
        const char *percent = strchr(text, '%');
        unsigned int expansions = 0;

        if (!percent) {
                *ret = g_strdup(text);
                return 0;
        }
        result = g_string_new(NULL);
        while (percent) {
                g_autofree char *expanded = NULL;
                const char *end = percent;

                if (++expansions > SPECIFIER_EXPANSIONS_MAX || result->len > SPECIFIER_LENGTH_MAX)
                        return -E2BIG;
                expanded = expand_percent_sign(context, &end);
                if (!expanded) {
                        *ret_bad = percent[1];
                        return -EINVAL;
                }
                g_string_append_len(result, text, percent - text);
                g_string_append(result, expanded);
                text = end;
                percent = strchr(text, '%');
        }
        g_string_append(result, text);
        *ret = g_string_free(g_steal_pointer(&result), FALSE);
        return 0;
}
