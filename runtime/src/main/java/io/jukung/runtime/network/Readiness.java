package io.jukung.runtime.network;

/**
 * The condition NetworkReady of the CRI's Status.
 *
 * @param reason a word for programs; empty if ready
 * @param message a sentence for people; empty if ready
 */
public record Readiness(boolean ready, String reason, String message) {
  static final Readiness READY = new Readiness(true, "", "");

  static Readiness notReady(String message) {
    return new Readiness(false, "NetworkPluginNotReady", message);
  }
}
