package io.jukung.runtime.pod;

import io.jukung.runtime.network.Readiness;
import io.jukung.runtime.store.SandboxRecord;
import java.io.IOException;
import java.util.Optional;

/**
 * What the host has for a pod besides its processes: namespaces, network and files. Methods that
 * undo something are idempotent, and succeed if there is nothing to undo.
 */
public interface PodHost {

  /** Makes and pins the namespaces that the pod does not share with the host, and its /dev/shm. */
  void createNamespaces(SandboxRecord sandbox) throws IOException;

  void removeNamespaces(String sandboxId) throws IOException;

  /**
   * Connects the pod's network namespace.
   *
   * @return the record with the pod's addresses, the primary one first, and its memberships
   */
  SandboxRecord setUpNetwork(SandboxRecord sandbox) throws IOException, InterruptedException;

  void tearDownNetwork(SandboxRecord sandbox) throws IOException, InterruptedException;

  /** Writes hostname, hosts and resolv.conf of a sandbox whose record has the pod's addresses. */
  void writeFiles(SandboxRecord sandbox) throws IOException;

  /** Says whether pods can have a network, and if not, why. */
  Readiness networkReadiness();

  /**
   * Sets the ranges that the pods' addresses come from.
   *
   * @param cidrs one range, or several separated by commas
   */
  void updatePodCidrs(String cidrs) throws IOException;

  /** Says why pods cannot have user namespaces on this host; empty if they can. */
  Optional<String> missingForUserNamespaces();
}
