/* sound.c -- see sound.h. */
#include "sound.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "damage.h"
#include "fuzz.h"

enum {
    MOST = 4 << 20 /* bytes of a changed file: none grows that large */
};

static unsigned char *sound;
static size_t sound_size;
static int fd = -1;
static char path[1024];
static hid_t open_file = -1;

static void forget(void)
{
    unlink(path);
}

hid_t sound_begin(void)
{
    const char *folder = getenv("TMPDIR");
    hid_t file;

    snprintf(path, sizeof path, "%s/exg-sound-XXXXXX",
             folder != NULL ? folder : "/dev/shm");
    fd = mkstemp(path);
    fuzz_want(fd >= 0, path);
    atexit(forget);
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    fuzz_want(file >= 0, "no file to begin with");
    return file;
}

void sound_adopt(const char *name)
{
    hid_t file;

    snprintf(path, sizeof path, "%s", name);
    fd = open(path, O_RDWR);
    fuzz_want(fd >= 0, path);
    atexit(forget);
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    fuzz_want(file >= 0, "the sound file does not open");
    sound_keep(file);
}

/* Read the whole file again. */
static size_t load(unsigned char *to, size_t most)
{
    const off_t size = lseek(fd, 0, SEEK_END);

    fuzz_want(size >= 0 && (size_t)size <= most &&
                  pread(fd, to, (size_t)size, 0) == (ssize_t)size,
              "the file cannot be read");
    return (size_t)size;
}

void sound_keep(hid_t file)
{
    /* What HDF5 has freed it keeps: half the time went into asking for the
     * same pages again. */
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1);
    damage_look(file);
    H5Fclose(file);
    sound = malloc(MOST);
    fuzz_want(sound != NULL, "no memory");
    sound_size = load(sound, MOST);
}

const char *sound_change(const uint8_t *bytes, size_t size, size_t most)
{
    damage_plan plan = {bytes, size < most ? size : most};

    fuzz_want(ftruncate(fd, (off_t)sound_size) == 0 &&
                  pwrite(fd, sound, sound_size, 0) == (ssize_t)sound_size,
              "the file cannot be written");
    open_file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    fuzz_want(open_file >= 0, "the sound file does not open");
    damage_again(open_file, &plan);
    return path;
}

unsigned char *sound_bytes(size_t *size)
{
    static unsigned char bytes[MOST];

    H5Fflush(open_file, H5F_SCOPE_GLOBAL);
    *size = load(bytes, MOST);
    return bytes;
}

void sound_front(const unsigned char *bytes, size_t size)
{
    fuzz_want(pwrite(fd, bytes, size, 0) == (ssize_t)size,
              "the file cannot be written");
}

void sound_done(void)
{
    fuzz_want(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 1,
              "HDF5 objects are left open");
    H5Fclose(open_file);
    open_file = -1;
}
