// kube-state-metrics (specs/metric-dialects.md section 8).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a Deployment shows its status and its conditions") {
  DialectLab lab("kube");
  DeploymentInfo& d = lab.source.deployments[1];
  d.status.desired = 3;
  d.status.replicas = 4;
  d.status.ready = 2;
  d.status.available = 1;
  d.status.unavailable = 3;
  d.status.updated = 2;
  d.generation = 5;
  d.observed_generation = 4;
  lab.scrape();
  const auto of = [&](const std::string& name) {
    return lab.ask("kube_deployment_" + name +
                   "{deployment=\"podinfo-canary\",namespace=\"test\","
                   "job=\"kube-state-metrics\"}");
  };
  CHECK(of("spec_replicas") == 3);
  CHECK(of("status_replicas") == 4);
  CHECK(of("status_replicas_ready") == 2);
  CHECK(of("status_replicas_available") == 1);
  CHECK(of("status_replicas_unavailable") == 3);
  CHECK(of("status_replicas_updated") == 2);
  CHECK(of("metadata_generation") == 5);
  CHECK(of("status_observed_generation") == 4);
  CHECK(of("spec_paused") == 0);
  CHECK(of("spec_strategy_rollingupdate_max_surge") == 1);
  CHECK(of("spec_strategy_rollingupdate_max_unavailable") == 0);

  const std::string progressing =
      "kube_deployment_status_condition{deployment=\"podinfo-canary\",condition=\"Progressing\"";
  CHECK(lab.count(progressing + "}") == 3);
  CHECK(lab.ask(progressing + ",status=\"true\",reason=\"NewReplicaSetAvailable\"}") == 1);
  d.progress = Progress::deadline_exceeded;
  lab.scrape();
  CHECK(lab.count(progressing + "}") == 3);
  CHECK(lab.ask(progressing + ",status=\"false\",reason=\"ProgressDeadlineExceeded\"}") == 1);
  CHECK(lab.ask(progressing + ",status=\"true\"}") == 0);
}

TEST_CASE("pods and ReplicaSets name their owners") {
  DialectLab lab("kube");
  lab.scrape();
  CHECK(lab.ask("kube_pod_owner{pod=\"podinfo-6d5f8c9b7f-0pods\",owner_kind=\"ReplicaSet\","
                "owner_name=\"podinfo-6d5f8c9b7f\"}") == 1);
  CHECK(lab.ask("kube_replicaset_owner{replicaset=\"podinfo-6d5f8c9b7f\","
                "owner_kind=\"Deployment\",owner_name=\"podinfo\"}") == 1);
  CHECK(lab.ask("kube_replicaset_status_ready_replicas{replicaset=\"podinfo-6d5f8c9b7f\"}") == 3);
  CHECK(lab.count("kube_pod_info{node!=\"\",pod_ip=~\"10.244.*\"}") == 2);
}

TEST_CASE("of several states the present one is 1") {
  DialectLab lab("kube");
  PodInfo& pod = lab.source.facts_of(0).info;
  const std::string first = "{pod=\"podinfo-6d5f8c9b7f-0pods\"";
  const auto container = [&](const std::string& name, const std::string& more = "") {
    return lab.ask("kube_pod_container_status_" + name + first + ",container=\"podinfo\"" + more +
                   "}");
  };
  lab.scrape();
  CHECK(lab.count("kube_pod_status_phase" + first + "}") == 5);
  CHECK(lab.ask("kube_pod_status_phase" + first + ",phase=\"Running\"}") == 1);
  CHECK(lab.ask("kube_pod_status_phase" + first + ",phase=\"Pending\"}") == 0);
  CHECK(lab.ask("kube_pod_status_ready" + first + ",condition=\"true\"}") == 1);
  CHECK(container("running") == 1);
  CHECK(lab.count("kube_pod_container_status_waiting_reason") == 0);

  // It crashes and waits to be started again.
  pod.container = pod.ready = false;
  pod.backing_off = true;
  pod.restarts = 2;
  pod.last_exit = Exit::out_of_memory;
  lab.scrape();
  CHECK(container("waiting_reason", ",reason=\"CrashLoopBackOff\"") == 1);
  CHECK(container("last_terminated_reason", ",reason=\"OOMKilled\"") == 1);
  CHECK(container("restarts_total") == 2);
  CHECK(container("waiting") == 1);
  CHECK(container("running") == 0);
  CHECK(lab.ask("kube_pod_status_ready" + first + ",condition=\"false\"}") == 1);

  // It runs again: the reason is gone, and known to be.
  pod.container = true;
  pod.backing_off = false;
  lab.scrape();
  CHECK(lab.count("kube_pod_container_status_waiting_reason") == 0);
  CHECK(container("last_terminated_reason", ",reason=\"OOMKilled\"") == 1);

  pod.container_since = kNever;
  pod.container = false;
  lab.scrape();
  CHECK(container("waiting_reason", ",reason=\"ContainerCreating\"") == 1);
  CHECK(lab.ask("kube_pod_status_phase" + first + ",phase=\"Pending\"}") == 1);
}

TEST_CASE("resources are in cores and bytes, and shown where there are any") {
  DialectLab lab("kube");
  lab.scrape();
  const std::string of = "{pod=\"podinfo-6d5f8c9b7f-0pods\",resource=\"";
  const std::string limits = "kube_pod_container_resource_limits" + of;
  CHECK(lab.ask(limits + "cpu\",unit=\"core\"}") == 0.5);
  CHECK(lab.ask(limits + "memory\",unit=\"byte\"}") == 2e8);
  CHECK(lab.ask("kube_pod_container_resource_requests" + of + "memory\"}") == 64 * 1024 * 1024);
  CHECK(lab.count("kube_pod_container_resource_requests" + of + "cpu\"}") == 0);
}

TEST_CASE(
    "all objects are read by one target in one instant, and a deleted pod is gone with the next") {
  DialectLab lab("kube");
  lab.scrape();
  const auto one = lab.series("kube_pod_created{pod=\"podinfo-6d5f8c9b7f-0pods\"}");
  const auto other = lab.series("kube_deployment_spec_paused{deployment=\"podinfo-canary\"}");
  REQUIRE(one.times.size() == 2);
  CHECK(std::equal(one.times.begin(), one.times.end(), other.times.begin()));
  CHECK(lab.count("up{job=\"kube-state-metrics\"}") == 1);
  lab.source.remove(0);
  lab.scrape();
  CHECK(lab.count("kube_pod_created") == 1);
  CHECK(is_stale_marker(
      lab.series("kube_pod_created{pod=\"podinfo-6d5f8c9b7f-0pods\"}").values.back()));
  CHECK(lab.count("up{job=\"kube-state-metrics\"}") == 1);
}

}  // namespace coalmine
