/* SPDX-License-Identifier: MIT */
/* The value types that the directive table is made of, and what their parsers share. */
#pragma once

#include <glib.h>

#include "directive.h"

/* Beyond this a list only costs time: each line is merged with the earlier ones. */
#define VALUE_LIST_MAX 4096

extern const ValueType value_boolean;
extern const ValueType value_unsigned; /* argument: the largest value; 0: any */
extern const ValueType value_mode;
extern const ValueType value_size;           /* argument 1: not 0; 2: not infinity */
extern const ValueType value_time_span;      /* argument 1: 0 means infinity */
extern const ValueType value_time_span_pair; /* the same into two fields that follow each other */
extern const ValueType value_signal;
extern const ValueType value_delivery_signal;
extern const ValueType value_trigger_burst;

extern const ValueType value_string; /* specifiers expanded, as in all that follow */
extern const ValueType value_description;
extern const ValueType value_path;
extern const ValueType value_runtime_path;  /* a relative one is below %t */
extern const ValueType value_optional_path; /* "-" prefix: OptionalPath */
extern const ValueType value_user;
extern const ValueType value_lines;      /* given several times: a line each */
extern const ValueType value_words;      /* a list of any words */
extern const ValueType value_unit_name;  /* argument: UNIT_BIT() of the types allowed; 0: any */
extern const ValueType value_unit_names; /* a list of them */
extern const ValueType value_environment;
extern const ValueType value_environment_files;
extern const ValueType value_exec_commands; /* a GPtrArray of ExecCommand *, or NULL */
extern const ValueType value_listen;        /* argument: the socket type */
extern const ValueType value_listen_name;
extern const ValueType value_item_name;
extern const ValueType value_output;
extern const ValueType value_seals;

/* Keys of [Unit] and [Install] (value-unit.c, unit-keys.h). */
extern const ValueType value_dependencies;  /* names; a template is instantiated */
extern const ValueType value_install_names; /* names, templates too */
extern const ValueType value_instance;
extern const ValueType value_mount_paths;
extern const ValueType value_condition; /* argument: the ConditionKind; all are one list */
extern const ValueType value_job_mode;
extern const ValueType value_isolate;
extern const ValueType value_collect_mode;
extern const ValueType value_emergency_action;
extern const ValueType value_exit_status; /* an int; -1: none */

/* Options of sockets. */
extern const ValueType value_signed; /* -1: unset; argument: the largest value; 0: any */
extern const ValueType value_ip_tos;
extern const ValueType value_socket_protocol;
extern const ValueType value_timestamping;
extern const ValueType value_interface;
extern const ValueType value_symlinks;

extern const ValueType value_service_type;
extern const ValueType value_restart;
extern const ValueType value_kill_mode;
extern const ValueType value_exit_type;
extern const ValueType value_notify_access;
extern const ValueType value_restart_mode;
extern const ValueType value_failure_mode;
extern const ValueType value_oom_policy;
extern const ValueType value_exit_statuses;
extern const ValueType value_claim_access;
extern const ValueType value_accept;
extern const ValueType value_bind_ipv6_only;
extern const ValueType value_transport;
extern const ValueType value_huge_pages;
extern const ValueType value_defer_trigger;
extern const ValueType value_dispatch;
extern const ValueType value_poll_burst;

/* Timestamping= */
typedef enum Timestamping {
        TIMESTAMPING_OFF,
        TIMESTAMPING_US,
        TIMESTAMPING_NS,
} Timestamping;

#define UNIT_BIT(type) (1 << (type))

/* Two fields that one directive sets lie in the settings one after the other. Such a field ends
 * with its last member: what the compiler would pad with may be the next directive's. */
#define PAIR_SIZE(Type, last) (offsetof(Type, last) + sizeof(((Type *)NULL)->last))

/* How WorkingDirectory= and its "optional" lie in the settings. */
typedef struct OptionalPath {
        char *path;
        bool optional;
} OptionalPath;

/* How Seal= and whether it was given lie in the settings. */
typedef struct SealSet {
        unsigned int seals;
        bool given;
} SealSet;

