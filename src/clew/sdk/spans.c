/* OTLP bytes of spans, in one call for a batch.
 *
 * Reads the slots of clew.sdk.span.Span and of clew.sdk.events.Event as they are, whose attributes are clean already:
 * text, bool, int, float, bytes, None, and tuples and dictionaries of those. What is rare (links, a status, a trace
 * state) is left to Python. Keeps to the stable interface of CPython, so that one build serves every version from 3.11.
 * What this writes is what clew/sdk/encoding.py writes; a test compares them.
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
#define DEEPEST 64
#define HAS_REMOTE 0x100u
#define IS_REMOTE 0x200u

typedef struct {
    unsigned char *data;
    size_t length, capacity;
} Buffer;

enum {
    TRACE_ID, SPAN_ID, FLAGS, STATE, PARENT_ID, PARENT, NAME, KIND, START, END, ATTRIBUTES, DROPPED_ATTRIBUTES, EVENTS,
    DROPPED_EVENTS, LINKS, DROPPED_LINKS, STATUS, IS_REMOTE_NAME, VALUE, EVENT_NAME, EVENT_TIME, EVENT_ATTRIBUTES,
    EVENT_DROPPED, NAMES
};

static const char *const spelled[NAMES] = {
    "_trace_id", "_span_id", "_flags", "_trace_state", "_parent_id", "_parent", "_name", "_kind", "_start_ns", "_end_ns",
    "_attributes", "_dropped_attributes", "_events", "_dropped_events", "_links", "_dropped_links", "_status",
    "is_remote", "_value_", "name", "timestamp", "attributes", "dropped_attributes",
};
static PyObject *names[NAMES];
static PyObject *sixty_four;

static int prepare(void) {
    if (sixty_four != NULL)
        return 0;
    for (int index = 0; index < NAMES; index++)
        if (names[index] == NULL && (names[index] = PyUnicode_InternFromString(spelled[index])) == NULL)
            return -1;
    sixty_four = PyLong_FromLong(64);
    return sixty_four == NULL ? -1 : 0;
}

/* Writing. Each returns -1 with an exception set, or 0. */

