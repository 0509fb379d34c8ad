// A registry over a memory store with a standing clock and seeded randomness.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "api/registry/client.h"
#include "api/registry/registry.h"
#include "api/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::registry::testing {

using nlohmann::json;

inline const codec::Kind& KindNamed(const std::string& resource) {
  const codec::Kind* kind = codec::KindTable::Builtin().FindByResource(resource);
  EXPECT_NE(kind, nullptr) << resource;
  return *kind;
}

inline const codec::Kind& Sessions() { return KindNamed("browsersessions.nekoplane.dev"); }

inline const codec::Kind& Nodes() { return KindNamed("browsernodes.nekoplane.dev"); }

inline const codec::Kind& Secrets() { return KindNamed("secrets"); }

inline const codec::Kind& Namespaces() { return KindNamed("namespaces"); }

inline json Session(const std::string& name, json spec = {{"url", "https://example.org"}}) {
  return {{"apiVersion", "nekoplane.dev/v1alpha1"},
          {"kind", "BrowserSession"},
          {"metadata", {{"name", name}}},
          {"spec", std::move(spec)}};
}

inline json Parsed(const store::ObjectPtr& object) { return json::parse(object->bytes); }

class RegistryTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(registry_.Bootstrap(Context())); }

  // The memory store calls back before it returns.
  template <class Call>
  Result<WriteReply> Wait(Call call) {
    std::optional<Result<WriteReply>> reply;
    call([&](Result<WriteReply> r) { reply = std::move(r); });
    EXPECT_TRUE(reply.has_value()) << "no answer";
    return *std::move(reply);
  }

  Result<WriteReply> Create(const codec::Kind& kind, json object, WriteOptions options = {},
                            const std::string& ns = "default") {
    return Wait([&](Registry::Done done) {
      registry_.Create(kind, kind.namespaced ? ns : "", std::move(object), options,
                       std::move(done));
    });
  }

  Result<WriteReply> Update(const codec::Kind& kind, const std::string& name, json object,
                            Subresource sub = Subresource::kNone, WriteOptions options = {}) {
    return Wait([&](Registry::Done done) {
      registry_.Update(kind, kind.namespaced ? "default" : "", name, std::move(object), sub,
                       options, std::move(done));
    });
  }

  Result<WriteReply> Patch(const codec::Kind& kind, const std::string& name, json patch,
                           PatchType type = PatchType::kMerge, Subresource sub = Subresource::kNone,
                           WriteOptions options = {}) {
    return Wait([&](Registry::Done done) {
      registry_.Patch(kind, kind.namespaced ? "default" : "", name, type, std::move(patch), sub,
                      options, std::move(done));
    });
  }

  Result<WriteReply> Delete(const codec::Kind& kind, const std::string& name,
                            DeleteOptions options = {}) {
    return Wait([&](Registry::Done done) {
      registry_.Delete(kind, kind.namespaced ? "default" : "", name, options, std::move(done));
    });
  }

  json Read(const codec::Kind& kind, const std::string& name) {
    const auto object = registry_.Get(kind, kind.namespaced ? "default" : "", name);
    EXPECT_TRUE(object) << name << " is not stored";
    return object ? Parsed(*object) : json();
  }

  nekoplane::testing::FakeClock clock_;
  SeededRandom random_{7};
  store::MemoryStore store_{"test"};
  Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  Client client_{registry_, clock_, random_};
};

}  // namespace nekoplane::registry::testing
