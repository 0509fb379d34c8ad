// The kinds that writers write and watchers watch, and how a mark is put into an object and found
// again.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/blackbox/history.h"

namespace nekoplane::blackbox {

struct Kind {
  const char* resource;
  const char* group;  // "/api/v1" or "/apis/GROUP/VERSION"
  bool namespaced;    // ours live in namespace default
  const char*
      twin;  // JSON pointer to where the mark is a second time; "" = nobody writes this kind
  const char* twin_prefix;  // what stands before it there
  const char* form;         // JSON of a valid object without a name
  bool has_status;          // takes a mark in status.sizeBytes
};

// All resources that the API serves and that can change.
const std::vector<Kind>& Kinds();

// Those with a twin.
std::vector<const Kind*> WrittenKinds();

// Path of the collection (all namespaces), of the one to create in, and of one object.
std::string WatchPath(const Kind& kind);
std::string CollectionPath(const Kind& kind);
std::string ObjectPath(const Kind& kind, std::string_view name);
std::string KeyOf(const Kind& kind, std::string_view name);

nlohmann::json NewObject(const Kind& kind, const std::string& name, const std::string& mark);
// Also the merge patch that does so, applied to an empty object.
void SetMark(const Kind& kind, nlohmann::json& object, const std::string& mark);

State StateOf(const Kind& kind, const nlohmann::json& object);

}  // namespace nekoplane::blackbox
