// SPDX-License-Identifier: MIT
#include "models/text/encoder_call.h"

#include <algorithm>
#include <stdexcept>

#include "models/text/prompt_weighting.h"

namespace models {

std::size_t EncoderCall::add_row(const std::vector<std::int64_t>& ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  return rows_++;
}

void EncoderCall::add_masked(const PromptReading::Part& part, Place& place) {
  const auto length = static_cast<std::size_t>(encoder_.tokenizer.max_length());
  std::vector<std::vector<std::size_t>>& all = place.without.emplace_back();
  for (const PromptReading::Part::Without& without : part.without) {
    std::vector<std::size_t>& rows = all.emplace_back(place.parts.back());
    for (std::size_t chunk = without.first / length; chunk <= without.last / length; ++chunk) {
      rows[chunk] = add_row(part.chunks[chunk].ids);
      // Where a chunk begins and ends is read, whatever is not.
      for (std::size_t i = 1; i + 1 < length; ++i) {
        const std::size_t at = chunk * length + i;
        if (at >= without.first && at <= without.last) unread_.emplace_back(rows[chunk], i);
      }
    }
  }
}

std::size_t EncoderCall::add(Text text) {
  Place place{std::move(text)};
  const PromptReading& reading = place.text.reading;
  for (const PromptReading::Part& part : reading.parts) {
    std::vector<std::size_t>& rows = place.parts.emplace_back();
    for (const PromptChunk& chunk : part.chunks) rows.push_back(add_row(chunk.ids));
    add_masked(part, place);
  }
  if (pooled_ && reading.pooled.empty()) place.pooled.push_back(place.parts.front().front());
  for (const std::vector<std::int64_t>& ids : reading.pooled)
    if (pooled_) place.pooled.push_back(add_row(ids));
  if (reading.needs_empty(place.text.rules.syntax) || reading.chunks() < place.text.chunks)
    if (!empty_) empty_ = add_row(filled_chunk(encoder_.tokenizer, {}, {}).ids);
  if (std::ranges::count(layers_, place.text.layer) == 0) layers_.push_back(place.text.layer);
  places_.push_back(std::move(place));
  return places_.size() - 1;
}

void EncoderCall::run() {
  const at::Device device = encoder_.model->parameters().front().second.device();
  const at::Tensor ids = at::tensor(ids_, at::kLong).view({static_cast<std::int64_t>(rows_), -1});
  at::Tensor is_read;
  if (!unread_.empty()) {
    is_read = at::ones(ids.sizes(), at::kBool);
    for (const auto& [row, column] : unread_)
      is_read.data_ptr<bool>()[row * static_cast<std::size_t>(ids.size(1)) + column] = false;
    is_read = is_read.to(device);
  }
  output_ = (*encoder_.model)(ids.to(device), {.hidden_states = layers_, .pooled = pooled_}, encoder_.added, is_read);
}

at::Tensor EncoderCall::hidden(std::size_t row, std::int64_t layer) const {
  const auto place = static_cast<std::size_t>(std::ranges::find(layers_, layer) - layers_.begin());
  const at::Tensor one = output_.hidden_states[place].narrow(0, static_cast<std::int64_t>(row), 1);
  return with_norm_ ? encoder_.model->final_norm(one) : one;
}

at::Tensor EncoderCall::weighted(const Place& place, const PromptChunk& chunk, std::size_t row) const {
  const at::Tensor z = hidden(row, place.text.layer);
  const ReadingRules& rules = place.text.rules;
  if (!chunk.is_weighted() || (rules.syntax == PromptSyntax::kWebui && rules.emphasis == Emphasis::kIgnore)) return z;
  if (rules.syntax == PromptSyntax::kWebui) return emphasised(z, chunk.weights, rules.emphasis);
  return from_empty(z, hidden(*empty_, place.text.layer), chunk.weights);
}

at::Tensor EncoderCall::empty(const Place& place, std::size_t chunks) const {
  return hidden(*empty_, place.text.layer).repeat({1, static_cast<std::int64_t>(chunks), 1});
}

at::Tensor EncoderCall::part(const Place& place, std::size_t index) const {
  const PromptReading::Part& part = place.text.reading.parts[index];
  const auto row_of_chunks = [&](const std::vector<std::size_t>& rows) {
    std::vector<at::Tensor> chunks;
    for (std::size_t i = 0; i < rows.size(); ++i) chunks.push_back(weighted(place, part.chunks[i], rows[i]));
    return chunks.size() == 1 ? chunks.front() : at::cat(chunks, 1);
  };
  std::vector<at::Tensor> all{row_of_chunks(place.parts[index])};
  std::vector<double> factors{1};
  for (std::size_t i = 0; i < part.without.size(); ++i) {
    all.push_back(row_of_chunks(place.without[index][i]));
    factors.push_back(part.without[i].factor);
  }
  return all.size() == 1 ? all.front() : weighted_mean(all, factors);
}

std::vector<at::Tensor> EncoderCall::joined_parts(const Place& place) const {
  const PromptReading& reading = place.text.reading;
  std::vector<at::Tensor> all;
  std::vector<double> weights;
  for (std::size_t i = 0; i < reading.parts.size(); ++i) {
    all.push_back(part(place, i));
    weights.push_back(reading.parts[i].weight);
    const std::size_t chunks = reading.parts[i].chunks.size(), more = reading.chunks() - chunks;
    if (reading.is_blend && more > 0) all.back() = at::cat({all.back(), empty(place, more)}, 1);
    if (reading.is_blend || weights.back() == 1) continue;
    const std::vector<double> each(static_cast<std::size_t>(all.back().size(1)), weights.back());
    all.back() = from_empty(all.back(), empty(place, chunks), each);
  }
  if (!reading.is_blend) return all;
  return {reading.normalize ? weighted_mean(all, weights) : weighted_sum(all, weights)};
}

at::Tensor EncoderCall::embeddings(std::size_t text) const {
  const Place& place = places_[text];
  std::vector<at::Tensor> all;
  try {
    all = joined_parts(place);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(place.text.which + ": " + e.what());
  }
  const std::size_t more = place.text.chunks - place.text.reading.chunks();
  if (more > 0) all.push_back(empty(place, more));
  return all.size() == 1 ? all.front() : at::cat(all, 1);
}

at::Tensor EncoderCall::pooled(std::size_t text) const {
  const Place& place = places_[text];
  const auto row = [&](std::size_t i) { return output_.text_embeds.narrow(0, static_cast<std::int64_t>(i), 1); };
  if (place.pooled.size() == 1) return row(place.pooled.front());
  std::vector<at::Tensor> all;
  std::vector<double> weights;
  for (std::size_t i = 0; i < place.pooled.size(); ++i) {
    all.push_back(row(place.pooled[i]));
    weights.push_back(place.text.reading.parts[i].weight);
  }
  return place.text.reading.normalize ? weighted_mean(all, weights) : weighted_sum(all, weights);
}

}  // namespace models
