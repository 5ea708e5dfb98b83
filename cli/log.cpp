// SPDX-License-Identifier: MIT
#include "cli/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>

namespace cli {
namespace {

class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Sink(std::function<void(const std::string&)> print) : print_(std::move(print)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto level = spdlog::level::to_string_view(message.level);
    print_(std::string(level.data(), level.size()) + ": " +
           std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  std::function<void(const std::string&)> print_;
};

void use(std::shared_ptr<Sink> sink, bool verbose) {
  auto logger = std::make_shared<spdlog::logger>("decoupage", std::move(sink));
  logger->set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

LogTo::LogTo(std::function<void(const std::string&)> print, bool verbose) {
  use(std::make_shared<Sink>(std::move(print)), verbose);
}

LogTo::~LogTo() {
  use(std::make_shared<Sink>([](const std::string&) {}), false);
}

}  // namespace cli
