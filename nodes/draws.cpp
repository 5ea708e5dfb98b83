// SPDX-License-Identifier: MIT
#include "nodes/draws.h"

#include "base/sha1.h"

namespace nodes {

Draws::Draws(const graph::Context& cx, const Streams* streams, std::int64_t seed)
    : cx_(cx), from_(streams != nullptr ? *streams : Streams{.seed = seed}) {}

/// Of the call's place: texts that differ, so that generators of two places have nothing in common.
std::uint64_t Draws::seed_of(const char* generator) const {
  std::string place = std::to_string(from_.seed) + ' ' + cx_.node_id() + ' ' + generator;
  for (const int turn : cx_.turns()) place += " turn " + std::to_string(turn);
  for (const int element : cx_.element()) place += " element " + std::to_string(element);
  return std::stoull(base::sha1_hex(place).substr(0, 16), nullptr, 16);
}

tensors::NumpyRandomState& Draws::numpy() {
  if (!numpy_) numpy_ = from_.chain ? from_.chain->numpy : tensors::NumpyRandomState(seed_of("numpy") >> 32);
  return *numpy_;
}

tensors::Generator& Draws::torch() {
  if (!torch_) {
    torch_ = from_.chain ? from_.chain->torch : tensors::Generator(static_cast<std::int64_t>(seed_of("torch")));
  }
  return *torch_;
}

tensors::PythonRandom& Draws::python() {
  if (!python_) {
    python_ = from_.chain ? from_.chain->python : tensors::PythonRandom(static_cast<std::int64_t>(seed_of("python")));
  }
  return *python_;
}

Streams Draws::rest() const {
  if (!from_.chain || !(numpy_ || torch_ || python_)) return from_;
  Streams::Chain chain = *from_.chain;
  if (numpy_) chain.numpy = *numpy_;
  if (torch_) chain.torch = *torch_;
  if (python_) chain.python = *python_;
  return {from_.seed, std::make_shared<const Streams::Chain>(std::move(chain))};
}

}  // namespace nodes
