// An ordered map of immutable items that is itself immutable: a change makes a new map, which
// shares all but one path of nodes with the old one.
//
// That is what makes a snapshot of 100,000 objects cost a few small nodes and not a copy: every
// state of the store is one of these, and a failed transaction is undone by dropping the new one.
// It is a B+ tree with narrow nodes: wide ones would make the copied path the larger part of a
// write.
//
// Thread safety: immutable; any number of threads may read one map or copies of it.
// Exceptions: none but bad_alloc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace nekoplane {

// KeyOf: const T& -> an ordered key, usually a tuple of string_views into the item.
template <class T, class KeyOf>
class PersistentMap {
 public:
  using Ptr = std::shared_ptr<const T>;
  using Key = std::invoke_result_t<KeyOf, const T&>;

  PersistentMap() = default;

  // REQUIRES: `items` ascend strictly by key.
  static PersistentMap FromSorted(std::vector<Ptr> items) {
    std::vector<NodePtr> level;
    for (std::size_t at = 0; at < items.size(); at += kFill) {
      const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = first + static_cast<std::ptrdiff_t>(std::min(kFill, items.size() - at));
      level.push_back(Leaf(std::vector<Ptr>(first, last)));
    }
    while (level.size() > 1) {
      std::vector<NodePtr> above;
      for (std::size_t at = 0; at < level.size(); at += kFill) {
        const auto first = level.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(kFill, level.size() - at));
        above.push_back(Inner(std::vector<NodePtr>(first, last)));
      }
      level = std::move(above);
    }
    return level.empty() ? PersistentMap() : PersistentMap(std::move(level.front()));
  }

  std::size_t size() const { return root_ == nullptr ? 0 : root_->count; }

  // nullptr if absent.
  Ptr Find(const Key& key) const {
    const Node* node = root_.get();
    if (node == nullptr) return nullptr;
    while (!node->leaf()) {
      const std::size_t i = ChildOf(*node, key);
      if (i == node->children.size()) return nullptr;
      node = node->children[i].get();
    }
    const std::size_t i = ItemOf(*node, key);
    if (i == node->items.size() || KeyOf()(*node->items[i]) != key) return nullptr;
    return node->items[i];
  }

  // How many items come before `key`.
  std::size_t Rank(const Key& key) const {
    std::size_t before = 0;
    const Node* node = root_.get();
    while (node != nullptr && !node->leaf()) {
      const std::size_t i = ChildOf(*node, key);
      for (std::size_t j = 0; j < i; ++j) before += node->children[j]->count;
      node = i == node->children.size() ? nullptr : node->children[i].get();
    }
    return node == nullptr ? before : before + ItemOf(*node, key);
  }

  // Calls visit(const Ptr&) in order for each item at or after `from`, until it returns false.
  template <class Visit>
  void ForEachFrom(const Key& from, Visit&& visit) const {
    if (root_ != nullptr) Walk(*root_, &from, visit);
  }

  // Calls visit(const Ptr& before, const Ptr& after) in order for each item in [from, to) that only
  // one of the maps has (the other's is nullptr), or that is another object in each. Whatever parts
  // the maps share are passed over unseen, so between two versions of one map it costs
  // O(changes * log(size)).
  template <class Visit>
  static void ForEachDifference(const PersistentMap& before, const PersistentMap& after,
                                const Key& from, const Key& to, Visit&& visit) {
    if (before.root_ == after.root_) return;
    const Ptr none;
    Cursor a(before.root_.get(), from, to), b(after.root_.get(), from, to);
    while (!a.done() || !b.done()) {
      if (a.done() || b.done()) {
        Cursor& rest = a.done() ? b : a;
        if (!rest.at_item()) {
          rest.Open();
        } else if (a.done()) {
          visit(none, b.Take());
        } else {
          visit(a.Take(), none);
        }
      } else if (a.part() == b.part()) {
        a.Skip();
        b.Skip();
      } else if (a.height() != b.height() && !a.at_item() && !b.at_item()) {
        (a.height() > b.height() ? a : b).Open();
      } else {
        // What begins first cannot have a match further on in the other.
        const Key x = a.first(), y = b.first();
        if (!a.at_item() && !(y < x)) {
          a.Open();
        } else if (!b.at_item() && !(x < y)) {
          b.Open();
        } else if (x < y) {
          visit(a.Take(), none);
        } else if (y < x) {
          visit(none, b.Take());
        } else {
          const Ptr& was = a.Take();
          visit(was, b.Take());
        }
      }
    }
  }

  // The map with `item` added, or in the place of the one that had its key. Of a map that is given
  // up (an rvalue), what no other map shares is changed in place, so that of several changes in a
  // row only the first copies a path. REQUIRES of an rvalue: the map it was copied from, if any,
  // lives on until then; what another thread lets go of at this moment could not be told from our
  // own.
  [[nodiscard]] PersistentMap Put(Ptr item) const& {
    return PersistentMap(*this).Put(std::move(item));
  }

  [[nodiscard]] PersistentMap Put(Ptr item) && {
    if (root_ == nullptr) return PersistentMap(Leaf({std::move(item)}));
    auto [left, right] = PutBelow(std::move(root_), std::move(item));
    if (right == nullptr) return PersistentMap(std::move(left));
    return PersistentMap(Inner({std::move(left), std::move(right)}));
  }

  // The map without the item at `key`; the same map if there is none. Rvalues as with Put.
  [[nodiscard]] PersistentMap Erase(const Key& key) const& {
    return PersistentMap(*this).Erase(key);
  }

  [[nodiscard]] PersistentMap Erase(const Key& key) && {
    const Ptr doomed = Find(key);  // `key` may look into it
    if (doomed == nullptr) return std::move(*this);
    NodePtr root = EraseBelow(std::move(root_), key);
    while (root != nullptr && root->children.size() == 1) root = root->children.front();
    return PersistentMap(std::move(root));
  }

 private:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  struct Node {
    std::vector<Ptr> items;         // of a leaf
    std::vector<NodePtr> children;  // of an inner node
    std::vector<const T*> lasts;    // each child's greatest item, which that child keeps alive
    std::size_t count = 0;          // items below

    bool leaf() const { return children.empty(); }

    std::size_t width() const { return leaf() ? items.size() : children.size(); }

    const T* last() const { return leaf() ? items.back().get() : lasts.back(); }
  };

  static constexpr std::size_t kMax = 16;
  static constexpr std::size_t kFill = 12;  // of a bulk load: room to grow without a split
  static constexpr std::size_t kThin = 4;   // below this a node is worth merging

  // What is still to be seen of the items in [from, to): items and whole subtrees, in order.
  class Cursor {
   public:
    Cursor(const Node* root, const Key& from, const Key& to) : from_(from), to_(to) {
      if (root == nullptr) return;
      std::size_t height = 1;
      for (const Node* node = root; !node->leaf(); node = node->children.front().get()) ++height;
      nodes_.reserve(height);
      Push(root, height, true, true);
      Ascend();
    }

    bool done() const { return nodes_.empty(); }

    bool at_item() const { return height() == 0; }

    // 0 = an item comes next, 1 = a leaf
    std::size_t height() const { return nodes_.back().height - 1; }

    // Equal in two cursors if the same object or subtree comes next in both.
    const void* part() const {
      const Opened& in = nodes_.back();
      return at_item() ? static_cast<const void*>(in.node->items[in.next].get())
                       : in.node->children[in.next].get();
    }

    Key first() const {
      const Opened& in = nodes_.back();
      if (at_item()) return KeyOf()(*in.node->items[in.next]);
      const Node* node = in.node->children[in.next].get();
      while (!node->leaf()) node = node->children.front().get();
      return KeyOf()(*node->items.front());
    }

    // Puts what the subtree holds in its place. REQUIRES: not at_item().
    void Open() {
      Opened& in = nodes_.back();
      const std::size_t i = in.next++;
      // Reserved for the whole height, so `in` stays where it is.
      Push(in.node->children[i].get(), in.height - 1, in.at_from && i == in.begin,
           in.at_to && in.next == in.end);
      Ascend();
    }

    // REQUIRES: at_item(). The reference lives as long as the map.
    const Ptr& Take() {
      Opened& in = nodes_.back();
      const Ptr& item = in.node->items[in.next++];
      Ascend();
      return item;
    }

    void Skip() {
      ++nodes_.back().next;
      Ascend();
    }

   private:
    struct Opened {
      const Node* node;
      std::size_t height;            // 1 = a leaf
      std::size_t begin, next, end;  // of what it holds
      bool at_from, at_to;           // may it begin before `from`, or reach `to`?
    };

    void Push(const Node* node, std::size_t height, bool at_from, bool at_to) {
      std::size_t begin = 0, end = node->width();
      if (at_from) begin = node->leaf() ? ItemOf(*node, from_) : ChildOf(*node, from_);
      if (at_to) {
        end = node->leaf() ? ItemOf(*node, to_) : std::min(end, ChildOf(*node, to_) + 1);
      }
      nodes_.push_back({node, height, begin, begin, std::max(begin, end), at_from, at_to});
    }

    void Ascend() {
      while (!nodes_.empty() && nodes_.back().next == nodes_.back().end) nodes_.pop_back();
    }

    const Key& from_;
    const Key& to_;
    std::vector<Opened> nodes_;  // from the root on
  };

  explicit PersistentMap(NodePtr root) : root_(std::move(root)) {}

  static NodePtr Leaf(std::vector<Ptr> items) {
    auto node = std::make_shared<Node>();
    node->count = items.size();
    node->items = std::move(items);
    return node;
  }

  static NodePtr Inner(std::vector<NodePtr> children) {
    auto node = std::make_shared<Node>();
    node->lasts.reserve(children.size());
    for (const NodePtr& child : children) {
      node->count += child->count;
      node->lasts.push_back(child->last());
    }
    node->children = std::move(children);
    return node;
  }

  // The first item at or after `key`.
  static std::size_t ItemOf(const Node& leaf, const Key& key) {
    const auto at = std::partition_point(leaf.items.begin(), leaf.items.end(),
                                         [&](const Ptr& item) { return KeyOf()(*item) < key; });
    return static_cast<std::size_t>(at - leaf.items.begin());
  }

  // The first child that reaches `key`.
  static std::size_t ChildOf(const Node& inner, const Key& key) {
    const auto at = std::partition_point(inner.lasts.begin(), inner.lasts.end(),
                                         [&](const T* last) { return KeyOf()(*last) < key; });
    return static_cast<std::size_t>(at - inner.lasts.begin());
  }

  template <class Visit>
  static bool Walk(const Node& node, const Key* from, Visit& visit) {
    if (node.leaf()) {
      for (std::size_t i = from == nullptr ? 0 : ItemOf(node, *from); i < node.items.size(); ++i) {
        if (!visit(node.items[i])) return false;
      }
      return true;
    }
    for (std::size_t i = from == nullptr ? 0 : ChildOf(node, *from); i < node.children.size();
         ++i) {
      if (!Walk(*node.children[i], from, visit)) return false;
      from = nullptr;  // only the first child can begin before `from`
    }
    return true;
  }

  // One that may be changed: itself if no other map shares it, else a copy.
  static std::shared_ptr<Node> Own(NodePtr node) {
    if (node.use_count() == 1) return std::const_pointer_cast<Node>(std::move(node));
    return std::make_shared<Node>(*node);
  }

  template <class V>
  static void InsertAt(std::vector<V>& into, std::size_t i, V value) {
    // Exactly: room to grow would be kept for as long as the node.
    if (into.size() == into.capacity()) into.reserve(into.size() + 1);
    into.insert(into.begin() + static_cast<std::ptrdiff_t>(i), std::move(value));
  }

  template <class V>
  static void EraseAt(std::vector<V>& from, std::size_t i) {
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
  }

  // Cuts the upper half off if there are too many for one node.
  static std::pair<NodePtr, NodePtr> Pack(std::shared_ptr<Node> node) {
    if (node->width() <= kMax) return {std::move(node), nullptr};
    const auto cut = [](auto& parts) {
      const auto middle = parts.begin() + static_cast<std::ptrdiff_t>(parts.size() / 2);
      auto upper = std::decay_t<decltype(parts)>(std::make_move_iterator(middle),
                                                 std::make_move_iterator(parts.end()));
      parts.erase(middle, parts.end());
      return upper;
    };
    if (node->leaf()) {
      NodePtr right = Leaf(cut(node->items));
      node->count -= right->count;
      return {std::move(node), std::move(right)};
    }
    NodePtr right = Inner(cut(node->children));
    node->lasts.resize(node->children.size());
    node->count -= right->count;
    return {std::move(node), std::move(right)};
  }

  static std::pair<NodePtr, NodePtr> PutBelow(NodePtr at, Ptr item) {
    const Key key = KeyOf()(*item);
    const std::shared_ptr<Node> node = Own(std::move(at));
    if (node->leaf()) {
      const std::size_t i = ItemOf(*node, key);
      if (i < node->items.size() && KeyOf()(*node->items[i]) == key) {
        node->items[i] = std::move(item);
      } else {
        InsertAt(node->items, i, std::move(item));
        ++node->count;
      }
      return Pack(node);
    }
    const std::size_t i = std::min(ChildOf(*node, key), node->children.size() - 1);
    node->count -= node->children[i]->count;
    auto [left, right] = PutBelow(std::move(node->children[i]), std::move(item));
    node->count += left->count;
    node->lasts[i] = left->last();
    node->children[i] = std::move(left);
    if (right != nullptr) {
      node->count += right->count;
      InsertAt(node->lasts, i + 1, right->last());
      InsertAt(node->children, i + 1, std::move(right));
    }
    return Pack(node);
  }

  // nullptr if nothing is left. REQUIRES: `key` is there.
  static NodePtr EraseBelow(NodePtr at, const Key& key) {
    if (at->leaf() && at->items.size() == 1) return nullptr;
    const std::shared_ptr<Node> node = Own(std::move(at));
    --node->count;
    if (node->leaf()) {
      EraseAt(node->items, ItemOf(*node, key));
      return node;
    }
    const std::size_t i = ChildOf(*node, key);
    auto& children = node->children;
    children[i] = EraseBelow(std::move(children[i]), key);
    if (children[i] == nullptr) {
      EraseAt(children, i);
      EraseAt(node->lasts, i);
      return children.empty() ? nullptr : node;
    }
    node->lasts[i] = children[i]->last();
    if (children[i]->width() < kThin && children.size() > 1) {
      const std::size_t left = i == 0 ? 0 : i - 1;
      if (children[left]->width() + children[left + 1]->width() <= kMax) {
        children[left] = Merge(*children[left], *children[left + 1]);
        EraseAt(children, left + 1);
        EraseAt(node->lasts, left);
      }
    }
    return node;
  }

  // REQUIRES: neighbours of one level.
  static NodePtr Merge(const Node& a, const Node& b) {
    if (a.leaf()) {
      std::vector<Ptr> items = a.items;
      items.insert(items.end(), b.items.begin(), b.items.end());
      return Leaf(std::move(items));
    }
    std::vector<NodePtr> children = a.children;
    children.insert(children.end(), b.children.begin(), b.children.end());
    return Inner(std::move(children));
  }

  NodePtr root_;
};

}  // namespace nekoplane
