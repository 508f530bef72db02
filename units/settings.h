/* SPDX-License-Identifier: MIT */
/* What the unit files say: one struct per unit type, filled by the directive table and never
 * changed afterwards. The daemon's runtime objects hold a reference and swap it on reload. Times
 * are in microseconds, TIME_INFINITY means never; sizes are in bytes. Absent lists are NULL. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "address.h"
#include "bellhop.h"
#include "macros.h"
#include "unit-name.h"

#define TIME_INFINITY UINT64_MAX
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)

/* The part that all types share: [Unit], and where it came from. */
typedef struct SparseValue SparseValue;

typedef struct UnitSettings {
        UnitType type;
        unsigned int references;
        char *name;        /* "web.socket"; behind the type's struct, as the path */
        char *path;        /* the file it came from; NULL: a target that is only its folders */
        GStrv dropins;     /* the files read after it, in their order */
        GStrv aliases;     /* its other names, sorted */
        char *description; /* NULL: none; show the name */
        GStrv documentation;
        GStrv after, before, requires, wants;
        struct Condition *conditions, *asserts; /* condition.h; NULL: none */
        SparseValue *sparse;                    /* what else the file gives: sparse.h */
} UnitSettings;

typedef enum TransportKind {
        TRANSPORT_AUTO,
        TRANSPORT_SOCKET,
        TRANSPORT_KERNEL,
} TransportKind;

/* One Listen*= line. */
typedef struct Listen {
        Address *address;
        char *name;        /* the item's name by FileDescriptorName=; NULL: the unit's name. A
                              GRefString: the lines share it. */
        unsigned int line; /* for messages */
        uint16_t file;     /* in settings_file() */
} Listen;

/* What every unit that delivers has: embedded, so that the table has one row per key and type. */
typedef struct DeliverySettings {
        int signal; /* 0: by kind */
        TransportKind transport;
        uint64_t claim_timeout; /* TIME_INFINITY: for ever */
} DeliverySettings;

typedef enum BindIPv6Only {
        BIND_IPV6_ONLY_DEFAULT,
        BIND_IPV6_ONLY_BOTH,
        BIND_IPV6_ONLY_IPV6_ONLY,
} BindIPv6Only;

typedef enum AcceptMode {
        ACCEPT_NO,
        ACCEPT_YES,
        ACCEPT_DISPATCH, /* parsed; not yet honoured */
} AcceptMode;

typedef enum DeferTrigger {
        DEFER_TRIGGER_NO,
        DEFER_TRIGGER_YES,     /* as long as there are jobs that may end the conflict */
        DEFER_TRIGGER_PATIENT, /* as long as DeferTriggerMaxSec= allows */
} DeferTrigger;

typedef enum Dispatch {
        DISPATCH_LEAST_LOADED,
        DISPATCH_ROUND_ROBIN,
} Dispatch;

typedef struct SocketSettings {
        UnitSettings unit;
        GPtrArray *listens;    /* of Listen *, in file order; freed with the settings */
        char *fd_name;         /* the last FileDescriptorName= (a GRefString); read Listen.name */
        unsigned int fd_names; /* how many there were: one names all lines */
        unsigned int backlog;  /* UINT_MAX: the system's limit (listen(2) takes it as it is) */
        DeliverySettings delivery;
        char *service;         /* Service=; NULL: the service of the same name */
        char *user, *group;    /* SocketUser=, SocketGroup= */
        mode_t socket_mode;    /* 0666 */
        mode_t directory_mode; /* 0755 */
        BindIPv6Only bind_ipv6_only;
        AcceptMode accept;
        uint64_t trigger_limit_interval; /* 2 s */
        unsigned int
                trigger_limit_burst;  /* UINT_MAX: unset: 200 with Accept=yes, else 20; 0: off */
        unsigned int max_connections; /* 64 */
        bool remove_on_stop;
        bool reuse_port;
        bool free_bind;
        bool no_delay;
} SocketSettings;

typedef enum HugePages {
        HUGE_PAGES_NO,
        HUGE_PAGES_2M,
        HUGE_PAGES_1G,
} HugePages;

