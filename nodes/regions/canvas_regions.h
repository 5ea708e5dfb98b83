// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "methods/tiling/masks.h"
#include "nodes/regions/region_settings.h"

/// The settings of load-canvas.
namespace nodes {

graph::Shape canvas_regions_shape();
graph::Shape canvas_rerolls_shape();
graph::Shape canvas_background_shape();

/// A canvas and its regions. Those whose mask is a picture have no weights before find_pictures().
class CanvasRegions {
 public:
  /// Notes what is wrong with settings of these shapes.
  CanvasRegions(std::int64_t height, std::int64_t width, SettingFaults& faults)
      : height_(height), width_(width), faults_(faults) {}

  void read_regions(const graph::Data& regions);
  void read_rerolls(const graph::Data& rerolls);
  void read_background(const graph::Data& background);
  /// Looks for the pictures of regions, and reads those that are masks; notes faults where they are not there, damaged
  /// or black.
  void find_pictures();
  bool has_masks() const { return !masks_.empty(); }
  /// Notes a fault where cells of the canvas are covered by no text region.
  void check_covered(const graph::Data& regions) const;

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  const std::vector<tiling::Region>& texts() const { return texts_; }
  const std::vector<tiling::Region>& images() const { return images_; }
  /// Those whose noise is drawn anew, in the original's order: reroll regions of mode reset, then all others with
  /// noise_eps as they are written, then reroll regions of mode epsilon.
  std::vector<tiling::Region> noised() const;

 private:
  struct PictureFile {
    std::string place;  ///< "regions[2].mask"
    std::string path;
    graph::Mark mark;
  };
  struct PictureMask {
    std::size_t text;  ///< index into texts_
    bool has_box;      ///< it covers the region's box, and else the canvas
    PictureFile file;
    double feather;
  };

  static PictureFile file_in(const graph::Data& data, const std::string& place);
  std::string picture_of(const PictureFile& file);
  void read_mask(const PictureMask& one, const std::string& file);
  void read_text(const graph::Data& data, tiling::Region region);
  void read_image(const graph::Data& data, tiling::Region region);
  bool read_polygon(const graph::Data& data, tiling::Region& region);
  bool read_box(const graph::Data& data, tiling::Region& region);
  void refuse_given(const graph::Data& data, const tiling::Region& region, const std::vector<std::string>& fields,
                    const char* kind);
  /// The region counts by a mask of a place; its box is cut to what has any weight, and empty where nothing has.
  static void set_mask(tiling::Region& region, const cv::Mat& mask, const tiling::Box& place);
  static cv::Mat shaped(const cv::Mat& mask, double feather);

  const std::int64_t height_, width_;  ///< px
  SettingFaults& faults_;
  std::vector<tiling::Region> all_, texts_, images_, rerolls_;
  std::vector<PictureFile> pictures_;
  std::vector<PictureMask> masks_;
};

}  // namespace nodes
