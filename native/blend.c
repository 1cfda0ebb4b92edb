/* Adds up the channels of a picture: one table look-up per channel and pixel, several times as fast as numpy.
 *
 * blend(out, layers, saturate): out is a C-contiguous writable buffer of rows x columns x 3 or 4 bytes, layers a
 * sequence of (indices, table). Indices are rows x columns of unsigned bytes or 16-bit numbers, in any strides. A table
 * holds 4 bytes per index, as 32-bit numbers. Bytes are added; with saturate sums are cut at 255, without it they must
 * not exceed it. An index beyond its table is an IndexError.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { MOST_LAYERS = 257 }; /* 257 times 255 is the most that 16 bits hold */

typedef struct {
    Py_buffer index, table;
    Py_ssize_t entries;
} Layer;

/* One row of a layer: put into sums (mode 0), added to sums (1), or each byte added to wide (2). -1: beyond the table. */
static int load_row(const Layer *layer, Py_ssize_t row, Py_ssize_t columns, uint32_t *sums, uint16_t *wide, int mode) {
    const char *at = (const char *)layer->index.buf + row * layer->index.strides[0];
    const Py_ssize_t step = layer->index.strides[1];
    const uint32_t *table = layer->table.buf;
    const size_t entries = (size_t)layer->entries;
#define EACH(TYPE, CHECK, STORE)                                                                                       \
    for (Py_ssize_t x = 0; x < columns; x++, at += step) {                                                             \
        const size_t place = *(const TYPE *)at;                                                                        \
        CHECK                                                                                                          \
        const uint32_t value = table[place];                                                                           \
        STORE                                                                                                          \
    }                                                                                                                  \
    return 0;
#define CHECKED if (place >= entries) return -1;
#define EACH_SIZE(STORE)                                                                                               \
    if (layer->index.itemsize == 1 && entries >= 256) { EACH(uint8_t, , STORE) }                                       \
    if (layer->index.itemsize == 1) { EACH(uint8_t, CHECKED, STORE) }                                                  \
    if (entries >= 65536) { EACH(uint16_t, , STORE) }                                                                  \
    EACH(uint16_t, CHECKED, STORE)
    if (mode == 0) { EACH_SIZE(sums[x] = value;) }
    if (mode == 1) { EACH_SIZE(sums[x] += value;) }
    EACH_SIZE(uint8_t bytes[4]; memcpy(bytes, &value, 4); for (int n = 0; n < 4; n++) wide[4 * x + n] += bytes[n];)
}

/* Three layers of bytes, as RGB pictures have, in one go. */
static void add_three(const Layer *layers, Py_ssize_t row, Py_ssize_t columns, uint32_t *sums) {
    const uint8_t *at[3];
    for (int n = 0; n < 3; n++) at[n] = (const uint8_t *)layers[n].index.buf + row * layers[n].index.strides[0];
    const Py_ssize_t s0 = layers[0].index.strides[1], s1 = layers[1].index.strides[1], s2 = layers[2].index.strides[1];
    const uint32_t *t0 = layers[0].table.buf, *t1 = layers[1].table.buf, *t2 = layers[2].table.buf;
    for (Py_ssize_t x = 0; x < columns; x++) sums[x] = t0[at[0][x * s0]] + t1[at[1][x * s1]] + t2[at[2][x * s2]];
}

static int add_up(Layer *layers, Py_ssize_t count, uint8_t *out, Py_ssize_t rows, Py_ssize_t columns, int bands,
                  int saturate, uint32_t *sums, uint16_t *wide) {
    int three = count == 3 && !saturate;
    for (Py_ssize_t n = 0; n < count; n++) three = three && layers[n].index.itemsize == 1 && layers[n].entries >= 256;
    for (Py_ssize_t row = 0; row < rows; row++) {
        if (saturate) memset(wide, 0, (size_t)columns * 4 * sizeof(uint16_t));
        if (three) add_three(layers, row, columns, sums);
        for (Py_ssize_t n = 0; n < count && !three; n++)
            if (load_row(&layers[n], row, columns, sums, wide, saturate ? 2 : n > 0)) return -1;
        uint8_t *bytes = (uint8_t *)sums;
        if (saturate)
            for (Py_ssize_t i = 0; i < columns * 4; i++) bytes[i] = (uint8_t)(wide[i] > 255 ? 255 : wide[i]);
        uint8_t *to = out + row * columns * bands;
        if (bands == 4)
            memcpy(to, bytes, (size_t)columns * 4);
        else
            for (Py_ssize_t x = 0; x < columns; x++, to += 3) /* the next pixel overwrites the fourth byte */
                memcpy(to, bytes + 4 * x, x + 1 < columns ? 4 : 3);
    }
    return 0;
}

