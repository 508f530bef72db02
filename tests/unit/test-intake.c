/* SPDX-License-Identifier: MIT */
/* The intake: manifests and items that came with signals, in order and out of it, from whom they
 * should and from others. The test is the kernel: it hands over descriptors as a signal would. */
#include <dirent.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fd.h"
#include "intake.h"
#include "message.h"
#include "notes.h"
#include "sendfd.h"

#define MANAGER 4242
#define SEALS   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

typedef struct Fixture {
        int fds_before;
        Trust trust;
        Intake intake;
        ItemQueue items;
        const char *reason;
        int files[4]; /* what is sent; the test's own copies */
        int manifests[4];
        unsigned int manifest_count;
} Fixture;

static int count_fds(void) {
        struct dirent *entry;
        int count = 0;
        DIR *dir = opendir("/proc/self/fd");

        g_assert_nonnull(dir);
        while ((entry = readdir(dir)))
                count += entry->d_name[0] != '.';
        (void)closedir(dir);
        return count;
}

static int file_new(void) {
        int fd = memfd_create("item", MFD_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

static void fixture_init(Fixture *fixture) {
        *fixture = (Fixture){ .fds_before = count_fds() };
        fixture->trust.flags = BELLHOP_TRUST_OWN_UID; /* the test may be root, or not dumpable */
        for (size_t i = 0; i < G_N_ELEMENTS(fixture->files); i++)
                fixture->files[i] = file_new();
}

/* Nothing leaks, whatever was sent. */
static void fixture_done(Fixture *fixture) {
        intake_done(&fixture->intake);
        item_queue_done(&fixture->items);
        for (size_t i = 0; i < G_N_ELEMENTS(fixture->files); i++)
                (void)close(fixture->files[i]);
        for (unsigned int i = 0; i < fixture->manifest_count; i++)
                (void)close(fixture->manifests[i]);
        g_assert_cmpint(count_fds(), ==, fixture->fds_before);
}

static int sealed(const void *text, size_t length, int seals) {
        int fd = memfd_create("manifest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(pwrite(fd, text, length, 0), ==, (ssize_t)length);
        g_assert_cmpint(fcntl(fd, F_ADD_SEALS, seals), ==, 0);
        return fd;
}

/* Lists the first so many files: "a", "b", "c", ... */
static int manifest_sealed(const Fixture *fixture, unsigned int count, int seals) {
        MessageItem items[G_N_ELEMENTS(fixture->files)];
        MessageFile files[G_N_ELEMENTS(fixture->files)];
        uint8_t text[MANIFEST_SIZE_MAX];
        int length;

        for (unsigned int i = 0; i < count; i++) {
                items[i] = (MessageItem){
                        .kind = BELLHOP_KIND_MEMFD,
                        .signal = BELLHOP_SIGNAL_MEMFD,
                        .name_length = 1,
                        .name = &"abcd"[i],
                };
                g_assert_cmpint(message_file_of(fixture->files[i], &files[i]), ==, 0);
        }
        length = message_encode_manifest(text, sizeof(text), items, files, count);
        g_assert_cmpint(length, >, 0);
        return sealed(text, (size_t)length, seals);
}

static int manifest_new(Fixture *fixture, unsigned int count) {
        int fd = manifest_sealed(fixture, count, SEALS);

        fixture->manifests[fixture->manifest_count++] = fd;
        return fd;
}

/* A copy of it comes with a signal, as from the kernel. */
static int receive_from(Fixture *fixture, int fd, int signal, pid_t pid, uid_t uid) {
        const Parcel parcel = { .fd = fd_dup(fd), .signal = signal, .pid = pid, .uid = uid };

        g_assert_cmpint(parcel.fd, >=, 0);
        return intake_manager(&fixture->intake, &fixture->trust, &parcel, &fixture->items,
                              &fixture->reason);
}

static int receive(Fixture *fixture, int fd) {
        return receive_from(fixture, fd, BELLHOP_SIGNAL_MEMFD, MANAGER, geteuid());
}

static void assert_item(Fixture *fixture, const char *name, int file) {
        QueuedItem *item = item_queue_take(&fixture->items, NULL);
        MessageFile is, wanted;

        g_assert_nonnull(item);
        g_assert_cmpstr(item->name, ==, name);
        g_assert_cmpint(item->sender_pid, ==, MANAGER);
        g_assert_cmpuint(item->sender_uid, ==, geteuid());
        g_assert_cmpint(item->kind, ==, BELLHOP_KIND_MEMFD);
        g_assert_cmpint(message_file_of(item->fd, &is), ==, 0);
        g_assert_cmpint(message_file_of(file, &wanted), ==, 0);
        g_assert_true(message_file_equal(&is, &wanted));
        g_assert_cmpint(fcntl(item->fd, F_GETFD), ==, FD_CLOEXEC);
        queued_item_free(item);
}

static void assert_none(const Fixture *fixture) {
        g_assert_null(fixture->items.first);
}

static off_t receipt(int manifest) {
        return lseek(manifest, 0, SEEK_CUR);
}

static void test_in_order(void) {
        int manifest, second;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 3);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        assert_none(&fixture);
        for (unsigned int i = 0; i < 3; i++) {
                g_assert_cmpint(receipt(manifest), ==, i);
                g_assert_cmpint(receive(&fixture, fixture.files[i]), ==, 0);
                assert_item(&fixture, (const char *[]){ "a", "b", "c" }[i], fixture.files[i]);
        }
        g_assert_cmpint(receipt(manifest), ==, 3);
        g_assert_null(fixture.intake.batches[BELLHOP_SIGNAL_MEMFD]); /* nothing is kept */

        second = manifest_new(&fixture, 1);
        g_assert_cmpint(receive(&fixture, second), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        fixture_done(&fixture);
}

/* Each signal has its own order, and what is expected on one isn't on another. */
static void test_signals_apart(void) {
        int manifest, other;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 2);
        other = manifest_new(&fixture, 1);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        g_assert_cmpint(receive_from(&fixture, other, 50, MANAGER, geteuid()), ==, 0);
        g_assert_cmpint(receive_from(&fixture, fixture.files[1], 50, MANAGER, geteuid()), ==,
                        -EPERM);
        g_assert_cmpint(receive_from(&fixture, fixture.files[0], 50, MANAGER, geteuid()), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        g_assert_cmpint(receipt(manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        fixture_done(&fixture);
}

/* What is lost on the way is never made up for by what comes after it. */
static void test_missing(void) {
        int manifest;
        Fixture fixture;

        fixture_init(&fixture);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, -EPERM); /* the manifest is */
        g_assert_nonnull(strstr(fixture.reason, "without a manifest"));
        manifest = manifest_new(&fixture, 3);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        g_assert_cmpint(receive(&fixture, fixture.files[2]), ==, -EPERM); /* "b" is */
        g_assert_nonnull(strstr(fixture.reason, "whose turn it was"));
        g_assert_cmpint(receive(&fixture, fixture.files[3]), ==, -EPERM); /* listed nowhere */
        assert_none(&fixture);
        g_assert_cmpint(receipt(manifest), ==, 1);

        /* The manager sees it and goes on from there. */
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[1]), ==, 0);
        assert_item(&fixture, "b", fixture.files[1]);
        g_assert_cmpint(receive(&fixture, fixture.files[2]), ==, 0);
        assert_item(&fixture, "c", fixture.files[2]);
        g_assert_cmpint(receipt(manifest), ==, 3);
        fixture_done(&fixture);
}

/* Sent again, though it had come: in the middle, and after all of it. */
static void test_again(void) {
        int manifest;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 2);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        for (unsigned int i = 0; i < 2; i++) {
                g_assert_cmpint(receive(&fixture, manifest), ==, 0);
                g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
                assert_none(&fixture);
                g_assert_cmpint(receive(&fixture, fixture.files[1]), ==, 0);
                if (i == 0)
                        assert_item(&fixture, "b", fixture.files[1]);
                assert_none(&fixture);
                g_assert_cmpint(receipt(manifest), ==, 2);
        }
        fixture_done(&fixture);
}

/* The manager gives up: what comes after that is closed, without a word. */
static void test_withdrawn(void) {
        int manifest;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 3);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        g_assert_cmpint(lseek(manifest, MESSAGE_ITEMS_MAX + 1, SEEK_CUR), ==,
                        MESSAGE_ITEMS_MAX + 2);
        g_assert_cmpint(receive(&fixture, fixture.files[1]), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[2]), ==, 0);
        assert_none(&fixture);

        /* Before the manifest was looked at. */
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        for (unsigned int i = 0; i < 3; i++)
                g_assert_cmpint(receive(&fixture, fixture.files[i]), ==, 0);
        assert_none(&fixture);
        fixture_done(&fixture);
}

