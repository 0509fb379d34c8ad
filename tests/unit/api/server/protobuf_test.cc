#include "api/server/protobuf.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/api/server/wire_writer.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;
using testing::Envelope;
using testing::Pb;

std::string Metadata() {
  return Pb()
      .Bytes(1, "name")
      .Bytes(2, "")  // Go writes empty strings
      .Bytes(3, "ns")
      .Bytes(5, "")
      .Number(7, 0)
      .Bytes(8, "")  // an empty Time
      .Bytes(11, Pb().Bytes(1, "app").Bytes(2, "x").Take())
      .Bytes(11, Pb().Bytes(1, "empty").Take())
      .Bytes(13, Pb().Bytes(1, "BrowserSession")
                     .Bytes(3, "o")
                     .Bytes(4, "u")
                     .Bytes(5, "v1")
                     .Number(6, 1)
                     .Number(7, 0)
                     .Take())
      .Bytes(14, "a/b")
      .Bytes(14, "c/d")
      .Take();
}

TEST(ProtobufTest, MetadataBecomesItsJsonForm) {
  const auto object = DecodeProtobuf(Envelope("v1", "Namespace", Pb().Bytes(1, Metadata()).Take()));
  ASSERT_TRUE(object) << object.error().ToString();
  EXPECT_EQ(*object, (json{{"apiVersion", "v1"},
                           {"kind", "Namespace"},
                           {"metadata",
                            {{"name", "name"},
                             {"namespace", "ns"},
                             {"labels", {{"app", "x"}, {"empty", ""}}},
                             {"ownerReferences",
                              {{{"kind", "BrowserSession"},
                                {"name", "o"},
                                {"uid", "u"},
                                {"apiVersion", "v1"},
                                {"controller", true},
                                {"blockOwnerDeletion", false}}}},
                             {"finalizers", {"a/b", "c/d"}}}}}));
}

TEST(ProtobufTest, SecretsCarryBytesAsBase64) {
  const std::string secret =
      Pb().Bytes(1, Pb().Bytes(1, "s").Take())
          .Bytes(2, Pb().Bytes(1, "k").Bytes(2, std::string("\0\xff", 2)).Take())
          .Bytes(2, Pb().Bytes(1, "none").Take())
          .Bytes(3, "Opaque")
          .Bytes(4, Pb().Bytes(1, "t").Bytes(2, "v").Take())
          .Number(5, 0)
          .Take();
  const auto object = DecodeProtobuf(Envelope("v1", "Secret", secret));
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["data"], (json{{"k", "AP8="}, {"none", ""}}));
  EXPECT_EQ((*object)["stringData"], (json{{"t", "v"}}));
  EXPECT_EQ((*object)["immutable"], false);
}

TEST(ProtobufTest, LeasesKeepTheirTimes) {
  const std::string time = Pb().Number(1, 1767225600).Number(2, 123456000).Take();
  const std::string spec =
      Pb().Bytes(1, "me").Number(2, 15).Bytes(3, time).Bytes(4, "").Number(5, 0).Take();
  const auto object =
      DecodeProtobuf(Envelope("coordination.k8s.io/v1", "Lease", Pb().Bytes(2, spec).Take()));
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["spec"], (json{{"holderIdentity", "me"},
                                     {"leaseDurationSeconds", 15},
                                     {"acquireTime", "2026-01-01T00:00:00.123456Z"},
                                     {"leaseTransitions", 0}}));
}

TEST(ProtobufTest, EventsAndTheirYearOne) {
  const std::string event =
      Pb().Bytes(2, Pb().Bytes(1, "BrowserSession").Bytes(3, "a").Take())
          .Bytes(3, "Started")
          .Bytes(6, Pb().Number(1, 1767225600).Take())
          .Bytes(7, Pb().Number(1, static_cast<std::uint64_t>(-62135596800)).Take())
          .Number(8, 3)
          .Take();
  const auto object = DecodeProtobuf(Envelope("v1", "Event", event));
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["involvedObject"]["name"], "a");
  EXPECT_EQ((*object)["firstTimestamp"], "2026-01-01T00:00:00Z");
  EXPECT_FALSE(object->contains("lastTimestamp")) << "Go's zero time";
  EXPECT_EQ((*object)["count"], 3);
}

TEST(ProtobufTest, DeleteOptionsOfAnyGroup) {
  const std::string options = Pb().Number(1, 0)
                                  .Bytes(2, Pb().Bytes(1, "uid").Take())
                                  .Bytes(4, "Background")
                                  .Bytes(5, "All")
                                  .Take();
  const auto object = DecodeProtobuf(Envelope("nekoplane.dev/v1alpha1", "DeleteOptions", options));
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["gracePeriodSeconds"], 0);
  EXPECT_EQ((*object)["preconditions"]["uid"], "uid");
  EXPECT_EQ((*object)["dryRun"], json::array({"All"}));
}

