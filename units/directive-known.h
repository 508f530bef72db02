/* SPDX-License-Identifier: MIT */
/* systemd's keys that have no meaning here yet: rows without a value. To honour one, write its row
 * in directive-table.c and take it out here. X is KNOWN(type, section, key). */
#pragma once

/* clang-format off */

/* [Unit] */
#define KNOWN_UNIT_KEYS(X, type, section) \
        X(type, section, "BindTo") \
        X(type, section, "BindsTo") \
        X(type, section, "CollectMode") \
        X(type, section, "Conflicts") \
        X(type, section, "FailureAction") \
        X(type, section, "FailureActionExitStatus") \
        X(type, section, "JobRunningTimeoutSec") \
        X(type, section, "JobTimeoutAction") \
        X(type, section, "JobTimeoutRebootArgument") \
        X(type, section, "JobTimeoutSec") \
        X(type, section, "JoinsNamespaceOf") \
        X(type, section, "OnFailure") \
        X(type, section, "OnFailureIsolate") \
        X(type, section, "OnFailureJobMode") \
        X(type, section, "OnSuccess") \
        X(type, section, "OnSuccessJobMode") \
        X(type, section, "PartOf") \
        X(type, section, "PropagateReloadFrom") \
        X(type, section, "PropagateReloadTo") \
        X(type, section, "PropagatesReloadTo") \
        X(type, section, "PropagatesStopTo") \
        X(type, section, "RebootArgument") \
        X(type, section, "RefuseManualStart") \
        X(type, section, "RefuseManualStop") \
        X(type, section, "ReloadPropagatedFrom") \
        X(type, section, "RequiresMountsFor") \
        X(type, section, "RequiresOverridable") \
        X(type, section, "Requisite") \
        X(type, section, "RequisiteOverridable") \
        X(type, section, "StartLimitAction") \
        X(type, section, "StartLimitBurst") \
        X(type, section, "StartLimitInterval") \
        X(type, section, "StartLimitIntervalSec") \
        X(type, section, "StopPropagatedFrom") \
        X(type, section, "StopWhenUnneeded") \
        X(type, section, "SuccessAction") \
        X(type, section, "SuccessActionExitStatus") \
        X(type, section, "SurviveFinalKillSignal") \
        X(type, section, "Upholds") \
        X(type, section, "WantsMountsFor")

/* Condition...= and Assert...= of [Unit]. */
#define KNOWN_CONDITIONS(X, type, section) \
        X(type, section, "ConditionACPower") X(type, section, "AssertACPower") \
        X(type, section, "ConditionArchitecture") X(type, section, "AssertArchitecture") \
        X(type, section, "ConditionCPUFeature") X(type, section, "AssertCPUFeature") \
        X(type, section, "ConditionCPUPressure") X(type, section, "AssertCPUPressure") \
        X(type, section, "ConditionCPUs") X(type, section, "AssertCPUs") \
        X(type, section, "ConditionCapability") X(type, section, "AssertCapability") \
        X(type, section, "ConditionControlGroupController") X(type, section, "AssertControlGroupController") \
        X(type, section, "ConditionCredential") X(type, section, "AssertCredential") \
        X(type, section, "ConditionDirectoryNotEmpty") X(type, section, "AssertDirectoryNotEmpty") \
        X(type, section, "ConditionEnvironment") X(type, section, "AssertEnvironment") \
        X(type, section, "ConditionFileIsExecutable") X(type, section, "AssertFileIsExecutable") \
        X(type, section, "ConditionFileNotEmpty") X(type, section, "AssertFileNotEmpty") \
        X(type, section, "ConditionFirmware") X(type, section, "AssertFirmware") \
        X(type, section, "ConditionFirstBoot") X(type, section, "AssertFirstBoot") \
        X(type, section, "ConditionGroup") X(type, section, "AssertGroup") \
        X(type, section, "ConditionHost") X(type, section, "AssertHost") \
        X(type, section, "ConditionIOPressure") X(type, section, "AssertIOPressure") \
        X(type, section, "ConditionKernelCommandLine") X(type, section, "AssertKernelCommandLine") \
        X(type, section, "ConditionKernelModuleLoaded") X(type, section, "AssertKernelModuleLoaded") \
        X(type, section, "ConditionKernelVersion") X(type, section, "AssertKernelVersion") \
        X(type, section, "ConditionMemory") X(type, section, "AssertMemory") \
        X(type, section, "ConditionMemoryPressure") X(type, section, "AssertMemoryPressure") \
        X(type, section, "ConditionNeedsUpdate") X(type, section, "AssertNeedsUpdate") \
        X(type, section, "ConditionOSRelease") X(type, section, "AssertOSRelease") \
        X(type, section, "ConditionPathExists") X(type, section, "AssertPathExists") \
        X(type, section, "ConditionPathExistsGlob") X(type, section, "AssertPathExistsGlob") \
        X(type, section, "ConditionPathIsDirectory") X(type, section, "AssertPathIsDirectory") \
        X(type, section, "ConditionPathIsEncrypted") X(type, section, "AssertPathIsEncrypted") \
        X(type, section, "ConditionPathIsMountPoint") X(type, section, "AssertPathIsMountPoint") \
        X(type, section, "ConditionPathIsReadWrite") X(type, section, "AssertPathIsReadWrite") \
        X(type, section, "ConditionPathIsSocket") X(type, section, "AssertPathIsSocket") \
        X(type, section, "ConditionPathIsSymbolicLink") X(type, section, "AssertPathIsSymbolicLink") \
        X(type, section, "ConditionSecurity") X(type, section, "AssertSecurity") \
        X(type, section, "ConditionUser") X(type, section, "AssertUser") \
        X(type, section, "ConditionVersion") X(type, section, "AssertVersion") \
        X(type, section, "ConditionVirtualization") X(type, section, "AssertVirtualization")

