/// How many pods a share of the requests needs.
#pragma once

namespace coalmine {

/// ceil(share x replicas), at least 1: pods that carry `share` at the load they are used to.
int pods_for(double share, int replicas);

}  // namespace coalmine
