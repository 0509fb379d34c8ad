#include "tests/sim/scenario.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

namespace nekoplane::sim {
namespace {

constexpr std::array<const char*, kFaults> kNames = {
    "commit-fails",   "commit-reply-lost",  "call-fails",     "call-reply-lost", "die-before",
    "die-after",      "die-late",           "slow",           "disk-full",       "disk-error",
    "disk-torn",      "sync-fails",         "die-in-disk",    "power-loss",      "slow-return",
    "container-dies", "container-vanishes", "container-sick", "port-taken",      "engine-down",
    "engine-reboot",  "hints-held",         "clock-jump",     "swizzle",         "watch-cut",
    "short-history",  "small-host",         "image-missing",  "prepull"};

std::optional<Fault> FaultByName(std::string_view name) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (name == kNames[i]) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

Status Bad(const std::string& what) {
  return MakeStatus(Code::kInvalid, "BadScenario", "scenario: " + what);
}

Result<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Bad("not a number: " + std::string(text));
  }
  return value;
}

std::vector<std::string> Split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

Result<Rate> RateOf(const std::string& name, const YAML::Node& node) {
  Rate rate;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    NEKO_TRY(const std::uint64_t value, Number(entry.second.as<std::string>()));
    if (key == "active" && value <= 100) {
      rate.active = value;
    } else if (key == "rate" && value <= 10'000) {
      rate.rate = value;
    } else {
      return Bad(name + ": " + key + ": " + std::to_string(value) +
                 " (there are active, up to 100, and rate, up to 10000)");
    }
  }
  return rate;
}

Result<Scenario> FromYaml(const YAML::Node& root) {
  Scenario scenario;
  const std::map<std::string, int*> numbers = {{"steps", &scenario.steps},
                                               {"nodes", &scenario.nodes},
                                               {"sessions", &scenario.sessions},
                                               {"profiles", &scenario.profiles},
                                               {"users", &scenario.user_percent},
                                               {"force", &scenario.force_percent},
                                               {"time", &scenario.time_percent},
                                               {"admins", &scenario.admin_percent},
                                               {"losses", &scenario.losses},
                                               {"rare", &scenario.rare},
                                               {"profile-users", &scenario.profile_percent}};
  for (const auto& entry : root) {
    const auto key = entry.first.as<std::string>();
    if (key == "name" || key == "about") {
      (key == "name" ? scenario.name : scenario.about) = entry.second.as<std::string>();
    } else if (const auto it = numbers.find(key); it != numbers.end()) {
      NEKO_TRY(const std::uint64_t value, Number(entry.second.as<std::string>()));
      *it->second = static_cast<int>(value);
    } else if (key == "faults") {
      for (const auto& fault : entry.second) {
        const auto name = fault.first.as<std::string>();
        const auto known = FaultByName(name);
        if (!known) return Bad("no such fault: " + name);
        NEKO_TRY(scenario.faults[*known], RateOf(name, fault.second));
      }
    } else {
      return Bad("no such field: " + key);
    }
  }
  if (scenario.name.empty()) return Bad("it has no name");
  for (const char* needed : {"nodes", "sessions", "profiles", "rare"}) {
    if (*numbers.at(needed) < 1) return Bad(std::string(needed) + " has to be 1 or more");
  }
  return scenario;
}

}  // namespace

const char* FaultName(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

Result<Scenario> ParseScenario(const std::string& text) {
  try {
    return FromYaml(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    return Bad(e.what());
  }
}

Result<Scenario> LoadScenario(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Bad("cannot read " + path);
  auto scenario = ParseScenario(text.str());
  if (!scenario) return Bad(path + ": " + scenario.error().message);
  return scenario;
}

Result<std::vector<Scenario>> LoadScenarios(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  if (paths.empty()) return Bad("no scenarios in " + folder);
  std::sort(paths.begin(), paths.end());
  std::vector<Scenario> scenarios;
  for (const auto& path : paths) {
    NEKO_TRY(Scenario scenario, LoadScenario(path));
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

std::string ToLine(const RunId& id) {
  std::string line = id.scenario + " " + std::to_string(id.seed);
  std::string list;
  for (const Fault kind : id.mercy.kinds)
    list += (list.empty() ? "" : ",") + std::string(FaultName(kind));
  if (!list.empty()) line += " without=" + list;
  if (id.mercy.until != ~0ULL) line += " until=" + std::to_string(id.mercy.until);
  list.clear();
  for (const auto strike : id.mercy.spare) {
    list += (list.empty() ? "" : ",") + std::to_string(strike);
  }
  if (!list.empty()) line += " spare=" + list;
  return line;
}

Result<RunId> ParseRunId(const std::string& line) {
  const auto words = Split(line, ' ');
  if (words.size() < 2) return Bad("a run is named by a scenario and a seed: \"" + line + "\"");
  RunId id;
  id.scenario = words[0];
  NEKO_TRY(id.seed, Number(words[1]));
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
    if (key == "without") {
      for (const auto& name : Split(value, ',')) {
        const auto kind = FaultByName(name);
        if (!kind) return Bad("no such fault: " + name);
        id.mercy.kinds.insert(*kind);
      }
    } else if (key == "until") {
      NEKO_TRY(id.mercy.until, Number(value));
    } else if (key == "spare") {
      for (const auto& number : Split(value, ',')) {
        NEKO_TRY(const std::uint64_t strike, Number(number));
        id.mercy.spare.insert(strike);
      }
    } else {
      return Bad("not understood: " + words[i]);
    }
  }
  return id;
}

}  // namespace nekoplane::sim
