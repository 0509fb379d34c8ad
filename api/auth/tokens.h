// Bearer tokens: kept as SHA-256 hashes in <data-dir>/tokens.json, each with a name and a role. The
// plain text is shown once, when a token is made.
//
// Thread safety: any thread may call. Blocking: Find never; the others for as long as the disk
// takes. Restarts: the file is the truth; it is read at Load only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/files.h"
#include "api/base/mutex.h"
#include "api/base/random.h"
#include "api/base/result.h"

namespace nekoplane::auth {

enum class Role {
  kAdmin,    // everything
  kEdit,     // reads and writes our kinds; no secrets of nekoplane-system
  kView,     // reads all but secrets
  kWrapper,  // the HTTP wrapper, for the user it names
};

std::string_view RoleName(Role role);  // "admin", "edit", "view", "wrapper"
std::optional<Role> RoleFromName(std::string_view name);

struct Token {
  std::string name;  // unique; the user's name in requests
  Role role = Role::kView;
  std::string created;  // RFC 3339
};

class TokenStore {
 public:
  // An absent file is an empty store. Errors: kInvalid reason TokensDamaged: the message says what
  // to do; kUnavailable: the disk.
  static Result<std::unique_ptr<TokenStore>> Load(std::string path, Files& files);

  // Makes a token and returns its plain text. Errors: kAlreadyExists: the name; kUnavailable.
  Result<std::string> Create(const std::string& name, Role role, const Clock& clock, Random& random)
      EXCLUDES(mu_);
  // Errors: kNotFound; kUnavailable.
  Result<void> Revoke(const std::string& name) EXCLUDES(mu_);
  std::vector<Token> List() const EXCLUDES(mu_);

  // Whose it is. All hashes are compared, each in constant time.
  std::optional<Token> Find(std::string_view plain) const EXCLUDES(mu_);

 private:
  struct Entry {
    Token token;
    std::string hash;  // hex
  };

  TokenStore(std::string path, Files& files, std::vector<Entry> entries)
      : path_(std::move(path)), files_(files), entries_(std::move(entries)) {}

  Result<void> Save(const std::vector<Entry>& entries) const;

  const std::string path_;
  Files& files_;
  mutable Mutex mu_;
  std::vector<Entry> entries_ GUARDED_BY(mu_);
};

// Makes sure that the file at `path` holds the plain text of a valid token of that name: made anew
// if the file or the token is missing. 0600. Returns the text. Errors: kUnavailable.
Result<std::string> EnsureTokenFile(TokenStore& tokens, Files& files, const std::string& path,
                                    const std::string& name, Role role, const Clock& clock,
                                    Random& random);

}  // namespace nekoplane::auth
