/* SPDX-License-Identifier: MIT */
/* The tests behind conditions: each takes the parameter and returns 1, 0 or negative errno. */
#pragma once

#include <errno.h>
#include <glib.h>

#include "condition.h"

/* ---- condition-path.c ---- */
int condition_directory_not_empty(const char *path);
int condition_file_is_executable(const char *path);
int condition_file_not_empty(const char *path);
int condition_needs_update(const char *folder);
int condition_path_exists(const char *path);
int condition_path_exists_glob(const char *pattern);
int condition_path_is_directory(const char *path);
int condition_path_is_encrypted(const char *path);
int condition_path_is_mount_point(const char *path);
int condition_path_is_read_write(const char *path);
int condition_path_is_socket(const char *path);
int condition_path_is_symbolic_link(const char *path);

/* ---- condition-system.c: the kernel and the operating system ---- */
int condition_architecture(const char *name);
int condition_capability(const char *name);
int condition_control_group_controller(const char *controllers);
int condition_cpu_pressure(const char *threshold);
int condition_cpus(const char *number);
int condition_io_pressure(const char *threshold);
int condition_kernel_command_line(const char *option);
int condition_kernel_module_loaded(const char *module);
int condition_kernel_version(const char *expressions);
int condition_memory(const char *size);
int condition_memory_pressure(const char *threshold);
int condition_os_release(const char *expressions);
bool condition_pressure_is_valid(const char *threshold);
int condition_security(const char *technology);
int condition_version(const char *expressions);

/* ---- condition-host.c: the machine and who we are on it ---- */
int condition_ac_power(const char *yes);
int condition_cpu_feature(const char *flag);
int condition_credential(const char *name);
int condition_environment(const char *assignment);
int condition_firmware(const char *type);
int condition_first_boot(const char *yes);
int condition_group(const char *group);
int condition_host(const char *name);
int condition_user(const char *user);

/* ---- virtualization.c ---- */
int condition_virtualization(const char *name);

/* ---- condition-file.c: what they share ---- */

/* A small file's content without the white space at its end (g_free), or NULL. */
char *condition_read(const char *path);
/* The same where "%s" in the path stands for a name that mustn't leave its folder. */
char *condition_read_named(const char *format, const char *name);

/* The kernel's command line, or PID 1's in a container, as words (g_strfreev). */
GStrv condition_command_line(void);
/* The value of an option of it that is a boolean. Returns: 1, 0, or -ENOENT. */
int condition_command_line_boolean(const char *option);

/* "" where it is not known; "docker", "kvm". *ret_vm: rather than a container. */
const char *virtualization_detect(bool *ret_vm);
