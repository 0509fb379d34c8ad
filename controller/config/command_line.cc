#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/codec/json_parse.h"
#include "controller/config/help.h"
#include "controller/config/options.h"
#include "controller/config/settings.h"

namespace nekoplane::config {

namespace {

using Texts = std::map<std::string, std::string>;  // by the name of the setting

Status Invalid(std::string message) {
  return MakeStatus(Code::kInvalid, "InvalidSetting", std::move(message));
}

// What a source says about a setting, and how to name the source in an error.
struct Said {
  std::string value, source;
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Setting& setting : Settings()) names.emplace_back(setting.name);
  return names;
}

Result<std::string> ScalarText(const nlohmann::json& value, const std::string& source) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer() || value.is_boolean()) return value.dump();
  return Invalid(source + ": expected one value, not " +
                 (value.is_structured() ? "a list or a map" : value.dump()));
}

// The config file: one YAML map from names of settings to scalars.
Result<Texts> ReadConfigFile(const std::string& path, const Surroundings& surroundings) {
  auto text = surroundings.read_file(path);
  if (!text) {
    return Invalid("cannot read the config file " + path + ": " + text.error().message);
  }
  NEKO_TRY(const auto documents, codec::ParseYaml(*text, path));
  if (documents.empty()) return Texts{};
  if (documents.size() > 1) {
    return Invalid(path + ":" + std::to_string(documents[1].line) +
                   ": a config file is one document");
  }
  const nlohmann::json& map = *documents[0].value;
  if (map.is_null()) return Texts{};
  if (!map.is_object()) return Invalid(path + ": expected settings, as in `data-dir: /path`");
  Texts said;
  for (const auto& [key, value] : map.items()) {
    if (FindSetting(key) == nullptr) {
      const auto names = Names();
      const auto meant = Closest(key, names);
      return Invalid(path + ": there is no setting " + key +
                     (meant.empty() ? "; nekoplane serve --help lists them"
                                    : "; did you mean " + std::string(meant) + "?"));
    }
    if (value.is_null()) continue;
    NEKO_TRY(said[key], ScalarText(value, path + ": " + key));
  }
  return said;
}

const std::string* Find(const Texts& texts, const std::string& name) {
  const auto it = texts.find(name);
  return it == texts.end() || it->second.empty() ? nullptr : &it->second;
}

// Variables that were probably meant for us but are misspelt. Others are none of our business: in a
// cluster there is NEKOPLANE_SERVICE_HOST and the like.
std::vector<std::string> MisspeltVariables(const Texts& environment) {
  std::vector<std::string> known = {"NEKOPLANE_CONFIG"};
  for (const Setting& setting : Settings()) known.push_back(VariableOf(setting.name));
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("NEKOPLANE_")) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto meant = Closest(name, known);
    if (meant.empty()) continue;
    warnings.push_back("the variable " + name + " means nothing; did you mean " +
                       std::string(meant) + "?");
  }
  return warnings;
}

// The first argument, in the order given, that nobody knows.
Status UnknownArgument(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& unknown) {
  const auto first =
      std::find_first_of(arguments.begin(), arguments.end(), unknown.begin(), unknown.end());
  const std::string word = first == arguments.end() ? "argument" : *first;
  std::vector<std::string> known = {"--config", "--help"};
  for (const std::string& name : Names()) known.push_back("--" + name);
  const auto meant = Closest(word, known);
  return Invalid("nekoplane serve does not know " + word +
                 (meant.empty() ? "; see nekoplane serve --help"
                                : "; did you mean " + std::string(meant) + "?"));
}

Result<Options> Resolve(const Texts& flags, const std::string& config_flag,
                        const Surroundings& surroundings) {
  const Texts& environment = surroundings.environment;
  std::string config_file = config_flag;
  if (const auto* variable = Find(environment, "NEKOPLANE_CONFIG");
      variable != nullptr && config_file.empty()) {
    config_file = *variable;
  }
  Texts file;
  if (!config_file.empty()) {
    NEKO_TRY(file, ReadConfigFile(config_file, surroundings));
  }

  std::map<std::string, Said> said;
  for (const Setting& setting : Settings()) {
    const std::string name(setting.name);
    const std::string variable = VariableOf(name);
    if (const auto it = flags.find(name); it != flags.end()) {
      said[name] = {it->second, "--" + name};
    } else if (const auto* value = Find(environment, variable)) {
      said[name] = {*value, variable};
    } else if (const auto* text = Find(file, name)) {
      said[name] = {*text, config_file + ": " + name};
    }
  }
  // What every other tool for this engine obeys.
  if (const auto* docker = Find(environment, "DOCKER_HOST");
      docker != nullptr && !said.contains("docker-host")) {
    said["docker-host"] = {*docker, "DOCKER_HOST"};
  }

  Options options;
  for (const Setting& setting : Settings()) {
    const auto it = said.find(std::string(setting.name));
    if (it == said.end()) continue;
    if (auto applied = setting.apply(options, it->second.value); !applied) {
      return Annotate(std::move(applied).error(), it->second.source);
    }
  }
  NEKO_RETURN_IF_ERROR(CheckTogether(options, [&](std::string_view name) {
    const auto it = said.find(std::string(name));
    return it == said.end() ? "--" + std::string(name) : it->second.source;
  }));
  options.warnings = MisspeltVariables(environment);
  return options;
}

}  // namespace

Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                     const Surroundings& surroundings) {
  // CLI11 only splits; values are texts here, and become values in Resolve like all others.
  CLI::App app("", "nekoplane");
  app.set_version_flag("--version", "nekoplane " + surroundings.version);
  app.set_help_flag("-h,--help");
  app.require_subcommand(1);
  CLI::App* serve = app.add_subcommand("serve");
  serve->set_help_flag("-h,--help");
  std::string config_file;
  serve->add_option("--config", config_file);
  std::map<std::string, std::pair<std::string, CLI::Option*>> given;
  for (const Setting& setting : Settings()) {
    auto& [text, option] = given[std::string(setting.name)];
    option = serve->add_option("--" + std::string(setting.name), text);
  }

  try {
    // CLI11 takes them last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{.serve = {}, .text = serve->parsed() ? ServeHelp() : ProgramHelp()};
  } catch (const CLI::CallForVersion& version) {
    return CommandLine{.serve = {}, .text = std::string(version.what()) + "\n"};
  } catch (const CLI::ExtrasError&) {
    return UnknownArgument(arguments, serve->remaining());
  } catch (const CLI::RequiredError&) {
    return Invalid("no command was given; see nekoplane --help");
  } catch (const std::exception& e) {
    return Invalid(std::string(e.what()) + "; see nekoplane serve --help");
  }

  Texts flags;
  for (const auto& [name, entry] : given) {
    if (entry.second->count() > 0) flags[name] = entry.first;
  }
  NEKO_TRY(Options options, Resolve(flags, config_file, surroundings));
  return CommandLine{.serve = std::move(options), .text = ""};
}

}  // namespace nekoplane::config
