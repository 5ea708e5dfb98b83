// SPDX-License-Identifier: MIT
/// patch-bank: the bank of a collage: reference pictures as latents, and patches of them, drawn evenly and in an order
/// that the seed fixes.
///
/// Notes    source_images are encoded here, once, and kept in the user's cache by their content; source_latents are
///          files of `decoupage encode` or of CollageNet
/// Errors   no source or both, nothing found, pictures that cannot be read or are smaller than a cell, latent files
///          that are not latent files or of another scaling factor than the model's, patches larger than every source:
///          refused when the node is opened, with the names of all files. A latent of another autoencoder and a picture
///          that is not there are warnings
/// Source   CollageNet's patch dictionary, number for number
#include <stdexcept>
#include <utility>

#include "graph/registry.h"
#include "methods/matching/source_files.h"
#include "nodes/collage/bank_sources.h"
#include "nodes/model_properties.h"
#include "nodes/values.h"

namespace nodes {
namespace {

constexpr graph::Prop<graph::Path> kBankModel{
    .name = "model",
    .help = "whose autoencoder encodes source_images; source_latents are held against it; empty: they are not",
    .value = ""};

class PatchBank final : public graph::Node {
 public:
  static constexpr graph::Out<Bank> kBank{"bank", "N patches (C·p·p) f32, and the sources (C,h,w) f32"};
  static constexpr graph::Prop<graph::Path> kSourceImages{
      .name = "source_images",
      .help = "a picture, a folder of pictures, or a pattern such as photos/*.jpg",
      .value = ""};
  static constexpr graph::Prop<graph::Path> kSourceLatents{
      .name = "source_latents", .help = "a latent file (.npz), or a folder with such in it or below", .value = ""};
  static constexpr graph::Prop<bool> kRecursive{
      .name = "recursive", .help = "look for pictures in the folders below, too", .value = false};
  static constexpr graph::Prop<int> kMaxWidth{.name = "max_width",
                                              .help = "wider pictures are shrunk before they are encoded; 0: no limit",
                                              .value = 0,
                                              .min = 0,
                                              .max = 65535,
                                              .unit = "px"};
  static constexpr graph::Prop<int> kMaxHeight{.name = "max_height",
                                               .help = "higher ones likewise; proportions are kept",
                                               .value = 0,
                                               .min = 0,
                                               .max = 65535,
                                               .unit = "px"};
  static constexpr graph::Prop<std::string> kEncodeMode{
      .name = "encode_mode",
      .help = "of what the encoder says: the mean, or a sample whose noise is drawn from random_seed",
      .value = "mean",
      .choices = "mean|sample"};
  static constexpr graph::Prop<graph::Path> kPictureFolder{
      .name = "picture_folder",
      .help = "pictures that are not where a latent file says are looked for here, by their file names",
      .value = ""};
  static constexpr graph::Prop<std::string> kMissingPictures{
      .name = "missing_pictures",
      .help = "matching does without pictures, collage does not: warn, or refuse to begin",
      .value = "warn",
      .choices = "warn|error"};
  static constexpr graph::Prop<int> kPatchSize{
      .name = "patch_size", .help = "side of a patch", .value = 1, .min = 1, .max = 1024, .unit = "cells"};
  static constexpr graph::Prop<bool> kDoRotated{
      .name = "do_rotated", .help = "use every source in all four directions", .value = false};
  static constexpr graph::Prop<int> kTotalPatches{.name = "total_patches",
                                                  .help = "at most so many, shared out evenly between the sources",
                                                  .value = 20000,
                                                  .min = 1};
  static constexpr graph::Prop<std::int64_t> kRandomSeed{
      .name = "random_seed", .help = "of the order in which patches are drawn", .value = 1234, .min = 0};
  static graph::Contract contract() {
    return graph::Contract("patch-bank", "Makes a bank to match against, of pictures or of their latents.", kBank,
                           kSourceImages, kSourceLatents, kRecursive, kMaxWidth, kMaxHeight, kEncodeMode, kBankModel,
                           kVae, kTile, kPictureFolder, kMissingPictures, kPatchSize, kDoRotated, kTotalPatches,
                           kRandomSeed)
        .family("collage")
        .fixed_properties()
        .example("bank: {type: patch-bank, source_latents: $source_latents, random_seed: $random_seed}");
  }

