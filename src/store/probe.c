/* probe.c -- see probe.h.
 *
 * A damage that makes HDF5 write beyond a block without crashing the child may
 * still crash the parent, which holds other blocks there; with the flipped
 * bytes of tests/e2e_hostile.sh that has not been seen. */
#include "store/probe.h"

#include <errno.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extent_impl.h"
#include "store/h5.h"

enum {
    PATH_BYTES = 1024,
    SECONDS = 5,       /* of processor time for all files            */
    VALUES = 16 << 20, /* bytes of a dataset whose values are read   */
    SWELL = 1100,      /* by which compressed values may be larger   */
    DEPTH = 12,        /* of groups in groups                        */
    OBJECTS = 20000,
    FILES = 16,     /* that are remembered                         */
    ROOM = 1 << 30, /* bytes for a file's contents, beside twice its size */
    STARVED = 3     /* the child's status where that is not enough */
};

/* The file being read, for the parent to see. */
static char *reading;

/* Strings that HDF5 has allocated go back to it. */
static void give_back(hid_t type, hid_t space, void *block)
{
    if (H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0) {
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, block);
    }
}

/* Of the messages of a failed call, is one about memory? */
static herr_t is_memory(unsigned n, const H5E_error2_t *e, void *data)
{
    (void)n;
    *(int *)data |= e->maj_num == H5E_RESOURCE;
    return 0;
}

/* A text of variable length says how long it is, and HDF5 makes room for that,
 * up to 4 GB, and clears it, before it looks how much is there.  Nobody can ask
 * for that length before. */
static void stop_if_starved(void)
{
    int starved = 0;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, is_memory, &starved);
    if (starved) {
        _exit(STARVED);
    }
}

/* Read the values of an attribute or a dataset, as they are in the file. */
static void read_values(hid_t id, int is_attr, hid_t type, hid_t space,
                        hsize_t stored)
{
    const exg_int n = exg_extent_count(space);
    const size_t size = H5Tget_size(type);
    void *block;
    herr_t rc;

    if (n < 1 || n > VALUES || size < 1 || size > VALUES ||
        (size_t)n * size > VALUES || (size_t)n * size / SWELL > stored) {
        return;
    }
    block = calloc((size_t)n, size);
    if (block == NULL) {
        return;
    }
    rc = is_attr ? H5Aread(id, type, block)
                 : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block);
    if (rc >= 0) {
        give_back(type, space, block);
    } else {
        stop_if_starved();
    }
    free(block);
}

/* All attributes, each for itself: an iteration would end at a damaged one. */
static void read_attributes(hid_t object)
{
    const int n = H5Aget_num_attrs(object);

    for (int i = 0; i < n; i++) {
        const hid_t attr =
            H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)i,
                           H5P_DEFAULT, H5P_DEFAULT);
        hid_t type, space;

        if (attr < 0) {
            continue;
        }
        type = H5Aget_type(attr);
        space = H5Aget_space(attr);
        read_values(attr, 1, type, space, VALUES);
        H5Sclose(space);
        H5Tclose(type);
        H5Aclose(attr);
    }
}

static void read_dataset(hid_t set)
{
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    const hid_t list = H5Dget_create_plist(set);
    exg_int want, have;

    if (list >= 0 && H5Pget_layout(list) != H5D_VIRTUAL &&
        H5Pget_external_count(list) == 0) {
        const hsize_t stored = H5Dget_storage_size(set);

        /* counts chunks as the reader will */
        if (!exg_extent_is_hollow(set, space, &want, &have)) {
            read_values(set, 0, type, space, stored);
        }
    }
    H5Pclose(list);
    H5Sclose(space);
    H5Tclose(type);
}

/* How far the walk has come. */
typedef struct {
    int depth, objects;
} walk;

/* An object and what is below it.  Links may form circles: the bounds end
 * them. */
static herr_t on_link(hid_t group, const char *name, const H5L_info_t *info,
                      void *data)
{
    walk *w = data;
    const hid_t object = H5Oopen(group, name, H5P_DEFAULT);

    (void)info;
    if (object < 0 || w->objects++ > OBJECTS) {
        return object < 0 ? 0 : 1;
    }
    read_attributes(object);
    if (H5Iget_type(object) == H5I_DATASET) {
        read_dataset(object);
    } else if (H5Iget_type(object) == H5I_GROUP && w->depth < DEPTH) {
        w->depth++;
        H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, NULL, on_link, w);
        w->depth--;
    }
    H5Oclose(object);
    return 0;
}

int exg_probe_is_hdf5(const char *path)
{
    static const unsigned char magic[4] = {0x89, 'H', 'D', 'F'};
    unsigned char head[4] = {0};
    struct stat s;
    FILE *f = NULL;
    size_t n = 0;

    if (stat(path, &s) == 0 && S_ISREG(s.st_mode)) { /* a pipe may never end */
        f = fopen(path, "rb");
    }
    if (f != NULL) {
        n = fread(head, 1, sizeof head, f);
        fclose(f);
    }
    return n == sizeof head && memcmp(head, magic, sizeof head) == 0;
}

