/* damage.c -- see damage.h: what there is, and what is put in its place. */
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "damage_impl.h"

enum {
    OBJECTS = 256, /* most objects and attributes that are looked at */
    NAME = 160,    /* longest path or attribute name                 */
    VALUES = 8,    /* most that are replaced                         */
    ELEMENT = 64   /* bytes of the largest element written           */
};

/** An object, or an attribute of it. */
typedef struct {
    char path[NAME];
    char attr[NAME]; /* "" for the object itself */
} spot;

typedef struct {
    spot spot[OBJECTS];
    int n;
    hid_t file;
} spots;

static const char *const text[] = {
    "",
    "plain",
    "<script>alert(1)</script>&amp;]]>--><!--",
    "\"quoted\\\"', \"more\": \"",
    "\x1b[2J\x1b]0;title\x07red\x1b[31m",
    "\xff\xfe\xc3(\xed\xa0\x80",
    "two\r\nlines\ttab",
    "../../../../etc/passwd",
    "%s%n%n%1000000d",
    "-1e999",
    "--help",
    "conv9999x999999 conv1x999999 linear",
};

uint8_t damage_next(damage_plan *plan)
{
    if (plan->left == 0) {
        return 0;
    }
    plan->left--;
    return *plan->at++;
}

static void note(spots *s, const char *path, const char *attr)
{
    if (s->n < OBJECTS && strlen(path) < NAME && strlen(attr) < NAME) {
        snprintf(s->spot[s->n].path, NAME, "%s", path);
        snprintf(s->spot[s->n].attr, NAME, "%s", attr);
        s->n++;
    }
}

typedef struct {
    spots *all;
    const char *path;
} visit;

static herr_t on_attr(hid_t object, const char *name, const H5A_info_t *info,
                      void *data)
{
    const visit *v = data;

    (void)object;
    (void)info;
    note(v->all, v->path, name);
    return 0;
}

static herr_t on_object(hid_t root, const char *name, const H5O_info_t *info,
                        void *data)
{
    spots *s = data;
    char path[NAME] = "/";
    hsize_t from = 0;

    (void)info;
    if (strlen(name) + 2 > NAME) {
        return 0;
    }
    if (strcmp(name, ".") != 0) {
        snprintf(path, sizeof path, "/%s", name);
        note(s, path, "");
    }
    H5Aiterate_by_name(root, name, H5_INDEX_NAME, H5_ITER_INC, &from, on_attr,
                       &(visit){s, path}, H5P_DEFAULT);
    return 0;
}

/* Strings for a variable-length type. */
static void write_texts(hid_t to, int is_attr, hid_t type, int n,
                        damage_plan *plan)
{
    const char *list[DAMAGE_ELEMENTS];
    const uint8_t first = damage_next(plan);

    for (int i = 0; i < n; i++) {
        list[i] = text[((unsigned)first + (unsigned)i) %
                       (sizeof text / sizeof *text)];
    }
    if (is_attr) {
        H5Awrite(to, type, list);
    } else {
        H5Dwrite(to, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, list);
    }
}

/* The same bytes in every element: a byte over and over, or a text. */
static void write_bytes(hid_t to, int is_attr, hid_t type, int n, size_t size,
                        damage_plan *plan)
{
    static const uint8_t usual[] = {0, 1, 0x7f, 0x80, 0xff, 0x41, 3};
    const uint8_t how = damage_next(plan);
    const char *t = text[how % (sizeof text / sizeof *text)];
    char *block = malloc((size_t)n * size + 1);

    if (block == NULL) {
        abort();
    }
    for (int i = 0; i < n; i++) {
        char *one = block + (size_t)i * size;

        if (H5Tget_class(type) == H5T_STRING) {
            memset(one, ' ', size);
            memcpy(one, t, strlen(t) < size ? strlen(t) : size);
        } else if (how < sizeof usual * 8) {
            memset(one, usual[how / 8], size);
        } else {
            memset(one, 0, size); /* small numbers */
            one[how % size] = (char)(how + i);
        }
    }
    if (is_attr) {
        H5Awrite(to, type, block);
    } else {
        H5Dwrite(to, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block);
    }
    free(block);
}

static void write_values(hid_t to, int is_attr, hid_t type, hid_t space,
                         damage_plan *plan)
{
    const int n = damage_count(space);
    const H5T_class_t class = H5Tget_class(type);
    const size_t size = H5Tget_size(type);

    if (n < 1 || class == H5T_VLEN || class == H5T_REFERENCE) {
        return;
    }
    if (H5Tis_variable_str(type) > 0) {
        write_texts(to, is_attr, type, n, plan);
    } else if (size <= ELEMENT || (n == 1 && size <= DAMAGE_LONG)) {
        write_bytes(to, is_attr, type, n, size, plan);
    }
}

