// SPDX-License-Identifier: GPL-2.0
/* sendfd(): a 32-bit receiver is told the same. */

#include "sendfd_test.h"

FIXTURE(compat) {
	int pipe[2];		/* what is sent */
	int told[2];		/* what it says */
	char program[PATH_MAX];
};

FIXTURE_VARIANT(compat) {
	const char *way;
};

FIXTURE_VARIANT_ADD(compat, sigtimedwait) { .way = "w" };
FIXTURE_VARIANT_ADD(compat, sigtimedwait_time64) { .way = "W" };
FIXTURE_VARIANT_ADD(compat, signalfd) { .way = "s" };
FIXTURE_VARIANT_ADD(compat, handler) { .way = "h" };

FIXTURE_SETUP(compat)
{
	static const char name[] = "compat32";
	ssize_t n;

	if (!have_sendfd())
		SKIP(return, NO_SENDFD);
	block_realtime(SIG_BLOCK);
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->told, O_CLOEXEC));
	/* it lies beside this program */
	n = readlink("/proc/self/exe", self->program,
		     sizeof(self->program) - sizeof(name));
	ASSERT_LT(0, n);
	self->program[n] = '\0';
	memcpy(strrchr(self->program, '/') + 1, name, sizeof(name));
	if (access(self->program, X_OK))
		SKIP(return, "no 32-bit program was built");
}

FIXTURE_TEARDOWN(compat)
{
}

TEST_F(compat, all_of_it)
{
	char word[8] = "";
	int told[7], status;
	struct child c;

	if (!child_fork(&c)) {
		EXPECT_EQ(1, hear(&c));
		/* over exec, within the process that has it pending */
		dup2(self->told[1], 1);
		execl(self->program, self->program, variant->way, NULL);
		_exit(99);
	}
	ASSERT_EQ(0, sendfd(c.pid, SIG_FD, self->pipe[1], 0));
	say(&c);
	close(self->told[1]);
	close(self->pipe[1]);
	status = read(self->told[0], told, sizeof(told));
	if (child_end(&c) == 99)
		SKIP(return, "this kernel runs no 32-bit programs");
	ASSERT_EQ((int)sizeof(told), status);
	if (told[0] == -NO_SUCH_CALL)
		SKIP(return, "this kernel has no 32-bit time");
	EXPECT_EQ(SIG_FD, told[0]);
	EXPECT_EQ(SI_SENDFD, told[1]);
	EXPECT_EQ(getpid(), told[2]);
	EXPECT_EQ((int)getuid(), told[3]);
	EXPECT_LE(2, told[4]);
	EXPECT_EQ(told[4], told[5]);
	EXPECT_EQ(FD_CLOEXEC, told[6]);
	EXPECT_EQ(4, read(self->pipe[0], word, sizeof(word)));
	EXPECT_STREQ("word", word);
}

TEST_HARNESS_MAIN
