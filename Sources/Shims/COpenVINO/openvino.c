#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "COpenVINO.h"

const char *const vt_openvino_release = "2026.4";
static const char soname[] = "libopenvino_c.so.2641";

// From the headers of the pinned release.
enum { ov_ok = 0, ov_f32 = 4, ov_u8 = 16 };
typedef struct {
  const char *build, *description;
} ov_version;
typedef struct {
  int64_t rank, *dims;
} ov_shape;
typedef struct {
  const char *key, *value;
} ov_property;

struct vt_openvino {
  int (*get_version)(ov_version *);
  void (*version_free)(ov_version *);
  const char *(*error_info)(int);
  const char *(*last_error)(void);
  int (*core_create)(void **);
  void (*core_free)(void *);
  int (*compile)(const void *core, const char *path, const char *device, size_t count,
                 const ov_property *properties, void **model);
  void (*model_free)(void *);
  int (*request_create)(const void *model, void **request);
  void (*request_free)(void *);
  int (*set_input)(void *request, const void *tensor);
  int (*infer)(void *request);
  int (*get_output)(const void *request, void **tensor);
  int (*tensor_wrap)(int type, ov_shape shape, void *pointer, void **tensor);
  int (*tensor_type)(const void *tensor, int *type);
  int (*tensor_size)(const void *tensor, size_t *elements);
  int (*tensor_data)(const void *tensor, void **data);
  void (*tensor_free)(void *);
};

struct vt_openvino_model {
  vt_openvino *library;
  void *core, *model;
};

struct vt_openvino_request {
  vt_openvino *library;
  void *request;
};

static void say(vt_openvino_message *message, const char *what, const char *detail) {
  snprintf(message->text, sizeof message->text, "%s: %s", what, detail ? detail : "no detail");
}

// `status` as text: what the library says last, or the name of the code.
static int failed(const vt_openvino *library, int status, const char *what,
                  vt_openvino_message *message) {
  if (status == ov_ok) return 0;
  const char *detail = library->last_error();
  if (!detail || !*detail) detail = library->error_info(status);
  say(message, what, detail);
  return 1;
}

vt_openvino *vt_openvino_open(const char *folder, vt_openvino_message *message) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, soname) >= (int)sizeof path) {
    say(message, "path too long", folder);
    return NULL;
  }
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    say(message, "cannot open openvino", dlerror());
    return NULL;
  }
  vt_openvino *library = calloc(1, sizeof *library);
  if (!library) {
    say(message, "cannot open openvino", "out of memory");
    return NULL;
  }
  const struct {
    void *slot;
    const char *name;
  } symbols[] = {
      {&library->get_version, "ov_get_openvino_version"},
      {&library->version_free, "ov_version_free"},
      {&library->error_info, "ov_get_error_info"},
      {&library->last_error, "ov_get_last_err_msg"},
      {&library->core_create, "ov_core_create"},
      {&library->core_free, "ov_core_free"},
      {&library->compile, "ov_core_compile_model_from_file_props"},
      {&library->model_free, "ov_compiled_model_free"},
      {&library->request_create, "ov_compiled_model_create_infer_request"},
      {&library->request_free, "ov_infer_request_free"},
      {&library->set_input, "ov_infer_request_set_input_tensor"},
      {&library->infer, "ov_infer_request_infer"},
      {&library->get_output, "ov_infer_request_get_output_tensor"},
      {&library->tensor_wrap, "ov_tensor_create_from_host_ptr"},
      {&library->tensor_type, "ov_tensor_get_element_type"},
      {&library->tensor_size, "ov_tensor_get_size"},
      {&library->tensor_data, "ov_tensor_data"},
      {&library->tensor_free, "ov_tensor_free"},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *address = dlsym(handle, symbols[i].name);
    if (!address) {
      say(message, "openvino lacks a function", symbols[i].name);
      free(library);
      return NULL;
    }
    memcpy(symbols[i].slot, &address, sizeof address);
  }
  ov_version version = {0};
  if (failed(library, library->get_version(&version), "openvino has no version", message)) {
    free(library);
    return NULL;
  }
  size_t length = strlen(vt_openvino_release);
  int fits = version.build && strncmp(version.build, vt_openvino_release, length) == 0
             && version.build[length] == '.';
  if (!fits)
    snprintf(message->text, sizeof message->text, "openvino %.100s found, %s wanted",
             version.build ? version.build : "without version", vt_openvino_release);
  library->version_free(&version);
  if (fits) return library;
  free(library);
  return NULL;
}

