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

/// A compiled model of one input `[n, h, w, 3]` u8 and one output `[n, d]` f32.
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

/// Compiles the IR at `path` for the CPU with `streams` streams of one thread each.
vt_openvino_model *vt_openvino_compile(vt_openvino *library, const char *path, int streams,
                                       vt_openvino_message *message);

void vt_openvino_model_free(vt_openvino_model *model);

vt_openvino_request *vt_openvino_request_create(vt_openvino_model *model,
                                                vt_openvino_message *message);

void vt_openvino_request_free(vt_openvino_request *request);

/// Runs the model on `count` pictures of `height` × `width` RGB pixels and waits.
///
/// Copies `count × dimension` floats to `output`. Returns 0, or −1 with a message, also where the
/// model's output has another size.
int vt_openvino_infer(vt_openvino_request *request, const uint8_t *pixels, int count, int height,
                      int width, float *output, int dimension, vt_openvino_message *message);
