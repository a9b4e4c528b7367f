package io.jukung.runtime.pod;

import io.jukung.runtime.store.SandboxRecord;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What the host has for a pod besides its processes: namespaces, network and files. Each undo is
 * idempotent and does not mind what is missing.
 */
public interface PodHost {

  /** Whether pods can have a network; where not, why. */
  record NetworkReadiness(boolean ready, String reason, String message) {}

  /** Pins the namespaces of its own, and makes the pod's /dev/shm. */
  void createNamespaces(SandboxRecord sandbox) throws IOException;

  void removeNamespaces(String sandboxId) throws IOException;

  /** Connects the pod's network namespace; answers its addresses, the primary first. */
  List<String> setUpNetwork(SandboxRecord sandbox) throws IOException, InterruptedException;

  void tearDownNetwork(SandboxRecord sandbox) throws IOException, InterruptedException;

  /** Writes hostname, hosts and resolv.conf; the record has the pod's addresses. */
  void writeFiles(SandboxRecord sandbox) throws IOException;

  NetworkReadiness networkReadiness();

  /** The ranges that the pods' addresses come from: one, or several between commas. */
  void updatePodCidrs(String cidrs) throws IOException;

  /** Why pods cannot have user namespaces on this host; empty where they can. */
  Optional<String> missingForUserNamespaces();
}
