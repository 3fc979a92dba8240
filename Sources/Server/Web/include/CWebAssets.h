#ifndef CWEBASSETS_H
#define CWEBASSETS_H

#include <stddef.h>

/// A file of the web page, as it was when the program was built.
typedef struct vt_web_asset {
  /// Where it is served, such as `/app.js`.
  const char *path;
  const char *media_type;
  const unsigned char *bytes;
  size_t count;
} vt_web_asset;

/// Every file of the web page; `*count` is how many there are.
const vt_web_asset *vt_web_assets(size_t *count);

#endif
