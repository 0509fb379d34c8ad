#include "api/store/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "api/base/random.h"

namespace nekoplane::store {
namespace {

struct Entry {
  std::string key;
  int value = 0;
};

struct KeyOfEntry {
  std::string_view operator()(const Entry& e) const { return e.key; }
};

using Map = PersistentMap<Entry, KeyOfEntry>;
using Model = std::map<std::string, int>;

std::string KeyFor(std::uint64_t i) { return "key-" + std::to_string(i); }

Model Contents(const Map& map) {
  Model contents;
  std::string last;
  map.ForEachFrom("", [&](const Map::Ptr& e) {
    EXPECT_TRUE(contents.empty() || last < e->key) << last << " before " << e->key;
    last = e->key;
    contents[e->key] = e->value;
    return true;
  });
  return contents;
}

TEST(PersistentMapTest, EmptyMapFindsNothing) {
  const Map map;
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.Find("a"), nullptr);
  EXPECT_EQ(map.Rank("a"), 0U);
  EXPECT_EQ(map.Erase("a").size(), 0U);
  EXPECT_TRUE(Contents(map).empty());
}

TEST(PersistentMapTest, BehavesLikeAnOrderedMapUnderRandomChanges) {
  SeededRandom random(7);
  Map map;
  Model model;
  for (int step = 0; step < 20'000; ++step) {
    // The range breathes, so that the tree also shrinks through several levels.
    const std::uint64_t range = (step / 4'000) % 2 == 0 ? 3'000 : 200;
    const std::string key = KeyFor(random.Below(3'000));
    if (random.Below(3'000) < range) {
      map = map.Put(std::make_shared<Entry>(Entry{key, step}));
      model[key] = step;
    } else {
      map = map.Erase(key);
      model.erase(key);
    }
    ASSERT_EQ(map.size(), model.size());
    const auto found = map.Find(key);
    ASSERT_EQ(found != nullptr, model.contains(key));
    if (step % 500 == 0) {
      ASSERT_EQ(Contents(map), model);
    }
  }
  EXPECT_EQ(Contents(map), model);
  for (const auto& [key, value] : Model(model)) map = map.Erase(key);
  EXPECT_EQ(map.size(), 0U);
}

TEST(PersistentMapTest, AnOlderVersionNeverChanges) {
  Map map;
  Model model;
  for (int i = 0; i < 1'000; ++i) {
    map = map.Put(std::make_shared<Entry>(Entry{KeyFor(static_cast<std::uint64_t>(i)), i}));
    model[KeyFor(static_cast<std::uint64_t>(i))] = i;
  }
  const Map old = map;
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = KeyFor(static_cast<std::uint64_t>(i));
    map = i % 2 == 0 ? map.Erase(key) : map.Put(std::make_shared<Entry>(Entry{key, -i}));
  }
  EXPECT_EQ(Contents(old), model);
  EXPECT_EQ(map.size(), 500U);
}

TEST(PersistentMapTest, WalksFromAnyPlaceAndCountsWhatComesBefore) {
  std::vector<Map::Ptr> items;
  for (int i = 0; i < 2'000; i += 2) {
    std::string digits = std::to_string(i);
    items.push_back(
        std::make_shared<Entry>(Entry{std::string(4 - digits.size(), '0') + digits, i}));
  }
  const Map map = Map::FromSorted(items);
  ASSERT_EQ(map.size(), items.size());
  for (int i = 0; i <= 2'001; ++i) {
    std::string digits = std::to_string(i);
    const std::string key = std::string(4 - digits.size(), '0') + digits;
    const std::size_t before = std::min<std::size_t>(static_cast<std::size_t>(i + 1) / 2, 1'000);
    EXPECT_EQ(map.Rank(key), before);
    int first = -1;
    map.ForEachFrom(key, [&](const Map::Ptr& e) {
      first = e->value;
      return false;
    });
    EXPECT_EQ(first, i < 1'999 ? i + i % 2 : -1);
  }
}

TEST(PersistentMapTest, BulkLoadEqualsSingleInsertions) {
  for (const std::size_t n : {0U, 1U, 23U, 24U, 25U, 600U, 20'000U}) {
    std::vector<Map::Ptr> items;
    for (std::size_t i = 0; i < n; ++i) {
      std::string digits = std::to_string(i);
      items.push_back(std::make_shared<Entry>(
          Entry{std::string(6 - digits.size(), '0') + digits, static_cast<int>(i)}));
    }
    Map map = Map::FromSorted(items);
    ASSERT_EQ(map.size(), n);
    for (const auto& item : items) ASSERT_EQ(map.Find(item->key), item);
    map = map.Put(std::make_shared<Entry>(Entry{"zzz", 1}));
    EXPECT_EQ(map.size(), n + 1);
  }
}

}  // namespace
}  // namespace nekoplane::store
