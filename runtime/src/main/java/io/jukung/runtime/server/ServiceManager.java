package io.jukung.runtime.server;

import io.jukung.linux.io.NotifySocket;
import io.jukung.linux.process.CurrentProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd what the daemon does (sd_notify(3)), and that it lives (sd_watchdog_enabled(3)).
 * Without systemd nothing is sent. A message that cannot be sent is logged and has no other effect.
 * Thread-safe.
 */
final class ServiceManager implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

  /** How often the status is told where systemd wants no sign of life. */
  private static final Duration STATUS_INTERVAL = Duration.ofSeconds(30);

  private final @Nullable NotifySocket socket;
  private final Optional<Duration> watchdog;
  private @Nullable Thread reports;

  private ServiceManager(@Nullable NotifySocket socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /**
   * Reads the variables that systemd sets for a service.
   *
   * @throws StartupException if one of them has no meaning
   */
  static ServiceManager of(Map<String, String> environment) throws StartupException {
    String path = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (path.isEmpty()) {
      return new ServiceManager(null, Optional.empty());
    }
    try {
      return new ServiceManager(NotifySocket.to(path), watchdog(environment));
    } catch (IOException | IllegalArgumentException e) {
      throw new StartupException("NOTIFY_SOCKET or WATCHDOG_USEC: " + e.getMessage(), e);
    }
  }

  private static Optional<Duration> watchdog(Map<String, String> environment) {
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    String pid = environment.getOrDefault("WATCHDOG_PID", "");
    if (micros.isEmpty()
        || (!pid.isEmpty() && !pid.equals(Integer.toString(CurrentProcess.pid())))) {
      return Optional.empty();
    }
    long nanos = Math.multiplyExact(Long.parseLong(micros), 1000L);
    return nanos > 0 ? Optional.of(Duration.ofNanos(nanos)) : Optional.empty();
  }

  /** The daemon serves. */
  void ready(String status) {
    tell("READY=1\nSTATUS=" + status);
  }

  /** The daemon reads its configuration again; {@link #ready} says that it has done so. */
  void reloading() {
    tell("RELOADING=1\nSTATUS=Reading the configuration again");
  }

  /** The daemon ends. */
  void stopping() {
    tell("STOPPING=1\nSTATUS=Stopping, pods are left running");
  }

  void status(String status) {
    tell("STATUS=" + status);
  }

  /**
   * Begins to tell the status, and, if systemd has a watchdog for this service, that the daemon
   * lives. systemd ends and starts a daemon that does not say so in time.
   *
   * @param lives whether the daemon can answer calls; may take half the watchdog's time
   */
  synchronized void report(Supplier<String> status, BooleanSupplier lives) {
    if (socket == null) {
      return;
    }
    // A third of the time, so that one late message is not the end.
    Duration interval = watchdog.map(each -> each.dividedBy(3)).orElse(STATUS_INTERVAL);
    reports =
        Thread.ofPlatform()
            .daemon()
            .name("service-manager")
            .start(() -> report(status, lives, interval));
  }

  private void report(Supplier<String> status, BooleanSupplier lives, Duration interval) {
    boolean wellBefore = true;
    try {
      while (true) {
        boolean well = lives.getAsBoolean();
        if (well) {
          tell((watchdog.isPresent() ? "WATCHDOG=1\n" : "") + "STATUS=" + status.get());
        } else if (wellBefore) {
          LOG.error("the threads that answer calls do not run; the service manager is told so");
          tell("STATUS=The threads that answer calls do not run");
        }
        wellBefore = well;
        Thread.sleep(interval);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void tell(String message) {
    if (socket == null) {
      return;
    }
    try {
      socket.send(message);
    } catch (IOException e) {
      LOG.warn(
          "the service manager cannot be told {}: {}", message.replace('\n', ' '), e.getMessage());
    }
  }

  @Override
  public synchronized void close() throws InterruptedException {
    if (reports != null) {
      reports.interrupt();
      reports.join();
    }
    if (socket != null) {
      socket.close();
    }
  }
}
