/* Files of torch.save, made here byte by byte: what is read, what is refused, and that damage does no harm. */
#include "runtime/files/torch_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/temp_folder.h"

typedef struct Bytes {
    unsigned char at[8192];
    size_t count;
} Bytes;

static void put(Bytes *to, const void *from, size_t count) {
    cr_assert_leq(to->count + count, sizeof to->at);
    memcpy(to->at + to->count, from, count);
    to->count += count;
}

static void put_number(Bytes *to, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) put(to, &(unsigned char){(unsigned char)(i < 8 ? number >> 8 * i : 0)}, 1);
}

/* One stored entry after another, then the directory. */
typedef struct Zip {
    Bytes bytes, directory;
    int entries;
} Zip;

static void add_entry(Zip *zip, const char *name, const void *content, size_t size) {
    size_t place = zip->bytes.count, length = strlen(name);
    put_number(&zip->bytes, 0x04034b50, 4);
    for (int i = 0; i < 22; i++) put_number(&zip->bytes, 0, 1); /* nothing there is read */
    put_number(&zip->bytes, length, 2);
    put_number(&zip->bytes, 0, 2);
    put(&zip->bytes, name, length);
    put(&zip->bytes, content, size);
    put_number(&zip->directory, 0x02014b50, 4);
    put_number(&zip->directory, 0, 16);
    put_number(&zip->directory, size, 4);
    put_number(&zip->directory, size, 4);
    put_number(&zip->directory, length, 2);
    put_number(&zip->directory, 0, 12);
    put_number(&zip->directory, place, 4);
    put(&zip->directory, name, length);
    zip->entries++;
}

static Bytes close_zip(Zip *zip) {
    size_t place = zip->bytes.count;
    put(&zip->bytes, zip->directory.at, zip->directory.count);
    put_number(&zip->bytes, 0x06054b50, 4);
    put_number(&zip->bytes, 0, 4);
    put_number(&zip->bytes, (uint64_t)zip->entries, 2);
    put_number(&zip->bytes, (uint64_t)zip->entries, 2);
    put_number(&zip->bytes, zip->directory.count, 4);
    put_number(&zip->bytes, place, 4);
    put_number(&zip->bytes, 0, 2);
    return zip->bytes;
}

#define TENSOR "ctorch._utils\n_rebuild_tensor_v2\n"
#define STORAGE                                                                                                        \
    "((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"                                                                \
    "0X\3\0\0\0cpuK\6tQ"
#define HOOKS                                                                                                          \
    "\x89"                                                                                                             \
    "ccollections\nOrderedDict\n)Rt"
/* {"a": six numbers as [2, 3], "t": the same storage transposed as [3, 2], "x": 7, "p": the middle two as a
 * parameter} */
static const char pickle[] =
    "\x80\2ccollections\nOrderedDict\n)Rq\0(X\1\0\0\0a" TENSOR STORAGE "K\0K\2K\3\x86K\3K\1\x86" HOOKS "R"
    "X\1\0\0\0t" TENSOR STORAGE "K\0K\3K\2\x86K\1K\3\x86" HOOKS "R"
    "X\1\0\0\0xK\7"
    "X\1\0\0\0pctorch._utils\n_rebuild_parameter\n(" TENSOR STORAGE "K\2K\2\x85K\1\x85" HOOKS "R\x88"
    "ccollections\nOrderedDict\n)RtRu}X\11\0\0\0_metadata}sb.";

static Bytes archive_of(const char *text, size_t size) {
    static Zip zip;
    const float numbers[] = {0, 1, 2, 3, 4, 5};
    zip = (Zip){0};
    add_entry(&zip, "m/data.pkl", text, size);
    add_entry(&zip, "m/byteorder", "little", 6);
    add_entry(&zip, "m/data/0", numbers, sizeof numbers);
    return close_zip(&zip);
}

/* Opens the bytes as a file; the code of the first error in `code` when they are refused. */
static SafeTensors *open_bytes(const TempFolder *folder, const unsigned char *bytes, size_t size, const char *words) {
    char path[600];
    snprintf(path, sizeof path, "%s/pytorch_model.bin", folder->path);
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(bytes, 1, size, out) == size && fclose(out) == 0);
    Diagnostics *diags = diagnostics_new();
    SafeTensors *file = torch_file_open(path, diags);
    cr_expect_eq(!file, diags->errors > 0);
    if (words)
        cr_expect(diags->errors == 1 && strstr(diags->list.items[0].message, words), "%s",
                  diags->errors ? diags->list.items[0].message : "it was read");
    diagnostics_free(diags);
    return file;
}

