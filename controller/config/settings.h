// The table of settings of `nekoplane serve`: names, help and how a text becomes a value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controller/config/options.h"

namespace nekoplane::config {

struct Setting {
  std::string_view name;   // "data-dir": the flag without --, and the key in the config file
  std::string_view value;  // "DIR", in the help
  std::string_view group;  // heading in the help
  std::string_view help;
  std::string_view fallback;  // the default as people would write it; "" = none
  // Puts the value where it belongs. Errors: kInvalid; message says what is expected, not the
  // source.
  Result<void> (*apply)(Options& options, const std::string& text);
};

// In the order of the help.
std::span<const Setting> Settings();
// nullptr if there is none of that name.
const Setting* FindSetting(std::string_view name);

// "NEKOPLANE_DATA_DIR" for "data-dir".
std::string VariableOf(std::string_view name);

// What only shows when settings are seen together. `source_of` names where a setting's value came
// from ("--http-listen"). Errors: kInvalid; the message is complete.
Result<void> CheckTogether(const Options& options,
                           const std::function<std::string(std::string_view name)>& source_of);

// The candidate that `word` was probably meant to be; "" if none is close.
std::string_view Closest(std::string_view word, std::span<const std::string> candidates);

// Host and port of a listen address. Errors: kInvalid.
struct Address {
  std::string host;  // without brackets; "" for all addresses; the path if `unix`
  int port = 0;
  bool unix = false;

  // Only this machine can reach it.
  bool loopback() const;
};

Result<Address> ParseAddress(std::string_view text);

}  // namespace nekoplane::config
