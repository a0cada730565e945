/* mpi_shared.c -- memory that all ranks of a host see, and where there is none.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "par/reduce.h"
#include "par/shared.h"
#include "support.h"

enum {
    SIZE = 3000 /* numbers in a part: no whole page */
};

/* What rank `from` writes for rank `to`. */
static int64_t value(int from, int to, exg_int i)
{
    return from * 1000003 + to * 1009 + i;
}

/* Each rank writes into its own part, reads all, then answers in all. */
static int passes(const exg_shared *s)
{
    const int size = world->size, rank = world->rank;
    int64_t *mine = s->at[rank];
    int good = 1;

    for (exg_int i = 0; i < SIZE; i++) {
        mine[i] = value(rank, 0, i);
    }
    exg_shared_meet(world);
    for (int r = 0; r < size; r++) {
        const int64_t *theirs = s->at[r];

        for (exg_int i = 0; i < SIZE; i++) {
            good &= theirs[i] == value(r, 0, i);
        }
    }
    exg_shared_meet(world);
    for (int r = 0; r < size; r++) { /* every size-th of each part is mine */
        for (exg_int i = rank; i < SIZE; i += size) {
            ((int64_t *)s->at[r])[i] = value(rank, r, i);
        }
    }
    exg_shared_meet(world);
    for (exg_int i = 0; i < SIZE; i++) {
        good &= mine[i] == value((int)(i % size), rank, i);
    }
    exg_shared_meet(world);
    return good;
}

/* Mapped parts: files in /dev/shm that never had a name. */
static int parts_held(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512];
    int n = 0;

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        n += strstr(line, " /dev/shm/#") != NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    return n;
}

static int files_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (dir != NULL && readdir(dir) != NULL) {
        n++;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return n;
}

START_TEST(ranks_see_what_others_write)
{
    exg_shared s = {.at = NULL};
    const exg_int bytes = SIZE * (exg_int)sizeof(int64_t);
    const int files = files_open();

    if (!exg_shared_grow(world, world->rank == 0 ? bytes : 1, &s)) {
        ck_all(world, s.at == NULL && world->size == 1);
        return; /* one rank shares with nobody */
    }
    ck_all(world, s.bytes >= bytes && s.size == world->size);
    ck_all(world, (uintptr_t)s.at[world->rank] % 64 == 0);
    ck_all(world, parts_held() == world->size && files_open() == files);
    ck_all(world, passes(&s));
    ck_all(world, exg_shared_grow(world, 4 * bytes, &s));
    ck_all(world, s.bytes >= 4 * bytes && passes(&s));
    ck_all(world, exg_shared_grow(world, bytes, &s)); /* there is room */
    ck_all(world, s.bytes >= 4 * bytes && passes(&s));
    ck_all(world, parts_held() == world->size);
    exg_shared_free(&s);
    ck_all(world, s.at == NULL && parts_held() == 0);
}
END_TEST

/* One rank wants more than there is: all go without, and nothing stays. */
START_TEST(without_room_all_ranks_go_without)
{
    exg_shared s = {.at = NULL};
    const exg_int huge = (exg_int)1 << 58;
    const int files = files_open();

    ck_all(world, !exg_shared_grow(
                      world, world->rank == world->size - 1 ? huge : 8, &s));
    ck_all(world, s.at == NULL && parts_held() == 0);
    ck_all(world, files_open() == files && exg_err_text()[0] == '\0');
    ck_all(world, !exg_shared_grow(world, 8, &s)); /* nor later */
    exg_shared_free(&s);
}
END_TEST

/* `ulimit -f` of one rank, beyond which the system would end it. */
START_TEST(files_may_not_be_so_long_and_no_signal_comes)
{
    const exg_int bytes = SIZE * (exg_int)sizeof(int64_t);
    exg_shared s = {.at = NULL};
    struct rlimit was, now;

    ck_all(world, getrlimit(RLIMIT_FSIZE, &was) == 0);
    now = was;
    now.rlim_cur = (rlim_t)bytes; /* but not what else is in a file */
    if (world->rank == world->size - 1) {
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ck_all(world, !exg_shared_grow(world, bytes, &s));
    setrlimit(RLIMIT_FSIZE, &was);
    ck_all(world, s.at == NULL && parts_held() == 0);
    exg_shared_free(&s);
}
END_TEST

START_TEST(what_is_not_allowed_is_not_had)
{
    exg_shared s = {.at = NULL};

    exg_shared_allow(0);
    ck_all(world, !exg_shared_grow(world, 8, &s) && s.at == NULL);
    exg_shared_allow(1);
    ck_all(world, exg_shared_grow(world, 8, &s) == (world->size > 1));
    exg_shared_allow(0); /* no longer */
    ck_all(world, !exg_shared_grow(world, 8, &s) && s.at == NULL);
    exg_shared_allow(1);
    exg_shared_free(&s);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *suite = suite_create("shared");
    TCase *c = tcase_create("shared");

    tcase_add_test(c, ranks_see_what_others_write);
    tcase_add_test(c, without_room_all_ranks_go_without);
    tcase_add_test(c, files_may_not_be_so_long_and_no_signal_comes);
    tcase_add_test(c, what_is_not_allowed_is_not_had);
    suite_add_tcase(suite, c);
    return suite;
}
