/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Unit] and [Install], see systemd.unit(5). Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
#define ANY_SPARSE(key_, value_, initial_) \
        SPARSE(DIRECTIVE_ANY_TYPE, "Unit", key_, key_, value_, 0, initial_, "0.2")
#define ANY_ALIAS(key_, value_, alias_) \
        ALIAS(DIRECTIVE_ANY_TYPE, "Unit", key_, value_, 0, alias_, "0.2")
#define ANY_HARMLESS(section_, key_, value_, initial_, note_) \
        HARMLESS(DIRECTIVE_ANY_TYPE, section_, key_, key_, value_, 0, initial_, note_)
#define ANY_UNHONOURED(key_, value_, initial_, note_) \
        UNHONOURED(DIRECTIVE_ANY_TYPE, "Unit", key_, key_, value_, 0, initial_, note_)

UNIT("Description", "Description", value_description, description, 0, "0.1")
UNIT("Documentation", "Documentation", value_words, documentation, 0, "0.1")
ANY_HARMLESS("Unit", "SourcePath", value_path, NULL, "a note for people")

/* What goes with what. */
UNIT("Wants", "Wants", value_dependencies, wants, 0, "0.1")
UNIT("Requires", "Requires", value_dependencies, requires, 0, "0.1")
UNIT("RequiresOverridable", NULL, value_dependencies, requires, 0, "0.2")
ANY_SPARSE("Requisite", value_dependencies, NULL)
ANY_ALIAS("RequisiteOverridable", value_dependencies, "Requisite")
ANY_SPARSE("BindsTo", value_dependencies, NULL)
ANY_ALIAS("BindTo", value_dependencies, "BindsTo")
ANY_SPARSE("PartOf", value_dependencies, NULL)
ANY_SPARSE("Upholds", value_dependencies, NULL)
ANY_SPARSE("Conflicts", value_dependencies, NULL)
UNIT("After", "After", value_dependencies, after, 0, "0.1")
UNIT("Before", "Before", value_dependencies, before, 0, "0.1")
ANY_SPARSE("OnFailure", value_dependencies, NULL)
ANY_SPARSE("OnSuccess", value_dependencies, NULL)
ANY_SPARSE("OnFailureJobMode", value_job_mode, "replace")
ANY_ALIAS("OnFailureIsolate", value_isolate, "OnFailureJobMode")
ANY_SPARSE("OnSuccessJobMode", value_job_mode, "replace")
ANY_SPARSE("PropagatesStopTo", value_dependencies, NULL)
ANY_SPARSE("StopPropagatedFrom", value_dependencies, NULL)
ANY_SPARSE("PropagatesReloadTo", value_dependencies, NULL)
ANY_ALIAS("PropagateReloadTo", value_dependencies, "PropagatesReloadTo")
ANY_SPARSE("ReloadPropagatedFrom", value_dependencies, NULL)
ANY_ALIAS("PropagateReloadFrom", value_dependencies, "ReloadPropagatedFrom")
ANY_UNHONOURED("JoinsNamespaceOf", value_dependencies, NULL,
               "no unit here has namespaces of its own that others could join")
ANY_UNHONOURED("RequiresMountsFor", value_mount_paths, NULL,
               "bellhop mounts nothing, and doesn't look; use AssertPathIsMountPoint=")
ANY_HARMLESS("Unit", "WantsMountsFor", value_mount_paths, NULL, mounts_nothing)
ANY_HARMLESS("Unit", "DefaultDependencies", value_boolean, "yes",
             "there are none: bellhop starts what it is told to")

/* What may be asked of a unit. */
ANY_SPARSE("StopWhenUnneeded", value_boolean, "no")
ANY_SPARSE("RefuseManualStart", value_boolean, "no")
ANY_SPARSE("RefuseManualStop", value_boolean, "no")
ANY_SPARSE("AllowIsolate", value_boolean, "no")
ANY_SPARSE("IgnoreOnIsolate", value_boolean, "no")
SPARSE(DIRECTIVE_ANY_TYPE, "Unit", "JobTimeoutSec", "JobTimeoutUSec", value_time_span, 1,
       "infinity", "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Unit", "JobRunningTimeoutSec", "JobRunningTimeoutUSec",
       value_time_span, 1, "infinity", "0.2")
ANY_UNHONOURED("JobTimeoutAction", value_emergency_action, "none", only_ends_jobs)
ANY_UNHONOURED("JobTimeoutRebootArgument", value_string, NULL, boots_nothing)
ANY_HARMLESS("Unit", "CollectMode", value_collect_mode, "inactive",
             "what was made for one connection, or has lost its file, is forgotten once it is down, "
             "failed or not; everything else is kept")

/* What is done at an end. */
ANY_UNHONOURED("FailureAction", value_emergency_action, "none", ends_nothing)
ANY_UNHONOURED("FailureActionExitStatus", value_exit_status, "-1", ends_nothing)
ANY_UNHONOURED("SuccessAction", value_emergency_action, "none", ends_nothing)
ANY_UNHONOURED("SuccessActionExitStatus", value_exit_status, "-1", ends_nothing)
ANY_UNHONOURED("StartLimitAction", value_emergency_action, "none", ends_nothing)
ANY_UNHONOURED("RebootArgument", value_string, NULL, boots_nothing)
ANY_UNHONOURED("SurviveFinalKillSignal", value_boolean, "no",
               "bellhop kills what it has started when it ends, and nothing else")

/* Services have theirs in rows-service.h. */
SPARSE(UNIT_SOCKET, "Unit", "StartLimitIntervalSec", "StartLimitIntervalUSec", value_time_span, 0,
       "10s", "0.2")
