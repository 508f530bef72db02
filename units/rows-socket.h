/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Socket], see systemd.socket(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
/* All Listen*= lines are one list. */
SOCKET("ListenStream", "Listen", value_listen, listens, SOCK_STREAM, "0.1")
SOCKET("ListenDatagram", NULL, value_listen, listens, SOCK_DGRAM, "0.1")
SOCKET("ListenSequentialPacket", NULL, value_listen, listens, SOCK_SEQPACKET, "0.1")
SOCKET("ListenFIFO", NULL, value_listen, listens, ADDRESS_FIFO, "0.2")
SOCKET("ListenSpecial", NULL, value_listen, listens, ADDRESS_SPECIAL, "0.2")
SOCKET("ListenNetlink", NULL, value_listen, listens, SOCK_RAW, "0.2")
SOCKET("ListenMessageQueue", NULL, value_listen, listens, ADDRESS_MESSAGE_QUEUE, "0.2")
SOCKET("ListenUSBFunction", NULL, value_listen, listens, ADDRESS_USB_FUNCTION, "0.2")
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

/* Options of the descriptors: daemon/socket-options.c says which kinds of address have them. */
#define OPTION(key_, property_, value_, argument_, initial_) \
        SPARSE(UNIT_SOCKET, "Socket", key_, property_, value_, argument_, initial_, "0.2")
OPTION("SocketProtocol", "SocketProtocol", value_socket_protocol, 0, NULL)
OPTION("BindToDevice", "BindToDevice", value_interface, 0, NULL)
OPTION("Transparent", "Transparent", value_boolean, 0, NULL)
OPTION("Broadcast", "Broadcast", value_boolean, 0, NULL)
OPTION("KeepAlive", "KeepAlive", value_boolean, 0, NULL)
OPTION("KeepAliveTimeSec", "KeepAliveTimeUSec", value_time_span, 0, NULL)
OPTION("KeepAliveIntervalSec", "KeepAliveIntervalUSec", value_time_span, 0, NULL)
OPTION("KeepAliveProbes", "KeepAliveProbes", value_unsigned, 127, NULL)
OPTION("DeferAcceptSec", "DeferAcceptUSec", value_time_span, 0, NULL)
OPTION("TCPCongestion", "TCPCongestion", value_string, 0, NULL)
OPTION("Mark", "Mark", value_signed, 0, "-1")
OPTION("Priority", "Priority", value_signed, 0, "-1")
OPTION("IPTOS", "IPTOS", value_ip_tos, 0, "-1")
OPTION("IPTTL", "IPTTL", value_signed, 255, "-1")
OPTION("ReceiveBuffer", "ReceiveBuffer", value_size, 2, NULL)
OPTION("SendBuffer", "SendBuffer", value_size, 2, NULL)
OPTION("PassCredentials", "PassCredentials", value_boolean, 0, NULL)
OPTION("PassPIDFD", "PassPIDFD", value_boolean, 0, NULL)
OPTION("PassSecurity", "PassSecurity", value_boolean, 0, NULL)
OPTION("PassPacketInfo", "PassPacketInfo", value_boolean, 0, NULL)
OPTION("AcceptFileDescriptors", "AcceptFileDescriptors", value_boolean, 0, "yes")
OPTION("Timestamping", "Timestamping", value_timestamping, 0, NULL)
OPTION("SmackLabel", "SmackLabel", value_string, 0, NULL)
OPTION("SmackLabelIPIn", "SmackLabelIPIn", value_string, 0, NULL)
OPTION("SmackLabelIPOut", "SmackLabelIPOut", value_string, 0, NULL)
OPTION("PipeSize", "PipeSize", value_size, 2, NULL)
OPTION("Writable", "Writable", value_boolean, 0, NULL)
OPTION("MessageQueueMaxMessages", "MessageQueueMaxMessages", value_unsigned, INT_MAX, NULL)
OPTION("MessageQueueMessageSize", "MessageQueueMessageSize", value_unsigned, INT_MAX, NULL)
OPTION("Symlinks", "Symlinks", value_symlinks, 0, NULL)
UNHONOURED(UNIT_SOCKET, "Socket", "SELinuxContextFromNet", "SELinuxContextFromNet", value_boolean,
           0, NULL, "bellhop sets no SELinux contexts; the policy's transitions still apply")
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
SPARSE(UNIT_SOCKET, "Socket", "FinalKillSignal", "FinalKillSignal", value_signal, 0, "SIGKILL",
       "0.2")
HARMLESS(UNIT_SOCKET, "Socket", "RestartKillSignal", "RestartKillSignal", value_signal, 0,
         "SIGTERM", "a socket has no process that would be restarted")
SPARSE(UNIT_SOCKET, "Socket", "SendSIGHUP", "SendSIGHUP", value_boolean, 0, NULL, "0.2")
SPARSE(UNIT_SOCKET, "Socket", "SendSIGKILL", "SendSIGKILL", value_boolean, 0, "yes", "0.2")
HARMLESS(UNIT_SOCKET, "Socket", "WatchdogSignal", "WatchdogSignal", value_signal, 0, "SIGABRT",
         "a socket has no watchdog")

/* bellhop's own, for Accept=dispatch. */
UNHONOURED(UNIT_SOCKET, "Socket", "Instances", "Instances", value_unsigned, 0, NULL,
           "it comes with Accept=dispatch")
UNHONOURED(UNIT_SOCKET, "Socket", "Dispatch", "Dispatch", value_dispatch, 0, NULL,
           "it comes with Accept=dispatch")
/* clang-format on */