static int make_room(Buffer *out, size_t more) {
    if (out->length + more <= out->capacity)
        return 0;
    size_t capacity = (out->length + more) * 2;
    unsigned char *data = realloc(out->data, capacity);
    if (data == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    out->data = data;
    out->capacity = capacity;
    return 0;
}

static size_t varint_size(uint64_t number) {
    size_t size = 1;
    while (number >= 0x80) {
        number >>= 7;
        size++;
    }
    return size;
}

static unsigned char *put_varint(unsigned char *at, uint64_t number) {
    while (number >= 0x80) {
        *at++ = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    *at++ = (unsigned char)number;
    return at;
}

static int write_varint(Buffer *out, unsigned char tag, uint64_t number) {
    if (make_room(out, 11) < 0)
        return -1;
    out->data[out->length] = tag;
    out->length = (size_t)(put_varint(out->data + out->length + 1, number) - out->data);
    return 0;
}

static int write_fixed64(Buffer *out, unsigned char tag, uint64_t number) {
    if (make_room(out, 9) < 0)
        return -1;
    out->data[out->length++] = tag;
    for (int shift = 0; shift < 64; shift += 8)
        out->data[out->length++] = (unsigned char)(number >> shift);
    return 0;
}

static int write_id(Buffer *out, unsigned char tag, uint64_t number) {
    if (make_room(out, 10) < 0)
        return -1;
    out->data[out->length++] = tag;
    out->data[out->length++] = 8;
    for (int shift = 56; shift >= 0; shift -= 8)
        out->data[out->length++] = (unsigned char)(number >> shift);
    return 0;
}

static int write_bytes(Buffer *out, unsigned char tag, const char *bytes, size_t length) {
    if (make_room(out, length + 11) < 0)
        return -1;
    out->data[out->length] = tag;
    unsigned char *at = put_varint(out->data + out->length + 1, length);
    memcpy(at, bytes, length);
    out->length = (size_t)(at - out->data) + length;
    return 0;
}

/* A message within a message: its length is written when it is known, and most need one byte. */

static int begin(Buffer *out, unsigned char tag, size_t *start) {
    if (make_room(out, 2) < 0)
        return -1;
    out->data[out->length] = tag;
    out->length += 2;
    *start = out->length;
    return 0;
}

static int end(Buffer *out, size_t start) {
    size_t length = out->length - start, more = varint_size(length) - 1;
    if (more) {
        if (make_room(out, more) < 0)
            return -1;
        memmove(out->data + start + more, out->data + start, length);
        out->length += more;
    }
    put_varint(out->data + start - 1, length);
    return 0;
}

static int write_text(Buffer *out, unsigned char tag, PyObject *text) {
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &length);
    if (bytes != NULL)
        return write_bytes(out, tag, bytes, (size_t)length);
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return -1;
    PyErr_Clear();  /* half of a surrogate pair */
    PyObject *encoded = PyUnicode_AsEncodedString(text, "utf-8", "replace");
    char *content;
    int failed = encoded == NULL || PyBytes_AsStringAndSize(encoded, &content, &length) < 0 ||
                 write_bytes(out, tag, content, (size_t)length) < 0;
    Py_XDECREF(encoded);
    return failed ? -1 : 0;
}

static int write_integer(Buffer *out, PyObject *value) {
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (!overflow)
        return number == -1 && PyErr_Occurred() ? -1 : write_varint(out, 0x18, (uint64_t)number);
    PyObject *text = PyObject_Str(value);  /* more than the format can hold */
    int failed = text == NULL || write_text(out, 0x0a, text) < 0;
    Py_XDECREF(text);
    return failed ? -1 : 0;
}

static int write_attributes(Buffer *out, unsigned char tag, PyObject *attributes, int depth);
static int write_value(Buffer *out, PyObject *value, int depth);

static int write_list(Buffer *out, PyObject *values, int depth) {
    size_t list, item;
    if (begin(out, 0x2a, &list) < 0)
        return -1;
    Py_ssize_t count = PyTuple_Size(values);
    if (count < 0)
        return -1;
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *value = PyTuple_GetItem(values, index);
        if (value == NULL || begin(out, 0x0a, &item) < 0 || write_value(out, value, depth) < 0 || end(out, item) < 0)
            return -1;
    }
    return end(out, list);
}

static int write_value(Buffer *out, PyObject *value, int depth) {
    if (depth > DEEPEST) {
        PyErr_SetString(PyExc_RecursionError, "an attribute is nested too deeply");
        return -1;
    }
    if (PyUnicode_Check(value))
        return write_text(out, 0x0a, value);
    if (value == Py_True || value == Py_False)
        return write_varint(out, 0x10, value == Py_True);
    if (PyLong_Check(value))
        return write_integer(out, value);
    if (PyFloat_Check(value)) {
        double number = PyFloat_AsDouble(value);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        return write_fixed64(out, 0x21, bits);
    }
    if (value == Py_None)
        return 0;
    if (PyBytes_Check(value)) {
        char *content;
        Py_ssize_t length;
        return PyBytes_AsStringAndSize(value, &content, &length) < 0 ? -1 : write_bytes(out, 0x3a, content, (size_t)length);
    }
    if (PyDict_Check(value)) {
        size_t map;
        return begin(out, 0x32, &map) < 0 || write_attributes(out, 0x0a, value, depth + 1) < 0 ? -1 : end(out, map);
    }
    return write_list(out, value, depth + 1);
}

static int write_attributes(Buffer *out, unsigned char tag, PyObject *attributes, int depth) {
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(attributes, &position, &key, &value)) {
        size_t pair, content;
        if (begin(out, tag, &pair) < 0 || write_text(out, 0x0a, key) < 0 || begin(out, 0x12, &content) < 0 ||
            write_value(out, value, depth) < 0 || end(out, content) < 0 || end(out, pair) < 0)
            return -1;
    }
    return 0;
}

/* Reading slots. */

