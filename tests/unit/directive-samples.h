/* SPDX-License-Identifier: MIT */
/* A value for each row of the directive table that it takes, and that isn't the default. */
#pragma once

#include "condition.h"
#include "directive.h"
#include "value-process.h"

typedef struct Sample {
        const ValueType *value;
        const char *good; /* not the default */
} Sample;

/* Which there are depends on the machine; the last one is the smallest. */
#if defined(__x86_64__) || defined(__i386__)
static const char personality_sample[] = "x86";
#else
static const char personality_sample[] = "arm";
#endif

/* A good value by type; NULL: by key. */
static const Sample samples[] = {
        { &value_boolean, "yes" },
        { &value_exit_type, "cgroup" },
        { &value_notify_access, "exec" },
        { &value_restart_mode, "direct" },
        { &value_failure_mode, "abort" },
        { &value_exit_statuses, "17 TEMPFAIL SIGHUP" },
        { &value_oom_policy, "kill" },
        { &value_unsigned, "17" },
        { &value_trigger_burst, "17" },
        { &value_poll_burst, "17" },
        { &value_defer_trigger, "patient" },
        { &value_dispatch, "round-robin" },
        { &value_mode, "0123" },
        { &value_size, "17K" },
        { &value_time_span, "17s" },
        { &value_time_span_pair, "17s" },
        { &value_signal, "USR2" },
        { &value_delivery_signal, "RTMIN+3" },
        { &value_string, "text" },
        { &value_description, "text" },
        { &value_path, "/some/path" },
        { &value_optional_path, "-/some/path" },
        { &value_user, "nobody" },
        { &value_lines, "text" },
        { &value_words, "one two" },
        { &value_environment, "A=1" },
        { &value_environment_files, "-/some/file" },
        { &value_exec_commands, "/bin/false ; /bin/true" },
        { &value_listen_name, "sample" },
        { &value_item_name, "sample" },
        { &value_ip_tos, "low-cost" },
        { &value_signed, "17" },
        { &value_socket_protocol, "udplite" },
        { &value_timestamping, "us" },
        { &value_interface, "eth0" },
        { &value_symlinks, "/some/path /other/path" },
        { &value_output, "append:/some/file" },
        { &value_seals, "grow" },
        { &value_service_type, "claim" },
        { &value_restart, "always" },
        { &value_kill_mode, "process" },
        { &value_claim_access, "all" },
        { &value_accept, "yes" },
        { &value_bind_ipv6_only, "both" },
        { &value_transport, "socket" },
        { &value_huge_pages, "2M" },
        { &value_dependencies, "sample.service" },
        { &value_install_names, "sample.target" },
        { &value_instance, "sample" },
        { &value_mount_paths, "/some/path" },
        { &value_job_mode, "isolate" },
        { &value_isolate, "yes" },
        { &value_collect_mode, "inactive-or-failed" },
        { &value_emergency_action, "reboot" },
        { &value_exit_status, "17" },
        { &value_integer, "3" },
        { &value_limit, "17:18" },
        { &value_weight, "17" },
        { &value_memory, "17M" },
        { &value_tasks, "17" },
        { &value_quota, "17%" },
        { &value_share, "17%" },
        { &value_nanoseconds, "17us" },
        { &value_errno, "EPERM" },
        { &value_capabilities, "CAP_CHOWN" },
        { &value_secure_bits, "noroot" },
        { &value_coredump_filter, "elf-headers" },
        { &value_namespaces, "~user" },
        { &value_controllers, "cpu memory" },
        { &value_cpus, "0-3 7" },
        { &value_cpu_policy, "batch" },
        { &value_io_class, "idle" },
        { &value_numa_policy, "local" },
        { &value_keyring_mode, "private" },
        { &value_preserve, "yes" },
        { &value_tri_state, "yes" },
        { &value_personality, personality_sample },
        { &value_syslog_facility, "mail" },
        { &value_syslog_level, "err" },
        { &value_protect_system, "strict" },
        { &value_protect_home, "tmpfs" },
        { &value_protect_proc, "invisible" },
        { &value_proc_subset, "pid" },
        { &value_protect_hostname, "yes" },
        { &value_protect_cgroups, "strict" },
        { &value_private_tmp, "yes" },
        { &value_private_users, "yes" },
        { &value_device_policy, "closed" },
        { &value_managed_oom, "kill" },
        { &value_oom_preference, "omit" },
        { &value_pressure_watch, "off" },
        { &value_mount_flags, "slave" },
        { &value_utmp_mode, "user" },
        { &value_paths, "/some/path -/other" },
        { &value_mounts, "/some/path:/other:ro" },
        { &value_program_paths, "/some/path:/other" },
        { &value_folders, "some/path other:link" },
        { &value_variables, "SOME OTHER" },
        { &value_unset, "SOME OTHER=value" },
        { &value_users, "nobody 17" },
        { &value_system_calls, "~@mount ptrace:EPERM" },
        { &value_address_families, "AF_UNIX AF_INET" },
        { &value_architectures, "native x86" },
        { &value_addresses, "localhost 192.0.2.0/24 2001:db8::1" },
        { &value_interfaces, "~eth0" },
        { &value_bind_rules, "ipv6:tcp:80-90 any" },
        { &value_devices, "/dev/null rw" },
        { &value_device_amounts, "/dev/vda 17M" },
        { &value_device_weights, "/dev/vda 17" },
        { &value_device_times, "/dev/vda 17ms" },
        { &value_file_systems, "~ext4 @network" },
        { &value_log_fields, "FIELD=value" },
        { &value_credential, "name:value" },
        { &value_credential_name, "name.*" },
        { &value_programs, "egress:/sys/fs/bpf/program" },
        { &value_runtime_path, "some.pid" },
        { &value_image_mounts, "/some/path:/other:ro" },
        { &value_temporaries, "/some/path:ro" },
        { &value_image_options, "root:ro" },
        { &value_filter_paths, "/some/path" },
        { &value_plain_folders, "some/path other" },
        { &value_credential_text, "name:text" },
        { &value_slice, "some.slice" },
        { &value_bus_name, "org.example.Sample" },
        { &value_log_namespace, "sample" },
        { &value_root_hash, "/some/path" },
        { &value_root_hash_signature, "base64:dGV4dA==" },
        { &value_input, "file:/some/file" },
        { &value_input_text, "text" },
        { &value_input_data, "dGV4dA==" },
};

static inline const char *sample_of(const Directive *row) {
        if (row->value == &value_unit_name || row->value == &value_unit_names)
                return row->argument == UNIT_BIT(UNIT_SOCKET)  ? "sample.socket"
                       : row->argument == UNIT_BIT(UNIT_MEMFD) ? "sample.memfd"
                                                               : "sample.service";
        if (row->value == &value_boolean && !g_strcmp0(row->initial, "yes"))
                return "no";
        if (row->value == &value_condition)
                return condition_is_of_path((ConditionKind)row->argument)         ? "/some/path"
                       : condition_is_of_percentage((ConditionKind)row->argument) ? "10%"
                                                                                  : "yes";
        if (row->value == &value_listen)
                return row->argument == SOCK_RAW       ? "route 17"
                       : row->argument >= ADDRESS_FIFO ? "/sample"
                                                       : "@sample";
        for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
                if (samples[i].value == row->value)
                        return samples[i].good;
        g_test_message("no sample for %s", row->key);
        g_assert_not_reached();
}