/* Of a manifest that the manager gives up in the middle, nothing is kept: not its descriptor at the
 * next look, and no memory at the one after, when all that had been sent of it has been read. */
static void test_let_go(void) {
        int manifest, open_before;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 4);
        open_before = count_fds();
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        for (unsigned int i = 0; i < 2; i++) {
                intake_look(&fixture.intake); /* more is to come */
                intake_look(&fixture.intake);
                g_assert_cmpint(receive(&fixture, fixture.files[i]), ==, 0);
                assert_item(&fixture, (const char *[]){ "a", "b" }[i], fixture.files[i]);
        }
        g_assert_cmpint(count_fds(), ==, open_before + 1);
        (void)lseek(manifest, MESSAGE_ITEMS_MAX + 1, SEEK_CUR);
        intake_look(&fixture.intake);
        g_assert_cmpint(count_fds(), ==, open_before);
        g_assert_cmpint(receive(&fixture, fixture.files[2]), ==, 0);
        intake_look(&fixture.intake);
        g_assert_null(fixture.intake.batches[BELLHOP_SIGNAL_MEMFD]);
        assert_none(&fixture);

        /* The same when it is found out by an item. */
        manifest = manifest_new(&fixture, 2);
        g_assert_cmpint(receive(&fixture, manifest), ==, 0);
        (void)lseek(manifest, MESSAGE_ITEMS_MAX + 1, SEEK_CUR);
        for (unsigned int i = 0; i < 2; i++) {
                g_assert_cmpint(receive(&fixture, fixture.files[i]), ==, 0);
                intake_look(&fixture.intake);
        }
        g_assert_null(fixture.intake.batches[BELLHOP_SIGNAL_MEMFD]);
        assert_none(&fixture);
        fixture_done(&fixture);
}

