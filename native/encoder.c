/* Writes values in Ice's encoding 1.1 (compact format), as Ice's own Python module does, several times as fast.
 *
 * Encoder(types): what can be written; each type is a tuple that refers to others by their place in the list:
 *   ("bool",) ("byte",) ("short",) ("int",) ("long",) ("float",) ("double",) ("string",) ("unknown",)
 *   ("enum", python class) ("seq", element) ("dict", key, value) ("struct", ((attribute, type), ...))
 *   ("class", python class, type id, base class or -1, ((attribute, type), ...))
 * Encoder.encode(type, value) -> bytes of an encapsulation, or None when the value is not of that kind: Ice then says
 * what is wrong with it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum Kind { BOOL, BYTE, SHORT, INT, LONG, FLOAT, DOUBLE, STRING, ENUM, UNKNOWN, SEQ, DICT, STRUCT, CLASS };
static const char *KINDS[] = {"bool", "byte", "short", "int", "long", "float", "double", "string", "enum", "unknown",
                              "seq", "dict", "struct", "class", NULL};
enum { LAST_SLICE = 0x20, TYPE_ID = 1, TYPE_INDEX = 2, HEADER = 6, DEEPEST = 400 };

typedef struct {
    PyObject *name;
    int type;
} Member;

typedef struct {
    enum Kind kind;
    int first, second; /* element; key and value; base class */
    PyObject *cls;     /* of enumerations */
    PyObject *type_id; /* of classes, as UTF-8 bytes */
    Py_ssize_t count;
    Member *members;
} Type;

typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    Type *types;
    PyObject *classes; /* Python class -> its type's place */
} Encoder;

typedef struct {
    void *object;
    int32_t index;
} Seen;

typedef struct {
    Encoder *encoder;
    char *bytes;
    size_t size, room;
    Seen *seen; /* objects that were written, by address: open addressing, a power of two of places */
    size_t seen_room, seen_count;
    int32_t *type_indexes; /* of classes whose type id was written */
    int32_t last_type_index, last_index;
    int depth;
} Stream;

static int write_value(Stream *s, int type, PyObject *value);

/* Errors: -1 with a Python exception is a real failure, -1 without one a value that Ice must judge. */

static int reserve(Stream *s, size_t more) {
    if (s->size + more <= s->room)
        return 0;
    size_t room = s->room * 2 > s->size + more ? s->room * 2 : s->size + more;
    char *bytes = PyMem_Realloc(s->bytes, room);
    if (bytes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    s->bytes = bytes;
    s->room = room;
    return 0;
}

static int write_bytes(Stream *s, const void *data, size_t size) {
    if (reserve(s, size))
        return -1;
    memcpy(s->bytes + s->size, data, size);
    s->size += size;
    return 0;
}

static int write_byte(Stream *s, uint8_t byte) { return write_bytes(s, &byte, 1); }

/* Numbers are little-endian on the wire. */
static int write_number(Stream *s, uint64_t number, int size) {
    uint8_t bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    return write_bytes(s, bytes, (size_t)size);
}

static int write_size(Stream *s, Py_ssize_t size) {
    if (size < 255)
        return write_byte(s, (uint8_t)size);
    if (size > INT32_MAX)
        return -1;
    return write_byte(s, 255) || write_number(s, (uint64_t)size, 4) ? -1 : 0;
}

static int write_integer(Stream *s, PyObject *value, int64_t lowest, int64_t highest, int size) {
    int overflow;
    if (!PyLong_Check(value))
        return -1;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow || number < lowest || number > highest)
        return -1;
    return write_number(s, (uint64_t)number, size);
}

static int write_real(Stream *s, PyObject *value, int size) {
    uint64_t bits = 0;
    if (!PyFloat_CheckExact(value))
        return -1;
    double number = PyFloat_AS_DOUBLE(value);
    if (size == 4) {
        float narrow = (float)number;
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, 4);
        bits = narrow_bits;
    } else
        memcpy(&bits, &number, 8);
    return write_number(s, bits, size);
}

static int write_string(Stream *s, PyObject *value) {
    Py_ssize_t size;
    if (value == Py_None)
        return write_byte(s, 0);
    if (!PyUnicode_Check(value))
        return -1;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        PyErr_Clear(); /* half a pair of UTF-16 */
        return -1;
    }
    return write_size(s, size) || write_bytes(s, text, (size_t)size) ? -1 : 0;
}