static void expect_numbers(const SafeTensors *file, const char *name, int64_t rows, int64_t columns,
                           const char *expected) {
    const SafeTensor *tensor = safetensors_find(file, name);
    char found[100] = "";
    float numbers[6];
    cr_assert_not_null(tensor);
    cr_expect(tensor->shape[0] == rows && (tensor->rank < 2 || tensor->shape[1] == columns));
    cr_assert(tensor->count <= 6 && safetensors_to_f32(file, tensor, numbers, NULL));
    for (int64_t i = 0; i < tensor->count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%g ", (double)numbers[i]);
    cr_expect_str_eq(found, expected);
}

Test(torch_file, tensors_views_and_parameters) {
    TempFolder folder = make_folder();
    Bytes bytes = archive_of(pickle, sizeof pickle - 1);
    SafeTensors *file = open_bytes(&folder, bytes.at, bytes.count, NULL);
    cr_assert_not_null(file);
    cr_expect_eq(safetensors_count(file), 3);
    expect_numbers(file, "a", 2, 3, "0 1 2 3 4 5 ");
    expect_numbers(file, "t", 3, 2, "0 3 1 4 2 5 ");
    expect_numbers(file, "p", 2, 0, "2 3 ");
    safetensors_close(file);
    remove_folder(&folder);
}

/* A literal with its NULs, but for the last one. */
#define REFUSE(text, words) refuse(&folder, text, sizeof text - 1, words)

static void refuse(const TempFolder *folder, const char *text, size_t size, const char *words) {
    Bytes bytes = archive_of(text, size);
    cr_expect_null(open_bytes(folder, bytes.at, bytes.count, words));
}

Test(torch_file, what_is_not_data_is_refused) {
    TempFolder folder = make_folder();
    REFUSE("\x80\2cposix\nsystem\nX\2\0\0\0ls\x85R.", "'posix.system'");
    REFUSE("\x80\2ctorch\nload\n.", "'torch.load'");
    REFUSE("\x80\2ccollections\nOrderedDict\n)R(X\1\0\0\0a" TENSOR STORAGE "K\1K\2K\3\x86K\3K\1\x86" HOOKS "Ru.",
           "outside of its storage");
    REFUSE("\x80\2ccollections\nOrderedDict\n)R(X\1\0\0\0a" TENSOR STORAGE "K\0K\7K\7\x86K\0K\0\x86" HOOKS "Ru.",
           "larger than its storage");
    REFUSE("\x80\2i.", "opcode 0x69");
    REFUSE("\x80\2K\1.", "no dictionary");
    REFUSE("\x80\2}.", "no tensors");
    REFUSE("\x80\2(K\1", "ends too early");
    REFUSE("\x80\2R.", "did not put there");
    REFUSE("\x80\2a.", "no list");
    REFUSE("\x80\2j\377\377\377\377.", "did not remember");
    cr_expect_null(open_bytes(&folder, (const unsigned char *)"\x80\2", 2, "ZIP"));
    remove_folder(&folder);
}

/* Every byte changed in three ways, and every length: read or refused, never worse (the sanitizers look). */
Test(torch_file, damage_does_no_harm) {
    TempFolder folder = make_folder();
    Bytes bytes = archive_of(pickle, sizeof pickle - 1);
    int refused = 0;
    for (size_t i = 0; i < bytes.count; i++) {
        static const unsigned char changes[] = {0xff, 0x01, 0x80};
        for (size_t j = 0; j < sizeof changes; j++) {
            Bytes changed = bytes;
            changed.at[i] ^= changes[j];
            SafeTensors *file = open_bytes(&folder, changed.at, changed.count, NULL);
            refused += !file;
            safetensors_close(file);
        }
        SafeTensors *file = i ? open_bytes(&folder, bytes.at, i, NULL) : NULL;
        cr_expect_null(file);
    }
    cr_expect_gt(refused, (int)bytes.count);
    remove_folder(&folder);
}
