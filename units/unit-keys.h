/* SPDX-License-Identifier: MIT */
/* What the keys of [Unit] can say that aren't fields of UnitSettings. */
#pragma once

/* How a request goes together with what is under way (--job-mode= of systemctl(1)). */
typedef enum JobMode {
        JOB_MODE_REPLACE,
        JOB_MODE_FAIL,                 /* not if it would end another job */
        JOB_MODE_REPLACE_IRREVERSIBLY, /* and nobody may end its own */
        JOB_MODE_ISOLATE,              /* and everything else is stopped */
        JOB_MODE_FLUSH,                /* all other jobs are ended */
        JOB_MODE_IGNORE_DEPENDENCIES,  /* the unit alone, at once */
        JOB_MODE_IGNORE_REQUIREMENTS,  /* the unit alone, in its order */
} JobMode;

typedef enum CollectMode {
        COLLECT_INACTIVE,
        COLLECT_INACTIVE_OR_FAILED,
} CollectMode;

/* FailureAction=, SuccessAction=, StartLimitAction=, JobTimeoutAction= */
typedef enum EmergencyAction {
        EMERGENCY_NONE,
        EMERGENCY_EXIT,
        EMERGENCY_EXIT_FORCE,
        EMERGENCY_REBOOT,
        EMERGENCY_REBOOT_FORCE,
        EMERGENCY_REBOOT_IMMEDIATE,
        EMERGENCY_POWEROFF,
        EMERGENCY_POWEROFF_FORCE,
        EMERGENCY_POWEROFF_IMMEDIATE,
        EMERGENCY_SOFT_REBOOT,
        EMERGENCY_SOFT_REBOOT_FORCE,
        EMERGENCY_KEXEC,
        EMERGENCY_KEXEC_FORCE,
        EMERGENCY_HALT,
        EMERGENCY_HALT_FORCE,
        EMERGENCY_HALT_IMMEDIATE,
} EmergencyAction;