static int write_enum(Stream *s, Type *type, PyObject *value) {
    if ((PyObject *)Py_TYPE(value) != type->cls)
        return -1;
    PyObject *number = PyObject_GetAttrString(value, "_value");
    if (number == NULL) {
        PyErr_Clear();
        return -1;
    }
    int failed = !PyLong_Check(number) || write_size(s, PyLong_AsSsize_t(number));
    Py_DECREF(number);
    return failed ? -1 : 0;
}

static int write_sequence(Stream *s, Type *type, PyObject *value) {
    if (value == Py_None)
        return write_byte(s, 0);
    enum Kind kind = s->encoder->types[type->first].kind;
    if (PyBytes_Check(value) && kind == BYTE) {
        Py_ssize_t size = PyBytes_GET_SIZE(value);
        return write_size(s, size) || write_bytes(s, PyBytes_AS_STRING(value), (size_t)size) ? -1 : 0;
    }
    if (!PyList_CheckExact(value) && !PyTuple_CheckExact(value))
        return -1;
    if (write_size(s, PySequence_Fast_GET_SIZE(value)))
        return -1;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(value); i++)
        if (write_value(s, type->first, PySequence_Fast_GET_ITEM(value, i)))
            return -1;
    return 0;
}

static int write_dictionary(Stream *s, Type *type, PyObject *value) {
    if (value == Py_None)
        return write_byte(s, 0);
    if (!PyDict_CheckExact(value) || write_size(s, PyDict_GET_SIZE(value)))
        return -1;
    Py_ssize_t at = 0;
    PyObject *key, *item;
    while (PyDict_Next(value, &at, &key, &item))
        if (write_value(s, type->first, key) || write_value(s, type->second, item))
            return -1;
    return 0;
}

static int write_members(Stream *s, Type *type, PyObject *value) {
    for (Py_ssize_t i = 0; i < type->count; i++) {
        PyObject *member = PyObject_GetAttr(value, type->members[i].name);
        if (member == NULL) {
            PyErr_Clear();
            return -1;
        }
        int failed = write_value(s, type->members[i].type, member);
        Py_DECREF(member);
        if (failed)
            return -1;
    }
    return 0;
}

static int grow_seen(Stream *s) {
    size_t room = s->seen_room ? s->seen_room * 2 : 1024;
    Seen *grown = PyMem_Calloc(room, sizeof(Seen));
    if (grown == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < s->seen_room; i++)
        if (s->seen[i].object != NULL) {
            size_t at = ((uintptr_t)s->seen[i].object >> 4) & (room - 1);
            while (grown[at].object != NULL)
                at = (at + 1) & (room - 1);
            grown[at] = s->seen[i];
        }
    PyMem_Free(s->seen);
    s->seen = grown;
    s->seen_room = room;
    return 0;
}

/* The place of an object in the table, where its index is 0 if it is new. */
static Seen *look_up(Stream *s, PyObject *object) {
    if (s->seen_count * 2 >= s->seen_room && grow_seen(s))
        return NULL;
    size_t at = ((uintptr_t)object >> 4) & (s->seen_room - 1);
    while (s->seen[at].object != NULL && s->seen[at].object != object)
        at = (at + 1) & (s->seen_room - 1);
    return &s->seen[at];
}

static int write_type_id(Stream *s, int place, int last) {
    Type *type = &s->encoder->types[place];
    uint8_t flags = last ? LAST_SLICE : 0;
    if (s->type_indexes[place])
        return write_byte(s, flags | TYPE_INDEX) || write_size(s, s->type_indexes[place]) ? -1 : 0;
    s->type_indexes[place] = ++s->last_type_index;
    Py_ssize_t size = PyBytes_GET_SIZE(type->type_id);
    return write_byte(s, flags | TYPE_ID) || write_size(s, size) ||
                   write_bytes(s, PyBytes_AS_STRING(type->type_id), (size_t)size)
               ? -1
               : 0;
}

static int write_slices(Stream *s, int place, PyObject *value) {
    for (int first = 1; place >= 0; first = 0) {
        Type *type = &s->encoder->types[place];
        int last = type->first < 0;
        if (first ? write_type_id(s, place, last) : write_byte(s, last ? LAST_SLICE : 0))
            return -1;
        if (write_members(s, type, value))
            return -1;
        place = type->first;
    }
    return 0;
}

