/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Service], see systemd.service(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
SERVICE("Type", "Type", value_service_type, service_type, 0, "0.1")
SERVICE("ExecStart", "ExecStart", value_exec_commands, exec_start, 0, "0.1")
SERVICE("PIDFile", "PIDFile", value_path, pid_file, 0, "0.1")
SERVICE("Sockets", "Sockets", value_unit_names, sockets, UNIT_BIT(UNIT_SOCKET), "0.1")
SERVICE("Memfds", "Memfds", value_unit_names, memfds, UNIT_BIT(UNIT_MEMFD), "0.1")
SERVICE("ClaimAccess", "ClaimAccess", value_claim_access, claim_access, 0, "0.1")
SERVICE("User", "User", value_user, user, 0, "0.1")
SERVICE("Group", "Group", value_user, group, 0, "0.1")
SERVICE("WorkingDirectory", "WorkingDirectory", value_optional_path, working_directory, 0, "0.1")
SERVICE("Environment", "Environment", value_environment, environment, 0, "0.1")
SERVICE("EnvironmentFile", "EnvironmentFiles", value_environment_files,
        environment_files, 0, "0.1")
SERVICE("StandardOutput", "StandardOutput", value_output, standard_output, 0, "0.1")
SERVICE("StandardError", "StandardError", value_output, standard_error, 0, "0.1")
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

ACCEPTED(UNIT_SERVICE, "Service", "GuessMainPID", "the main process is always known")
KNOWN(UNIT_SERVICE, "Service", "BusName")
KNOWN(UNIT_SERVICE, "Service", "ExecCondition")
KNOWN(UNIT_SERVICE, "Service", "ExecReload")
KNOWN(UNIT_SERVICE, "Service", "ExecStop")
KNOWN(UNIT_SERVICE, "Service", "ExitType")
KNOWN(UNIT_SERVICE, "Service", "ExtraFileDescriptors")
KNOWN(UNIT_SERVICE, "Service", "FailureAction")
KNOWN(UNIT_SERVICE, "Service", "FileDescriptorStoreMax")
KNOWN(UNIT_SERVICE, "Service", "FileDescriptorStorePreserve")
KNOWN(UNIT_SERVICE, "Service", "NonBlocking")
KNOWN(UNIT_SERVICE, "Service", "NotifyAccess")
KNOWN(UNIT_SERVICE, "Service", "OOMPolicy")
KNOWN(UNIT_SERVICE, "Service", "OpenFile")
KNOWN(UNIT_SERVICE, "Service", "PermissionsStartOnly")
KNOWN(UNIT_SERVICE, "Service", "RebootArgument")
KNOWN(UNIT_SERVICE, "Service", "RefreshOnReload")
KNOWN(UNIT_SERVICE, "Service", "ReloadSignal")
KNOWN(UNIT_SERVICE, "Service", "RemainAfterExit")
KNOWN(UNIT_SERVICE, "Service", "RestartForceExitStatus")
KNOWN(UNIT_SERVICE, "Service", "RestartMaxDelaySec")
KNOWN(UNIT_SERVICE, "Service", "RestartMode")
KNOWN(UNIT_SERVICE, "Service", "RestartPreventExitStatus")
KNOWN(UNIT_SERVICE, "Service", "RestartSteps")
KNOWN(UNIT_SERVICE, "Service", "RootDirectoryStartOnly")
KNOWN(UNIT_SERVICE, "Service", "RuntimeMaxSec")
KNOWN(UNIT_SERVICE, "Service", "RuntimeRandomizedExtraSec")
KNOWN(UNIT_SERVICE, "Service", "StartLimitAction")
KNOWN(UNIT_SERVICE, "Service", "SuccessExitStatus")
KNOWN(UNIT_SERVICE, "Service", "TimeoutAbortSec")
KNOWN(UNIT_SERVICE, "Service", "TimeoutStartFailureMode")
KNOWN(UNIT_SERVICE, "Service", "TimeoutStopFailureMode")
KNOWN(UNIT_SERVICE, "Service", "USBFunctionDescriptors")
KNOWN(UNIT_SERVICE, "Service", "USBFunctionStrings")
KNOWN(UNIT_SERVICE, "Service", "WatchdogSec")
/* clang-format on */
