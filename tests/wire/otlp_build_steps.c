/* Writes what the steps in its body say with otlp_build.h: see test_compiled_translation.py. A step is a letter; then, as
 * the letter needs them, a byte for the guessed length, 8 bytes for a number, and texts with a byte for their length.
 */
#include "otlp_build.h"

struct steps {
    const uint8_t *at, *end;
    struct open_message open[64];
    unsigned depth;
};

static uint8_t next_byte(struct steps *steps) { return steps->at < steps->end ? *steps->at++ : 0; }

static uint64_t next_number(struct steps *steps) {
    uint64_t number = 0;
    for (unsigned each = 0; each < 8; each++) number |= (uint64_t)next_byte(steps) << 8 * each;
    return number;
}

static struct slice next_text(struct steps *steps) {
    size_t length = next_byte(steps), left = (size_t)(steps->end - steps->at);
    struct slice text = {steps->at, length < left ? length : left};
    steps->at += text.length;
    return text;
}

static void take_step(struct steps *steps, struct output *out) {
    uint8_t step = next_byte(steps);
    struct slice key = {NULL, 0};
    if (step == '<') {
        uint8_t number = next_byte(steps), guess = next_byte(steps) % 6;
        if (steps->depth < 64) steps->open[steps->depth++] = open_message(out, number, guess);
        return;
    }
    if (step == '>') {
        if (steps->depth > 0) close_message(out, steps->open[--steps->depth]);
        return;
    }
    key = next_text(steps);
    if (step == 't') write_text_attribute(out, 1, key, next_text(steps));
    if (step == 'y') write_bytes_attribute(out, 1, key, next_text(steps));
    if (step == 'b') write_bool_attribute(out, 1, key, next_number(steps) != 0);
    if (step == 'i') write_int_attribute(out, 1, key, (int64_t)next_number(steps));
    if (step == 'd') write_double_attribute(out, 1, key, next_number(steps));
    if (step == 'k') write_bytes(out, 1, key);
    if (step == 'v') write_number(out, 3, next_number(steps));
    if (step == '4') write_fixed32(out, 4, (uint32_t)next_number(steps));
}

EXPORT int clew_take_steps(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct steps steps = {.at = body, .end = body + length};
    struct output out = {0};
    while (steps.at < steps.end) {
        if (*steps.at == '?') {
            free_output(&out);
            return 0;
        }
        take_step(&steps, &out);
    }
    while (steps.depth > 0) close_message(&out, steps.open[--steps.depth]);
    return finish(&out, bytes, count);
}
