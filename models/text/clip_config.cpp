// SPDX-License-Identifier: MIT
#include "models/text/clip_config.h"

namespace models {
namespace {

bool is_quick(tensors::ConfigReader& config) {
  const auto act = config.get<std::string>("hidden_act", "quick_gelu");
  if (act == "quick_gelu") return true;
  if (act == "gelu") return false;
  config.fail("hidden_act", "\"" + act + "\" is not supported, only \"quick_gelu\" and \"gelu\"");
}

bool has_projection(tensors::ConfigReader& config) {
  const auto names = config.get<std::vector<std::string>>("architectures");
  const std::string name = names.size() == 1 ? names.front() : "a list of " + std::to_string(names.size());
  if (name == "CLIPTextModelWithProjection") return true;
  if (name == "CLIPTextModel") return false;
  config.fail("architectures",
              "\"" + name + "\" is not supported, only \"CLIPTextModel\" and \"CLIPTextModelWithProjection\"");
}

}  // namespace

ClipTextConfig ClipTextConfig::read(tensors::ConfigReader config) {
  ClipTextConfig clip;
  clip.vocab_size = config.size("vocab_size", clip.vocab_size);
  clip.max_position_embeddings = config.size("max_position_embeddings", clip.max_position_embeddings);
  clip.hidden_size = config.size("hidden_size", clip.hidden_size);
  clip.intermediate_size = config.size("intermediate_size", clip.intermediate_size);
  clip.num_hidden_layers = config.size("num_hidden_layers", clip.num_hidden_layers);
  clip.num_attention_heads = config.size("num_attention_heads", clip.num_attention_heads);
  clip.quick_gelu = is_quick(config);
  clip.layer_norm_eps = config.get<double>("layer_norm_eps", clip.layer_norm_eps);
  clip.eos_token_id = config.get<std::int64_t>("eos_token_id", clip.eos_token_id);
  const std::int64_t projection_dim = config.size("projection_dim", 512);
  if (has_projection(config)) clip.projection_dim = projection_dim;
  if (clip.hidden_size % clip.num_attention_heads != 0)
    config.fail("hidden_size", std::to_string(clip.hidden_size) + " is not a multiple of " +
                                   std::to_string(clip.num_attention_heads) + " heads");
  config.only<std::string>("model_type", "clip_text_model");
  config.only<bool>("use_attention_mask", false);
  // For training, for generating text, for saving; where a prompt begins and what fills it up, the tokenizer says.
  config.ignore({"attention_dropout", "bos_token_id", "dropout", "dtype", "gradient_checkpointing",
                 "initializer_factor", "initializer_range", "logit_scale_init_value", "output_attentions",
                 "output_hidden_states", "pad_token_id", "return_dict", "torch_dtype", "transformers_version",
                 "use_cache"});
  config.finish();
  return clip;
}

}  // namespace models
