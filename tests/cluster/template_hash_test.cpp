#include <catch2/catch.hpp>

#include "sim/cluster/deployment_controller.h"

using namespace coalmine;
using namespace std::chrono_literals;

TEST_CASE("equal templates have equal hashes and any edit makes another") {
  PodTemplate pod;
  pod.version = VersionId{1};
  const PodTemplate same = pod;
  CHECK(template_hash(pod) == template_hash(same));
  PodTemplate image = pod;
  image.image = "podinfo:6.5.0";
  CHECK(template_hash(image) != template_hash(pod));
  PodTemplate version = pod;
  version.version = VersionId{2};
  CHECK(template_hash(version) != template_hash(pod));
  PodTemplate probed = pod;
  probed.readiness.present = true;
  CHECK(template_hash(probed) != template_hash(pod));
  PodTemplate patient = pod;
  patient.termination_grace = 31s;
  CHECK(template_hash(patient) != template_hash(pod));
}

TEST_CASE("a hash is written in ten characters without vowels") {
  CHECK(hash_text(0) == "bbbbbbbbbb");
  CHECK(hash_text(template_hash(PodTemplate{})).size() == 10);
  CHECK(hash_text(template_hash(PodTemplate{})).find_first_of("aeiou013") == std::string::npos);
}
