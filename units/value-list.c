/* SPDX-License-Identifier: MIT */
/* Lists of words, each kind with its own grammar of a word. */
#include <arpa/inet.h>
#include <string.h>

#include "value-process.h"
#include "word.h"

/* Returns: the word is one of the list's; it may be made normal in place. */
typedef bool (*WordCheck)(char *word);

enum {
        LIST_INVERTS = 1 << 0, /* "~" at a line's beginning is each of its words' */
        LIST_LINE = 1 << 1,    /* the whole value is one word */
        LIST_LOOSE = 1 << 2,   /* escapes that aren't any stay */
};

typedef struct ListKind {
        WordCheck check;
        const char *what;
        unsigned int flags;
} ListKind;

static int add_word(const DirectiveContext *context, const ListKind *kind, const char *text,
                    bool invert, GPtrArray *words) {
        g_autofree char *word = NULL;
        int r;

        r = value_expand(context, text, &word);
        if (r < 0)
                return r;
        if (!kind->check(word))
                return value_is_not(context, word, kind->what);
        g_ptr_array_add(words, invert ? g_strconcat("~", word, NULL) : g_steal_pointer(&word));
        return 0;
}

static int add_words(const DirectiveContext *context, const ListKind *kind, const char *value,
                     bool invert, GPtrArray *words) {
        WordEscapes escapes = kind->flags & LIST_LOOSE ? WORD_RETAIN : WORD_STRICT;
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&value, escapes, word, NULL, &why)) > 0) {
                r = add_word(context, kind, word->str, invert, words);
                if (r < 0)
                        return r;
        }
        return r < 0 ? value_error(context, "%s", why) : 0;
}

static int parse_list(const DirectiveContext *context, void *field, const char *value,
                      const ListKind *kind) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        bool invert = kind->flags & LIST_INVERTS && value[0] == '~';
        int r;

        if (kind->flags & LIST_LINE)
                r = add_word(context, kind, value, false, words);
        else
                r = add_words(context, kind, value + invert, invert, words);
        return r < 0 ? r : value_list_append(context, field, words);
}

#define LIST(identifier, label, check_, what_, flags_)                                             \
        static int parse_##identifier(const DirectiveContext *context, const Directive *directive, \
                                      void *field, const char *value) {                            \
                static const ListKind kind = { check_, what_, flags_ };                            \
                return parse_list(context, field, value, &kind);                                   \
        }                                                                                          \
        const ValueType value_##identifier = {                                                     \
                .name = label,                                                                     \
                .size = sizeof(GStrv),                                                             \
                .parse = parse_##identifier,                                                       \
                .clear = value_strv_clear,                                                         \
                .equal = value_strv_equal,                                                         \
                .show = value_strv_show,                                                           \
        }

/* ---- paths ---- */

/* "-": it may be missing; "+": below the root directory. */
static bool check_path(char *word) {
        const char *path = word;

        path += *path == '-';
        path += *path == '+';
        return path_is_normal(path);
}

/* How long the path is that "\\:" doesn't end; a colon alone does. */
static size_t mount_source_length(const char *path) {
        size_t length = 0;

        while (path[length] && path[length] != ':')
                length += path[length] == '\\' && path[length + 1] ? 2 : 1;
        return length;
}

/* SOURCE, or SOURCE:TARGET:OPTIONS. */
static bool check_mount(char *word) {
        const char *path = word + (word[0] == '-');
        size_t length = mount_source_length(path);
        g_autofree char *source = g_strndup(path, length);

        return path_is_normal(source) && (!path[length] || path[length + 1] != '\0');
}

static bool check_image_mount(char *word) {
        const char *path = word + (word[0] == '-');

        return check_mount(word) && path[mount_source_length(path)] == ':';
}

static bool check_temporary(char *word) {
        return word[0] == '/' && check_mount(word);
}

/* OPTIONS, or PARTITION:OPTIONS. */
static bool check_image_options(char *word) {
        static const char *const partitions[] = { "root", "usr",      "home", "srv", "esp",
                                                  "var",  "xbootldr", "tmp",  NULL };
        const char *colon = strchr(word, ':');
        g_autofree char *partition = colon ? g_strndup(word, (gsize)(colon - word)) : NULL;

        return !partition || g_strv_contains(partitions, partition);
}

static bool check_filter_path(char *word) {
        return path_is_normal(word);
}

static bool check_program_paths(char *word) {
        g_auto(GStrv) paths = g_strsplit(word, ":", -1);

        for (char **path = paths; *path; path++)
                if (!path_is_normal(*path))
                        return false;
        return paths[0] != NULL;
}

static bool check_relative(const char *path) {
        return path[0] && path[0] != '/' && strlen(path) < PATH_MAX && !path_has_parent(path);
}

static bool check_plain_folder(char *word) {
        return check_relative(word) && !strchr(word, ':');
}

/* FOLDER, FOLDER:LINK, and FOLDER:LINK:ro of later versions; the link may be left out then. */
static bool check_folder(char *word) {
        g_auto(GStrv) parts = g_strsplit(word, ":", 3);
        guint n = g_strv_length(parts);

        return n > 0 && check_relative(parts[0]) &&
               (n < 2 || (n == 3 && !parts[1][0]) || check_relative(parts[1])) &&
               (n < 3 || !strcmp(parts[2], "ro"));
}