typedef struct MemfdSettings {
        UnitSettings unit;
        DeliverySettings delivery;
        char *source;       /* Source=; exactly one of these three is set */
        GString *content;   /* Content= lines, each ended by a newline; specifiers expanded */
        uint64_t size;      /* Size=; 0: not set */
        unsigned int seals; /* F_SEAL_* for fcntl(2) */
        bool seals_set;     /* Seal= was given; else the default by the kind of content */
        char *fd_name;      /* FileDescriptorName=; NULL: the unit's name */
        GStrv services;     /* Service=; NULL: the service of the same name */
        bool redeliver_on_change;
        uint64_t max_size; /* 64 MiB */
        HugePages huge_pages;
} MemfdSettings;

typedef enum ServiceType {
        SERVICE_SIMPLE,        /* started once forked */
        SERVICE_EXEC,          /* started once exec has succeeded */
        SERVICE_FORKING,       /* started once its first process has ended, and left a daemon */
        SERVICE_ONESHOT,       /* started once it has ended */
        SERVICE_NOTIFY,        /* started once it sends READY=1 */
        SERVICE_NOTIFY_RELOAD, /* the same, and reloads by ReloadSignal= */
        SERVICE_IDLE,          /* as simple, when no job is left, or after a while */
        SERVICE_CLAIM,         /* started once it has claimed all that was delivered */
        SERVICE_EXTERNAL,      /* not ours to start: PIDFile= says who it is */
} ServiceType;

typedef enum RestartPolicy {
        RESTART_NO,
        RESTART_ON_SUCCESS,
        RESTART_ON_FAILURE,
        RESTART_ON_ABNORMAL,
        RESTART_ON_ABORT,
        RESTART_ON_WATCHDOG,
        RESTART_ALWAYS,
} RestartPolicy;

/* The service is over when its main process is, or when its last process is. */
typedef enum ExitType {
        EXIT_TYPE_MAIN,
        EXIT_TYPE_CGROUP,
} ExitType;

typedef enum NotifyAccess {
        NOTIFY_ACCESS_NONE,
        NOTIFY_ACCESS_MAIN,
        NOTIFY_ACCESS_EXEC,
        NOTIFY_ACCESS_ALL,
} NotifyAccess;

typedef enum RestartMode {
        RESTART_MODE_NORMAL,
        RESTART_MODE_DIRECT,
        RESTART_MODE_DEBUG,
        RESTART_MODE_HANDOVER,
} RestartMode;

/* What is done about what doesn't start, or doesn't stop, in time. */
typedef enum FailureMode {
        FAILURE_MODE_TERMINATE,
        FAILURE_MODE_ABORT,
        FAILURE_MODE_KILL,
} FailureMode;

typedef enum OomPolicy {
        OOM_POLICY_CONTINUE,
        OOM_POLICY_STOP,
        OOM_POLICY_KILL,
} OomPolicy;

typedef enum KillMode {
        KILL_CONTROL_GROUP,
        KILL_MIXED,
        KILL_PROCESS,
        KILL_NONE,
} KillMode;

typedef enum OutputKind {
        OUTPUT_INHERIT,
        OUTPUT_NULL,
        OUTPUT_JOURNAL,
        OUTPUT_FILE,     /* file:PATH */
        OUTPUT_APPEND,   /* append:PATH */
        OUTPUT_TRUNCATE, /* truncate:PATH */
        OUTPUT_SOCKET,
        OUTPUT_KMSG,
} OutputKind;

typedef struct Output {
        OutputKind kind;
        char *path; /* of OUTPUT_FILE, OUTPUT_APPEND */
} Output;

typedef enum ClaimAccess {
        CLAIM_ACCESS_MAIN,
        CLAIM_ACCESS_ALL,
} ClaimAccess;

/* One command of an Exec*= line, split by systemd.service(5)'s rules; $VAR is expanded when it is
 * run. */
typedef struct ExecCommand {
        char *path; /* absolute, or a plain name that is looked up in the search path */
        GStrv argv; /* argv[0] is the path itself; "@" gives another one */
        unsigned int line;
        uint16_t file;        /* in settings_file() */
        bool ignore_failure;  /* "-" */
        bool no_expand;       /* ":": $VAR stays as it is written */
        bool full_privileges; /* "+": as the manager, without User= and what confines */
        bool no_setuid;       /* "!": the same, but confined in all other respects */
        bool ambient;         /* "!!": as "!" on kernels without ambient capabilities only */
} ExecCommand;

