// SPDX-License-Identifier: MIT
// config.json of a model's networks, and the networks that they make, without weights.
#include <stdexcept>

#include "models/files/weight_shapes.h"
#include "models/networks/autoencoder.h"
#include "models/networks/unet.h"
#include "models/text/clip.h"
#include "tensors/npz.h"
#include "tests/fuzz/input.h"

namespace {

/// Ends a network of more parameters than any has, as a file of weights without them would.
class FewWeights final : public models::ParameterSource {
 public:
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
    constexpr std::size_t kMost = 100;
    if (shapes_.table().size() == kMost) throw std::runtime_error("no " + name);
    return shapes_.get(name, shape);
  }

 private:
  models::WeightShapes shapes_;
};

template <class Make>
void attempt(const std::string& text, Make make) {
  FewWeights weights;
  try {
    make(tensors::ConfigReader::parse(text, "config.json"), weights);
  } catch (const tensors::FileError&) {
  } catch (const std::runtime_error& e) {
    fuzz::require(std::string_view(e.what()).starts_with("no "), "what a config asks for makes sense");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  attempt(text, [](tensors::ConfigReader config, FewWeights& weights) {
    models::UNet(models::UNetConfig::read(std::move(config)), weights);
  });
  attempt(text, [](tensors::ConfigReader config, FewWeights& weights) {
    models::ClipTextModel(models::ClipTextConfig::read(std::move(config)), weights);
  });
  attempt(text, [](tensors::ConfigReader config, FewWeights& weights) {
    const auto vae = models::make_autoencoder(std::move(config), weights);
    fuzz::require(vae->factor() > 0 && vae->latent_channels() > 0, "a picture has latents");
  });
  return 0;
}