static int read_number(PyObject *object, int name, uint64_t *number) {
    PyObject *value = PyObject_GetAttr(object, names[name]);
    if (value == NULL)
        return -1;
    if (value == Py_None)
        *number = 0;
    else
        *number = PyLong_AsUnsignedLongLongMask(value);
    Py_DECREF(value);
    return PyErr_Occurred() ? -1 : 0;
}

static int write_counted(Buffer *out, unsigned char tag, PyObject *object, int name) {
    uint64_t number;
    if (read_number(object, name, &number) < 0)
        return -1;
    return number ? write_varint(out, tag, number) : 0;
}

static int write_named(Buffer *out, unsigned char tag, PyObject *object, int name) {
    PyObject *text = PyObject_GetAttr(object, names[name]);
    int failed = text == NULL || write_text(out, tag, text) < 0;
    Py_XDECREF(text);
    return failed ? -1 : 0;
}

static int write_mapped(Buffer *out, unsigned char tag, PyObject *object, int name) {
    PyObject *attributes = PyObject_GetAttr(object, names[name]);
    int failed = attributes == NULL || write_attributes(out, tag, attributes, 0) < 0;
    Py_XDECREF(attributes);
    return failed ? -1 : 0;
}

static int write_time(Buffer *out, unsigned char tag, PyObject *object, int name) {
    uint64_t number;
    return read_number(object, name, &number) < 0 ? -1 : write_fixed64(out, tag, number);
}

static int write_ids(Buffer *out, PyObject *span) {
    PyObject *trace_id = PyObject_GetAttr(span, names[TRACE_ID]);
    PyObject *upper = trace_id == NULL ? NULL : PyNumber_Rshift(trace_id, sixty_four);
    int failed = upper == NULL || write_id(out, 0x0a, PyLong_AsUnsignedLongLongMask(upper)) < 0 || make_room(out, 8) < 0;
    if (!failed) {
        out->data[out->length - 9] = 16;
        uint64_t lower = PyLong_AsUnsignedLongLongMask(trace_id);
        for (int shift = 56; shift >= 0; shift -= 8)
            out->data[out->length++] = (unsigned char)(lower >> shift);
        uint64_t span_id;
        failed = read_number(span, SPAN_ID, &span_id) < 0 || write_id(out, 0x12, span_id) < 0;
    }
    Py_XDECREF(upper);
    Py_XDECREF(trace_id);
    return failed ? -1 : 0;
}

static int is_remote(PyObject *span, int *answer) {
    PyObject *parent = PyObject_GetAttr(span, names[PARENT]);
    *answer = 0;
    if (parent == NULL)
        return -1;
    if (parent != Py_None) {
        PyObject *remote = PyObject_GetAttr(parent, names[IS_REMOTE_NAME]);
        *answer = remote == NULL ? -1 : PyObject_IsTrue(remote);
        Py_XDECREF(remote);
    }
    Py_DECREF(parent);
    return *answer < 0 ? -1 : 0;
}

static int write_parent_and_flags(Buffer *out, PyObject *span) {
    uint64_t flags, parent_id;
    if (read_number(span, FLAGS, &flags) < 0 || read_number(span, PARENT_ID, &parent_id) < 0)
        return -1;
    flags |= HAS_REMOTE;
    if (parent_id) {
        int remote;
        if (write_id(out, 0x22, parent_id) < 0 || is_remote(span, &remote) < 0)
            return -1;
        if (remote)
            flags |= IS_REMOTE;
    }
    if (make_room(out, 6) < 0)
        return -1;
    out->data[out->length++] = 0x85;
    out->data[out->length++] = 0x01;
    for (int shift = 0; shift < 32; shift += 8)
        out->data[out->length++] = (unsigned char)(flags >> shift);
    return 0;
}

static int write_kind(Buffer *out, PyObject *span) {
    PyObject *kind = PyObject_GetAttr(span, names[KIND]);
    uint64_t number;
    int failed = kind == NULL || read_number(kind, VALUE, &number) < 0 || write_varint(out, 0x30, number + 1) < 0;
    Py_XDECREF(kind);
    return failed ? -1 : 0;
}

