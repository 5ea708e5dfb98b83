// SPDX-License-Identifier: MIT
#include "imaging/shaped_text.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

#include "base/utf8.h"

namespace imaging {
namespace {

constexpr double kCapitalPart = 0.72;  // of the size of a font, about

struct Release {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoContext* context) const { g_object_unref(context); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

/// What Pango takes: one line of UTF-8.
std::string one_line_of(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) line += "\xEF\xBF\xBD";
    else if (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F) line += ' ';
    else line += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return line;
}

void say_nothing_of(const char*, GLogLevelFlags, const char*, void*) {}

/// In a font map of the thread's own: Pango's must not be shared.
Owned<PangoLayout> layout_of(const std::string& text, double height) {
  static std::once_flag quiet;
  std::call_once(quiet, [] {
    const auto all = static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL);
    g_log_set_handler("Pango", all, say_nothing_of, nullptr);
  });
  const Owned<PangoContext> context(pango_font_map_create_context(pango_cairo_font_map_get_default()));
  // As the letters are made, whatever the settings of the desktop.
  const Owned<cairo_font_options_t> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context.get(), options.get());
  const Owned<PangoFontDescription> font(pango_font_description_new());
  pango_font_description_set_family_static(font.get(), "sans-serif");
  pango_font_description_set_absolute_size(font.get(), std::round(height / kCapitalPart * PANGO_SCALE));
  Owned<PangoLayout> layout(pango_layout_new(context.get()));
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

int width_of(PangoLayout* layout) {
  PangoRectangle logical{};
  pango_layout_get_extents(layout, nullptr, &logical);
  return PANGO_PIXELS_CEIL(logical.width);
}

/// The bytes between characters as readers see them, where a text can be cut.
std::vector<std::size_t> places_to_cut(PangoLayout* layout, const std::string& text) {
  int count = 0;
  const PangoLogAttr* attributes = pango_layout_get_log_attrs_readonly(layout, &count);
  std::vector<std::size_t> places;
  std::size_t at = 0;
  for (int i = 0; i < count && at <= text.size(); ++i) {
    if (attributes[i].is_cursor_position) places.push_back(at);
    at += at < text.size() ? base::utf8_length(std::string_view(text).substr(at)) : 1;
  }
  return places;
}

}  // namespace

bool has_fonts() {
  const FcFontSet* fonts = FcConfigGetFonts(FcConfigGetCurrent(), FcSetSystem);
  return fonts != nullptr && fonts->nfont > 0;
}

std::vector<std::string> characters_without_font(const std::vector<std::string>& texts) {
  std::vector<std::string> missing;
  const bool fonts = has_fonts();
  const auto known = [&](const std::string& text) {
    return fonts && pango_layout_get_unknown_glyphs_count(layout_of(text, 10).get()) == 0;
  };
  for (const std::string& text : texts) {
    const std::string line = one_line_of(text);
    if (std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x80; }) || known(line)) continue;
    for (std::string_view rest = line; !rest.empty();) {
      const std::string character(rest.substr(0, base::utf8_length(rest)));
      rest.remove_prefix(character.size());
      if (character.size() > 1 && std::ranges::count(missing, character) == 0 && !known(character))
        missing.push_back(character);
    }
  }
  return missing;
}

int shaped_width(const std::string& text, double height) {
  return width_of(layout_of(one_line_of(text), height).get());
}

cv::Mat draw_shaped(const std::string& text, double height, const cv::Scalar& colour, cv::Point* origin) {
  const Owned<PangoLayout> layout = layout_of(one_line_of(text), height);
  PangoRectangle ink{}, logical{};
  pango_layout_get_pixel_extents(layout.get(), &ink, &logical);
  const int left = std::min(ink.x, logical.x) - 1, top = std::min(ink.y, logical.y) - 1;
  const int right = std::max(ink.x + ink.width, logical.x + logical.width) + 1;
  const int bottom = std::max(ink.y + ink.height, logical.y + logical.height) + 1;
  const Owned<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, right - left, bottom - top));
  {
    const Owned<cairo_t> cairo(cairo_create(surface.get()));
    cairo_set_source_rgb(cairo.get(), colour[0], colour[1], colour[2]);
    cairo_move_to(cairo.get(), -left, -top);
    pango_cairo_show_layout(cairo.get(), layout.get());
  }
  cairo_surface_flush(surface.get());
  *origin = {-left, PANGO_PIXELS(pango_layout_get_baseline(layout.get())) - top};
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return {};
  cv::Mat drawn(bottom - top, right - left, CV_32FC4);
  for (int y = 0; y < drawn.rows; ++y) {
    const unsigned char* row = cairo_image_surface_get_data(surface.get()) +
                               static_cast<std::ptrdiff_t>(y) * cairo_image_surface_get_stride(surface.get());
    for (int x = 0; x < drawn.cols; ++x) {
      const std::uint32_t pixel = reinterpret_cast<const std::uint32_t*>(row)[x];
      const auto part = [&](int shift) { return static_cast<float>(pixel >> shift & 0xFF) / 255.0f; };
      drawn.at<cv::Vec4f>(y, x) = {part(16), part(8), part(0), part(24)};
    }
  }
  return drawn;
}

std::string cut_shaped(const std::string& text, double height, int width, const std::string& end) {
  const std::string line = one_line_of(text);
  const Owned<PangoLayout> layout = layout_of(line, height);
  const std::vector<std::size_t> places = places_to_cut(layout.get(), line);
  const auto fits = [&](std::size_t place) { return shaped_width(line.substr(0, place) + end, height) <= width; };
  const auto first_too_wide = std::ranges::partition_point(places, fits);
  const std::size_t cut = first_too_wide == places.begin() ? 0 : *(first_too_wide - 1);
  return cut == 0 ? "" : line.substr(0, cut) + end;
}

}  // namespace imaging