LIST(paths, "list of paths", check_path, "an absolute path, perhaps behind '-' or '+'", 0);
LIST(mounts, "list of paths with targets and options", check_mount,
     "an absolute path, perhaps with ':' and where it is to be", LIST_LOOSE);
LIST(image_mounts, "list of paths with targets and options", check_image_mount,
     "an absolute path, ':' and where it is to be", LIST_LOOSE);
LIST(temporaries, "list of paths with options", check_temporary,
     "an absolute path, perhaps with ':' and options", LIST_LOOSE);
LIST(image_options, "list of mount options", check_image_options,
     "mount options, perhaps behind the name of a partition and ':'", 0);
LIST(filter_paths, "path", check_filter_path, "an absolute path", LIST_LINE);
LIST(program_paths, "list of paths", check_program_paths, "absolute paths with ':' between them",
     LIST_LINE);
LIST(plain_folders, "list of relative paths", check_plain_folder, "a relative path without '..'",
     0);
LIST(folders, "list of relative paths", check_folder,
     "a relative path without '..', perhaps with ':' and the name of a link to it", 0);

/* ---- names ---- */

static bool check_variable(char *word) {
        return environment_name_is_valid(word, strlen(word));
}

static bool check_unset(char *word) {
        return environment_name_is_valid(word, strcspn(word, "="));
}

static bool check_user(char *word) {
        return user_name_is_valid(word);
}

static bool check_interface(char *word) {
        return interface_name_is_valid(word);
}

static bool is_identifier(const char *word, const char *extra) {
        if (!word[0])
                return false;
        for (const char *p = word; *p; p++)
                if (!g_ascii_isalnum(*p) && *p != '_' && !strchr(extra, *p))
                        return false;
        return true;
}

/* A name or a @group, with :ERROR. Which names there are is the kernel's affair, and it differs
 * between architectures; systemd only warns of one it doesn't know. */
static bool check_system_call(char *word) {
        g_auto(GStrv) parts = g_strsplit(word, ":", 2);

        return parts[0] && is_identifier(parts[0] + (parts[0][0] == '@'), "-") &&
               (!parts[1] || is_identifier(parts[1], ""));
}

static bool check_address_family(char *word) {
        return !strcmp(word, "none") || (g_str_has_prefix(word, "AF_") && is_identifier(word, ""));
}

static bool check_architecture(char *word) {
        static const char *const names[] = {
                "native",      "x86",    "x86-64",     "x32",     "arm",       "arm64",
                "mips",        "mips64", "mips64-n32", "mips-le", "mips64-le", "mips64-le-n32",
                "loongarch64", "parisc", "parisc64",   "ppc",     "ppc64",     "ppc64-le",
                "riscv64",     "s390",   "s390x",      NULL,
        };

        return g_strv_contains(names, word);
}

static bool check_file_system(char *word) {
        return word[0] && (word[0] != '@' || word[1]);
}

LIST(variables, "list of names of variables", check_variable,
     "the name of a variable: letters, digits and _", 0);
LIST(unset, "list of names or assignments", check_unset, "the name of a variable, or KEY=value", 0);
LIST(users, "list of users or groups", check_user, "a user or group: a name or a number", 0);
LIST(interfaces, "list of network interfaces", check_interface, "the name of a network interface",
     LIST_INVERTS);
LIST(system_calls, "list of system calls", check_system_call,
     "the name of a system call, or of a @group of them, perhaps with ':' and an error",
     LIST_INVERTS);
LIST(address_families, "list of address families", check_address_family,
     "an address family: AF_UNIX, ..., or 'none'", LIST_INVERTS);
LIST(architectures, "list of architectures", check_architecture,
     "an architecture: native, x86-64, arm64, ...", 0);
LIST(file_systems, "list of file systems", check_file_system,
     "a type of file system, or a @group of them", LIST_INVERTS);

/* ---- the network ---- */

static bool address_is_valid(const char *text, uint64_t *ret_bits) {
        unsigned char buffer[sizeof(struct in6_addr)];

        *ret_bits = strchr(text, ':') ? 128 : 32;
        return inet_pton(*ret_bits == 128 ? AF_INET6 : AF_INET, text, buffer) == 1;
}

static bool check_address(char *word) {
        static const char *const names[] = { "any", "localhost", "link-local", "multicast", NULL };
        g_auto(GStrv) parts = g_strsplit(word, "/", 2);
        uint64_t bits, prefix;

        if (g_strv_contains(names, word))
                return true;
        return address_is_valid(parts[0] ? parts[0] : "", &bits) &&
               (!parts[1] || parse_number(parts[1], bits, &prefix) >= 0);
}

/* "8080" or "1024-2000". */
static bool check_ports(const char *text) {
        g_auto(GStrv) parts = g_strsplit(text, "-", 2);
        uint64_t first, last;

        if (!parts[0] || parse_number(parts[0], 65535, &first) < 0 || first == 0)
                return false;
        return !parts[1] || (parse_number(parts[1], 65535, &last) >= 0 && first <= last);
}

