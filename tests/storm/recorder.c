/* Stands between a process and the C library (LD_PRELOAD): writes down, in order, every write, truncation, sync,
 * rename and removal of a file in one folder, and dies where it is told. power_loss.py reads the record and makes
 * from it what a disk may hold after the power was cut. A sync is only written down: what it makes durable is
 * what power_loss.py must not lose, so the machine's own disk is left alone.
 *
 * A record: operation (1 byte), length of the name (1), inode (8), place (8), length of the data (8), name, data;
 * little-endian. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum how { BEFORE = 0, IN_THE_MIDDLE = 1, AFTER = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;
static char folder[PATH_MAX];
static size_t folder_length;
static long left = -1; /* operations until the end, -1 for no end */
static enum how how;

/* Record what happens in `where` at the end of the file `to`; die at the `end`-th operation from now (0: do not). */
void recorder_start(const char *to, const char *where, long end, int how_to_end) {
    record = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    snprintf(folder, sizeof folder, "%s", where);
    folder_length = strlen(folder);
    left = end > 0 ? end : -1;
    how = (enum how)how_to_end;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* The path inside the folder, or NULL where it is not one whose content must last. */
static const char *inside(const char *path) {
    size_t length = strlen(path);
    if (strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == '\0') return ".";
    if (path[folder_length] != '/' || length < 4 || strcmp(path + length - 4, "-shm") == 0) return NULL;
    return path + folder_length + 1;
}

static const char *name_of(int file, char *path, uint64_t *inode) {
    char link[40];
    struct stat about;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0 || fstat(file, &about) != 0) return NULL;
    path[length] = '\0';
    *inode = about.st_ino;
    return S_ISREG(about.st_mode) || S_ISDIR(about.st_mode) ? inside(path) : NULL;
}

static void put(char operation, const char *name, uint64_t inode, uint64_t place, const void *data, uint64_t size) {
    unsigned char head[26];
    size_t length = strlen(name) & 0xff;
    head[0] = (unsigned char)operation;
    head[1] = (unsigned char)length;
    memcpy(head + 2, &inode, 8);
    memcpy(head + 10, &place, 8);
    memcpy(head + 18, &size, 8);
    struct iovec parts[] = {{head, sizeof head}, {(void *)name, length}, {(void *)data, size}};
    syscall(SYS_writev, record, parts, 3);
}

/* Whether this operation is the last one. */
static int last(void) { return left > 0 && --left == 0; }

static ssize_t written(int file, const void *data, size_t size, int64_t place) {
    char path[PATH_MAX];
    uint64_t inode;
    const char *name = record < 0 ? NULL : name_of(file, path, &inode);
    if (name == NULL) return place < 0 ? syscall(SYS_write, file, data, size) : syscall(SYS_pwrite64, file, data, size, place);
    pthread_mutex_lock(&lock);
    int64_t at = place < 0 ? lseek(file, 0, SEEK_CUR) : place;
    int end = last();
    if (end && how == BEFORE) die();
    size_t now = end && how == IN_THE_MIDDLE ? size / 2 : size;
    put('w', name, inode, (uint64_t)at, data, now);
    ssize_t done = syscall(SYS_pwrite64, file, data, now, at);
    if (end) die();
    if (place < 0 && done > 0) lseek(file, at + done, SEEK_SET);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int file, const void *data, size_t size) { return written(file, data, size, -1); }
ssize_t pwrite(int file, const void *data, size_t size, off_t place) { return written(file, data, size, place); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t place) { return written(file, data, size, place); }

static int truncated(int file, int64_t size) {
    char path[PATH_MAX];
    uint64_t inode;
    const char *name = record < 0 ? NULL : name_of(file, path, &inode);
    if (name == NULL) return (int)syscall(SYS_ftruncate, file, size);
    pthread_mutex_lock(&lock);
    int end = last();
    if (end && how == BEFORE) die();
    put('t', name, inode, (uint64_t)size, NULL, 0);
    int result = (int)syscall(SYS_ftruncate, file, size);
    if (end) die();
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int file, off_t size) { return truncated(file, size); }
int ftruncate64(int file, off64_t size) { return truncated(file, size); }

static int synced(int file, long call) {
    char path[PATH_MAX];
    uint64_t inode;
    const char *name = record < 0 ? NULL : name_of(file, path, &inode);
    if (name == NULL) return (int)syscall(call, file);
    pthread_mutex_lock(&lock);
    int end = last();
    if (end && how != AFTER) die();
    struct stat about;
    put(fstat(file, &about) == 0 && S_ISDIR(about.st_mode) ? 'd' : 's', name, inode, 0, NULL, 0);
    if (end) die();
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int file) { return synced(file, SYS_fsync); }
int fdatasync(int file) { return synced(file, SYS_fdatasync); }

static int removed(const char *path) {
    const char *name = record < 0 ? NULL : inside(path);
    if (name == NULL) return (int)syscall(SYS_unlink, path);
    pthread_mutex_lock(&lock);
    int end = last();
    if (end && how == BEFORE) die();
    put('u', name, 0, 0, NULL, 0);
    int result = (int)syscall(SYS_unlink, path);
    if (end) die();
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return removed(path); }

int rename(const char *from, const char *to) {
    const char *name = record < 0 ? NULL : inside(from), *other = record < 0 ? NULL : inside(to);
    if (name == NULL || other == NULL) return (int)syscall(SYS_rename, from, to);
    pthread_mutex_lock(&lock);
    int end = last();
    if (end && how == BEFORE) die();
    put('r', name, 0, 0, other, strlen(other));
    int result = (int)syscall(SYS_rename, from, to);
    if (end) die();
    pthread_mutex_unlock(&lock);
    return result;
}
