// SPDX-License-Identifier: MIT
/// start-token: a new word for prompts, which begins with the embedding of a known one.
///
/// Errors   a word that a prompt may have without it: it stands in <>; a beginning that is not one token of the model
/// Source   Gal et al. 2022, section 4.2
#include <stdexcept>

#include "graph/registry.h"
#include "nodes/model_properties.h"
#include "nodes/services.h"
#include "nodes/values.h"

namespace nodes {
namespace {

/// (1, width) f32: the row of a word's only token.
at::Tensor row_of(const models::TextEncoder& encoder, const std::string& word) {
  const std::vector<std::int64_t> ids = encoder.tokenizer.encode(word);
  if (ids.size() != 3)
    throw std::invalid_argument("is " + std::to_string(ids.size() - 2) + " tokens of this model; expected one");
  for (const auto& [name, table] : encoder.model->parameters()) {
    if (name.ends_with("token_embedding.weight"))
      return table.select(0, ids[1]).unsqueeze(0).to(at::kFloat, false, true);
  }
  throw std::logic_error("a text encoder without an embedding");
}

class StartToken final : public graph::Node {
 public:
  static constexpr graph::Out<Token> kToken{"token", "with a vector for each text encoder"};
  static constexpr graph::Prop<std::string> kWord{
      .name = "word", .help = "that stands for it in prompts: <cat>", .value = "<new>"};
  static constexpr graph::Prop<std::string> kFrom{
      .name = "from", .help = "a word of one token, with whose embedding it begins", .value = "a"};
  static graph::Contract contract() {
    return graph::Contract("start-token", "A new word for prompts, to be learned.", kToken, kWord, kFrom, kModel)
        .family("learning")
        .resource("gpu")
        .fixed_properties()
        .example("start: {type: start-token, model: $model, word: <cat>, from: cat}");
  }

  StartToken(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services), name_{.model = props.get(kModel).text}, word_(props.get(kWord)), from_(props.get(kFrom)) {
    const bool bracketed = word_.size() > 2 && word_.starts_with('<') && word_.ends_with('>');
    if (!bracketed || word_.find_first_of(" \t\n,") != std::string::npos)
      throw graph::PropertyError(kWord.name, "expected a word in <>, such as <cat>");
  }

  void open() override {
    text_ = services_->text(name_);
    const Leases leases = lease(text_);
    const models::PromptEncoder::Parts& parts = leases[text_].parts();
    token_.word = word_;
    try {
      if (parts.text_encoder) token_.vectors = row_of(*parts.text_encoder, from_);
      if (parts.text_encoder_2) token_.vectors_2 = row_of(*parts.text_encoder_2, from_);
    } catch (const std::invalid_argument& e) {
      throw graph::PropertyError(kFrom.name, "'" + from_ + "' " + e.what());
    }
  }

  void process(graph::Context& cx) const override { cx.send(kToken, Token(token_)); }

 private:
  const std::shared_ptr<Services> services_;
  const Services::ModelName name_;
  const std::string word_, from_;
  Network<models::PromptEncoder> text_;
  Token token_;
};

}  // namespace

void register_start_token(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<StartToken>(services);
}

}  // namespace nodes