/* One that died in the middle, and the next one; a third, who has nothing to do with it. */
static void test_senders(void) {
        int manifest, second;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 2);
        second = manifest_new(&fixture, 1);
        g_assert_cmpint(receive_from(&fixture, manifest, BELLHOP_SIGNAL_MEMFD, 17, geteuid()), ==,
                        0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, -EPERM); /* 17's, by another */
        g_assert_cmpint(receipt(manifest), ==, 0);
        g_assert_cmpint(receive(&fixture, second), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        g_assert_cmpint(receipt(manifest), ==, 0);
        fixture_done(&fixture);
}

/* By the same rules as a claim socket's owner. */
static void test_trust(void) {
        int manifest;
        uid_t stranger = geteuid() + 1;
        Fixture fixture;

        fixture_init(&fixture);
        manifest = manifest_new(&fixture, 1);
        g_assert_cmpint(receive_from(&fixture, manifest, 44, MANAGER, stranger), ==, -EPERM);
        g_assert_nonnull(strstr(fixture.reason, "another user"));
        g_assert_cmpint(receive_from(&fixture, manifest, 44, MANAGER, 0), ==, 0);
        g_assert_cmpint(receive_from(&fixture, fixture.files[0], 44, MANAGER, stranger), ==,
                        -EPERM);
        assert_none(&fixture);

        /* In a user namespace root may be anybody, unless it was said that it may. */
        fixture.trust = (Trust){ .user_namespace = TRUST_NAMESPACE_MAPPED };
        g_assert_cmpint(receive_from(&fixture, manifest, 44, MANAGER, 0), ==, -EPERM);
        g_assert_nonnull(strstr(fixture.reason, "user namespace"));
        fixture.trust.flags = BELLHOP_TRUST_NAMESPACE;
        g_assert_cmpint(receive_from(&fixture, manifest, 44, MANAGER, 65534), ==, 0);
        fixture_done(&fixture);
}

/* What could be no manifest of a manager. */
static void test_bad_manifests(void) {
        static const int seals[] = {
                0,
                SEALS & ~F_SEAL_SEAL,
                SEALS & ~F_SEAL_SHRINK,
                SEALS & ~F_SEAL_GROW,
                SEALS & ~F_SEAL_WRITE,
                (SEALS & ~F_SEAL_WRITE) | F_SEAL_FUTURE_WRITE,
        };
        static uint8_t large[MANIFEST_SIZE_MAX + 2];
        Fixture fixture;
        int fd;

        fixture_init(&fixture);
        for (size_t i = 0; i < G_N_ELEMENTS(seals); i++) {
                fd = manifest_sealed(&fixture, 1, seals[i]);
                g_assert_cmpint(receive(&fixture, fd), ==, -EPERM);
                (void)close(fd);
        }
        for (size_t size = 0; size < sizeof(large); size += size < 64 ? 1 : 4099) {
                fd = sealed(large, size, SEALS);
                g_assert_cmpint(receive(&fixture, fd), ==, -EPERM);
                (void)close(fd);
        }
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        g_assert_cmpint(receive(&fixture, fd), ==, -EPERM);
        (void)close(fd);
        assert_none(&fixture);
        fixture_done(&fixture);
}

