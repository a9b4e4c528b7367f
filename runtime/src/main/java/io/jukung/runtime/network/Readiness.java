package io.jukung.runtime.network;

/**
 * The condition NetworkReady of CRI's Status.
 *
 * @param reason a word for programs; empty if the network is ready
 * @param message a sentence for people; if the network is ready, a remark or empty
 */
public record Readiness(boolean ready, String reason, String message) {
  static Readiness ready(String remark) {
    return new Readiness(true, "", remark);
  }

  static Readiness notReady(String message) {
    return new Readiness(false, "NetworkPluginNotReady", message);
  }
}
