// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

namespace train_embedded {

/// A stage's place in the work folder, how long it goes on, and what it tells.
class Journal {
 public:
  /// Makes the folder. `minutes`: of this run; the stage stops there and can be gone on with.
  Journal(std::filesystem::path folder, double minutes);

  /// One line of JSON to FOLDER/log.jsonl and, in short, to the terminal.
  void tell(const nlohmann::ordered_json& line);
  /// Writes a picture, (H,W) CV_32FC3 in [0,1], as PNG.
  void picture(const std::string& name, const cv::Mat& picture) const;

  bool time_is_up() const { return seconds() > limit_; }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  using Clock = std::chrono::steady_clock;
  const std::filesystem::path folder_;
  const double limit_;
  const Clock::time_point begin_ = Clock::now();
};

}  // namespace train_embedded