/* Whether a file has been read before, by whatever name; then it has from now
 * on.  A command line names it once among the arguments and once as the value
 * of an option. */
static int is_known(const char *path)
{
    static struct {
        dev_t device;
        ino_t inode;
    } known[FILES];
    static int n;
    struct stat s;

    if (stat(path, &s) != 0) {
        return 0;
    }
    for (int i = 0; i < n; i++) {
        if (known[i].device == s.st_dev && known[i].inode == s.st_ino) {
            return 1;
        }
    }
    if (n < FILES) {
        known[n].device = s.st_dev;
        known[n++].inode = s.st_ino;
    }
    return 0;
}

/* Bytes that this process has mapped; 0 if unknown. */
static double mapped(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    char line[128] = "";

    if (f != NULL) {
        if (fgets(line, sizeof line, f) == NULL) {
            line[0] = '\0';
        }
        fclose(f);
    }
    return strtod(line, NULL) * (double)sysconf(_SC_PAGESIZE);
}

/* Memory for what a sound file of this size can hold.  A sanitizer's shadow is
 * larger than any file, and its allocator does not return without memory. */
static void bound_memory(const char *path)
{
    const double used = mapped();
    struct rlimit limit;
    struct stat s;
    rlim_t bytes;

    if (used <= 0 || used > 1e12 || stat(path, &s) != 0 ||
        getrlimit(RLIMIT_AS, &limit) != 0) {
        return;
    }
    bytes = (rlim_t)used + ROOM + 2 * (rlim_t)s.st_size;
    if (limit.rlim_max == RLIM_INFINITY || bytes < limit.rlim_max) {
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_AS, &limit);
    }
}

void exg_probe_file(const char *text)
{
    const char *colon = strstr(text, ":/");
    char path[PATH_BYTES];
    hid_t file;

    if (snprintf(path, sizeof path, "%s", text) >= PATH_BYTES) {
        return;
    }
    if (!exg_probe_is_hdf5(path) && colon != NULL) {
        path[colon - text] = '\0';
    }
    if (path[0] == '\0' || !exg_probe_is_hdf5(path) || is_known(path)) {
        return;
    }
    if (reading != NULL) {
        memcpy(reading, path, sizeof path);
    }
    bound_memory(path);
    exg_h5_begin();
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file >= 0) {
        on_link(file, "/", NULL, &(walk){0});
        H5Fclose(file);
    }
}

/* The child leaves no core file, and does not outlive who waits for it. */
static void depend(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* No output, and no more time than is due. */
static void confine(void)
{
    const struct rlimit time = {SECONDS, SECONDS};

    setrlimit(RLIMIT_CPU, &time);
    if (freopen("/dev/null", "w", stdout) == NULL ||
        freopen("/dev/null", "w", stderr) == NULL) {
        _exit(0);
    }
}

static exg_status verdict(const char *file, int status)
{
    if (WIFEXITED(status)) {
        return EXG_OK;
    }
    if (WIFSIGNALED(status) &&
        (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)) {
        return exg_fail(EXG_EINPUT,
                        "%s: damaged: reading it does not come to an end",
                        file);
    }
    return exg_fail(EXG_EINPUT, "%s: damaged: HDF5 crashes on it (%s)", file,
                    strsignal(WTERMSIG(status)));
}

/* How a child has ended; -1 if there is none. */
static int wait_for(pid_t child, int *status)
{
    pid_t got;

    do {
        got = child > 0 ? waitpid(child, status, 0) : -1;
    } while (got < 0 && child > 0 && errno == EINTR);
    return got == child && child > 0 ? 0 : -1;
}

exg_status exg_probe_guard(const char *path, int (*work)(void *data),
                           void *data, int *code)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        depend();
        status = work(data);
        fflush(NULL);
        _exit(status);
    }
    if (wait_for(child, &status) != 0) {
        *code = work(data); /* on trust */
        return EXG_OK;
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    return verdict(path, status);
}

exg_status exg_probe_run(void (*work)(void *data), void *data)
{
    exg_status st = EXG_OK;
    const char *file;
    int status = 0;
    pid_t child;

    reading = mmap(NULL, PATH_BYTES, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (reading == MAP_FAILED) {
        reading = NULL;
        return exg_fail(EXG_ENOMEM, "out of memory: %s", strerror(errno));
    }
    fflush(NULL); /* what is buffered would be written twice */
    child = fork();
    if (child == 0) {
        depend();
        confine();
        work(data);
        _exit(0);
    }
    if (wait_for(child, &status) == 0) { /* else it is taken on trust */
        file = reading[0] != '\0' ? reading : "an input file";
        st = WIFEXITED(status) && WEXITSTATUS(status) == STARVED
                 ? exg_fail(EXG_EINPUT,
                            "%s: damaged: it claims to hold more than it can",
                            file)
                 : verdict(file, status);
    }
    munmap(reading, PATH_BYTES);
    reading = NULL;
    return st;
}
