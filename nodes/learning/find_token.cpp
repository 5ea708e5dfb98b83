// SPDX-License-Identifier: MIT
/// find-token: a word that was learned before, by what it was learned from: the picture, the mask, the text, the
/// model's files and all that `made_by` says. With keep-token and a loop that is switched off (`when: {if:
/// find.missing}`), nothing is learned twice.
///
/// Notes    kept below ~/.cache/decoupage/tokens (DECOUPAGE_CACHE names another folder; empty: nothing is kept, and
///          every word is missing)
#include <sstream>

#include "base/sha1.h"
#include "graph/registry.h"
#include "nodes/learning/token_file.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"

namespace nodes {
namespace {

class FindToken final : public graph::Node {
 public:
  static constexpr graph::In<Image> kImage{"image", "(H,W,3) f32 RGB in [0,1]"};
  static constexpr graph::In<Mask> kMask{"mask", "(H,W) f32 in [0,1]", true};
  static constexpr graph::Out<Token> kToken{"token", "where it is there"};
  static constexpr graph::Out<bool> kMissing{"missing", "whether it is to be learned"};
  static constexpr graph::Out<std::string> kKey{"key", "by which keep-token keeps it"};
  static constexpr graph::Prop<std::string> kText{.name = "text", .help = "what the picture shows", .value = ""};
  static constexpr graph::Prop<std::string> kWord{
      .name = "word", .help = "that stands for it in prompts: <cat>", .value = "<new>"};
  static constexpr graph::Prop<std::string> kMadeBy{.name = "made_by",
                                                    .help = "all settings that what is learned depends on, as a text"};
  static graph::Contract contract() {
    return graph::Contract("find-token", "Looks for a word that was learned before.", kImage, kMask, kToken, kMissing,
                           kKey, kText, kWord, kMadeBy, kModel)
        .family("learning")
        .resource("io")
        .example("find: {type: find-token, word: <cat>, made_by: \"$steps $seed\", in: {image: photo.image}}");
  }

  FindToken(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services),
        name_{.model = props.get(kModel).text},
        word_(props.get(kWord)),
        settings_(props.get(kText) + '\0' + word_ + '\0' + props.get(kMadeBy)) {}

  void open() override {
    const Network<models::UNet> unet = services_->unet(name_);
    identity_ = models::content_identity(services_->model(name_)->files().files()) + ' ' +
                at::toString(lease(unet)[unet].dtype());
    cache_ = TokenCache::from_environment();
  }

  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    auto bound = std::make_unique<FindToken>(props, services_);
    bound->identity_ = identity_;
    bound->cache_ = cache_;
    return bound;
  }

  void process(graph::Context& cx) const override {
    const std::string key = key_of(cx.get(kImage).pixels, cx.find(kMask));
    const std::optional<Token> found = cache_ ? cache_->find(key, word_) : std::nullopt;
    cx.send(kKey, std::string(key));
    cx.send(kMissing, !found);
    if (!found) return;
    const auto here = [&](const at::Tensor& t) { return t.defined() ? t.to(services_->device()) : t; };
    cx.send(kToken, found->with(here));
  }

 private:
  static std::string digest_of(const cv::Mat& pixels) {
    const cv::Mat whole = pixels.isContinuous() ? pixels : pixels.clone();
    return base::sha1_hex({reinterpret_cast<const char*>(whole.data), whole.total() * whole.elemSize()});
  }

  std::string key_of(const cv::Mat& pixels, const Mask* mask) const {
    std::ostringstream text;
    text << pixels.rows << ' ' << pixels.cols << ' ' << digest_of(pixels) << ' ';
    if (mask != nullptr)
      text << mask->weights.rows << ' ' << mask->weights.cols << ' ' << digest_of(mask->weights) << ' ';
    text << identity_ << ' ' << (services_->device().is_cpu() ? "cpu" : "gpu") << '\0' << settings_;
    return base::sha1_hex(text.str()) + ".safetensors";
  }

  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const std::string word_, settings_;
  std::string identity_;
  std::optional<TokenCache> cache_;
};

}  // namespace

void register_find_token(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<FindToken>(services);
}

}  // namespace nodes
