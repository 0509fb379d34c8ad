// What a worker's book keeps and lets go of.
#include "controller/runtime/taos_worker/instance_book.h"

#include <gtest/gtest.h>

#include <utility>

namespace nekoplane::runtime::taos {
namespace {

InstanceSpec Spec(const std::string& uid) {
  InstanceSpec spec;
  spec.session_uid = uid;
  return spec;
}

TEST(InstanceBookTest, StartThatBeginsWhileOldEntriesAreForgottenStays) {
  InstanceBook* self = nullptr;
  bool asked = false;
  InstanceBook book("w1", [&](std::string_view uid) -> std::optional<KnownInstance> {
    // Just when the book found out that nobody knows u1 any more, it is started again.
    if (uid == "u1" && !std::exchange(asked, true)) {
      EXPECT_TRUE(self->Begin(Spec("u1")));
    }
    return std::nullopt;
  });
  self = &book;
  book.Removed("u1");
  EXPECT_TRUE(book.Begin(Spec("u2")));
  ASSERT_TRUE(asked);
  const auto entry = book.Find("u1");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, Entry::State::kStarting);
}

TEST(InstanceBooksTest, NodeKeepsItsBookWhileSomebodyHasIt) {
  InstanceBooks books;
  const auto nobody = [](std::string_view) { return std::optional<KnownInstance>(); };
  auto first = books.Of("uid-1", "w1", nobody);
  EXPECT_TRUE(first->Begin(Spec("u1")));
  EXPECT_EQ(books.Of("uid-1", "w1", nobody), first);
  EXPECT_FALSE(books.Of("uid-2", "w1", nobody)->Find("u1")) << "another node of that name";
  first.reset();
  EXPECT_FALSE(books.Of("uid-1", "w1", nobody)->Find("u1"));
}

}  // namespace
}  // namespace nekoplane::runtime::taos
