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
 * Whether a network's plugins say that they can serve pods (STATUS). One question at a time is
 * under way, in a thread of its own, so that a plugin that hangs holds up whoever asks for a
 * bounded time only. Thread-safe.
 */
final class NetworkStatus {
  /** Kubelet asks every five seconds; whoever asks in between gets the same answer. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  /** Far below the two minutes that kubelet waits. */
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

  /** What keeps the network from serving pods; empty where nothing does. */
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
        throw new IllegalStateException("STATUS failed", e);
      }
      if (answer.isAbout(network)) {
        return answer.problem();
      }
    }
  }

  /** Called with the lock. */
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