ALIAS(UNIT_SOCKET, "Unit", "StartLimitInterval", value_time_span, 0, "StartLimitIntervalSec", "0.2")
SPARSE(UNIT_SOCKET, "Unit", "StartLimitBurst", "StartLimitBurst", value_unsigned, 0, "5", "0.2")
SPARSE(UNIT_MEMFD, "Unit", "StartLimitIntervalSec", "StartLimitIntervalUSec", value_time_span, 0,
       "10s", "0.2")
ALIAS(UNIT_MEMFD, "Unit", "StartLimitInterval", value_time_span, 0, "StartLimitIntervalSec", "0.2")
SPARSE(UNIT_MEMFD, "Unit", "StartLimitBurst", "StartLimitBurst", value_unsigned, 0, "5", "0.2")
HARMLESS(UNIT_TARGET, "Unit", "StartLimitIntervalSec", "StartLimitIntervalUSec", value_time_span, 0,
         "10s", not_counted)
HARMLESS(UNIT_TARGET, "Unit", "StartLimitBurst", "StartLimitBurst", value_unsigned, 0, "5",
         not_counted)
HARMLESS_ALIAS(UNIT_TARGET, "Unit", "StartLimitInterval", value_time_span, 0,
               "StartLimitIntervalSec", not_counted)

/* Read when a unit is enabled. */
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "Alias", "Alias", value_install_names, 0, NULL, "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "Also", "Also", value_install_names, 0, NULL, "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "DefaultInstance", "DefaultInstance", value_instance, 0, NULL, "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "RequiredBy", "RequiredBy", value_install_names, 0, NULL, "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "UpheldBy", "UpheldBy", value_install_names, 0, NULL, "0.2")
SPARSE(DIRECTIVE_ANY_TYPE, "Install", "WantedBy", "WantedBy", value_install_names, 0, NULL, "0.2")

/* All conditions are one list, and all asserts are one. */
#define CONDITION(name_, kind_, conditions_, asserts_) \
        UNIT("Condition" name_, conditions_, value_condition, conditions, kind_, "0.2") \
        UNIT("Assert" name_, asserts_, value_condition, asserts, kind_, "0.2")
CONDITION("ACPower", CONDITION_AC_POWER, "Conditions", "Asserts")
CONDITION("Architecture", CONDITION_ARCHITECTURE, NULL, NULL)
CONDITION("CPUFeature", CONDITION_CPU_FEATURE, NULL, NULL)
CONDITION("CPUPressure", CONDITION_CPU_PRESSURE, NULL, NULL)
CONDITION("CPUs", CONDITION_CPUS, NULL, NULL)
CONDITION("Capability", CONDITION_CAPABILITY, NULL, NULL)
CONDITION("ControlGroupController", CONDITION_CONTROL_GROUP_CONTROLLER, NULL, NULL)
CONDITION("Credential", CONDITION_CREDENTIAL, NULL, NULL)
CONDITION("DirectoryNotEmpty", CONDITION_DIRECTORY_NOT_EMPTY, NULL, NULL)
CONDITION("Environment", CONDITION_ENVIRONMENT, NULL, NULL)
CONDITION("FileIsExecutable", CONDITION_FILE_IS_EXECUTABLE, NULL, NULL)
CONDITION("FileNotEmpty", CONDITION_FILE_NOT_EMPTY, NULL, NULL)
CONDITION("Firmware", CONDITION_FIRMWARE, NULL, NULL)
CONDITION("FirstBoot", CONDITION_FIRST_BOOT, NULL, NULL)
CONDITION("Group", CONDITION_GROUP, NULL, NULL)
CONDITION("Host", CONDITION_HOST, NULL, NULL)
CONDITION("IOPressure", CONDITION_IO_PRESSURE, NULL, NULL)
CONDITION("KernelCommandLine", CONDITION_KERNEL_COMMAND_LINE, NULL, NULL)
CONDITION("KernelModuleLoaded", CONDITION_KERNEL_MODULE_LOADED, NULL, NULL)
CONDITION("KernelVersion", CONDITION_KERNEL_VERSION, NULL, NULL)
CONDITION("Memory", CONDITION_MEMORY, NULL, NULL)
CONDITION("MemoryPressure", CONDITION_MEMORY_PRESSURE, NULL, NULL)
CONDITION("NeedsUpdate", CONDITION_NEEDS_UPDATE, NULL, NULL)
CONDITION("OSRelease", CONDITION_OS_RELEASE, NULL, NULL)
CONDITION("PathExists", CONDITION_PATH_EXISTS, NULL, NULL)
CONDITION("PathExistsGlob", CONDITION_PATH_EXISTS_GLOB, NULL, NULL)
CONDITION("PathIsDirectory", CONDITION_PATH_IS_DIRECTORY, NULL, NULL)
CONDITION("PathIsEncrypted", CONDITION_PATH_IS_ENCRYPTED, NULL, NULL)
CONDITION("PathIsMountPoint", CONDITION_PATH_IS_MOUNT_POINT, NULL, NULL)
CONDITION("PathIsReadWrite", CONDITION_PATH_IS_READ_WRITE, NULL, NULL)
CONDITION("PathIsSocket", CONDITION_PATH_IS_SOCKET, NULL, NULL)
CONDITION("PathIsSymbolicLink", CONDITION_PATH_IS_SYMBOLIC_LINK, NULL, NULL)
CONDITION("Security", CONDITION_SECURITY, NULL, NULL)
CONDITION("User", CONDITION_USER, NULL, NULL)
CONDITION("Version", CONDITION_VERSION, NULL, NULL)
CONDITION("Virtualization", CONDITION_VIRTUALIZATION, NULL, NULL)
/* clang-format on */
