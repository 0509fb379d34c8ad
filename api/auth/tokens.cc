#include "api/auth/tokens.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/auth/digest.h"
#include "api/codec/json_parse.h"

namespace nekoplane::auth {

using nlohmann::json;

namespace {

constexpr std::array kRoles{std::pair{Role::kAdmin, "admin"}, std::pair{Role::kEdit, "edit"},
                            std::pair{Role::kView, "view"}, std::pair{Role::kWrapper, "wrapper"}};
constexpr std::size_t kTokenBytes = 32;

Status Damaged(const std::string& path, const std::string& how) {
  return MakeStatus(Code::kInvalid, "TokensDamaged",
                    path + " is damaged (" + how + "); restore it, or delete it to get new tokens");
}

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [value, name] : kRoles) {
    if (value == role) return name;
  }
  return "view";
}

std::optional<Role> RoleFromName(std::string_view name) {
  for (const auto& [value, known] : kRoles) {
    if (name == known) return value;
  }
  return std::nullopt;
}

Result<std::unique_ptr<TokenStore>> TokenStore::Load(std::string path, Files& files) {
  std::vector<Entry> entries;
  const auto text = files.Read(path);
  if (text) {
    const auto parsed = codec::ParseJson(*text);
    if (!parsed) return Damaged(path, parsed.error().message);
    if (!parsed->is_object() || !parsed->contains("tokens") || !(*parsed)["tokens"].is_array()) {
      return Damaged(path, "no list of tokens");
    }
    for (const json& item : (*parsed)["tokens"]) {
      const auto field = [&](const char* key) {
        return item.is_object() && item.contains(key) && item[key].is_string()
                   ? item[key].get<std::string>()
                   : "";
      };
      const auto role = RoleFromName(field("role"));
      Entry entry{{field("name"), role.value_or(Role::kView), field("created")}, field("sha256")};
      if (entry.token.name.empty() || !role || entry.hash.size() != 64) {
        return Damaged(path, "an entry without name, role or sha256");
      }
      entries.push_back(std::move(entry));
    }
  } else if (!text.is(Code::kNotFound)) {
    return text.error();
  }
  return std::unique_ptr<TokenStore>(new TokenStore(std::move(path), files, std::move(entries)));
}

Result<void> TokenStore::Save(const std::vector<Entry>& entries) const {
  json list = json::array();
  for (const Entry& entry : entries) {
    list.push_back({{"name", entry.token.name},
                    {"role", RoleName(entry.token.role)},
                    {"created", entry.token.created},
                    {"sha256", entry.hash}});
  }
  return files_.WriteAtomic(path_, json{{"tokens", list}}.dump(2) + "\n", 0600);
}

Result<std::string> TokenStore::Create(const std::string& name, Role role, const Clock& clock,
                                       Random& random) {
  const std::string plain = NewSecret(random, kTokenBytes);
  MutexLock lock(mu_);
  if (std::any_of(entries_.begin(), entries_.end(),
                  [&](const Entry& e) { return e.token.name == name; })) {
    return MakeStatus(Code::kAlreadyExists, "TokenExists",
                      "there is a token named " + name + " already");
  }
  std::vector<Entry> next = entries_;
  next.push_back({{name, role, FormatTime(clock.WallNow())}, Sha256Hex(plain)});
  NEKO_RETURN_IF_ERROR(Save(next));
  entries_ = std::move(next);
  return plain;
}

Result<void> TokenStore::Revoke(const std::string& name) {
  MutexLock lock(mu_);
  std::vector<Entry> next = entries_;
  if (std::erase_if(next, [&](const Entry& e) { return e.token.name == name; }) == 0) {
    return MakeStatus(Code::kNotFound, "NoSuchToken", "there is no token named " + name);
  }
  NEKO_RETURN_IF_ERROR(Save(next));
  entries_ = std::move(next);
  return {};
}

std::vector<Token> TokenStore::List() const {
  MutexLock lock(mu_);
  std::vector<Token> out;
  for (const Entry& entry : entries_) out.push_back(entry.token);
  return out;
}

std::optional<Token> TokenStore::Find(std::string_view plain) const {
  const std::string hash = Sha256Hex(plain);
  std::optional<Token> found;
  MutexLock lock(mu_);
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.hash.data(), hash.data(), hash.size()) == 0) found = entry.token;
  }
  return found;
}

Result<std::string> EnsureTokenFile(TokenStore& tokens, Files& files, const std::string& path,
                                    const std::string& name, Role role, const Clock& clock,
                                    Random& random) {
  auto text = files.Read(path);
  if (text) {
    std::string plain = *std::move(text);
    while (!plain.empty() && (plain.back() == '\n' || plain.back() == ' ')) plain.pop_back();
    const auto token = tokens.Find(plain);
    if (token && token->name == name && token->role == role) return plain;
  } else if (!text.is(Code::kNotFound)) {
    return std::move(text).error();
  }
  // The file is what people have; a token that nobody can read any more is of no use.
  if (const auto revoked = tokens.Revoke(name); !revoked && !revoked.is(Code::kNotFound)) {
    return revoked.error();
  }
  NEKO_TRY(std::string plain, tokens.Create(name, role, clock, random));
  NEKO_RETURN_IF_ERROR(files.WriteAtomic(path, plain + "\n", 0600));
  return plain;
}

}  // namespace nekoplane::auth
