/* SPDX-License-Identifier: MIT */
/* The value types of what starts processes: systemd.exec(5), systemd.resource-control(5). */
#pragma once

#include <sys/resource.h>

#include "value.h"

/* ---- numbers (value-limit.c) ---- */

/* argument: RANGE() */
extern const ValueType value_integer;
#define RANGE(low, high) \
        ((int)((unsigned int)((low) + 0x4000) << 16 | (unsigned int)((high) + 0x4000)))

/* argument: RLIMIT_*. A unit's limit is what setrlimit(2) takes. */
extern const ValueType value_limit;
typedef struct Limit {
        uint64_t soft, hard; /* RLIM_INFINITY: none */
        bool given;
} Limit;

extern const ValueType value_weight; /* 1 to argument; negative: and "idle" */
#define WEIGHT_IDLE UINT64_MAX       /* 0: not set */

extern const ValueType value_memory; /* bytes, or a part of the machine's; argument 1: not 0 */
extern const ValueType value_tasks;  /* how many, or a part of what the kernel allows */
extern const ValueType value_quota;  /* microseconds of processor time a second; 0: not set */
extern const ValueType value_share;  /* up to 100%, as a part of 2^32 - 1 */
extern const ValueType value_nanoseconds;
extern const ValueType value_errno; /* 0: the process is killed */

/* ---- sets (value-flags.c) ---- */

/* 64 bits by name. "~" at a line's beginning takes its names away. */
extern const ValueType value_capabilities;
extern const ValueType value_secure_bits;
extern const ValueType value_coredump_filter;
extern const ValueType value_namespaces;  /* CLONE_NEW*: those that are allowed */
extern const ValueType value_controllers; /* a boolean, too */
/* argument 1: inverted, so that zero is the full set */
#define COREDUMP_FILTER_GIVEN (UINT64_C(1) << 63)
#define CONTROLLERS_ALL       (~UINT64_C(0))

/* ---- processors (value-cpus.c) ---- */

/* argument 1: "all" is a word of it; 2: "numa" is. */
extern const ValueType value_cpus;
#define CPUS_MAX 8192
typedef struct CpuSet {
        uint64_t *bits;     /* CPUS_MAX of them, or NULL: none */
        unsigned int count; /* the highest, plus one */
        bool numa;          /* "numa" */
} CpuSet;
/* "0-3 7" (g_free). */
char *cpu_set_to_string(const CpuSet *set, char separator);

/* ---- choices (value-choice.c) ---- */

typedef enum KeyringMode {
        KEYRING_INHERIT,
        KEYRING_PRIVATE,
        KEYRING_SHARED,
} KeyringMode;

typedef enum PreserveMode {
        PRESERVE_NO,
        PRESERVE_RESTART,
        PRESERVE_YES,
} PreserveMode;

typedef enum TriState {
        TRI_DEFAULT,
        TRI_NO,
        TRI_YES,
} TriState;

extern const ValueType value_cpu_policy; /* SCHED_* */
extern const ValueType value_io_class;   /* of ioprio_set(2) */
extern const ValueType value_numa_policy;
extern const ValueType value_keyring_mode;
extern const ValueType value_preserve;
extern const ValueType value_tri_state;
extern const ValueType value_personality; /* PER_*, plus one; 0: not set */
extern const ValueType value_syslog_facility;
extern const ValueType value_syslog_level;
extern const ValueType value_protect_system;
extern const ValueType value_protect_home;
extern const ValueType value_protect_proc;
extern const ValueType value_proc_subset;
extern const ValueType value_protect_hostname;
extern const ValueType value_protect_cgroups;
extern const ValueType value_private_tmp;
extern const ValueType value_private_users;
extern const ValueType value_device_policy;
extern const ValueType value_managed_oom;
extern const ValueType value_oom_preference;
extern const ValueType value_pressure_watch;
extern const ValueType value_mount_flags;
extern const ValueType value_utmp_mode;

/* ---- lists of words (value-list.c): a GStrv each, "~" kept before the words it is for ---- */

extern const ValueType value_paths;        /* absolute; "-" and "+" before them */
extern const ValueType value_mounts;       /* SOURCE:TARGET:OPTIONS and the like */
extern const ValueType value_image_mounts; /* the same, the target given */
extern const ValueType value_temporaries;  /* TARGET:OPTIONS */
extern const ValueType value_image_options;
extern const ValueType value_filter_paths;  /* an absolute path a line */
extern const ValueType value_program_paths; /* ExecSearchPath=: absolute, ":" between them */
extern const ValueType value_folders;       /* relative; with :LINK */
extern const ValueType value_plain_folders; /* without */
extern const ValueType value_variables;     /* names of variables */
extern const ValueType value_unset;         /* the same, or assignments */
extern const ValueType value_users;
extern const ValueType value_system_calls;
extern const ValueType value_address_families;
extern const ValueType value_architectures;
extern const ValueType value_addresses;
extern const ValueType value_interfaces;
extern const ValueType value_bind_rules;
extern const ValueType value_devices;
extern const ValueType value_device_amounts; /* PATH and a size */
extern const ValueType value_device_weights;
extern const ValueType value_device_times;
extern const ValueType value_file_systems;
extern const ValueType value_log_fields;
extern const ValueType value_credential;      /* ID:PATH or ID, one a line */
extern const ValueType value_credential_text; /* ID:TEXT */
extern const ValueType value_credential_name;
extern const ValueType value_programs; /* TYPE:PATH of BPFProgram= */

/* ---- names that one key has (value-word.c) ---- */

extern const ValueType value_slice;
extern const ValueType value_bus_name;
extern const ValueType value_log_namespace;
extern const ValueType value_root_hash;
extern const ValueType value_root_hash_signature;

/* ---- standard input (value-input.c) ---- */

typedef enum InputKind {
        INPUT_NULL,
        INPUT_DATA,
        INPUT_FILE,
        INPUT_SOCKET,
} InputKind;

typedef struct Input {
        InputKind kind;
        char *path; /* of INPUT_FILE */
} Input;

extern const ValueType value_input;
extern const ValueType value_input_text; /* a line of it */
extern const ValueType value_input_data; /* base64 of it */
