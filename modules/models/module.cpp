// SPDX-License-Identifier: MIT
// The module of the model nodes: what program/model_nodes.h promises.
#include <opencv2/core/utility.hpp>

#include "graph/type_text.h"
#include "modules/models/node_operators.h"
#include "modules/models/source_encoding.h"
#include "modules/models/tap.h"
#include "nodes/collage/latent_cache.h"
#include "nodes/keeping.h"
#include "nodes/lanes.h"
#include "nodes/out_of_memory.h"
#include "nodes/register.h"
#include "nodes/services.h"
#include "program/model_nodes.h"
#include "tensors/blas.h"
#include "tensors/large_tensors.h"
#include "tensors/mapped_file.h"
#include "tensors/pools.h"

namespace modules {
namespace {

class Models final : public program::ModelNodes {
 public:
  explicit Models(const std::filesystem::path& embedded)
      : places_(models::ModelPlaces::from_environment(embedded)),
        services_(std::make_shared<nodes::Services>(places_)) {
    nodes::register_models(types_, services_);
  }

  const graph::Registry& types() const override { return types_; }
  void set_device(const std::string& text) override { services_->set_device(text); }
  void set_dtype(const std::string& text) override {
    services_->set_dtype(text);
    dtype_ = text;
  }
  void set_convolutions(const std::string& text) override {
    nodes::Services::set_convolutions(text);
    convolutions_ = text;
  }
  std::string computes_on() const override {
    return services_->device().str() + ", " + dtype_ + ", convolutions " + convolutions_;
  }
  void end_when_pages_are_lost(int exit_code) override { tensors::end_when_pages_are_lost(exit_code); }
  std::unique_ptr<graph::LaneHooks> lanes(graph::RunOptions& options, const graph::Plan& plan,
                                          bool deterministic) const override {
    return std::make_unique<nodes::Lanes>(options, *services_, plan, deterministic);
  }
  std::unique_ptr<program::OperatorWatch> watch_operators() const override { return std::make_unique<NodeOperators>(); }
  bool is_out_of_memory(const std::exception& error) const override { return nodes::is_out_of_memory(error); }
  std::vector<std::pair<std::string, std::vector<std::string>>> kept_types() const override {
    std::vector<std::pair<std::string, std::vector<std::string>>> types;
    for (const nodes::Keeping& keeping : nodes::keepings())
      if (!keeping.endings.empty()) types.emplace_back(keeping.type->name, keeping.endings);
    return types;
  }
  void add_taps(graph::Registry& registry) const override {
    registry.add<PlainTap>();
    registry.add<NamedTap>();
  }
  std::string blas_complaint() const override { return tensors::blas_complaint(); }
  int side_of(const std::string& model) const override { return nodes::side_by(services_)(model); }

  std::vector<std::filesystem::path> places() const override {
    std::vector<std::filesystem::path> all{places_.embedded.parent_path(), places_.hub_cache, places_.vocabulary};
    if (const auto cache = nodes::LatentCache::from_environment()) all.push_back(cache->folder());
    return all;
  }
  std::unique_ptr<program::SourceEncoding> source_encoding(const std::string& model, const std::string& vae,
                                                           const nodes::EncodeSettings& settings) const override {
    return std::make_unique<VaeEncoding>(services_, nodes::Services::ModelName{.model = model, .vae = vae}, settings);
  }

 private:
  const models::ModelPlaces places_;
  const std::shared_ptr<nodes::Services> services_;
  graph::Registry types_;
  std::string dtype_ = "auto", convolutions_ = "auto";
};

}  // namespace
}  // namespace modules

extern "C" void decoupage_type_text(std::string& text) {
  text = graph::type_text(modules::Models({}).types());
}

extern "C" program::ModelNodes* decoupage_model_nodes(const std::filesystem::path& embedded) {
  cv::setNumThreads(1);  // as the picture nodes have it
  tensors::limit_pools();
  tensors::keep_memory_of_large_tensors();
  return new modules::Models(embedded);
}
