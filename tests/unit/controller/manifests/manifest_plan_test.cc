#include "controller/manifests/manifest_plan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nekoplane::manifests {
namespace {

using nlohmann::json;

const codec::KindTable& Kinds() { return codec::KindTable::Builtin(); }

json Session(const std::string& name, json spec) {
  return {{"apiVersion", "nekoplane.dev/v1alpha1"},
          {"kind", "BrowserSession"},
          {"metadata", {{"name", name}, {"namespace", "default"}}},
          {"spec", std::move(spec)}};
}

ManifestSet Declare(const std::string& file, const std::vector<json>& objects) {
  std::string text;
  for (const json& object : objects) text += "---\n" + object.dump() + "\n";
  return ReadManifests(Kinds(), {{file, text, {}}}, "default");
}

ObjectId Id(const std::string& name) { return {"browsersessions.nekoplane.dev", "default", name}; }

// What the object looks like after its creation was carried out, with what a server adds.
json Created(const ManifestSet& set) {
  const auto plan = PlanManifests(Kinds(), set, {});
  json object = *plan.actions.at(0).body;
  object["metadata"]["uid"] = "u1";
  object["metadata"]["resourceVersion"] = "5";
  object["metadata"]["finalizers"] = {"nekoplane.dev/session"};
  object["spec"]["device"] = "Desktop";  // a default
  object["status"] = {{"phase", "Running"}};
  return object;
}

LiveObjects Live(const std::string& name, json object) {
  return {{Id(name), std::make_shared<const json>(std::move(object))}};
}

std::string Describe(const ManifestPlan& plan) {
  std::string out;
  for (const Action& action : plan.actions) {
    const char* verb = action.what == Action::Do::kCreate  ? "create "
                       : action.what == Action::Do::kPatch ? "patch "
                                                           : "delete ";
    out += (out.empty() ? "" : ", ") + std::string(verb) + action.id.name;
  }
  return out;
}

TEST(PlanManifestsTest, NewObjectsAreMarkedAsOurs) {
  const auto plan = PlanManifests(Kinds(), Declare("a.yaml", {Session("a", {{"url", "x"}})}), {});
  ASSERT_EQ(Describe(plan), "create a");
  const json& metadata = (*plan.actions[0].body)["metadata"];
  EXPECT_EQ(metadata["labels"][kLabelAppliedBy], kAppliedByManifests);
  EXPECT_EQ(metadata["annotations"][kAnnotationFile], "a.yaml");
  EXPECT_EQ(json::parse(metadata["annotations"][kAnnotationLastApplied].get<std::string>()),
            Session("a", {{"url", "x"}}));
}

TEST(PlanManifestsTest, SecondLookHasNothingToDo) {
  const auto set = Declare("a.yaml", {Session("a", {{"url", "x"}})});
  EXPECT_EQ(Describe(PlanManifests(Kinds(), set, Live("a", Created(set)))), "");
}

TEST(PlanManifestsTest, ChangedFieldIsPatchedAlone) {
  const json live = Created(Declare("a.yaml", {Session("a", {{"url", "x"}})}));
  const auto plan =
      PlanManifests(Kinds(), Declare("a.yaml", {Session("a", {{"url", "y"}})}), Live("a", live));
  ASSERT_EQ(Describe(plan), "patch a");
  EXPECT_EQ((*plan.actions[0].body)["spec"], (json{{"url", "y"}}));
  EXPECT_EQ(plan.actions[0].uid, "u1");
}

TEST(PlanManifestsTest, RemovedFieldIsRemovedAndForeignFieldsSurvive) {
  json live = Created(Declare("a.yaml", {Session("a", {{"url", "x"}, {"screen", "1x1@1"}})}));
  live["spec"]["operatingMode"] = "Suspended";  // set by somebody else
  live["metadata"]["labels"]["theirs"] = "1";
  const auto plan =
      PlanManifests(Kinds(), Declare("a.yaml", {Session("a", {{"url", "x"}})}), Live("a", live));
  ASSERT_EQ(Describe(plan), "patch a");
  json after = live;
  after.merge_patch(*plan.actions[0].body);
  EXPECT_FALSE(after["spec"].contains("screen"));
  EXPECT_EQ(after["spec"]["operatingMode"], "Suspended");
  EXPECT_EQ(after["spec"]["device"], "Desktop");
  EXPECT_EQ(after["metadata"]["labels"]["theirs"], "1");
  EXPECT_EQ(after["metadata"]["finalizers"], json{"nekoplane.dev/session"});
  EXPECT_EQ(after["status"]["phase"], "Running");
}

TEST(PlanManifestsTest, ForeignChangeOfADeclaredFieldIsTakenBack) {
  const auto set = Declare("a.yaml", {Session("a", {{"url", "x"}})});
  json live = Created(set);
  live["spec"]["url"] = "z";
  const auto plan = PlanManifests(Kinds(), set, Live("a", live));
  ASSERT_EQ(Describe(plan), "patch a");
  EXPECT_EQ((*plan.actions[0].body)["spec"]["url"], "x");
}

TEST(PlanManifestsTest, ObjectOfSomebodyElseIsTakenOver) {
  const json foreign = Session("a", {{"url", "old"}, {"screen", "1x1@1"}});
  const auto plan =
      PlanManifests(Kinds(), Declare("a.yaml", {Session("a", {{"url", "x"}})}), Live("a", foreign));
  ASSERT_EQ(Describe(plan), "patch a");
  json after = foreign;
  after.merge_patch(*plan.actions[0].body);
  EXPECT_TRUE(IsApplied(after));
  EXPECT_EQ(after["spec"]["screen"], "1x1@1");
}

TEST(PlanManifestsTest, UndeclaredObjectIsDeletedByUid) {
  const json live = Created(Declare("a.yaml", {Session("a", {{"url", "x"}})}));
  const auto plan = PlanManifests(Kinds(), ManifestSet{}, Live("a", live));
  ASSERT_EQ(Describe(plan), "delete a");
  EXPECT_EQ(plan.actions[0].uid, "u1");
  EXPECT_EQ(plan.actions[0].file, "a.yaml");
}

TEST(PlanManifestsTest, ObjectOfABrokenFileStays) {
  const json live = Created(Declare("a.yaml", {Session("a", {{"url", "x"}})}));
  ManifestSet set;
  set.broken_files = {"a.yaml"};
  EXPECT_EQ(Describe(PlanManifests(Kinds(), set, Live("a", live))), "");
  set.broken_files = {"b.yaml"};
  EXPECT_EQ(Describe(PlanManifests(Kinds(), set, Live("a", live))), "delete a");
}

TEST(PlanManifestsTest, UnlabelledObjectIsNeverDeleted) {
  const json foreign = Session("a", {{"url", "x"}});
  EXPECT_EQ(Describe(PlanManifests(Kinds(), ManifestSet{}, Live("a", foreign))), "");
}

TEST(PlanManifestsTest, ObjectThatMovesToAnotherFileStays) {
  const json live = Created(Declare("a.yaml", {Session("a", {{"url", "x"}})}));
  const auto plan =
      PlanManifests(Kinds(), Declare("b.yaml", {Session("a", {{"url", "x"}})}), Live("a", live));
  ASSERT_EQ(Describe(plan), "patch a");
  EXPECT_EQ((*plan.actions[0].body)["metadata"]["annotations"][kAnnotationFile], "b.yaml");
}

TEST(PlanManifestsTest, ObjectBeingDeletedIsWaitedFor) {
  const auto set = Declare("a.yaml", {Session("a", {{"url", "x"}})});
  json live = Created(set);
  live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  const auto plan = PlanManifests(Kinds(), set, Live("a", live));
  EXPECT_EQ(Describe(plan), "");
  EXPECT_TRUE(plan.incomplete);
  EXPECT_EQ(Describe(PlanManifests(Kinds(), ManifestSet{}, Live("a", live))), "");
}

TEST(PlanManifestsTest, WhatOthersDependOnComesFirstAndGoesLast) {
  const json ns = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "team"}}}};
  const json secret = {{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", {{"name", "s"}, {"namespace", "team"}}}};
  const json cls = {{"apiVersion", "nekoplane.dev/v1alpha1"},
                    {"kind", "BrowserClass"},
                    {"metadata", {{"name", "c"}}}};
  const auto set = Declare("a.yaml", {Session("a", {}), secret, cls, ns});
  const auto plan = PlanManifests(Kinds(), set, {});
  EXPECT_EQ(Describe(plan), "create team, create s, create c, create a");
  LiveObjects live;
  for (const Action& action : plan.actions) live[action.id] = action.body;
  EXPECT_EQ(Describe(PlanManifests(Kinds(), ManifestSet{}, live)),
            "delete a, delete c, delete s, delete team");
}

TEST(PlanManifestsTest, AnnotationHoldsNoSecrets) {
  const json secret = {{"apiVersion", "v1"},
                       {"kind", "Secret"},
                       {"metadata", {{"name", "s"}}},
                       {"stringData", {{"k", "hunter2"}}}};
  const auto plan = PlanManifests(Kinds(), Declare("a.yaml", {secret}), {});
  ASSERT_EQ(plan.actions.size(), 1U);
  const json& body = *plan.actions[0].body;
  EXPECT_EQ(body["data"]["k"], "aHVudGVyMg==");
  EXPECT_EQ(body["metadata"].dump().find("aHVudGVyMg"), std::string::npos);
  // A key that disappears from the file disappears from the Secret.
  json without = secret;
  without.erase("stringData");
  const auto next =
      PlanManifests(Kinds(), Declare("a.yaml", {without}),
                    {{{"secrets", "default", "s"}, std::make_shared<const json>(body)}});
  ASSERT_EQ(next.actions.size(), 1U);
  EXPECT_TRUE((*next.actions[0].body)["data"].is_null());
}

}  // namespace
}  // namespace nekoplane::manifests
