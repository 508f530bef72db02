/* SPDX-License-Identifier: MIT */
/* daemon-reload, shutdown: what concerns the manager as a whole. */
#include <string.h>

#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"

CtlExit ctl_reload(Ctl *ctl, bool show_warnings) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) warnings = client_ask(ctl, "Reload", NULL, &error);
        if (!warnings) {
                CtlExit status = client_fail(ctl, &error);
                output_hint("nothing was changed");
                return status;
        }
        GVariantIter iterator;
        const char *line;
        bool complete = true;
        g_variant_iter_init(&iterator, warnings);
        while (g_variant_iter_next(&iterator, "&s", &line)) {
                bool is_warning = strstr(line, ": warning: ");
                complete = complete && is_warning;
                if (show_warnings || !is_warning)
                        output_diagnostic(line);
        }
        /* For enable and its like the other files are none of their business. */
        return complete || !show_warnings ? CTL_OK : CTL_FAILURE;
}

CtlExit verb_daemon_reload(Ctl *ctl, char **arguments) {
        return ctl_reload(ctl, true);
}

CtlExit verb_shutdown(Ctl *ctl, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GVariant) begun = client_ask(ctl, "Shutdown", NULL, &error);
        if (!begun)
                return client_fail(ctl, &error);
        client_wait_closed(ctl);
        return CTL_OK;
}
