// tokens.json, and a token added to whatever was in it.
#include "api/auth/tokens.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_files.h"

namespace nekoplane {

NEKO_FUZZ(token_file) {
  fuzz::MemoryFiles files{{{"tokens.json", std::string(input)}}};
  const auto store = auth::TokenStore::Load("tokens.json", files);
  if (!store) {
    NEKO_PROMISE(fuzz::Explained(store.error()) && store.error().code == Code::kInvalid);
    return;
  }
  for (const auth::Token& token : (*store)->List()) NEKO_PROMISE(!token.name.empty());
  NEKO_PROMISE(!(*store)->Find(""));

  const SystemClock clock;
  SeededRandom random(1);
  const auto plain = (*store)->Create("new", auth::Role::kView, clock, random);
  if (!plain) {
    NEKO_PROMISE(plain.error().code == Code::kAlreadyExists);
    return;
  }
  const auto again = auth::TokenStore::Load("tokens.json", files);
  NEKO_PROMISE(again && (*again)->List().size() == (*store)->List().size());
  const auto found = again ? (*again)->Find(*plain) : std::nullopt;
  NEKO_PROMISE(found && found->name == "new" && found->role == auth::Role::kView);
}

}  // namespace nekoplane
