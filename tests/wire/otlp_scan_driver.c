/* Runs the scanner, under sanitizers, over the bodies in a file, each in memory of exactly its size, and prints for each what
 * it says. The file: three counts (fields, messages, max_depth), the two tables, then a length and the bytes of each body.
 */
#include "otlp_scan.c"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void *read_exactly(FILE *file, size_t length) {
    void *content = malloc(length);
    if (fread(content, 1, length, file) != length) exit(2);
    return content;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    uint32_t counts[3], length;
    if (file == NULL || fread(counts, sizeof counts, 1, file) != 1) return 2;
    struct field *fields = read_exactly(file, counts[0] * sizeof *fields);
    struct message *messages = read_exactly(file, counts[1] * sizeof *messages);
    while (fread(&length, sizeof length, 1, file) == 1) {
        uint8_t *body = read_exactly(file, length);
        struct found found = {0};
        int is_certain = clew_otlp_scan(fields, messages, counts[2], body, length, &found);
        printf("%d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", is_certain, found.records, found.items, found.repeated_bytes);
        free(body);
    }
    free(fields);
    free(messages);
    fclose(file);
    return 0;
}