/* [ipv4:|ipv6:][tcp:|udp:]PORTS, where what is last may be left out. */
static bool check_bind_rule(char *word) {
        static const char *const families[] = { "ipv4", "ipv6", NULL };
        static const char *const protocols[] = { "tcp", "udp", NULL };
        g_auto(GStrv) parts = g_strsplit(word, ":", 4);
        char **part = parts;

        if (!*part)
                return false;
        part += g_strv_contains(families, *part);
        if (*part)
                part += g_strv_contains(protocols, *part);
        if (!*part)
                return true;
        return !part[1] && (!strcmp(*part, "any") || check_ports(*part));
}

LIST(addresses, "list of addresses", check_address,
     "an address: 192.0.2.0/24, 2001:db8::/32, any, localhost, link-local or multicast", 0);
LIST(bind_rules, "list of ports", check_bind_rule, "ports: [ipv4:|ipv6:][tcp:|udp:]8000-8080|any",
     0);

/* ---- devices: a line each ---- */

/* Cuts what stands behind the first blank, which may be nothing. */
static const char *cut_rest(const char *word, size_t *ret_length) {
        *ret_length = strcspn(word, " \t");
        return word + *ret_length + strspn(word + *ret_length, " \t");
}

static bool check_device(char *word) {
        size_t length;
        const char *rights = cut_rest(word, &length);

        return (g_str_has_prefix(word, "/dev/") || g_str_has_prefix(word, "char-") ||
                g_str_has_prefix(word, "block-")) &&
               strspn(rights, "rwm") == strlen(rights) && strlen(rights) <= 3;
}

static bool check_device_amount(char *word) {
        size_t length;
        uint64_t amount;

        return word[0] == '/' && parse_size(cut_rest(word, &length), &amount) >= 0;
}

static bool check_device_weight(char *word) {
        size_t length;
        uint64_t weight;

        return word[0] == '/' && parse_number(cut_rest(word, &length), 10000, &weight) >= 0 &&
               weight > 0;
}

static bool check_device_time(char *word) {
        size_t length;
        uint64_t usec;

        return word[0] == '/' && parse_time_span(cut_rest(word, &length), &usec) >= 0;
}

LIST(devices, "device and rights", check_device,
     "a device: /dev/NAME, char-NAME or block-NAME, and of r, w, m what is allowed", LIST_LINE);
LIST(device_amounts, "device and amount", check_device_amount, "a path and an amount: /dev/sda 10M",
     LIST_LINE);
LIST(device_weights, "device and weight", check_device_weight,
     "a path and a weight from 1 to 10000", LIST_LINE);
LIST(device_times, "device and time span", check_device_time, "a path and a time: /dev/sda 25ms",
     LIST_LINE);

/* ---- others ---- */

/* The journal's fields: capitals, not beginning with "_". */
static bool check_log_field(char *word) {
        size_t length = strcspn(word, "=");

        if (!word[length] || length == 0 || length > 64 || word[0] == '_' ||
            g_ascii_isdigit(word[0]))
                return false;
        for (size_t i = 0; i < length; i++)
                if (!g_ascii_isupper(word[i]) && !g_ascii_isdigit(word[i]) && word[i] != '_')
                        return false;
        return true;
}

static bool credential_name_is_valid(const char *name, size_t length) {
        return length > 0 && length <= 255 && !memchr(name, '/', length) && name[0] != '.';
}

/* ID, or ID:PATH, where the path may be the name of another. */
static bool check_credential(char *word) {
        size_t length = strcspn(word, ":");
        const char *path = word[length] ? word + length + 1 : NULL;

        return credential_name_is_valid(word, length) &&
               (!path || path_is_normal(path) ||
                (!strchr(path, ':') && credential_name_is_valid(path, strlen(path))));
}

static bool check_credential_text(char *word) {
        size_t length = strcspn(word, ":");

        return credential_name_is_valid(word, length) && word[length];
}

static bool check_program(char *word) {
        static const char *const types[] = {
                "ingress",  "egress",     "sock_create", "sock_ops",   "device",
                "bind4",    "bind6",      "connect4",    "connect6",   "sysctl",
                "recvmsg4", "recvmsg6",   "post_bind4",  "post_bind6", "sendmsg4",
                "sendmsg6", "getsockopt", "setsockopt",  NULL,
        };
        g_auto(GStrv) parts = g_strsplit(word, ":", 2);

        return parts[0] && parts[1] && g_strv_contains(types, parts[0]) && path_is_normal(parts[1]);
}

LIST(log_fields, "list of FIELD=value", check_log_field,
     "FIELD=value, the field in capitals, digits and _", 0);
LIST(credential, "ID:PATH", check_credential, "a credential: its name, ':' and a path", LIST_LINE);
LIST(credential_text, "ID:TEXT", check_credential_text,
     "a credential: its name, ':' and what it is", LIST_LINE);
LIST(credential_name, "list of names", check_credential, "a credential's name, or a pattern", 0);
LIST(programs, "TYPE:PATH", check_program, "a type of BPF program, ':' and an absolute path", 0);
