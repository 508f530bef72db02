/* SPDX-License-Identifier: MIT */
/* Rows of the directive table for whatever starts processes, [Service] and [Socket]: see
 * systemd.exec(5), systemd.kill(5), systemd.resource-control(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
#include "value-process.h"

static const char unprotected[] = "the service runs without this protection";
static const char no_mounts[] = "services see the file system as bellhopd does";
static const char no_startup[] = "it is for the time while a system boots";
static const char cgroup_v1[] = "it is of the first cgroups; systemd.resource-control(5) has its successor";

#define PROCESS_ROWS(type_, section_) \
        SPARSE(type_, section_, "AllowedCPUs", "AllowedCPUs", value_cpus, 0, NULL, "0.2") \
        SPARSE(type_, section_, "AllowedMemoryNodes", "AllowedMemoryNodes", value_cpus, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "AmbientCapabilities", "AmbientCapabilities", value_capabilities, \
                0, NULL, "0.2") \
        UNHONOURED(type_, section_, "AppArmorProfile", "AppArmorProfile", value_string, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "BPFProgram", "BPFProgram", value_programs, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "BindNetworkInterface", "BindNetworkInterface", value_string, \
                0, NULL, "its sockets are bound to no interface") \
        UNHONOURED(type_, section_, "BindPaths", "BindPaths", value_mounts, 0, NULL, no_mounts) \
        UNHONOURED(type_, section_, "BindReadOnlyPaths", "BindReadOnlyPaths", value_mounts, 0, \
                NULL, no_mounts) \
        HARMLESS(type_, section_, "BlockIOAccounting", "BlockIOAccounting", value_boolean, 0, \
                NULL, "the kernel counts in every cgroup") \
        UNHONOURED(type_, section_, "BlockIODeviceWeight", "BlockIODeviceWeight", \
                value_device_weights, 0, NULL, cgroup_v1) \
        UNHONOURED(type_, section_, "BlockIOReadBandwidth", "BlockIOReadBandwidth", \
                value_device_amounts, 0, NULL, cgroup_v1) \
        UNHONOURED(type_, section_, "BlockIOWeight", "BlockIOWeight", value_weight, 1000, NULL, \
                cgroup_v1) \
        UNHONOURED(type_, section_, "BlockIOWriteBandwidth", "BlockIOWriteBandwidth", \
                value_device_amounts, 0, NULL, cgroup_v1) \
        HARMLESS(type_, section_, "CPUAccounting", "CPUAccounting", value_boolean, 0, NULL, \
                "the kernel counts in every cgroup") \
        SPARSE(type_, section_, "CPUAffinity", "CPUAffinity", value_cpus, 2, NULL, "0.2") \
        SPARSE(type_, section_, "CPUQuota", "CPUQuotaPerSecUSec", value_quota, 0, NULL, "0.2") \
        SPARSE(type_, section_, "CPUQuotaPeriodSec", "CPUQuotaPeriodUSec", value_time_span, 0, \
                "infinity", "0.2") \
        SPARSE(type_, section_, "CPUSchedulingPolicy", "CPUSchedulingPolicy", value_cpu_policy, 0, \
                NULL, "0.2") \
        SPARSE(type_, section_, "CPUSchedulingPriority", "CPUSchedulingPriority", value_integer, \
                RANGE(0, 99), NULL, "0.2") \
        SPARSE(type_, section_, "CPUSchedulingResetOnFork", "CPUSchedulingResetOnFork", \
                value_boolean, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "CPUShares", "CPUShares", value_weight, 262144, NULL, cgroup_v1) \
        SPARSE(type_, section_, "CPUWeight", "CPUWeight", value_weight, -10000, NULL, "0.2") \
        SPARSE(type_, section_, "CacheDirectory", "CacheDirectory", value_folders, 0, NULL, "0.2") \
        SPARSE(type_, section_, "CacheDirectoryMode", "CacheDirectoryMode", value_mode, 0, "0755", \
                "0.2") \
        SPARSE(type_, section_, "CapabilityBoundingSet", "CapabilityBoundingSet", \
                value_capabilities, 1, NULL, "0.2") \
        HARMLESS(type_, section_, "ConcurrencyHardMax", "ConcurrencyHardMax", value_tasks, 0, \
                "infinity", "it is for the units of a slice") \
        HARMLESS(type_, section_, "ConcurrencySoftMax", "ConcurrencySoftMax", value_tasks, 0, \
                "infinity", "it is for the units of a slice") \
        SPARSE(type_, section_, "ConfigurationDirectory", "ConfigurationDirectory", value_plain_folders, \
                0, NULL, "0.2") \
        SPARSE(type_, section_, "ConfigurationDirectoryMode", "ConfigurationDirectoryMode", \
                value_mode, 0, "0755", "0.2") \
        SPARSE(type_, section_, "CoredumpFilter", "CoredumpFilter", value_coredump_filter, 0, \
                NULL, "0.2") \
        HARMLESS(type_, section_, "CoredumpReceive", "CoredumpReceive", value_boolean, 0, NULL, \
                "it is for services that hold containers") \
        HARMLESS(type_, section_, "DefaultMemoryLow", "DefaultMemoryLow", value_memory, 0, "0", \
                "it is for the units of a slice") \
        HARMLESS(type_, section_, "DefaultMemoryMin", "DefaultMemoryMin", value_memory, 0, "0", \
                "it is for the units of a slice") \
        SPARSE(type_, section_, "Delegate", "Delegate", value_controllers, 1, NULL, "0.2") \
        UNHONOURED(type_, section_, "DelegateNamespaces", "DelegateNamespaces", value_namespaces, \
                0, NULL, "services are in the namespaces of bellhopd") \
        UNHONOURED(type_, section_, "DelegateSubgroup", "DelegateSubgroup", value_string, 0, NULL, \
                "its processes are at the top of its cgroup") \
        UNHONOURED(type_, section_, "DeviceAllow", "DeviceAllow", value_devices, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "DevicePolicy", "DevicePolicy", value_device_policy, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "DisableControllers", "DisableControllers", value_controllers, \
                0, NULL, "controllers are enabled where a key needs them") \
        UNHONOURED(type_, section_, "DynamicUser", "DynamicUser", value_boolean, 0, NULL, \
                "no user is made up: it starts only if there is one of that name") \
        UNHONOURED(type_, section_, "ExecPaths", "ExecPaths", value_paths, 0, NULL, unprotected) \
        SPARSE(type_, section_, "ExecSearchPath", "ExecSearchPath", value_program_paths, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "ExecStartPost", "ExecStartPost", value_exec_commands, 0, NULL, "0.2") \
        SPARSE(type_, section_, "ExecStartPre", "ExecStartPre", value_exec_commands, 0, NULL, "0.2") \
        SPARSE(type_, section_, "ExecStopPost", "ExecStopPost", value_exec_commands, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "ExtensionDirectories", "ExtensionDirectories", value_paths, \
                0, NULL, no_mounts) \
        UNHONOURED(type_, section_, "ExtensionImages", "ExtensionImages", value_mounts, 0, NULL, \
                no_mounts) \
        HARMLESS(type_, section_, "IOAccounting", "IOAccounting", value_boolean, 0, NULL, \
                "the kernel counts in every cgroup") \
        SPARSE(type_, section_, "IODeviceLatencyTargetSec", "IODeviceLatencyTargetUSec", \
                value_device_times, 0, NULL, "0.2") \
        SPARSE(type_, section_, "IODeviceWeight", "IODeviceWeight", \
                value_device_weights, 0, NULL, "0.2") \
        SPARSE(type_, section_, "IOReadBandwidthMax", "IOReadBandwidthMax", \
                value_device_amounts, 0, NULL, "0.2") \
        SPARSE(type_, section_, "IOReadIOPSMax", "IOReadIOPSMax", \
                value_device_amounts, 0, NULL, "0.2") \
        SPARSE(type_, section_, "IOSchedulingClass", "IOSchedulingClass", value_io_class, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "IOSchedulingPriority", "IOSchedulingPriority", value_integer, \
                RANGE(0, 7), "4", "0.2") \
        SPARSE(type_, section_, "IOWeight", "IOWeight", value_weight, 10000, NULL, "0.2") \
        SPARSE(type_, section_, "IOWriteBandwidthMax", "IOWriteBandwidthMax", \
                value_device_amounts, 0, NULL, "0.2") \
        SPARSE(type_, section_, "IOWriteIOPSMax", "IOWriteIOPSMax", \
                value_device_amounts, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "IPAccounting", "IPAccounting", value_boolean, 0, NULL, \
                "nobody counts its packets") \
        UNHONOURED(type_, section_, "IPAddressAllow", "IPAddressAllow", value_addresses, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "IPAddressDeny", "IPAddressDeny", value_addresses, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "IPCNamespacePath", "IPCNamespacePath", value_path, 0, NULL, \
                "it is in the namespaces of bellhopd") \
        UNHONOURED(type_, section_, "IPEgressFilterPath", "IPEgressFilterPath", value_filter_paths, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "IPIngressFilterPath", "IPIngressFilterPath", value_filter_paths, 0, \
                NULL, unprotected) \
        SPARSE(type_, section_, "IgnoreSIGPIPE", "IgnoreSIGPIPE", value_boolean, 0, "yes", "0.2") \
        UNHONOURED(type_, section_, "ImportCredential", "ImportCredential", value_credential_name, \
                0, NULL, "hand it over as a memfd: bellhop.memfd(5)") \
        UNHONOURED_ALIAS(type_, section_, "InaccessibleDirectories", value_paths, 0, \
                "InaccessiblePaths", unprotected) \
        UNHONOURED(type_, section_, "InaccessiblePaths", "InaccessiblePaths", value_paths, 0, \
                NULL, unprotected) \
        SPARSE(type_, section_, "KeyringMode", "KeyringMode", value_keyring_mode, 0, NULL, "0.2") \
        SPARSE(type_, section_, "LimitAS", "LimitAS", value_limit, RLIMIT_AS, NULL, "0.2") \
        SPARSE(type_, section_, "LimitCORE", "LimitCORE", value_limit, RLIMIT_CORE, NULL, "0.2") \
        SPARSE(type_, section_, "LimitCPU", "LimitCPU", value_limit, RLIMIT_CPU, NULL, "0.2") \
        SPARSE(type_, section_, "LimitDATA", "LimitDATA", value_limit, RLIMIT_DATA, NULL, "0.2") \
        SPARSE(type_, section_, "LimitFSIZE", "LimitFSIZE", value_limit, RLIMIT_FSIZE, NULL, "0.2") \
        SPARSE(type_, section_, "LimitLOCKS", "LimitLOCKS", value_limit, RLIMIT_LOCKS, NULL, "0.2") \
        SPARSE(type_, section_, "LimitMEMLOCK", "LimitMEMLOCK", value_limit, RLIMIT_MEMLOCK, NULL, \
                "0.2") \
        SPARSE(type_, section_, "LimitMSGQUEUE", "LimitMSGQUEUE", value_limit, RLIMIT_MSGQUEUE, \
                NULL, "0.2") \
        SPARSE(type_, section_, "LimitNICE", "LimitNICE", value_limit, RLIMIT_NICE, NULL, "0.2") \
        SPARSE(type_, section_, "LimitNOFILE", "LimitNOFILE", value_limit, RLIMIT_NOFILE, NULL, \
                "0.2") \
        SPARSE(type_, section_, "LimitNPROC", "LimitNPROC", value_limit, RLIMIT_NPROC, NULL, "0.2") \
        SPARSE(type_, section_, "LimitRSS", "LimitRSS", value_limit, RLIMIT_RSS, NULL, "0.2") \
        SPARSE(type_, section_, "LimitRTPRIO", "LimitRTPRIO", value_limit, RLIMIT_RTPRIO, NULL, \
                "0.2") \
        SPARSE(type_, section_, "LimitRTTIME", "LimitRTTIME", value_limit, RLIMIT_RTTIME, NULL, \
                "0.2") \
        SPARSE(type_, section_, "LimitSIGPENDING", "LimitSIGPENDING", value_limit, \
                RLIMIT_SIGPENDING, NULL, "0.2") \
        SPARSE(type_, section_, "LimitSTACK", "LimitSTACK", value_limit, RLIMIT_STACK, NULL, "0.2") \
        UNHONOURED(type_, section_, "LoadCredential", "LoadCredential", value_credential, 0, NULL, \
                "hand it over as a memfd: bellhop.memfd(5)") \
        UNHONOURED(type_, section_, "LoadCredentialEncrypted", "LoadCredentialEncrypted", \
                value_credential, 0, NULL, "hand it over as a memfd: bellhop.memfd(5)") \
        UNHONOURED(type_, section_, "LockPersonality", "LockPersonality", value_boolean, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "LogExtraFields", "LogExtraFields", value_log_fields, 0, NULL, \
                "a stream to the journal has no fields of its own") \
        UNHONOURED(type_, section_, "LogLevelMax", "LogLevelMax", value_syslog_level, 0, "debug", \
                "set it for bellhopd as a whole, or in the journal") \
        UNHONOURED(type_, section_, "LogNamespace", "LogNamespace", value_log_namespace, 0, NULL, \
                "set it for bellhopd as a whole, or in the journal") \
        UNHONOURED(type_, section_, "LogRateLimitBurst", "LogRateLimitBurst", value_unsigned, 0, \
                NULL, "set it for bellhopd as a whole, or in the journal") \
        UNHONOURED(type_, section_, "LogRateLimitIntervalSec", "LogRateLimitIntervalUSec", \
                value_time_span, 0, "0", "set it for bellhopd as a whole, or in the journal") \
        SPARSE(type_, section_, "LogsDirectory", "LogsDirectory", value_folders, 0, NULL, "0.2") \
        SPARSE(type_, section_, "LogsDirectoryMode", "LogsDirectoryMode", value_mode, 0, "0755", \
                "0.2") \
        UNHONOURED(type_, section_, "ManagedOOMMemoryPressure", "ManagedOOMMemoryPressure", \
                value_managed_oom, 0, NULL, "there is no systemd-oomd for it") \
        UNHONOURED(type_, section_, "ManagedOOMMemoryPressureDurationSec", \
                "ManagedOOMMemoryPressureDurationUSec", value_time_span, 0, "infinity", "there is no systemd-oomd for it") \
        UNHONOURED(type_, section_, "ManagedOOMMemoryPressureLimit", \
                "ManagedOOMMemoryPressureLimit", value_share, 0, NULL, "there is no systemd-oomd for it") \
        HARMLESS(type_, section_, "ManagedOOMPreference", "ManagedOOMPreference", \
                value_oom_preference, 0, NULL, "systemd-oomd doesn't look here") \
        UNHONOURED(type_, section_, "ManagedOOMSwap", "ManagedOOMSwap", value_managed_oom, 0, \
                NULL, "there is no systemd-oomd for it") \
        HARMLESS(type_, section_, "MemoryAccounting", "MemoryAccounting", value_boolean, 0, NULL, \
                "the kernel counts in every cgroup") \
        UNHONOURED(type_, section_, "MemoryDenyWriteExecute", "MemoryDenyWriteExecute", \
                value_boolean, 0, NULL, unprotected) \
        SPARSE(type_, section_, "MemoryHigh", "MemoryHigh", value_memory, 1, "infinity", "0.2") \
        UNHONOURED(type_, section_, "MemoryKSM", "MemoryKSM", value_tri_state, 0, NULL, \
                "its memory is merged as that of bellhopd") \
        UNHONOURED(type_, section_, "MemoryLimit", "MemoryLimit", value_memory, 1, "infinity", \
                cgroup_v1) \
        SPARSE(type_, section_, "MemoryLow", "MemoryLow", value_memory, 0, "0", "0.2") \
        SPARSE(type_, section_, "MemoryMax", "MemoryMax", value_memory, 1, "infinity", "0.2") \
        SPARSE(type_, section_, "MemoryMin", "MemoryMin", value_memory, 0, "0", "0.2") \
        UNHONOURED(type_, section_, "MemoryPressureThresholdSec", "MemoryPressureThresholdUSec", \
                value_time_span, 0, "200ms", "it gets no $MEMORY_PRESSURE_WATCH") \
        UNHONOURED(type_, section_, "MemoryPressureWatch", "MemoryPressureWatch", \
                value_pressure_watch, 0, NULL, "it gets no $MEMORY_PRESSURE_WATCH") \
        SPARSE(type_, section_, "MemorySwapMax", "MemorySwapMax", value_memory, 0, "infinity", \
                "0.2") \
        SPARSE(type_, section_, "MemoryZSwapMax", "MemoryZSwapMax", value_memory, 0, "infinity", \
                "0.2") \
        SPARSE(type_, section_, "MemoryZSwapWriteback", "MemoryZSwapWriteback", value_boolean, 0, \
                "yes", "0.2") \
        UNHONOURED(type_, section_, "MountAPIVFS", "MountAPIVFS", value_tri_state, 0, NULL, \
                no_mounts) \
        UNHONOURED(type_, section_, "MountFlags", "MountFlags", value_mount_flags, 0, NULL, \
                no_mounts) \
        UNHONOURED(type_, section_, "MountImages", "MountImages", value_image_mounts, 0, NULL, no_mounts) \
        UNHONOURED(type_, section_, "NFTSet", "NFTSet", value_words, 0, NULL, "no firewall is told") \
        SPARSE(type_, section_, "NUMAMask", "NUMAMask", value_cpus, 1, NULL, "0.2") \
        SPARSE(type_, section_, "NUMAPolicy", "NUMAPolicy", value_numa_policy, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "NetworkNamespacePath", "NetworkNamespacePath", value_path, 0, \
                NULL, "it is in the namespaces of bellhopd") \
        SPARSE(type_, section_, "Nice", "Nice", value_integer, RANGE(-20, 19), NULL, "0.2") \
        UNHONOURED(type_, section_, "NoExecPaths", "NoExecPaths", value_paths, 0, NULL, unprotected) \
        SPARSE(type_, section_, "NoNewPrivileges", "NoNewPrivileges", value_boolean, 0, NULL, "0.2") \
        SPARSE(type_, section_, "OOMScoreAdjust", "OOMScoreAdjust", value_integer, RANGE(-1000, \
                1000), NULL, "0.2") \
        UNHONOURED(type_, section_, "PAMName", "PAMName", value_string, 0, NULL, \
                "no PAM session is opened for it") \
        SPARSE(type_, section_, "PassEnvironment", "PassEnvironment", value_variables, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "Personality", "Personality", value_personality, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "PrivateBPF", "PrivateBPF", value_boolean, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "PrivateDevices", "PrivateDevices", value_boolean, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "PrivateIPC", "PrivateIPC", value_boolean, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "PrivateMounts", "PrivateMounts", value_tri_state, 0, NULL, \
                no_mounts) \
        UNHONOURED(type_, section_, "PrivateNetwork", "PrivateNetwork", value_boolean, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "PrivatePIDs", "PrivatePIDs", value_boolean, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "PrivateTmp", "PrivateTmp", value_private_tmp, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "PrivateUsers", "PrivateUsers", value_private_users, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "ProcSubset", "ProcSubset", value_proc_subset, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "ProtectClock", "ProtectClock", value_boolean, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "ProtectControlGroups", "ProtectControlGroups", \
                value_protect_cgroups, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "ProtectHome", "ProtectHome", value_protect_home, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "ProtectHostname", "ProtectHostname", value_protect_hostname, \
                0, NULL, unprotected) \
        UNHONOURED(type_, section_, "ProtectKernelLogs", "ProtectKernelLogs", value_boolean, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "ProtectKernelModules", "ProtectKernelModules", value_boolean, \
                0, NULL, unprotected) \
        UNHONOURED(type_, section_, "ProtectKernelTunables", "ProtectKernelTunables", \
                value_boolean, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "ProtectProc", "ProtectProc", value_protect_proc, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "ProtectSystem", "ProtectSystem", value_protect_system, 0, \
                NULL, unprotected) \
        UNHONOURED_ALIAS(type_, section_, "ReadOnlyDirectories", value_paths, 0, "ReadOnlyPaths", \
                unprotected) \
        UNHONOURED(type_, section_, "ReadOnlyPaths", "ReadOnlyPaths", value_paths, 0, NULL, \
                unprotected) \
        UNHONOURED_ALIAS(type_, section_, "ReadWriteDirectories", value_paths, 0, \
                "ReadWritePaths", unprotected) \
        UNHONOURED(type_, section_, "ReadWritePaths", "ReadWritePaths", value_paths, 0, NULL, \
                unprotected) \
        UNHONOURED(type_, section_, "RemoveIPC", "RemoveIPC", value_boolean, 0, NULL, \
                "what it leaves in shared memory and queues stays") \
        UNHONOURED(type_, section_, "RestrictAddressFamilies", "RestrictAddressFamilies", \
                value_address_families, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "RestrictFileSystems", "RestrictFileSystems", \
                value_file_systems, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "RestrictNamespaces", "RestrictNamespaces", value_namespaces, \
                0, NULL, unprotected) \
        UNHONOURED(type_, section_, "RestrictNetworkInterfaces", "RestrictNetworkInterfaces", \
                value_interfaces, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "RestrictRealtime", "RestrictRealtime", value_boolean, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "RestrictSUIDSGID", "RestrictSUIDSGID", value_boolean, 0, \
                NULL, unprotected) \
        SPARSE(type_, section_, "RootDirectory", "RootDirectory", value_path, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "RootEphemeral", "RootEphemeral", value_boolean, 0, NULL, \
                no_mounts) \
        UNHONOURED(type_, section_, "RootHash", "RootHash", value_root_hash, 0, NULL, no_mounts) \
        UNHONOURED(type_, section_, "RootHashSignature", "RootHashSignature", value_root_hash_signature, 0, \
                NULL, no_mounts) \
        UNHONOURED(type_, section_, "RootImage", "RootImage", value_path, 0, NULL, no_mounts) \
        UNHONOURED(type_, section_, "RootImageOptions", "RootImageOptions", value_image_options, 0, NULL, \
                no_mounts) \
        UNHONOURED(type_, section_, "RootVerity", "RootVerity", value_path, 0, NULL, no_mounts) \
        SPARSE(type_, section_, "RuntimeDirectory", "RuntimeDirectory", value_folders, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "RuntimeDirectoryMode", "RuntimeDirectoryMode", value_mode, 0, \
                "0755", "0.2") \
        SPARSE(type_, section_, "RuntimeDirectoryPreserve", "RuntimeDirectoryPreserve", \
                value_preserve, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "SELinuxContext", "SELinuxContext", value_string, 0, NULL, \
                unprotected) \
        SPARSE(type_, section_, "SecureBits", "SecureBits", value_secure_bits, 0, NULL, "0.2") \
        UNHONOURED(type_, section_, "SetCredential", "SetCredential", value_credential_text, 0, NULL, \
                "hand it over as a memfd: bellhop.memfd(5)") \
        UNHONOURED(type_, section_, "SetCredentialEncrypted", "SetCredentialEncrypted", \
                value_credential_text, 0, NULL, "hand it over as a memfd: bellhop.memfd(5)") \
        SPARSE(type_, section_, "SetLoginEnvironment", "SetLoginEnvironment", value_tri_state, 0, \
                NULL, "0.2") \
        UNHONOURED(type_, section_, "Slice", "Slice", value_slice, 0, NULL, \
                "its cgroup is below that of bellhopd") \
        UNHONOURED(type_, section_, "SmackProcessLabel", "SmackProcessLabel", value_string, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "SocketBindAllow", "SocketBindAllow", value_bind_rules, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "SocketBindDeny", "SocketBindDeny", value_bind_rules, 0, NULL, \
                unprotected) \
        SPARSE(type_, section_, "StandardInput", "StandardInput", value_input, 0, NULL, "0.2") \
        SPARSE(type_, section_, "StandardInputData", "StandardInputData", value_input_data, 0, \
                NULL, "0.2") \
        ALIAS(type_, section_, "StandardInputText", value_input_text, 0, "StandardInputData", "0.2") \
        HARMLESS(type_, section_, "StartupAllowedCPUs", "StartupAllowedCPUs", value_cpus, 0, NULL, \
                no_startup) \
        HARMLESS(type_, section_, "StartupAllowedMemoryNodes", "StartupAllowedMemoryNodes", \
                value_cpus, 0, NULL, no_startup) \
        HARMLESS(type_, section_, "StartupBlockIOWeight", "StartupBlockIOWeight", value_weight, \
                1000, NULL, no_startup) \
        HARMLESS(type_, section_, "StartupCPUShares", "StartupCPUShares", value_weight, 262144, \
                NULL, no_startup) \
        HARMLESS(type_, section_, "StartupCPUWeight", "StartupCPUWeight", value_weight, -10000, \
                NULL, no_startup) \
        HARMLESS(type_, section_, "StartupIOWeight", "StartupIOWeight", value_weight, 10000, NULL, \
                no_startup) \
        HARMLESS(type_, section_, "StartupMemoryHigh", "StartupMemoryHigh", value_memory, 1, \
                "infinity", no_startup) \
        HARMLESS(type_, section_, "StartupMemoryLow", "StartupMemoryLow", value_memory, 0, "0", \
                no_startup) \
        HARMLESS(type_, section_, "StartupMemoryMax", "StartupMemoryMax", value_memory, 1, \
                "infinity", no_startup) \
        HARMLESS(type_, section_, "StartupMemorySwapMax", "StartupMemorySwapMax", value_memory, 0, \
                "infinity", no_startup) \
        HARMLESS(type_, section_, "StartupMemoryZSwapMax", "StartupMemoryZSwapMax", value_memory, \
                0, "infinity", no_startup) \
        SPARSE(type_, section_, "StateDirectory", "StateDirectory", value_folders, 0, NULL, "0.2") \
        SPARSE(type_, section_, "StateDirectoryMode", "StateDirectoryMode", value_mode, 0, "0755", \
                "0.2") \
        SPARSE(type_, section_, "SupplementaryGroups", "SupplementaryGroups", value_users, 0, \
                NULL, "0.2") \
        SPARSE(type_, section_, "SyslogFacility", "SyslogFacility", value_syslog_facility, 3, \
                "daemon", "0.2") \
        SPARSE(type_, section_, "SyslogIdentifier", "SyslogIdentifier", value_string, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "SyslogLevel", "SyslogLevel", value_syslog_level, 0, "info", "0.2") \
        SPARSE(type_, section_, "SyslogLevelPrefix", "SyslogLevelPrefix", value_boolean, 0, "yes", \
                "0.2") \
        UNHONOURED(type_, section_, "SystemCallArchitectures", "SystemCallArchitectures", \
                value_architectures, 0, NULL, unprotected) \
        UNHONOURED(type_, section_, "SystemCallErrorNumber", "SystemCallErrorNumber", value_errno, \
                0, NULL, "no system call is refused") \
        UNHONOURED(type_, section_, "SystemCallFilter", "SystemCallFilter", value_system_calls, 0, \
                NULL, unprotected) \
        UNHONOURED(type_, section_, "SystemCallLog", "SystemCallLog", value_system_calls, 0, NULL, \
                "no system calls are logged") \
        UNHONOURED(type_, section_, "TTYColumns", "TTYColumns", value_unsigned, 65535, NULL, \
                "services have no terminal here") \
        UNHONOURED(type_, section_, "TTYPath", "TTYPath", value_path, 0, NULL, \
                "services have no terminal here") \
        UNHONOURED(type_, section_, "TTYReset", "TTYReset", value_boolean, 0, NULL, \
                "services have no terminal here") \
        UNHONOURED(type_, section_, "TTYRows", "TTYRows", value_unsigned, 65535, NULL, \
                "services have no terminal here") \
        UNHONOURED(type_, section_, "TTYVHangup", "TTYVHangup", value_boolean, 0, NULL, \
                "services have no terminal here") \
        UNHONOURED(type_, section_, "TTYVTDisallocate", "TTYVTDisallocate", value_boolean, 0, \
                NULL, "services have no terminal here") \
        HARMLESS(type_, section_, "TasksAccounting", "TasksAccounting", value_boolean, 0, NULL, \
                "the kernel counts in every cgroup") \
        SPARSE(type_, section_, "TasksMax", "TasksMax", value_tasks, 0, "infinity", "0.2") \
        UNHONOURED(type_, section_, "TemporaryFileSystem", "TemporaryFileSystem", value_temporaries, 0, \
                NULL, no_mounts) \
        HARMLESS(type_, section_, "TimeoutCleanSec", "TimeoutCleanUSec", value_time_span, 0, \
                "infinity", "nothing is cleaned by command") \
        SPARSE(type_, section_, "TimerSlackNSec", "TimerSlackNSec", value_nanoseconds, 0, NULL, \
                "0.2") \
        SPARSE(type_, section_, "UMask", "UMask", value_mode, 0, "0022", "0.2") \
        SPARSE(type_, section_, "UnsetEnvironment", "UnsetEnvironment", value_unset, 0, NULL, "0.2") \
        HARMLESS(type_, section_, "UtmpIdentifier", "UtmpIdentifier", value_string, 0, NULL, \
                "no login records are written") \
        HARMLESS(type_, section_, "UtmpMode", "UtmpMode", value_utmp_mode, 0, NULL, \
                "no login records are written") \
/* clang-format on */
