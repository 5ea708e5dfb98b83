// SPDX-License-Identifier: MIT
#include "models/text/clip_config.h"

namespace models {
namespace {

// Keys that change no number here. transformers writes those of all its models into every config once one of them was
// set, or an older version wrote them all.
using Keys = std::vector<std::string>;
const Keys kForTraining{"attention_dropout",      "dropout",           "gradient_checkpointing", "hidden_dropout",
                        "initializer_factor",     "initializer_range", "logit_scale_init_value", "use_bfloat16",
                        "chunk_size_feed_forward"};
const Keys kForGenerating{"bad_words_ids",
                          "begin_suppress_tokens",
                          "decoder_start_token_id",
                          "diversity_penalty",
                          "do_sample",
                          "early_stopping",
                          "encoder_no_repeat_ngram_size",
                          "epsilon_cutoff",
                          "eta_cutoff",
                          "exponential_decay_length_penalty",
                          "forced_bos_token_id",
                          "forced_eos_token_id",
                          "length_penalty",
                          "max_length",
                          "max_new_tokens",
                          "min_length",
                          "min_new_tokens",
                          "no_repeat_ngram_size",
                          "num_beam_groups",
                          "num_beams",
                          "num_return_sequences",
                          "output_logits",
                          "output_scores",
                          "penalty_alpha",
                          "prefix",
                          "remove_invalid_values",
                          "renormalize_logits",
                          "repetition_penalty",
                          "return_dict_in_generate",
                          "suppress_tokens",
                          "temperature",
                          "top_k",
                          "top_p",
                          "typical_p",
                          "use_cache"};
const Keys kForClassifying{"finetuning_task", "id2label",     "label2id",
                           "num_labels",      "problem_type", "task_specific_params"};
/// Where a prompt begins and what fills it up, the tokenizer says; decoders and cross attention are other classes';
/// heads that were pruned show in the weights' shapes.
const Keys kForSaving{"add_cross_attention",
                      "attn_implementation",
                      "bos_token_id",
                      "cross_attention_hidden_size",
                      "dtype",
                      "is_decoder",
                      "is_encoder_decoder",
                      "output_attentions",
                      "output_hidden_states",
                      "pad_token_id",
                      "pruned_heads",
                      "return_dict",
                      "sep_token_id",
                      "tf_legacy_loss",
                      "tie_encoder_decoder",
                      "tie_word_embeddings",
                      "tokenizer_class",
                      "torch_dtype",
                      "torchscript",
                      "transformers_version",
                      "use_return_dict"};

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
  for (const auto* keys : {&kForTraining, &kForGenerating, &kForClassifying, &kForSaving})
    config.ignore({keys->begin(), keys->end()});
  config.finish();
  return clip;
}

}  // namespace models