TEST(ProtobufTest, UnknownFieldsAreSkipped) {
  const std::string raw =
      Pb().Bytes(99, "future")
          .Number(98, 7)
          .Raw(std::string("\x51", 1) + std::string(8, 'x'))  // field 10, fixed64
          .Raw(std::string("\x55", 1) + std::string(4, 'x'))  // field 10, fixed32
          .Bytes(1, Pb().Bytes(1, "n").Take())
          .Take();
  const auto object = DecodeProtobuf(Envelope("v1", "Namespace", raw));
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["metadata"]["name"], "n");
}

TEST(ProtobufTest, OtherKindsAreNotThisMediaType) {
  const auto object = DecodeProtobuf(Envelope("nekoplane.dev/v1alpha1", "BrowserSession", ""));
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().reason, "UnsupportedMediaType");
  EXPECT_FALSE(DecodeProtobuf(Envelope("v2", "Secret", "")));
}

struct Hostile {
  const char* name;
  std::string body;
};

class HostileBytes : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileBytes, AreRefused) {
  const auto object = DecodeProtobuf(GetParam().body);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kInvalid);
}

std::string InSecret(const std::string& raw) { return Envelope("v1", "Secret", raw); }

INSTANTIATE_TEST_SUITE_P(
    Protobuf, HostileBytes,
    ::testing::Values(
        Hostile{"Empty", ""}, Hostile{"NoMagic", "k8s"},
        Hostile{"MagicOnly", std::string("k8s\0", 4)}, Hostile{"Text", "{\"kind\":\"Secret\"}"},
        Hostile{"LengthBeyondTheEnd", InSecret(std::string("\x0a\x7f", 2) + "abc")},
        Hostile{"HugeLength", InSecret("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        Hostile{"EndlessVarint", InSecret(std::string(20, '\xff'))},
        Hostile{"VarintBeyond64Bits", InSecret("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
        Hostile{"FieldZero", InSecret(std::string("\x02\x00", 2))},
        Hostile{"Group", InSecret("\x0b\x0c")}, Hostile{"WireType7", InSecret("\x0f")},
        Hostile{"CutFixed64", InSecret("\x51xx")}, Hostile{"CutFixed32", InSecret("\x55xx")},
        Hostile{"NumberForText", InSecret(Pb().Number(3, 5).Take())},
        Hostile{"TextForBool", InSecret(Pb().Bytes(5, "yes").Take())},
        Hostile{"NumberForMessage", InSecret(Pb().Number(1, 5).Take())},
        Hostile{"NumberForMap", InSecret(Pb().Number(2, 5).Take())},
        Hostile{"BrokenMapEntry", InSecret(Pb().Bytes(2, "\x0a\x7f").Take())},
        Hostile{"NotUtf8", InSecret(Pb().Bytes(3, "\xff\xfe").Take())},
        Hostile{"NotUtf8Key", InSecret(Pb().Bytes(2, Pb().Bytes(1, "\xff").Take()).Take())},
        Hostile{"YearTenThousandBillion",
                Envelope("v1", "Event", Pb().Bytes(6, Pb().Number(1, 1ull << 62).Take()).Take())},
        Hostile{"NegativeNanos",
                Envelope("v1", "Event",
                         Pb().Bytes(6, Pb().Number(1, 5).Number(2, ~0ull).Take()).Take())},
        Hostile{"EncodedContent", std::string("k8s\0", 4) +
                                      Pb().Bytes(1, Pb().Bytes(1, "v1").Bytes(2, "Secret").Take())
                                          .Bytes(3, "gzip")
                                          .Take()}),
    [](const auto& row) { return row.param.name; });

TEST(ProtobufTest, FewBytesDoNotBecomeManyValues) {
  std::string metadata;
  for (int i = 0; i < 150'000; ++i) metadata += Pb().Bytes(14, "").Take();
  const auto object = DecodeProtobuf(Envelope("v1", "Namespace", Pb().Bytes(1, metadata).Take()));
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().reason, "TooLarge");
}

// Every prefix and every single-byte change of a real message is either decoded or refused.
TEST(ProtobufTest, NoMutationOfAMessageBreaksTheDecoder) {
  const std::string good = Envelope("v1", "Secret",
                                    Pb().Bytes(1, Metadata())
                                        .Bytes(2, Pb().Bytes(1, "k").Bytes(2, "v").Take())
                                        .Bytes(3, "Opaque")
                                        .Take());
  for (std::size_t cut = 0; cut < good.size(); ++cut) (void)DecodeProtobuf(good.substr(0, cut));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      if (const auto object = DecodeProtobuf(bad)) {
        EXPECT_TRUE(object->is_object());
      }
    }
  }
}

}  // namespace
}  // namespace nekoplane::server
