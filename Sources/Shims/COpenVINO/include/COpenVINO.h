#pragma once
#include <stddef.h>
#include <stdint.h>

// OpenVINO's C API, opened at run time: the program builds and starts with nothing installed, and
// only opening a model needs the library. Only what an embedder needs is declared, for the pinned
// release; another release is refused, because its enumerations may differ.

/// The release whose numbers this shim knows, as in "2026.4".
extern const char *const vt_openvino_release;

/// An opened library.
typedef struct vt_openvino vt_openvino;

/// A compiled model.
typedef struct vt_openvino_model vt_openvino_model;

/// One place where the model can run at a time.
typedef struct vt_openvino_request vt_openvino_request;

/// Room for what went wrong.
typedef struct {
  char text[512];
} vt_openvino_message;

/// Opens `libopenvino_c` in `folder`; `NULL` with a message on failure. It is never closed: its
/// threads outlive the last model.
vt_openvino *vt_openvino_open(const char *folder, vt_openvino_message *message);

/// Compiles the IR or ONNX file at `path` for the CPU with `streams` streams of one thread each.
vt_openvino_model *vt_openvino_compile(vt_openvino *library, const char *path, int streams,
                                       vt_openvino_message *message);

/// How many inputs the model has; −1 with a message on failure.
int vt_openvino_input_count(const vt_openvino_model *model, vt_openvino_message *message);

void vt_openvino_model_free(vt_openvino_model *model);

vt_openvino_request *vt_openvino_request_create(vt_openvino_model *model,
                                                vt_openvino_message *message);

void vt_openvino_request_free(vt_openvino_request *request);

/// What an input's values are.
typedef enum {
  VT_OPENVINO_F16 = 3,
  VT_OPENVINO_F32 = 4,
  VT_OPENVINO_I32 = 9,
  VT_OPENVINO_I64 = 10,
  VT_OPENVINO_U8 = 16,
} vt_openvino_element;

/// What one input is given; `values` stay the caller's and are read while the model runs.
typedef struct {
  const char *name;  // NULL where the model has one input
  const void *values;
  vt_openvino_element element;
  int rank;
  const int64_t *dims;  // at most eight
} vt_openvino_input;

/// The dimensions of an output; at most eight.
typedef struct {
  int rank;
  int64_t dims[8];
} vt_openvino_shape;

/// Runs the model on `count` inputs and waits.
///
/// Copies the f32 or f16 output called `name`, or the only one where that is NULL, to `output`, which has room
/// for `capacity` values, and its dimensions to `shape`. Returns 0, or −1 with a message, also where the
/// output does not fit.
int vt_openvino_infer(vt_openvino_request *request, const vt_openvino_input *inputs, int count,
                      const char *name, float *output, size_t capacity, vt_openvino_shape *shape,
                      vt_openvino_message *message);
