/* SPDX-License-Identifier: MIT */
/* Conditions and asserts: what must be so for a unit to be started (systemd.unit(5)). They are kept
 * as they are written and answered anew for each start. A test reads files below /proc, /sys and
 * /etc, and asks for the attributes of the paths it is given; it opens none of those, so that no
 * FIFO or device can hold it up. A path on a network file system whose server is gone still can. */
#pragma once

#include <stdbool.h>

#include "macros.h"

/* clang-format off */
/* X(kind, name): ConditionNAME= and AssertNAME=. */
#define CONDITION_KINDS(X) \
        X(CONDITION_AC_POWER, "ACPower") \
        X(CONDITION_ARCHITECTURE, "Architecture") \
        X(CONDITION_CPU_FEATURE, "CPUFeature") \
        X(CONDITION_CPU_PRESSURE, "CPUPressure") \
        X(CONDITION_CPUS, "CPUs") \
        X(CONDITION_CAPABILITY, "Capability") \
        X(CONDITION_CONTROL_GROUP_CONTROLLER, "ControlGroupController") \
        X(CONDITION_CREDENTIAL, "Credential") \
        X(CONDITION_DIRECTORY_NOT_EMPTY, "DirectoryNotEmpty") \
        X(CONDITION_ENVIRONMENT, "Environment") \
        X(CONDITION_FILE_IS_EXECUTABLE, "FileIsExecutable") \
        X(CONDITION_FILE_NOT_EMPTY, "FileNotEmpty") \
        X(CONDITION_FIRMWARE, "Firmware") \
        X(CONDITION_FIRST_BOOT, "FirstBoot") \
        X(CONDITION_GROUP, "Group") \
        X(CONDITION_HOST, "Host") \
        X(CONDITION_IO_PRESSURE, "IOPressure") \
        X(CONDITION_KERNEL_COMMAND_LINE, "KernelCommandLine") \
        X(CONDITION_KERNEL_MODULE_LOADED, "KernelModuleLoaded") \
        X(CONDITION_KERNEL_VERSION, "KernelVersion") \
        X(CONDITION_MEMORY, "Memory") \
        X(CONDITION_MEMORY_PRESSURE, "MemoryPressure") \
        X(CONDITION_NEEDS_UPDATE, "NeedsUpdate") \
        X(CONDITION_OS_RELEASE, "OSRelease") \
        X(CONDITION_PATH_EXISTS, "PathExists") \
        X(CONDITION_PATH_EXISTS_GLOB, "PathExistsGlob") \
        X(CONDITION_PATH_IS_DIRECTORY, "PathIsDirectory") \
        X(CONDITION_PATH_IS_ENCRYPTED, "PathIsEncrypted") \
        X(CONDITION_PATH_IS_MOUNT_POINT, "PathIsMountPoint") \
        X(CONDITION_PATH_IS_READ_WRITE, "PathIsReadWrite") \
        X(CONDITION_PATH_IS_SOCKET, "PathIsSocket") \
        X(CONDITION_PATH_IS_SYMBOLIC_LINK, "PathIsSymbolicLink") \
        X(CONDITION_SECURITY, "Security") \
        X(CONDITION_USER, "User") \
        X(CONDITION_VERSION, "Version") \
        X(CONDITION_VIRTUALIZATION, "Virtualization")
/* clang-format on */

#define CONDITION_KIND(kind_, name_) kind_,
typedef enum ConditionKind { CONDITION_KINDS(CONDITION_KIND) CONDITION_KIND_COUNT } ConditionKind;
#undef CONDITION_KIND

/* One line. A list of them is in the order of the file. */
typedef struct Condition Condition;
struct Condition {
        Condition *next;
        Condition *last; /* of a list's first one: where it ends */
        ConditionKind kind;
        bool trigger; /* "|": one of those is enough */
        bool negate;  /* "!" */
        char parameter[];
};

/* Takes "|" and "!" off the front of a value. */
const char *condition_prefix(const char *value, bool *ret_trigger, bool *ret_negate);

/* A list of its own with one element. */
Condition *condition_new(ConditionKind kind, bool trigger, bool negate, const char *parameter);
/* Frees a whole list. Takes NULL. Returns: NULL. */
Condition *conditions_free(Condition *list);
DEFINE_CLEANUP(Condition, conditions_free)
void conditions_append(Condition **list, Condition *condition);
bool conditions_equal(const Condition *a, const Condition *b);

bool condition_is_of_path(ConditionKind kind); /* the parameter is an absolute path */
bool condition_is_of_percentage(ConditionKind kind);
/* What is wrong with a parameter whatever the machine (a static text), or NULL. */
const char *condition_check(ConditionKind kind, const char *parameter);

const char *condition_kind_to_string(ConditionKind kind); /* "PathExists" */
/* As it is written: "ConditionPathExists=|!/x" (g_free). prefix: "Condition" or "Assert". */
char *condition_to_string(const Condition *condition, const char *prefix);

/* Whether all hold that aren't triggers, and one of the triggers if there are any; what can't be
 * told doesn't hold.
 * @ret_unmet: the first that doesn't, borrowed; NULL where it holds */
bool conditions_hold(const Condition *list, const Condition **ret_unmet);
