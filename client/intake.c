/* SPDX-License-Identifier: MIT */
/* Manifests and their items. */
#include "intake.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "message.h"

struct Batch {
        int fd; /* the manifest, while something is to come: its offset is the receipt; owned */
        pid_t sender;
        unsigned int count;
        unsigned int next; /* the item that is expected */
        bool withdrawn;
        unsigned int looks; /* intake_look() has found it withdrawn so often */
        MessageItem items[MESSAGE_ITEMS_MAX];
        MessageFile files[MESSAGE_ITEMS_MAX];
        uint8_t text[MANIFEST_SIZE_MAX + 1]; /* as it was read; items borrow their names */
};

/* Mostly there is one at a time, and it is the first thing that a young program would allocate,
 * which costs more than to take what it describes. */
static Batch first_batch;
static atomic_bool first_batch_is_taken;

/* Returns: NULL: no memory. */
static Batch *batch_alloc(void) {
        if (!atomic_exchange(&first_batch_is_taken, true))
                return &first_batch;
        return malloc(sizeof(Batch));
}

static Batch *batch_free(Batch *batch) {
        if (!batch)
                return NULL;
        fd_close(batch->fd);
        if (batch == &first_batch)
                atomic_store(&first_batch_is_taken, false);
        else
                free(batch);
        return NULL;
}
DEFINE_CLEANUP(Batch, batch_free)

/* What still comes of it was sent before, and is known by it. */
static void batch_end(Batch *batch) {
        batch->fd = fd_close(batch->fd);
        batch->next = batch->count;
        batch->withdrawn = true;
}

static int refuse(const char *reason, const char **ret_reason) {
        *ret_reason = reason;
        return -EPERM;
}

/* Returns: 0; -EBADMSG: it is no manifest; -ENOMEM. Consumes fd on success only. */
static int batch_new(int fd, pid_t sender, Batch **ret) {
        _cleanup_(batch_free_cleanup) Batch *batch = NULL;
        ssize_t length;
        int count, seals;
        off_t taken;

        seals = fcntl(fd, F_GET_SEALS);
        if (seals < 0 || (seals & MANIFEST_SEALS) != MANIFEST_SEALS)
                return -EBADMSG;
        /* Its last part is as large as the largest manifest, and touched no further than needed. */
        batch = batch_alloc();
        if (!batch)
                return -ENOMEM;
        batch->fd = -EBADF;
        batch->sender = sender;
        batch->withdrawn = false;
        batch->looks = 0;
        length = pread(fd, batch->text, sizeof(batch->text), 0);
        if (length < 0)
                return -EBADMSG;
        count = message_decode_manifest(batch->text, (size_t)length, batch->items, batch->files);
        taken = lseek(fd, 0, SEEK_CUR);
        if (count < 0 || taken < 0)
                return -EBADMSG;

        batch->count = (unsigned int)count;
        batch->next = (unsigned int)(taken < count ? taken : count);
        batch->withdrawn = taken > count;
        batch->fd = fd;
        *ret = TAKE_POINTER(batch);
        return 0;
}

/* Which item of the batch it is: the next, an earlier one, or none (count). */
static unsigned int batch_find(const Batch *batch, const MessageFile *file) {
        if (batch->next < batch->count && message_file_equal(&batch->files[batch->next], file))
                return batch->next;
        for (unsigned int i = 0; i < batch->next; i++)
                if (message_file_equal(&batch->files[i], file))
                        return i;
        return batch->count;
}

/* Consumes the descriptor on success only. Returns: NULL when memory runs out. */
static QueuedItem *item_new(const ItemQueue *items, const Parcel *parcel,
                            const MessageItem *record) {
        QueuedItem *item = queued_item_new(items, parcel->fd, record->name, record->name_length);

        if (!item)
                return NULL;
        item->kind = record->kind;
        item->signal = record->signal;
        item->flags = record->flags;
        item->sender_pid = parcel->pid;
        item->sender_uid = parcel->uid;
        return item;
}

/* The expected item. Returns: 1 the descriptor was consumed; 0 the manager has withdrawn the rest;
 * -ENOMEM. */
static int batch_accept(Batch **slot, const Parcel *parcel, ItemQueue *items) {
        Batch *batch = *slot;
        QueuedItem *item = item_new(items, parcel, &batch->items[batch->next]);

        if (!item)
                return -ENOMEM;
        /* The kernel adds, so that of this and the manager's withdrawing one comes first for both.
         */
        if (lseek(batch->fd, 1, SEEK_CUR) != (off_t)batch->next + 1) {
                item->fd = -EBADF;
                queued_item_free(item);
                batch_end(batch);
                return 0;
        }
        item_queue_append(items, item);
        if (++batch->next == batch->count) {
                *slot = NULL; /* a fork by another thread may come in between */
                batch_free(batch);
        }
        return 1;
}

