/* check_opt.c -- options: from arguments and files, refused, and as help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/opt.h"
#include "support.h"

static const exg_opt_row table[] = {
    {"epochs", EXG_OPT_INT, EXG_OPT_RESULT, "5", 0, 100, "", "passes"},
    {"lr", EXG_OPT_REAL, EXG_OPT_RESULT, "1e-3", 1e-9, 10, "", "step"},
    {"out", EXG_OPT_TEXT, EXG_OPT_RUN, "save", 0, 0, "DIR", "directory"},
    {"log", EXG_OPT_CHOICE, EXG_OPT_RUN, "text", 0, 0, "text|json", "form"},
    {"stages", EXG_OPT_SET, EXG_OPT_RESULT, "train", 0, 0, "train|plot", "do"},
    {"quiet", EXG_OPT_FLAG, EXG_OPT_RUN, "no", 0, 0, "", "silence"},
};

static exg_opts *new_opts(void)
{
    exg_opts *opts = NULL;

    ck_assert(exg_opts_create(table, sizeof table / sizeof *table, &opts) ==
              EXG_OK);
    return opts;
}

/* A file of options; its path is valid until the next call. */
static const char *write_conf(const char *name, const char *lines)
{
    static char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", exg_scratch(), name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(lines, f);
    fclose(f);
    return path;
}

START_TEST(arguments_set_values)
{
    exg_opts *o = new_opts();
    const char *const argv[] = {"prog",    "--epochs", "7",         "--lr=0.5",
                                "--quiet", "--stages", "plot,train"};

    ck_assert(exg_opts_arguments(o, 7, (char *const *)argv) == EXG_OK);
    ck_assert_int_eq(exg_opts_int(o, "epochs"), 7);
    ck_assert(exg_opts_real(o, "lr") == 0.5);
    ck_assert(exg_opts_flag(o, "quiet"));
    ck_assert(exg_opts_has(o, "stages", "train"));
    ck_assert(!exg_opts_has(o, "stages", "tra"));
    ck_assert_str_eq(exg_opts_text(o, "out"), "save");
    exg_free(o);
}
END_TEST

/* Arguments that must be refused, and a word the message must hold. */
static const struct {
    const char *argument, *word;
} refused[] = {
    {"--epoch=3", "no such option"},  {"epochs", "no such option"},
    {"-e", "no such option"},         {"--epochs=x", "whole number"},
    {"--epochs=1.5", "whole number"}, {"--epochs=101", "0 to 100"},
    {"--epochs=", "whole number"},    {"--epochs= 3", "whole number"},
    {"--lr=nan", "number"},           {"--lr=0", "1e-09 to 10"},
    {"--log=xml", "text|json"},       {"--stages=train,", "some of"},
    {"--stages=", "some of"},         {"--out=", "want DIR"},
    {"--epochs", "no value"},         {"--quiet=maybe", "yes or no"},
};

START_TEST(bad_arguments_are_refused_with_what_was_expected)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        exg_opts *o = new_opts();
        const char *const argv[] = {"prog", refused[i].argument};

        ck_assert(exg_opts_arguments(o, 2, (char *const *)argv) == EXG_EUSAGE);
        ck_assert_msg(strstr(exg_err_text(), refused[i].word) != NULL, "%s: %s",
                      refused[i].argument, exg_err_text());
        exg_err_clear();
        exg_free(o);
    }
}
END_TEST

START_TEST(command_line_wins_over_file_over_preset)
{
    exg_opts *o = new_opts();
    const char *path = write_conf(
        "run.conf", "# a comment\nepochs = 9 # another\n\n lr=0.25\n");

    ck_assert(exg_opts_set(o, "--", "epochs", "3", EXG_OPT_FROM_COMMAND) ==
              EXG_OK);
    ck_assert(exg_opts_file(o, path) == EXG_OK);
    ck_assert(exg_opts_set(o, "--", "lr", "2", EXG_OPT_FROM_PRESET) == EXG_OK);
    ck_assert_int_eq(exg_opts_int(o, "epochs"), 3);
    ck_assert(exg_opts_real(o, "lr") == 0.25);
    exg_free(o);
}
END_TEST

START_TEST(bad_file_line_is_named)
{
    exg_opts *o = new_opts();
    const char *path = write_conf("bad.conf", "epochs = 9\nlr 3\n");

    ck_refused(world, exg_opts_file(o, path), EXG_EUSAGE, "bad.conf:2: ");
    ck_assert(exg_opts_file(o, "/nonexistent") == EXG_EIO);
    exg_err_clear();
    for (size_t n = 9; n <= 10; n++) { /* with a line feed, and without */
        FILE *f = fopen(path, "w");

        fwrite("lr = 2\0.5\n", 1, n, f);
        fclose(f);
        ck_refused(world, exg_opts_file(o, path), EXG_EUSAGE,
                   "bad.conf:1: a zero byte, want text");
    }
    exg_free(o);
}
END_TEST

START_TEST(help_tells_words_ranges_and_presets)
{
    exg_opts *o = new_opts();
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(f);
    exg_opts_print(o, f);
    fclose(f);
    ck_assert_str_eq(text, "  --epochs N                    passes; 0 to 100 "
                           "[5]\n"
                           "  --lr X                        step; 1e-09 to 10 "
                           "[1e-3]\n"
                           "  --out DIR                     directory [save]\n"
                           "  --log text|json               form [text]\n"
                           "  --stages LIST                 do: train|plot "
                           "[train]\n"
                           "  --quiet                       silence\n");
    free(text);
    exg_free(o);
}
END_TEST

Suite *exg_suite(void)
{
    Suite *s = suite_create("opt");
    TCase *tc = exg_case(s, "opt");

    tcase_add_test(tc, arguments_set_values);
    tcase_add_test(tc, bad_arguments_are_refused_with_what_was_expected);
    tcase_add_test(tc, command_line_wins_over_file_over_preset);
    tcase_add_test(tc, bad_file_line_is_named);
    tcase_add_test(tc, help_tells_words_ranges_and_presets);
    return s;
}
