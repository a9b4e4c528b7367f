package io.jukung.runtime.usernetwork;

import io.jukung.runtime.network.PodNetworkRequest;
import io.jukung.runtime.store.SandboxRecord;

/** Says what network plugins are told about a pod. */
@FunctionalInterface
public interface PodRequests {
  PodNetworkRequest of(SandboxRecord sandbox);
}