static int write_event(Buffer *out, PyObject *event) {
    size_t start;
    return begin(out, 0x5a, &start) < 0 || write_time(out, 0x09, event, EVENT_TIME) < 0 ||
           write_named(out, 0x12, event, EVENT_NAME) < 0 || write_mapped(out, 0x1a, event, EVENT_ATTRIBUTES) < 0 ||
           write_counted(out, 0x20, event, EVENT_DROPPED) < 0 || end(out, start) < 0 ? -1 : 0;
}

static int write_events(Buffer *out, PyObject *span) {
    PyObject *events = PyObject_GetAttr(span, names[EVENTS]);
    int failed = events == NULL;
    if (!failed && events != Py_None) {
        Py_ssize_t count = PyList_Size(events);
        failed = count < 0;
        for (Py_ssize_t index = 0; !failed && index < count; index++) {
            PyObject *event = PyList_GetItem(events, index);
            failed = event == NULL || write_event(out, event) < 0;
        }
    }
    Py_XDECREF(events);
    return failed ? -1 : 0;
}

/* 1 when a slot holds something else than what nearly all spans have there. */
static int differs(PyObject *span, int name, PyObject *usual) {
    PyObject *value = PyObject_GetAttr(span, names[name]);
    if (value == NULL)
        return -1;
    int answer = value != usual;
    Py_DECREF(value);
    return answer;
}

static int write_rest(Buffer *out, PyObject *span, PyObject *rest, PyObject *state, PyObject *status) {
    int different = differs(span, STATE, state);
    if (different == 0)
        different = differs(span, STATUS, status);
    if (different == 0)
        different = differs(span, LINKS, Py_None);
    if (different <= 0)
        return different;
    PyObject *written = PyObject_CallFunctionObjArgs(rest, span, NULL);
    char *content;
    Py_ssize_t length;
    int failed = written == NULL || PyBytes_AsStringAndSize(written, &content, &length) < 0 ||
                 make_room(out, (size_t)length) < 0;
    if (!failed) {
        memcpy(out->data + out->length, content, (size_t)length);
        out->length += (size_t)length;
    }
    Py_XDECREF(written);
    return failed ? -1 : 0;
}

static int write_span(Buffer *out, PyObject *span, PyObject *rest, PyObject *state, PyObject *status) {
    size_t start;
    return begin(out, 0x12, &start) < 0 || write_ids(out, span) < 0 || write_parent_and_flags(out, span) < 0 ||
           write_named(out, 0x2a, span, NAME) < 0 || write_kind(out, span) < 0 ||
           write_time(out, 0x39, span, START) < 0 || write_time(out, 0x41, span, END) < 0 ||
           write_mapped(out, 0x4a, span, ATTRIBUTES) < 0 ||
           write_counted(out, 0x50, span, DROPPED_ATTRIBUTES) < 0 || write_events(out, span) < 0 ||
           write_counted(out, 0x60, span, DROPPED_EVENTS) < 0 || write_counted(out, 0x70, span, DROPPED_LINKS) < 0 ||
           write_rest(out, span, rest, state, status) < 0 || end(out, start) < 0 ? -1 : 0;
}

/* Which form of the call below this file has: an older file, left behind by an update, is not used. */
EXPORTED int clew_spans_interface(void) {
    return 1;
}

/* The `spans` fields of a ScopeSpans message, as bytes, for a list of spans. `rest` is called with a span whose trace
 * state, status or links aren't the usual ones, and returns their fields. NULL with an exception set on failure.
 */
EXPORTED PyObject *encode_spans(PyObject *spans, PyObject *rest, PyObject *state, PyObject *status) {
    Buffer out = {NULL, 0, 0};
    PyObject *encoded = NULL;
    Py_ssize_t count = PyList_Size(spans);
    int failed = count < 0 || prepare() < 0 || make_room(&out, (size_t)count * 256 + 256) < 0;
    for (Py_ssize_t index = 0; !failed && index < count; index++) {
        PyObject *span = PyList_GetItem(spans, index);
        failed = span == NULL || write_span(&out, span, rest, state, status) < 0;
    }
    if (!failed)
        encoded = PyBytes_FromStringAndSize((const char *)out.data, (Py_ssize_t)out.length);
    free(out.data);
    return encoded;
}
