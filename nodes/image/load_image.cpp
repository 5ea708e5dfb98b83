// SPDX-License-Identifier: MIT
/// load-image: reads picture files: PNG, JPEG, WebP, BMP, TIFF. Grey becomes RGB, 16 bits keep their precision,
/// transparency is dropped, EXIF orientation is applied.
///
/// Passed   of a folder or a pattern, with a word: what systems leave beside pictures (._a.jpg), what is no picture but
/// by
///          its name, and formats that are not read (HEIC, AVIF, GIF, raw files). Of an animation the first picture
///          counts
/// Notes    all pictures of a folder are read only when somebody wants them
/// Errors   nothing found, index beyond the last: refused when the node is opened; a file that is damaged or too large
///          (decoupage limits; told from its header before it is decoded) fails the items that need it
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "graph/registry.h"
#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "nodes/values.h"

namespace nodes {
namespace {

/// The pictures that a path stands for.
struct Listing {
  std::vector<std::string> files;
  std::string notice;
  mutable std::atomic_flag told{};
};

/// Nodes whose `index` is swept share what they find, which is looked for and told once.
class Listings {
 public:
  /// Throws as imaging::find_pictures.
  std::shared_ptr<const Listing> get(const std::string& path, bool recursive) {
    const std::lock_guard lock(mutex_);
    std::weak_ptr<const Listing>& known = listings_[{path, recursive}];
    if (auto listing = known.lock()) return listing;
    auto listing = std::make_shared<Listing>();
    listing->files = imaging::find_pictures(path, recursive, &listing->notice);
    known = listing;
    return listing;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, bool>, std::weak_ptr<const Listing>> listings_;
};

class LoadImage final : public graph::Node {
 public:
  static constexpr graph::Out<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1], the picture number `index`"};
  static constexpr graph::Out<graph::List<Image>> kImages{"images", "N pictures (H,W,3) f32 RGB in [0,1], all of them"};
  static constexpr graph::Out<graph::List<graph::FilePath>> kPaths{"paths", "where all of them lie"};
  static constexpr graph::Prop<graph::Path> kPath{
      .name = "path", .help = "a picture, a folder of pictures, or a pattern such as photos/*.jpg"};
  static constexpr graph::Prop<int> kIndex{
      .name = "index", .help = "which of the pictures, sorted by name, from 0", .value = 0, .min = 0};
  static constexpr graph::Prop<bool> kRecursive{
      .name = "recursive", .help = "look into the folders below, too", .value = false};
  static graph::Contract contract() {
    return graph::Contract("load-image", "Reads a picture file, or all of a folder.", kImage, kImages, kPaths, kPath,
                           kIndex, kRecursive)
        .family("image")
        .resource("io")
        .example("photo: {type: load-image, path: photos, index: $index}");
  }

  LoadImage(const graph::Props& props, const std::shared_ptr<Listings>& listings)
      : listings_(listings),
        path_(props.get(kPath).text),
        index_(props.get(kIndex)),
        recursive_(props.get(kRecursive)) {}

  void open() override {
    listing_ = listings_->get(path_, recursive_);
    const std::size_t size = listing_->files.size();
    if (static_cast<std::size_t>(index_) >= size) {
      const std::string count = size == 1 ? "is 1 picture" : "are " + std::to_string(size) + " pictures";
      throw std::runtime_error("index " + std::to_string(index_) + ": there " + count + " in '" + path_ +
                               "', numbered from 0 to " + std::to_string(size - 1));
    }
  }

  void process(graph::Context& cx) const override {
    const std::vector<std::string>& files = listing_->files;
    if (!listing_->notice.empty() && !listing_->told.test_and_set()) cx.warn(listing_->notice);
    if (cx.wanted(kPaths)) send_paths(cx);
    if (cx.wanted(kImage)) cx.send(kImage, Image{imaging::read_picture(files[index_])});
    if (!cx.wanted(kImages)) return;
    std::vector<Image> images;
    for (const std::string& file : files) {
      if (cx.cancelled()) throw graph::Cancelled();
      images.push_back({imaging::read_picture(file)});
      cx.step(static_cast<int>(images.size()), static_cast<int>(files.size()));
    }
    cx.send(kImages, graph::List<Image>(std::move(images)));
  }

 private:
  void send_paths(graph::Context& cx) const {
    std::vector<graph::FilePath> paths;
    for (const std::string& file : listing_->files) paths.push_back({file});
    cx.send(kPaths, graph::List<graph::FilePath>(std::move(paths)));
  }

  const std::shared_ptr<Listings> listings_;
  const std::string path_;
  const int index_;
  const bool recursive_;
  std::shared_ptr<const Listing> listing_;
};

}  // namespace

void register_load_image(graph::Registry& registry) {
  registry.add<LoadImage>(std::make_shared<Listings>());
}

}  // namespace nodes
