/* SPDX-License-Identifier: MIT */
/* A claim: the conversation with one desk. It finds out who has connected, sends what waits for
 * that process, up to 64 items a message, and reads a receipt for each message. It owns the
 * connection; it never owns an item. Whatever is out of rule ends it, and what was not receipted
 * waits on.
 *
 * With a main process the connection then stays, and rests: what is delivered later travels by it
 * at once, beside the bell, and the desk needn't come to fetch it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "message.h"
#include "recipient.h"

typedef struct TransportSocket TransportSocket;

/* How long a desk may take to answer a message. */
#define CLAIM_TIMEOUT_USEC USEC_PER_SEC
/* Open conversations of one uid, root's aside. */
#define CLAIM_PER_UID_MAX 64
/* Conversations that may go wrong before the next bell. */
#define CLAIM_FAILURES_MAX 8

typedef struct Claim {
        TransportSocket *transport;
        Recipient *recipient; /* borrowed: forget() ends its claims */
        int fd;
        pid_t pid; /* who claims */
        uid_t uid;
        sd_event_source *source; /* NULL: what it says can wait for claim_hear_all() */
        GList link;              /* in transport->claims, unless it rests */
        bool resting;            /* all is receipted; it is the recipient's Announced.resting */
        uint64_t deadline_usec;
        uint64_t last_id;                 /* the last delivery that was sent */
        uint64_t limit_id;                /* what was added later is for the next bell */
        uint64_t sent[MESSAGE_ITEMS_MAX]; /* the deliveries of the open message, by id */
        unsigned int sent_count;
} Claim;

/* Judges a fresh connection, which it consumes: begins a conversation, or closes it.
 * Returns: whether one was begun. */
bool claim_begin(TransportSocket *transport, int fd);

/* Takes up the conversation again: sends what waits, and rings. Returns: false if it has ended
 * instead, and what waits is to be announced by a bell alone. */
bool claim_resume(Claim *claim);

/* Ends the conversation; what has no receipt waits on, with the reason. Returns: NULL. */
Claim *claim_end(Claim *claim, const char *reason);

/* Hears what has been said by now in a recipient's conversations; recipient NULL: in all. Those of
 * one whose deliveries somebody walks are left for later. */
void claim_hear_all(TransportSocket *transport, const Recipient *recipient);

/* Ends all conversations that are overdue, and sets the timer for the next. */
void claim_expire(TransportSocket *transport);
