/* One subscriber as the dispatch loop sees it: what to call, and how. */
#ifndef REGIMEFLOW_TAKER_H
#define REGIMEFLOW_TAKER_H

#include <Python.h>

typedef struct rf_taker {
    vectorcallfunc entry;
    PyObject *function; /* borrowed from the callback, which the subscription holds */
    PyObject *owner;    /* of a bound method, so that the call needs no method object; else NULL */
    int mode;
    int active; /* cleared by unsubscribe(), also for the dispatch that is under way */
} rf_taker;

/* Functions keep their entry for life; anything else may get another __call__ and is asked each time. */
static inline void rf_taker_init(rf_taker *taker, PyObject *callback, int mode) {
    int bound = PyMethod_Check(callback);
    taker->function = bound ? PyMethod_GET_FUNCTION(callback) : callback;
    taker->owner = bound ? PyMethod_GET_SELF(callback) : NULL;
    taker->entry = PyObject_Vectorcall;
    if ((PyFunction_Check(taker->function) || PyCFunction_Check(taker->function)) &&
        PyVectorcall_Function(taker->function) != NULL)
        taker->entry = PyVectorcall_Function(taker->function);
    taker->mode = mode;
    taker->active = 1;
}

/* Call back; 0: it raised, and the error is set. */
static inline int rf_call(const rf_taker *taker, PyObject *argument) {
    /* Aligned, so that they never lie across two cache lines: that costs a fifth of a call. The first is the callee's. */
    _Alignas(32) PyObject *arguments[4];
    size_t count = 1;
    arguments[1] = argument;
    if (taker->owner != NULL) {
        arguments[1] = taker->owner;
        arguments[2] = argument;
        count = 2;
    }
    PyObject *answer = taker->entry(taker->function, arguments + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (answer == NULL)
        return 0;
    Py_DECREF(answer);
    return 1;
}

#endif
