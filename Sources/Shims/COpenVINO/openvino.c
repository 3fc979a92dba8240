#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "COpenVINO.h"

const char *const vt_openvino_release = "2026.4";
static const char soname[] = "libopenvino_c.so.2641";

// From the headers of the pinned release.
enum { ov_ok = 0 };
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
  int (*input_count)(const void *model, size_t *count);
  int (*request_create)(const void *model, void **request);
  void (*request_free)(void *);
  int (*set_input)(void *request, const void *tensor);
  int (*set_named)(void *request, const char *name, const void *tensor);
  int (*infer)(void *request);
  int (*get_output)(const void *request, void **tensor);
  int (*get_named)(const void *request, const char *name, void **tensor);
  int (*tensor_wrap)(int type, ov_shape shape, void *pointer, void **tensor);
  int (*tensor_type)(const void *tensor, int *type);
  int (*tensor_shape)(const void *tensor, ov_shape *shape);
  int (*shape_free)(ov_shape *shape);
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
      {&library->input_count, "ov_compiled_model_inputs_size"},
      {&library->request_create, "ov_compiled_model_create_infer_request"},
      {&library->request_free, "ov_infer_request_free"},
      {&library->set_input, "ov_infer_request_set_input_tensor"},
      {&library->set_named, "ov_infer_request_set_tensor"},
      {&library->infer, "ov_infer_request_infer"},
      {&library->get_output, "ov_infer_request_get_output_tensor"},
      {&library->get_named, "ov_infer_request_get_tensor"},
      {&library->tensor_wrap, "ov_tensor_create_from_host_ptr"},
      {&library->tensor_type, "ov_tensor_get_element_type"},
      {&library->tensor_shape, "ov_tensor_get_shape"},
      {&library->shape_free, "ov_shape_free"},
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

int vt_openvino_input_count(const vt_openvino_model *model, vt_openvino_message *message) {
  size_t count = 0;
  if (failed(model->library, model->library->input_count(model->model, &count), "no inputs",
             message))
    return -1;
  return (int)count;
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

// The name of an element type, as the pinned release numbers them.
static const char *type_name(int type) {
  static const char *const names[] = {"dynamic", "boolean", "bf16", "f16", "f32", "f64",
                                      "i4",      "i8",      "i16",  "i32", "i64", "u1",
                                      "u2",      "u3",      "u4",   "u6",  "u8",  "u16",
                                      "u32",     "u64"};
  return type >= 0 && type < (int)(sizeof names / sizeof *names) ? names[type] : "another type";
}

// An IEEE 754 half as a float: the exponent's bias differs by 112, which also takes care of numbers
// too small for a leading one.
static float widened(uint16_t half) {
  uint32_t rest = half & 0x7FFF, sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t bits = rest << 13 | (rest >= 0x7C00 ? 0x7F800000 : 0);
  float value;
  memcpy(&value, &bits, sizeof value);
  if (rest < 0x7C00) value *= 0x1p112f;
  memcpy(&bits, &value, sizeof bits);
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Copies an f32 or f16 tensor and its dimensions out; 0, or −1 with a message.
static int copy_out(vt_openvino *library, void *tensor, float *output, size_t capacity,
                    vt_openvino_shape *shape, vt_openvino_message *message) {
  ov_shape dims = {0};
  void *data = NULL;
  size_t count = 1;
  int type = 0, answer = -1;
  if (failed(library, library->tensor_type(tensor, &type), "no output type", message)
      || failed(library, library->tensor_data(tensor, &data), "no output data", message)
      || failed(library, library->tensor_shape(tensor, &dims), "no output shape", message))
    return -1;
  if (dims.rank <= 8) {
    shape->rank = (int)dims.rank;
    for (int64_t i = 0; i < dims.rank; i++) {
      shape->dims[i] = dims.dims[i];
      count *= (size_t)dims.dims[i];
    }
  }
  int fits = dims.rank <= 8 && count <= capacity;
  if (fits && type == VT_OPENVINO_F32) {
    memcpy(output, data, count * sizeof(float));
    answer = 0;
  } else if (fits && type == VT_OPENVINO_F16) {
    for (size_t i = 0; i < count; i++) output[i] = widened(((const uint16_t *)data)[i]);
    answer = 0;
  } else {
    snprintf(message->text, sizeof message->text,
             "the model gives %zu values of %s in %lld dimensions, at most %zu of f32 or f16 wanted",
             count, type_name(type), (long long)dims.rank, capacity);
  }
  library->shape_free(&dims);
  return answer;
}

// Hands one input over; 0, or −1 with a message. The request keeps what it needs of the tensor.
static int give(vt_openvino_request *request, const vt_openvino_input *input,
                vt_openvino_message *message) {
  vt_openvino *library = request->library;
  int64_t dims[8];
  if (input->rank < 0 || input->rank > 8) {
    say(message, "cannot wrap an input", "more than eight dimensions");
    return -1;
  }
  memcpy(dims, input->dims, (size_t)input->rank * sizeof *dims);
  void *tensor = NULL;
  // The library only reads an input tensor, though its constructor takes a plain pointer.
  int wrong = failed(library,
                     library->tensor_wrap((int)input->element, (ov_shape){input->rank, dims},
                                          (void *)input->values, &tensor),
                     "cannot wrap an input", message)
              || failed(library,
                        input->name
                            ? library->set_named(request->request, input->name, tensor)
                            : library->set_input(request->request, tensor),
                        "cannot set the input", message);
  if (tensor) library->tensor_free(tensor);
  return wrong ? -1 : 0;
}

int vt_openvino_infer(vt_openvino_request *request, const vt_openvino_input *inputs, int count,
                      const char *name, float *output, size_t capacity, vt_openvino_shape *shape,
                      vt_openvino_message *message) {
  vt_openvino *library = request->library;
  for (int i = 0; i < count; i++)
    if (give(request, &inputs[i], message) != 0) return -1;
  void *result = NULL;
  int answer = -1;
  if (failed(library, library->infer(request->request), "cannot run the model", message)
      || failed(library,
                name ? library->get_named(request->request, name, &result)
                     : library->get_output(request->request, &result),
                "no output", message)) {
    // the message is set
  } else {
    answer = copy_out(library, result, output, capacity, shape, message);
  }
  if (result) library->tensor_free(result);
  return answer;
}
