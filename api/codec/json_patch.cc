#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "api/codec/patch.h"
#include "api/codec/schema_node.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxOperations = 10000;
// What copies may add up to, and how many elements may be moved to make room: a few bytes of patch
// could otherwise double an object again and again.
constexpr std::size_t kMaxCopiedNodes = 100000, kMaxMovedElements = 1000000;
constexpr std::size_t kMaxDepth = 100;

using Pointer = std::vector<std::string>;

std::size_t CountNodes(const json& value) {
  std::size_t count = 1;
  if (value.is_structured()) {
    for (const json& child : value) count += CountNodes(child);
  }
  return count;
}

std::size_t Depth(const json& value) {
  std::size_t deepest = 0;
  if (value.is_structured()) {
    for (const json& child : value) deepest = std::max(deepest, Depth(child));
  }
  return deepest + 1;
}

class Patcher {
 public:
  explicit Patcher(json& target) : target_(target) {}

  Result<void> Apply(const json& operation) {
    if (!operation.is_object()) return Malformed("must be an object");
    NEKO_TRY(const std::string op, Text(operation, "op"));
    NEKO_TRY(const Pointer path, ReadPointer(operation, "path"));
    if (op == "add" || op == "replace" || op == "test") {
      const json* const value = Keyword(operation, "value");
      if (value == nullptr) return Malformed("needs a value");
      if (op == "add") return Add(path, *value);
      return op == "test" ? Test(path, *value) : Replace(path, *value);
    }
    if (op == "remove") return Take(path, nullptr);
    if (op == "move" || op == "copy") {
      NEKO_TRY(const Pointer from, ReadPointer(operation, "from"));
      return op == "copy" ? Copy(from, path) : Move(from, path);
    }
    return Malformed("has an unknown op " + op);
  }

 private:
  static Status Malformed(std::string what) {
    return MakeStatus(Code::kInvalid, "MalformedPatch", std::move(what));
  }

  static Status Failed(std::string what) {
    return MakeStatus(Code::kInvalid, "PatchFailed", std::move(what));
  }

  static Result<std::string> Text(const json& operation, const char* name) {
    const json* const value = Keyword(operation, name);
    if (value == nullptr || !value->is_string())
      return Malformed(std::string("needs a text ") + name);
    return value->get<std::string>();
  }

