/* SPDX-License-Identifier: MIT */
/* The table of what counts as reached, see systemd.special(7). */
#include "well-known.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "unit-name.h"

static const char booted[] = "the machine has been booted before bellhop was started";
static const char mounted[] = "bellhop mounts nothing: what is mounted is there";
static const char connected[] = "bellhop sets up no network: what there is, is there";
static const char named[] = "bellhop doesn't run what resolves names";
static const char timed[] = "bellhop doesn't set the clock";
static const char grouped[] = "bellhop has no such group of units, and lacks nothing without";
static const char provided[] = "the machine's own manager provides it";

static const struct {
        const char *name;
        const char *why;
        const char *path; /* reached only where this is there; NULL: always */
} table[] = {
        { "sysinit.target", booted, NULL },
        { "basic.target", booted, NULL },
        { "multi-user.target", booted, NULL },
        { "graphical.target", booted, NULL },
        { "boot-complete.target", booted, NULL },
        { "first-boot-complete.target", booted, NULL },
        { "system-update-pre.target", booted, NULL },
        { "initrd.target", booted, NULL },
        { "initrd-fs.target", booted, NULL },
        { "initrd-root-device.target", booted, NULL },
        { "initrd-root-fs.target", booted, NULL },
        { "initrd-usr-fs.target", booted, NULL },
        { "initrd-switch-root.target", booted, NULL },
        { "-.mount", mounted, NULL },
        { "local-fs.target", mounted, NULL },
        { "local-fs-pre.target", mounted, NULL },
        { "remote-fs.target", mounted, NULL },
        { "remote-fs-pre.target", mounted, NULL },
        { "swap.target", mounted, NULL },
        { "cryptsetup.target", mounted, NULL },
        { "cryptsetup-pre.target", mounted, NULL },
        { "remote-cryptsetup.target", mounted, NULL },
        { "veritysetup.target", mounted, NULL },
        { "veritysetup-pre.target", mounted, NULL },
        { "remote-veritysetup.target", mounted, NULL },
        { "integritysetup.target", mounted, NULL },
        { "integritysetup-pre.target", mounted, NULL },
        { "network.target", connected, NULL },
        { "network-pre.target", connected, NULL },
        { "network-online.target", connected, NULL },
        { "nss-lookup.target", named, NULL },
        { "nss-user-lookup.target", named, NULL },
        { "rpcbind.target", named, NULL },
        { "time-set.target", timed, NULL },
        { "time-sync.target", timed, NULL },
        { "sockets.target", grouped, NULL },
        { "timers.target", grouped, NULL },
        { "paths.target", grouped, NULL },
        { "slices.target", grouped, NULL },
        { "machines.target", grouped, NULL },
        { "getty.target", grouped, NULL },
        { "getty-pre.target", grouped, NULL },
        { "dbus.socket", provided, "/run/dbus/system_bus_socket" },
        { "dbus.service", provided, "/run/dbus/system_bus_socket" },
        { "syslog.socket", provided, "/dev/log" },
        { "systemd-journald.socket", provided, "/run/systemd/journal/socket" },
        { "systemd-journald-dev-log.socket", provided, "/dev/log" },
};

/* Nobody gets there while bellhop runs, or the hardware does. */
static const char *const elsewhere[] = {
        "bluetooth.target",     "ctrl-alt-del.target",
        "emergency.target",     "exit.target",
        "final.target",         "halt.target",
        "hibernate.target",     "hybrid-sleep.target",
        "kbrequest.target",     "kexec.target",
        "poweroff.target",      "printer.target",
        "reboot.target",        "rescue.target",
        "shutdown.target",      "sigpwr.target",
        "sleep.target",         "smartcard.target",
        "soft-reboot.target",   "sound.target",
        "suspend.target",       "suspend-then-hibernate.target",
        "system-update.target", "umount.target",
        "usb-gadget.target",    NULL,
};

const char *unit_well_known(const char *name) {
        if (g_str_has_suffix(name, ".slice"))
                return "a slice is a place for cgroups only";
        for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
                if (!strcmp(name, table[i].name))
                        return !table[i].path || access(table[i].path, F_OK) == 0 ? table[i].why
                                                                                  : NULL;
        return NULL;
}

bool unit_is_systemds(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
                if (!strcmp(name, table[i].name))
                        return true;
        return unit_name_is_foreign(name) || g_str_has_prefix(name, "systemd-") ||
               g_strv_contains(elsewhere, name);
}
