#include "sim/scenario/sections.h"

namespace coalmine {

Section<TelemetrySettings> telemetry_table() {
  Section<TelemetrySettings> table("telemetry", "How metrics are collected.");
  table
      .field(
          "scrapeInterval",
          &TelemetrySettings::scrape_interval,
          {.default_text = "15s", .min = "1s", .max = "1h", .help = "between scrapes of a target"})
      .field("scrapeTimeout",
             &TelemetrySettings::scrape_timeout,
             {.default_text = "10s",
              .min = "1ms",
              .max = "1h",
              .help = "a scrape that takes longer fails; at most the interval, which is the "
                      "default where it is shorter",
              .default_applies = false})
      .field("evaluationInterval",
             &TelemetrySettings::evaluation_interval,
             {.default_text = "30s",
              .min = "1s",
              .max = "1h",
              .help = "between rule evaluations; the step of subqueries that name none"})
      .field("scrapeLoss",
             &TelemetrySettings::scrape_loss,
             kind::ratio(),
             {.default_text = "0%", .min = "0", .max = "100%", .help = "share of scrapes lost"})
      .field("targetLabels",
             &TelemetrySettings::target_labels,
             kind::choice<TargetLabelStyle>({{"operator", TargetLabelStyle::operator_},
                                             {"flagger", TargetLabelStyle::flagger},
                                             {"linkerd", TargetLabelStyle::linkerd}}),
             {.default_text = "operator", .help = "whose labels scraped series get"})
      .field("retention",
             &TelemetrySettings::retention,
             {.default_text = "15d",
              .min = "1h",
              .max = "365d",
              .help = "samples older than this are dropped, every two hours"})
      .field("prometheus",
             &TelemetrySettings::prometheus,
             kind::choice<PromDialect>(
                 {{"2", PromDialect::v2}, {"2.51", PromDialect::v2_51}, {"3", PromDialect::v3}}),
             {.default_text = "3",
              .help = "whose rules queries follow: of 2.x to 2.50, of 2.51 to 2.55, of 3"});
  table.check([](const TelemetrySettings& t, const SectionView& at, Diagnostics& problems) {
    if (t.scrape_timeout && *t.scrape_timeout > t.scrape_interval)
      problems.error(at.position("scrapeTimeout"),
                     "scrapeTimeout is greater than scrapeInterval",
                     "the interval is " + format_duration(t.scrape_interval));
  });
  return table;
}

}  // namespace coalmine
