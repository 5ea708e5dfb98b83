// SPDX-License-Identifier: MIT
#include "nodes/layers/collage_settings.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "imaging/files/alpha.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "imaging/masks.h"
#include "methods/layering/composite.h"

namespace nodes {
namespace {

using graph::Data;
using graph::Shape;
using graph::ShapeField;

Shape unit_shape() {
  return Shape::number().at_least(0).at_most(1);
}

ShapeField strength_field(const char* name, const char* other, const char* help) {
  return ShapeField(name, unit_shape().or_null(), help, "null").also_called(other);
}

Shape point_shape() {
  return Shape::map({{"x", Shape::number(), "part of the width"}, {"y", Shape::number(), "part of the height"}})
      .called("point");
}

Shape transform_shape() {
  return Shape::map(
             {{"position",
               Shape::map({{"x", Shape::number(), "", "0.0"}, {"y", Shape::number(), "", "0.0"}}).called("place"),
               "as x and y", R"({"x": 0.0, "y": 0.0})"},
              {"scale", Shape::number().at_least(1e-9).or_null(), "as scale", "null"},
              {"rotation", Shape::number(), "as rotation", "0.0", "degrees"}})
      .called("transform");
}

bool is_address(const std::string& text) {
  return text.find("://") != std::string::npos;
}

/// The last name of an address, without what is asked of it: "a b.png" for "https://host/c/a%20b.png?x=1".
std::string file_named(const std::string& address) {
  const std::string path = address.substr(0, address.find_first_of("?#"));
  const std::string coded = path.substr(path.find_last_of('/') + 1);
  std::string name;
  for (std::size_t i = 0; i < coded.size(); ++i) {
    const bool is_code = coded[i] == '%' && i + 2 < coded.size() &&
                         std::isxdigit(static_cast<unsigned char>(coded[i + 1])) != 0 &&
                         std::isxdigit(static_cast<unsigned char>(coded[i + 2])) != 0;
    name += is_code ? static_cast<char>(std::stoi(coded.substr(i + 1, 2), nullptr, 16)) : coded[i];
    if (is_code) i += 2;
  }
  // A coded slash ends no folder.
  return name.substr(name.find_last_of('/') + 1);
}

std::string text_of(const Data& data) {
  return data.is_null() ? "" : data.as<graph::Path>().text;
}

std::optional<double> number_of(const Data& data) {
  return data.is_null() ? std::nullopt : std::optional(data.as<double>());
}

std::vector<imaging::RelativePoint> points_of(const Data& data) {
  std::vector<imaging::RelativePoint> points;
  for (const Data& point : data.items()) points.push_back({point["x"].as<double>(), point["y"].as<double>()});
  return points;
}

}  // namespace

Shape collage_layers_shape() {
  std::vector<ShapeField> fields;
  fields.push_back(ShapeField("text", Shape::text(), "its words in the prompt").also_called("textPrompt"));
  fields.push_back(ShapeField("image", Shape::path().or_null(), "its picture; what is transparent is not of it", "null")
                       .also_called("originalImgUrl"));
  fields.emplace_back("prompt", Shape::text().or_null(), "in the place of a picture: what is drawn first", "null");
  fields.emplace_back("seed", Shape::whole().or_null(), "of what is drawn; null: the layer's number", "null");
  fields.emplace_back("mask", Shape::path().or_null(), "a picture of its size, white where the layer is", "null");
  fields.emplace_back("polygon", Shape::list_of(point_shape()),
                      "corners of what is cut out, in parts of the picture; none: all of it", "[]");
  fields.emplace_back("holes", Shape::list_of(Shape::list_of(point_shape()).sized(3)),
                      "polygons that are left out of that", "[]");
  fields.emplace_back("x", Shape::number().or_null(), "of its left edge, part of the canvas's width; null: 0", "null");
  fields.emplace_back("y", Shape::number().or_null(), "of its upper edge, part of the canvas's height; null: 0",
                      "null");
  fields.emplace_back("scale", Shape::number().at_least(1e-9).or_null(),
                      "its size, px times the canvas's width times this; null: as large as fits", "null");
  fields.emplace_back("rotation", Shape::number().or_null(), "counter-clockwise, within its own frame; null: 0", "null",
                      "degrees");
  fields.emplace_back("transform", transform_shape().or_null(), "the four together, as the original's files have them",
                      "null");
  fields.push_back(strength_field("noise", "noiseStrength", "how far it is drawn anew; null: 0.8, or tuned"));
  fields.push_back(
      strength_field("attention", "cacStrength", "how its words are pulled into its place; null: 0, or tuned"));
  fields.push_back(strength_field("negative_attention", "negativeStrength",
                                  "how they are pushed out of all other places; null: 1, or tuned"));
  fields.push_back(strength_field("edge", "cannyStrength", "how much ControlNets count there; null: 0, or tuned"));
  fields.emplace_back("hints", Shape::list_of(Shape::path().or_null()),
                      "for each ControlNet a ready hint of its picture's size, such as a pose; null: edges", "[]");
  fields.push_back(ShapeField("embedding", Shape::path().or_null(), "a .safetensors file of a learned word", "null")
                       .also_called("wordEmbedding"));
  fields.emplace_back("learn", Shape::truth(), "a word is learned from it", "false");
  fields.emplace_back("prompt_span", Shape::list_of(Shape::whole().at_least(0)).sized(2, 2).or_null(),
                      "its words: first and last but one of the prompt's characters", "null");
  fields.emplace_back("id", Shape::any(), "of the original's files; has no effect", "null");
  fields.emplace_back("key", Shape::any(), "likewise", "null");
  return Shape::list_of(Shape::map(std::move(fields)).called("layer")).sized(1);
}

Shape control_strengths_shape() {
  return Shape::list_of(Shape::list_of(unit_shape())).or_null();
}

CollageLayers::CollageLayers(const Data& layers, CollageGround ground, CollageFaults& faults)
    : data_(layers), ground_(std::move(ground)), faults_(faults) {
  for (std::size_t i = 0; i < data_.items().size(); ++i)
    layers_.push_back({.layer = std::make_shared<const layering::Layer>(read(i))});
}

const graph::Mark& CollageLayers::mark(std::size_t layer, const char* field) const {
  return data_.items()[layer][field].mark();
}

void CollageLayers::fault(std::size_t i, const char* field, const std::string& what) const {
  faults_.add("layers[" + std::to_string(i) + "]." + field + ": " + what, mark(i, field));
}

std::string CollageLayers::file_of(std::size_t i, const char* field) const {
  const std::string path = text_of(data_.items()[i][field]);
  if (path.starts_with("data:")) fault(i, field, "a picture that is written into the file is not read: save it as one");
  if (!is_address(path)) return in_folder(path);
  if (ground_.folder.empty()) {
    fault(i, field,
          "'" + path + "' is an address, and nothing is fetched: put " + file_named(path) +
              " into a folder, and give that as layer_images");
    return path;
  }
  return (std::filesystem::path(ground_.folder) / file_named(path)).string();
}

std::string CollageLayers::in_folder(const std::string& path) const {
  std::error_code error;
  if (path.empty() || ground_.folder.empty() || std::filesystem::exists(path, error)) return path;
  const std::filesystem::path inside = std::filesystem::path(ground_.folder) / std::filesystem::path(path).filename();
  return std::filesystem::exists(inside, error) ? inside.string() : path;
}

layering::Layer CollageLayers::read(std::size_t i) const {
  const Data& data = data_.items()[i];
  layering::Layer layer{.name = "layers[" + std::to_string(i) + "]",
                        .index = i,
                        .is_top = i + 1 == data_.items().size(),
                        .text = data["text"].as<std::string>(),
                        .embedding = file_of(i, "embedding"),
                        .learn = data["learn"].as<bool>(),
                        .noise = number_of(data["noise"]),
                        .attention = number_of(data["attention"]),
                        .negative_attention = number_of(data["negative_attention"]),
                        .edge = number_of(data["edge"]),
                        .tunes = ground_.tunes};
  if (const Data& span = data["prompt_span"]; !span.is_null())
    layer.prompt_span.emplace(span.items()[0].as<std::int64_t>(), span.items()[1].as<std::int64_t>());
  if (layer.text.find_first_not_of(" \t\n") == std::string::npos && !layer.prompt_span)
    fault(i, "text", "is empty: it says which words of the prompt are the layer's");
  if (layer.learn && !layer.embedding.empty())
    fault(i, "embedding", "is for a word that was learned before: leave it out, or learn: true");
  read_source(i, layer);
  read_placement(i, layer);
  read_polygon(i, layer);
  read_hints(i, layer);
  return layer;
}

void CollageLayers::read_source(std::size_t i, layering::Layer& layer) const {
  layer.image = file_of(i, "image");
  layer.mask = file_of(i, "mask");
  const Data& prompt = data_.items()[i]["prompt"];
  if (!prompt.is_null()) layer.prompt = prompt.as<std::string>();
  const Data& seed = data_.items()[i]["seed"];
  layer.seed = seed.is_null() ? static_cast<std::int64_t>(i) : seed.as<std::int64_t>();
  if (layer.image.empty() && prompt.is_null())
    faults_.add(layer.name + ".image: must be given: a picture, or in its place a prompt that is drawn",
                data_.items()[i].mark());
  if (!layer.image.empty() && !prompt.is_null())
    fault(i, "prompt", "is for a layer without a picture: give one of the two");
}

void CollageLayers::read_placement(std::size_t i, layering::Layer& layer) const {
  const Data &data = data_.items()[i], &transform = data["transform"];
  for (const char* field : {"x", "y", "scale", "rotation"}) {
    if (!transform.is_null() && !data[field].is_null())
      fault(i, field, "is given in transform, too: give one of the two");
  }
  const Data& place = transform.is_null() ? data : transform["position"];
  const Data& rest = transform.is_null() ? data : transform;
  layer.placement = {.x = number_of(place["x"]).value_or(0),
                     .y = number_of(place["y"]).value_or(0),
                     .scale = number_of(rest["scale"]),
                     .rotation = number_of(rest["rotation"]).value_or(0)};
}

void CollageLayers::read_polygon(std::size_t i, layering::Layer& layer) const {
  const Data& data = data_.items()[i];
  const std::size_t corners = data["polygon"].items().size();
  if (corners > 0 && corners < 3)
    fault(i, "polygon", "has " + std::to_string(corners) + (corners == 1 ? " point" : " points") + ": three at least");
  if (corners == 0 && !data["holes"].items().empty()) {
    layer.polygon.push_back({{-1, -1}, {2, -1}, {2, 2}, {-1, 2}});  // all of the picture
  } else if (corners > 0) {
    layer.polygon.push_back(points_of(data["polygon"]));
  }
  for (const Data& hole : data["holes"].items()) layer.polygon.push_back(points_of(hole));
}

void CollageLayers::read_hints(std::size_t i, layering::Layer& layer) const {
  const std::vector<Data>& hints = data_.items()[i]["hints"].items();
  if (hints.size() > ground_.nets)
    fault(i, "hints", std::to_string(hints.size()) + " hints for " + std::to_string(ground_.nets) + " ControlNets");
  for (const Data& hint : hints) layer.hints.push_back(text_of(hint));
  if (!layer.hints.empty() && layer.image.empty()) fault(i, "hints", "are for layers with a picture");
}

std::string CollageLayers::one_picture(std::size_t i, const char* field, const std::string& path) const {
  try {
    const std::vector<std::string> files = imaging::find_pictures(path, false);
    if (files.size() == 1) return files.front();
    fault(i, field, "'" + path + "' is not one picture");
  } catch (const std::exception& e) {
    fault(i, field, e.what());
  }
  return "";
}

void CollageLayers::open() {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    for (const std::string& hint : layers_[i].layer->hints)
      if (!hint.empty()) one_picture(i, "hints", hint);
    open_layer(i);
  }
  if (!faults_.any()) check_seen();
}