/* [Socket] alone; the keys of processes have a meaning there only with ExecStartPre= and its like. */
#define KNOWN_SOCKET_KEYS(X, type, section) \
        X(type, section, "AcceptFileDescriptors") \
        X(type, section, "BindToDevice") \
        X(type, section, "Broadcast") \
        X(type, section, "DeferAcceptSec") \
        X(type, section, "DeferTrigger") \
        X(type, section, "DeferTriggerMaxSec") \
        X(type, section, "Environment") \
        X(type, section, "EnvironmentFile") \
        X(type, section, "ExecStopPre") \
        X(type, section, "FlushPending") \
        X(type, section, "Group") \
        X(type, section, "IPTOS") \
        X(type, section, "IPTTL") \
        X(type, section, "KeepAlive") \
        X(type, section, "KeepAliveIntervalSec") \
        X(type, section, "KeepAliveProbes") \
        X(type, section, "KeepAliveTimeSec") \
        X(type, section, "KillMode") \
        X(type, section, "KillSignal") \
        X(type, section, "ListenFIFO") \
        X(type, section, "ListenMessageQueue") \
        X(type, section, "ListenNetlink") \
        X(type, section, "ListenSpecial") \
        X(type, section, "ListenUSBFunction") \
        X(type, section, "Mark") \
        X(type, section, "MaxConnectionsPerSource") \
        X(type, section, "MessageQueueMaxMessages") \
        X(type, section, "MessageQueueMessageSize") \
        X(type, section, "PassCredentials") \
        X(type, section, "PassFileDescriptorsToExec") \
        X(type, section, "PassPIDFD") \
        X(type, section, "PassPacketInfo") \
        X(type, section, "PassSecurity") \
        X(type, section, "PipeSize") \
        X(type, section, "PollLimitBurst") \
        X(type, section, "PollLimitIntervalSec") \
        X(type, section, "Priority") \
        X(type, section, "ReceiveBuffer") \
        X(type, section, "SELinuxContextFromNet") \
        X(type, section, "SendBuffer") \
        X(type, section, "SmackLabel") \
        X(type, section, "SmackLabelIPIn") \
        X(type, section, "SmackLabelIPOut") \
        X(type, section, "SocketProtocol") \
        X(type, section, "StandardError") \
        X(type, section, "StandardOutput") \
        X(type, section, "Symlinks") \
        X(type, section, "TCPCongestion") \
        X(type, section, "TimeoutSec") \
        X(type, section, "Timestamping") \
        X(type, section, "Transparent") \
        X(type, section, "User") \
        X(type, section, "WorkingDirectory") \
        X(type, section, "Writable")

