#include <gtest/gtest.h>

#include <map>

#include "api/auth/authenticator.h"
#include "api/auth/authorizer.h"
#include "api/auth/kubeconfig.h"

namespace nekoplane::auth {
namespace {

struct Row {
  const char* name;
  std::optional<Role> role;
  Action action;
  bool allowed;
};

class AuthorizerTest : public testing::TestWithParam<Row> {};

TEST_P(AuthorizerTest, Decides) {
  EXPECT_EQ(Allowed(GetParam().role, GetParam().action), GetParam().allowed);
}

Action On(const char* verb, const char* group, const char* resource, const char* ns = "default") {
  return {verb, group, resource, "", ns, ""};
}

constexpr char kOurs[] = "nekoplane.dev";

INSTANTIATE_TEST_SUITE_P(
    Table, AuthorizerTest,
    testing::Values(
        Row{"AdminMay", Role::kAdmin, On("delete", "", "secrets", "nekoplane-system"), true},
        Row{"EditCreatesSessions", Role::kEdit, On("create", kOurs, "browsersessions"), true},
        Row{"EditReadsSecretsOfANamespace", Role::kEdit, On("get", "", "secrets"), true},
        Row{"EditReadsNoSystemSecrets", Role::kEdit, On("get", "", "secrets", "nekoplane-system"),
            false},
        Row{"EditListsNoSecretsOfAll", Role::kEdit, On("list", "", "secrets", ""), false},
        Row{"EditMakesNoNamespaces", Role::kEdit, On("create", "", "namespaces", ""), false},
        Row{"EditCollectsNoGarbage", Role::kEdit, On("create", kOurs, "gc", ""), false},
        Row{"ViewReads", Role::kView, On("watch", kOurs, "browsersessions"), true},
        Row{"ViewReadsNoSecrets", Role::kView, On("list", "", "secrets"), false},
        Row{"ViewWritesNothing", Role::kView, On("patch", kOurs, "browsersessions"), false},
        Row{"WrapperReadsNothing", Role::kWrapper, On("get", kOurs, "browsersessions"), false},
        Row{"StrangerReadsNothing", std::nullopt, On("get", kOurs, "browsersessions"), false},
        Row{"AllMayAskAboutThemselves", std::nullopt,
            On("create", "authorization.k8s.io", "selfsubjectaccessreviews", ""), true},
        Row{"AllMayDiscover", std::nullopt, Action{"get", "", "", "", "", "/apis/nekoplane.dev"},
            true},
        Row{"PrefixesAreWholeSegments", std::nullopt, Action{"get", "", "", "", "", "/apisecret"},
            false},
        Row{"ViewReadsMetrics", Role::kView, Action{"get", "", "", "", "", "/metrics"}, true},
        Row{"StrangerReadsNoMetrics", std::nullopt, Action{"get", "", "", "", "", "/metrics"},
            false}),
    [](const auto& row) { return std::string(row.param.name); });

class NoFiles final : public Files {
 public:
  Result<std::string> Read(const std::string& path) const override {
    return MakeStatus(Code::kNotFound, "NoFile", path);
  }

  Result<void> WriteAtomic(const std::string&, std::string_view, unsigned) override { return {}; }

  Result<bool> Exists(const std::string&) const override { return false; }

  Result<void> MakeFolders(const std::string&, unsigned) override { return {}; }
};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    for (const auto& [name, role] :
         {std::pair{"root", Role::kAdmin}, std::pair{"ed", Role::kEdit}}) {
      plain_[name] = *tokens_->Create(name, role, clock_, random_);
    }
  }

  http::Request With(const std::string& name, http::Headers more = {}) {
    http::Request request;
    request.headers = std::move(more);
    request.headers.emplace_back("authorization", "bearer " + plain_[name]);
    return request;
  }

  SystemClock clock_;
  SeededRandom random_{1};
  NoFiles files_;
  std::unique_ptr<TokenStore> tokens_ = *TokenStore::Load("t", files_);
  std::map<std::string, std::string> plain_;
  Authenticator authenticator_{*tokens_};
};

TEST_F(AuthenticatorTest, TokensNameTheirUserAndRole) {
  const auto who = authenticator_.Authenticate(With("ed"));
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "ed");
  EXPECT_EQ(who->role, Role::kEdit);
}

TEST_F(AuthenticatorTest, NobodyWithoutCredentials) {
  EXPECT_TRUE(authenticator_.Authenticate({}).is(Code::kUnauthenticated));
  http::Request wrong;
  wrong.headers = {{"Authorization", "Bearer nonsense"}};
  EXPECT_TRUE(authenticator_.Authenticate(wrong).is(Code::kUnauthenticated));
  wrong.headers = {{"Authorization", "Basic " + plain_["root"]}};
  EXPECT_TRUE(authenticator_.Authenticate(wrong).is(Code::kUnauthenticated));
}

TEST_F(AuthenticatorTest, CertificatesOfMastersAreAdmins) {
  http::Request request;
  request.client_cert_cn = "carol";
  request.client_cert_orgs = {"system:masters"};
  EXPECT_EQ(authenticator_.Authenticate(request)->role, Role::kAdmin);
  request.client_cert_orgs = {"nekoplane:view", "other"};
  EXPECT_EQ(authenticator_.Authenticate(request)->role, Role::kView);
  request.client_cert_orgs = {};
  EXPECT_FALSE(authenticator_.Authenticate(request)->role);
}

TEST_F(AuthenticatorTest, OnlyAdminsImpersonateAndThenHaveNoMoreThanTheGroupsSay) {
  const http::Headers as = {{"Impersonate-User", "ana"}, {"Impersonate-Group", "nekoplane:view"}};
  const auto ana = authenticator_.Authenticate(With("root", as));
  ASSERT_TRUE(ana);
  EXPECT_EQ(ana->name, "ana");
  EXPECT_EQ(ana->role, Role::kView);
  EXPECT_EQ(ana->impersonated_by, "root");
  EXPECT_FALSE(authenticator_.Authenticate(With("root", {{"Impersonate-User", "ana"}}))->role);
  EXPECT_TRUE(authenticator_.Authenticate(With("ed", as)).is(Code::kForbidden));
  EXPECT_TRUE(
      authenticator_.Authenticate(With("root", {{"Impersonate-Group", "x"}})).is(Code::kForbidden));
}

TEST(KubeconfigTest, HoldsServerCaAndToken) {
  const std::string text = MakeKubeconfig("https://127.0.0.1:7443", "PEM", "admin", "secret");
  EXPECT_NE(text.find("server: https://127.0.0.1:7443"), std::string::npos);
  EXPECT_NE(text.find("certificate-authority-data: UEVN"), std::string::npos);
  EXPECT_NE(text.find("token: secret"), std::string::npos);
}

}  // namespace
}  // namespace nekoplane::auth
