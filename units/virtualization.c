/* SPDX-License-Identifier: MIT */
/* What this runs in: a container, or else a virtual machine, by the names of systemd-detect-virt(1)
 * and in its order. It is found out once: neither changes under a process. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "condition-internal.h"
#include "hypervisor.h"
#include "value.h"

typedef struct Mark {
        const char *text, *name;
} Mark;

static const char *mark_find(const Mark *marks, size_t count, const char *text, bool prefix) {
        for (size_t i = 0; i < count; i++)
                if (prefix ? g_str_has_prefix(text, marks[i].text) : !strcmp(text, marks[i].text))
                        return marks[i].name;
        return NULL;
}

/* ---- containers ---- */

static const Mark containers[] = {
        { "oci", "docker" },
        { "lxc", "lxc" },
        { "lxc-libvirt", "lxc-libvirt" },
        { "systemd-nspawn", "systemd-nspawn" },
        { "docker", "docker" },
        { "podman", "podman" },
        { "rkt", "rkt" },
        { "wsl", "wsl" },
        { "proot", "proot" },
        { "pouch", "pouch" },
};

/* container= in the environment of PID 1, if it may be read. */
static char *container_of_init(void) {
        g_autofree char *text = condition_read("/proc/1/environ");
        g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

        for (char **word = words; *word; word++)
                if (g_str_has_prefix(*word, "container=") && (*word)[10])
                        return g_strdup(*word + 10);
        return NULL;
}

static const char *container_by_name(char *name) {
        g_autofree char *owned = name;
        const char *found;

        if (!owned || !*owned)
                return NULL;
        found = mark_find(containers, ARRAY_SIZE(containers), owned, false);
        return found ? found : "container-other";
}

static const char *container_detect(void) {
        g_autofree char *release = NULL;
        const char *found;

        if (condition_path_exists("/proc/vz") && !condition_path_exists("/proc/bc"))
                return "openvz";
        release = condition_read("/proc/sys/kernel/osrelease");
        if (release && (strstr(release, "Microsoft") || strstr(release, "WSL")))
                return "wsl";
        found = container_by_name(condition_read("/run/host/container-manager"));
        if (!found)
                found = container_by_name(condition_read("/run/systemd/container"));
        if (!found)
                found = container_by_name(container_of_init());
        if (found)
                return found;
        if (condition_path_exists("/run/.containerenv"))
                return "podman";
        return condition_path_exists("/.dockerenv") ? "docker" : NULL;
}

/* ---- virtual machines ---- */

static const Mark dmi_marks[] = {
        { "KVM", "kvm" },
        { "OpenStack", "kvm" },
        { "KubeVirt", "kvm" },
        { "Amazon EC2", "amazon" },
        { "QEMU", "qemu" },
        { "VMware", "vmware" },
        { "VMW", "vmware" },
        { "innotek GmbH", "oracle" },
        { "VirtualBox", "oracle" },
        { "Oracle Corporation", "oracle" },
        { "Xen", "xen" },
        { "Bochs", "bochs" },
        { "Parallels", "parallels" },
        { "BHYVE", "bhyve" },
        { "Hyper-V", "microsoft" },
        { "Apple Virtualization", "apple" },
        { "Google Compute Engine", "google" },
};

static const char *vm_by_dmi(void) {
        static const char *const fields[] = { "product_name", "sys_vendor", "board_vendor",
                                              "bios_vendor", "product_version" };

        for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
                g_autofree char *text = condition_read_named("/sys/class/dmi/id/%s", fields[i]);
                const char *found =
                        text ? mark_find(dmi_marks, ARRAY_SIZE(dmi_marks), text, true) : NULL;

                if (found)
                        return found;
        }
        return NULL;
}

static const Mark cpuid_marks[] = {
        { "XenVMMXenVMM", "xen" },   { "KVMKVMKVM", "kvm" },       { "Linux KVM Hv", "kvm" },
        { "TCGTCGTCGTCG", "qemu" },  { "VMwareVMware", "vmware" }, { "Microsoft Hv", "microsoft" },
        { "bhyve bhyve ", "bhyve" }, { "QNXQVMBSQG", "qnx" },      { "ACRNACRNACRN", "acrn" },
        { "SRESRESRESRE", "sre" },
};

static const char *vm_by_cpuid(void) {
        char signature[13];
        const char *found;

        hypervisor_signature(signature);
        found = mark_find(cpuid_marks, ARRAY_SIZE(cpuid_marks), signature, false);
        return found ? found : *signature ? "vm-other" : NULL;
}

static const char *vm_by_files(void) {
        g_autofree char *xen = condition_read("/sys/hypervisor/type");
        g_autofree char *tree = condition_read("/proc/device-tree/hypervisor/compatible");
        g_autofree char *system = condition_read("/proc/sysinfo");
        g_autofree char *cpu = condition_read("/proc/cpuinfo");

        if (xen && !strcmp(xen, "xen"))
                return "xen";
        if (cpu && strstr(cpu, "\nvendor_id\t: User Mode Linux"))
                return "uml";
        if (tree)
                return strstr(tree, "linux,kvm") ? "kvm"
                       : strstr(tree, "xen")     ? "xen"
                       : strstr(tree, "vmware")  ? "vmware"
                                                 : "vm-other";
        if (system && strstr(system, "VM00 Control Program:"))
                return strstr(system, "z/VM") ? "zvm" : "kvm";
        return condition_path_exists("/proc/xen") ? "xen" : NULL;
}

/* DMI knows the clouds and the products; CPUID what is below them. */
static const char *vm_detect(void) {
        static const char *const products[] = { "oracle", "xen",    "amazon", "parallels",
                                                "google", "vmware", NULL };
        const char *dmi = vm_by_dmi(), *cpuid = vm_by_cpuid(), *files;

        if (dmi && g_strv_contains(products, dmi))
                return dmi;
        if (cpuid && strcmp(cpuid, "vm-other") != 0)
                return cpuid;
        files = vm_by_files();
        return dmi ? dmi : files ? files : cpuid;
}

const char *virtualization_detect(bool *ret_vm) {
        static const char *found;
        static bool vm;

        if (!found) {
                const char *container = container_detect(), *machine;

                machine = container ? NULL : vm_detect();
                vm = machine != NULL;
                found = container ? container : machine ? machine : "";
        }
        *ret_vm = vm;
        return found;
}

/* A user namespace whose map isn't that of all ids to themselves. */
static bool users_are_private(void) {
        g_autofree char *map = condition_read("/proc/self/uid_map");
        g_auto(GStrv) lines = g_strsplit(map ? map : "", "\n", -1);
        unsigned int inside, outside, count;

        if (g_strv_length(lines) != 1)
                return map != NULL;
        return sscanf(lines[0], "%u %u %u", &inside, &outside, &count) == 3 &&
               !(inside == 0 && outside == 0 && count == UINT32_MAX);
}

int condition_virtualization(const char *name) {
        bool vm;
        const char *found = virtualization_detect(&vm);
        int wanted = parse_boolean(name);

        if (!strcmp(name, "private-users"))
                return users_are_private();
        if (wanted >= 0)
                return (*found != '\0') == wanted;
        if (!strcmp(name, "vm"))
                return vm;
        if (!strcmp(name, "container"))
                return *found && !vm;
        return *found && !strcmp(found, name);
}