/* With vm.memfd_noexec every memfd has one more. */
static void test_more_seals(void) {
        Fixture fixture;
        int fd;

        fixture_init(&fixture);
        fd = manifest_sealed(&fixture, 1, SEALS | F_SEAL_FUTURE_WRITE);
        fixture.manifests[fixture.manifest_count++] = fd;
        g_assert_cmpint(receive(&fixture, fd), ==, 0);
        g_assert_cmpint(receive(&fixture, fixture.files[0]), ==, 0);
        assert_item(&fixture, "a", fixture.files[0]);
        fixture_done(&fixture);
}

typedef struct Withdrawal {
        int manifest;
        off_t taken; /* what the manager is told */
} Withdrawal;

static void *withdraw(void *data) {
        Withdrawal *withdrawal = data;

        withdrawal->taken = lseek(withdrawal->manifest, MESSAGE_ITEMS_MAX + 1, SEEK_CUR) -
                            (MESSAGE_ITEMS_MAX + 1);
        return NULL;
}

/* Two lseek(2)s on what memfd_create(2) gives run into each other since Linux 6.15, and sendfd() is
 * a patch to 6.12: see docs/PROTOCOL.md. */
static bool steps_get_lost(void) {
        struct utsname name;
        unsigned int major, minor;

        g_assert_cmpint(uname(&name), ==, 0);
        g_assert_cmpint(sscanf(name.release, "%u.%u", &major, &minor), ==, 2);
        return major > 6 || (major == 6 && minor >= 15);
}

/* Its steps are whole on every kernel. */
static int manifest_new_stepped(Fixture *fixture, unsigned int count) {
        int fd = manifest_new(fixture, count), *own = &fixture->manifests[0];

        if (steps_get_lost()) {
                *own = fd_reopen(fd, O_RDONLY);
                g_assert_cmpint(*own, >=, 0);
                (void)close(fd);
        }
        return *own;
}

/* Both at once: what the manager is told is what the desk has. */
static void test_withdrawal_race(void) {
        for (unsigned int i = 0; i < 500; i++) {
                QueuedItem *item;
                Withdrawal withdrawal;
                unsigned int kept = 0;
                pthread_t thread;
                Fixture fixture;

                fixture_init(&fixture);
                withdrawal.manifest = manifest_new_stepped(&fixture, 4);
                g_assert_cmpint(receive(&fixture, withdrawal.manifest), ==, 0);
                g_assert_cmpint(pthread_create(&thread, NULL, withdraw, &withdrawal), ==, 0);
                for (unsigned int file = 0; file < 4; file++)
                        g_assert_cmpint(receive(&fixture, fixture.files[file]), ==, 0);
                g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
                while ((item = item_queue_take(&fixture.items, NULL))) {
                        queued_item_free(item);
                        kept++;
                }
                g_assert_cmpint(withdrawal.taken, ==, kept);
                fixture_done(&fixture);
        }
}

/* The kernel could make no descriptor: it stays with the manager; or didn't want to. */
static void test_no_descriptor(void) {
        static const struct {
                int error;
                int r;
        } errors[] = {
                { -EMFILE, -EMFILE }, { -ENFILE, -ENFILE }, { -ENOMEM, -ENOMEM },
                { -EACCES, -EPERM },  { -EPERM, -EPERM },
        };
        Fixture fixture;

        fixture_init(&fixture);
        for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
                const Parcel parcel = { .fd = errors[i].error, .signal = 44, .uid = geteuid() };

                g_assert_cmpint(intake_manager(&fixture.intake, &fixture.trust, &parcel,
                                               &fixture.items, &fixture.reason),
                                ==, errors[i].r);
                /* Of a peer's there is no other copy. */
                g_assert_cmpint(
                        intake_peer(&fixture.trust, &parcel, &fixture.items, &fixture.reason), ==,
                        -EPERM);
        }
        assert_none(&fixture);
        fixture_done(&fixture);
}

static int receive_peer(Fixture *fixture, uid_t uid) {
        const Parcel parcel = { .fd = file_new(), .signal = 50, .pid = 17, .uid = uid };

        return intake_peer(&fixture->trust, &parcel, &fixture->items, &fixture->reason);
}

