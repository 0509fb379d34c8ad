#include "api/auth/pki.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace nekoplane::auth {
namespace {

using std::chrono::hours;

class MemoryFiles final : public Files {
 public:
  Result<std::string> Read(const std::string& path) const override {
    const auto it = contents.find(path);
    if (it == contents.end()) return MakeStatus(Code::kNotFound, "NoSuchFile", path);
    return it->second;
  }

  Result<void> WriteAtomic(const std::string& path, std::string_view text, unsigned mode) override {
    if (writes_left == 0) return MakeStatus(Code::kUnavailable, "WriteFailed", "disk full");
    --writes_left;
    contents[path] = std::string(text);
    modes[path] = mode;
    return {};
  }

  Result<bool> Exists(const std::string& path) const override { return contents.contains(path); }

  Result<void> MakeFolders(const std::string&, unsigned) override { return {}; }

  std::map<std::string, std::string> contents;
  std::map<std::string, unsigned> modes;
  int writes_left = 1000;
};

class SettableClock final : public Clock {
 public:
  MonoTime Now() const override { return MonoTime{}; }

  WallTime WallNow() const override { return now; }

  WallTime now = ParseTime("2026-01-02T03:04:05Z").value();
};

class PkiTest : public testing::Test {
 protected:
  Pki Load(std::vector<std::string> names = {}) {
    auto pki = LoadOrCreatePki({"d", "box", std::move(names)}, files_, clock_, random_);
    EXPECT_TRUE(pki) << pki.error().ToString();
    return std::move(*pki);
  }

