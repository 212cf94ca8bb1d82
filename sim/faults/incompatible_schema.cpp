#include "sim/faults/incompatible_schema.h"

#include "sim/kernel/assert.h"

namespace coalmine {

Section<IncompatibleSchema> IncompatibleSchema::table() {
  Section<IncompatibleSchema> table(kKey, "The old version cannot read what the new one writes.");
  table
      .field(
          "writes",
          &IncompatibleSchema::writes,
          kind::choice<Writes>({{"requests", Writes::requests}, {"migration", Writes::migration}}),
          {.default_text = "requests",
           .help = "requests: the data of each user it serves; migration: everything at its "
                   "first start"})
      .field("p",
             &IncompatibleSchema::p,
             kind::ratio(),
             {.default_text = "100%",
              .min = "0",
              .max = "100%",
              .help = "share of the old version's requests for such data that fail"});
  return table;
}

void IncompatibleSchema::install(FaultTarget& target) const {
  CM_ASSERT(target.beside != nullptr);
  target.effects.writes.push_back({writes == Writes::migration, target.window});
  target.beside->unreadable.push_back({p, target.key("coin")});
}

std::string IncompatibleSchema::lacks(const FaultSite& /*site*/) const {
  return p > 0 ? "" : "p above 0%";
}

}  // namespace coalmine