  static Result<Pointer> ReadPointer(const json& operation, const char* name) {
    NEKO_TRY(const std::string text, Text(operation, name));
    Pointer pointer;
    if (text.empty()) return pointer;
    if (text[0] != '/') return Malformed(std::string(name) + " must be empty or begin with /");
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '/') {
        pointer.emplace_back();
      } else if (text[i] != '~') {
        pointer.back() += text[i];
      } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
        pointer.back() += text[i] == '0' ? '~' : '/';
      } else {
        return Malformed(std::string(name) + " has a ~ that is not ~0 or ~1");
      }
    }
    return pointer;
  }

  static Status Missing(const Pointer& pointer) {
    std::string text;
    for (const std::string& token : pointer) text += "/" + token;
    return Failed("the path " + text + " does not exist");
  }

  // At most `size`.
  static std::optional<std::size_t> Index(const std::string& token, std::size_t size) {
    if (token.empty() || token.size() > 9 || (token.size() > 1 && token[0] == '0')) {
      return std::nullopt;
    }
    std::size_t index = 0;
    for (const char c : token) {
      if (c < '0' || c > '9') return std::nullopt;
      index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index <= size ? std::optional(index) : std::nullopt;
  }

  // The value at the first `length` tokens; nullptr if there is none.
  json* Find(const Pointer& pointer, std::size_t length) {
    json* at = &target_;
    for (std::size_t i = 0; i < length; ++i) {
      if (at->is_object()) {
        const auto it = at->find(pointer[i]);
        if (it == at->end()) return nullptr;
        at = &*it;
      } else if (at->is_array()) {
        const auto index = Index(pointer[i], at->size());
        if (!index || *index == at->size()) return nullptr;
        at = &(*at)[*index];
      } else {
        return nullptr;
      }
    }
    return at;
  }

  Result<void> Add(const Pointer& path, json value) {
    if (path.size() + Depth(value) > kMaxDepth) return Failed("the result is nested too deeply");
    if (path.empty()) {
      target_ = std::move(value);
      return {};
    }
    json* const parent = Find(path, path.size() - 1);
    if (parent == nullptr || !parent->is_structured()) return Missing(path);
    if (parent->is_object()) {
      (*parent)[path.back()] = std::move(value);
      return {};
    }
    const auto index =
        path.back() == "-" ? std::optional(parent->size()) : Index(path.back(), parent->size());
    if (!index) return Missing(path);
    NEKO_RETURN_IF_ERROR(Spend(moved_, parent->size() - *index + 1, kMaxMovedElements));
    parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return {};
  }

  Result<void> Replace(const Pointer& path, const json& value) {
    if (path.size() + Depth(value) > kMaxDepth) return Failed("the result is nested too deeply");
    json* const at = Find(path, path.size());
    if (at == nullptr) return Missing(path);
    *at = value;
    return {};
  }

  Result<void> Test(const Pointer& path, const json& value) {
    const json* const at = Find(path, path.size());
    if (at == nullptr) return Missing(path);
    if (*at != value) return Failed("the value is not the one that is tested for");
    return {};
  }

  // Removes the value, into `taken` if that is given.
  Result<void> Take(const Pointer& path, json* taken) {
    if (path.empty()) return Failed("the whole object cannot be removed");
    json* const at = Find(path, path.size());
    if (at == nullptr) return Missing(path);
    if (taken != nullptr) *taken = std::move(*at);
    json* const parent = Find(path, path.size() - 1);
    if (parent->is_object()) {
      parent->erase(path.back());
      return {};
    }
    const std::size_t index = *Index(path.back(), parent->size());
    NEKO_RETURN_IF_ERROR(Spend(moved_, parent->size() - index, kMaxMovedElements));
    parent->erase(index);
    return {};
  }

  Result<void> Copy(const Pointer& from, const Pointer& to) {
    const json* const at = Find(from, from.size());
    if (at == nullptr) return Missing(from);
    NEKO_RETURN_IF_ERROR(Spend(copied_, CountNodes(*at), kMaxCopiedNodes));
    return Add(to, *at);
  }

  Result<void> Move(const Pointer& from, const Pointer& to) {
    if (from == to) return Find(from, from.size()) != nullptr ? Result<void>() : Missing(from);
    if (to.size() > from.size() && std::equal(from.begin(), from.end(), to.begin())) {
      return Failed("a value cannot be moved into itself");
    }
    json value;
    NEKO_RETURN_IF_ERROR(Take(from, &value));
    // Its depth is measured anew wherever it goes.
    NEKO_RETURN_IF_ERROR(Spend(moved_, CountNodes(value), kMaxMovedElements));
    return Add(to, std::move(value));
  }

  static Result<void> Spend(std::size_t& spent, std::size_t amount, std::size_t limit) {
    spent += amount;
    if (spent > limit) return Failed("the patch is too much work");
    return {};
  }

  json& target_;
  std::size_t copied_ = 0, moved_ = 0;
};

}  // namespace

json MergePatch(json target, const json& patch) {
  if (patch.is_object()) target.merge_patch(patch);
  return target;
}

Result<json> JsonPatch(json target, const json& patch) {
  if (!patch.is_array()) {
    return MakeStatus(Code::kInvalid, "MalformedPatch",
                      "a JSON patch must be a list of operations");
  }
  if (patch.size() > kMaxOperations) {
    return MakeStatus(Code::kInvalid, "MalformedPatch",
                      "a JSON patch may have at most " + std::to_string(kMaxOperations) +
                          " operations, not " + std::to_string(patch.size()));
  }
  Patcher patcher(target);
  for (std::size_t i = 0; i < patch.size(); ++i) {
    auto applied = patcher.Apply(patch[i]);
    if (!applied) return Annotate(std::move(applied).error(), "operation " + std::to_string(i));
  }
  if (!target.is_object()) {
    return MakeStatus(Code::kInvalid, "PatchFailed", "the result of the patch is not an object");
  }
  return target;
}

}  // namespace nekoplane::codec
