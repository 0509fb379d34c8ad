#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "controller/cmd/nekoctl/commands.h"

namespace nekoplane::ctl {

Result<const codec::Kind*> ResolveKind(const codec::KindTable& kinds, std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  std::string known;
  for (const codec::Kind& kind : kinds.kinds()) {
    const auto& shorts = kind.short_names;
    if (lower == kind.plural || lower == kind.singular || lower == kind.resource() ||
        std::find(shorts.begin(), shorts.end(), lower) != shorts.end()) {
      return &kind;
    }
    known += (known.empty() ? "" : ", ") + kind.plural;
  }
  return MakeStatus(Code::kInvalid, "UnknownKind",
                    "there is no kind \"" + std::string(word) + "\"; there are: " + known);
}

Result<Target> ResolveTarget(const codec::KindTable& kinds, const std::vector<std::string>& words) {
  if (words.empty()) {
    return MakeStatus(Code::kInvalid, "MissingKind", "say what: a kind such as bs, or bs/NAME");
  }
  Target out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t slash = words[i].find('/');
    if (slash != std::string::npos) {
      NEKO_TRY(const codec::Kind* kind, ResolveKind(kinds, words[i].substr(0, slash)));
      if (out.kind != nullptr && out.kind != kind) {
        return MakeStatus(Code::kInvalid, "MixedKinds", "name objects of one kind at a time");
      }
      out.kind = kind;
      out.names.push_back(words[i].substr(slash + 1));
    } else if (i == 0) {
      NEKO_TRY(out.kind, ResolveKind(kinds, words[0]));
    } else {
      out.names.push_back(words[i]);
    }
    if (!out.names.empty() && out.names.back().empty()) {
      return MakeStatus(Code::kInvalid, "MissingName", "\"" + words[i] + "\" has no name");
    }
  }
  return out;
}

Result<std::string> ResolveName(const codec::KindTable& kinds, const codec::Kind& kind,
                                const std::string& word) {
  if (word.empty()) return MakeStatus(Code::kInvalid, "MissingName", "the name is empty");
  if (word.find('/') == std::string::npos) return word;
  NEKO_TRY(Target target, ResolveTarget(kinds, {word}));
  if (target.kind != &kind) {
    return MakeStatus(Code::kInvalid, "WrongKind",
                      "\"" + word + "\" is no " + kind.singular + "; name one of those");
  }
  return std::move(target.names.front());
}

namespace {

Result<void> LoadText(const std::string& text, const std::string& name,
                      std::vector<FileObject>& out) {
  NEKO_TRY(const auto documents, codec::ParseYaml(text, name));
  for (const auto& document : documents) {
    const std::string place = name + ":" + std::to_string(document.line);
    const auto& value = *document.value;
    if (!value.is_object() || !value.contains("kind") || !value.contains("apiVersion")) {
      return MakeStatus(Code::kInvalid, "NotAnObject",
                        place + ": not an object with apiVersion and kind");
    }
    if (value.value("kind", "") == "List" && value.contains("items") && value["items"].is_array()) {
      for (const auto& item : value["items"]) {
        out.push_back({place, std::make_shared<nlohmann::json>(item)});
      }
    } else {
      out.push_back({place, document.value});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<FileObject>> LoadFiles(const std::vector<std::string>& files) {
  std::vector<FileObject> out;
  for (const std::string& file : files) {
    if (file == "-") {
      const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
      NEKO_RETURN_IF_ERROR(LoadText(text, "stdin", out));
      continue;
    }
    std::vector<std::string> paths;
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
      for (const auto& entry : std::filesystem::directory_iterator(file, error)) {
        const std::string extension = entry.path().extension();
        if (extension == ".yaml" || extension == ".yml" || extension == ".json") {
          paths.push_back(entry.path().string());
        }
      }
      std::sort(paths.begin(), paths.end());
      if (paths.empty()) {
        return MakeStatus(Code::kNotFound, "NoManifests",
                          file + " has no .yaml, .yml or .json file");
      }
    } else {
      paths.push_back(file);
    }
    for (const std::string& path : paths) {
      NEKO_TRY(const std::string text, ReadFile(path));
      NEKO_RETURN_IF_ERROR(LoadText(text, path, out));
    }
  }
  return out;
}

}  // namespace nekoplane::ctl
