/* SPDX-License-Identifier: MIT */
/* hello-http: a web service that is handed its listeners and its configuration by bellhop, when it
 * starts and while it runs. This file is all that it takes; http.c is an ordinary web server.
 *
 *     hello-http              under bellhopd, or by hand: then `bellhopctl deliver` can reach it
 *     hello-http FD...        without bellhop: serves listeners it inherited under these numbers
 */
#include <bellhop.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http.h"

static Server server;

/* ---- the bellhop part: take what was handed over, by kind and name ----------------------------
 */

static void take_item(const struct bellhop_item *item) {
        if (item->kind == BELLHOP_KIND_LISTENER) {
                server_add_listener(&server, item->fd, item->name,
                                    item->flags & BELLHOP_ITEM_REPLACES);
                return;
        }
        if (item->kind == BELLHOP_KIND_MEMFD)
                server_set_page(&server, item->fd);
        close(item->fd);
}

static void take_items(bellhop *desk) {
        struct bellhop_item item;
        int r;

        while ((r = bellhop_next(desk, &item)) > 0)
                take_item(&item);
        if (r < 0)
                fprintf(stderr, "bellhop: %s\n", bellhop_strerror(r));
}

static int serve_with_bellhop(void) {
        bellhop *desk = NULL;
        int r = bellhop_new(NULL, &desk);
        if (r < 0) {
                fprintf(stderr, "bellhop: %s\n", bellhop_strerror(r));
                return EXIT_FAILURE;
        }
        take_items(desk);
        /* Whoever we were started for is waiting already. */
        (void)server_poll(&server, -1, 0);
        for (;;)
                if (server_poll(&server, bellhop_get_fd(desk), -1))
                        take_items(desk);
}

/* ---- end of the bellhop part ------------------------------------------------------------------
 */

static _Noreturn void serve_inherited(int argc, char **argv) {
        for (int i = 1; i < argc; i++)
                server_add_listener(&server, atoi(argv[i]), argv[i], false);
        for (;;)
                (void)server_poll(&server, -1, -1);
}

int main(int argc, char **argv) {
        if (argc > 1)
                serve_inherited(argc, argv);
        return serve_with_bellhop();
}