vt_openvino_model *vt_openvino_compile(vt_openvino *library, const char *path, int streams,
                                       vt_openvino_message *message) {
  vt_openvino_model *model = calloc(1, sizeof *model);
  if (!model) {
    say(message, "cannot compile the model", "out of memory");
    return NULL;
  }
  model->library = library;
  char count[16];
  snprintf(count, sizeof count, "%d", streams);
  const ov_property properties[] = {
      {"NUM_STREAMS", count},
      {"INFERENCE_NUM_THREADS", count},
      {"ENABLE_CPU_PINNING", "NO"},  // the other lanes use the same cores
      {"INFERENCE_PRECISION_HINT", "f32"},
  };
  if (failed(library, library->core_create(&model->core), "cannot start openvino", message)
      || failed(library,
                library->compile(model->core, path, "CPU", sizeof properties / sizeof *properties,
                                 properties, &model->model),
                "cannot compile the model", message)) {
    vt_openvino_model_free(model);
    return NULL;
  }
  return model;
}

void vt_openvino_model_free(vt_openvino_model *model) {
  if (!model) return;
  if (model->model) model->library->model_free(model->model);
  if (model->core) model->library->core_free(model->core);
  free(model);
}

vt_openvino_request *vt_openvino_request_create(vt_openvino_model *model,
                                                vt_openvino_message *message) {
  vt_openvino_request *request = calloc(1, sizeof *request);
  if (!request) {
    say(message, "cannot prepare a request", "out of memory");
    return NULL;
  }
  request->library = model->library;
  if (failed(model->library, model->library->request_create(model->model, &request->request),
             "cannot prepare a request", message)) {
    free(request);
    return NULL;
  }
  return request;
}

void vt_openvino_request_free(vt_openvino_request *request) {
  if (!request) return;
  request->library->request_free(request->request);
  free(request);
}

int vt_openvino_infer(vt_openvino_request *request, const uint8_t *pixels, int count, int height,
                      int width, float *output, int dimension, vt_openvino_message *message) {
  vt_openvino *library = request->library;
  int64_t dims[4] = {count, height, width, 3};
  void *input = NULL, *result = NULL, *data = NULL;
  size_t elements = 0, wanted = (size_t)count * (size_t)dimension;
  int type = 0, answer = -1;
  // The library only reads an input tensor, though its constructor takes a plain pointer.
  if (failed(library, library->tensor_wrap(ov_u8, (ov_shape){4, dims}, (void *)pixels, &input),
             "cannot wrap the pixels", message)
      || failed(library, library->set_input(request->request, input), "cannot set the input",
                message)
      || failed(library, library->infer(request->request), "cannot run the model", message)
      || failed(library, library->get_output(request->request, &result), "no output", message)
      || failed(library, library->tensor_type(result, &type), "no output type", message)
      || failed(library, library->tensor_size(result, &elements), "no output size", message)
      || failed(library, library->tensor_data(result, &data), "no output data", message)) {
    // the message is set
  } else if (type != ov_f32 || elements != wanted) {
    snprintf(message->text, sizeof message->text,
             "the model gives %zu values of type %d, %zu of type %d wanted", elements, type, wanted,
             ov_f32);
  } else {
    memcpy(output, data, wanted * sizeof(float));
    answer = 0;
  }
  if (result) library->tensor_free(result);
  if (input) library->tensor_free(input);
  return answer;
}
