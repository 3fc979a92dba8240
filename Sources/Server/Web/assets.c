#include "CWebAssets.h"

// #embed is C23; clang takes it in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char app_css[] = {
#embed "app.css"
};
static const unsigned char app_js[] = {
#embed "app.js"
};
static const unsigned char dom_js[] = {
#embed "dom.js"
};
static const unsigned char state_js[] = {
#embed "state.js"
};
static const unsigned char api_js[] = {
#embed "api.js"
};
static const unsigned char uploads_js[] = {
#embed "uploads.js"
};
static const unsigned char grid_js[] = {
#embed "grid.js"
};
static const unsigned char query_js[] = {
#embed "query.js"
};
static const unsigned char boxes_js[] = {
#embed "boxes.js"
};
static const unsigned char region_js[] = {
#embed "region.js"
};
static const unsigned char filters_js[] = {
#embed "filters.js"
};
static const unsigned char detail_js[] = {
#embed "detail.js"
};
static const unsigned char icon_svg[] = {
#embed "icon.svg"
};

static const vt_web_asset assets[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/app.css", "text/css; charset=utf-8", app_css, sizeof app_css},
    {"/app.js", "text/javascript; charset=utf-8", app_js, sizeof app_js},
    {"/dom.js", "text/javascript; charset=utf-8", dom_js, sizeof dom_js},
    {"/state.js", "text/javascript; charset=utf-8", state_js, sizeof state_js},
    {"/api.js", "text/javascript; charset=utf-8", api_js, sizeof api_js},
    {"/uploads.js", "text/javascript; charset=utf-8", uploads_js, sizeof uploads_js},
    {"/grid.js", "text/javascript; charset=utf-8", grid_js, sizeof grid_js},
    {"/query.js", "text/javascript; charset=utf-8", query_js, sizeof query_js},
    {"/boxes.js", "text/javascript; charset=utf-8", boxes_js, sizeof boxes_js},
    {"/region.js", "text/javascript; charset=utf-8", region_js, sizeof region_js},
    {"/filters.js", "text/javascript; charset=utf-8", filters_js, sizeof filters_js},
    {"/detail.js", "text/javascript; charset=utf-8", detail_js, sizeof detail_js},
    {"/icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
};

const vt_web_asset *vt_web_assets(size_t *count) {
  *count = sizeof assets / sizeof assets[0];
  return assets;
}
