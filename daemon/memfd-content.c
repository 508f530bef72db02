/* SPDX-License-Identifier: MIT */
/* Makes the content of a memfd unit: a sealed snapshot of a file or a text, or empty memory. */
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "memfd.h"

#ifndef MFD_NOEXEC_SEAL
#        define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_EXEC
#        define F_SEAL_EXEC 0x0020
#endif

/* memfd_create(2) takes names up to 249 bytes. */
#define MEMFD_NAME_MAX 240

#define COPY_CHUNK (1024 * 1024)

typedef struct HugePageRow {
        unsigned int flags; /* of memfd_create(2) */
        uint64_t page_size; /* a size must be a multiple of it; 0: any */
} HugePageRow;

static const HugePageRow huge_page_rows[] = {
        [HUGE_PAGES_NO] = { 0, 0 },
        [HUGE_PAGES_2M] = { MFD_HUGETLB | MFD_HUGE_2MB, UINT64_C(2) << 20 },
        [HUGE_PAGES_1G] = { MFD_HUGETLB | MFD_HUGE_1GB, UINT64_C(1) << 30 },
};

static unsigned int settings_seals(const MemfdSettings *settings) {
        const unsigned int fixed_size = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
        if (settings->seals_set)
                return settings->seals;
        return settings->source || settings->content ? fixed_size | F_SEAL_WRITE : fixed_size;
}

/* vm.memfd_noexec=2 refuses a memfd that could be executed. */
static int create(const MemfdSettings *settings) {
        g_autofree char *name = g_strndup(settings->unit.name, MEMFD_NAME_MAX);
        unsigned int flags =
                MFD_CLOEXEC | MFD_ALLOW_SEALING | huge_page_rows[settings->huge_pages].flags;
        int fd = memfd_create(name, flags);
        if (fd < 0 && errno == EACCES)
                fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
        return fd < 0 ? -errno : fd;
}

static int seal(int fd, unsigned int seals) {
        /* What is sealed is that these bits don't change: so they go first. */
        if ((seals & F_SEAL_EXEC) && fchmod(fd, 0666) < 0)
                return -errno;
        return seals && fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

static int set_size(int fd, const MemfdSettings *settings, uint64_t size) {
        uint64_t page = huge_page_rows[settings->huge_pages].page_size;
        if (page)
                size = (size + page - 1) / page * page;
        return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

/* Huge pages can't be written to, only mapped. */
static int fill_mapped(int fd, const MemfdSettings *settings, const char *data, size_t length) {
        if (length == 0)
                return 0;
        int r = set_size(fd, settings, length);
        if (r < 0)
                return r;
        uint64_t page = huge_page_rows[settings->huge_pages].page_size;
        size_t mapped = (length + page - 1) / page * page;
        void *memory = mmap(NULL, mapped, PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
                return -errno;
        memcpy(memory, data, length);
        munmap(memory, mapped);
        return 0;
}

static int fill_text(int fd, const MemfdSettings *settings, uint64_t *ret_size) {
        size_t length = settings->content->len;
        if (length > settings->max_size)
                return -EFBIG;
        if (settings->huge_pages != HUGE_PAGES_NO) {
                int r = fill_mapped(fd, settings, settings->content->str, length);
                if (r < 0)
                        return r;
        } else {
                for (size_t done = 0; done < length;) {
                        ssize_t n = write(fd, settings->content->str + done, length - done);
                        if (n < 0)
                                return -errno;
                        done += (size_t)n;
                }
        }
        *ret_size = length;
        return 0;
}

/* For files that sendfile(2) doesn't take, as those of /proc. */
static ssize_t copy_chunk_by_hand(int to, int from) {
        char buffer[16 * 1024];
        ssize_t n = read(from, buffer, sizeof(buffer));
        for (ssize_t done = 0; done < n;) {
                ssize_t written = write(to, buffer + done, (size_t)(n - done));
                if (written < 0)
                        return -1;
                done += written;
        }
        return n;
}

static ssize_t copy_chunk(int to, int from) {
        ssize_t n = sendfile(to, from, NULL, COPY_CHUNK);
        return n < 0 && errno == EINVAL ? copy_chunk_by_hand(to, from) : n;
}

/* Not more than MaxSize=, however the file grows meanwhile. */
static int copy(int to, int from, uint64_t max_size, uint64_t *ret_size) {
        uint64_t size = 0;
        for (;;) {
                ssize_t n = copy_chunk(to, from);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n == 0)
                        break;
                if (n > 0)
                        size += (uint64_t)n;
                if (size > max_size)
                        return -EFBIG;
        }
        *ret_size = size;
        return 0;
}

static int copy_mapped(int to, const MemfdSettings *settings, int from, uint64_t *ret_size) {
        uint64_t size = 0;
        _cleanup_fd_ int plain = memfd_create("copy", MFD_CLOEXEC);
        if (plain < 0)
                return -errno;
        int r = copy(plain, from, settings->max_size, &size);
        if (r < 0)
                return r;
        void *data = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, plain, 0) : NULL;
        if (data == MAP_FAILED)
                return -errno;
        r = fill_mapped(to, settings, data, size);
        if (data)
                munmap(data, size);
        if (r >= 0)
                *ret_size = size;
        return r;
}

static int fill_file(int fd, const MemfdSettings *settings, uint64_t *ret_size,
                     const char **ret_step) {
        struct stat st;
        *ret_step = "open";
        /* Not blocking: it may be a FIFO, which then is refused. */
        _cleanup_fd_ int source =
                open(settings->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (source < 0)
                return -errno;
        if (fstat(source, &st) < 0)
                return -errno;
        *ret_step = "read";
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        if ((uint64_t)st.st_size > settings->max_size)
                return -EFBIG;
        return settings->huge_pages != HUGE_PAGES_NO
                       ? copy_mapped(fd, settings, source, ret_size)
                       : copy(fd, source, settings->max_size, ret_size);
}

static int fill(int fd, const MemfdSettings *settings, uint64_t *ret_size, const char **ret_step) {
        if (settings->source)
                return fill_file(fd, settings, ret_size, ret_step);
        if (settings->content) {
                *ret_step = "write";
                return fill_text(fd, settings, ret_size);
        }
        *ret_step = "ftruncate";
        int r = set_size(fd, settings, settings->size);
        if (r >= 0)
                *ret_size = settings->size;
        return r;
}

int memfd_make(const MemfdSettings *settings, uint64_t *ret_size, const char **ret_step) {
        uint64_t size = 0;
        *ret_step = "memfd_create";
        _cleanup_fd_ int fd = create(settings);
        if (fd < 0)
                return fd;
        int r = fill(fd, settings, &size, ret_step);
        if (r < 0)
                return r;
        *ret_step = "seek";
        if (lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        *ret_step = "seal";
        r = seal(fd, settings_seals(settings));
        if (r < 0)
                return r;
        *ret_size = size;
        return TAKE_FD(fd);
}