static void new_attribute(hid_t file, const spot *s, damage_plan *plan)
{
    int rank, large;
    const hid_t type = damage_type(plan);
    const hid_t space = damage_space(plan, &rank, &large);
    const hid_t attr =
        large ? -1 /* HDF5 crashes while it writes it */
              : H5Acreate_by_name(file, s->path, s->attr, type, space,
                                  H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    if (attr >= 0) {
        write_values(attr, 1, type, space, plan);
        H5Aclose(attr);
    }
    H5Sclose(space);
    H5Tclose(type);
}

static void new_dataset(hid_t file, const spot *s, damage_plan *plan)
{
    int rank, large;
    const hid_t type = damage_type(plan);
    const hid_t space = damage_space(plan, &rank, &large);
    const hid_t layout = damage_layout(plan, type, space, rank, large);
    const hid_t set = H5Dcreate2(file, s->path, type, space, H5P_DEFAULT,
                                 layout, H5P_DEFAULT);

    if (set >= 0) {
        if (H5Pget_external_count(layout) == 0 && !large) {
            write_values(set, 0, type, space, plan);
        }
        H5Dclose(set);
    }
    H5Pclose(layout);
    H5Sclose(space);
    H5Tclose(type);
}

/* Something else where the object was. */
static void new_link(hid_t file, const spots *from, const spot *s,
                     damage_plan *plan)
{
    const spot *other = &from->spot[damage_next(plan) % (unsigned)from->n];
    hid_t id = -1;

    switch (damage_next(plan) % 7) {
    case 0:
        H5Lcreate_soft("/nowhere/at/all", file, s->path, H5P_DEFAULT,
                       H5P_DEFAULT);
        break;
    case 1:
        H5Lcreate_soft(s->path, file, s->path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 2:
        H5Lcreate_soft(other->path, file, s->path, H5P_DEFAULT, H5P_DEFAULT);
        break;
    case 3:
        H5Lcreate_external("/etc/hostname", "/", file, s->path, H5P_DEFAULT,
                           H5P_DEFAULT);
        break;
    case 4:
        H5Lcreate_hard(file, other->path, file, s->path, H5P_DEFAULT,
                       H5P_DEFAULT);
        break;
    case 5:
        id = H5Gcreate2(file, s->path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(id);
        break;
    default:
        id = H5Tcopy(H5T_STD_I32LE);
        H5Tcommit2(file, s->path, id, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Tclose(id);
    }
}

/* Small whole numbers in place of the first values, whatever their type. */
static void new_values(hid_t file, const spot *s, damage_plan *plan)
{
    const hid_t set = H5Dopen2(file, s->path, H5P_DEFAULT);
    const hid_t space = set >= 0 ? H5Dget_space(set) : -1;
    const int n = set >= 0 ? damage_count(space) : 0;
    const int many = 1 + damage_next(plan) % VALUES;
    int16_t value[DAMAGE_ELEMENTS] = {0};

    for (int i = 0; i < many && i < n; i++) {
        value[i] = (int16_t)(damage_next(plan) - 128);
    }
    if (n > 0) {
        H5Dwrite(set, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
    }
    if (set >= 0) {
        H5Sclose(space);
        H5Dclose(set);
    }
}

static void damage_one(const spots *from, damage_plan *plan)
{
    const unsigned low = damage_next(plan);
    const unsigned which = low | (unsigned)damage_next(plan) << 8;
    const spot *s = &from->spot[which % (unsigned)from->n];
    const unsigned how = damage_next(plan) % 8;

    if (s->attr[0] != '\0') {
        H5Adelete_by_name(from->file, s->path, s->attr, H5P_DEFAULT);
        if (how > 0) {
            new_attribute(from->file, s, plan);
        }
        return;
    }
    if (how == 2) {
        new_values(from->file, s, plan);
        return;
    }
    H5Ldelete(from->file, s->path, H5P_DEFAULT);
    if (how >= 3) {
        new_dataset(from->file, s, plan);
    } else if (how > 0) {
        new_link(from->file, from, s, plan);
    }
}

static spots all; /* too large for the stack */

void damage_look(hid_t file)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    all.n = 0;
    H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, on_object, &all);
}

void damage_again(hid_t file, damage_plan *plan)
{
    all.file = file;
    while (plan->left > 0 && all.n > 0) {
        damage_one(&all, plan);
    }
}

void damage_structure(hid_t file, damage_plan *plan)
{
    damage_look(file);
    damage_again(file, plan);
}
