// Short ways to write transactions in tests of stores.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "api/store/store.h"

namespace nekoplane::store {

// A folder of its own, in memory where that is possible: these tests sync thousands of times, and
// none of them can tell a disk from memory.
inline std::filesystem::path MakeTestFolder() {
  const char* memory = "/dev/shm";
  std::string folder = (::access(memory, W_OK) == 0 ? std::string(memory) : testing::TempDir()) +
                       "/neko-store-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr) << folder;
  return folder;
}

inline constexpr char kPods[] = "pods.example.dev";
inline constexpr char kNodes[] = "nodes.example.dev";

inline Key PodKey(const std::string& name, const std::string& ns = "default") {
  return {kPods, ns, name};
}

// A body without version, and the same as the store keeps it.
inline std::string Body(const std::string& name, const std::string& value) {
  return R"({"metadata":{"name":")" + name + R"("},"spec":{"v":")" + value + R"("}})";
}

inline std::string Stored(const std::string& name, const std::string& value,
                          std::uint64_t version) {
  return R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"(","name":")" + name +
         R"("},"spec":{"v":")" + value + R"("}})";
}

inline Write Create(const std::string& name, const std::string& value = "1") {
  return {Write::Op::kCreate, PodKey(name), "uid-" + name, Body(name, value), std::nullopt};
}

inline Write Update(const std::string& name, const std::string& value) {
  return {Write::Op::kUpdate, PodKey(name), "", Body(name, value), std::nullopt};
}

inline Write Delete(const std::string& name) {
  return {Write::Op::kDelete, PodKey(name), "", "", std::nullopt};
}

inline Claim PortClaim(const std::string& node, int port, const std::string& owner) {
  return {kClaimPortTcp, node, std::to_string(port), owner, ""};
}

inline ClaimChange Acquire(Claim claim) { return {ClaimChange::Op::kAcquire, std::move(claim)}; }

inline ClaimChange ReleaseClaim(Claim claim) {
  return {ClaimChange::Op::kRelease, std::move(claim)};
}

inline ClaimChange ReleaseAllOf(const std::string& owner) {
  return {ClaimChange::Op::kReleaseOwner, {"", "", "", owner, ""}};
}

// Everything that readers of a store can see, as text.
inline std::string Dump(const Store& store) {
  std::string text = "version " + std::to_string(store.Version()) + "\n";
  for (const char* resource : {kPods, kNodes}) {
    store.List(resource)->ForEach("", "", [&](const ObjectPtr& o) {
      text += o->key.resource + " " + o->key.ns + "/" + o->key.name + " " + o->uid + " " +
              std::to_string(o->version) + " " + o->bytes + "\n";
      return true;
    });
  }
  store.Claims()->ForEach([&](const Claim& c) {
    text += c.kind + " " + c.scope + " " + c.item + " " + c.owner + " " + c.detail + "\n";
  });
  return text;
}

inline testing::AssertionResult FailsWith(const Result<Committed>& result, Code code,
                                          const std::string& reason) {
  if (result) return testing::AssertionFailure() << "it worked";
  if (result.error().code == code && result.error().reason == reason) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << result.error().ToString();
}

}  // namespace nekoplane::store