/* [Service] alone. */
#define KNOWN_SERVICE_KEYS(X, type, section) \
        X(type, section, "BusName") \
        X(type, section, "ExecCondition") \
        X(type, section, "ExecReload") \
        X(type, section, "ExecStop") \
        X(type, section, "ExitType") \
        X(type, section, "ExtraFileDescriptors") \
        X(type, section, "FailureAction") \
        X(type, section, "FileDescriptorStoreMax") \
        X(type, section, "FileDescriptorStorePreserve") \
        X(type, section, "NonBlocking") \
        X(type, section, "NotifyAccess") \
        X(type, section, "OOMPolicy") \
        X(type, section, "OpenFile") \
        X(type, section, "PermissionsStartOnly") \
        X(type, section, "RebootArgument") \
        X(type, section, "RefreshOnReload") \
        X(type, section, "ReloadSignal") \
        X(type, section, "RemainAfterExit") \
        X(type, section, "RestartForceExitStatus") \
        X(type, section, "RestartMaxDelaySec") \
        X(type, section, "RestartMode") \
        X(type, section, "RestartPreventExitStatus") \
        X(type, section, "RestartSteps") \
        X(type, section, "RootDirectoryStartOnly") \
        X(type, section, "RuntimeMaxSec") \
        X(type, section, "RuntimeRandomizedExtraSec") \
        X(type, section, "StartLimitAction") \
        X(type, section, "SuccessExitStatus") \
        X(type, section, "TimeoutAbortSec") \
        X(type, section, "TimeoutStartFailureMode") \
        X(type, section, "TimeoutStopFailureMode") \
        X(type, section, "USBFunctionDescriptors") \
        X(type, section, "USBFunctionStrings") \
        X(type, section, "WatchdogSec")

