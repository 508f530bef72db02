/* SPDX-License-Identifier: MIT */
/* Names: signals, users, units, items. */
#include <pwd.h>
#include <signal.h>
#include <string.h>

#include "item-name.h"
#include "rtsig.h"
#include "unit-name.h"
#include "unit-path.h"
#include "value.h"
#include "word.h"

#define USER_NAME_MAX 255

/* The library has no order to give names in; "IOT" and "CLD" are not worth a row. */
static const char *const signal_names[] = {
        [SIGHUP] = "HUP",       [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
        [SIGTRAP] = "TRAP",     [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
        [SIGKILL] = "KILL",     [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
        [SIGPIPE] = "PIPE",     [SIGALRM] = "ALRM",     [SIGTERM] = "TERM",
#ifdef SIGSTKFLT
        [SIGSTKFLT] = "STKFLT",
#endif
        [SIGCHLD] = "CHLD",     [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
        [SIGTTIN] = "TTIN",     [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
        [SIGXFSZ] = "XFSZ",     [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
        [SIGIO] = "IO",         [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

int parse_signal(const char *value) {
        const char *name = g_str_has_prefix(value, "SIG") ? value + 3 : value;
        uint64_t number;

        if (parse_number(value, BELLHOP_SIGNAL_MAX, &number) >= 0)
                return number > 0 ? (int)number : -EINVAL;
        for (size_t i = 0; i < ARRAY_SIZE(signal_names); i++)
                if (signal_names[i] && !strcmp(name, signal_names[i]))
                        return (int)i;
        return rtsig_from_string(value);
}

const char *signal_to_name(int sig, char *buffer, size_t size) {
        char rt[RTSIG_NAME_SIZE];

        if (sig > 0 && sig < (int)ARRAY_SIZE(signal_names) && signal_names[sig])
                g_snprintf(buffer, size, "SIG%s", signal_names[sig]);
        else
                g_strlcpy(buffer, rtsig_to_string(sig, rt), size);
        return buffer;
}

static gboolean signal_equal(const void *a, const void *b) {
        return *(const int *)a == *(const int *)b;
}

static GVariant *show_signal_number(int sig) {
        char buffer[SIGNAL_NAME_SIZE];

        return g_variant_new_string(signal_to_name(sig, buffer, sizeof(buffer)));
}

static GVariant *show_signal(const UnitSettings *settings, const Directive *directive,
                             const void *field) {
        return show_signal_number(*(const int *)field);
}

static int parse_signal_value(const DirectiveContext *context, const Directive *directive,
                              void *field, const char *value) {
        int sig = parse_signal(value);

        if (sig < 0)
                return value_is_not(context, value, "a signal: SIGTERM, TERM, 15 or RTMIN+n");
        *(int *)field = sig;
        return 0;
}

const ValueType value_signal = {
        .name = "signal",
        .size = sizeof(int),
        .parse = parse_signal_value,
        .equal = signal_equal,
        .show = show_signal,
};

static int parse_delivery_signal(const DirectiveContext *context, const Directive *directive,
                                 void *field, const char *value) {
        int sig = rtsig_from_string(value);

        if (sig < 0)
                return value_is_not(context, value, "a real-time signal: RTMIN+n or RTMAX-n");
        if (sig == BELLHOP_SIGNAL_ANSWER)
                return value_error(context, "'%s' is taken: bellhop_sendfd(3) is answered by it",
                                   value);
        *(int *)field = sig;
        return 0;
}

/* Unset, it is the signal of the kind that the unit delivers. */
static GVariant *show_delivery_signal(const UnitSettings *settings, const Directive *directive,
                                      const void *field) {
        int sig = *(const int *)field;

        if (sig == 0 && settings->type == UNIT_MEMFD)
                sig = BELLHOP_SIGNAL_MEMFD;
        else if (sig == 0)
                sig = container_of(settings, SocketSettings, unit)->accept == ACCEPT_NO
                              ? BELLHOP_SIGNAL_LISTENER
                              : BELLHOP_SIGNAL_CONNECTION;
        return show_signal_number(sig);
}

const ValueType value_delivery_signal = {
        .name = "real-time signal",
        .size = sizeof(int),
        .parse = parse_delivery_signal,
        .equal = signal_equal,
        .show = show_delivery_signal,
};

/* 65535 and 4294967295 mean "no user" to the kernel. */
static bool user_number_is_valid(const char *name) {
        uint64_t id;

        return parse_unsigned(name, UINT32_MAX - 1, &id) >= 0 && id != 65535 &&
               (name[0] != '0' || !name[1]);
}

/* Which names there are is for those who make users to say; "DOMAIN\\user" and "user@domain" are
 * among them. What can't stand in /etc/passwd, or would be taken for a number, is none. */
bool user_name_is_valid(const char *name) {
        size_t length = strlen(name), digits = strspn(name, "0123456789");

        if (length < 1 || length > USER_NAME_MAX)
                return false;
        if (digits == length)
                return user_number_is_valid(name);
        if (name[0] == '-' && strspn(name + 1, "0123456789") == length - 1)
                return false;
        if (name[0] == ' ' || name[length - 1] == ' ' || !strcmp(name, ".") || !strcmp(name, ".."))
                return false;
        for (const char *p = name; *p; p++)
                if (g_ascii_iscntrl(*p) || *p == ':' || *p == '/')
                        return false;
        return g_utf8_validate(name, -1, NULL);
}

static int parse_user(const DirectiveContext *context, const Directive *directive, void *field,
                      const char *value) {
        return value_parse_checked(context, field, value, user_name_is_valid,
                                   "a user or group: a name or a number");
}

const ValueType value_user = {
        .name = "user or group",
        .size = sizeof(char *),
        .parse = parse_user,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = value_string_show,
};

static const char *what_names(int types) {
        switch (types) {
        case UNIT_BIT(UNIT_SERVICE):
                return "the name of a .service unit";
        case UNIT_BIT(UNIT_SOCKET):
                return "the name of a .socket unit";
        case UNIT_BIT(UNIT_MEMFD):
                return "the name of a .memfd unit";
        default:
                return "a unit name: up to 255 letters, digits and :-_.\\@, with its .type";
        }
}

char *value_resolve_alias(const DirectiveContext *context, const char *name) {
        return context->path ? unit_path_resolve(context->path, name) : g_strdup(name);
}

static void resolve_alias(const DirectiveContext *context, char **name) {
        char *unit = value_resolve_alias(context, *name);

        g_free(*name);
        *name = unit;
}

/* Returns: 1, 0 (a unit of systemd's that can't be here: left out with a warning), or -EINVAL. */
static int check_unit_name(const DirectiveContext *context, const Directive *directive,
                           const char *name) {
        UnitType type = unit_name_type(name);

        if (type == UNIT_TYPE_INVALID && directive->argument == 0 && unit_name_is_foreign(name)) {
                value_warn(context, "'%s' is left out: bellhop has no units of this type", name);
                return 0;
        }
        if (type == UNIT_TYPE_INVALID ||
            (directive->argument != 0 && !(directive->argument & UNIT_BIT(type))))
                return value_is_not(context, name, what_names(directive->argument));
        return 1;
}

static int parse_unit_name(const DirectiveContext *context, const Directive *directive, void *field,
                           const char *value) {
        g_autofree char *name = NULL;
        int r;

        r = value_expand(context, value, &name);
        if (r < 0)
                return r;
        r = check_unit_name(context, directive, name);
        if (r <= 0)
                return r;
        resolve_alias(context, &name);
        value_string_clear(field);
        *(char **)field = g_steal_pointer(&name);
        return 0;
}

/* The service a socket is for, whether it was named or not. */
static GVariant *show_unit_name(const UnitSettings *settings, const Directive *directive,
                                const void *field) {
        return g_variant_new_take_string(
                socket_settings_service(container_of(settings, SocketSettings, unit)));
}

const ValueType value_unit_name = {
        .name = "unit name",
        .size = sizeof(char *),
        .parse = parse_unit_name,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = show_unit_name,
};

/* Splits into expanded words; check may refuse (<0) or leave out (0) one. */
static int split_words(const DirectiveContext *context, const Directive *directive,
                       const char *value,
                       int (*check)(const DirectiveContext *, const Directive *, const char *),
                       GPtrArray *words) {
        g_autoptr(GString) word = g_string_new(NULL);
        const char *why;
        int r;

        while ((r = word_next(&value, WORD_RETAIN, word, NULL, &why)) > 0) {
                g_autofree char *expanded = NULL;

                r = value_expand(context, word->str, &expanded);
                if (r >= 0)
                        r = check ? check(context, directive, expanded) : 1;
                if (r < 0)
                        return r;
                if (r > 0 && check)
                        resolve_alias(context, &expanded);
                if (r > 0)
                        g_ptr_array_add(words, g_steal_pointer(&expanded));
        }
        return r < 0 ? value_error(context, "%s", why) : 0;
}

static int parse_list(const DirectiveContext *context, const Directive *directive, void *field,
                      const char *value,
                      int (*check)(const DirectiveContext *, const Directive *, const char *)) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        int r;

        r = split_words(context, directive, value, check, words);
        return r < 0 ? r : value_list_append(context, field, words);
}

/* A template can be named where it is said what it is filled with, which is Service= of a socket
 * alone. */
static int check_listed_name(const DirectiveContext *context, const Directive *directive,
                             const char *name) {
        if (unit_name_is_template(name))
                return value_error(context,
                                   "'%s' is a template; an instance is written with a name after "
                                   "the '@'",
                                   name);
        return check_unit_name(context, directive, name);
}

static int parse_unit_names(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        return parse_list(context, directive, field, value, check_listed_name);
}

static int parse_words(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        return parse_list(context, directive, field, value, NULL);
}

const ValueType value_unit_names = {
        .name = "list of unit names",
        .size = sizeof(GStrv),
        .parse = parse_unit_names,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

const ValueType value_words = {
        .name = "list of words",
        .size = sizeof(GStrv),
        .parse = parse_words,
        .clear = value_strv_clear,
        .equal = value_strv_equal,
        .show = value_strv_show,
};

static int parse_item_name(const DirectiveContext *context, const Directive *directive, void *field,
                           const char *value) {
        g_autofree char *name = NULL;
        int r;

        r = value_expand(context, value, &name);
        if (r < 0)
                return r;
        if (name[0] && !item_name_is_valid(name, strlen(name)))
                return value_is_not(context, name,
                                    "a name of up to 255 printable ASCII characters without ':'");
        value_string_clear(field);
        *(char **)field = name[0] ? g_steal_pointer(&name) : NULL;
        return 0;
}

static GVariant *show_item_name(const UnitSettings *settings, const Directive *directive,
                                const void *field) {
        const char *name = *(char *const *)field;

        return g_variant_new_string(name ? name : settings->name);
}

const ValueType value_item_name = {
        .name = "item name",
        .size = sizeof(char *),
        .parse = parse_item_name,
        .clear = value_string_clear,
        .equal = value_string_equal,
        .show = show_item_name,
};