/* EnvironmentFile=; a leading "-" makes it optional. */
typedef struct EnvironmentFile {
        char *path;
        bool optional;
} EnvironmentFile;

/* Thousands of services may be loaded and down: what few give is a sparse row. */
typedef struct ServiceSettings {
        UnitSettings unit;
        GPtrArray *exec_start; /* of ExecCommand *; several with SERVICE_ONESHOT only, none (NULL)
                                  with it and with SERVICE_EXTERNAL only */
        char *user, *group;
        GStrv environment;            /* "KEY=value" */
        GPtrArray *environment_files; /* of EnvironmentFile * */
        char *working_directory;      /* NULL: "/" (system), home (user); "~": the user's home */
        bool working_directory_optional;
        ServiceType service_type;
        RestartPolicy restart;
        unsigned int start_limit_burst; /* 5; 0: off */
        uint64_t restart_delay;         /* RestartSec=, 100 ms */
        uint64_t start_limit_interval;  /* 10 s */
        uint64_t timeout_start;         /* 90 s; with Type=oneshot TIME_INFINITY */
        uint64_t timeout_stop;          /* 90 s */
        int kill_signal;                /* SIGTERM */
        KillMode kill_mode;
        GStrv sockets;  /* Sockets= */
        GStrv memfds;   /* Memfds= */
        char *pid_file; /* PIDFile= */
        ClaimAccess claim_access;
} ServiceSettings;

/* The first command of ExecStart=, or NULL. */
static inline const ExecCommand *exec_start_first(const ServiceSettings *settings) {
        return settings->exec_start && settings->exec_start->len > 0
                       ? settings->exec_start->pdata[0]
                       : NULL;
}

typedef struct TargetSettings {
        UnitSettings unit;
} TargetSettings;

/* New settings of a type with every default in place, one reference. Name and path, which may be
 * NULL, are copied. */
UnitSettings *settings_new(UnitType type, const char *name, const char *path);
/* The defaults themselves, never to be changed: for resets. */
const UnitSettings *settings_defaults(UnitType type);
UnitSettings *settings_ref(UnitSettings *settings);
/* Drops a reference; frees through the directive table. Takes NULL. Returns: NULL. */
UnitSettings *settings_unref(UnitSettings *settings);
DEFINE_CLEANUP(UnitSettings, settings_unref)

/* Every directive has the same value, through the table, and they come from the same files; on
 * which lines doesn't matter. */
bool settings_equal(const UnitSettings *a, const UnitSettings *b);

static inline SocketSettings *SOCKET_SETTINGS(UnitSettings *settings) {
        return container_of(settings, SocketSettings, unit);
}
static inline MemfdSettings *MEMFD_SETTINGS(UnitSettings *settings) {
        return container_of(settings, MemfdSettings, unit);
}
static inline ServiceSettings *SERVICE_SETTINGS(UnitSettings *settings) {
        return container_of(settings, ServiceSettings, unit);
}

/* 0: the unit's own file; else the drop-in of that number. */
const char *settings_file(const UnitSettings *settings, unsigned int file);

/* The name a line's item is delivered under. */
const char *socket_settings_item_name(const SocketSettings *settings, const Listen *listen);
/* With Accept=yes: that of what comes in by this line. */
const char *socket_settings_connection_name(const Listen *listen);
const char *memfd_settings_item_name(const MemfdSettings *settings);
/* The service a socket triggers (g_free): Service=, else the same name; with Accept=yes the
 * template "web@.service". */
char *socket_settings_service(const SocketSettings *settings);
/* TriggerLimitBurst=; what it is when it isn't given depends on Accept=. */
unsigned int socket_settings_trigger_burst(const SocketSettings *settings);
/* PollLimitIntervalSec=, and PollLimitBurst=, which depends on Accept= likewise. */
uint64_t socket_settings_poll_interval(const SocketSettings *settings);
unsigned int socket_settings_poll_burst(const SocketSettings *settings);

/* Enum names as the unit files write them. */
const char *service_type_to_string(ServiceType type);
