#include "api/registry/decoded.h"

#include <gtest/gtest.h>

#include "api/v1alpha1/browser_profile.h"

namespace nekoplane::registry {
namespace {

using v1alpha1::BrowserProfile;

store::ObjectPtr Profile(const std::string& name, std::uint64_t version) {
  return std::make_shared<store::Object>(store::Object{
      .key = {BrowserProfile::kResource, "default", name},
      .uid = name,
      .version = version,
      .bytes =
          R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserProfile","metadata":{"name":")" +
          name + R"("},"spec":{}})"});
}

TEST(DecodedTest, TellsObjectsApartThatShareASlot) {
  Decoded<BrowserProfile> decoded;
  std::vector<store::ObjectPtr> objects;
  for (std::uint64_t version = 1; version <= 200; ++version) {
    objects.push_back(Profile("p" + std::to_string(version), version));
  }
  for (int round = 0; round < 2; ++round) {
    for (const auto& object : objects) {
      for (int again = 0; again < 2; ++again) {
        const auto profile = decoded.Of(object);
        ASSERT_TRUE(profile.has_value());
        EXPECT_EQ(profile->metadata.name, object->key.name);
      }
    }
  }
  // As after a restart from another database: the same version is not the same object.
  EXPECT_EQ(decoded.Of(Profile("other", 200))->metadata.name, "other");
}

TEST(DecodedTest, WhatDoesNotDecodeFailsEachTime) {
  Decoded<BrowserProfile> decoded;
  const auto broken = std::make_shared<store::Object>(store::Object{
      .key = {BrowserProfile::kResource, "default", "p"}, .uid = "u", .version = 1, .bytes = "{"});
  EXPECT_FALSE(decoded.Of(broken).has_value());
  EXPECT_FALSE(decoded.Of(broken).has_value());
}

}  // namespace
}  // namespace nekoplane::registry