void CollageLayers::open_layer(std::size_t i) {
  Layer& layer = layers_[i];
  const layering::Layer& written = *layer.layer;
  const char* field = "mask";
  try {
    if (!written.mask.empty()) {
      const std::string file = one_picture(i, field, written.mask);
      if (file.empty()) return;
      layer.mask = imaging::lightness(imaging::read_pixels(file));
    }
    if (written.image.empty()) return;
    field = "image";
    const std::string file = one_picture(i, field, written.image);
    if (file.empty()) return;
    const cv::Mat picture = imaging::read_rgba(file);
    field = written.mask.empty() ? "polygon" : "mask";
    layer.cut = std::make_shared<const layering::Cut>(layering::cut_out(picture, written.polygon, layer.mask));
    layer.strengths = layering::strengths_of(written, *layer.cut);
    field = data_.items()[i]["transform"].is_null() ? "scale" : "transform";
    const cv::Mat placed = layering::placed(*layer.cut, written.placement, static_cast<int>(ground_.width),
                                            static_cast<int>(ground_.height));
    const auto shows = [](const cv::Mat& pixels) { return cv::countNonZero(layering::opacity_of(pixels)) > 0; };
    if (!shows(layer.cut->pixels)) fault(i, "image", "'" + written.image + "' is transparent everywhere");
    else if (!shows(placed))
      faults_.add(written.name + ": lies wholly beside the canvas of " + std::to_string(ground_.width) + " x " +
                      std::to_string(ground_.height) + " px",
                  data_.items()[i].mark());
  } catch (const std::exception& e) {
    fault(i, field, e.what());
  }
}

/// Those whose pictures are drawn first are left out: what they hide is not known yet.
void CollageLayers::check_seen() const {
  std::vector<cv::Mat> placed;
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i].cut) continue;
    known.push_back(i);
    placed.push_back(layering::placed(*layers_[i].cut, layers_[i].layer->placement, static_cast<int>(ground_.width),
                                      static_cast<int>(ground_.height)));
  }
  const std::vector<cv::Mat> masks = layering::visible_masks(placed, layering::Opacity::kExact);
  for (std::size_t k = 0; k < known.size(); ++k) {
    if (cv::countNonZero(masks[k]) > 0) continue;
    faults_.add(layers_[known[k]].layer->name + ": is wholly behind the layers above it",
                data_.items()[known[k]].mark());
  }
}

}  // namespace nodes
