/* SPDX-License-Identifier: MIT */
/* The score by which the kernel's OOM killer spares bellhopd isn't for its services, which would
 * inherit it. The kernel keeps it with the memory, and a child is on ours until exec: whatever it
 * set would be set for us. So we go without as long as there is such a child. */
#pragma once

/* From now on, if the score in that file of proc(5), our own, is less than that of services. It has
 * to be called before the process can't be dumped any more. */
void oom_score_note(const char *path, int services);

/* A child is about to be made. Without effect if nothing was noted. */
void oom_score_lend(void);
/* One for which that was called has left our memory, or could not be made. */
void oom_score_regain(void);