  PatchBank(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        images_(props.get(kSourceImages).text),
        latents_(props.get(kSourceLatents).text),
        recursive_(props.get(kRecursive)),
        encoding_{props.get(kMaxWidth), props.get(kMaxHeight), props.get(kEncodeMode) == "sample",
                  props.get(kRandomSeed), props.get(kTile)},
        name_{.model = props.get(kBankModel).text, .vae = props.get(kVae).text},
        picture_folder_(props.get(kPictureFolder).text),
        pictures_needed_(props.get(kMissingPictures) == "error"),
        settings_{props.get(kPatchSize), props.get(kDoRotated), props.get(kTotalPatches),
                  static_cast<std::uint64_t>(props.get(kRandomSeed))} {
    if (images_.empty() == latents_.empty())
      throw std::invalid_argument(images_.empty() ? "no source: give source_images (pictures) or source_latents (files "
                                                    "of decoupage encode)"
                                                  : "source_images and source_latents exclude each other: give one");
    if (images_.empty()) return;
    check(encoding_);
    check(name_);
  }

  void open() override {
    if (latents_.empty()) open_pictures();
    else open_latents();
  }

  void process(graph::Context& cx) const override {
    for (const std::string& warning : warnings_) {
      if (!warning.empty()) cx.warn(warning);
    }
    if (bank_) cx.send(kBank, Bank{bank_});
    else cx.send(kBank, Bank{matching::build_bank(encoded(cx), settings_)});
  }

 private:
  void open_pictures() {
    pictures_ = matching::find_source_pictures(images_, recursive_, &warnings_.emplace_back());
    SourceVae vae = source_vae(*services_, name_);
    check_source_pictures(pictures_, vae.factor);
    encoder_ = std::make_unique<SourceEncoder>(std::move(vae), services_->device(), encoding_);
    cache_ = LatentCache::from_environment();
  }

  void open_latents() {
    std::vector<matching::SourceLatent> sources = read_sources(latents_);
    if (!name_.model.empty() || !name_.vae.empty()) {
      const SourceVae vae = source_vae(*services_, name_);
      check_fit(sources, vae);
      warnings_.push_back(note_of_other_vae(sources, vae));
    }
    if (!picture_folder_.empty()) matching::look_for_pictures_in(picture_folder_, sources);
    const std::string missing = note_of_missing_pictures(sources);
    if (pictures_needed_ && !missing.empty()) throw std::runtime_error(missing);
    warnings_.push_back(missing);
    bank_ = matching::build_bank(std::move(sources), settings_);
  }

  std::vector<matching::SourceLatent> encoded(graph::Context& cx) const {
    std::vector<matching::SourceLatent> sources;
    bool told = false;
    const auto tell_once = [&](const std::string& text) {
      if (!std::exchange(told, true)) cx.warn(text);
    };
    for (const std::string& picture : pictures_) {
      if (cx.cancelled()) throw graph::Cancelled();
      sources.push_back(encode_once(*encoder_, cache_, picture, tell_once));
      cx.step(static_cast<int>(sources.size()), static_cast<int>(pictures_.size()));
    }
    return sources;
  }

  const std::shared_ptr<Services> services_;
  const std::string images_, latents_;
  const bool recursive_;
  const EncodeSettings encoding_;
  const Services::ModelName name_;
  const std::string picture_folder_;
  const bool pictures_needed_;
  const matching::BankSettings settings_;
  std::vector<std::string> pictures_, warnings_;
  std::unique_ptr<const SourceEncoder> encoder_;
  std::optional<LatentCache> cache_;
  std::shared_ptr<const matching::Bank> bank_;  ///< of latents; that of pictures is made when it is asked for
};

}  // namespace

void register_patch_bank(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<PatchBank>(services);
}

}  // namespace nodes