/* systemd.exec(5), systemd.kill(5), systemd.resource-control(5): both. */
#define KNOWN_PROCESS_KEYS(X, type, section) \
        X(type, section, "AllowedCPUs") \
        X(type, section, "AllowedMemoryNodes") \
        X(type, section, "AmbientCapabilities") \
        X(type, section, "AppArmorProfile") \
        X(type, section, "BPFProgram") \
        X(type, section, "BindNetworkInterface") \
        X(type, section, "BindPaths") \
        X(type, section, "BindReadOnlyPaths") \
        X(type, section, "BlockIOAccounting") \
        X(type, section, "BlockIODeviceWeight") \
        X(type, section, "BlockIOReadBandwidth") \
        X(type, section, "BlockIOWeight") \
        X(type, section, "BlockIOWriteBandwidth") \
        X(type, section, "CPUAccounting") \
        X(type, section, "CPUAffinity") \
        X(type, section, "CPUQuota") \
        X(type, section, "CPUQuotaPeriodSec") \
        X(type, section, "CPUSchedulingPolicy") \
        X(type, section, "CPUSchedulingPriority") \
        X(type, section, "CPUSchedulingResetOnFork") \
        X(type, section, "CPUShares") \
        X(type, section, "CPUWeight") \
        X(type, section, "CacheDirectory") \
        X(type, section, "CacheDirectoryMode") \
        X(type, section, "CapabilityBoundingSet") \
        X(type, section, "ConcurrencyHardMax") \
        X(type, section, "ConcurrencySoftMax") \
        X(type, section, "ConfigurationDirectory") \
        X(type, section, "ConfigurationDirectoryMode") \
        X(type, section, "CoredumpFilter") \
        X(type, section, "CoredumpReceive") \
        X(type, section, "DefaultMemoryLow") \
        X(type, section, "DefaultMemoryMin") \
        X(type, section, "Delegate") \
        X(type, section, "DelegateNamespaces") \
        X(type, section, "DelegateSubgroup") \
        X(type, section, "DeviceAllow") \
        X(type, section, "DevicePolicy") \
        X(type, section, "DisableControllers") \
        X(type, section, "DynamicUser") \
        X(type, section, "ExecPaths") \
        X(type, section, "ExecSearchPath") \
        X(type, section, "ExecStartPost") \
        X(type, section, "ExecStartPre") \
        X(type, section, "ExecStopPost") \
        X(type, section, "ExtensionDirectories") \
        X(type, section, "ExtensionImages") \
        X(type, section, "FinalKillSignal") \
        X(type, section, "IOAccounting") \
        X(type, section, "IODeviceLatencyTargetSec") \
        X(type, section, "IODeviceWeight") \
        X(type, section, "IOReadBandwidthMax") \
        X(type, section, "IOReadIOPSMax") \
        X(type, section, "IOSchedulingClass") \
        X(type, section, "IOSchedulingPriority") \
        X(type, section, "IOWeight") \
        X(type, section, "IOWriteBandwidthMax") \
        X(type, section, "IOWriteIOPSMax") \
        X(type, section, "IPAccounting") \
        X(type, section, "IPAddressAllow") \
        X(type, section, "IPAddressDeny") \
        X(type, section, "IPCNamespacePath") \
        X(type, section, "IPEgressFilterPath") \
        X(type, section, "IPIngressFilterPath") \
        X(type, section, "IgnoreSIGPIPE") \
        X(type, section, "ImportCredential") \
        X(type, section, "InaccessibleDirectories") \
        X(type, section, "InaccessiblePaths") \
        X(type, section, "KeyringMode") \
        X(type, section, "LimitAS") \
        X(type, section, "LimitCORE") \
        X(type, section, "LimitCPU") \
        X(type, section, "LimitDATA") \
        X(type, section, "LimitFSIZE") \
        X(type, section, "LimitLOCKS") \
        X(type, section, "LimitMEMLOCK") \
        X(type, section, "LimitMSGQUEUE") \
        X(type, section, "LimitNICE") \
        X(type, section, "LimitNOFILE") \
        X(type, section, "LimitNPROC") \
        X(type, section, "LimitRSS") \
        X(type, section, "LimitRTPRIO") \
        X(type, section, "LimitRTTIME") \
        X(type, section, "LimitSIGPENDING") \
        X(type, section, "LimitSTACK") \
        X(type, section, "LoadCredential") \
        X(type, section, "LoadCredentialEncrypted") \
        X(type, section, "LockPersonality") \
        X(type, section, "LogExtraFields") \
        X(type, section, "LogLevelMax") \
        X(type, section, "LogNamespace") \
        X(type, section, "LogRateLimitBurst") \
        X(type, section, "LogRateLimitIntervalSec") \
        X(type, section, "LogsDirectory") \
        X(type, section, "LogsDirectoryMode") \
        X(type, section, "ManagedOOMMemoryPressure") \
        X(type, section, "ManagedOOMMemoryPressureDurationSec") \
        X(type, section, "ManagedOOMMemoryPressureLimit") \
        X(type, section, "ManagedOOMPreference") \
        X(type, section, "ManagedOOMSwap") \
        X(type, section, "MemoryAccounting") \
        X(type, section, "MemoryDenyWriteExecute") \
        X(type, section, "MemoryHigh") \
        X(type, section, "MemoryKSM") \
        X(type, section, "MemoryLimit") \
        X(type, section, "MemoryLow") \
        X(type, section, "MemoryMax") \
        X(type, section, "MemoryMin") \
        X(type, section, "MemoryPressureThresholdSec") \
        X(type, section, "MemoryPressureWatch") \
        X(type, section, "MemorySwapMax") \
        X(type, section, "MemoryZSwapMax") \
        X(type, section, "MemoryZSwapWriteback") \
        X(type, section, "MountAPIVFS") \
        X(type, section, "MountFlags") \
        X(type, section, "MountImages") \
        X(type, section, "NFTSet") \
        X(type, section, "NUMAMask") \
        X(type, section, "NUMAPolicy") \
        X(type, section, "NetworkNamespacePath") \
        X(type, section, "Nice") \
        X(type, section, "NoExecPaths") \
        X(type, section, "NoNewPrivileges") \
        X(type, section, "OOMScoreAdjust") \
        X(type, section, "PAMName") \
        X(type, section, "PassEnvironment") \
        X(type, section, "Personality") \
        X(type, section, "PrivateBPF") \
        X(type, section, "PrivateDevices") \
        X(type, section, "PrivateIPC") \
        X(type, section, "PrivateMounts") \
        X(type, section, "PrivateNetwork") \
        X(type, section, "PrivatePIDs") \
        X(type, section, "PrivateTmp") \
        X(type, section, "PrivateUsers") \
        X(type, section, "ProcSubset") \
        X(type, section, "ProtectClock") \
        X(type, section, "ProtectControlGroups") \
        X(type, section, "ProtectHome") \
        X(type, section, "ProtectHostname") \
        X(type, section, "ProtectKernelLogs") \
        X(type, section, "ProtectKernelModules") \
        X(type, section, "ProtectKernelTunables") \
        X(type, section, "ProtectProc") \
        X(type, section, "ProtectSystem") \
        X(type, section, "ReadOnlyDirectories") \
        X(type, section, "ReadOnlyPaths") \
        X(type, section, "ReadWriteDirectories") \
        X(type, section, "ReadWritePaths") \
        X(type, section, "RemoveIPC") \
        X(type, section, "RestartKillSignal") \
        X(type, section, "RestrictAddressFamilies") \
        X(type, section, "RestrictFileSystems") \
        X(type, section, "RestrictNamespaces") \
        X(type, section, "RestrictNetworkInterfaces") \
        X(type, section, "RestrictRealtime") \
        X(type, section, "RestrictSUIDSGID") \
        X(type, section, "RootDirectory") \
        X(type, section, "RootEphemeral") \
        X(type, section, "RootHash") \
        X(type, section, "RootHashSignature") \
        X(type, section, "RootImage") \
        X(type, section, "RootImageOptions") \
        X(type, section, "RootVerity") \
        X(type, section, "RuntimeDirectory") \
        X(type, section, "RuntimeDirectoryMode") \
        X(type, section, "RuntimeDirectoryPreserve") \
        X(type, section, "SELinuxContext") \
        X(type, section, "SecureBits") \
        X(type, section, "SendSIGHUP") \
        X(type, section, "SendSIGKILL") \
        X(type, section, "SetCredential") \
        X(type, section, "SetCredentialEncrypted") \
        X(type, section, "SetLoginEnvironment") \
        X(type, section, "Slice") \
        X(type, section, "SmackProcessLabel") \
        X(type, section, "SocketBindAllow") \
        X(type, section, "SocketBindDeny") \
        X(type, section, "StandardInput") \
        X(type, section, "StandardInputData") \
        X(type, section, "StandardInputText") \
        X(type, section, "StartupAllowedCPUs") \
        X(type, section, "StartupAllowedMemoryNodes") \
        X(type, section, "StartupBlockIOWeight") \
        X(type, section, "StartupCPUShares") \
        X(type, section, "StartupCPUWeight") \
        X(type, section, "StartupIOWeight") \
        X(type, section, "StartupMemoryHigh") \
        X(type, section, "StartupMemoryLow") \
        X(type, section, "StartupMemoryMax") \
        X(type, section, "StartupMemorySwapMax") \
        X(type, section, "StartupMemoryZSwapMax") \
        X(type, section, "StateDirectory") \
        X(type, section, "StateDirectoryMode") \
        X(type, section, "SupplementaryGroups") \
        X(type, section, "SyslogFacility") \
        X(type, section, "SyslogIdentifier") \
        X(type, section, "SyslogLevel") \
        X(type, section, "SyslogLevelPrefix") \
        X(type, section, "SystemCallArchitectures") \
        X(type, section, "SystemCallErrorNumber") \
        X(type, section, "SystemCallFilter") \
        X(type, section, "SystemCallLog") \
        X(type, section, "TTYColumns") \
        X(type, section, "TTYPath") \
        X(type, section, "TTYReset") \
        X(type, section, "TTYRows") \
        X(type, section, "TTYVHangup") \
        X(type, section, "TTYVTDisallocate") \
        X(type, section, "TasksAccounting") \
        X(type, section, "TasksMax") \
        X(type, section, "TemporaryFileSystem") \
        X(type, section, "TimeoutCleanSec") \
        X(type, section, "TimerSlackNSec") \
        X(type, section, "UMask") \
        X(type, section, "UnsetEnvironment") \
        X(type, section, "UtmpIdentifier") \
        X(type, section, "UtmpMode") \
        X(type, section, "WatchdogSignal")

/* clang-format on */
