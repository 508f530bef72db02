/* SPDX-License-Identifier: MIT */
/* The spare: a child that is made while nobody waits for it, and waits itself for the next plan.
 * To make a child takes as long as all else that happens between a connection and exec, and needs
 * to know nothing of what it will be, unless that must be given to it at its birth, as a cgroup
 * must. Until it execs it is nobody's process: waitid(2) without __WALL doesn't see it, and no
 * SIGCHLD comes of its end. Only SIGKILL ends it, or our own end; what else is sent to it is thrown
 * away, for it would meet the next program. When somebody has killed it, it is reaped, and there is
 * none until the next start. */
#pragma once

#include "spawn-clone.h"

/* Whether one is to be kept from now on. FALSE ends the one there is, and waits for that. */
void spawn_spare_keep(bool keep);

/* Makes one, if one is to be kept, in place of one that is of no use any more.
 * @event: where its end is watched
 * @signals: BELLHOP_SIGNAL_BIT()s that this process ignores, and so will it */
void spawn_spare_make(sd_event *event, uint64_t signals);

/* 0: there is none. */
pid_t spawn_spare_pid(void);

/* Has the spare go through with the plan, if there is one and it can.
 * @signals: those that the plan wants ignored
 * Returns: whether; then with the child. */
bool spawn_spare_start(SpawnPlan *plan, uint64_t signals, SpawnChild *ret);
