package io.jukung.runtime.service;

import io.jukung.cri.v1.AttachRequest;
import io.jukung.cri.v1.ExecRequest;
import java.io.IOException;
import java.util.List;

/** Where clients find what they asked for: URLs that are good once, and for a minute. */
public interface StreamUrls {
  /** The request names the container by its whole ID, and has been checked. */
  String exec(ExecRequest request) throws IOException;

  /** As {@link #exec}. */
  String attach(AttachRequest request) throws IOException;

  /**
   * For connections to a pod.
   *
   * @param ports may be empty: most clients name a port with each connection
   */
  String portForward(String sandboxId, List<Integer> ports) throws IOException;
}
