/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Service], see systemd.service(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
SERVICE("Type", "Type", value_service_type, service_type, 0, "0.1")
SERVICE("ExecStart", "ExecStart", value_exec_commands, exec_start, 0, "0.1")
SERVICE("PIDFile", "PIDFile", value_runtime_path, pid_file, 0, "0.1")
SERVICE("Sockets", "Sockets", value_unit_names, sockets, UNIT_BIT(UNIT_SOCKET), "0.1")
SERVICE("Memfds", "Memfds", value_unit_names, memfds, UNIT_BIT(UNIT_MEMFD), "0.1")
SERVICE("ClaimAccess", "ClaimAccess", value_claim_access, claim_access, 0, "0.1")
SERVICE("User", "User", value_user, user, 0, "0.1")
SERVICE("Group", "Group", value_user, group, 0, "0.1")
SERVICE("WorkingDirectory", "WorkingDirectory", value_optional_path, working_directory, 0, "0.1")
SERVICE("Environment", "Environment", value_environment, environment, 0, "0.1")
SERVICE("EnvironmentFile", "EnvironmentFiles", value_environment_files,
        environment_files, 0, "0.1")
SPARSE(UNIT_SERVICE, "Service", "StandardOutput", "StandardOutput", value_output, 0, NULL, "0.1")
SPARSE(UNIT_SERVICE, "Service", "StandardError", "StandardError", value_output, 0, NULL, "0.1")
SERVICE("Restart", "Restart", value_restart, restart, 0, "0.1")
SERVICE("RestartSec", "RestartUSec", value_time_span, restart_delay, 0, "0.1")
SERVICE("TimeoutStartSec", "TimeoutStartUSec", value_time_span, timeout_start, 1, "0.1")
SERVICE("TimeoutStopSec", "TimeoutStopUSec", value_time_span, timeout_stop, 1, "0.1")
SERVICE("TimeoutSec", NULL, value_time_span_pair, timeout_start, 1, "0.1")
SERVICE("KillSignal", "KillSignal", value_signal, kill_signal, 0, "0.1")
SERVICE("KillMode", "KillMode", value_kill_mode, kill_mode, 0, "0.1")

/* systemd moved these to [Unit] and still reads them where they were. */
ROW(UNIT_SERVICE, "Unit", "StartLimitIntervalSec", "StartLimitIntervalUSec",
    value_time_span, ServiceSettings, start_limit_interval, 0, "0.1")
ROW(UNIT_SERVICE, "Unit", "StartLimitBurst", "StartLimitBurst", value_unsigned,
    ServiceSettings, start_limit_burst, 0, "0.1")
ROW(UNIT_SERVICE, "Unit", "StartLimitInterval", NULL, value_time_span, ServiceSettings,
    start_limit_interval, 0, "0.1")
SERVICE("StartLimitInterval", NULL, value_time_span, start_limit_interval, 0, "0.1")
SERVICE("StartLimitBurst", NULL, value_unsigned, start_limit_burst, 0, "0.1")

/* What runs beside the main process; the rest is among the rows that sockets have as well. */
SPARSE(UNIT_SERVICE, "Service", "ExecCondition", "ExecCondition", value_exec_commands, 0, NULL,
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "ExecReload", "ExecReload", value_exec_commands, 0, NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "ExecStop", "ExecStop", value_exec_commands, 0, NULL, "0.2")

/* What counts as running, and as a success. */
SPARSE(UNIT_SERVICE, "Service", "ExitType", "ExitType", value_exit_type, 0, "main", "0.2")
SPARSE(UNIT_SERVICE, "Service", "GuessMainPID", "GuessMainPID", value_boolean, 0, "yes", "0.2")
SPARSE(UNIT_SERVICE, "Service", "RemainAfterExit", "RemainAfterExit", value_boolean, 0, NULL,
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "SuccessExitStatus", "SuccessExitStatus", value_exit_statuses, 0,
       NULL, "0.2")

/* Again. */
SPARSE(UNIT_SERVICE, "Service", "RestartForceExitStatus", "RestartForceExitStatus",
       value_exit_statuses, 0, NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "RestartPreventExitStatus", "RestartPreventExitStatus",
       value_exit_statuses, 0, NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "RestartMaxDelaySec", "RestartMaxDelayUSec", value_time_span, 0,
       "infinity", "0.2")
SPARSE(UNIT_SERVICE, "Service", "RestartMode", "RestartMode", value_restart_mode, 0, "normal",
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "RestartSteps", "RestartSteps", value_unsigned, 0, NULL, "0.2")

/* How long. */
SPARSE(UNIT_SERVICE, "Service", "RuntimeMaxSec", "RuntimeMaxUSec", value_time_span, 0, "infinity",
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "RuntimeRandomizedExtraSec", "RuntimeRandomizedExtraUSec",
       value_time_span, 0, NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "TimeoutAbortSec", "TimeoutAbortUSec", value_time_span, 1, "90s",
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "TimeoutStartFailureMode", "TimeoutStartFailureMode",
       value_failure_mode, 0, "terminate", "0.2")
SPARSE(UNIT_SERVICE, "Service", "TimeoutStopFailureMode", "TimeoutStopFailureMode",
       value_failure_mode, 0, "terminate", "0.2")
SPARSE(UNIT_SERVICE, "Service", "WatchdogSec", "WatchdogUSec", value_time_span, 0, NULL, "0.2")

/* Besides KillMode= and KillSignal=. */
SPARSE(UNIT_SERVICE, "Service", "FinalKillSignal", "FinalKillSignal", value_signal, 0, "SIGKILL",
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "RestartKillSignal", "RestartKillSignal", value_signal, 0,
       "SIGTERM", "0.2")
SPARSE(UNIT_SERVICE, "Service", "SendSIGHUP", "SendSIGHUP", value_boolean, 0, NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "SendSIGKILL", "SendSIGKILL", value_boolean, 0, "yes", "0.2")
SPARSE(UNIT_SERVICE, "Service", "WatchdogSignal", "WatchdogSignal", value_signal, 0, "SIGABRT",
       "0.2")

/* What it says, and what it is told. */
SPARSE(UNIT_SERVICE, "Service", "NotifyAccess", "NotifyAccess", value_notify_access, 0, "none",
       "0.2")
SPARSE(UNIT_SERVICE, "Service", "ReloadSignal", "ReloadSignal", value_signal, 0, "SIGHUP", "0.2")

UNHONOURED(UNIT_SERVICE, "Service", "BusName", "BusName", value_bus_name, 0, NULL,
           "nobody watches the message bus")
UNHONOURED(UNIT_SERVICE, "Service", "ExtraFileDescriptors", "ExtraFileDescriptorNames",
           value_words, 0, NULL, "descriptors come from socket and memfd units")
UNHONOURED(UNIT_SERVICE, "Service", "FileDescriptorStoreMax", "FileDescriptorStoreMax",
           value_unsigned, 0, NULL,
           "nobody can leave descriptors here; a socket or memfd unit keeps what must survive")
UNHONOURED(UNIT_SERVICE, "Service", "FileDescriptorStorePreserve", "FileDescriptorStorePreserve",
           value_preserve, 0, "restart", "nobody can leave descriptors here")
SPARSE(UNIT_SERVICE, "Service", "NonBlocking", "NonBlocking", value_boolean, 0, NULL, "0.2")
UNHONOURED(UNIT_SERVICE, "Service", "OOMPolicy", "OOMPolicy", value_oom_policy, 0, "stop",
           "a service whose process is killed for want of memory goes on or ends as after any "
           "SIGKILL")
UNHONOURED(UNIT_SERVICE, "Service", "OpenFile", "OpenFile", value_lines, 0, NULL,
           "use a memfd unit, or open it in the program")
SPARSE(UNIT_SERVICE, "Service", "PermissionsStartOnly", "PermissionsStartOnly", value_boolean, 0,
       NULL, "0.2")
UNHONOURED(UNIT_SERVICE, "Service", "RefreshOnReload", "RefreshOnReload", value_words, 0, NULL,
           no_such_thing)
SPARSE(UNIT_SERVICE, "Service", "RootDirectoryStartOnly", "RootDirectoryStartOnly", value_boolean, 0,
       NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "USBFunctionDescriptors", "USBFunctionDescriptors", value_path, 0,
       NULL, "0.2")
SPARSE(UNIT_SERVICE, "Service", "USBFunctionStrings", "USBFunctionStrings", value_path, 0, NULL,
       "0.2")
UNHONOURED_ALIAS(UNIT_SERVICE, "Service", "FailureAction", value_emergency_action, 0, "FailureAction",
           ends_nothing)
UNHONOURED_ALIAS(UNIT_SERVICE, "Service", "RebootArgument", value_string, 0, "RebootArgument",
                 boots_nothing)
UNHONOURED_ALIAS(UNIT_SERVICE, "Service", "StartLimitAction", value_emergency_action, 0, "StartLimitAction",
           ends_nothing)
/* clang-format on */
