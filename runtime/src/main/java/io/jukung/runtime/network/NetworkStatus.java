package io.jukung.runtime.network;

import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginChain;
import io.jukung.runtime.network.cni.PluginThread;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a network's plugins whether they can serve pods (STATUS). Only one question runs at a time,
 * on a thread of its own, so that a plugin that hangs delays callers only for a bounded time.
 * Thread-safe.
 */
final class NetworkStatus {
  /** How long an answer is used again. Kubelet asks every five seconds. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  /** How long a caller waits for the answer; kubelet would wait two minutes. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final PluginChain chain;
  private @Nullable Answer last;
  private @Nullable FutureTask<Answer> running;

  NetworkStatus(PluginChain chain) {
    this.chain = chain;
  }

  private record Answer(NetworkConfiguration network, Optional<String> problem, long at) {
    boolean isAbout(NetworkConfiguration other) {
      return network.equals(other);
    }

    boolean isFresh() {
      return System.nanoTime() - at < FRESH.toNanos();
    }
  }

  /** Returns why the network cannot serve pods; empty if it can. */
  Optional<String> problem(NetworkConfiguration network) {
    if (!network.version().hasStatusAndGc()) {
      return Optional.empty();
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      FutureTask<Answer> question;
      synchronized (this) {
        if (last != null && last.isAbout(network) && last.isFresh()) {
          return last.problem();
        }
        question = running != null ? running : start(network);
      }
      Answer answer;
      try {
        answer = question.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        return Optional.of(unanswered(network));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.of(unanswered(network));
      } catch (ExecutionException e) {
        throw new IllegalStateException("CNI STATUS ended with an unexpected exception", e);
      }
      if (answer.isAbout(network)) {
        return answer.problem();
      }
    }
  }

  /** Must be called with the lock held. */
  private FutureTask<Answer> start(NetworkConfiguration network) {
    FutureTask<Answer> question = new FutureTask<>(() -> ask(network));
    running = question;
    Thread.ofPlatform().daemon().name("cni-status").start(question);
    return question;
  }

  private Answer ask(NetworkConfiguration network) {
    Answer answer = null;
    try {
      Optional<String> problem;
      try {
        PluginThread.call(
            "cni-status-chain",
            cancel -> {
              chain.status(network, cancel);
              return true;
            });
        problem = Optional.empty();
      } catch (IOException e) {
        problem = Optional.of(String.valueOf(e.getMessage()));
      }
      answer = new Answer(network, problem, System.nanoTime());
      return answer;
    } finally {
      synchronized (this) {
        running = null;
        last = answer;
      }
    }
  }

  private static String unanswered(NetworkConfiguration network) {
    return "the plugins of network "
        + network.name()
        + " have not answered STATUS in "
        + PATIENCE.toSeconds()
        + " s";
  }
}
