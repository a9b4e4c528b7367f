package io.jukung.runtime.streaming;

import java.util.List;
import java.util.Optional;

/** The versions of Kubernetes' remote command protocol, by what they differ in. */
enum RemoteCommandProtocol {
  V1("channel.k8s.io"),
  V2("v2.channel.k8s.io"),
  /** Brought the sizes of terminals. */
  V3("v3.channel.k8s.io"),
  /** Brought the status as JSON. */
  V4("v4.channel.k8s.io"),
  /** Over WebSocket, brought the end of a single channel. */
  V5("v5.channel.k8s.io");

  private final String text;

  RemoteCommandProtocol(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  boolean resizes() {
    return compareTo(V3) >= 0;
  }

  boolean statusAsJson() {
    return compareTo(V4) >= 0;
  }

  static Optional<RemoteCommandProtocol> named(String name) {
    return List.of(values()).stream().filter(each -> each.text.equals(name)).findFirst();
  }
}
