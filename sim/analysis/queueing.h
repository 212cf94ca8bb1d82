/// Closed forms of queueing theory, used to check the engine and to explain its results
/// (specs/service-models.md section 2).
///
/// `lambda` arrivals per second, `mu` services per second and worker, `c` workers. Unless stated
/// the queue is unlimited and must be stable: lambda < c mu. Times are seconds as doubles: these
/// are formulas, not simulated instants.
#pragma once

namespace coalmine::queueing {

/// In the steady state: mean number in the system and in its queue, mean time in both.
struct Means {
  double in_system = 0;  ///< L
  double in_queue = 0;   ///< Lq
  double response = 0;   ///< W
  double wait = 0;       ///< Wq
};

/// M/M/1, first come first served.
Means mm1(double lambda, double mu);
/// p-quantile of its response time, which is exponential.
double mm1_response_quantile(double lambda, double mu, double p);

/// Share of arrivals that M/G/c/c turns away at offered load a = lambda/mu (Erlang B).
double erlang_b(int c, double offered_load);
/// Probability that an arrival at M/M/c waits (Erlang C).
double erlang_c(int c, double offered_load);

Means mmc(double lambda, double mu, int c);
/// p-quantile of the waiting time in M/M/c: 0 as long as p <= 1 - Erlang C.
double mmc_wait_quantile(double lambda, double mu, int c, double p);

/// M/M/c with room for k requests in all (served and waiting), k >= c; stable at any load.
struct LossSystem {
  double blocked = 0;     ///< share of arrivals turned away
  double in_system = 0;   ///< L
  double response = 0;    ///< W of those let in
  double throughput = 0;  ///< per second
};
LossSystem mmck(double lambda, double mu, int c, int k);

/// M/G/1 FCFS (Pollaczek and Khinchine); `scv` is the variance of service over its squared mean.
Means mg1(double lambda, double mean_service, double scv);
/// M/G/1 processor sharing: the same for every service law of that mean. `wait` is the excess over
/// the service time, `in_queue` lambda times that.
Means mg1_ps(double lambda, double mean_service);

/// Mean response time when each arrival joins the shorter of two exponential queues (mu = 1 each,
/// total arrival rate 2 rho, ties by a fair coin), from the chain cut at `limit` per queue: at
/// rho = 0.8 the cut at 80 changes nothing in 12 digits.
double join_shorter_of_two(double rho, int limit = 80);

}  // namespace coalmine::queueing
