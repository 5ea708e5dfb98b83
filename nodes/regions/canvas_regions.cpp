// SPDX-License-Identifier: MIT
#include "nodes/regions/canvas_regions.h"

#include <algorithm>
#include <stdexcept>

#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "imaging/masks.h"
#include "methods/tiling/coverage.h"

namespace nodes {
namespace {

using graph::Data;
using graph::Shape;
using graph::ShapeField;

Shape bound_shape() {
  return Shape::whole().at_least(0).at_most(65536);
}

std::vector<ShapeField> bounds_of(const Shape& bound, const std::optional<std::string>& otherwise) {
  return {{"row_init", bound, "where it begins from the top, a multiple of 8", otherwise, "px"},
          {"row_end", bound, "where it ends", otherwise, "px"},
          {"col_init", bound, "where it begins from the left", otherwise, "px"},
          {"col_end", bound, "where it ends", otherwise, "px"}};
}

Shape scale_shape() {
  return Shape::number().at_least(-1000).at_most(1000).or_null();
}

Shape with_fields(std::vector<ShapeField> fields, std::vector<ShapeField> more) {
  fields.insert(fields.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return Shape::map(std::move(fields));
}

const std::vector<std::string>& bound_names() {
  static const std::vector<std::string> kNames{".row_init", ".row_end", ".col_init", ".col_end"};
  return kNames;
}

/// How far a blur is seen, in its radii.
constexpr double kBlurReach = 4;

bool is_default(const Data& value, const ShapeField& field) {
  return value == graph::read_data(graph::parse_data(*field.value, field.name), field.shape, field.name);
}

}  // namespace

Shape canvas_regions_shape() {
  return Shape::list_of(
             with_fields(
                 bounds_of(bound_shape().or_null(), "null"),
                 {{"kind", Shape::text().choices("text|image"),
                   "what is done there: drawn by a text, or held to a picture", "\"text\""},
                  {"prompt", Shape::text(), "of a text", "\"\""},
                  {"negative_prompt", Shape::text().or_null(), "of a text; null: none, which SDXL takes as zeros",
                   "null"},
                  {"guidance_scale", scale_shape(), "of a text; null: a whole number in 5 to 29 is drawn", "7.5"},
                  {"mask_type", Shape::text().choices("constant|gaussian|quartic"),
                   "of a text: how it counts from its middle to its edges", "\"gaussian\""},
                  {"mask_weight", Shape::number().at_least(0), "of a text, beside the others'", "1.0"},
                  {"polygon", Shape::list_of(Shape::list_of(Shape::number()).sized(2, 2)).sized(3).or_null(),
                   "of a text: [x, y] of its corners, px of the canvas, in the place of a box", "null"},
                  {"mask", Shape::path().or_null(),
                   "of a text: a picture of its box, or without one of the canvas, white where it counts", "null"},
                  {"feather", Shape::number().at_least(0).at_most(1000),
                   "how far the edge of polygon or mask is blurred", "0.0", "px"},
                  {"reference_image", Shape::path().or_null(), "of an image: the picture", "null"},
                  {"strength", Shape::number().at_least(0).at_most(1),
                   "of an image: the part of the steps for which it is held, about", "0.8"},
                  {"region_seed", drawn_seed_shape(), "of the noise that noise_eps adds; null: it is drawn", "null"},
                  {"noise_eps", Shape::number().at_least(0), "how much noise of region_seed is added", "0.0"}})
                 .called("region"))
      .sized(1);
}

Shape canvas_rerolls_shape() {
  return Shape::list_of(
      with_fields(bounds_of(bound_shape(), {}),
                  {{"region_seed", drawn_seed_shape(), "of its noise; null: it is drawn", "null"},
                   {"reroll_mode", Shape::text().choices("reset|epsilon"),
                    "the noise is put in the place of the canvas's, or noise_eps times added", "\"reset\""},
                   {"noise_eps", Shape::number().at_least(0), "of mode epsilon", "0.0"}})
          .called("reroll region"));
}

Shape canvas_background_shape() {
  return Shape::map({{"prompt", Shape::text(), "what is behind all regions, and where there is none"},
                     {"negative_prompt", Shape::text().or_null(), "what is not", "null"},
                     {"guidance_scale", scale_shape(), "null: it is drawn", "7.5"},
                     {"mask_weight", Shape::number().at_least(1e-6), "beside that of the regions", "0.1"}})
      .called("background")
      .or_null();
}

void CanvasRegions::read_regions(const Data& regions) {
  for (std::size_t i = 0; i < regions.items().size(); ++i) {
    const Data& data = regions.items()[i];
    const bool is_image = data["kind"].as<std::string>() == "image";
    tiling::Region region{
        .kind = is_image ? tiling::Region::Kind::kImage : tiling::Region::Kind::kText,
        .name = "regions[" + std::to_string(i) + "]",
        .seed = seed_in(data["region_seed"]),
        .noise_eps = data["noise_eps"].as<double>(),
    };
    if (is_image) read_image(data, std::move(region));
    else read_text(data, std::move(region));
  }
  if (texts_.empty() && !faults_.any())
    faults_.add("regions: no text region: something has to be drawn where a picture is held, too", regions.mark());
}

/// What belongs to another kind of region.
void CanvasRegions::refuse_given(const Data& data, const tiling::Region& region, const std::vector<std::string>& fields,
                                 const char* kind) {
  static const Shape kShape = canvas_regions_shape();
  for (const ShapeField& field : kShape.parts[0].fields) {
    if (std::ranges::count(fields, field.name) == 0 || is_default(data[field.name], field)) continue;
    faults_.add(region.name + "." + field.name + ": is for regions of kind: " + kind, data[field.name].mark());
  }
}

CanvasRegions::PictureFile CanvasRegions::file_in(const Data& data, const std::string& place) {
  return {place, data.as<graph::Path>().text, data.mark()};
}

bool CanvasRegions::read_box(const Data& data, tiling::Region& region) {
  const Data *top = &data["row_init"], *bottom = &data["row_end"], *left = &data["col_init"], *right = &data["col_end"];
  const Data* all[] = {top, bottom, left, right};
  bool good = true;
  for (std::size_t i = 0; i < 4; ++i) {
    if (!all[i]->is_null()) continue;
    faults_.add(region.name + bound_names()[i] + ": must be given: a multiple of 8, in px", data.mark());
    good = false;
  }
  if (!good) return false;
  const auto px = [](const Data* one) { return one->as<std::int64_t>(); };
  region.box = box_in({px(top), px(bottom), px(left), px(right), *top, *bottom, *left, *right}, height_, width_,
                      region.name, bound_names(), faults_);
  return !faults_.any();
}

void CanvasRegions::set_mask(tiling::Region& region, const cv::Mat& mask, const tiling::Box& place) {
  const tiling::Box own = tiling::box_around(mask);
  if (own.empty()) {
    region.box = {};
    return;
  }
  region.weights.mask = tiling::cell_weights(mask, own);
  region.box = {place.top + own.top, place.top + own.bottom, place.left + own.left, place.left + own.right};
}

cv::Mat CanvasRegions::shaped(const cv::Mat& mask, double feather) {
  return feather > 0 ? imaging::feathered_mask(mask, feather) : mask;
}

bool CanvasRegions::read_polygon(const Data& data, tiling::Region& region) {
  std::vector<tiling::Point> corners;
  for (const Data& point : data["polygon"].items())
    corners.push_back({point.items()[0].as<double>(), point.items()[1].as<double>()});
  const double feather = data["feather"].as<double>();
  const tiling::Box around = tiling::box_around(corners, kBlurReach * feather, height_, width_);
  if (!around.empty()) {
    for (tiling::Point& corner : corners) {
      corner.x -= static_cast<double>(around.left * tiling::kCellPixels);
      corner.y -= static_cast<double>(around.top * tiling::kCellPixels);
    }
    const cv::Mat mask = shaped(tiling::polygon_mask(corners, static_cast<int>(around.height() * tiling::kCellPixels),
                                                     static_cast<int>(around.width() * tiling::kCellPixels)),
                                feather);
    set_mask(region, mask, around);
  }
  if (region.box.empty()) {
    faults_.add(region.name + ".polygon: nothing of it lies on the canvas", data["polygon"].mark());
    return false;
  }
  return true;
}

void CanvasRegions::read_text(const Data& data, tiling::Region region) {
  refuse_given(data, region, {"reference_image", "strength"}, "image");
  region.prompt = data["prompt"].as<std::string>();
  region.has_negative_prompt = !data["negative_prompt"].is_null();
  if (region.has_negative_prompt) region.negative_prompt = data["negative_prompt"].as<std::string>();
  const Data& scale = data["guidance_scale"];
  region.guidance_scale = scale.is_null() ? std::nullopt : std::optional(scale.as<double>());
  region.weights.type = tiling::mask_type_named(data["mask_type"].as<std::string>());
  region.weights.weight = data["mask_weight"].as<double>();
  const bool has_polygon = !data["polygon"].is_null(), has_mask = !data["mask"].is_null();
  const bool has_box = std::ranges::any_of(
      bound_names(), [&](const std::string& name) { return !data[std::string_view(name).substr(1)].is_null(); });
  if (has_polygon && (has_mask || has_box))
    faults_.add(region.name + ".polygon: takes the place of a box and of a mask: give one of them",
                data["polygon"].mark());
  if (!has_polygon && !has_mask && data["feather"].as<double>() > 0)
    faults_.add(region.name + ".feather: is for a polygon or a mask", data["feather"].mark());
  if (faults_.any()) return;
  if (has_polygon) {
    if (!read_polygon(data, region)) return;
  } else if (has_box || !has_mask) {
    if (!read_box(data, region)) return;
  } else {
    region.box = {0, height_ / tiling::kCellPixels, 0, width_ / tiling::kCellPixels};
  }
  if (has_mask)
    masks_.push_back(
        {texts_.size(), has_box, file_in(data["mask"], region.name + ".mask"), data["feather"].as<double>()});
  region.crop_top = region.box.top * tiling::kCellPixels;
  region.crop_left = region.box.left * tiling::kCellPixels;
  texts_.push_back(region);
  all_.push_back(std::move(region));
}

void CanvasRegions::read_image(const Data& data, tiling::Region region) {
  refuse_given(
      data, region,
      {"prompt", "negative_prompt", "guidance_scale", "mask_type", "mask_weight", "polygon", "mask", "feather"},
      "text");
  if (data["reference_image"].is_null())
    faults_.add(region.name + ".reference_image: must be given: the picture that the region is held to", data.mark());
  if (!read_box(data, region)) return;
  region.reference_image = data["reference_image"].as<graph::Path>().text;
  pictures_.push_back(file_in(data["reference_image"], region.name + ".reference_image"));
  region.strength = data["strength"].as<double>();
  images_.push_back(region);
  all_.push_back(std::move(region));
}

void CanvasRegions::read_rerolls(const Data& rerolls) {
  for (std::size_t i = 0; i < rerolls.items().size(); ++i) {
    const Data& data = rerolls.items()[i];
    tiling::Region region{.kind = tiling::Region::Kind::kReroll,
                          .name = "reroll_regions[" + std::to_string(i) + "]",
                          .seed = seed_in(data["region_seed"])};
    region.resets_noise = data["reroll_mode"].as<std::string>() == "reset";
    if (!region.resets_noise) region.noise_eps = data["noise_eps"].as<double>();
    if (read_box(data, region)) rerolls_.push_back(std::move(region));
  }
}

void CanvasRegions::read_background(const Data& background) {
  if (background.is_null()) return;
  tiling::Region region{.name = "background",
                        .box = {0, height_ / tiling::kCellPixels, 0, width_ / tiling::kCellPixels},
                        .prompt = background["prompt"].as<std::string>()};
  region.has_negative_prompt = !background["negative_prompt"].is_null();
  if (region.has_negative_prompt) region.negative_prompt = background["negative_prompt"].as<std::string>();
  const Data& scale = background["guidance_scale"];
  region.guidance_scale = scale.is_null() ? std::nullopt : std::optional(scale.as<double>());
  region.weights = {.type = tiling::MaskType::kConstant, .weight = background["mask_weight"].as<double>()};
  texts_.push_back(std::move(region));
}

/// The one picture of a path; notes a fault, and gives nothing, where it is none.
std::string CanvasRegions::picture_of(const PictureFile& file) {
  try {
    const std::vector<std::string> files = imaging::find_pictures(file.path, false);
    if (files.size() == 1) return files.front();
    faults_.add(file.place + ": '" + file.path + "' is not one picture", file.mark);
  } catch (const std::exception& e) {
    faults_.add(file.place + ": " + e.what(), file.mark);
  }
  return "";
}

void CanvasRegions::find_pictures() {
  for (const PictureFile& file : pictures_) picture_of(file);
  for (const PictureMask& one : masks_) {
    if (const std::string file = picture_of(one.file); !file.empty()) read_mask(one, file);
  }
}

void CanvasRegions::read_mask(const PictureMask& one, const std::string& file) {
  tiling::Region& region = texts_[one.text];
  const tiling::Box box = region.box;
  const int side = static_cast<int>(tiling::kCellPixels);
  cv::Mat bytes;
  try {
    bytes = imaging::lightness(imaging::read_pixels(file));
  } catch (const std::exception& e) {
    return faults_.add(one.file.place + ": " + e.what(), one.file.mark);
  }
  const cv::Mat mask = shaped(imaging::resized_mask(imaging::mask_of_bytes(bytes), static_cast<int>(box.width()) * side,
                                                    static_cast<int>(box.height()) * side),
                              one.feather);
  if (cv::countNonZero(mask) == 0)
    return faults_.add(one.file.place + ": '" + one.file.path + "' is black: the region counts nowhere", one.file.mark);
  if (one.has_box) region.weights.mask = tiling::cell_weights(mask, {0, box.height(), 0, box.width()});
  else set_mask(region, mask, box);
  region.crop_top = region.box.top * tiling::kCellPixels;
  region.crop_left = region.box.left * tiling::kCellPixels;
  std::ranges::find(all_, region.name, &tiling::Region::name)->box = region.box;
}

void CanvasRegions::check_covered(const Data& regions) const {
  const std::vector<tiling::Box> boxes =
      tiling::uncovered(texts_, height_ / tiling::kCellPixels, width_ / tiling::kCellPixels);
  if (boxes.empty()) return;
  faults_.add("regions: no text region covers " + tiling::listed(boxes) +
                  " (px): noise would stay there and spread; cover it, give a background, or set allow_uncovered",
              regions.mark());
}

std::vector<tiling::Region> CanvasRegions::noised() const {
  std::vector<tiling::Region> noised;
  for (const tiling::Region& one : rerolls_)
    if (one.resets_noise) noised.push_back(one);
  for (const std::vector<tiling::Region>* regions : {&all_, &rerolls_})
    for (const tiling::Region& one : *regions)
      if (!one.resets_noise && one.noise_eps > 0) noised.push_back(one);
  return noised;
}

}  // namespace nodes
