package io.jukung.runtime.life;

import io.jukung.cri.CriException;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.shim.v1.LogLimits;
import java.util.Map;

/**
 * How much output a container's log takes: the limits of the node's configuration, and for
 * containers of jukung's own those that {@code jukung run --log-opt} has asked for. Thread-safe.
 */
public final class LogPolicy {
  /** The annotation of an own container with the largest size of its log, in bytes. */
  public static final String MAX_SIZE = "io.jukung.log-max-size";

  /** The annotation of an own container with the number of its log files. */
  public static final String MAX_FILE = "io.jukung.log-max-file";

  /** A log has room for some of the longest records, which have 16 KiB. */
  private static final long LEAST_SIZE = 64 << 10;

  private static final long MOST_FILES = 1000;

  private final OwnContainers own;
  private volatile Config.ContainerLog node;

  public LogPolicy(OwnContainers own, Config.ContainerLog node) {
    this.own = own;
    this.node = node;
  }

  /** Takes other limits for containers that start from now on. */
  public void use(Config.ContainerLog next) {
    node = next;
  }

  /**
   * The limits of a container that starts.
   *
   * @throws CriException INVALID_ARGUMENT if an annotation of an own container is no number of its
   *     range
   */
  LogLimits limits(Container container) {
    Map<String, String> annotations = container.record().annotations();
    return limits(
        node, annotations.containsKey(MAX_SIZE) && own.isOwn(container) ? annotations : Map.of());
  }

  /**
   * The limits by configuration and annotations.
   *
   * @param asked the annotations of an own container; empty for another one
   */
  static LogLimits limits(Config.ContainerLog node, Map<String, String> asked) {
    LogLimits.Builder all =
        LogLimits.newBuilder()
            .setMaxSize(node.maxSize().bytes())
            .setMaxBytesPerSecond(node.maxRate().bytes());
    String size = asked.get(MAX_SIZE);
    if (size != null) {
      all.setMaxSize(number(MAX_SIZE, size, LEAST_SIZE, Long.MAX_VALUE));
      String files = asked.getOrDefault(MAX_FILE, "1");
      all.setMaxFiles((int) number(MAX_FILE, files, 1, MOST_FILES));
    }
    return all.build();
  }

  private static long number(String annotation, String text, long least, long most) {
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw wrong(annotation, text, least, most);
    }
    throw wrong(annotation, text, least, most);
  }

  private static CriException wrong(String annotation, String text, long least, long most) {
    return CriException.invalidArgument(
        "annotation "
            + annotation
            + ": \""
            + text
            + "\" is no number from "
            + least
            + " to "
            + most);
  }
}
