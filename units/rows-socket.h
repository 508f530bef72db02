/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Socket], see systemd.socket(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
/* All Listen*= lines are one list. */
SOCKET("ListenStream", "Listen", value_listen, listens, SOCK_STREAM, "0.1")
SOCKET("ListenDatagram", NULL, value_listen, listens, SOCK_DGRAM, "0.1")
SOCKET("ListenSequentialPacket", NULL, value_listen, listens, SOCK_SEQPACKET, "0.1")
SOCKET("FileDescriptorName", "FileDescriptorName", value_listen_name, fd_name, 0, "0.1")
SOCKET("Service", "Service", value_unit_name, service, UNIT_BIT(UNIT_SERVICE), "0.1")
SOCKET("Accept", "Accept", value_accept, accept, 0, "0.1")
SOCKET("MaxConnections", "MaxConnections", value_unsigned, max_connections, 0, "0.1")
SOCKET("Signal", "Signal", value_delivery_signal, delivery.signal, 0, "0.1")
SOCKET("Transport", "Transport", value_transport, delivery.transport, 0, "0.1")
SOCKET("ClaimTimeoutSec", "ClaimTimeoutUSec", value_time_span, delivery.claim_timeout, 1, "0.1")
SOCKET("SocketUser", "SocketUser", value_user, user, 0, "0.1")
SOCKET("SocketGroup", "SocketGroup", value_user, group, 0, "0.1")
SOCKET("SocketMode", "SocketMode", value_mode, socket_mode, 0, "0.1")
SOCKET("DirectoryMode", "DirectoryMode", value_mode, directory_mode, 0, "0.1")
SOCKET("RemoveOnStop", "RemoveOnStop", value_boolean, remove_on_stop, 0, "0.1")
SOCKET("Backlog", "Backlog", value_unsigned, backlog, 0, "0.1")
SOCKET("BindIPv6Only", "BindIPv6Only", value_bind_ipv6_only, bind_ipv6_only, 0, "0.1")
SOCKET("ReusePort", "ReusePort", value_boolean, reuse_port, 0, "0.1")
SOCKET("FreeBind", "FreeBind", value_boolean, free_bind, 0, "0.1")
SOCKET("NoDelay", "NoDelay", value_boolean, no_delay, 0, "0.1")
SOCKET("TriggerLimitIntervalSec", "TriggerLimitIntervalUSec", value_time_span,
       trigger_limit_interval, 0, "0.1")
SOCKET("TriggerLimitBurst", "TriggerLimitBurst", value_trigger_burst, trigger_limit_burst, 0, "0.1")
SPARSE(UNIT_SOCKET, "Socket", "PollLimitIntervalSec", "PollLimitIntervalUSec", value_time_span, 0,
       "2s", "0.2")
SPARSE(UNIT_SOCKET, "Socket", "PollLimitBurst", "PollLimitBurst", value_poll_burst, 0,
       "4294967295", "0.2")
SPARSE(UNIT_SOCKET, "Socket", "MaxConnectionsPerSource", "MaxConnectionsPerSource",
       value_unsigned, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "FlushPending", "FlushPending", value_boolean, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "DeferTrigger", "DeferTrigger", value_defer_trigger, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "DeferTriggerMaxSec", "DeferTriggerMaxUSec", value_time_span, 1,
       "infinity", "0.2")

/* Its own commands; ExecStartPre= and the others are process rows. */
SPARSE(UNIT_SOCKET, "Socket", "ExecStopPre", "ExecStopPre", value_exec_commands, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "PassFileDescriptorsToExec", "PassFileDescriptorsToExec",
       value_boolean, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "TimeoutSec", "TimeoutUSec", value_time_span, 1, "90s", "0.2")
SPARSE(UNIT_SOCKET, "Socket", "User", "User", value_user, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "Group", "Group", value_user, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "WorkingDirectory", "WorkingDirectory", value_optional_path, 0, NULL,
       "0.2")
SPARSE(UNIT_SOCKET, "Socket", "Environment", "Environment", value_environment, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "EnvironmentFile", "EnvironmentFiles", value_environment_files, 0,
       NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "StandardOutput", "StandardOutput", value_output, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "StandardError", "StandardError", value_output, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "KillMode", "KillMode", value_kill_mode, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "KillSignal", "KillSignal", value_signal, 0, "SIGTERM", "0.2")


KNOWN(UNIT_SOCKET, "Socket", "AcceptFileDescriptors")
KNOWN(UNIT_SOCKET, "Socket", "BindToDevice")
KNOWN(UNIT_SOCKET, "Socket", "Broadcast")
KNOWN(UNIT_SOCKET, "Socket", "DeferAcceptSec")
KNOWN(UNIT_SOCKET, "Socket", "IPTOS")
KNOWN(UNIT_SOCKET, "Socket", "IPTTL")
KNOWN(UNIT_SOCKET, "Socket", "KeepAlive")
KNOWN(UNIT_SOCKET, "Socket", "KeepAliveIntervalSec")
KNOWN(UNIT_SOCKET, "Socket", "KeepAliveProbes")
KNOWN(UNIT_SOCKET, "Socket", "KeepAliveTimeSec")
KNOWN(UNIT_SOCKET, "Socket", "ListenFIFO")
KNOWN(UNIT_SOCKET, "Socket", "ListenMessageQueue")
KNOWN(UNIT_SOCKET, "Socket", "ListenNetlink")
KNOWN(UNIT_SOCKET, "Socket", "ListenSpecial")
KNOWN(UNIT_SOCKET, "Socket", "ListenUSBFunction")
KNOWN(UNIT_SOCKET, "Socket", "Mark")
KNOWN(UNIT_SOCKET, "Socket", "MessageQueueMaxMessages")
KNOWN(UNIT_SOCKET, "Socket", "MessageQueueMessageSize")
KNOWN(UNIT_SOCKET, "Socket", "PassCredentials")
KNOWN(UNIT_SOCKET, "Socket", "PassPIDFD")
KNOWN(UNIT_SOCKET, "Socket", "PassPacketInfo")
KNOWN(UNIT_SOCKET, "Socket", "PassSecurity")
KNOWN(UNIT_SOCKET, "Socket", "PipeSize")
KNOWN(UNIT_SOCKET, "Socket", "Priority")
KNOWN(UNIT_SOCKET, "Socket", "ReceiveBuffer")
KNOWN(UNIT_SOCKET, "Socket", "SELinuxContextFromNet")
KNOWN(UNIT_SOCKET, "Socket", "SendBuffer")
KNOWN(UNIT_SOCKET, "Socket", "SmackLabel")
KNOWN(UNIT_SOCKET, "Socket", "SmackLabelIPIn")
KNOWN(UNIT_SOCKET, "Socket", "SmackLabelIPOut")
KNOWN(UNIT_SOCKET, "Socket", "SocketProtocol")
KNOWN(UNIT_SOCKET, "Socket", "Symlinks")
KNOWN(UNIT_SOCKET, "Socket", "TCPCongestion")
KNOWN(UNIT_SOCKET, "Socket", "Timestamping")
KNOWN(UNIT_SOCKET, "Socket", "Transparent")
KNOWN(UNIT_SOCKET, "Socket", "Writable")

/* bellhop's own, for Accept=dispatch. */
{ .type = UNIT_SOCKET, .section = "Socket", .key = "Instances",
  .status = DIRECTIVE_NOT_HONOURED, .note = "it comes with Accept=dispatch" },
{ .type = UNIT_SOCKET, .section = "Socket", .key = "Dispatch",
  .status = DIRECTIVE_NOT_HONOURED, .note = "it comes with Accept=dispatch" },
        /* clang-format on */
