// SPDX-License-Identifier: MIT
#include "imaging/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "imaging/files/picture.h"
#include "imaging/label.h"
#include "imaging/resize.h"

namespace imaging {
namespace {

// Lines of at most `width` px, broken at ", " as labels list their params; a part that is too wide alone is cut.
std::vector<std::string> break_label(const std::string& label, double height, int width) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < label.size();) {
    const std::size_t end = std::min(label.find(", ", begin), label.size());
    const std::string part = label.substr(begin, end - begin);
    begin = end + 2;
    if (!lines.empty() && text_width(lines.back() + ", " + part, height) <= width) lines.back() += ", " + part;
    else lines.push_back(part);
  }
  for (std::string& line : lines) line = fit_text(line, height, width);
  return lines;
}

struct Ink {
  cv::Scalar text, empty;  // RGB
};

Ink ink_on(const cv::Scalar& background) {
  const double light = 0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2];
  const cv::Scalar text = light > 0.5 ? cv::Scalar::all(0.16) : cv::Scalar::all(0.90);
  return {text, background * 0.82 + text * 0.18};
}

/// Where things are on a sheet, px.
struct Measures {
  double letters;  ///< height of a capital
  int line;
  double heading;  ///< height of a capital of the title
  int top, columns = 0;
  cv::Size step;  ///< from cell to cell
  std::vector<std::vector<std::string>> labels;
  cv::Size sheet;

  Measures(const std::vector<std::string>& texts, cv::Size cell, const SheetLayout& layout)
      : letters(std::clamp(cell.width / 24.0, 6.0, 13.0)),
        line(static_cast<int>(letters * 1.9)),
        heading(letters * 1.6) {
    std::size_t lines = 0;
    for (const std::string& text : texts) {
      labels.push_back(layout.labels ? break_label(text, letters, cell.width) : std::vector<std::string>{});
      lines = std::max(lines, labels.back().size());
    }
    const int count = static_cast<int>(texts.size());
    const int below = lines == 0 ? 0 : static_cast<int>(lines) * line + line / 3;
    step = {cell.width + layout.gap, cell.height + below + layout.gap};
    columns = std::min(layout.columns > 0 ? layout.columns : sheet_columns(count, step), count);
    const int rows = (count + columns - 1) / columns;
    top = layout.title.empty() ? 0 : static_cast<int>(heading * 2.2) + layout.gap / 2;
    sheet = {columns * step.width + layout.gap, top + rows * step.height + layout.gap};
  }
};

}  // namespace

cv::Size thumbnail_size(cv::Size picture, int cell) {
  const double scale = static_cast<double>(cell) / std::max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const auto side = [&](int n) { return std::max(1, static_cast<int>(std::lround(n * scale))); };
  return {side(picture.width), side(picture.height)};
}

cv::Mat sheet_thumbnail(const cv::Mat& picture, int cell) {
  const cv::Size size = thumbnail_size(picture.size(), cell);
  return size == picture.size() ? picture : resize(picture, size.width, size.height, Filter::kArea);
}

int sheet_columns(int cells, cv::Size cell) {
  int best = 0, fewest = 0, first = 0;
  for (int columns = 1; columns <= cells; ++columns) {
    const int rows = (cells + columns - 1) / columns, unused = rows * columns - cells;
    const double ratio = static_cast<double>(columns) * cell.width / (static_cast<double>(rows) * cell.height);
    if (ratio < 0.8) continue;
    if (first == 0) first = columns;
    if (ratio <= 3 && (best == 0 || unused < fewest)) best = columns, fewest = unused;
  }
  return best > 0 ? best : first > 0 ? first : cells;
}

cv::Size sheet_size(const std::vector<std::string>& labels, cv::Size cell, const SheetLayout& layout) {
  return Measures(labels, cell, layout).sheet;
}

cv::Mat draw_contact_sheet(const std::vector<SheetCell>& cells, const SheetLayout& layout) {
  cv::Size cell(0, 0);
  std::vector<cv::Mat> pictures;
  std::vector<std::string> texts;
  for (const SheetCell& one : cells) {
    pictures.push_back(one.picture.empty() ? cv::Mat() : sheet_thumbnail(one.picture, layout.cell));
    texts.push_back(one.label);
    cell = {std::max(cell.width, pictures.back().cols), std::max(cell.height, pictures.back().rows)};
  }
  if (cell.area() == 0) cell = {layout.cell, layout.cell};
  const Measures measures(texts, cell, layout);
  const auto& [letters, line, heading, top, columns, step, labels, size] = measures;
  cv::Mat sheet(size, CV_32FC3, layout.background);
  const Ink ink = ink_on(layout.background);
  if (top > 0) {
    const std::string title = fit_text(layout.title, heading, sheet.cols - 2 * layout.gap);
    draw_text(sheet, title, {layout.gap, layout.gap + static_cast<int>(heading * 1.35)}, heading, ink.text);
  }
  for (int i = 0; i < static_cast<int>(cells.size()); ++i) {
    const cv::Point at(layout.gap + i % columns * step.width, top + layout.gap + i / columns * step.height);
    const cv::Mat& picture = pictures[i];
    if (picture.empty()) {
      sheet(cv::Rect(at, cell)).setTo(ink.empty);
      const std::string none = fit_text("no picture", letters, cell.width);
      draw_text(sheet, none, {at.x + (cell.width - text_width(none, letters)) / 2, at.y + cell.height / 2}, letters,
                ink.text);
    } else {
      const cv::Point inside((cell.width - picture.cols) / 2, (cell.height - picture.rows) / 2);
      const bool bits8 = picture.depth() == CV_8U;
      (bits8 ? from_8bit(picture) : picture).copyTo(sheet(cv::Rect(at + inside, picture.size())));
    }
    for (std::size_t k = 0; k < labels[i].size(); ++k) {
      draw_text(sheet, labels[i][k], {at.x, at.y + cell.height + static_cast<int>(k + 1) * line}, letters, ink.text);
    }
  }
  return sheet;
}

}  // namespace imaging