/* Begins a batch. Returns: 1 the descriptor was consumed, or negative errno. */
static int batch_begin(Batch **slot, const Parcel *parcel, const char **ret_reason) {
        Batch *batch, *before;
        int r = batch_new(parcel->fd, parcel->pid, &batch);

        if (r == -EBADMSG)
                return refuse(*slot ? "a descriptor came that isn't the one whose turn it was"
                                    : "a descriptor came without a manifest",
                              ret_reason);
        if (r < 0)
                return r;
        if (batch->next == batch->count) /* all is here; what still comes of it is known by this */
                batch->fd = fd_close(batch->fd);
        before = *slot;
        *slot = batch;
        batch_free(before);
        return 1;
}

/* Returns: 1 the descriptor was consumed, 0 it isn't needed, or negative errno. */
static int batch_receive(Batch **slot, const Parcel *parcel, ItemQueue *items,
                         const char **ret_reason) {
        Batch *batch = *slot;
        MessageFile file;
        unsigned int i;
        int r = message_file_of(parcel->fd, &file);

        if (r < 0)
                return refuse("the kernel doesn't say which file a descriptor is of", ret_reason);
        if (!batch || batch->sender != parcel->pid)
                return batch_begin(slot, parcel, ret_reason);
        i = batch_find(batch, &file);
        if (i == batch->count)
                return batch_begin(slot, parcel, ret_reason);
        return i == batch->next ? batch_accept(slot, parcel, items) : 0;
}

static int parcel_check(const Parcel *parcel, const char *reason, const char **ret_reason) {
        if (reason)
                return refuse(reason, ret_reason);
        if (parcel->fd >= 0)
                return 0;
        if (parcel->fd == -EMFILE || parcel->fd == -ENFILE || parcel->fd == -ENOMEM)
                return parcel->fd;
        return refuse("the kernel didn't let a descriptor pass (a security module)", ret_reason);
}

static void intake_note(Intake *intake, int signal) {
        uint64_t bit = BELLHOP_SIGNAL_BIT(signal);

        intake->begun = intake->batches[signal] ? intake->begun | bit : intake->begun & ~bit;
}

int intake_manager(Intake *intake, Trust *trust, const Parcel *parcel, ItemQueue *items,
                   const char **ret_reason) {
        _cleanup_fd_ int fd = parcel->fd;
        int r = parcel_check(parcel, trust_check(trust, parcel->uid, parcel->pid), ret_reason);

        if (r == 0) {
                r = batch_receive(&intake->batches[parcel->signal], parcel, items, ret_reason);
                intake_note(intake, parcel->signal);
        }
        if (r > 0)
                TAKE_FD(fd);
        return r < 0 ? r : 0;
}

int intake_peer(Trust *trust, const Parcel *parcel, ItemQueue *items, const char **ret_reason) {
        const MessageItem record = {
                .kind = BELLHOP_KIND_OTHER,
                .signal = (uint8_t)parcel->signal,
                .flags = BELLHOP_ITEM_PEER,
                .name = "",
        };
        _cleanup_fd_ int fd = parcel->fd;
        QueuedItem *item = NULL;
        int r = parcel_check(parcel, trust_check_peer(trust, parcel->uid), ret_reason);

        if (r == 0) {
                item = item_new(items, parcel, &record);
                r = item ? 0 : -ENOMEM;
        }
        if (r == -EPERM)
                return r;
        if (r < 0)
                return refuse("a peer's descriptor is lost: there was no room for it", ret_reason);
        TAKE_FD(fd);
        item_queue_append(items, item);
        return 0;
}

static bool batch_is_withdrawn(Batch *batch) {
        if (batch->fd >= 0 && lseek(batch->fd, 0, SEEK_CUR) > (off_t)batch->count)
                batch_end(batch);
        return batch->withdrawn;
}

/* It may have been withdrawn since the signals were read, and the last of it sent just before. All
 * of that is here when they have been read once more. */
void intake_look(Intake *intake) {
        for (uint64_t signals = intake->begun; signals != 0; signals &= signals - 1) {
                int signal = __builtin_ctzll(signals) + 1;
                Batch *batch = intake->batches[signal];

                if (!batch_is_withdrawn(batch) || ++batch->looks < 2)
                        continue;
                intake->batches[signal] = NULL;
                batch_free(batch);
                intake_note(intake, signal);
        }
}

void intake_done(Intake *intake) {
        for (size_t i = 0; i < ARRAY_SIZE(intake->batches); i++)
                intake->batches[i] = batch_free(intake->batches[i]);
        intake->begun = 0;
}