static int take_layer(PyObject *item, Layer *layer, Py_ssize_t rows, Py_ssize_t columns) {
    PyObject *index, *table;
    if (!PyArg_ParseTuple(item, "OO", &index, &table)) return -1;
    if (PyObject_GetBuffer(index, &layer->index, PyBUF_STRIDES)) return -1;
    if (PyObject_GetBuffer(table, &layer->table, PyBUF_ND)) {
        PyBuffer_Release(&layer->index);
        return -1;
    }
    layer->entries = layer->table.len / 4;
    int fits = layer->index.ndim == 2 && layer->index.shape[0] == rows && layer->index.shape[1] == columns &&
               (layer->index.itemsize == 1 || layer->index.itemsize == 2) && layer->table.itemsize == 4;
    if (fits) return 0;
    PyBuffer_Release(&layer->index);
    PyBuffer_Release(&layer->table);
    PyErr_SetString(PyExc_ValueError, "indices must be 8 or 16 bits wide and shaped like the picture, tables 32 bits");
    return -1;
}

static PyObject *blend(PyObject *self, PyObject *arguments) {
    PyObject *target, *given;
    int saturate;
    if (!PyArg_ParseTuple(arguments, "OOp", &target, &given, &saturate)) return NULL;
    PyObject *items = PySequence_Fast(given, "layers must be a sequence");
    if (items == NULL) return NULL;
    Py_buffer out;
    if (PyObject_GetBuffer(target, &out, PyBUF_WRITABLE | PyBUF_ND)) {
        Py_DECREF(items);
        return NULL;
    }
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items), taken = 0;
    int status = -1;
    Layer *layers = PyMem_Calloc(count ? count : 1, sizeof(Layer));
    Py_ssize_t columns = out.ndim == 3 ? out.shape[1] : 0;
    uint32_t *sums = PyMem_Calloc(columns ? columns : 1, 4);
    uint16_t *wide = PyMem_Calloc(columns ? columns : 1, 8);
    if (layers == NULL || sums == NULL || wide == NULL) {
        PyErr_NoMemory();
    } else if (out.ndim != 3 || (out.shape[2] != 3 && out.shape[2] != 4) || out.itemsize != 1 || count < 1 ||
               count > MOST_LAYERS) {
        PyErr_SetString(PyExc_ValueError, "a picture has rows x columns x 3 or 4 bytes and 1 to 257 layers");
    } else {
        while (taken < count && take_layer(PySequence_Fast_GET_ITEM(items, taken), &layers[taken], out.shape[0], columns) == 0)
            taken++;
        if (taken == count) {
            Py_BEGIN_ALLOW_THREADS;
            status = add_up(layers, count, out.buf, out.shape[0], columns, (int)out.shape[2], saturate, sums, wide);
            Py_END_ALLOW_THREADS;
            if (status) PyErr_SetString(PyExc_IndexError, "an index is beyond its table");
        }
    }
    for (Py_ssize_t n = 0; n < taken; n++) {
        PyBuffer_Release(&layers[n].index);
        PyBuffer_Release(&layers[n].table);
    }
    PyMem_Free(layers);
    PyMem_Free(sums);
    PyMem_Free(wide);
    PyBuffer_Release(&out);
    Py_DECREF(items);
    if (status) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"blend", blend, METH_VARARGS, "Add up the layers of a picture."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_blend", "Adds up the channels of a picture.", -1, methods};

PyMODINIT_FUNC PyInit__blend(void) { return PyModule_Create(&module); }
