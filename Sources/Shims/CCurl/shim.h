// libcurl's variadic calls, one typed inline function for each kind of argument: Swift imports no
// C function with `...`.
// And Linux's event interface, which Swift's Glibc module leaves out.
#pragma once
#include <curl/curl.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static inline CURLcode vitrine_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode vitrine_easy_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode vitrine_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode vitrine_easy_set_headers(CURL *easy, struct curl_slist *headers) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}
static inline CURLcode vitrine_easy_on_body(CURL *easy, curl_write_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
}
static inline CURLcode vitrine_easy_on_header(CURL *easy, curl_write_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
}
static inline CURLcode vitrine_easy_on_socket(CURL *easy, curl_opensocket_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
static inline CURLcode vitrine_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode vitrine_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode vitrine_easy_get_string(CURL *easy, CURLINFO info, char **value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode vitrine_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode vitrine_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode vitrine_multi_on_socket(
    CURLM *multi, curl_socket_callback callback, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
  return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context) : code;
}
static inline CURLMcode vitrine_multi_on_timer(
    CURLM *multi, curl_multi_timer_callback callback, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
  return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context) : code;
}
// `data` is a union, which would import as raw memory.
static inline CURLcode vitrine_message_result(const CURLMsg *message) {
  return message->data.result;
}

// A descriptor that is ready, and the mark it was watched under.
typedef struct {
  int descriptor;
  uint32_t mark;
  uint32_t events;
} vitrine_event;

static inline int vitrine_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int vitrine_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int vitrine_epoll_control(
    int epoll, int operation, int descriptor, uint32_t mark, uint32_t events) {
  struct epoll_event event = {
      .events = events, .data.u64 = (uint64_t)mark << 32 | (uint32_t)descriptor};
  return epoll_ctl(epoll, operation, descriptor, &event);
}
// The number of `ready` that were filled, or -1.
static inline int vitrine_epoll_wait(
    int epoll, vitrine_event *ready, int capacity, int milliseconds) {
  struct epoll_event events[64];
  int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, milliseconds);
  for (int i = 0; i < count; i++) {
    ready[i].descriptor = (int)(uint32_t)events[i].data.u64;
    ready[i].mark = (uint32_t)(events[i].data.u64 >> 32);
    ready[i].events = events[i].events;
  }
  return count;
}
static inline void vitrine_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
