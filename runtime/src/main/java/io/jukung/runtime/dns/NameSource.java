package io.jukung.runtime.dns;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** What a pod may learn of names. Each question is that of one pod. Answers come from memory. */
public interface NameSource {
  /**
   * The addresses of both families that a name has in the pod's networks.
   *
   * @return empty if the name is not known there; the list is empty if it has no address now
   */
  Optional<List<InetAddress>> addresses(String sandboxId, String name);

  /** The name of an address in one of the pod's networks. */
  Optional<String> name(String sandboxId, InetAddress address);

  /** Whether other names are asked for at name servers of the host. */
  boolean leadsOut(String sandboxId);

  /** The name servers that the pod's maker has named; empty: those of the host. */
  List<String> servers(String sandboxId);
}
