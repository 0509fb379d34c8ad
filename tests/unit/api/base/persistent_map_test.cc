#include "api/base/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "api/base/random.h"

namespace nekoplane {
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

// Several changes in a row, of which only the first copies: as a transaction does.
TEST(PersistentMapTest, AnOlderVersionNeverChangesWhenANewerOneDoesInPlace) {
  SeededRandom random(11);
  Map map;
  Model model;
  for (int round = 0; round < 400; ++round) {
    const Map old = map;
    const Model was = model;
    const std::uint64_t range = (round / 80) % 2 == 0 ? 3'000 : 200;
    for (std::uint64_t n = random.Below(40); n > 0; --n) {
      const std::string key = KeyFor(random.Below(1'000));
      if (random.Below(3'000) < range) {
        map = std::move(map).Put(std::make_shared<Entry>(Entry{key, round}));
        model[key] = round;
      } else {
        map = std::move(map).Erase(key);
        model.erase(key);
      }
      ASSERT_EQ(map.size(), model.size());
    }
    ASSERT_EQ(Contents(map), model);
    ASSERT_EQ(Contents(old), was);
    for (const auto& [key, value] : model) {
      ASSERT_EQ(map.Find(key)->value, value);
    }
    const std::string some = KeyFor(random.Below(1'000));
    EXPECT_EQ(map.Rank(some),
              static_cast<std::size_t>(std::distance(model.begin(), model.lower_bound(some))));
  }
  // What an item that goes is looked up by may lie in the item.
  while (map.size() > 0) {
    std::string_view first;
    map.ForEachFrom("", [&](const Map::Ptr& e) {
      first = e->key;
      return false;
    });
    map = std::move(map).Erase(first);
  }
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

using Changes = std::map<std::string, std::pair<int, int>>;  // 0 = not there

Changes Difference(const Map& before, const Map& after, std::string_view from = "",
                   std::string_view to = "~") {
  Changes changes;
  std::string last;
  Map::ForEachDifference(before, after, from, to, [&](const Map::Ptr& a, const Map::Ptr& b) {
    const std::string& key = (a == nullptr ? b : a)->key;
    EXPECT_TRUE(changes.empty() || last < key) << last << " before " << key;
    last = key;
    changes[key] = {a == nullptr ? 0 : a->value, b == nullptr ? 0 : b->value};
  });
  return changes;
}

Changes Difference(const Model& before, const Model& after, const std::string& from,
                   const std::string& to) {
  Changes changes;
  const auto value = [](const Model& model, const std::string& key) {
    const auto it = model.find(key);
    return it == model.end() ? 0 : it->second;
  };
  for (const Model* model : {&before, &after}) {
    for (const auto& [key, unused] : *model) {
      const std::pair both(value(before, key), value(after, key));
      if (key >= from && key < to && both.first != both.second) changes[key] = both;
    }
  }
  return changes;
}

TEST(PersistentMapTest, DifferenceIsWhatAModelFinds) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SeededRandom random(seed);
    Map map;
    Model model;
    std::vector<std::pair<Map, Model>> past = {{map, model}};
    for (int step = 1; step <= 6'000; ++step) {
      // Grows to several levels and shrinks to nothing again.
      const bool grow = random.Below(100) < (step < 3'500 ? 80U : 15U);
      const std::string key = KeyFor(random.Below(2'500));
      if (grow) {
        map = map.Put(std::make_shared<Entry>(Entry{key, step}));
        model[key] = step;
      } else {
        map = map.Erase(key);
        model.erase(key);
      }
      if (step % 400 != 0) continue;
      const auto& [old_map, old_model] = past[random.Below(past.size())];
      std::string from = KeyFor(random.Below(3'000)), to = KeyFor(random.Below(3'000));
      ASSERT_EQ(Difference(old_map, map), Difference(old_model, model, "", "~"));
      ASSERT_EQ(Difference(map, old_map), Difference(model, old_model, "", "~"));
      ASSERT_EQ(Difference(old_map, map, from, to), Difference(old_model, model, from, to));
      past.emplace_back(map, model);
    }
  }
}

// Counts the items whose key is looked at.
struct CountingKeyOfEntry {
  static inline int looks = 0;

  std::string_view operator()(const Entry& e) const {
    ++looks;
    return e.key;
  }
};

TEST(PersistentMapTest, DifferencePassesOverWhatIsShared) {
  using CountingMap = PersistentMap<Entry, CountingKeyOfEntry>;
  std::vector<CountingMap::Ptr> items;
  for (int i = 0; i < 100'000; ++i) {
    items.push_back(std::make_shared<Entry>(Entry{std::to_string(100'000 + i), i}));
  }
  const auto map = CountingMap::FromSorted(items);
  const auto next =
      map.Put(std::make_shared<Entry>(Entry{"150000x", 1})).Erase("120000").Erase("180000");
  CountingKeyOfEntry::looks = 0;
  int changes = 0;
  CountingMap::ForEachDifference(map, next, "", "~", [&](const auto&, const auto&) { ++changes; });
  EXPECT_EQ(changes, 3);
  EXPECT_LT(CountingKeyOfEntry::looks, 1'000);
}

}  // namespace
}  // namespace nekoplane
