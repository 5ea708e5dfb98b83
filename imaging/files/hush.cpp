// SPDX-License-Identifier: MIT
#include "imaging/files/hush.h"

#include <iostream>
#include <streambuf>

namespace imaging {
namespace {

thread_local bool hushed = false;

class PerThread final : public std::streambuf {
 public:
  PerThread() : below_(std::cerr.rdbuf(this)) {}
  ~PerThread() override {
    if (std::cerr.rdbuf() == this) std::cerr.rdbuf(below_);
  }

 private:
  int_type overflow(int_type c) override {
    if (hushed || traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return below_->sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    return hushed ? size : below_->sputn(text, size);
  }
  int sync() override { return hushed ? 0 : below_->pubsync(); }

  std::streambuf* const below_;
};

// In front of std::cerr from the time that this code is loaded, when no thread writes yet, until it is unloaded.
PerThread in_front;

}  // namespace

Hush::Hush() : before_(hushed) {
  hushed = true;
}

Hush::~Hush() {
  hushed = before_;
}

}  // namespace imaging
