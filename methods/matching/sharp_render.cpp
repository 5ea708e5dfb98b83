// SPDX-License-Identifier: MIT
#include "methods/matching/sharp_render.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

#include "imaging/resample.h"
#include "methods/matching/source_files.h"

namespace matching {
namespace {

constexpr int kMaxSide = 65'535;

void check_bank(const Matches& matches, const Bank& bank) {
  if (&bank == matches.bank.get()) return;
  const auto& due = matches.bank->records;
  bool same = bank.records.size() == due.size();
  for (std::size_t i = 0; same && i < due.size(); ++i) same = bank.records[i].latent.sizes() == due[i].latent.sizes();
  if (same) return;
  throw std::invalid_argument("the bank to cut from has other sources than the one that was matched: " +
                              std::to_string(bank.records.size()) + " and " + std::to_string(due.size()) +
                              "; their latents must have the same sizes, in the same order, with the same do_rotated");
}

void check_pictures(const Matches& matches, const Bank& bank) {
  std::set<int> used;
  for (const Match& match : matches.matches) used.insert(bank.records.at(match.record).source);
  const bool all_there = std::ranges::all_of(used, [&](int source) {
    std::error_code error;
    return std::filesystem::is_regular_file(bank.sources[source].source_path, error);
  });
  if (all_there) return;
  const std::vector<std::string> missing = missing_pictures(bank.sources);
  throw std::runtime_error("cannot cut from pictures that are not there: " + list_of_names(missing) +
                           "; put them there, name their folder (picture_folder of patch-bank), or encode them where "
                           "they are now (decoupage encode)");
}

/// A box of a picture, black where it reaches over the edge. A view where it does not.
cv::Mat crop(const cv::Mat& picture, const Box& box) {
  const cv::Rect wanted(box.left, box.top, box.right - box.left, box.bottom - box.top);
  const cv::Rect there = wanted & cv::Rect(0, 0, picture.cols, picture.rows);
  if (there == wanted) return picture(wanted);
  cv::Mat out(wanted.size(), picture.type(), cv::Scalar::all(0));
  if (!there.empty()) picture(there).copyTo(out(there - wanted.tl()));
  return out;
}

/// The same of the picture turned by 90° · rotation counter-clockwise; the picture itself is not turned.
cv::Mat crop(const cv::Mat& picture, int rotation, const Box& box) {
  const int w = picture.cols, h = picture.rows;
  cv::Mat out;
  switch (rotation) {
    case 0:
      return crop(picture, box);
    case 1:  // across the turned picture goes down the picture; down it goes from right to left
      cv::rotate(crop(picture, {w - box.bottom, box.left, w - box.top, box.right}), out,
                 cv::ROTATE_90_COUNTERCLOCKWISE);
      return out;
    case 2:
      cv::rotate(crop(picture, {w - box.right, h - box.bottom, w - box.left, h - box.top}), out, cv::ROTATE_180);
      return out;
    case 3:
      cv::rotate(crop(picture, {box.top, h - box.right, box.bottom, h - box.left}), out, cv::ROTATE_90_CLOCKWISE);
      return out;
    default:
      throw std::invalid_argument("a rotation of " + std::to_string(rotation) + ": 0 to 3 are due");
  }
}

/// Pastes a window through the cells of its region, each `cell` px wide.
void paste(const cv::Mat& window, const imaging::Labels& labels, const Match& match, int cell, cv::Mat& canvas) {
  const auto inside = [&](int y, int x) {
    return labels.patch_size > 0 || labels.at(match.y0 + y, match.x0 + x) == match.region;
  };
  for (int y = 0; y < match.height; ++y) {
    for (int x = 0; x < match.width;) {
      const int from = x;
      const bool covered = inside(y, x);
      while (x < match.width && inside(y, x) == covered) ++x;
      if (!covered) continue;
      const cv::Rect run(from * cell, y * cell, (x - from) * cell, cell);
      window(run).copyTo(canvas(run + cv::Point(match.x0 * cell, match.y0 * cell)));
    }
  }
}

/// The matches source by source, so that each picture is needed for one stretch of the work. Regions do not overlap:
/// their order changes nothing.
std::vector<const Match*> by_source(const Matches& matches, const Bank& bank) {
  std::vector<const Match*> order;
  for (const Match& match : matches.matches) order.push_back(&match);
  std::ranges::stable_sort(order, {}, [&](const Match* match) { return bank.records[match->record].source; });
  return order;
}

cv::Mat empty_canvas(const imaging::Labels& labels, int cell, const cv::Mat& plain) {
  const std::int64_t width = std::int64_t{labels.width} * cell, height = std::int64_t{labels.height} * cell;
  if (std::max(width, height) > kMaxSide)
    throw std::invalid_argument("a collage of " + std::to_string(width) + "x" + std::to_string(height) +
                                " px: a side may have at most " + std::to_string(kMaxSide) +
                                "; lower pixel_render_scale");
  const cv::Size size(static_cast<int>(width), static_cast<int>(height));
  if (plain.empty()) return cv::Mat(size, CV_8UC3, cv::Scalar::all(0));
  return imaging::lanczos(plain, size.width, size.height).clone();
}

}  // namespace

cv::Mat render_sharp(const Matches& matches, const Bank& bank, SourcePictures& pictures, const SharpRender& settings) {
  check_bank(matches, bank);
  check_pictures(matches, bank);
  const imaging::Labels& labels = *matches.labels;
  const int factor = bank.sources.empty() ? 8 : bank.sources.front().downsample_factor;
  const int cell = factor * settings.pixel_render_scale;
  cv::Mat canvas = empty_canvas(labels, cell, settings.plain);
  for (const Match* match : by_source(matches, bank)) {
    const SourceRecord& record = bank.records[match->record];
    const SourceLatent& source = bank.sources[record.source];
    const Box box = picture_box(record, match->y, match->x, match->height, match->width, source.downsample_factor);
    const cv::Mat window = crop(pictures.get(source), record.rotation, box);
    paste(imaging::lanczos(window, match->width * cell, match->height * cell), labels, *match, cell, canvas);
  }
  return canvas;
}

}  // namespace matching
