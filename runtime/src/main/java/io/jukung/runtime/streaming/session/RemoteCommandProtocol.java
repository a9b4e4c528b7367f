package io.jukung.runtime.streaming.session;

import java.util.List;
import java.util.Optional;

/** The versions of Kubernetes' remote command protocol, and how they differ. */
public enum RemoteCommandProtocol {
  V1("channel.k8s.io"),
  V2("v2.channel.k8s.io"),
  /** Added the sizes of terminals. */
  V3("v3.channel.k8s.io"),
  /** Added the status as JSON. */
  V4("v4.channel.k8s.io"),
  /** Added, over WebSocket, the end of a single channel. */
  V5("v5.channel.k8s.io");

  private final String text;

  RemoteCommandProtocol(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  public boolean resizes() {
    return compareTo(V3) >= 0;
  }

  public boolean statusAsJson() {
    return compareTo(V4) >= 0;
  }

  public static Optional<RemoteCommandProtocol> named(String name) {
    return List.of(values()).stream().filter(each -> each.text.equals(name)).findFirst();
  }
}
