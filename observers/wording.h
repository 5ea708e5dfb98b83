// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "graph/bus.h"

/// How observers put times, counts and foreign text into words.
namespace observers {

/// "850 us", "12.3 ms", "4.20 s", "3 min 05 s", "2 h 07 min". REQUIRES: not negative.
std::string duration_text(graph::Clock::duration duration);

/// "0:35", "2:07:05". REQUIRES: not negative.
std::string clock_text(std::chrono::seconds time);

/// "1 item", "3 items".
std::string counted(std::int64_t count, const std::string& what);

/// Text of graphs and files as one line that cannot steer a terminal: control characters become spaces.
std::string one_line(const std::string& text);

/// Columns that UTF-8 text takes on a terminal (wide East Asian characters and emoji two, combining marks none).
std::size_t columns(const std::string& text);

/// The longest beginning of at most so many columns; when something is cut off, its end is "…".
std::string fit(const std::string& text, std::size_t columns);

/// "item 7 (seed=3)", or "item 7" without a label.
std::string item_text(std::int64_t item, const std::string& label);

}  // namespace observers
