// Images that a real engine pulls from a real registry, before any session asks.
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/image_registry.h"

namespace nekoplane::integration {
namespace {

class ImagesTest : public IntegrationTest {
 protected:
  // What node host says of the image; null if it says nothing.
  static json Shown(Nekoplane& neko, const std::string& image) {
    const auto node = neko.Raw("GET", "/apis/nekoplane.dev/v1alpha1/browsernodes/host");
    if (!node) return nullptr;
    for (const json& entry : (*node)["status"].value("images", json::array())) {
      if (entry["image"] == image) return entry;
    }
    return nullptr;
  }

  static bool AwaitPhase(Nekoplane& neko, const std::string& image, const std::string& phase) {
    return Eventually(seconds(60), [&] {
      const json shown = Shown(neko, image);
      return shown.is_object() && shown["phase"] == phase;
    });
  }

  SystemClock clock_;
  NullLogger log_;
};

TEST_F(ImagesTest, FetchedBeforeAnybodyAsksOnceItCanBe) {
  // Another image with another layer each time, so that no engine has either from an earlier run.
  testing::ImageRegistry registry(clock_, log_, FormatMicroTime(clock_.WallNow()));
  const std::string image = registry.image();
  Nekoplane neko(*engine_);
  const json cls = {
      {"apiVersion", "nekoplane.dev/v1alpha1"},
      {"kind", "BrowserClass"},
      {"metadata", {{"name", "fetched"}}},
      {"spec",
       {{"browser", "chromium"},
        {"prepull", {{"policy", "Always"}}},
        {"variants", {{{"name", "any"}, {"image", image}, {"encode", "software"}}}}}}};
  const std::string classes = "/apis/nekoplane.dev/v1alpha1/browserclasses";
  ASSERT_TRUE(neko.Raw("POST", classes, cls));

  ASSERT_TRUE(AwaitPhase(neko, image, "Failed")) << neko.LogTail();
  const json failed = Shown(neko, image);
  EXPECT_GE(failed.value("failures", 0), 1);
  EXPECT_NE(failed.value("nextAttemptTime", ""), "");
  EXPECT_NE(failed.value("message", ""), "");

  registry.Offer(true);
  ASSERT_TRUE(AwaitPhase(neko, image, "Present")) << Shown(neko, image).dump(1);
  EXPECT_EQ(Shown(neko, image).value("id", ""), registry.id());
  EXPECT_FALSE(Shown(neko, image).contains("nextAttemptTime"));
  EXPECT_EQ(registry.layers_sent(), 1);

  const auto described = neko.Ctl({"describe", "bnode", "host"});
  EXPECT_EQ(described.exit_code, 0) << described.err;
  for (const std::string& told :
       {image, registry.id(), std::string("ImagePullFailed"), std::string("Pulled")}) {
    EXPECT_NE(described.out.find(told), std::string::npos) << told << "\n" << described.out;
  }

  // Nobody names it any more: it leaves the list.
  ASSERT_TRUE(neko.Raw("DELETE", classes + "/fetched"));
  EXPECT_TRUE(Eventually(seconds(20), [&] { return Shown(neko, image).is_null(); }));
}

}  // namespace
}  // namespace nekoplane::integration
