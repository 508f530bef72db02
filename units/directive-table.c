/* SPDX-License-Identifier: MIT */
/* The directive table, rows only. To add a directive: a field in settings.h (and its default in
 * settings.c), a row here, a paragraph in the man page. */
#include <sys/socket.h>

#include "directive-known.h"
#include "value.h"

/* clang-format off */
#define ROW(type_, section_, key_, property_, value_, struct_, field_, argument_) \
        { .type = type_, .section = section_, .key = key_, .property = property_, \
          .value = &value_, .offset = offsetof(struct_, field_), .argument = argument_ },
#define UNIT(key_, property_, value_, field_, argument_) \
        ROW(DIRECTIVE_ANY_TYPE, "Unit", key_, property_, value_, UnitSettings, field_, argument_)
#define SOCKET(key_, property_, value_, field_, argument_) \
        ROW(UNIT_SOCKET, "Socket", key_, property_, value_, SocketSettings, field_, argument_)
#define MEMFD(key_, property_, value_, field_, argument_) \
        ROW(UNIT_MEMFD, "Memfd", key_, property_, value_, MemfdSettings, field_, argument_)
#define SERVICE(key_, property_, value_, field_, argument_) \
        ROW(UNIT_SERVICE, "Service", key_, property_, value_, ServiceSettings, field_, argument_)
#define ACCEPTED(type_, section_, key_, note_) \
        { .type = type_, .section = section_, .key = key_, .status = DIRECTIVE_ACCEPTED, \
          .note = note_ },
#define KNOWN(type_, section_, key_) \
        { .type = type_, .section = section_, .key = key_, .status = DIRECTIVE_NOT_HONOURED },

static const char needs_enable[] = "read when a unit is enabled only";
static const char no_such_thing[] = "bellhop does nothing of that kind by itself";

