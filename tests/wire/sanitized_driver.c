/* Runs a translation, under sanitizers, over the bodies in a file, each in memory of exactly its size, and prints for each
 * the answer and the bytes in hex. SOURCE is the .c file, FUNCTION the translation. The file: length and bytes of each.
 */
#include SOURCE

#include <stdio.h>

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    uint32_t length;
    if (file == NULL) return 2;
    while (fread(&length, sizeof length, 1, file) == 1) {
        uint8_t *body = malloc(length), *bytes = NULL;
        size_t count = 0;
        if (fread(body, 1, length, file) != length) return 2;
        printf("%d ", FUNCTION(body, length, &bytes, &count));
        for (size_t each = 0; each < count; each++) printf("%02x", bytes[each]);
        printf("\n");
        clew_translation_free(bytes);
        free(body);
    }
    fclose(file);
    return 0;
}