/* An object the first time, its number from then on. What is asked for may be a base class of what is there. */
static int write_object(Stream *s, int asked, PyObject *value) {
    if (value == Py_None)
        return write_byte(s, 0);
    Seen *seen = look_up(s, value);
    if (seen == NULL)
        return -1;
    if (seen->object != NULL)
        return write_size(s, seen->index);
    PyObject *found = PyDict_GetItemWithError(s->encoder->classes, (PyObject *)Py_TYPE(value));
    if (found == NULL || s->depth >= DEEPEST)
        return -1;
    int place = (int)PyLong_AsLong(found);
    int base = place;
    while (base != asked && base >= 0)
        base = s->encoder->types[base].first;
    if (base < 0)
        return -1;
    seen->object = value;
    seen->index = ++s->last_index;
    s->seen_count++;
    if (write_byte(s, 1))
        return -1;
    s->depth++;
    int failed = write_slices(s, place, value);
    s->depth--;
    return failed;
}

static int write_value(Stream *s, int place, PyObject *value) {
    Type *type = &s->encoder->types[place];
    switch (type->kind) {
    case BOOL:
        return PyBool_Check(value) ? write_byte(s, value == Py_True) : -1;
    case BYTE:
        return write_integer(s, value, 0, 255, 1);
    case SHORT:
        return write_integer(s, value, INT16_MIN, INT16_MAX, 2);
    case INT:
        return write_integer(s, value, INT32_MIN, INT32_MAX, 4);
    case LONG:
        return write_integer(s, value, INT64_MIN, INT64_MAX, 8);
    case FLOAT:
        return write_real(s, value, 4);
    case DOUBLE:
        return write_real(s, value, 8);
    case STRING:
        return write_string(s, value);
    case ENUM:
        return write_enum(s, type, value);
    case SEQ:
        return write_sequence(s, type, value);
    case DICT:
        return write_dictionary(s, type, value);
    case STRUCT:
        return value == Py_None ? -1 : write_members(s, type, value);
    case CLASS:
        return write_object(s, place, value);
    default:
        return -1;
    }
}

static PyObject *encode(Encoder *self, PyObject *arguments) {
    int type;
    PyObject *value, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "iO", &type, &value))
        return NULL;
    if (type < 0 || type >= self->count)
        return PyErr_Format(PyExc_IndexError, "there is no type %d", type);
    /* Indexes of objects begin at 2; those of type ids at 1. */
    Stream s = {.encoder = self, .last_index = 1};
    s.type_indexes = PyMem_Calloc((size_t)self->count, sizeof(int32_t));
    if (s.type_indexes == NULL)
        return PyErr_NoMemory();
    static const char header[HEADER] = {0, 0, 0, 0, 1, 1};
    if (!write_bytes(&s, header, HEADER) && !write_value(&s, type, value) && s.size <= INT32_MAX) {
        for (int i = 0; i < 4; i++)
            s.bytes[i] = (char)(s.size >> (8 * i));
        result = PyBytes_FromStringAndSize(s.bytes, (Py_ssize_t)s.size);
    } else if (!PyErr_Occurred())
        result = Py_NewRef(Py_None);
    PyMem_Free(s.type_indexes);
    PyMem_Free(s.seen);
    PyMem_Free(s.bytes);
    return result;
}

static int kind_of(PyObject *row) {
    if (!PyTuple_Check(row) || PyTuple_GET_SIZE(row) == 0 || !PyUnicode_Check(PyTuple_GET_ITEM(row, 0)))
        return -1;
    for (int kind = 0; KINDS[kind] != NULL; kind++)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(row, 0), KINDS[kind]) == 0)
            return kind;
    return -1;
}

static int in_range(Encoder *self, int place) { return place >= 0 && place < self->count; }

static int take_members(Encoder *self, Type *type, PyObject *rows) {
    type->members = PyMem_Calloc((size_t)PyTuple_GET_SIZE(rows) + 1, sizeof(Member));
    if (type->members == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(rows); i++) {
        Member *member = &type->members[i];
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(rows, i), "Ui", &member->name, &member->type))
            return -1;
        Py_INCREF(member->name);
        PyUnicode_InternInPlace(&member->name);
        type->count++;
        if (!in_range(self, member->type)) {
            PyErr_SetString(PyExc_IndexError, "a member of a type that is not there");
            return -1;
        }
    }
    return 0;
}

