/* A PKCS#11 library in front of SoftHSM, for a token that can be pulled out.
 *
 * The file $PULLED_TOKEN says how the token is: "away", "slow" (a tenth of a second for one signature),
 * "final" (one PIN try left), "locked"; anything else or no file: as SoftHSM is. While it is away its
 * sessions end, as a real token's do. Each login is counted by one byte in $PULLED_TOKEN.logins, each
 * signature that was asked for by one in $PULLED_TOKEN.signs.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long ulong;
typedef ulong (*function)();
enum { SLOT_LIST = 4, TOKEN_INFO = 6, OPEN_SESSION = 12, CLOSE_ALL = 14, LOGIN = 18, ATTRIBUTE = 24,
       FIND = 26, SIGN_INIT = 42, SIGN = 43, COUNT = 68 };
struct list { unsigned char version[2]; function call[COUNT]; };

static struct list *real, ours;
static const ulong DEVICE_REMOVED = 0x32;

static int is(const char *word) {
    char text[16] = "";
    FILE *file = fopen(getenv("PULLED_TOKEN"), "r");
    if (!file) return 0;
    if (!fgets(text, sizeof text, file)) text[0] = 0;
    fclose(file);
    return !strcmp(text, word);
}

static int away(void) {
    ulong slots[16], count = 16;
    if (!is("away")) return 0;
    if (!real->call[SLOT_LIST](1, slots, &count))
        while (count--) real->call[CLOSE_ALL](slots[count]);
    return 1;
}

static ulong slot_list(ulong present, ulong *slots, ulong *count) {
    if (!away() || !(present & 0xff)) return real->call[SLOT_LIST](present, slots, count);
    *count = 0;
    return 0;
}

static ulong token_info(ulong slot, unsigned char *info) {
    ulong rv = real->call[TOKEN_INFO](slot, info);
    ulong *flags = (ulong *)(info + 96);
    if (is("final")) *flags |= 0x20000;
    if (is("locked")) *flags |= 0x40000;
    return away() ? DEVICE_REMOVED : rv;
}

static void count(const char *what) {
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", getenv("PULLED_TOKEN"), what);
    FILE *file = fopen(name, "a");
    if (file) { fputc('x', file); fclose(file); }
}

static ulong login(ulong session, ulong user, void *pin, ulong length) {
    count("logins");
    return away() ? DEVICE_REMOVED : real->call[LOGIN](session, user, pin, length);
}

static ulong sign(ulong session, void *data, ulong length, void *value, ulong *size) {
    struct timespec tenth = {0, 100000000};
    if (value) count("signs");
    if (value && is("slow")) nanosleep(&tenth, NULL);
    return away() ? DEVICE_REMOVED : real->call[SIGN](session, data, length, value, size);
}

#define REMOVABLE(NAME, PLACE) \
    static ulong NAME(ulong a, ulong b, ulong c, ulong d, ulong e) { \
        return away() ? DEVICE_REMOVED : real->call[PLACE](a, b, c, d, e); }
REMOVABLE(open_session, OPEN_SESSION)
REMOVABLE(attribute, ATTRIBUTE)
REMOVABLE(find, FIND)
REMOVABLE(sign_init, SIGN_INIT)

ulong C_GetFunctionList(struct list **list) {
    void *library = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
    ulong (*get)(struct list **) = library ? (ulong (*)(struct list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real)) return 5;
    ours = *real;
    ours.call[SLOT_LIST] = slot_list;
    ours.call[TOKEN_INFO] = token_info;
    ours.call[LOGIN] = login;
    ours.call[SIGN] = sign;
    ours.call[OPEN_SESSION] = open_session;
    ours.call[ATTRIBUTE] = attribute;
    ours.call[FIND] = find;
    ours.call[SIGN_INIT] = sign_init;
    *list = &ours;
    return 0;
}
