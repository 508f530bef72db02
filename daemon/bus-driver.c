/* SPDX-License-Identifier: MIT */
/* org.freedesktop.DBus: names, and who is behind them. There are three: the driver's, the
 * manager's, and the client's own. */
#include "bus-driver.h"

#include <unistd.h>

#define DRIVER_NAME "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"

static int driver_hello(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        return bus_client_reply(client, call, g_variant_new("(s)", client->name));
}

/* Who matches anything is sent all signals; which of them it wants is its own business. */
static int driver_add_match(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        client->matches++;
        return bus_client_reply(client, call, NULL);
}

static int driver_remove_match(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        if (client->matches == 0)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_MATCH_RULE_NOT_FOUND,
                                        "there is no match to be removed");
        client->matches--;
        return bus_client_reply(client, call, NULL);
}

static int driver_list_names(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        const char *names[] = { DRIVER_NAME, BUS_NAME, client->name, NULL };
        return bus_client_reply(client, call, g_variant_new("(^as)", names));
}

static int driver_list_activatable(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        const char *names[] = { NULL };
        return bus_client_reply(userdata, call, g_variant_new("(^as)", names));
}

static int driver_get_id(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        sd_id128_t id;
        char text[SD_ID128_STRING_MAX];
        int r = sd_bus_get_bus_id(client->connection, &id);
        if (r < 0)
                return r;
        return bus_client_reply(client, call, g_variant_new("(s)", sd_id128_to_string(id, text)));
}

/* The name in a call's argument. Returns: who has it, "" nobody, or negative errno. */
static int driver_read_owner(BusClient *client, sd_bus_message *call, const char **ret_owner) {
        const char *name;
        int r = sd_bus_message_read(call, "s", &name);
        if (r < 0)
                return r;
        bool known = g_str_equal(name, DRIVER_NAME) || g_str_equal(name, BUS_NAME);
        *ret_owner = known ? name : g_str_equal(name, client->name) ? client->name : "";
        return 0;
}

/* The same, where a name without an owner is an error. */
static int driver_require_owner(BusClient *client, sd_bus_message *call, const char **ret_owner,
                                sd_bus_error *ret_error) {
        const char *owner = NULL;
        int r = driver_read_owner(client, call, &owner);
        if (r < 0)
                return r;
        if (!*owner)
                return sd_bus_error_set(ret_error, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                        "nobody has this name here");
        *ret_owner = owner;
        return 0;
}

static int driver_name_has_owner(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        const char *owner = NULL;
        int r = driver_read_owner(userdata, call, &owner);
        if (r < 0)
                return r;
        return bus_client_reply(userdata, call, g_variant_new("(b)", *owner != '\0'));
}

static int driver_get_name_owner(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        const char *owner = NULL;
        int r = driver_require_owner(userdata, call, &owner, ret_error);
        if (r < 0)
                return r;
        return bus_client_reply(userdata, call, g_variant_new("(s)", owner));
}

static int driver_get_uid(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        const char *owner = NULL;
        int r = driver_require_owner(client, call, &owner, ret_error);
        if (r < 0)
                return r;
        uid_t uid = owner == client->name ? client->uid : getuid();
        return bus_client_reply(client, call, g_variant_new("(u)", uid));
}

static int driver_get_pid(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        const char *owner = NULL;
        int r = driver_require_owner(client, call, &owner, ret_error);
        if (r < 0)
                return r;
        pid_t pid = owner == client->name ? client->pid : getpid();
        return bus_client_reply(client, call, g_variant_new("(u)", (unsigned int)pid));
}

static int driver_get_credentials(sd_bus_message *call, void *userdata, sd_bus_error *ret_error) {
        BusClient *client = userdata;
        const char *owner = NULL;
        int r = driver_require_owner(client, call, &owner, ret_error);
        if (r < 0)
                return r;
        bool self = owner == client->name;
        GVariantDict credentials;
        g_variant_dict_init(&credentials, NULL);
        g_variant_dict_insert(&credentials, "UnixUserID", "u", self ? client->uid : getuid());
        g_variant_dict_insert(&credentials, "ProcessID", "u",
                              (unsigned int)(self ? client->pid : getpid()));
        return bus_client_reply(client, call,
                                g_variant_new("(@a{sv})", g_variant_dict_end(&credentials)));
}

#define METHOD(member, in, in_names, out, out_names, handler)                   \
        SD_BUS_METHOD_WITH_NAMES(member, in, in_names, out, out_names, handler, \
                                 SD_BUS_VTABLE_UNPRIVILEGED)
#define P SD_BUS_PARAM

static const sd_bus_vtable driver_vtable[] = {
        SD_BUS_VTABLE_START(0),
        METHOD("Hello", "", "", "s", P(unique_name), driver_hello),
        METHOD("AddMatch", "s", P(rule), "", "", driver_add_match),
        METHOD("RemoveMatch", "s", P(rule), "", "", driver_remove_match),
        METHOD("ListNames", "", "", "as", P(names), driver_list_names),
        METHOD("ListActivatableNames", "", "", "as", P(names), driver_list_activatable),
        METHOD("NameHasOwner", "s", P(name), "b", P(has_owner), driver_name_has_owner),
        METHOD("GetNameOwner", "s", P(name), "s", P(unique_name), driver_get_name_owner),
        METHOD("GetConnectionUnixUser", "s", P(name), "u", P(uid), driver_get_uid),
        METHOD("GetConnectionUnixProcessID", "s", P(name), "u", P(pid), driver_get_pid),
        METHOD("GetConnectionCredentials", "s", P(name), "a{sv}", P(credentials),
               driver_get_credentials),
        METHOD("GetId", "", "", "s", P(id), driver_get_id),
        SD_BUS_VTABLE_END,
};

int bus_driver_register(BusClient *client) {
        return sd_bus_add_object_vtable(client->connection, NULL, DRIVER_PATH, DRIVER_NAME,
                                        driver_vtable, client);
}