static int take_class(Encoder *self, Type *type, int place, PyObject *row) {
    PyObject *cls, *type_id, *members;
    const char *word;
    if (!PyArg_ParseTuple(row, "sOUiO!", &word, &cls, &type_id, &type->first, &PyTuple_Type, &members))
        return -1;
    type->type_id = PyUnicode_AsUTF8String(type_id);
    if (type->type_id == NULL || take_members(self, type, members))
        return -1;
    if (type->first >= place) { /* so that no class is its own base */
        PyErr_SetString(PyExc_ValueError, "a base class must come before its subclasses");
        return -1;
    }
    PyObject *number = PyLong_FromLong(place);
    int failed = number == NULL || PyDict_SetItem(self->classes, cls, number);
    Py_XDECREF(number);
    return failed ? -1 : 0;
}

static int take(Encoder *self, int place, PyObject *row) {
    Type *type = &self->types[place];
    int kind = kind_of(row), failed = 0;
    const char *word;
    PyObject *members;
    if (kind < 0) {
        PyErr_Format(PyExc_ValueError, "type %d is of no known kind: %R", place, row);
        return -1;
    }
    type->kind = (enum Kind)kind;
    if (kind == ENUM) {
        failed = !PyArg_ParseTuple(row, "sO", &word, &type->cls);
        Py_XINCREF(type->cls);
    } else if (kind == SEQ)
        failed = !PyArg_ParseTuple(row, "si", &word, &type->first) || !in_range(self, type->first);
    else if (kind == DICT)
        failed = !PyArg_ParseTuple(row, "sii", &word, &type->first, &type->second) ||
                 !in_range(self, type->first) || !in_range(self, type->second);
    else if (kind == STRUCT)
        failed = !PyArg_ParseTuple(row, "sO!", &word, &PyTuple_Type, &members) || take_members(self, type, members);
    else if (kind == CLASS)
        failed = take_class(self, type, place, row);
    if (failed && !PyErr_Occurred())
        PyErr_Format(PyExc_IndexError, "type %d refers to one that is not there", place);
    return failed ? -1 : 0;
}

static int encoder_init(Encoder *self, PyObject *arguments, PyObject *keywords) {
    PyObject *rows;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "O!", &PyList_Type, &rows))
        return -1;
    if (self->types != NULL) {
        PyErr_SetString(PyExc_TypeError, "an encoder is made once");
        return -1;
    }
    self->classes = PyDict_New();
    self->types = PyMem_Calloc((size_t)PyList_GET_SIZE(rows) + 1, sizeof(Type));
    if (self->classes == NULL || self->types == NULL)
        return -1;
    self->count = PyList_GET_SIZE(rows);
    for (int i = 0; i < self->count; i++)
        if (take(self, i, PyList_GET_ITEM(rows, i)))
            return -1;
    return 0;
}

static void encoder_dealloc(Encoder *self) {
    for (Py_ssize_t i = 0; self->types != NULL && i < self->count; i++) {
        Py_XDECREF(self->types[i].cls);
        Py_XDECREF(self->types[i].type_id);
        for (Py_ssize_t m = 0; m < self->types[i].count; m++)
            Py_XDECREF(self->types[i].members[m].name);
        PyMem_Free(self->types[i].members);
    }
    PyMem_Free(self->types);
    Py_XDECREF(self->classes);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef METHODS[] = {
    {"encode", (PyCFunction)encode, METH_VARARGS, "encode(type, value) -> bytes, or None for a value that does not fit"},
    {NULL},
};

static PyTypeObject EncoderType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "omero_server._encoder.Encoder",
    .tp_doc = "Encoder(types): writes values in Ice's encoding 1.1",
    .tp_basicsize = sizeof(Encoder),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)encoder_init,
    .tp_dealloc = (destructor)encoder_dealloc,
    .tp_methods = METHODS,
};

static PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, .m_name = "omero_server._encoder", .m_size = -1};

PyMODINIT_FUNC PyInit__encoder(void) {
    if (PyType_Ready(&EncoderType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&MODULE);
    if (module == NULL || PyModule_AddObjectRef(module, "Encoder", (PyObject *)&EncoderType) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