static const Directive table[] = {
        UNIT("Description", "Description", value_description, description, 0)
        UNIT("Documentation", "Documentation", value_words, documentation, 0)
        UNIT("After", "After", value_unit_names, after, 0)
        UNIT("Before", "Before", value_unit_names, before, 0)
        UNIT("Requires", "Requires", value_unit_names, requires, 0)
        UNIT("Wants", "Wants", value_unit_names, wants, 0)

        /* All Listen*= lines are one list. */
        SOCKET("ListenStream", "Listen", value_listen, listens, SOCK_STREAM)
        SOCKET("ListenDatagram", NULL, value_listen, listens, SOCK_DGRAM)
        SOCKET("ListenSequentialPacket", NULL, value_listen, listens, SOCK_SEQPACKET)
        SOCKET("FileDescriptorName", "FileDescriptorName", value_listen_name, fd_name, 0)
        SOCKET("Service", "Service", value_unit_name, service, UNIT_BIT(UNIT_SERVICE))
        SOCKET("Accept", "Accept", value_accept, accept, 0)
        SOCKET("MaxConnections", "MaxConnections", value_unsigned, max_connections, 0)
        SOCKET("Signal", "Signal", value_delivery_signal, delivery.signal, 0)
        SOCKET("Transport", "Transport", value_transport, delivery.transport, 0)
        SOCKET("ClaimTimeoutSec", "ClaimTimeoutUSec", value_time_span, delivery.claim_timeout, 1)
        SOCKET("SocketUser", "SocketUser", value_user, user, 0)
        SOCKET("SocketGroup", "SocketGroup", value_user, group, 0)
        SOCKET("SocketMode", "SocketMode", value_mode, socket_mode, 0)
        SOCKET("DirectoryMode", "DirectoryMode", value_mode, directory_mode, 0)
        SOCKET("RemoveOnStop", "RemoveOnStop", value_boolean, remove_on_stop, 0)
        SOCKET("Backlog", "Backlog", value_unsigned, backlog, 0)
        SOCKET("BindIPv6Only", "BindIPv6Only", value_bind_ipv6_only, bind_ipv6_only, 0)
        SOCKET("ReusePort", "ReusePort", value_boolean, reuse_port, 0)
        SOCKET("FreeBind", "FreeBind", value_boolean, free_bind, 0)
        SOCKET("NoDelay", "NoDelay", value_boolean, no_delay, 0)
        SOCKET("TriggerLimitIntervalSec", "TriggerLimitIntervalUSec", value_time_span,
               trigger_limit_interval, 0)
        SOCKET("TriggerLimitBurst", "TriggerLimitBurst", value_trigger_burst, trigger_limit_burst, 0)

        MEMFD("Source", "Source", value_path, source, 0)
        MEMFD("Content", "Content", value_lines, content, 0)
        MEMFD("Size", "Size", value_size, size, 1)
        MEMFD("Seal", "Seal", value_seals, seals, 0)
        MEMFD("FileDescriptorName", "FileDescriptorName", value_item_name, fd_name, 0)
        MEMFD("Service", "Service", value_unit_names, services, UNIT_BIT(UNIT_SERVICE))
        MEMFD("Signal", "Signal", value_delivery_signal, delivery.signal, 0)
        MEMFD("Transport", "Transport", value_transport, delivery.transport, 0)
        MEMFD("ClaimTimeoutSec", "ClaimTimeoutUSec", value_time_span, delivery.claim_timeout, 1)
        MEMFD("RedeliverOnChange", "RedeliverOnChange", value_boolean, redeliver_on_change, 0)
        MEMFD("MaxSize", "MaxSize", value_size, max_size, 0)
        MEMFD("HugePages", "HugePages", value_huge_pages, huge_pages, 0)

        SERVICE("Type", "Type", value_service_type, service_type, 0)
        SERVICE("ExecStart", "ExecStart", value_exec, exec_start, 0)
        SERVICE("PIDFile", "PIDFile", value_path, pid_file, 0)
        SERVICE("Sockets", "Sockets", value_unit_names, sockets, UNIT_BIT(UNIT_SOCKET))
        SERVICE("Memfds", "Memfds", value_unit_names, memfds, UNIT_BIT(UNIT_MEMFD))
        SERVICE("ClaimAccess", "ClaimAccess", value_claim_access, claim_access, 0)
        SERVICE("User", "User", value_user, user, 0)
        SERVICE("Group", "Group", value_user, group, 0)
        SERVICE("WorkingDirectory", "WorkingDirectory", value_optional_path, working_directory, 0)
        SERVICE("Environment", "Environment", value_environment, environment, 0)
        SERVICE("EnvironmentFile", "EnvironmentFiles", value_environment_files,
                environment_files, 0)
        SERVICE("StandardOutput", "StandardOutput", value_output, standard_output, 0)
        SERVICE("StandardError", "StandardError", value_output, standard_error, 0)
        SERVICE("Restart", "Restart", value_restart, restart, 0)
        SERVICE("RestartSec", "RestartUSec", value_time_span, restart_delay, 0)
        SERVICE("TimeoutStartSec", "TimeoutStartUSec", value_time_span, timeout_start, 1)
        SERVICE("TimeoutStopSec", "TimeoutStopUSec", value_time_span, timeout_stop, 1)
        SERVICE("TimeoutSec", NULL, value_time_span_pair, timeout_start, 1)
        SERVICE("KillSignal", "KillSignal", value_signal, kill_signal, 0)
        SERVICE("KillMode", "KillMode", value_kill_mode, kill_mode, 0)

        /* systemd moved these to [Unit] and still reads them where they were. */
        ROW(UNIT_SERVICE, "Unit", "StartLimitIntervalSec", "StartLimitIntervalUSec",
            value_time_span, ServiceSettings, start_limit_interval, 0)
        ROW(UNIT_SERVICE, "Unit", "StartLimitBurst", "StartLimitBurst", value_unsigned,
            ServiceSettings, start_limit_burst, 0)
        ROW(UNIT_SERVICE, "Unit", "StartLimitInterval", NULL, value_time_span, ServiceSettings,
            start_limit_interval, 0)
        SERVICE("StartLimitInterval", NULL, value_time_span, start_limit_interval, 0)
        SERVICE("StartLimitBurst", NULL, value_unsigned, start_limit_burst, 0)

        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "Alias", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "Also", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "DefaultInstance", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "RequiredBy", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "UpheldBy", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Install", "WantedBy", needs_enable)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Unit", "AllowIsolate", no_such_thing)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Unit", "DefaultDependencies", no_such_thing)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Unit", "IgnoreOnIsolate", no_such_thing)
        ACCEPTED(DIRECTIVE_ANY_TYPE, "Unit", "SourcePath", "a note for people")
        ACCEPTED(UNIT_SERVICE, "Service", "GuessMainPID", "the main process is always known")

        KNOWN_UNIT_KEYS(KNOWN, DIRECTIVE_ANY_TYPE, "Unit")
        KNOWN_CONDITIONS(KNOWN, DIRECTIVE_ANY_TYPE, "Unit")
        KNOWN_SOCKET_KEYS(KNOWN, UNIT_SOCKET, "Socket")
        KNOWN_PROCESS_KEYS(KNOWN, UNIT_SOCKET, "Socket")
        KNOWN_SERVICE_KEYS(KNOWN, UNIT_SERVICE, "Service")
        KNOWN_PROCESS_KEYS(KNOWN, UNIT_SERVICE, "Service")

        /* bellhop's own, for Accept=dispatch. */
        { .type = UNIT_SOCKET, .section = "Socket", .key = "Instances",
          .status = DIRECTIVE_NOT_HONOURED, .note = "it comes with Accept=dispatch" },
        { .type = UNIT_SOCKET, .section = "Socket", .key = "Dispatch",
          .status = DIRECTIVE_NOT_HONOURED, .note = "it comes with Accept=dispatch" },
};
/* clang-format on */

const Directive *directive_table(size_t *ret_count) {
        *ret_count = ARRAY_SIZE(table);
        return table;
}
