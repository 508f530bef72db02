/* SPDX-License-Identifier: MIT */
/* The connection to the manager, and what its errors mean to whoever typed the command. */
#pragma once

#include "ctl.h"

/* Connects; on failure *ret_error says what to do. Returns: 0 or negative errno. */
int client_connect(Ctl *ctl, sd_bus_error *ret_error);

/* Something to do every second while an answer is waited for. */
typedef struct Waiting {
        void (*tick)(unsigned int seconds, void *userdata);
        void *userdata;
} Waiting;

/* A call of a method of the manager, for the caller to add the arguments to. */
int client_new_call(Ctl *ctl, const char *member, sd_bus_message **ret);

/* Sends it and waits for the answer, however long it takes.
 * @waiting: NULL: nothing is done meanwhile
 * @ret:     the answer's body, a tuple; may be NULL
 * Returns: 0 or negative errno with *ret_error. */
int client_call(Ctl *ctl, sd_bus_message *call, const Waiting *waiting, GVariant **ret,
                sd_bus_error *ret_error);

/* The same for a method whose one argument is a list of units, and which answers nothing. */
int client_call_units(Ctl *ctl, const char *member, char *const *units, const Waiting *waiting,
                      sd_bus_error *ret_error);

/* The simple case: one string or nothing (NULL) goes, one value or nothing comes. Returns: the
 * value (one reference; an empty tuple if nothing came), or NULL with *ret_error. */
GVariant *client_ask(Ctl *ctl, const char *member, const char *argument, sd_bus_error *ret_error);

/* A property of the manager (one reference), or NULL with *ret_error. */
GVariant *client_get_property(Ctl *ctl, const char *name, sd_bus_error *ret_error);

/* Waits until the manager has closed the connection. */
void client_wait_closed(Ctl *ctl);

/* Prints an error, each line of it, and what to do about it. Returns: the exit status. */
CtlExit client_fail(Ctl *ctl, const sd_bus_error *error);
