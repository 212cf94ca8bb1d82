// Labels that scraping adds (specs/metric-dialects.md section 0).
#include <catch2/catch.hpp>

#include <set>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("each scrape configuration has labels of its own") {
  const auto labels_of = [](TargetLabelStyle style, const char* dialect, const char* selector) {
    DialectLab lab(dialect, {}, style);
    lab.serve(0, Outcome::ok, 40ms);
    lab.scrape();
    const StoredSeries series = lab.series(selector);
    REQUIRE(series.labels != nullptr);
    Labels labels = *series.labels;
    for (const char* own : {"__name__", "status"}) labels.remove(own);
    return labels;
  };
  const char* go = "http_requests_total";
  CHECK(labels_of(TargetLabelStyle::operator_, "go-http", go) ==
        Labels{{"namespace", "test"},
               {"pod", "podinfo-6d5f8c9b7f-0pods"},
               {"container", "podinfo"},
               {"service", "podinfo"},
               {"endpoint", "http"},
               {"job", "podinfo"},
               {"instance", "10.244.0.2:9797"}});
  CHECK(labels_of(TargetLabelStyle::flagger, "go-http", go) ==
        Labels{{"kubernetes_namespace", "test"},
               {"kubernetes_pod_name", "podinfo-6d5f8c9b7f-0pods"},
               {"app", "podinfo"},
               {"version", "v1"},
               {"pod_template_hash", "6d5f8c9b7f"},
               {"job", "kubernetes-pods"},
               {"instance", "10.244.0.2:9797"}});
  CHECK(labels_of(TargetLabelStyle::linkerd, "go-http", go).get("deployment") == "podinfo");
  const char* inbound = "request_total{direction=\"inbound\",deployment=\"podinfo\"}";
  CHECK(labels_of(TargetLabelStyle::linkerd, "linkerd", inbound).get("job") == "linkerd-proxy");
}

TEST_CASE("a label that both have is the target's, unless labels are honored") {
  const Labels exposed{{"namespace", "shop"}, {"status", "200"}};
  const Labels target{{"namespace", "ingress"}, {"job", "j"}};
  CHECK(scraped(exposed, target) == Labels{{"namespace", "ingress"},
                                           {"exported_namespace", "shop"},
                                           {"status", "200"},
                                           {"job", "j"}});
  CHECK(scraped(exposed, target, true) ==
        Labels{{"namespace", "shop"}, {"status", "200"}, {"job", "j"}});
}

TEST_CASE("bounds are written as the library writes them, and as Prometheus 3 stores them") {
  CHECK(le_text(0.5, PromDialect::v2) == "0.5");
  CHECK(le_text(1, PromDialect::v2) == "1");
  CHECK(le_text(1, PromDialect::v2, LeText::java) == "1.0");
  CHECK(le_text(1, PromDialect::v3) == "1.0");
  CHECK(le_text(1'800'000, PromDialect::v2) == "1800000");  // half an hour, as Envoy writes it
  CHECK(le_text(1'800'000, PromDialect::v3) == "1.8e+06");
  CHECK(le_text(0.001048576, PromDialect::v2, LeText::java) == "0.001048576");
}

TEST_CASE("names of dialects are unique and all can be made") {
  std::set<std::string> names;
  for (const DialectType& type : dialect_types()) {
    CHECK(names.insert(type.name).second);
    CHECK_FALSE(type.help.empty());
    if (type.make != nullptr) CHECK(type.make({})->name() == type.name);
  }
  CHECK(find_dialect_type("envoi") == nullptr);
}

}  // namespace coalmine