  MemoryFiles files_;
  SettableClock clock_;
  SeededRandom random_{1};
};

TEST_F(PkiTest, TheFirstStartMakesACaAndAServerCertificate) {
  const Pki pki = Load({"192.168.1.5", "neko.example", "0.0.0.0", "0:0::1", ""});
  const auto server = InspectCertificate(pki.server.certificate_chain).value();
  EXPECT_EQ(server.names.dns, (std::vector<std::string>{"box", "localhost", "neko.example"}));
  EXPECT_EQ(server.names.ips, (std::vector<std::string>{"127.0.0.1", "192.168.1.5", "::1"}));
  EXPECT_LE(server.not_before, clock_.now);
  EXPECT_GT(server.not_after, clock_.now + hours(24) * 364);
  EXPECT_TRUE(IsSignedBy(pki.server.certificate_chain, pki.server.client_ca));
  const auto ca = InspectCertificate(pki.server.client_ca).value();
  EXPECT_GT(ca.not_after, clock_.now + hours(24) * 3600);
}

TEST_F(PkiTest, KeysAreForTheOwnerOnly) {
  Load();
  for (const auto& [path, mode] : files_.modes) {
    EXPECT_EQ(mode, path.ends_with(".key") ? 0600u : 0644u) << path;
  }
  EXPECT_EQ(files_.contents.size(), 4u);
}

TEST_F(PkiTest, ARestartChangesNothing) {
  Load({"192.168.1.5"});
  const auto before = files_.contents;
  Load({"192.168.1.5"});
  EXPECT_EQ(files_.contents, before);
}

struct Renewal {
  const char* name;
  std::vector<std::string> names;
  hours later{0};
  const char* removed = nullptr;
  const char* damaged = nullptr;
};

class PkiRenewalTest : public PkiTest, public testing::WithParamInterface<Renewal> {};

TEST_P(PkiRenewalTest, MakesANewServerCertificateOfTheSameCa) {
  Load();
  const auto before = files_.contents;
  clock_.now += GetParam().later;
  if (GetParam().removed != nullptr) files_.contents.erase(GetParam().removed);
  if (GetParam().damaged != nullptr) files_.contents[GetParam().damaged] = "garbage";
  const Pki pki = Load(GetParam().names);
  EXPECT_EQ(files_.contents["d/ca.crt"], before.at("d/ca.crt"));
  EXPECT_NE(files_.contents["d/server.crt"], before.at("d/server.crt"));
  EXPECT_TRUE(KeyBelongsTo(pki.server.certificate_chain, pki.server.private_key));
  EXPECT_TRUE(IsSignedBy(pki.server.certificate_chain, pki.server.client_ca));
  EXPECT_GT(InspectCertificate(pki.server.certificate_chain)->not_after,
            clock_.now + hours(24) * 364);
}

INSTANTIATE_TEST_SUITE_P(
    When, PkiRenewalTest,
    testing::Values(Renewal{"NamesChange", {"10.0.0.1"}},
                    Renewal{"LessThan30DaysAreLeft", {}, hours(24) * 336},
                    Renewal{"ItHasExpired", {}, hours(24) * 400},
                    Renewal{"CertificateIsMissing", {}, hours(0), "d/server.crt"},
                    Renewal{"KeyIsMissing", {}, hours(0), "d/server.key"},
                    Renewal{"KeyIsDamaged", {}, hours(0), nullptr, "d/server.key"},
                    Renewal{"CertificateIsDamaged", {}, hours(0), nullptr, "d/server.crt"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(PkiTest, AServerCertificateLastsUntil30DaysBeforeItsEnd) {
  Load();
  const auto before = files_.contents;
  clock_.now += hours(24) * 334;
  Load();
  EXPECT_EQ(files_.contents, before);
}

TEST_F(PkiTest, ADamagedCaIsReportedAndNotReplaced) {
  Load();
  const auto good = files_.contents;
  const auto expect_broken = [&] {
    const auto before = files_.contents;
    const auto pki = LoadOrCreatePki({"d", "box", {}}, files_, clock_, random_);
    ASSERT_FALSE(pki);
    EXPECT_EQ(pki.error().reason, "BrokenPki");
    EXPECT_NE(pki.error().message.find("restore"), std::string::npos);
    EXPECT_EQ(files_.contents, before);
  };
  files_.contents.erase("d/ca.key");
  expect_broken();
  files_.contents["d/ca.key"] = "garbage";
  expect_broken();
  files_.contents["d/ca.key"] = good.at("d/server.key");  // of another certificate
  expect_broken();
  files_.contents = good;
  files_.contents["d/ca.crt"] = "garbage";
  expect_broken();
  files_.contents = good;
  clock_.now += hours(24) * 3651;
  expect_broken();
}

// Whatever write fails at the first start, the next start works.
TEST_F(PkiTest, AFirstStartThatBreaksOffCanBeRepeated) {
  for (int fail = 0; fail < 4; ++fail) {
    files_ = {};
    files_.writes_left = fail;
    EXPECT_TRUE(LoadOrCreatePki({"d", "box", {}}, files_, clock_, random_).is(Code::kUnavailable));
    files_.writes_left = 1000;
    const Pki pki = Load();
    EXPECT_TRUE(KeyBelongsTo(pki.server.certificate_chain, pki.server.private_key)) << fail;
    EXPECT_TRUE(IsSignedBy(pki.server.certificate_chain, pki.server.client_ca)) << fail;
  }
}

TEST_F(PkiTest, RefusesNamesThatAreNone) {
  const auto pki = LoadOrCreatePki({"d", "a b", {}}, files_, clock_, random_);
  ASSERT_FALSE(pki);
  EXPECT_EQ(pki.error().code, Code::kInvalid);
}

TEST_F(PkiTest, EveryCertificateHasItsOwnSerialNumber) {
  const Pki pki = Load();
  const auto a = pki.ca.IssueClient("a", {"g"}, clock_.now, hours(1), random_).value();
  const auto b = pki.ca.IssueClient("a", {"g"}, clock_.now, hours(1), random_).value();
  EXPECT_NE(a.certificate, b.certificate);
  EXPECT_EQ(InspectCertificate(a.certificate)->subject_cn, "a");
  EXPECT_TRUE(pki.ca.IssueClient("", {}, clock_.now, hours(1), random_).is(Code::kInvalid));
}

}  // namespace
}  // namespace nekoplane::auth