static void test_peers(void) {
        QueuedItem *item;
        Fixture fixture;

        fixture_init(&fixture);
        g_assert_cmpint(receive_peer(&fixture, geteuid()), ==, 0);
        item = item_queue_take(&fixture.items, NULL);
        g_assert_nonnull(item);
        g_assert_cmpstr(item->name, ==, "");
        g_assert_cmpuint(item->flags, ==, BELLHOP_ITEM_PEER);
        g_assert_cmpint(item->kind, ==, BELLHOP_KIND_OTHER);
        g_assert_cmpint(item->signal, ==, 50);
        g_assert_cmpint(item->sender_pid, ==, 17);
        queued_item_free(item);

        /* Of this user alone: not even root's. */
        g_assert_cmpint(receive_peer(&fixture, geteuid() + 1), ==, -EPERM);
        if (geteuid() != 0)
                g_assert_cmpint(receive_peer(&fixture, 0), ==, -EPERM);
        assert_none(&fixture);
        fixture_done(&fixture);
}

/* The box between the signal handler and the thread that answers. */
static void test_parcels(void) {
        int fds_before = count_fds();
        ParcelSlot slots[PARCELS_MAX] = { 0 };
        Parcels parcels = { .slots = slots };
        Parcel parcel;

        for (unsigned int round = 0; round < 3; round++) {
                for (int i = 0; i < PARCELS_MAX; i++)
                        g_assert_true(parcels_put(
                                &parcels, &(Parcel){ .fd = file_new(), .signal = 34 + i % 31 }));
                g_assert_false(parcels_put(&parcels, &(Parcel){ .fd = file_new() }));
                g_assert_cmpint(count_fds(), ==, fds_before + PARCELS_MAX);
                for (int i = 0; i < PARCELS_MAX / 2; i++) { /* in order */
                        g_assert_true(parcels_take(&parcels, &parcel));
                        g_assert_cmpint(parcel.signal, ==, 34 + i % 31);
                        (void)close(parcel.fd);
                }
                parcels_done(&parcels);
                g_assert_false(parcels_take(&parcels, &parcel));
                g_assert_cmpint(count_fds(), ==, fds_before);
        }
}

/* As a signal brings them, with a desk for it and without. */
static void test_heard(void) {
        int fds_before = count_fds();
        HeardSignal heard = { .signal = 50, .code = SI_SENDFD, .pid = 17, .uid = 18 };
        ParcelSlot slots[PARCELS_MAX] = { 0 };
        Notes notes = { .parcels.slots = slots };
        Parcel parcel;

        heard.value = file_new();
        heard_signal_drop(&heard);
        g_assert_cmpint(count_fds(), ==, fds_before);

        heard.value = file_new();
        notes_hear(&notes, 0, &heard);
        g_assert_true(parcels_take(&notes.parcels, &parcel));
        g_assert_cmpint(parcel.fd, ==, heard.value);
        g_assert_cmpint(parcel.signal, ==, 50);
        g_assert_cmpint(parcel.pid, ==, 17);
        g_assert_cmpuint(parcel.uid, ==, 18);
        g_assert_cmpuint(notes.forged, ==, 0);

        /* The same number in a signal of another kind isn't a descriptor. */
        heard.code = SI_QUEUE;
        heard_signal_drop(&heard);
        g_assert_cmpint(fcntl(parcel.fd, F_GETFD), ==, FD_CLOEXEC);
        (void)close(parcel.fd);
        g_assert_cmpint(count_fds(), ==, fds_before);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/intake/in-order", test_in_order);
        g_test_add_func("/intake/signals-apart", test_signals_apart);
        g_test_add_func("/intake/missing", test_missing);
        g_test_add_func("/intake/again", test_again);
        g_test_add_func("/intake/withdrawn", test_withdrawn);
        g_test_add_func("/intake/let-go", test_let_go);
        g_test_add_func("/intake/senders", test_senders);
        g_test_add_func("/intake/trust", test_trust);
        g_test_add_func("/intake/bad-manifests", test_bad_manifests);
        g_test_add_func("/intake/more-seals", test_more_seals);
        g_test_add_func("/intake/withdrawal-race", test_withdrawal_race);
        g_test_add_func("/intake/no-descriptor", test_no_descriptor);
        g_test_add_func("/intake/peers", test_peers);
        g_test_add_func("/intake/parcels", test_parcels);
        g_test_add_func("/intake/heard", test_heard);
        return g_test_run();
}
