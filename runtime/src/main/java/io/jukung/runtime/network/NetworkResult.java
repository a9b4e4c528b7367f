package io.jukung.runtime.network;

import java.util.List;

/**
 * A pod's network.
 *
 * @param addresses the pod's IPs, the primary one first; never empty
 * @param cniResult the plugins' answer, JSON, for the verbose status
 */
public record NetworkResult(List<String> addresses, String cniResult) {
  public NetworkResult {
    addresses = List.copyOf(addresses);
  }
}