/* How the names of a socket's lines lie in its settings. */
typedef struct ListenNames {
        char *last; /* a GRefString */
        unsigned int count;
} ListenNames;

/* Add to the context's diagnostics, with its file, line and key. value_error() returns -EINVAL. */
int value_error(const DirectiveContext *context, const char *format, ...) _printf_(2, 3);
void value_warn(const DirectiveContext *context, const char *format, ...) _printf_(2, 3);

/* "'VALUE' is not WHAT": the form of most errors. A long value is shortened. */
int value_is_not(const DirectiveContext *context, const char *value, const char *what);

/* A new string with the specifiers expanded (g_free). Returns: 0, or -EINVAL with a diagnostic. */
int value_expand(const DirectiveContext *context, const char *text, char **ret);

/* An absolute path in normal form, specifiers expanded. Returns: 0, or -EINVAL with a diagnostic.
 */
int value_expand_path(const DirectiveContext *context, const char *text, char **ret);
/* The same of a program, which may be reached through "..". */
int value_expand_program(const DirectiveContext *context, const char *text, char **ret);

/* Keeps a string in a char * field, specifiers expanded, if check says that it is one of what.
 * Returns: 0, or -EINVAL with a diagnostic. */
int value_parse_checked(const DirectiveContext *context, void *field, const char *value,
                        bool (*check)(const char *word), const char *what);

/* Whether the first length bytes of name could name a variable in a shell: ASCII letters, digits
 * and '_', no digit first. (environ(7) allows more, but systemd takes no other.) */
bool environment_name_is_valid(const char *name, size_t length);

/* Of a unit with several names its own is what counts, and what is shown. Returns: it (g_free). */
char *value_resolve_alias(const DirectiveContext *context, const char *name);
/* Appends words, which are taken over, to a list. Returns: 0, or -EINVAL with a diagnostic. */
int value_list_append(const DirectiveContext *context, GStrv *list, GPtrArray *words);

/* Parsers by themselves, for tests. Each returns 0, or -EINVAL. */
int parse_boolean(const char *value);                               /* 0 or 1 */
int parse_unsigned(const char *value, uint64_t max, uint64_t *ret); /* decimal */
int parse_number(const char *value, uint64_t max, uint64_t *ret);   /* 0x10, 0b11, 0o17, 017 too */
int parse_mode(const char *value, mode_t *ret);
int parse_size(const char *value, uint64_t *ret);
int parse_time_span(const char *value, uint64_t *ret); /* microseconds */
int parse_signal(const char *value);                   /* the number */
int parse_capability(const char *name);                /* the number of "CAP_CHOWN" */
bool user_name_is_valid(const char *name);             /* a name or a number */
bool interface_name_is_valid(const char *name);
bool path_has_parent(const char *path); /* ".." is a part of it */
bool path_is_normal(const char *path);  /* absolute, not too long, without ".." */
#define SIGNAL_NAME_SIZE sizeof("SIGVTALRM")
/* "SIGTERM", "RTMIN+10"; what has no name as its number. Returns: buffer. */
const char *signal_to_name(int sig, char *buffer, size_t size);

/* How unit files write a value, the first of its names; NULL: none has it. */
const char *enum_to_string(const EnumName *names, int value);

/* An enum: its directive's value has the names. */
int value_enum_parse(const DirectiveContext *context, const Directive *directive, void *field,
                     const char *value);
gboolean value_enum_equal(const void *a, const void *b);
GVariant *value_enum_show(const UnitSettings *settings, const Directive *directive,
                          const void *field);
#define ENUM_VALUE(Type, table)                                                                \
        {                                                                                      \
                .name = "one of a few words", .size = sizeof(Type), .names = table,            \
                .parse = value_enum_parse, .equal = value_enum_equal, .show = value_enum_show, \
        }

/* What several show() and equal() are. */
gboolean value_string_equal(const void *a, const void *b);
gboolean value_strv_equal(const void *a, const void *b);
void value_string_clear(void *field);
void value_strv_clear(void *field);
GVariant *value_string_show(const UnitSettings *settings, const Directive *directive,
                            const void *field);
GVariant *value_strv_show(const UnitSettings *settings, const Directive *directive,
                          const void *field);
