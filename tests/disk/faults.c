/* Faults of a disk for one folder: every write, sync and creation below FAULTS_FOLDER does what the first byte
 * of the file FAULTS_CONTROL says: '0' as usual, 'E' EIO, 'R' EROFS, 'F' ENOSPC, 's' half a second for each
 * sync, 'S' three seconds. Loaded by LD_PRELOAD (tests/disk/test_disk_faults.py). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char mode(void) {
    const char *path = getenv("FAULTS_CONTROL");
    char found = '0';
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0) : -1;
    if (fd >= 0) {
        if (syscall(SYS_read, fd, &found, 1) != 1) found = '0';
        syscall(SYS_close, fd);
    }
    return found;
}

static int ours(const char *path) {
    const char *folder = getenv("FAULTS_FOLDER");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int ours_fd(int fd) {
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return ours(path);
}

/* Whether the call fails; errno is set. */
static int fails(int touches) {
    if (!touches) return 0;
    switch (mode()) {
        case 'E': errno = EIO; return 1;
        case 'R': errno = EROFS; return 1;
        case 'F': errno = ENOSPC; return 1;
    }
    return 0;
}

static void slow(int fd) {
    char how = mode();
    if (ours_fd(fd) && (how == 'S' || how == 's')) {
        struct timespec wait = {how == 'S' ? 3 : 0, how == 'S' ? 0 : 500000000L};
        nanosleep(&wait, NULL);
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) { return fails(ours_fd(fd)) ? -1 : REAL(write)(fd, data, size); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return fails(ours_fd(fd)) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return fails(ours_fd(fd)) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
int ftruncate(int fd, off_t size) { return fails(ours_fd(fd)) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(ours_fd(fd)) ? -1 : REAL(ftruncate64)(fd, size); }
int fsync(int fd) { slow(fd); return fails(ours_fd(fd)) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { slow(fd); return fails(ours_fd(fd)) ? -1 : REAL(fdatasync)(fd); }

int access(const char *path, int how) {
    return (how & W_OK) && mode() == 'R' && fails(ours(path)) ? -1 : REAL(access)(path, how);
}

static int opens(const char *path, int flags) {
    return (flags & (O_WRONLY | O_RDWR | O_CREAT)) && fails(ours(path));
}
int open(const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags); mode_t rights = va_arg(rest, mode_t); va_end(rest);
    return opens(path, flags) ? -1 : REAL(open)(path, flags, rights);
}
int open64(const char *path, int flags, ...) {
    va_list rest; va_start(rest, flags); mode_t rights = va_arg(rest, mode_t); va_end(rest);
    return opens(path, flags) ? -1 : REAL(open64)(path, flags, rights);
}
